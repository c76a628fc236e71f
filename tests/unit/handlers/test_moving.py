"""`segue export` and `segue import` as commands, and the lines of their file."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.ports import Document
from engine.status import TaskStatus
from handlers import cli
from handlers.export_lines import Broken, read, resume
from handlers.importing import import_lines
from storage.memory import MemoryStore
from storage.sqlite import SqliteStore
from tests.contract.executions import create, summary, task

DOCUMENT = b'{"document":{"kind":"taskDef","name":"t","body":"{}"}}\n'
SNAPSHOT = b'{"document":{"kind":"snapshot","name":"flow-snapshot","body":"{\\"name\\":\\"flow\\",\\"tasks\\":[]}"}}\n'


def execution(number: int, definition: str = "flow-snapshot") -> bytes:
    header = f'"workflowId":"w{number}","workflowName":"flow","workflowVersion":1,"definitionId":"{definition}"'
    return f'{{"execution":{{"header":{{{header},"status":"COMPLETED"}}}}}}\n'.encode()


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli.main, arguments, env=environment)


async def _fill(folder: Path) -> None:
    store = SqliteStore(folder)
    await store.open(lambda _: None)
    await create(
        store,
        summary=summary(),
        tasks=(task(status=TaskStatus.COMPLETED, rev=1),),
        snapshot=Document("snapshot", "flow-snapshot", b"{}"),
    )
    await store.put_document(Document("taskDef", "t", b"{}"))
    await store.close()


def test_a_store_goes_into_a_file_and_out_of_it(tmp_path: Path) -> None:
    asyncio.run(_fill(tmp_path / "a"))
    file = str(tmp_path / "file")
    done = run("export", "--data", str(tmp_path / "a"), file)
    assert (done.exit_code, "1 executions written" in done.output) == (0, True), done.output
    done = run("import", "--data", str(tmp_path / "b"), file)
    assert (done.exit_code, "3 definitions and executions imported, 0 were" in done.output) == (0, True), done.output
    done = run("import", "--data", str(tmp_path / "b"), file)
    assert "0 definitions and executions imported, 3 were there already." in done.output
    assert run("export", "--data", str(tmp_path / "b"), f"{file}2").exit_code == 0
    assert (tmp_path / "file").read_bytes() == (tmp_path / "file2").read_bytes()


def test_a_file_that_exists_is_only_gone_on_with(tmp_path: Path) -> None:
    asyncio.run(_fill(tmp_path / "a"))
    file = tmp_path / "file"
    file.write_bytes(DOCUMENT + SNAPSHOT + execution(0) + b'{"exec')
    refused = run("export", "--data", str(tmp_path / "a"), str(file))
    assert (refused.exit_code, "--resume goes on with it" in refused.output) == (2, True)
    done = run("export", "--resume", "--data", str(tmp_path / "a"), str(file))
    assert "1 executions written" in done.output, done.output
    assert "behind w0" in done.output
    assert file.read_bytes().startswith(DOCUMENT + SNAPSHOT + execution(0) + b'{"document"')


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "said"),
    [
        (["export", "--data", "nowhere", "file"], {}, 1, "There is no store in nowhere"),
        (["export", "file"], {"SEGUE_MEMORY": "true"}, 2, "A store in memory cannot be moved"),
        (["import", "--data", "new", "broken"], {}, 1, "Line 2 is not a line of an export: JSON is malformed"),
        (["import", "--data", "new", "missing"], {}, 2, "does not exist"),
        (["import", "--mongo", "mongodb://host:port", "broken"], {}, 1, "The MongoDB URI mongodb://host:port cannot"),
    ],
)
def test_what_cannot_be_moved_is_said_in_a_sentence(
    arguments: list[str],
    environment: dict[str, str],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken").write_bytes(DOCUMENT + b'{"document": nonsense}\n')
    done = run(*arguments, **environment)
    assert (done.exit_code, said in done.output) == (status, True), done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("file", "problem", "stored"),
    [
        (DOCUMENT + SNAPSHOT + execution(1) + b"{}\n" + execution(2), "Line 4 holds neither", ["w1"]),
        (SNAPSHOT + execution(1) + b'{"execution":{"header":{}}}\n', "Line 3 is not a line", ["w1"]),
        (SNAPSHOT + execution(1) + b"\xff\n", "Line 3 is not a line", ["w1"]),
        (SNAPSHOT + execution(1) + execution(2)[:-9], "Line 3 is cut off", ["w1"]),
        (SNAPSHOT + execution(1) + execution(2, "else") + execution(3), r"Line 3: .*\(else\) is missing", ["w1"]),
    ],
)
def test_a_broken_line_is_named_and_all_before_it_is_stored(file: bytes, problem: str, stored: list[str]) -> None:
    store = MemoryStore()

    async def story() -> list[str]:
        with pytest.raises(Broken, match=problem):
            await import_lines(store, io.BytesIO(file), lambda _: None)
        return [name for name in ("w1", "w2", "w3") if await store.load(name)]

    assert asyncio.run(story()) == stored


def test_an_export_goes_on_behind_its_last_whole_line() -> None:
    whole = DOCUMENT + SNAPSHOT + execution(1) + execution(2)
    for length in range(len(whole) + 1):
        file = io.BytesIO(whole[:length])
        after = resume(file)
        kept = file.getvalue()
        names = [each.line.execution.header.workflow_id for each in read(io.BytesIO(kept)) if each.line.execution]
        assert whole.startswith(kept)
        assert (names[-1:] or [""]) == [after]
        assert file.tell() == len(kept)
    with pytest.raises(Broken, match="Line 2 is not a line"):
        resume(io.BytesIO(DOCUMENT + b"nonsense\n" + execution(1)))
