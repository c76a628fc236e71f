"""How a workflow moves: a worklist of ended rows, each settled once, until nothing is left to do (DESIGN §3).

Settling a row decides what its end means: another attempt, the end of the workflow, or going on with what is behind
it and with the JOINs that wait for it. It touches these rows and no others, so a step costs the same in a workflow of
10 and of 10,000 tasks. `reconcile` applies the same rules to all rows: it is for operations that change many rows,
for repair, and for tests, in which it finds nothing to do after any decision.
"""

from __future__ import annotations

from itertools import islice

from engine import retry
from engine.definitions import WorkflowTask
from engine.draft import FIRST, OUTSIDE, Attempt, Draft, Scope, cancel_open
from engine.ending import WorkflowEnds, by_terminate_task, complete, end, task_failed
from engine.model import Task
from engine.payload_limits import task_too_large
from engine.questions import Jitter, Steps
from engine.rows import finished, unsettled
from engine.status import TaskStatus, WorkflowStatus
from engine.tasks import do_while, pull_workflow_messages, task_type
from engine.timeouts import SECOND

_ENDING_STATUS = {TaskStatus.CANCELED: WorkflowStatus.TERMINATED, TaskStatus.TIMED_OUT: WorkflowStatus.TIMED_OUT}
"""What a workflow becomes by a task that ended so and is not tolerated; FAILED otherwise (§4.1 step 3)."""
MOST_AT_ONCE = 1000
"""Attempts after which a task that fails in the decision that makes it is not tried again, whatever its definition is:
nothing else would be decided meanwhile."""


def begin(draft: Draft) -> Steps[None]:
    """Schedule the first node of an execution without rows."""
    if draft.graph.first is None:
        yield from _guarded(draft, complete(draft))
        return
    yield from _guarded(draft, schedule(draft, draft.graph.first))
    yield from advance(draft)


def advance(draft: Draft) -> Steps[None]:
    """Settle what has ended until nothing is left; a workflow with nothing open then is over."""
    while draft.header.status is WorkflowStatus.RUNNING:
        if draft.ended:
            yield from _pass(draft)
        elif draft.rows.open_count > draft.rows.open_passive or any(row.wait_timeout for row in draft.rows.open()):
            return
        else:
            yield from _guarded(draft, _run_dry(draft))


def _pass(draft: Draft) -> Steps[None]:
    """Settle what has ended by now; what that lets end at once is for the next pass."""
    draft.reveal()
    rows = [row for task_id in draft.ended if (row := draft.rows.get(task_id)) is not None]
    draft.ended.clear()
    for row in sorted(rows, key=_rank):
        now = draft.rows.get(row.task_id)
        if now is not None and unsettled(now) and draft.header.status is WorkflowStatus.RUNNING:
            yield from _guarded(draft, _settle(draft, now))


def _rank(row: Task) -> tuple[int, int]:
    """What may end the workflow comes before what would schedule more: failures, then TERMINATE, the last one first
    (§1.6 step 5).
    """
    if not row.status.successful:
        return 0, row.seq
    return (1, -row.seq) if row.task_type == "TERMINATE" else (2, row.seq)


def _run_dry(draft: Draft) -> Steps[None]:
    """Only JOINs and loops are open: all is done, or a JOIN takes what is there, for no more comes (S6)."""
    rows = draft.rows.open()
    if _join_with_what_is_there(draft, rows, whole=True):
        return
    for row in reversed(rows):
        if row.task_type == "DO_WHILE" and do_while.iteration_over(draft, row):
            yield from _turn_loop(draft, row)
            return
    # what is left are JOINs that wait for each other
    if not _join_with_what_is_there(draft, rows, whole=False):
        yield from complete(draft)


def _join_with_what_is_there(draft: Draft, rows: list[Task], whole: bool) -> bool:
    """End the first JOIN, with `whole` only one that joins nothing open; False when there is none."""
    for row in rows:
        run_dry = task_type(draft.node_of(row).type).run_dry
        known = [joined for ref in row.waits_for if (joined := draft.rows.newest(ref)) is not None]
        ended = [joined for joined in known if joined.status.terminal]
        if run_dry is not None and (not whole or len(ended) == len(known)):
            run_dry(draft, row, ended)
            return True
    return False


def _guarded(draft: Draft, steps: Steps[None]) -> Steps[None]:
    """Run a rule; if it says that the workflow ends, end it."""
    try:
        yield from steps
    except WorkflowEnds as ends:
        yield from end(draft, ends.status, ends.reason, ends.task)


