"""A metadata API of dicts behind a real socket: what `segue seed` needs of a server, and what it may meet there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

Answer = tuple[int, Any]


class MetadataStub:
    """Definitions by name (tasks) or name and version (workflows); `writes` counts what was registered."""

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        self.workflows: dict[tuple[str, int], dict[str, Any]] = {}
        self.writes = 0

    def answer(self, method: str, target: str, body: Any) -> Answer:
        """Status and body for one request."""
        url = urlsplit(target)
        match method, [unquote(part) for part in url.path.removeprefix("/api/metadata/").split("/")]:
            case "GET", ["taskdefs", name]:
                return self._found(self.tasks.get(name))
            case "GET", ["workflow", name]:
                return self._found(self.workflows.get((name, int(parse_qs(url.query)["version"][0]))))
            case "POST", ["taskdefs"]:
                return self._register_task(body[0])
            case "PUT", ["workflow"]:
                return self._register_workflow(body[0])
        return 404, {"status": 404, "message": f"No static resource {url.path}"}

    @staticmethod
    def _found(stored: dict[str, Any] | None) -> Answer:
        return (200, stored) if stored is not None else (404, {"status": 404, "message": "No such thing"})

    def _register_task(self, task: dict[str, Any]) -> Answer:
        if task.get("retryCount", 0) < 0:
            violation = {"path": "registerTaskDef.arg0[0].retryCount", "message": "must be >= 0"}
            return 400, {"status": 400, "message": "Validation failed", "validationErrors": [violation]}
        self.writes += 1
        self.tasks[task["name"]] = {"retryCount": 3, **task, "createTime": self.writes, "updatedBy": "stub"}
        return 204, None

    def _register_workflow(self, workflow: dict[str, Any]) -> Answer:
        if workflow["name"] == "cursed":
            return 200, {"bulkErrorResults": {"cursed": "It cannot be stored"}, "bulkSuccessfulResults": []}
        self.writes += 1
        self.workflows[workflow["name"], workflow.get("version", 1)] = {**workflow, "updateTime": self.writes}
        return 200, {"bulkErrorResults": {}, "bulkSuccessfulResults": [workflow["name"]]}


@contextmanager
def serving(stub: MetadataStub) -> Iterator[str]:
    """The stub on a free port; yields the server's URL without a path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = msgspec.json.decode(self.rfile.read(length)) if length else None
            status, answer = stub.answer(self.command, self.path, body)
            self.send_response(status)
            content = b"" if answer is None else msgspec.json.encode(answer)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_GET

        def log_message(self, *arguments: object) -> None:
            """Tests do not print requests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(timeout=10)
            assert not thread.is_alive()
