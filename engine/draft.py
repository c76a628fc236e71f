"""What one decision has in its hands: an execution as it stands, and the changes made to it so far.

A draft is thrown away when the decision raises; nothing of it shows before the runner has handed its commit over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from engine.definitions import Json, JsonObject, TaskDef, WorkflowDef, WorkflowTask
from engine.effects import Effect
from engine.graph import Graph
from engine.joins import gathered
from engine.loops import broken_off, reads_iterations, shown
from engine.model import Millis, Task, Workflow, summary_of
from engine.parameters import task_context, workflow_context
from engine.ports import Commit, Document, Ids, QueueEntry
from engine.rows import Rows, unsettled
from engine.status import TaskStatus
from engine.template import MISSING
from engine.timeouts import deadline
from engine.transitions import Move, check_task, check_workflow

replace = msgspec.structs.replace


class Execution(msgspec.Struct):
    """An execution in memory: the present header, its definition, its tasks. The runner alone changes it."""

    header: Workflow
    graph: Graph
    rows: Rows


class Scope(msgspec.Struct, frozen=True):
    """Where in loops a row is made; `OUTSIDE` is no loop at all.

    Only this suffix, which the engine itself appends, is ever cut from a name (S17). In nested loops it has one number
    for each loop, the outer one first.
    """

    suffix: str = ""
    loop_task_id: str | None = None

    @property
    def iteration(self) -> int:
        """The iteration of the innermost loop; 0 = outside."""
        return int(self.suffix.rpartition("__")[2]) if self.suffix else 0

    def name(self, reference: str) -> str:
        """The instance's reference name (§2.0.3)."""
        return reference + self.suffix

    def within(self, loop_task_id: str, iteration: int) -> Scope:
        """The scope of an iteration of a loop that stands here."""
        return Scope(f"{self.suffix}__{iteration}", loop_task_id)


OUTSIDE = Scope()


class Attempt(msgspec.Struct, frozen=True):
    """Which attempt a new row is, and what it takes over (§4.1 step 6)."""

    number: int = 0
    before: Task | None = None
    """The attempt it replaces."""
    delay_ms: int = 0
    reason: str | None = None
    """An automatic retry shows why the attempt before it failed."""
    again: Task | None = None
    """The row that is run again under its own id and place (rerun)."""
    given: JsonObject | None = None
    """The input, instead of the node's own."""


FIRST = Attempt()
Veil = tuple[dict[str, Task | None], JsonObject]
"""What references do not see yet: by node, the row before those made in this pass; and the variables before it."""


class Decision(msgspec.Struct, frozen=True):
    """The outcome: the header and rows as they are now, and the commit that makes it so (None = nothing changed)."""

    header: Workflow
    graph: Graph
    changed: tuple[Task, ...]
    removed: tuple[str, ...]
    rows: Rows | None
    """All rows, where the decision replaced them instead of changing some."""
    commit: Commit | None


