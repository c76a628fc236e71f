"""What must not stand in the project's files, whatever their kind."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.serving import PROJECT

# Split so that this file does not complain about itself.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+)/")
BINARY = (".png", ".ico", ".gz", ".whl")


def tracked_files() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git work tree: the files of the project are not known")
    return [name for name in listed.stdout.splitlines() if not name.endswith(BINARY) and (PROJECT / name).is_file()]


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in tracked_files()
        for number, line in enumerate((PROJECT / name).read_text(encoding="utf-8").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not found, "\n".join(found)


def test_lock_files_name_no_address() -> None:
    for name in ("requirements.lock", "requirements-test.lock", "tests/clients/python13/requirements.lock"):
        lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
        bad = [line for line in lines if "://" in line or line.startswith("-")]
        assert not bad, f"{name}: {bad[:3]}; write it with scripts/lock"


def test_the_lock_of_javascript_has_hashes_and_no_addresses() -> None:
    lock = json.loads((PROJECT / "tests" / "clients" / "javascript" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry or "integrity" not in entry] == []
    assert "node_modules/@io-orkes/conductor-javascript" in packages


def test_locked_versions_agree() -> None:
    run, test = locked("requirements.lock"), locked("requirements-test.lock")
    assert run.items() <= test.items(), "the tests would run against other versions than the server"


def locked(name: str) -> dict[str, str]:
    """Package -> version (with its marker) as a lock file pins it."""
    text = (PROJECT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+(?: ;[^\\\n]*)?)", text, re.MULTILINE))
