"""The composition root: the one place where stores, engine, operations and pages meet."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from engine.api import Engine
from engine.crash_points import arm
from engine.evaluators.evaluator import Limits
from engine.ports import Store
from engine.workers.http import Http
from engine.workers.httpx_client import HttpxClient
from handlers.clock import SystemClock
from handlers.health import Health
from handlers.http.stack import build_app
from handlers.ids import TimeOrderedIds
from handlers.lifespan import Lifespan, PlainStartFailure
from handlers.log import AccessLog, AsgiApp
from handlers.operations import operations
from handlers.pages import Pages
from handlers.settings import Settings, secrets
from storage.memory import MemoryStore
from storage.mongo import MongoStore
from storage.sqlite import SqliteStore

CONTRACT = Path(__file__).resolve().parent.parent / "openapi.yaml"


def create_app(settings: Settings) -> AsgiApp:
    """The whole server as one ASGI application; nothing starts before its lifespan does."""
    clock = SystemClock()
    if settings.crash_point:
        _arm(settings.crash_point)
    engine = Engine(store(settings), clock, TimeOrderedIds(clock), http(settings), limits(settings), secrets())
    return application(engine, clock, access_log=settings.access_log)


def application(engine: Engine, clock: SystemClock, *, access_log: bool = False) -> AsgiApp:
    """The street side over a given engine."""
    health = Health(engine)
    lifespan = Lifespan(engine, health)
    app = build_app(CONTRACT, operations(engine, clock), lifespan, Pages(health, CONTRACT))
    served = PlainStartFailure(app, lifespan)
    return AccessLog(served) if access_log else served


def http(settings: Settings) -> Http:
    """How HTTP tasks speak to the world."""
    return Http(HttpxClient(settings.http_body_limit, settings.http_link_local), settings.http_at_once)


def limits(settings: Settings) -> Limits:
    """What an expression may use."""
    return Limits(seconds=settings.script_seconds, memory_mb=settings.script_memory_mb)


def store(settings: Settings) -> Store:
    """The store that the settings ask for, not opened yet."""
    if settings.mongo:
        return MongoStore(settings.mongo)
    return MemoryStore() if settings.memory else SqliteStore(settings.data)


def _arm(crash_point: str) -> None:
    """The whole process group ends, so that no master starts another worker that ends there too."""
    name, _, count = crash_point.rpartition(":")
    arm(name, int(count), lambda: os.killpg(os.getpgrp(), signal.SIGKILL))
