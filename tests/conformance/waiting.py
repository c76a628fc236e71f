"""The waiting list: recorded stories that the server cannot tell yet, each with what it waits for."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.goldenkit.cli import Outcome

FOLDER = Path(__file__).parent


def read(path: Path) -> dict[str, str]:
    """Scenario name -> what it waits for, from lines of `name reason`; ValueError for a line without a reason."""
    waiting: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, reason = line.partition(" ")
        if not reason.strip():
            raise ValueError(f"{path.name}: '{name}' does not say what it waits for")
        waiting[name] = reason.strip()
    return waiting


def complaint(outcome: Outcome, waiting: dict[str, str]) -> str | None:
    """Why this outcome fails the suite, or None: a story must pass, or else be listed, and never both."""
    name = outcome.scenario.name
    if outcome.passed and name in waiting:
        return f"{name} passes: it must leave the waiting list (it waited for {waiting[name]})"
    if not outcome.passed and name not in waiting:
        return outcome.report()
    return None
