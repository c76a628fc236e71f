"""The README and docs/dependencies.md promise what the code holds: operations, types, settings, commands, packages."""

from __future__ import annotations

import dataclasses
import os
import re

import yaml

from engine.tasks import TASK_TYPES
from engine.validation_tasks import NOT_YET
from handlers.settings import PREFIX, Settings
from tests.house.test_tree import locked
from tests.serving import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
ROWS = [line for line in README.splitlines() if line.startswith("|")]
METHODS = ("get", "put", "post", "delete")


def test_every_operation_of_the_contract_is_listed_as_working() -> None:
    contract = yaml.safe_load((PROJECT / "openapi.yaml").read_text(encoding="utf-8"))
    served = {f"{verb.upper()} {path}" for path, item in contract["paths"].items() for verb in item if verb in METHODS}
    listed = {name for row in ROWS if row.endswith("| works |") for name in re.findall(r"`([A-Z]+ /[^`]*)`", row)}
    assert listed == served


def test_task_types_are_listed_as_what_they_are() -> None:
    def listed(state: str) -> set[str]:
        rows = [row for row in ROWS if re.match(r"\| `[A-Z_]+`", row) and f"| {state}" in row and PREFIX not in row]
        return {name for row in rows for name in re.findall(r"`([A-Z_]{3,})`", row)}

    assert listed("works") == set(TASK_TYPES) - NOT_YET
    assert listed("not yet") == NOT_YET


def test_every_setting_is_listed_with_its_default() -> None:
    listed = dict(re.findall(rf"^\| `{PREFIX}(\w+)` \|[^|]*\| `(.*?)` \|", README, re.MULTILINE))
    defaults = {field.name.upper(): field.default for field in dataclasses.fields(Settings)}
    assert listed == {name: str(value).lower() for name, value in defaults.items()}


def test_every_command_exists() -> None:
    named = set(re.findall(r"scripts/[\w-]+", README))
    files = {f"scripts/{path.name}" for path in (PROJECT / "scripts").iterdir() if os.access(path, os.X_OK)}
    assert named - files == set(), "the README names commands that do not exist"
    assert files - named == {"scripts/environment"}, "the README does not name every command"


def test_every_locked_package_is_explained() -> None:
    page = (PROJECT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| ([\w-]+) \| (?!Licence)", page, re.MULTILINE)
    assert sorted(explained) == sorted(locked("requirements.lock"))
