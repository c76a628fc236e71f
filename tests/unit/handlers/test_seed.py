"""`scripts/seed` against a stub server: what is registered, what is reported, and that a second run changes nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from handlers.seed import base_url, seed
from tests.unit.handlers.metadata_stub import MetadataStub, serving

GREET = {"name": "greet", "retryCount": 1}
HELLO = {"name": "hello", "version": 2, "tasks": [{"name": "greet", "taskReferenceName": "g"}]}


@pytest.fixture
def stub() -> MetadataStub:
    return MetadataStub()


@pytest.fixture
def url(stub: MetadataStub) -> Iterator[str]:
    with serving(stub) as address:
        yield address


def run(url: str, *arguments: Path | str) -> Result:
    return CliRunner().invoke(seed, ["--server", url, *map(str, arguments)])


def write(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else msgspec.json.encode(content).decode(), encoding="utf-8")
    return path


def test_a_folder_is_registered_once(tmp_path: Path, stub: MetadataStub, url: str) -> None:
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep" / "greet.json", GREET)
    write(tmp_path / "hello.yaml", HELLO)
    write(tmp_path / "notes.txt", "not a definition")
    first = run(url, tmp_path)
    assert first.output.splitlines() == [
        f"created    task greet ({tmp_path / 'deep' / 'greet.json'})",
        f"created    workflow hello version 2 ({tmp_path / 'hello.yaml'})",
        "2 created, 0 changed, 0 unchanged, 0 failed",
    ]
    assert first.exit_code == 0
    assert stub.tasks["greet"]["retryCount"] == 1
    assert stub.workflows["hello", 2]["tasks"] == HELLO["tasks"]

    second = run(url, tmp_path)
    assert second.output.splitlines()[-1] == "0 created, 0 changed, 2 unchanged, 0 failed"
    assert stub.writes == 2


def test_a_change_is_shown_field_by_field(tmp_path: Path, stub: MetadataStub, url: str) -> None:
    file = write(tmp_path / "all.json", {"taskDefs": [GREET], "workflowDefs": [HELLO]})
    run(url, file)
    task = {"name": "greet", "taskReferenceName": "g", "inputParameters": {"x": 1}, "startDelay": 5}
    changed = {**HELLO, "description": "d" * 100, "tasks": [task, {**task, "taskReferenceName": "h"}], "restartable": 0}
    write(file, {"taskDefs": [{"name": "greet"}], "workflowDefs": [changed]})

    report = run(url, file)
    lines = [line.strip() for line in report.output.splitlines()]
    assert lines[:2] == [f"changed    task greet ({file}: taskDefs[0])", "retryCount: 1 -> 3"]
    assert f"changed    workflow hello version 2 ({file}: workflowDefs[0])" in lines
    assert f'description: (absent) -> "{"d" * 56}...' in lines
    assert "tasks[0].inputParameters.x: (absent) -> 1" in lines
    assert "tasks[0].startDelay: 0 -> 5" in lines
    assert "restartable: true -> false" in lines
    assert any(line.startswith('tasks[1]: (absent) -> {"name":"greet"') for line in lines)
    assert lines[-1] == "0 created, 2 changed, 0 unchanged, 0 failed"
    assert stub.workflows["hello", 2]["description"] == "d" * 100


def test_a_dry_run_changes_nothing(tmp_path: Path, stub: MetadataStub, url: str) -> None:
    stub.tasks["greet"] = {"name": "greet", "retryCount": 7}
    report = run(url, write(tmp_path / "a.json", [GREET, HELLO]), "--dry-run")
    assert "retryCount: 7 -> 1" in report.output
    assert report.output.splitlines()[-1] == (
        "1 created, 1 changed, 0 unchanged, 0 failed (dry run: nothing was changed)"
    )
    assert (stub.writes, report.exit_code) == (0, 0)


def test_a_bad_file_is_named_and_stops_nothing(tmp_path: Path, stub: MetadataStub, url: str) -> None:
    write(tmp_path / "broken.json", "{")
    write(tmp_path / "broken.yaml", "a: [1\nb: 2")
    write(tmp_path / "circle.yaml", "&a {name: x, inputTemplate: {again: *a}}")
    write(tmp_path / "empty.yml", "")
    write(tmp_path / "list.json", [5, {"retryCount": 1}, GREET, {**HELLO, "version": "new"}])
    write(tmp_path / "parts.json", {"taskDefs": {}, "eventHandlers": [], "workflowDefs": [HELLO]})
    (tmp_path / "bytes.json").write_bytes(b'"\xff"')
    report = run(url, tmp_path, tmp_path / "missing.json", write(tmp_path / "a.toml", "x = 1"))
    lines = report.output.splitlines()
    named = {line.removeprefix("failed     ").split(":")[0] for line in lines if line.startswith("failed")}
    names = ["broken.json", "broken.yaml", "circle.yaml", "empty.yml", "bytes.json", "missing.json", "a.toml"]
    assert {str(tmp_path / name) for name in names} <= named
    for place in (
        "list.json[0]: is not a definition",
        "list.json[1]: has no name",
        "parts.json: taskDefs: is not a list",
    ):
        assert f"failed     {tmp_path / place}" in report.output
    assert "workflow hello: version new is not a whole number" in report.output
    assert "parts.json: eventHandlers: cannot be registered from here" in report.output
    assert f"failed     workflow hello version 2 ({tmp_path / 'list.json'}[4])" not in lines
    assert report.exit_code == 1
    assert (set(stub.tasks), set(stub.workflows)) == ({"greet"}, {("hello", 2)})


def test_a_definition_of_the_wrong_shape_is_refused_before_it_is_sent(
    tmp_path: Path, stub: MetadataStub, url: str
) -> None:
    file = write(tmp_path / "a.json", [{**HELLO, "tasks": 3}, GREET])
    report = run(url, file)
    assert f"failed     workflow hello version 2 ({file}[0])" in report.output
    assert f"{file}[0].tasks" in report.output
    assert report.output.splitlines()[-1] == "1 created, 0 changed, 0 unchanged, 1 failed"


def test_what_the_server_refuses_is_reported_with_its_reasons(tmp_path: Path, stub: MetadataStub, url: str) -> None:
    file = write(tmp_path / "a.json", [{"name": "bad", "retryCount": -1}, {**HELLO, "name": "cursed"}, HELLO])
    report = run(url, file)
    assert [line.strip() for line in report.output.splitlines()] == [
        f"failed     task bad ({file}[0])",
        "400 Validation failed",
        "registerTaskDef.arg0[0].retryCount: must be >= 0",
        f"failed     workflow cursed version 2 ({file}[1])",
        "It cannot be stored",
        f"created    workflow hello version 2 ({file}[2])",
        "1 created, 0 changed, 0 unchanged, 2 failed",
    ]
    assert report.exit_code == 1


def test_the_same_definition_in_two_files_would_change_to_and_fro(tmp_path: Path, stub: MetadataStub, url: str) -> None:
    first, second = write(tmp_path / "a.json", GREET), write(tmp_path / "b.json", {**GREET, "retryCount": 2})
    other = write(tmp_path / "c.json", [HELLO, {**HELLO, "version": 3}])
    report = run(url, first, second, other)
    assert f"failed     {second}: task greet is defined in {first} already" in report.output
    assert report.output.splitlines()[-1] == "3 created, 0 changed, 0 unchanged, 1 failed"
    assert stub.tasks["greet"]["retryCount"] == 1


def test_yaml_means_what_json_would(tmp_path: Path, stub: MetadataStub, url: str) -> None:
    text = """
