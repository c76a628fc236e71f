"""The HTTP stub that HTTP tasks call. Every answer is fixed and documented here.

GET|POST|PUT|DELETE /echo...      200 {"method", "path", "query", "body", "header"}; `header` is the
                                  request's X-Golden header (null when absent); any other unknown
                                  path answers the same way
*  /status/<code>                 that status, body {"code": <code>}
*  /slow/<milliseconds>           200 {"slept": <milliseconds>} after that time
*  /text                          200 text/plain "plain words"
*  /number                        200 JSON 42
*  /list                          200 JSON [1, "two", {"three": 3}]
*  /empty                         204 without a body
*  /flaky/<key>/<n>               500 for the first n calls with this key, then 200 {"calls": n + 1}
*  /redirect                      302 to /echo/redirected
Every answer carries the header "X-Golden: stub".
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit


class StubHandler(BaseHTTPRequestHandler):
    """Routes one request; see the module text."""

    protocol_version = "HTTP/1.1"
    calls: ClassVar[Counter[str]] = Counter()
    guard: ClassVar[threading.Lock] = threading.Lock()

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def answer(self, code: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> None:
        """Send one complete response."""
        self.send_response(code)
        self.send_header("X-Golden", "stub")
        for name, value in headers.items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", kind)
        if code != 204:
            self.send_header("Content-Length", str(len(body)))
        try:
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the caller gave up waiting

    def answer_json(self, value: Any, code: int = 200) -> None:
        self.answer(code, json.dumps(value).encode())

    def read_body(self) -> Any:
        """Return the request body as JSON, as text, or None."""
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            raw = self.read_chunks()
        else:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not raw:
            return None
        try:
            return json.loads(raw)
        except ValueError:
            return raw.decode("utf-8", "replace")

    def read_chunks(self) -> bytes:
        """Read a chunked request body."""
        parts = []
        while size := int(self.rfile.readline().split(b";")[0].strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def route(self) -> None:
        """Answer according to the path."""
        body = self.read_body()
        url = urlsplit(self.path)
        parts = [part for part in url.path.split("/") if part]
        head = parts[0] if parts else ""
        if head == "status" and len(parts) == 2:
            self.answer_json({"code": int(parts[1])}, int(parts[1]))
        elif head == "slow" and len(parts) == 2:
            time.sleep(int(parts[1]) / 1000)
            self.answer_json({"slept": int(parts[1])})
        elif head == "text":
            self.answer(200, b"plain words", "text/plain")
        elif head == "number":
            self.answer_json(42)
        elif head == "list":
            self.answer_json([1, "two", {"three": 3}])
        elif head == "empty":
            self.answer(204)
        elif head == "redirect":
            self.answer(302, Location="/echo/redirected")
        elif head == "flaky" and len(parts) == 3:
            self.flaky(parts[1], int(parts[2]))
        else:
            self.answer_json(
                {
                    "method": self.command,
                    "path": url.path,
                    "query": dict(parse_qsl(url.query, keep_blank_values=True)),
                    "body": body,
                    "header": self.headers.get("X-Golden"),
                }
            )

    def flaky(self, key: str, failures: int) -> None:
        """Fail the first calls with this key."""
        with self.guard:
            self.calls[key] += 1
            count = self.calls[key]
        if count <= failures:
            self.answer_json({"calls": count}, 500)
        else:
            self.answer_json({"calls": count})

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = route


class Stub:
    """Runs the stub in a background thread: `with Stub() as url: …`."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, public_host: str = "") -> None:
        self.server = ThreadingHTTPServer((host, port), StubHandler)
        self.server.daemon_threads = True
        self.url = f"http://{public_host or host}:{self.server.server_address[1]}"

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self.url

    def __exit__(self, *_: Any) -> None:
        self.server.shutdown()
        self.server.server_close()
