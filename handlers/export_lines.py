"""The file of `segue export`: JSON lines.

`{"document": ...}` for everything that is registered, and then for each execution, in the order of their ids, an
`{"execution": ...}`; the snapshot of a definition stands somewhere before the first execution that runs on it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

from engine.transfer import Definition, Execution


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the two."""

    document: Definition | None = None
    execution: Execution | None = None


class Numbered(msgspec.Struct, frozen=True):
    """A line, where it stands (from 1), and how many bytes it takes."""

    number: int
    size: int
    line: Line


class Broken(ValueError):
    """A line of the file cannot be read; the text says which, and why."""


class _Name(msgspec.Struct, rename="camel"):
    workflow_id: str


class _Named(msgspec.Struct):
    header: _Name


class _Glance(msgspec.Struct):
    """A line, as far as an export that goes on has to know it."""

    execution: _Named | None = None


_decode_line = msgspec.json.Decoder(Line).decode
_glance_at = msgspec.json.Decoder(_Glance).decode
encoded = msgspec.json.Encoder().encode


def read(file: Iterable[bytes]) -> Iterator[Numbered]:
    """The lines of a file; `Broken` names the first that is none."""
    for number, text in enumerate(file, 1):
        try:
            line = _decode_line(text)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Broken(_broken(number, text, error)) from error
        if line.document is None and line.execution is None:
            raise Broken(f"Line {number} holds neither a document nor an execution.")
        yield Numbered(number, len(text), line)


def resume(file: BinaryIO) -> str:
    """Cut a half-written last line off, and say behind which execution to go on; "" = from the beginning.

    Documents come before all executions and are few: as long as there is no execution they are written again.
    """
    whole, last = 0, ""
    file.seek(0)
    for number, text in enumerate(file, 1):
        if not text.endswith(b"\n"):
            break
        try:
            execution = _glance_at(text).execution
        except msgspec.MsgspecError as error:
            raise Broken(_broken(number, text, error)) from error
        whole += len(text)
        last = execution.header.workflow_id if execution else last
    file.seek(whole if last else 0)
    file.truncate()
    file.seek(0, os.SEEK_END)
    return last


def _broken(number: int, text: bytes, error: Exception) -> str:
    if not text.endswith(b"\n"):
        return f"Line {number} is cut off: its export was stopped. Go on with it by `segue export --resume`."
    return f"Line {number} is not a line of an export: {error}"
