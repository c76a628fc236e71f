"""The gunicorn worker: uvicorn with the settings that were measured, and without its traps (reference/http-stack)."""

from __future__ import annotations

import asyncio
import signal
from types import FrameType
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

GRACE_SECONDS = 25
"""How long requests in flight may take after SIGTERM; below what an orchestrator waits before it kills."""
NOTIFY_EVERY = 5.0


class ServerWorker(UvicornWorker):  # type: ignore[misc]
    """Ends when the application cannot start, instead of answering 500 to everything; obeys SIGINT and SIGQUIT."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }

    async def _serve(self) -> None:
        """Tell the master that this worker lives also while it waits for its store: its own ticks begin later."""
        notifying = asyncio.ensure_future(self._notify_master())
        try:
            await super()._serve()
        finally:
            notifying.cancel()

    async def _notify_master(self) -> None:
        while True:
            self.notify()
            await asyncio.sleep(NOTIFY_EVERY)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Take SIGQUIT and SIGINT for SIGTERM.

        The base class only clears `alive` here, which uvicorn's loop does not look at: the worker would idle until
        the master kills it, and the lifespan would never end.
        """
        self.alive = False
        signal.raise_signal(signal.SIGTERM)
