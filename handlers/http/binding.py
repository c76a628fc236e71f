"""Does every operation have a handler that fits? Asked before the first request, answered with names."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

from handlers.http.contract import Contract, ContractError, Operation
from handlers.http.operation import Handler
from handlers.http.validation import BODY

Operations = Mapping[str, Handler]

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def check_binding(contract: Contract, operations: Operations) -> None:
    """Raise ContractError with one sentence for each operation and handler that do not fit together."""
    problems = [
        *_without_handler(contract, operations),
        *_without_operation(contract, operations),
        *_misfits(contract, operations),
    ]
    if problems:
        raise ContractError("\n".join(problems))


def _without_handler(contract: Contract, operations: Operations) -> Iterator[str]:
    for operation_id, operation in contract.operations.items():
        if operation_id not in operations:
            yield f"Operation {operation} of the contract has no handler."


def _without_operation(contract: Contract, operations: Operations) -> Iterator[str]:
    for operation_id, handler in operations.items():
        if operation_id not in contract.operations:
            yield f"Handler {_name(handler)} is meant for {operation_id}, which is not an operation of the contract."


def _misfits(contract: Contract, operations: Operations) -> Iterator[str]:
    for operation_id, handler in operations.items():
        operation = contract.operations.get(operation_id)
        if operation is not None:
            start = f"Handler {_name(handler)} does not fit operation {operation}: "
            yield from (start + problem for problem in _signature_problems(operation, handler))


def _signature_problems(operation: Operation, handler: Handler) -> Iterator[str]:
    if not inspect.iscoroutinefunction(handler):
        yield "it is not an async function."
    given = {parameter.argument: parameter.always_given for parameter in operation.parameters}
    if operation.body is not None:
        given[BODY] = operation.body.required
    for name, parameter in inspect.signature(handler).parameters.items():
        if parameter.kind not in _NAMED:
            yield f"it takes *{name} where it should name each argument."
        elif name not in given:
            yield f"its argument {name} is not a parameter of the operation."
        elif parameter.default is parameter.empty and not given[name]:
            yield f"its argument {name} needs a default, since a request may come without it."


def _name(handler: Handler) -> str:
    return str(getattr(handler, "__qualname__", handler))
