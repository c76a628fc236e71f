"""Bodies: what is read, what is refused; Q3, Q4 and Q29 of the official clients."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message

from engine.errors import InvalidInput, PayloadTooLarge
from handlers.http.body import MAX_BODY_BYTES, MAX_DEPTH, NO_BODY, BodyReader, ClientGone, parse_json
from handlers.http.contract import Body

JSON_BODY = Body(required=True, content={"application/json": {}}, at="a.arg0")
OPTIONAL_BODY = Body(required=False, content={"application/json": {}}, at="a.arg0")
RAW_BODY = Body(required=True, content={"text/plain": {}, "*/*": {}}, at="a.arg0")


def read(body: Body, *chunks: bytes, types: tuple[str, ...] = (), length: int | None = None, gone: bool = False) -> Any:
    """What a reader makes of a request in chunks."""
    messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.disconnect"} if gone else {"type": "http.request", "body": b"", "more_body": False})
    headers = [(b"content-type", type_.encode()) for type_ in types]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))

    async def receive() -> Message:
        return messages.pop(0)

    return asyncio.run(BodyReader(body, {}).read(headers, receive))


@pytest.mark.parametrize(
    "types",
    [
        (),
        ("application/json",),
        ("Application/JSON; charset=bogus",),
        ("application/merge-patch+json",),
        ("text/plain", "application/json"),
        ("application/json", "text/plain"),
        ("text/plain, application/json",),
    ],
)
def test_q29_one_json_label_is_enough_and_none_is_taken_as_json(types: tuple[str, ...]) -> None:
    assert read(JSON_BODY, b'{"a": 1}', types=types) == {"a": 1}


@pytest.mark.parametrize("type_", ["application/xml", "text/plain", "multipart/form-data; boundary=x"])
def test_another_label_is_refused_by_name(type_: str) -> None:
    with pytest.raises(HTTPException) as refused:
        read(JSON_BODY, b"{}", types=(type_,))
    assert refused.value.status_code == 415
    assert type_.partition(";")[0] in refused.value.detail


def test_q3_a_body_in_chunks_is_put_together() -> None:
    assert read(JSON_BODY, b'{"a"', b"", b": [1,", b"2]}") == {"a": [1, 2]}


def test_a_body_that_is_required_is_asked_for_and_one_that_is_not_may_miss() -> None:
    with pytest.raises(InvalidInput, match="needs a body"):
        read(JSON_BODY, types=("application/json",))
    assert read(OPTIONAL_BODY, types=("application/json",)) is NO_BODY


@pytest.mark.parametrize("raw", [b"bare text", b'"quoted"', b"{not json", b"", "dé".encode()])
@pytest.mark.parametrize("type_", ["application/json", "text/plain", "application/xml"])
def test_q4_a_raw_text_is_taken_as_it_is_whatever_its_label(raw: bytes, type_: str) -> None:
    assert read(RAW_BODY, raw, types=(type_,)) == raw.decode()


def test_a_raw_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not valid UTF-8"):
        read(RAW_BODY, b"\xff")


def test_a_large_body_is_refused_by_its_announcement_or_while_it_comes() -> None:
    with pytest.raises(PayloadTooLarge, match=str(MAX_BODY_BYTES)):
        read(JSON_BODY, b"{}", length=MAX_BODY_BYTES + 1)
    with pytest.raises(PayloadTooLarge, match=str(MAX_BODY_BYTES)):
        read(JSON_BODY, *[b" " * (1024 * 1024)] * 17)


def test_a_body_of_the_largest_size_is_read() -> None:
    text = b'"' + b"x" * (MAX_BODY_BYTES - 2) + b'"'
    assert len(read(JSON_BODY, text, length=len(text))) == MAX_BODY_BYTES - 2


def test_a_client_that_leaves_within_its_body_is_not_answered() -> None:
    with pytest.raises(ClientGone):
        read(JSON_BODY, b'{"a"', gone=True)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"nope",
        b"{'a': 1}",
        b'{"a": NaN}',
        b"[Infinity]",
        b"1e400",
        b'{"a": 1,}',
        b"{} {}",
        b'"\xff"',
        b'{"\xff": 1}',
        b'{"a": "\\ud800"}',
        b"\x1f\x8b\x08\x00",
        b"[" * 100_000,
    ],
)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"not valid JSON|nested more than"):
        parse_json(raw)


def test_integers_are_exact() -> None:
    assert parse_json(b"[123456789012345678901234567890, -9007199254740993]") == [
        123456789012345678901234567890,
        -9007199254740993,
    ]


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_has_a_limit(opening: bytes, closing: bytes) -> None:
    def nested(levels: int) -> bytes:
        return opening * levels + b"1" + closing * levels

    parse_json(nested(MAX_DEPTH))
    with pytest.raises(InvalidInput, match=f"nested more than {MAX_DEPTH} levels"):
        parse_json(nested(MAX_DEPTH + 1))


def test_width_has_none() -> None:
    assert len(parse_json(b"[" + b",".join([b"[{}]"] * 1000) + b"]")) == 1000