name: greet
inputTemplate: {until: 2020-01-01, 1: a, true: b, no: c}
---
- name: hello
  tasks: [{name: greet, taskReferenceName: g}]
  inputTemplate: {<<: {a: 1}, b: 2}
"""
    report = run(url, write(tmp_path / "a.yml", text))
    assert report.output.splitlines()[-1] == "2 created, 0 changed, 0 unchanged, 0 failed"
    assert stub.tasks["greet"]["inputTemplate"] == {"until": "2020-01-01", "1": "a", "true": "b", "no": "c"}
    assert stub.workflows["hello", 1]["inputTemplate"] == {"a": 1, "b": 2}


def test_names_are_quoted_in_paths(tmp_path: Path, stub: MetadataStub, url: str) -> None:
    file = write(tmp_path / "a.json", {"name": "a/b c?", "retryCount": 0})
    assert "created" in run(url, file).output
    assert "unchanged  task a/b c?" in run(url, file).output


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        report = run(f"http://127.0.0.1:{free.getsockname()[1]}", write(tmp_path / "a.json", GREET))
    assert report.exit_code == 1
    assert "Is the server running?" in report.output


def test_the_base_url() -> None:
    assert base_url("http://localhost:8080") == base_url("http://localhost:8080/") == "http://localhost:8080/api"
    assert base_url("https://host/conductor/api/") == "https://host/conductor/api"


def test_a_server_without_a_scheme_is_a_mistake(tmp_path: Path) -> None:
    report = run("localhost:8080", write(tmp_path / "a.json", GREET))
    assert report.exit_code == 2
    assert "is not a URL" in report.output
