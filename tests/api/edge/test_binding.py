"""A contract and handlers that do not fit stop the start, with a sentence that names both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from handlers.http.binding import check_binding
from handlers.http.contract import ContractError, read
from tests.api.edge.asgi import application, recorder

CONTRACT = read(
    {
        "paths": {
            "/things/{thingId}": {
                "put": {
                    "operationId": "changeThing",
                    "parameters": [
                        {"name": "thingId", "in": "path", "required": True, "schema": {"type": "string"}},
                        {"name": "dryRun", "in": "query", "schema": {"type": "boolean", "default": False}},
                        {"name": "type", "in": "query", "schema": {"type": "string"}},
                    ],
                    "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
                    "responses": {"204": {"description": "changed"}},
                }
            }
        }
    }
)


class Things:
    async def change(self, thing_id: str, body: Any, dry_run: bool, type_: str | None = None) -> None: ...


async def nothing() -> None: ...
async def unknown(thing_id: str, colour: str) -> None: ...
async def no_default(type_: str) -> None: ...
async def everything(**arguments: Any) -> None: ...
def blocking(thing_id: str) -> None: ...


@pytest.mark.parametrize("handler", [Things().change, nothing, partial(Things().change, body=1)])
def test_a_handler_that_fits_is_taken(handler: Callable[..., Any]) -> None:
    check_binding(CONTRACT, {"changeThing": handler})


@pytest.mark.parametrize(
    ("handler", "sentence"),
    [
        (unknown, "Handler unknown does not fit .*: its argument colour is not a parameter of the operation"),
        (no_default, "Handler no_default does not fit .*: its argument type_ needs a default"),
        (everything, r"Handler everything does not fit .*: it takes \*arguments where it should name each"),
        (blocking, "Handler blocking does not fit .*: it is not an async function"),
    ],
)
def test_a_handler_that_does_not_fit_is_named_with_its_operation(handler: Callable[..., Any], sentence: str) -> None:
    with pytest.raises(ContractError, match=sentence) as refused:
        check_binding(CONTRACT, {"changeThing": handler})
    assert "changeThing (PUT /things/{thingId})" in str(refused.value)


def test_all_misfits_are_listed_at_once() -> None:
    with pytest.raises(ContractError) as refused:
        check_binding(CONTRACT, {"changeThng": nothing})
    assert str(refused.value).splitlines() == [
        "Operation changeThing (PUT /things/{thingId}) of the contract has no handler.",
        "Handler nothing is meant for changeThng, which is not an operation of the contract.",
    ]


def test_an_application_is_not_built_without_a_handler_for_everything() -> None:
    operations = {name: handler for name, handler in recorder().operations().items() if name != "startWorkflow"}
    with pytest.raises(ContractError, match=r"startWorkflow \(POST /workflow\) of the contract has no handler"):
        application(operations)
