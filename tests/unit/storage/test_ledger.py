"""The ledger: versions, and failures across the rounds of the writer."""

from __future__ import annotations

from engine.errors import VersionConflict
from engine.ports import Commit
from storage.sqlite.ledger import Ledger
from storage.sqlite.rows import rows_of
from tests.contract.executions import creation

FILE = {"w": 3}


def ledger() -> Ledger:
    return Ledger(lambda workflow_id: FILE.get(workflow_id, 0))


def refused(book: Ledger, expected: int, known: int, touch: bool = False) -> bool:
    commit = Commit(workflow_id="w", expected=expected, touch=touch)
    return isinstance(book.refusal(rows_of(commit), known), VersionConflict)


def test_a_version_is_read_once_and_then_counted() -> None:
    read: list[str] = []

    def version_of(workflow_id: str) -> int:
        read.append(workflow_id)
        return 3

    book = Ledger(version_of)
    assert not refused(book, 3, 0)
    assert not refused(book, 4, 0, touch=True)
    book.committed(1)
    assert not refused(book, 4, 0)
    assert read == ["w"]


def test_a_commit_of_a_later_round_fails_behind_one_its_caller_could_not_know_of() -> None:
    book = ledger()
    assert refused(book, 2, known=0)
    book.committed(1)
    assert refused(book, 3, known=0)  # handed over before round 1 was told
    book.committed(2)
    assert not refused(book, 3, known=2)


def test_after_a_rollback_nothing_of_it_counts() -> None:
    book = ledger()
    assert not refused(book, 3, 0)
    assert refused(book, 9, 0)
    book.rolled_back()
    assert not refused(book, 3, 0)


def test_a_commit_that_could_not_be_written_fails_those_behind_it() -> None:
    book = ledger()
    book.fail("w", 4)
    assert refused(book, 3, known=3)
    book.committed(5)
    assert not refused(book, 3, known=5)


def test_failures_that_everybody_knows_of_are_forgotten() -> None:
    book = ledger()
    book.fail("w", 4)
    book.forgive(3)
    assert refused(book, 3, known=3)
    book.rolled_back()
    book.forgive(4)
    assert not book._failed


def test_a_workflow_begins_once() -> None:
    book = ledger()
    first = rows_of(creation("new"))
    assert book.refusal(first, 0) is None
    assert book.refusal(first, 0) is not None
    book.rolled_back()
    book.forget("new")
    assert book.refusal(first, 0) is None
