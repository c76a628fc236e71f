"""What the lint finds in a contract."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handlers.http.contract import Document, load_document
from handlers.http.lint import main, problems
from tests.api.edge.asgi import CONTRACT

OURS = load_document(CONTRACT)
Break = Callable[[Document], Any]


def test_our_contract_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(CONTRACT)]) == 0
    assert capsys.readouterr().out == "openapi.yaml: no problems\n"


@pytest.mark.parametrize(
    ("break_", "sentence"),
    [
        (
            lambda d: d["paths"].update({"/workflow/{name}": d["paths"].pop("/workflow/{workflowId}/pause")}),
            "/workflow/{workflowId} and /workflow/{name} are the same path by two names",
        ),
        (
            lambda d: d["paths"]["/workflow/{workflowId}/pause"]["put"].pop("parameters"),
            "PUT /workflow/{workflowId}/pause has parameters ['workflowId'] and declares []",
        ),
        (lambda d: d["paths"]["/tasks"]["post"].pop("operationId"), "POST /tasks has no operationId"),
        (
            lambda d: d["components"]["schemas"]["Task"]["properties"]["seq"].update(nullable=True),
            "Schema Task says `nullable`",
        ),
        (lambda d: d["components"]["schemas"]["Task"].update(required=["sequence"]), "Schema Task requires sequence"),
        (
            lambda d: d["components"]["schemas"]["Task"]["properties"].update(seq={"type": "int"}),
            "Schema Task cannot be compiled",
        ),
        (
            lambda d: d["paths"]["/tasks"]["post"]["responses"]["200"].update({"$ref": "#/components/responses/None"}),
            "refers to #/components/responses/None, which does not exist",
        ),
        (
            lambda d: d["paths"]["/tasks"]["post"]["responses"].pop("401"),
            "POST /tasks may ask for a token and does not declare 401.",
        ),
    ],
)
def test_a_fault_is_found(break_: Break, sentence: str) -> None:
    document = copy.deepcopy(OURS)
    break_(document)
    assert any(sentence in problem for problem in problems(document)), problems(document)


def test_faults_are_printed_and_fail_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: ok}}}}}\n"
    )
    assert main([str(broken)]) == 1
    assert "GET /a has no operationId" in capsys.readouterr().out