def _settle(draft: Draft, task: Task) -> Steps[None]:
    if not task.status.successful:
        if (yield from _retried(draft, task)):
            return
        task = _tolerated(draft, task)
    task = draft.change(task, executed=True)
    _tell_joins(draft, task)
    if task.task_type == "TERMINATE" and task.status is TaskStatus.COMPLETED:
        yield from by_terminate_task(draft, task)
    else:
        yield from _go_on(draft, task)


def _go_on(draft: Draft, task: Task) -> Steps[None]:
    """Schedule what is behind a settled row; at the end of a loop's body, the loop may turn."""
    follows, loop_task_id = draft.graph.follows(task.node), task.loop_task_id
    loop = draft.rows.get(loop_task_id) if loop_task_id is not None else None
    if follows is not None and (loop is None or follows != loop.node):
        yield from _within_loop(draft, task, schedule(draft, follows, draft.scope_of(task)))
    elif loop is not None and not loop.status.terminal and draft.graph.node(task.node) is not None:
        yield from _turn_loop(draft, loop)
    if loop is not None and not task.status.successful:
        do_while.broken(draft, loop)


def _turn_loop(draft: Draft, loop: Task) -> Steps[None]:
    """Begin the next iteration, or end the loop, once nothing of the present one is left."""
    if loop.wait_timeout or not do_while.iteration_over(draft, loop):
        return
    if draft.turns >= do_while.MOST_TURNS:
        draft.change_timed(loop, wait_timeout=draft.now)
    elif (yield from do_while.next_turn(draft, loop)):
        again = draft.rows.get(loop.task_id)
        if again is not None:
            yield from _children(draft, again)


def _retried(draft: Draft, task: Task) -> Steps[bool]:
    """Schedule another attempt if there may be one (§4.1)."""
    node, task_def = draft.node_of(task), draft.task_def_of(task)
    may = task.status.retriable and task_type(node.type).retriable
    if not may or task_def is None or task.retry_count >= retry.allowed(node, task_def):
        return False
    if task.retry_count >= MOST_AT_ONCE and draft.base.rows.get(task.task_id) is None:
        return False
    late = retry.out_of_time(task, task_def, draft.now)
    if late is not None:
        timed_out = task.status is TaskStatus.TIMED_OUT
        raise WorkflowEnds(WorkflowStatus.TIMED_OUT if timed_out else WorkflowStatus.FAILED, late, task)
    delay = retry.delay_seconds(task_def, task.retry_count) * SECOND
    if task_def.backoff_jitter_ms > 0:
        delay += yield Jitter(task_def.backoff_jitter_ms)
    draft.change(task, retried=True)
    attempt = Attempt(task.retry_count + 1, task, delay, task.reason_for_incompletion)
    yield from _within_loop(draft, task, create(draft, node, draft.scope_of(task), attempt))
    return True


def _within_loop(draft: Draft, task: Task, steps: Steps[None]) -> Steps[None]:
    """Make what follows a row; note what of it has failed already, other than what a loop makes when it turns."""
    known = len(draft.ended)
    yield from steps
    if task.loop_task_id is None:
        return
    made = (draft.rows.get(task_id) for task_id in islice(draft.ended, known, None))
    draft.loop_breakers.update(
        row.task_id
        for row in made
        if row is not None
        and row.loop_task_id == task.loop_task_id
        and not row.status.successful
        and task_type(draft.node_of(row).type).failed_when_made
    )


def _tolerated(draft: Draft, task: Task) -> Task:
    """A row that failed for good: its optional or permissive form, or the end of the workflow (§2.0.2)."""
    node = draft.node_of(task)
    if node.optional:
        return draft.change(task, status=TaskStatus.COMPLETED_WITH_ERRORS)
    if node.permissive:
        return task
    ends = do_while.failed_with(draft, task)
    # E28: the JOIN that waits for it fails with it, before everything else is cancelled
    _tell_joins(draft, task)
    status = _ENDING_STATUS.get(ends.status, WorkflowStatus.FAILED)
    raise WorkflowEnds(status, task_failed(ends, status), ends)


def _tell_joins(draft: Draft, task: Task) -> None:
    for join_id in draft.rows.waiting_for(task.reference_task_name):
        row = draft.rows.get(join_id)
        if row is not None and not row.status.terminal:
            joined = task_type(draft.node_of(row).type).joined
            if joined is not None:
                joined(draft, row, task)


