"""The header of an execution as a document, and its conditional update.

`version` and `update_time` beside the header are newer than those in its JSON: a commit may raise only them. `stamp`
rises with every commit, touches included; `purged` is the stamp of the last commit that removed tasks.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.model import Workflow
from engine.ports import Commit
from storage.mongo.client import Doc
from storage.mongo.lane import version_after
from storage.mongo.pending import encoded

_workflow = msgspec.json.Decoder(Workflow)
_BY_HEADER = ("deadline", "wake", "again", "fired", "outbox")
"""Fields that every header states anew, or takes away."""


def creation(commits: Sequence[Commit], stamp: int, pending: Doc | None, writer: str) -> Doc:
    """The document of a new execution."""
    return {"_id": commits[0].workflow_id, **_fields(commits, stamp, pending, writer)}


def update(commits: Sequence[Commit], stamp: int, pending: Doc | None, writer: str) -> Doc:
    """What a chain of commits makes of the document."""
    fields = _fields(commits, stamp, pending, writer)
    gone = [] if pending else ["pending"]
    if any(commit.header for commit in commits):
        gone += [name for name in _BY_HEADER if name not in fields]
    return {"$set": fields, "$unset": dict.fromkeys(gone, "")} if gone else {"$set": fields}


def header_of(document: Doc) -> Workflow:
    """The header as its last commit left it."""
    header = _workflow.decode(document["doc"])
    version, update_time = int(document["version"]), int(document["update_time"])
    return msgspec.structs.replace(header, version=version, update_time=update_time)


def _fields(commits: Sequence[Commit], stamp: int, pending: Doc | None, writer: str) -> Doc:
    fields: Doc = {"version": version_after(commits[-1]), "stamp": stamp, "writer": writer}
    for commit in commits:
        if commit.header:
            fields |= _of_header(commit.header)
        elif not commit.touch:
            fields["update_time"] = commit.update_time
    if any(commit.removed for commit in commits):
        fields["purged"] = stamp
    if pending:
        fields["pending"] = pending
    return {name: value for name, value in fields.items() if value is not None}


def _of_header(header: Workflow) -> Doc:
    fields: Doc = {"doc": encoded(header), "update_time": header.update_time, "outbox": True if header.outbox else None}
    if header.deadline:
        fields |= {"deadline": header.deadline, "wake": header.deadline, "fired": 0}
    else:
        fields |= {"deadline": None, "wake": None, "fired": None}
    return fields
