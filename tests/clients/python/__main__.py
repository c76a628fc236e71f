"""`CONDUCTOR_SERVER_URL=... python -m tests.clients.python`, in an environment that has conductor-python."""

from __future__ import annotations

import importlib.metadata
import sys

from tests.clients.python import definitions, executions, scheduling, searching
from tests.clients.python.checking import run
from tests.clients.python.connection import Connection


def main() -> int:
    """0 when every check passed."""
    print(f"conductor-python {importlib.metadata.version('conductor-python')}", flush=True)
    parts = (definitions, executions, searching, scheduling)
    return min(1, sum(run(part.CHECKS, Connection()) for part in parts))


if __name__ == "__main__":
    sys.exit(main())
