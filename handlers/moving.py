"""The commands `segue export` and `segue import`: a store, a file, and a bar that shows how far they are."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import click

from engine.errors import NotFound
from engine.ports import Store
from handlers.export_lines import resume
from handlers.exporting import count, export
from handlers.importing import import_lines
from handlers.settings import Settings


def exported(settings: Settings, file: Path) -> str:
    """Write a store to a file, from where an earlier export has stopped; what to say at the end."""
    if not settings.mongo and not (settings.data / "segue.db").exists():
        raise NotFound(f"There is no store in {settings.data}: name its folder with --data, or --mongo and its URI.")
    return asyncio.run(_export(settings, file))


def imported(settings: Settings, file: Path) -> str:
    """Read a file into a store; what to say at the end."""
    return asyncio.run(_import(settings, file))


async def _export(settings: Settings, path: Path) -> str:
    async with _open(settings) as store:
        path.touch()
        with path.open("r+b") as file:
            after = resume(file)
            with _bar(await count(store, after), "exporting") as progress:
                number = await export(store, file, progress, after)
    return f"{number} executions written to {path}" + (f", behind {after}." if after else ".")


async def _import(settings: Settings, path: Path) -> str:
    async with _open(settings) as store:
        with path.open("rb") as file, _bar(path.stat().st_size, "importing") as progress:
            done = await import_lines(store, file, progress)
    return f"{done.new} definitions and executions imported, {done.known} were there already."


@contextlib.contextmanager
def _bar(length: int, label: str) -> Iterator[Callable[[int], None]]:
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


@contextlib.asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[Store]:
    from handlers.app import store  # what servers need and the command line usually does not

    opened = store(settings)
    await opened.open(lambda queue: None)  # noqa: ARG005 - nobody polls
    try:
        yield opened
    finally:
        await opened.close()
