"""An answer as the output of an HTTP task (§2.15). Failures carry it in the same form, so a workflow can look at the
status code (D16); the reason is the reference's text.
"""

from __future__ import annotations

import http

import msgspec

from engine.definitions import Json, JsonObject
from engine.status import TaskStatus
from engine.workers.http_client import HttpAnswer, HttpRequest
from engine.workers.http_request import charset_of
from engine.workers.work import Outcome, failed

INVOKED = "Failed to invoke HTTP task due to: "
NOTHING = "No response from the remote service"
LONGEST_QUOTE = 1000
_PHRASES = {status.value: status.phrase for status in http.HTTPStatus}


def outcome_of(request: HttpRequest, answer: HttpAnswer, async_complete: bool) -> Outcome:
    """2xx is success: COMPLETED, or IN_PROGRESS where somebody else completes the task."""
    text = _decoded(answer)
    output = {"response": response_of(answer, text)}
    if 200 <= answer.status < 300:
        return Outcome(TaskStatus.IN_PROGRESS if async_complete else TaskStatus.COMPLETED, output)
    if answer.status < 400:
        return failed(NOTHING, output)
    quoted = f'"{text[:LONGEST_QUOTE]}"' if text else "[no body]"
    what = f"{answer.status} {phrase_of(answer.status)}"
    where = f'{request.method} request for "{request.uri.partition("?")[0]}"'
    return failed(f"{INVOKED}java.lang.Exception: {what} on {where}: {quoted}", output)


def unanswered(problem: str) -> Outcome:
    """No answer came."""
    error = f"java.lang.Exception: {problem}"
    return failed(INVOKED + error, {"response": error})


def response_of(answer: HttpAnswer, text: str) -> JsonObject:
    """What `${ref.output.response}` reads."""
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name, []).append(value)
    return {
        "headers": headers,
        "reasonPhrase": phrase_of(answer.status),
        "body": body_of(text) if answer.body else None,
        "statusCode": answer.status,
    }


def phrase_of(status: int) -> str:
    """The usual words for a status, whatever the server said; "" for one that nobody knows."""
    return _PHRASES.get(status, "")


def _decoded(answer: HttpAnswer) -> str:
    """The body as text: in the character set it names, else UTF-8, else (as in the reference) ISO-8859-1."""
    charset = charset_of(answer.header("content-type"))
    if charset is not None:
        return answer.body.decode(charset, "replace")
    try:
        return answer.body.decode()
    except UnicodeDecodeError:
        return answer.body.decode("latin-1")


def body_of(text: str) -> Json:
    """JSON objects and lists as they are, numbers as floating point, everything else as text (§2.15)."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text if text.strip() else ""
    if isinstance(value, str | dict | list):
        return value
    if value is None or isinstance(value, bool):
        return text.strip()
    try:
        return float(value)
    except OverflowError:
        return text
