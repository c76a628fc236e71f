"""The command line: `segue serve`, `segue export`, `segue import`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import structlog

from engine.errors import ConductorError
from handlers import log, moving
from handlers.clock import SystemClock
from handlers.export_lines import Broken
from handlers.server import GunicornServer
from handlers.settings import InvalidSetting, Settings, from_env, unknown_variables


@click.group()
@click.version_option(package_name="segue", prog_name="segue")
def main() -> None:
    """Segue, a workflow server that speaks the Conductor OSS REST API."""


@main.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: 8080]")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder of the store.  [default: data]")
@click.option("--memory", is_flag=True, default=None, help="Keep everything in memory; nothing survives the process.")
@click.option("--mongo", metavar="URI", help="Keep everything in this MongoDB database; several servers may share it.")
@click.option("--workers", type=click.IntRange(1), help="Server processes; more than one needs --mongo.  [default: 1]")
@click.option("--log-format", type=click.Choice(["console", "json"]), help="How log lines look.  [default: console]")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="[default: info]")
@click.option("--access-log/--no-access-log", default=None, help="One log line a request.  [default: on]")
def serve(**flags: Any) -> None:
    """Serve the API, the documentation and the health pages until SIGTERM."""
    settings = _settings(flags)
    log.configure(settings.log_format, settings.log_level)
    logger = structlog.get_logger()
    for sentence in unknown_variables():
        logger.warning(sentence)
    _check_keys(settings)
    authentication = "on" if settings.authenticates else "off"
    api = f"http://{settings.address}/api"
    logger.info("starting", api=api, store=settings.store_place, authentication=authentication)
    GunicornServer(settings).run()


def _check_keys(settings: Settings) -> None:
    """Say at once what is wrong with files that the workers would stumble on."""
    if not settings.authenticates:
        return
    from handlers.authentication import authentication  # brings cryptography: not for those who need none of it

    try:
        authentication(settings, SystemClock())
    except InvalidSetting as error:
        raise click.UsageError(str(error)) from error


_DATA = click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="The folder of a store.")
_MONGO = click.option("--mongo", metavar="URI", help="A MongoDB database.")


@main.command("export")
@_DATA
@_MONGO
@click.option("--resume", is_flag=True, help="Go on with a file that an export was writing when it was stopped.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_store(file: Path, resume: bool, **flags: Any) -> None:
    """Write all definitions and executions of a store to FILE, as JSON lines. Stop its servers before."""
    settings = _store(flags)
    if file.exists() and not resume:
        raise click.UsageError(f"{file} exists already; --resume goes on with it.")
    _told(lambda: moving.exported(settings, file))


@main.command("import")
@_DATA
@_MONGO
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_store(file: Path, **flags: Any) -> None:
    """Put the definitions and executions of FILE into a store; what is there already is left alone."""
    settings = _store(flags)
    _told(lambda: moving.imported(settings, file))


def _told(transfer: Callable[[], str]) -> None:
    try:
        click.echo(transfer(), err=True)
    except (ConductorError, Broken, OSError) as error:
        raise click.ClickException(str(error)) from error


def _store(flags: dict[str, Any]) -> Settings:
    """The settings that name the store; one that is gone with its process cannot be moved."""
    settings = _settings(flags)
    if settings.memory:
        raise click.UsageError("A store in memory cannot be moved: name a folder with --data, or --mongo.")
    return settings


def _settings(flags: dict[str, Any]) -> Settings:
    given = {name: value for name, value in flags.items() if value is not None}
    _one_store(given)
    try:
        return dataclasses.replace(from_env(), **given).checked()
    except InvalidSetting as error:
        raise click.UsageError(str(error)) from error


def _one_store(given: dict[str, Any]) -> None:
    """A flag that names a store wins over variables that name another; two such flags contradict each other."""
    if given.get("memory") and "data" in given:
        raise click.UsageError("--memory keeps nothing, so --data makes no sense beside it.")
    if given.get("mongo") and (given.get("memory") or "data" in given):
        raise click.UsageError("--mongo keeps everything in MongoDB, so --memory or --data makes no sense beside it.")
    if "data" in given:
        given |= {"memory": False, "mongo": ""}
    elif given.get("memory"):
        given["mongo"] = ""
    elif given.get("mongo"):
        given["memory"] = False
