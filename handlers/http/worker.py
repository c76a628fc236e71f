"""The gunicorn worker: uvicorn with the settings that were measured, and without its traps (reference/http-stack)."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

GRACE_SECONDS = 25
"""How long requests in flight may take after SIGTERM; below what an orchestrator waits before it kills."""


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

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Take SIGQUIT and SIGINT for SIGTERM.

        The base class only clears `alive` here, which uvicorn's loop does not look at: the worker would idle until
        the master kills it, and the lifespan would never end.
        """
        self.alive = False
        signal.raise_signal(signal.SIGTERM)
