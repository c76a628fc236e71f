"""The composition root: the one place where stores, engine, operations and pages meet."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from engine.api import Engine
from engine.crash_points import arm
from engine.evaluators.evaluator import Limits
from engine.graph import Told
from engine.ports import PayloadStorage, Store
from engine.workers.http import Http
from engine.workers.httpx_client import HttpxClient
from handlers.administration import About
from handlers.clock import SystemClock
from handlers.health import Health
from handlers.http.stack import build_app
from handlers.ids import TimeOrderedIds
from handlers.lifespan import Lifespan, PlainStartFailure
from handlers.log import AccessLog, AsgiApp
from handlers.operations import operations
from handlers.pages import Pages
from handlers.settings import Settings, environment, secrets, shown, version
from storage.memory import MemoryStore
from storage.payloads.disk import DiskPayloads
from storage.payloads.s3 import S3Payloads
from storage.sqlite import SqliteStore

if TYPE_CHECKING:
    from handlers.authentication import Authentication

S3 = "s3://"
CONTRACT = Path(__file__).resolve().parent.parent / "openapi.yaml"


def create_app(settings: Settings) -> AsgiApp:
    """The whole server as one ASGI application; nothing starts before its lifespan does."""
    clock = SystemClock()
    if settings.crash_point:
        _arm(settings.crash_point)
    ids, told = TimeOrderedIds(clock), told_of(settings)
    outside = payload_storage(settings, clock)
    engine = Engine(
        store(settings), clock, ids, http(settings), limits(settings), secrets(), told,
        payloads=outside, most_messages=settings.messages_waiting,
    )  # fmt: skip
    files = outside if isinstance(outside, DiskPayloads) else None
    return application(engine, clock, settings, guard=guard(settings, clock), files=files)


def application(
    engine: Engine,
    clock: SystemClock,
    settings: Settings,
    *,
    guard: Authentication | None = None,
    files: DiskPayloads | None = None,
) -> AsgiApp:
    """The street side over a given engine; open to everybody without a guard."""
    keys = guard.keys if guard is not None else None
    served_operations = operations(engine, clock, keys, about(settings), files, engine.payloads.outside)
    health = Health(engine)
    lifespan = Lifespan(engine, health)
    app = build_app(CONTRACT, served_operations, lifespan, Pages(health, CONTRACT), guard)
    served = PlainStartFailure(app, lifespan)
    return AccessLog(served) if settings.access_log else served


def http(settings: Settings) -> Http:
    """How HTTP tasks speak to the world."""
    return Http(HttpxClient(settings.http_body_limit, settings.http_link_local), settings.http_at_once)


def told_of(settings: Settings) -> Told:
    """Where status changes of all executions go."""
    return Told(settings.workflow_status_queue or None, settings.task_status_queue or None)


def about(settings: Settings) -> About:
    """What the server says of itself."""
    return About(version(), shown(settings), environment())


def payload_storage(settings: Settings, clock: SystemClock) -> PayloadStorage | None:
    """Where large payloads go. Raises `Unavailable` when what it needs is not installed."""
    place, seconds = settings.payloads, settings.payloads_seconds
    if place.startswith(S3):
        bucket, _, prefix = place.removeprefix(S3).partition("/")
        return S3Payloads(bucket, prefix, settings.payloads_endpoint, seconds)
    url = settings.payloads_url or f"http://{settings.address}/api"
    return DiskPayloads(Path(place).expanduser(), url, clock, seconds) if place else None


def limits(settings: Settings) -> Limits:
    """What an expression may use."""
    return Limits(seconds=settings.script_seconds, memory_mb=settings.script_memory_mb)


def guard(settings: Settings, clock: SystemClock) -> Authentication | None:
    """What decides about tokens; None while authentication is off. Raises `InvalidSetting`."""
    if not settings.authenticates:
        return None
    from handlers.authentication import authentication  # brings cryptography: not for those who need none of it

    return authentication(settings, clock)


def store(settings: Settings) -> Store:
    """The store that the settings ask for, not opened yet."""
    if settings.mongo:
        from storage.mongo import MongoStore  # brings PyMongo: memory that others need not spend

        return MongoStore(settings.mongo)
    return MemoryStore() if settings.memory else SqliteStore(settings.data)


def _arm(crash_point: str) -> None:
    """The whole process group ends, so that no master starts another worker that ends there too."""
    name, _, count = crash_point.rpartition(":")
    arm(name, int(count), lambda: os.killpg(os.getpgrp(), signal.SIGKILL))
