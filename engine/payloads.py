"""Payloads outside of the store (§4.12): large ones go to and from clients by way of a disk or an object store.

Inside, a payload stays where it is: what a client has put outside is fetched when its path comes in, and what is large
put outside when a client asks for the address to read it from. A path names its content, so it is written once:
`task/output/<task id>.<rev>.json` is made by this server, `task/output/<uuid>.json` was handed to a client.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from engine.definitions import JsonObject
from engine.errors import InvalidInput, NotFound
from engine.lookups import Lookups
from engine.payload_limits import LIMIT_KB, too_large
from engine.ports import Ids, PayloadStorage
from engine.requests import StartWorkflowRequest, TaskResult

FOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "WORKFLOW_INPUT": "workflow/input",
        "WORKFLOW_OUTPUT": "workflow/output",
        "TASK_INPUT": "task/input",
        "TASK_OUTPUT": "task/output",
    }
)
OPERATIONS = ("READ", "WRITE")
replace = msgspec.structs.replace


class Location(msgspec.Struct, frozen=True):
    """Where a payload is, and the address to read or write it at."""

    path: str
    uri: str | None = None


class Payloads:
    """What the engine knows of the external storage; without one there are paths but no addresses."""

    def __init__(self, storage: PayloadStorage | None, lookups: Lookups, ids: Ids) -> None:
        self._storage, self._lookups, self._ids = storage, lookups, ids

    @property
    def outside(self) -> bool:
        """True when large payloads are shown by their path."""
        return self._storage is not None

    async def location(self, path: str, operation: str, payload_type: str) -> Location:
        """An address for a client: a new place to write to, or the place of a payload to read."""
        operation, payload_type = operation.upper(), payload_type.upper()
        if operation not in OPERATIONS or payload_type not in FOLDERS:
            raise InvalidInput(f"Invalid input - Operation: {operation}, PayloadType: {payload_type}")
        if self._storage is None:
            return Location(path)
        if operation == "WRITE":
            place = path if path.startswith(FOLDERS[payload_type] + "/") else self._new_place(payload_type)
            return Location(place, self._storage.upload_url(place))
        await self._put_outside(self._storage, path)
        return Location(path, self._storage.download_url(path))

    async def fetched(self, path: str, owner: str) -> JsonObject:
        """The payload at a path that a client names; `InvalidInput` when there is none or it is too large."""
        if self._storage is None:
            raise InvalidInput(f"There is no external payload storage, so nothing can be at {path}.")
        try:
            content = await self._storage.read(path, LIMIT_KB * 1024)
            payload = msgspec.json.decode(content, type=JsonObject)
        except NotFound:
            raise InvalidInput(f"There is nothing at {path} in the external payload storage.") from None
        except msgspec.DecodeError as error:
            raise InvalidInput(f"What is at {path} is not a JSON object: {error}") from None
        problem = too_large(payload, owner)
        if problem is not None:
            raise InvalidInput(problem)
        return payload

    async def with_input(self, request: StartWorkflowRequest) -> StartWorkflowRequest:
        """A start with the input that lies outside."""
        path = request.external_input_payload_storage_path
        if not path:
            return request
        payload = await self.fetched(path, f"workflow: {request.name}")
        return replace(request, input=payload, external_input_payload_storage_path=None)

    async def with_output(self, result: TaskResult) -> TaskResult:
        """A report with the output that lies outside."""
        path = result.external_output_payload_storage_path
        if not path:
            return result
        payload = await self.fetched(path, f"task: {result.task_id}")
        return replace(result, output_data=payload, external_output_payload_storage_path=None)

    def _new_place(self, payload_type: str) -> str:
        return f"{FOLDERS[payload_type]}/{self._ids.new()}.json"

    async def _put_outside(self, storage: PayloadStorage, path: str) -> None:
        """Write what a path of this server's own stands for, unless it is there already."""
        if not await storage.has(path):
            payload = await self._payload_of(path)
            await storage.write(path, msgspec.json.encode(payload))

    async def _payload_of(self, path: str) -> JsonObject:
        kind, direction, name = [*path.split("/", 2), "", ""][:3]
        owner, _, rev = name.removesuffix(".json").partition(".")
        if not rev:
            raise NotFound(f"There is nothing at {path} in the external payload storage.")
        if kind == "task":
            task = (await self._lookups.task(owner)).task
            return task.input_data if direction == "input" else task.output_data
        header = (await self._lookups.workflow(owner, include_tasks=False)).header
        return header.input if direction == "input" else header.output
