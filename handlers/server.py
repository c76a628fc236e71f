"""gunicorn inside this process: one command, one configuration."""

from __future__ import annotations

from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from handlers import log
from handlers.http.worker import GRACE_SECONDS
from handlers.settings import Settings

KEEPALIVE_SECONDS = 75
"""Above what proxies in front usually keep, so that they and not this server close idle connections."""
SPARE_SECONDS = 5
"""gunicorn kills a worker this much after the worker's own limit for requests in flight."""


class GunicornServer(BaseApplication):  # type: ignore[misc]
    """Serves `create_app(settings)` in worker processes until it is told to stop.

    One worker, but for MongoDB: the embedded store belongs to exactly one process (DESIGN §4).
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Hand our settings to gunicorn; it reads no file and no arguments of its own."""
        for name, value in options(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> log.AsgiApp:
        """The application; called in the worker, after the fork. The master needs none of what it imports."""
        from handlers.app import create_app

        return create_app(self._settings)


class StructuredLogger(Logger):  # type: ignore[misc]
    """gunicorn's logger without its own formats and files: everything goes where our logs go."""

    def setup(self, cfg: Any) -> None:
        """Replace every handler by ours."""
        super().setup(cfg)
        self.error_log.handlers = [log.FromLibraries()]
        self.access_log.handlers = []


def options(settings: Settings) -> dict[str, Any]:
    """gunicorn's options for these settings."""
    return {
        "bind": settings.address,
        "workers": settings.workers,
        "worker_class": "handlers.http.worker.ServerWorker",
        "keepalive": KEEPALIVE_SECONDS,
        "timeout": 60,
        "graceful_timeout": GRACE_SECONDS + SPARE_SECONDS,
        "logger_class": StructuredLogger,
        "loglevel": settings.log_level,
        "proc_name": "segue",
        "control_socket_disable": True,  # it would be one file in the home directory for all servers of a user
    }
