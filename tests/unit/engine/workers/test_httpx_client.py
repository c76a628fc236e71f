"""HTTP for real, against a server on the loopback interface: redirects, limits, broken connections, nothing kept."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from engine.workers.http_client import HttpAnswer, HttpRequest, NoAnswer
from engine.workers.httpx_client import HttpxClient
from tests.unit.engine.shell import on_a_loop
from tests.unit.engine.workers.loopback import Exchange, Loopback


@asynccontextmanager
async def client(**options: object) -> AsyncIterator[HttpxClient]:
    made = HttpxClient(**options)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.close()


async def ok(exchange: Exchange) -> None:
    await exchange.answer(200, b"{}", X_A="1")


async def redirect(exchange: Exchange) -> None:
    """/<status>/<place> redirects; everything else is the end."""
    _, first, *rest = exchange.target.split("/", 2)
    if first.isdigit():
        await exchange.answer(int(first), Location="/" + rest[0])
    else:
        await exchange.answer(200, exchange.method.encode())


async def refused(sent: HttpxClient, request: HttpRequest) -> str:
    with pytest.raises(NoAnswer) as error:
        await sent.send(request)
    return str(error.value)


@on_a_loop
async def test_what_is_sent_and_what_comes_back() -> None:
    async with Loopback(ok) as server, client() as http:
        request = HttpRequest(
            "POST", server.url + "/a b?q=ü&r=%20", (("X-N", "é€"), ("Content-Type", "text/plain")), b"hi"
        )
        answer = await http.send(request)
        assert answer == HttpAnswer(200, (("Content-Length", "2"), ("X-A", "1")), b"{}")
        (seen,) = server.seen
        assert (seen.method, seen.target, seen.body) == ("POST", "/a%20b?q=%C3%BC&r=%20", b"hi")
        assert (seen.headers["x-n"], seen.headers["content-type"]) == ("é?", "text/plain")
        assert seen.headers["host"] == server.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [
        ("127.0.0.1:80/x", "is not the URI of an HTTP server"),
        ("/x", "is not the URI of an HTTP server"),
        ("", "is not the URI of an HTTP server"),
        ("  http://h/x", "is not the URI of an HTTP server"),
        ("ftp://h/x", "is not the URI of an HTTP server"),
        ("file:///etc/hosts", "is not the URI of an HTTP server"),
        ("http://h/\n", "is not a URI"),
        ("http://h:99999/x", "99999 is not a port"),
        ("http://u:p@h/x", "carries a user's name or password"),
    ],
)
def test_what_cannot_be_called(uri: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as error:
        asyncio.run(HttpxClient().send(HttpRequest("GET", uri)))
    assert ":p@" not in str(error.value)


@pytest.mark.parametrize(
    ("status", "method", "becomes", "body"),
    [
        (301, "GET", "GET", b""),
        (302, "HEAD", "HEAD", b""),
        (301, "POST", "GET", b""),
        (302, "POST", "GET", b""),
        (303, "POST", "GET", b""),
        (303, "PUT", "GET", b""),
        (301, "PUT", "PUT", b"hi"),
        (302, "DELETE", "DELETE", b"hi"),
        (307, "POST", "POST", b"hi"),
        (308, "POST", "POST", b"hi"),
    ],
)
def test_redirects_are_followed_as_the_reference_does(status: int, method: str, becomes: str, body: bytes) -> None:
    async def scenario() -> None:
        async with Loopback(redirect) as server, client() as http:
            content = b"" if method in ("GET", "HEAD") else b"hi"
            headers = (("Authorization", "mine"), ("Content-Type", "text/plain"))
            answer = await http.send(HttpRequest(method, f"{server.url}/{status}/there", headers, content))
            last = server.seen[-1]
            assert (answer.status, last.target, last.method, last.body) == (200, "/there", becomes, body)
            assert last.headers["authorization"] == "mine"
            assert ("content-type" in last.headers) == (becomes == method)

    asyncio.run(scenario())


@on_a_loop
async def test_credentials_do_not_follow_to_another_host() -> None:
    async with Loopback(ok) as other:

        async def away(exchange: Exchange) -> None:
            await exchange.answer(307, Location=other.url + "/there")

        async with Loopback(away) as server, client() as http:
            headers = (("Authorization", "mine"), ("Cookie", "c"), ("Host", "h"), ("X-Mine", "x"))
            await http.send(HttpRequest("GET", server.url, headers))
            seen = other.seen[-1].headers
            assert {"authorization", "cookie"} & seen.keys() == set()
            assert (seen["x-mine"], seen["host"]) == ("x", other.url.removeprefix("http://"))


@on_a_loop
async def test_a_circle_of_redirects_ends() -> None:
    async with Loopback(lambda exchange: exchange.answer(302, Location="/again")) as server, client() as http:
        assert "Circular redirect to" in await refused(http, HttpRequest("GET", server.url + "/x"))
        assert len(server.seen) == 2


@on_a_loop
async def test_an_endless_way_of_redirects_ends() -> None:
    async def on(exchange: Exchange) -> None:
        await exchange.answer(302, Location=f"/{int(exchange.target[1:]) + 1}")

    async with Loopback(on) as server, client() as http:
        await refused(http, HttpRequest("GET", server.url + "/1"))
        assert len(server.seen) < 60


@pytest.mark.parametrize("place", ["ftp://h/x", "http://h:99999/", "http://u:p@h/"])
def test_a_redirect_to_nowhere(place: str) -> None:
    async def scenario() -> None:
        async with Loopback(lambda exchange: exchange.answer(302, Location=place)) as server, client() as http:
            assert "which cannot be called" in await refused(http, HttpRequest("GET", server.url))

    asyncio.run(scenario())


@on_a_loop
async def test_a_redirect_without_a_place_is_the_answer() -> None:
    async with Loopback(lambda exchange: exchange.answer(302)) as server, client() as http:
        assert (await http.send(HttpRequest("GET", server.url))).status == 302


@on_a_loop
async def test_cookies_are_not_kept() -> None:
    async with Loopback(lambda exchange: exchange.answer(200, Set_Cookie="a=b")) as server, client() as http:
        await http.send(HttpRequest("GET", server.url))
        await http.send(HttpRequest("GET", server.url))
        assert "cookie" not in server.seen[-1].headers


def test_no_proxy_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def scenario() -> None:
        async with Loopback(ok) as server, client() as http:
            assert (await http.send(HttpRequest("GET", server.url))).status == 200

    asyncio.run(scenario())


@on_a_loop
async def test_a_compressed_body_is_unpacked() -> None:
    packed = gzip.compress(b"x" * 1000)
    async with (
        Loopback(lambda exchange: exchange.answer(200, packed, Content_Encoding="gzip")) as server,
        client() as http,
    ):
        assert (await http.send(HttpRequest("GET", server.url))).body == b"x" * 1000


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_has_a_limit_packed_or_not(packed: bool) -> None:
    body = b"x" * 100_000
    headers = {"Content_Encoding": "gzip"} if packed else {}

    async def answer(exchange: Exchange) -> None:
        await exchange.answer(200, gzip.compress(body) if packed else body, **headers)

    async def scenario() -> None:
        async with Loopback(answer) as server, client(body_limit=99_999) as http:
            assert "is longer than 99999 bytes" in await refused(http, HttpRequest("GET", server.url))
        async with Loopback(answer) as server, client(body_limit=100_000) as http:
            assert len((await http.send(HttpRequest("GET", server.url))).body) == 100_000

    asyncio.run(scenario())


@on_a_loop
async def test_a_slow_answer_times_out() -> None:
    async with Loopback(lambda _: asyncio.sleep(60)) as server, client() as http:
        reason = await refused(http, HttpRequest("GET", server.url + "/x?secret=1", read_timeout=0.05))
        assert reason == f'I/O error on GET request for "{server.url}/x": Read timed out'


@on_a_loop
async def test_a_host_that_does_not_take_the_call_times_out() -> None:
    """A socket that listens and never accepts: its queue is full after the first calls."""
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    url = f"http://127.0.0.1:{full.getsockname()[1]}"
    held = [asyncio.ensure_future(asyncio.open_connection("127.0.0.1", full.getsockname()[1])) for _ in range(4)]
    await asyncio.wait(held, timeout=0.1)
    try:
        async with client() as http:
            reason = await refused(http, HttpRequest("GET", url + "/x", connect_timeout=0.05))
            assert reason == f'I/O error on GET request for "{url}/x": Connect to {url} failed: Connect timed out'
    finally:
        full.close()
        for each in held:
            each.cancel()
        for opened in await asyncio.gather(*held, return_exceptions=True):
            if isinstance(opened, tuple):
                opened[1].close()


@on_a_loop
async def test_nobody_listens() -> None:
    async with Loopback(ok) as server:
        url = server.url
    async with client() as http:
        reason = await refused(http, HttpRequest("GET", url + "/x"))
        assert reason == f'I/O error on GET request for "{url}/x": Connect to {url} failed: Connection refused'


@on_a_loop
async def test_a_name_that_nobody_knows() -> None:
    async with client() as http:
        assert "no.such.host.invalid" in await refused(http, HttpRequest("GET", "http://no.such.host.invalid/x"))


@on_a_loop
async def test_a_body_that_is_not_packed_as_it_says_is_no_answer() -> None:
    async with (
        Loopback(lambda exchange: exchange.answer(200, b"x", Content_Encoding="gzip")) as server,
        client() as http,
    ):
        assert "cannot be unpacked" in await refused(http, HttpRequest("GET", server.url))


@on_a_loop
async def test_calls_at_the_same_time_share_what_is_set_up_once() -> None:
    async with Loopback(ok) as server, client() as http:
        answers = await asyncio.gather(*(http.send(HttpRequest("GET", server.url)) for _ in range(5)))
        assert {answer.status for answer in answers} == {200}


@pytest.mark.parametrize(("method", "tries"), [("GET", 2), ("PUT", 2), ("DELETE", 2), ("POST", 1), ("PATCH", 1)])
def test_a_broken_connection_is_tried_once_more_where_that_does_no_harm(method: str, tries: int) -> None:
    async def hang_up(exchange: Exchange) -> None:
        exchange.hang_up()

    async def scenario() -> None:
        async with Loopback(hang_up) as server, client() as http:
            assert "I/O error on" in await refused(http, HttpRequest(method, server.url))
            assert len(server.seen) == tries

    asyncio.run(scenario())


@on_a_loop
async def test_a_body_that_breaks_off_is_no_answer() -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123")
        exchange.hang_up()

    async with Loopback(cut) as server, client() as http:
        assert "I/O error on GET" in await refused(http, HttpRequest("GET", server.url))


@on_a_loop
async def test_a_connection_is_used_again() -> None:
    async with Loopback(ok) as server, client() as http:
        for _ in range(3):
            await http.send(HttpRequest("GET", server.url))
        assert (len(server.seen), server.connections) == (3, 1)


@on_a_loop
async def test_a_cancelled_call_lets_its_connection_go() -> None:
    async with Loopback(lambda _: asyncio.sleep(60)) as server, client() as http:
        call = asyncio.ensure_future(http.send(HttpRequest("GET", server.url)))
        async with asyncio.timeout(5):
            while not server.seen:
                await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert call.cancelled()
