"""Which version every workflow is at, as the writer knows it, and which commits therefore may be written.

The writer is the only one that changes the file, so it need not ask the file for a version that it wrote itself.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import VersionConflict
from storage.sqlite.rows import CommitRows

_ROOM = 20_000


class Ledger:
    """Versions that are written, versions of the open transaction, and workflows whose commits have to fail.

    `flush` numbers the rounds of the writer. A commit handed over before its caller could know of a failure (`known`
    is the last round whose outcomes had been told by then) fails behind the failed one.
    """

    def __init__(self, read_version: Callable[[str], int]) -> None:
        self._read_version = read_version
        self._written: dict[str, int] = {}
        self._open: dict[str, int] = {}
        self._failed: dict[str, int] = {}
        self._failing: set[str] = set()

    def refusal(self, rows: CommitRows, known: int) -> VersionConflict | None:
        """Why this commit does not fit; None when it does, and then its version is the present one."""
        workflow_id = rows.workflow_id
        if workflow_id in self._failing or self._failed.get(workflow_id, 0) > known:
            self._failing.add(workflow_id)
            return VersionConflict(f"Workflow {workflow_id}: a commit handed over before this one failed.")
        stored = self._version(workflow_id)
        if stored != rows.expected or (not stored and not rows.creates):
            self._failing.add(workflow_id)
            return VersionConflict(
                f"Workflow {workflow_id} is at version {stored}; this change was decided on {rows.expected}."
            )
        self._open[workflow_id] = rows.version
        return None

    def fail(self, workflow_id: str, flush: int) -> None:
        """A commit of this workflow could not be written in this round."""
        self._failed[workflow_id] = flush

    def forgive(self, known: int) -> None:
        """All callers from now on know the outcomes of this round and of those before it."""
        if self._failed:
            self._failed = {workflow_id: flush for workflow_id, flush in self._failed.items() if flush > known}

    def forget(self, workflow_id: str) -> None:
        """Something else than a commit changed this workflow."""
        self._open.pop(workflow_id, None)
        self._written.pop(workflow_id, None)

    def committed(self, flush: int) -> None:
        """The transaction of this round is written."""
        if len(self._written) > _ROOM:
            self._written.clear()
        self._written.update(self._open)
        self._failed.update(dict.fromkeys(self._failing, flush))
        self._open.clear()
        self._failing.clear()

    def rolled_back(self) -> None:
        """The open transaction is gone; after an error only the file is believed."""
        self._open.clear()
        self._failing.clear()
        self._written.clear()

    def _version(self, workflow_id: str) -> int:
        version = self._open.get(workflow_id) or self._written.get(workflow_id)
        return self._read_version(workflow_id) if version is None else version