class Draft:
    """A mutable view of one execution during one decision."""

    __slots__ = (
        "_dequeue",
        "_documents",
        "_enqueue",
        "_hidden",
        "_variables",
        "_whole",
        "base",
        "ended",
        "graph",
        "header",
        "ids",
        "loop_breakers",
        "now",
        "rows",
        "snapshot",
        "touch",
        "turns",
        "version",
    )

    def __init__(self, base: Execution, now: Millis, ids: Ids, touch: bool = False) -> None:
        self.base = base
        self.header = base.header
        self.graph = base.graph
        self.now = now
        self.ids = ids
        self.touch = touch
        self.version = base.header.version + (not touch)
        self.rows = Rows(under=base.rows)
        self.snapshot: Document | None = None
        self.ended: deque[str] = deque()
        """Ids of tasks that have ended and are not settled: the worklist."""
        self.loop_breakers: set[str] = set()
        """Ids of tasks that fail the loop around them when they fail for good (§2.9)."""
        self.turns = 0
        """How often loops have turned in this decision."""
        self._whole = False
        self._enqueue: dict[str, QueueEntry] = {}
        self._dequeue: dict[str, None] = {}
        self._documents: dict[str, Json] = {}
        self._hidden: dict[str, Task | None] = {}
        self._variables = base.header.variables

    # ------------------------------------------------------------------ changing

    def set(self, move: Move = Move.STEP, **changes: Any) -> None:
        """Change fields of the header."""
        if "status" in changes:
            check_workflow(self.header.workflow_id, self.header.status, changes["status"], move)
        self.header = replace(self.header, **changes)
        self._documents.pop("workflow", None)

    def add(self, task: Task) -> Task:
        """Put a new row; when it is born terminal and not settled, it joins the worklist."""
        self._hidden.setdefault(task.node, self.rows.newest_of(task.node))
        self._put(task)
        if unsettled(task):
            self.ended.append(task.task_id)
        return task

    def change(self, task: Task, move: Move = Move.STEP, **changes: Any) -> Task:
        """Change fields of a row; ending it takes it off its queue and puts it on the worklist."""
        status = changes.get("status", task.status)
        check_task(task.task_id, task.status, status, move)
        if status.terminal and not task.status.terminal:
            changes.setdefault("end_time", self.now)
            changes["deadline"] = 0
            self.dequeue(task.task_id)
            self.ended.append(task.task_id)
        changed: Task = replace(task, rev=self.version, update_time=self.now, **changes)
        return self._put(changed)

    def change_timed(self, task: Task, **changes: Any) -> Task:
        """Change fields of a row that stays open, and state its deadline anew."""
        check_task(task.task_id, task.status, changes.get("status", task.status), Move.STEP)
        changed: Task = replace(task, rev=self.version, update_time=self.now, **changes)
        at = deadline(changed, self.task_def_of(changed), self.now)
        return self._put(changed if at == changed.deadline else replace(changed, deadline=at))

    def restate(self, task: Task) -> Task:
        """State the deadline of an open row anew; nothing happened to the row itself, so its clocks count on."""
        at = deadline(task, self.task_def_of(task), self.now)
        return self._put(replace(task, rev=self.version, deadline=at))

    def _put(self, task: Task) -> Task:
        self.rows.put(task)
        self._documents.pop(task.node, None)
        return task

    def start_over(self, tasks: Sequence[Task]) -> None:
        """Replace all rows by these (restart, rerun); rows that are missing are deleted."""
        kept = {task.task_id for task in tasks}
        for task_id in self.rows.ids() - kept:
            self.dequeue(task_id)
        self.rows = Rows(tasks)
        self._whole = True
        self._documents.clear()

    def remove(self, task: Task) -> None:
        """Delete an ended row."""
        self.rows.remove(task.task_id)

    def enqueue(self, entry: QueueEntry) -> None:
        """Put a task on its queue."""
        self._dequeue.pop(entry.task_id, None)
        self._enqueue[entry.task_id] = entry

    def dequeue(self, task_id: str) -> None:
        """Take a task off its queue."""
        self._enqueue.pop(task_id, None)
        self._dequeue[task_id] = None

    def post(self, effect: Effect) -> None:
        """Put an effect into the outbox; one with the same key replaces it."""
        others = tuple(known for known in self.header.outbox if known.key != effect.key)
        self.set(outbox=(*others, effect))

    # ------------------------------------------------------------------ reading

    @property
    def definition(self) -> WorkflowDef:
        """The execution's own snapshot of its definition."""
        return self.graph.definition

    def node_of(self, task: Task) -> WorkflowTask:
        """The node a row came from."""
        node = task.own_node or self.graph.node(task.node)
        return node or WorkflowTask(name=task.task_def_name, task_reference_name=task.node, type=task.task_type)

    def task_def_of(self, task: Task) -> TaskDef | None:
        """The task definition that counts for a row."""
        return task.own_task_def or self.node_of(task).task_definition

    def scope_of(self, task: Task) -> Scope:
        """The loop iteration a row belongs to."""
        suffix = task.reference_task_name[len(task.node) :]
        return Scope(suffix, task.loop_task_id) if suffix else OUTSIDE

    def reveal(self) -> Veil:
        """From now on references see the rows that were made, and the variables that were set, since the last call.

        All rows of one pass are made from what stood before it: branches that begin together do not see each other, nor
        the fork or switch they begin in (§1.6). Returns what `veil` takes.
        """
        before: Veil = (self._hidden, self._variables)
        self._forget(self._hidden)
        self._hidden, self._variables = {}, self.header.variables
        return before

    def veil(self, before: Veil) -> None:
        """References see again what they saw before a `reveal`, and nothing that was made since."""
        self._forget(self._hidden)
        self._hidden = self._hidden | before[0]
        self._forget(self._hidden)
        self._variables = before[1]

    def _forget(self, nodes: Iterable[str]) -> None:
        for node in ("workflow", *nodes):
            self._documents.pop(node, None)

    def lookup(self, root: str) -> Json:
        """The document under one top-level key of the context (§3.4); `MISSING` when there is none."""
        document = self._documents.get(root)
        if document is None:
            document = self._documents[root] = self._document(root)
        return document

    def _document(self, root: str) -> Json:
        if root == "workflow":
            return workflow_context(replace(self.header, variables=self._variables), self.definition)
        task = self._hidden[root] if root in self._hidden else self.rows.newest_of(root)
        if task is None:
            return MISSING
        if task.task_type == "DO_WHILE" and reads_iterations(self.graph.text(), root):
            task = shown(self.rows, self.graph, task)
        return task_context(task)

    # ------------------------------------------------------------------ the outcome

    def decision(self) -> Decision:
        """What this draft amounts to."""
        changed = self._changed()
        same = self.header is self.base.header
        if same and not (changed or self._enqueue or self._dequeue or self._whole):
            return Decision(self.header, self.graph, (), (), None, None)
        if not self.touch:
            self.header = replace(self.header, version=self.version, update_time=self.now)
        commit = self._commit(changed, same)
        return Decision(self.header, self.graph, changed, commit.removed, self.rows if self._whole else None, commit)

    def _changed(self) -> tuple[Task, ...]:
        if not self._whole:
            return self.rows.changed()
        base = self.base.rows
        return tuple(task for task in self.rows if base.get(task.task_id) is not task)

    def _commit(self, changed: tuple[Task, ...], same: bool) -> Commit:
        before, header = self.base.header, self.header
        shown = header.status is not before.status or before.version == 0
        return Commit(
            workflow_id=header.workflow_id,
            expected=before.version,
            header=None if same else header,
            touch=self.touch,
            update_time=header.update_time,
            tasks=changed,
            removed=tuple(self.base.rows.ids() - self.rows.ids()) if self._whole else self.rows.removed(),
            enqueue=tuple(self._enqueue.values()),
            dequeue=tuple(self._dequeue),
            summary=summary_of(header, self.definition.classifier) if shown else None,
            snapshot=self.snapshot,
        )


def cancel_open(draft: Draft, by: Task | None = None) -> None:
    """Cancel every open row (§1.11 step 5).

    Loops show the iteration that was broken off when a row that the engine has made and done by itself ended the
    workflow; when news from outside did, they show what they had before (§2.9 step 3) [rec].
    """
    within = by if by is not None and draft.base.rows.get(by.task_id) is None else None
    for task in draft.rows.open():
        output = task.output_data
        if task.task_type == "DO_WHILE":
            output = broken_off(draft.rows, draft.graph, task, within)
        elif task.task_type == "JOIN":
            output = gathered(draft.rows, task)
        draft.change(task, Move.TERMINATE, status=TaskStatus.CANCELED, output_data=output)
