"""The command line refuses what makes no sense, in a sentence, and hands on the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handlers import cli
from handlers.server import options
from handlers.settings import Settings


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings that would have been served."""
    settings: list[Settings] = []

    class NoServer:
        def __init__(self, asked: Settings) -> None:
            settings.append(asked)

        def run(self) -> None:
            """Serve nothing."""

    monkeypatch.setattr(cli, "GunicornServer", NoServer)
    monkeypatch.setattr("handlers.log.configure", lambda *_: None)
    return settings


def serve(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli.main, ["serve", *arguments], env=environment)


def test_flags_win_over_the_environment(served: list[Settings], tmp_path: Path) -> None:
    result = serve("--port", "9", "--data", str(tmp_path), SEGUE_PORT="8", SEGUE_HOST="::1", SEGUE_MEMORY="true")
    assert result.exit_code == 0, result.output
    assert served == [Settings(host="::1", port=9, data=tmp_path)]


def test_memory_needs_no_folder(served: list[Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert serve("--memory", "--no-access-log", "--log-format", "json").exit_code == 0
    assert served == [Settings(memory=True, access_log=False, log_format="json")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "environment", "complaint"),
    [
        (["--memory", "--data", "x"], {}, "--memory keeps nothing"),
        (["--memory", "--mongo", "mongodb://db"], {}, "--mongo keeps everything in MongoDB"),
        (["--mongo", "localhost:27017"], {}, "A MongoDB URI begins with"),
        (["--workers", "2"], {}, "2 workers need --mongo"),
        (["--port", "0"], {}, "0 is not in the range"),
        ([], {"SEGUE_PORT": "many"}, "SEGUE_PORT=many: expected int"),
        (["--log-format", "xml"], {}, "'xml' is not one of"),
        (["--memory"], {"SEGUE_AUTH_KEYS": "only-an-id"}, "SEGUE_AUTH_KEYS, entry 1: expected KEY_ID:SECRET."),
        (["--memory"], {"SEGUE_AUTH_JWT_ISSUER": "us"}, "SEGUE_AUTH_JWT_KEY_FILE verifies"),
    ],
)
def test_what_makes_no_sense_is_refused(
    served: list[Settings], arguments: list[str], environment: dict[str, str], complaint: str
) -> None:
    result = serve(*arguments, **environment)
    assert result.exit_code == 2
    assert complaint in result.output
    assert served == []


def test_it_says_where_the_data_is(tmp_path: Path) -> None:
    assert Settings(data=tmp_path).store_place == str(tmp_path / "segue.db")
    assert Settings(memory=True).store_place == "memory"
    assert Settings(mongo="mongodb://me:secret@db:1/flows?tls=true").store_place == "mongodb://db:1/flows"


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (
            ["--mongo", "mongodb://db", "--workers", "3"],
            {"SEGUE_MEMORY": "1"},
            Settings(mongo="mongodb://db", workers=3),
        ),
        (["--memory"], {"SEGUE_MONGO": "mongodb://db"}, Settings(memory=True)),
        (["--data", "x"], {"SEGUE_MONGO": "mongodb://db"}, Settings(data=Path("x"))),
        ([], {"SEGUE_MONGO": "mongodb://db", "SEGUE_WORKERS": "2"}, Settings(mongo="mongodb://db", workers=2)),
    ],
)
def test_a_flag_that_names_a_store_wins(
    served: list[Settings], arguments: list[str], environment: dict[str, str], expected: Settings
) -> None:
    result = serve(*arguments, **environment)
    assert result.exit_code == 0, result.output
    assert served == [expected]


def test_gunicorn_gets_one_worker_where_it_was_asked_for() -> None:
    chosen = options(Settings(host="::1", port=9))
    assert (chosen["bind"], chosen["workers"]) == ("[::1]:9", 1)
    assert options(Settings())["bind"] == "127.0.0.1:8080"
