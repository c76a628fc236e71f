"""Log lines: one an event, for people or for machines; and one a request."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import structlog

from handlers import log
from handlers.settings import LogFormat, LogLevel


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def lines(format_: LogFormat, level: LogLevel = "info") -> io.StringIO:
    out = io.StringIO()
    log.configure(format_, level, out)
    return out


def test_a_json_line_is_one_object() -> None:
    out = lines("json")
    structlog.get_logger().info("hello", number=1, nested={"a": [None]}, odd={1})
    shown = msgspec.json.decode(out.getvalue())
    assert shown.pop("timestamp").endswith("Z")
    assert shown == {"event": "hello", "level": "info", "number": 1, "nested": {"a": [None]}, "odd": [1]}


def test_a_console_line_reads_from_left_to_right() -> None:
    out = lines("console")
    structlog.get_logger().warning("hello", path="/api/x", reason="two words", broken="a\nb")
    stamp, _, rest = out.getvalue().partition(" ")
    assert stamp.endswith("Z")
    assert rest == "warning  hello path=/api/x reason='two words' broken='a\\nb'\n"


def test_levels_below_the_chosen_one_are_silent() -> None:
    out = lines("json", "warning")
    structlog.get_logger().info("no")
    logging.getLogger("some.library").info("no")
    assert out.getvalue() == ""


@pytest.mark.parametrize("format_", ["json", "console"])
def test_libraries_speak_through_the_same_lines(format_: LogFormat) -> None:
    out = lines(format_)
    try:
        raise ValueError("inside")
    except ValueError:
        logging.getLogger("some.library").exception("it %s", "broke")
    text = out.getvalue()
    assert "it broke" in text
    assert "some.library" in text
    assert "ValueError: inside" in text


def served(app: Any, path: str = "/api/x") -> tuple[dict[str, Any], list[Any]]:
    """The line about one request, and the messages that the client got."""
    out, sent = lines("json"), []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nobody reads the body")

    scope = {"type": "http", "method": "GET", "path": path}
    asyncio.run(log.AccessLog(app)(scope, receive, send))
    return msgspec.json.decode(out.getvalue()), sent


async def answer(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"tea"})


def test_a_request_leaves_one_line_and_its_answer_untouched() -> None:
    line, sent = served(answer)
    assert (line["event"], line["method"], line["path"], line["status"]) == ("request", "GET", "/api/x", 418)
    assert 0 <= line["ms"] < 5000
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]


def test_a_request_without_an_answer_is_told_as_499() -> None:
    async def silent(_scope: Any, _receive: Any, _send: Any) -> None:
        return

    assert served(silent)[0]["status"] == 499


def test_other_protocols_pass_without_a_line() -> None:
    out, seen = lines("json"), []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(log.AccessLog(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert (seen, out.getvalue()) == (["lifespan"], "")


class Disk(io.StringIO):
    """Full when a test says so."""

    full = False

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)

    def flush(self) -> None:
        if self.full:
            raise OSError(28, "No space left on device")


def test_a_full_disk_stops_nobody_who_logs_and_what_is_lost_is_counted() -> None:
    out = Disk()
    log.configure("json", "info", out)
    logger = structlog.get_logger()
    logger.info("one")
    out.full = True
    logger.info("two")
    logging.getLogger("some.library").error("three")
    out.full = False
    logger.info("four")
    logger.info("five")
    shown = [msgspec.json.decode(line) for line in out.getvalue().splitlines()]
    assert [line["event"] for line in shown] == ["one", "four", "lines of the log were lost", "five"]
    assert shown[2]["lines"] == 2
