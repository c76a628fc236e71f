"""How SQLite means to go about a statement."""

from __future__ import annotations

import sqlite3

from storage.sqlite.conditions import Condition


def plan(db: sqlite3.Connection, statement: Condition) -> str:
    """The lines of its plan, nested ones too."""
    return "\n".join(row[3] for row in db.execute(f"explain query plan {statement[0]}", statement[1]))
