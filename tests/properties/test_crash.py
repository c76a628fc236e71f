"""A crash between any two writes loses nothing that was accepted, and does nothing twice (DESIGN §8, 6)."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import WorkflowDef
from engine.ending import FAILURE_WORKFLOW as FAILURE_OUTPUT
from engine.errors import NotFound
from engine.ports import Store
from engine.requests import TaskResult
from engine.search import Search
from engine.status import TaskStatus, WorkflowStatus
from engine.views import WorkflowView
from storage.memory import MemoryStore
from storage.sqlite import SqliteStore
from tests.properties.definitions import FAILURE_WORKFLOW
from tests.properties.dying import Dying
from tests.properties.scripts import TYPES, Life, Script, definitions, scripts
from tests.world import CountingIds, FakeClock

MOST_ROUNDS = 40
Views = dict[str, WorkflowView]


def memory(folder: Path) -> Callable[[], Store]:
    """The same dicts, opened again: they stand for the disk."""
    store = MemoryStore()
    return lambda: store


def sqlite(folder: Path) -> Callable[[], Store]:
    """The same file, opened again."""
    return lambda: SqliteStore(folder)


async def first_life(
    store: Store, clock: FakeClock, ids: CountingIds, definition: WorkflowDef, script: Script, commits: int
) -> Views:
    """Live until the store dies; returns what was durable then, as clients could read it."""
    dying = Dying(store, commits)
    life = Life(cast(Store, dying), clock, ids)
    await life.begin(definition)
    accepted: Views = {}
    for step in script:
        await life.tell([step])
        accepted = {**accepted, **await seen(life)}
        if dying.dead:
            break
    await life.engine.stop()  # the store is dead; the evaluators that were about to start are not
    await store.close()
    return accepted


async def seen(life: Life) -> Views:
    """Every execution there is."""
    found: Views = {}
    for workflow_id in life.workflows:
        try:
            found[workflow_id] = await life.engine.workflow(workflow_id)
        except NotFound:
            continue  # its start was not accepted
    return found


async def second_life(store: Store, clock: FakeClock, ids: CountingIds, accepted: Views) -> None:
    """Look at what is left, and bring everything to its end."""
    life = Life(store, clock, ids)
    await life.engine.start()
    life.workflows = list(accepted)
    try:
        for workflow_id, view in (await seen(life)).items():
            assert rows(view) == rows(accepted[workflow_id])
        await life.settle()
        await everything_ends(life)
        await life.nothing_broke()
        await every_failure_workflow_runs_once(life)
    finally:
        await life.engine.stop()


def rows(view: WorkflowView) -> object:
    """What must not be lost; an effect that had been done may be crossed out meanwhile."""
    return view.header.status, view.header.input, view.header.messages, [task.task for task in view.tasks]


async def everything_ends(life: Life) -> None:
    """Poll and answer whatever there is; no task is handed out twice."""
    handed: Counter[str] = Counter()
    for _ in range(MOST_ROUNDS):
        life.clock.forward(3600)
        await life.settle()
        for kind in TYPES:
            views = await life.engine.poll(kind, "second life", None, 100, 0)
            handed.update(view.task.task_id for view in views)
        open_views = [view for view in (await seen(life)).values() if not view.header.status.terminal]
        if not open_views:
            break
        for view in open_views:
            await finish_one(life, view)
    assert not [view.header for view in (await seen(life)).values() if not view.header.status.terminal]
    assert all(times == 1 for times in handed.values()), handed
    assert await life.engine.queue_sizes(TYPES) == dict.fromkeys(TYPES, 0)


async def finish_one(life: Life, view: WorkflowView) -> None:
    workflow_id = view.header.workflow_id
    if view.header.status is WorkflowStatus.PAUSED:
        await life.engine.resume(workflow_id)
    references = Counter(task.task.reference_task_name for task in view.tasks if not task.task.status.terminal)
    assert all(number == 1 for number in references.values()), references
    for task in view.tasks:
        if not task.task.status.terminal and not task.task.waits_for:
            await life.engine.update_task(TaskResult(workflow_id, task.task.task_id, TaskStatus.COMPLETED))
            return


async def every_failure_workflow_runs_once(life: Life) -> None:
    """Each one that an execution names in its output exists."""
    named = [view.header.output.get(FAILURE_OUTPUT) for view in (await seen(life)).values()]
    found = (await life.engine.search(Search(size=1000))).results
    started = {summary.workflow_id for summary in found if summary.workflow_type == FAILURE_WORKFLOW}
    assert {name for name in named if name and str(name).startswith("id-")} <= started
    assert not await life.engine.outbox.sweep()


@pytest.mark.parametrize("kind", [memory, sqlite])
@given(definition=definitions, script=scripts, commits=st.integers(1, 40))
def test_a_crash_between_any_two_writes(
    kind: Callable[[Path], Callable[[], Store]], definition: WorkflowDef, script: Script, commits: int
) -> None:
    clock, ids = FakeClock(), CountingIds()
    with ExitStack() as stack:
        store = kind(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        accepted = asyncio.run(first_life(store(), clock, ids, definition, script, commits))
        asyncio.run(second_life(store(), clock, ids, accepted))
