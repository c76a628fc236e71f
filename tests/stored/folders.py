"""Data folders filled by the real command, and what they cost: disk, time, memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.serving import PROJECT


class Filled(NamedTuple):
    """A data folder, its bytes on the disk, and how long `segue import` took to fill it by the clock and of CPU."""

    folder: Path
    executions: int
    disk: int
    seconds: float
    cpu: float


def filled(folder: Path, lines: Iterable[bytes], executions: int) -> Filled:
    """Fill a folder from an export file that is there no longer than that takes."""
    export = folder.with_suffix(".jsonl")
    with export.open("wb") as file:
        file.writelines(lines)
    begun, used = time.monotonic(), _cpu_of_children()
    entry = [sys.executable, "-c", "from handlers.cli import main; main()"]
    done = subprocess.run(
        [*entry, "import", "--data", str(folder), str(export)], cwd=PROJECT, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"segue import ended with exit status {done.returncode}:\n{done.stderr}")
    seconds, cpu = time.monotonic() - begun, _cpu_of_children() - used
    export.unlink()
    return Filled(folder, executions, sum(file.stat().st_size for file in folder.iterdir()), seconds, cpu)


def memory(process_group: int) -> int:
    """Bytes of memory that a group of processes has to itself, shared pages in equal shares (PSS)."""
    total = 0
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and _group(process) == process_group:
            total += _pss(process)
    return total


def _group(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[2])
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return 0


def _pss(process: Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
