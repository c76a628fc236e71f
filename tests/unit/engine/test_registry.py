"""Every module of `engine.tasks` is registered, and everything registered has a module."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import engine.tasks
from engine.tasks import TASK_TYPES, task_type
from engine.tasks.base import TaskType
from engine.tasks.worker import WORKER
from tests.serving import PROJECT

MODULES = sorted(module.name for module in pkgutil.iter_modules(engine.tasks.__path__))


def types_of(module: str) -> list[TaskType]:
    found = vars(importlib.import_module(f"engine.tasks.{module}")).values()
    return [value for value in found if isinstance(value, TaskType)]


def test_every_type_of_every_module_is_registered() -> None:
    made = [kind for module in MODULES for kind in types_of(module)]
    assert {id(kind) for kind in made} <= {id(kind) for kind in TASK_TYPES.values()}


@pytest.mark.parametrize("name", sorted(TASK_TYPES))
def test_every_type_has_tests_of_its_own(name: str) -> None:
    module = {"SIMPLE": "worker", "LAMBDA": "lambda_script"}.get(name, name.lower())
    assert module in MODULES
    assert (PROJECT / "tests" / "unit" / "engine" / "tasks" / f"test_{module}.py").is_file()


def test_every_registered_type_has_a_module_or_is_another_name_of_one_that_has() -> None:
    creators = [kind.create for module in MODULES for kind in types_of(module)]
    homeless = [
        name for name, kind in TASK_TYPES.items() if name.lower() not in MODULES and kind.create not in creators
    ]
    assert homeless == []


@pytest.mark.parametrize("name", sorted(TASK_TYPES))
def test_a_type_is_registered_under_its_own_name(name: str) -> None:
    assert TASK_TYPES[name].name == name


def test_what_nobody_knows_is_a_workers() -> None:
    assert task_type("NOBODY_KNOWS") is WORKER
