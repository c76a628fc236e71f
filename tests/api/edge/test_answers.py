"""What a handler returns, as an answer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.requests import BulkResponse
from handlers.http.answers import Answer, AnswerWriter
from handlers.http.contract import Response

JSON_ONLY = [Response(200, "application/json")]
TEXT_ONLY = [Response(200, "text/plain")]
EMPTY_ONLY = [Response(204, None)]
JSON_OR_EMPTY = [Response(200, "application/json"), Response(204, None)]
JSON, TEXT = b"application/json", b"text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("responses", "result", "answer"),
    [
        (JSON_ONLY, {"a": None, "b": [1]}, Answer(200, b'{"a":null,"b":[1]}', JSON)),
        (JSON_ONLY, [], Answer(200, b"[]", JSON)),
        (JSON_ONLY, b'{"ready":1}', Answer(200, b'{"ready":1}', JSON)),
        (JSON_ONLY, msgspec.Raw(b'{"ready":1}'), Answer(200, b'{"ready":1}', JSON)),
        (JSON_ONLY, BulkResponse({"a": "b"}), Answer(200, b'{"bulkErrorResults":{"a":"b"}}', JSON)),
        (JSON_ONLY, "text", Answer(200, b'"text"', JSON)),
        (JSON_ONLY, 0, Answer(200, b"0", JSON)),
        (JSON_ONLY, {"n": 10**30}, Answer(200, b'{"n":' + str(10**30).encode() + b"}", JSON)),
        (TEXT_ONLY, "idé", Answer(200, "idé".encode(), TEXT)),
        (TEXT_ONLY, None, Answer(200, b"", TEXT)),
        (EMPTY_ONLY, None, Answer(204, b"", None)),
        (EMPTY_ONLY, {"ignored": 1}, Answer(204, b"", None)),
        (JSON_OR_EMPTY, None, Answer(204, b"", None)),
        (JSON_OR_EMPTY, (None, 204), Answer(204, b"", None)),
        (JSON_OR_EMPTY, {"a": 1}, Answer(200, b'{"a":1}', JSON)),
        (JSON_OR_EMPTY, ({"a": 1}, 202), Answer(202, b'{"a":1}', JSON)),
        (JSON_OR_EMPTY, (None, 202), Answer(202, b"", None)),
    ],
)
def test_a_result_becomes_the_answer_that_the_contract_declares(
    responses: list[Response], result: Any, answer: Answer
) -> None:
    assert AnswerWriter(responses).write(result) == answer