def schedule(draft: Draft, reference: str, scope: Scope = OUTSIDE) -> Steps[None]:
    """Make the rows of a node, or of the first one behind it that is not skipped; nothing if they exist already."""
    following: str | None = reference
    while following is not None:
        known = draft.rows.newest(scope.name(following))
        if known is None:
            node = draft.graph.node(following)
            assert node is not None, f"{following} is not in the definition"
            yield from create(draft, node, scope, FIRST)
            return
        following = draft.graph.follows(following) if known.status is TaskStatus.SKIPPED else None


def create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[None]:
    """Make the rows of a node and of what belongs to it."""
    row = _within_limits(draft, (yield from task_type(node.type).create(draft, node, scope, attempt)))
    if row.executed or not row.status.terminal:
        yield from _children(draft, row)
    if row.executed:
        # born so, as forks and switches are: nothing settles it later
        _tell_joins(draft, row)


def _within_limits(draft: Draft, row: Task) -> Task:
    """A row whose input is more than may be fails for good before anybody gets it (§4.12)."""
    problem = None if row.status.terminal else task_too_large(row.input_data, row)
    if problem is None:
        return row
    fail = TaskStatus.FAILED_WITH_TERMINAL_ERROR
    return draft.change(row, status=fail, input_data={}, reason_for_incompletion=problem)


def revive(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[None]:
    """Make the rows of a node anew, from outside the flow; the node may end the workflow, and then nothing is made."""
    if draft.header.status is WorkflowStatus.RUNNING:
        yield from _guarded(draft, create(draft, node, scope, attempt))


def _children(draft: Draft, row: Task) -> Steps[None]:
    """Make the rows that belong to a row, where they are missing."""
    kind = task_type(draft.node_of(row).type)
    scope = kind.inner(draft, row)
    # a loop stands before its body begins, unlike a fork and its branches; what begins beside it does not see it
    before = draft.reveal() if kind is do_while.DO_WHILE else None
    for node in kind.children(draft, row):
        known = draft.rows.newest(scope.name(node.task_reference_name))
        if known is None:
            yield from create(draft, node, scope, FIRST)
        elif known.status is TaskStatus.SKIPPED:
            yield from schedule(draft, node.task_reference_name, scope)
    if before is not None:
        draft.veil(before)


def wake(draft: Draft, task: Task) -> Steps[None]:
    """A row has waited long enough."""
    node = draft.node_of(task)
    woken = task_type(node.type).woken
    if task.task_type == "DO_WHILE":
        yield from _guarded(draft, _turn_loop(draft, draft.change_timed(task, wait_timeout=0)))
    elif woken is None:
        draft.change(task, status=TaskStatus.COMPLETED)
    else:
        yield from _guarded(draft, _begun(woken(draft, node, task)))


def _begun(steps: Steps[Task]) -> Steps[None]:
    yield from steps


# ---------------------------------------------------------------------- the whole workflow at once


def reconcile(draft: Draft) -> Steps[None]:
    """Bring all rows in line with the rules: settle, join, and schedule whatever is missing."""
    if draft.header.status.terminal:
        cancel_open(draft)
        return
    if draft.header.status is not WorkflowStatus.RUNNING or draft.header.rate_limited:
        return
    rows = list(draft.rows)
    if draft.graph.first is not None and not any(row.status is not TaskStatus.SKIPPED for row in rows):
        yield from begin(draft)
        return
    draft.ended.extend(row.task_id for row in rows if unsettled(row) and row.task_id not in draft.ended)
    for row in rows:
        if row.executed and draft.rows.newest(row.reference_task_name) is row:
            yield from _guarded(draft, _restore(draft, row))
    for row in draft.rows.open():
        if row.waits_for:
            _look_again(draft, row)
        elif row.task_type == "DO_WHILE":
            yield from _guarded(draft, _restore(draft, row))
    pull_workflow_messages.deliver(draft)
    yield from advance(draft)


def _look_again(draft: Draft, row: Task) -> None:
    joined = task_type(draft.node_of(row).type).joined
    for reference in row.waits_for:
        branch, now = draft.rows.newest(reference), draft.rows.get(row.task_id)
        if joined is not None and finished(branch) and branch is not None and now is not None:
            if now.status.terminal:
                return
            joined(draft, now, branch)


def _restore(draft: Draft, row: Task) -> Steps[None]:
    """Schedule what a row stands for, where it is missing."""
    if not row.status.terminal:
        yield from _children(draft, row)
        yield from _turn_loop(draft, row)
    elif list(task_type(draft.node_of(row).type).children(draft, row)):
        yield from _children(draft, row)
    else:
        yield from _go_on(draft, row)
