"""The commits of one workflow on their way through this process."""

from __future__ import annotations

import asyncio
from collections import deque

import msgspec

from engine.ports import Commit
from storage.mongo.pending import Pending

LARGEST = 12 * 1024 * 1024
"""Bytes of changes that ride in a header; MongoDB's documents end at 16 MB."""


class Handed(msgspec.Struct):
    """A commit that was handed over, or with None the removal of the workflow."""

    commit: Commit | None
    answer: asyncio.Future[None]

    def resolve(self) -> None:
        """It is durable and applied."""
        if not self.answer.done():  # its caller may have gone away; what it asked for is done all the same
            self.answer.set_result(None)

    def fail(self, error: Exception) -> None:
        """It will never be."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Lane:
    """One workflow. While `stamp` is known, this process was the last to write its header, and `unapplied` is all that
    is not applied yet of what stands in it."""

    __slots__ = ("doubtful", "failing", "parts", "running", "since", "stamp", "unapplied", "waiting", "workflow_id")

    def __init__(self, workflow_id: str) -> None:
        self.workflow_id = workflow_id
        self.waiting: deque[Handed] = deque()
        self.running = False
        self.failing = False
        """A commit has failed, and whoever hands over now may not know it yet."""
        self.doubtful = False
        """A write had no answer: what stands in the header has to be read."""
        self.stamp: int | None = None
        self.unapplied = Pending()
        self.parts: list[str] = []
        """Names of the parts that can go once nothing is pending."""
        self.since = 0.0
        """When it was last written."""

    @property
    def idle(self) -> bool:
        """Nothing is on its way."""
        return not (self.running or self.waiting)

    def forget(self) -> None:
        """Somebody else has written the header, and has applied what stood in it."""
        self.stamp, self.unapplied = None, Pending()

    def take(self) -> list[Handed]:
        """What can be written together: an unbroken chain of versions that fits into one document."""
        batch = [self.waiting.popleft()]
        commit = batch[0].commit
        size = commit_size(commit)
        while commit and self.waiting and (following := self.waiting[0].commit) and _follows(commit, following):
            size += commit_size(following)
            if size > LARGEST:
                break
            batch.append(self.waiting.popleft())
            commit = following
        return batch


def commit_size(commit: Commit | None) -> int:
    """A cheap guess that grows with the payloads: tasks are counted, not encoded."""
    return 4096 * len(commit.tasks) if commit else 0


def version_after(commit: Commit) -> int:
    """The stored version once this commit is written."""
    return commit.expected if commit.touch else commit.expected + 1


def _follows(commit: Commit, following: Commit) -> bool:
    if following.expected != version_after(commit):
        return False
    return commit.seen is None or following.seen is None or following.seen == commit.seen + 1
