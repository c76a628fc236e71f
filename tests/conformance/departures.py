"""Recorded stories that Segue tells otherwise on purpose: which, why, and where exactly they differ."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.conformance.goldenkit.cli import Outcome

FILE = Path(__file__).parent / "departures.txt"


class Departure(NamedTuple):
    """The id of a weakness of the reference, and the places in the recording that show it."""

    weakness: str
    places: tuple[str, ...]


def read(path: Path = FILE) -> dict[str, Departure]:
    """Scenario name -> departure; ValueError for a line that does not say why and where."""
    found: dict[str, Departure] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, weakness, places = [*line.split(maxsplit=2), "", ""][:3]
            if not places:
                raise ValueError(f"{path.name}: '{name}' does not say why and where it differs")
            found[name] = Departure(weakness, tuple(places.split(",")))
    return found


def complaint(outcome: Outcome, departure: Departure) -> str | None:
    """Why a story that is listed fails the suite, or None: it differs in every place listed, and nowhere else."""
    paths = [difference.path for difference in outcome.differences]
    unseen = [place for place in departure.places if not any(path.startswith(place) for path in paths)]
    if outcome.error or any(not path.startswith(departure.places) for path in paths):
        return outcome.report()
    return f"{outcome.scenario.name} does not differ at {', '.join(unseen)}: correct the list" if unseen else None
