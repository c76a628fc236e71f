"""What the server and an evaluator child say to each other: one question, one reply, over one socket.

Both sides import this module, so it imports nothing that would slow a child's start. A question is a head, the source
and the data as JSON; a reply is a head and a text.
"""

from __future__ import annotations

from struct import Struct

QUESTION_HEAD = Struct(">BII")
"""Kind, bytes of source, bytes of data."""
REPLY_HEAD = Struct(">BI")
"""Outcome, bytes of text."""

JAVASCRIPT = 1
"""The completion value of a script whose `$` is the data."""
JQ = 2
"""The list of all results of a program that runs on the data."""
SYNTAX = 3
"""null when the text is a script; it is not run."""

READY = 0
"""The child can be asked; sent once, before any question."""
VALUE = 1
"""The text is the value as JSON."""
WRONG = 2
"""The expression is wrong or has failed; the text says how."""
OVERDUE = 3
"""The language's own clock has stopped it."""
EXHAUSTED = 4
"""It wanted more memory than there is."""
