"""Payloads outside of the store: in a folder, and in a bucket of something that speaks like S3."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from engine.errors import InvalidInput, NotFound, Unavailable
from engine.ports import PayloadStorage
from storage.payloads.disk import DiskPayloads
from storage.payloads.s3 import S3Payloads
from tests.world import FakeClock

PATH = "task/output/t1.3.json"


class Bucket(BaseHTTPRequestHandler):
    """Objects by path, for PUT, GET and HEAD; signatures are not looked at."""

    objects: ClassVar[dict[str, bytes]] = {}

    def do_PUT(self) -> None:
        self.objects[urlsplit(self.path).path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, b"")

    def do_GET(self) -> None:
        found = self.objects.get(urlsplit(self.path).path)
        missing = b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
        self._answer(200 if found is not None else 404, missing if found is None else found)

    do_HEAD = do_GET

    def log_message(self, *arguments: object) -> None:
        """Quietly."""

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    Bucket.objects = {}
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> S3Payloads:
    for name, value in (("ACCESS_KEY_ID", "k"), ("SECRET_ACCESS_KEY", "s"), ("DEFAULT_REGION", "eu-west-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return S3Payloads("bucket", "segue/", endpoint, 60)


@pytest.fixture
def disk(tmp_path: Path) -> DiskPayloads:
    return DiskPayloads(tmp_path / "payloads", "http://server/api/", FakeClock(), 60)


@pytest.fixture(params=["disk", "s3"])
def storage(request: pytest.FixtureRequest) -> PayloadStorage:
    found: PayloadStorage = request.getfixturevalue(request.param)
    return found


def test_what_was_written_is_read(storage: PayloadStorage) -> None:
    async def story() -> None:
        assert not await storage.has(PATH)
        with pytest.raises(NotFound):
            await storage.read(PATH, 100)
        await storage.write(PATH, b'{"a": 1}')
        await storage.write(PATH, b'{"a": 2}')
        assert await storage.has(PATH)
        assert await storage.read(PATH, 100) == b'{"a": 2}'
        with pytest.raises(InvalidInput, match="more than 3 bytes"):
            await storage.read(PATH, 3)

    asyncio.run(story())


def test_a_bucket_is_written_and_read_at_its_addresses(s3: S3Payloads) -> None:
    up, down = s3.upload_url(PATH), s3.download_url(PATH)
    assert parse_qs(urlsplit(up).query)["X-Amz-Expires"] == ["60"]
    assert urlsplit(up).path == f"/bucket/segue/{PATH}"
    with httpx.Client(trust_env=False) as client:
        assert client.put(up, content=b"{}").status_code == 200
        assert client.get(down).content == b"{}"
    assert asyncio.run(s3.read(PATH, 10)) == b"{}"


def test_a_bucket_that_does_not_answer_is_unavailable(s3: S3Payloads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    gone = S3Payloads("bucket", "", "http://127.0.0.1:1", 60)
    for look in (gone.has(PATH), gone.read(PATH, 10), gone.write(PATH, b"{}")):
        with pytest.raises(Unavailable):
            asyncio.run(look)


def test_an_address_of_a_folder_is_good_for_one_thing_and_some_time(disk: DiskPayloads) -> None:
    clock = disk._clock
    assert isinstance(clock, FakeClock)
    address = urlsplit(disk.upload_url(PATH))
    query = parse_qs(address.query)
    expires, signature = int(query["expires"][0]), query["signature"][0]
    assert (address.netloc, address.path) == ("server", f"/api/external/{PATH}")
    assert disk.admits("PUT", PATH, expires, signature)
    assert not disk.admits("GET", PATH, expires, signature)
    assert not disk.admits("PUT", "task/output/other.json", expires, signature)
    assert not disk.admits("PUT", PATH, expires + 1, signature)
    clock.forward(61)
    assert not disk.admits("PUT", PATH, expires, signature)


def test_servers_with_one_folder_have_one_key(disk: DiskPayloads) -> None:
    other = DiskPayloads(disk._folder, "http://server/api/", FakeClock(), 60)
    assert other.upload_url(PATH) == disk.upload_url(PATH)
    assert (disk._folder / "key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("path", ["../key", "task/output/../../key", "/etc/passwd", "task/output/a/b.json", "key", ""])
def test_no_path_leads_out_of_the_folder(disk: DiskPayloads, path: str) -> None:
    with pytest.raises(NotFound):
        disk.download_url(path)
    with pytest.raises(NotFound):
        asyncio.run(disk.read(path, 10))
