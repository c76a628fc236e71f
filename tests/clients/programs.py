"""The acceptance programs: what each needs, how it is made ready under build/, and running it against a server.

`python -m tests.clients.programs [--keys] [NAME ...]`: all of them, or those named, against one `segue serve --memory`
on a free port. With `--keys` the server wants tokens, and the programs get an access key as users of the SDKs do.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.serving import PROJECT, Server

FOLDER = PROJECT / "tests" / "clients"
BUILD = PROJECT / "build" / "clients"
PREPARED_WITHIN = 600.0
ENDED_WITHIN = 240.0
KEY_ID = "acceptance"
JAVA = 21
"""What the Java client is compiled for."""
JDKS = Path("/usr/lib/jvm")

Command = list[str | Path]


class Unprepared(Exception):
    """A program cannot be run here; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a program: its exit status, its lines (one for each check), and what else it had to say."""

    status: int
    lines: tuple[str, ...]
    trouble: str


def python(_build: Path) -> Command:
    """conductor-python as requirements-test.lock has it, in the environment of the tests."""
    return [sys.executable, "-m", "tests.clients.python"]


def python13(build: Path) -> Command:
    """conductor-python 1.3 in an environment of its own."""
    interpreter = build / "bin" / "python"
    lock = FOLDER / "python13" / "requirements.lock"
    done = build / "locked"
    if not (done.is_file() and done.read_bytes() == lock.read_bytes()):
        _run([sys.executable, "-m", "venv", "--clear", build])
        pip: Command = [interpreter, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        _run([*pip, "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "--requirement", lock])
        shutil.copy(lock, done)
    return [interpreter, "-m", "tests.clients.python"]


def javascript(build: Path) -> Command:
    """@io-orkes/conductor-javascript, installed as package-lock.json has it."""
    _copied(FOLDER / "javascript", build)
    lock, done = build / "package-lock.json", build / "node_modules" / "locked"
    if not (done.is_file() and done.read_bytes() == lock.read_bytes()):
        _run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], build)
        shutil.copy(lock, done)
    return ["node", build / "program.mjs"]


def java(build: Path) -> Command:
    """org.conductoross:conductor-client, compiled by Maven."""
    home, pom = _jdk(), FOLDER / "java" / "pom.xml"
    maven: Command = ["mvn", "--quiet", "--batch-mode", "--file", pom, f"-Dbuild.folder={build}", "compile"]
    _run(maven, environment={**os.environ, "JAVA_HOME": str(home)})
    classes = f"{build / 'classes'}{os.pathsep}{build / 'libraries'}/*"
    return [home / "bin" / "java", "-cp", classes, "acceptance.Main"]


def go(build: Path) -> Command:
    """github.com/conductor-sdk/conductor-go, as go.sum has it."""
    program = build / "program"
    _run(["go", "build", "-mod=readonly", "-o", program, "."], FOLDER / "go")
    return [program]


PROGRAMS: Mapping[str, Callable[[Path], Command]] = MappingProxyType(
    {"python": python, "python13": python13, "javascript": javascript, "java": java, "go": go}
)


def run(name: str, server: Server, key: tuple[str, str] | None = None) -> Outcome:
    """Make a program ready and run it against a server, with an access key if there is one. Raises `Unprepared`."""
    build = BUILD / name
    build.mkdir(parents=True, exist_ok=True)
    ended = subprocess.run(
        PROGRAMS[name](build),
        cwd=PROJECT,
        env=_environment(server, key),
        capture_output=True,
        text=True,
        timeout=ENDED_WITHIN,
    )
    return Outcome(ended.returncode, tuple(ended.stdout.splitlines()), ended.stderr[-5000:])


def _environment(server: Server, key: tuple[str, str] | None) -> dict[str, str]:
    """This process's own, less what would lead a client elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONDUCTOR_")}
    access = {"CONDUCTOR_AUTH_KEY": key[0], "CONDUCTOR_AUTH_SECRET": key[1]} if key else {}
    return {**kept, "CONDUCTOR_SERVER_URL": server.base_url, "NO_PROXY": "127.0.0.1", **access}


def _jdk() -> Path:
    """A Java new enough for the client: the one of JAVA_HOME, of the PATH, or beside it where Linux keeps them."""
    on_path = shutil.which("javac")
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    homes += [Path(on_path).resolve().parents[1]] if on_path else []
    for home in [*homes, *sorted(JDKS.glob("*"))]:
        compiler = home / "bin" / "javac"
        if compiler.is_file() and _java_version(compiler) >= JAVA:
            return home
    raise Unprepared(f"The Java client needs a JDK {JAVA} or newer; none is at JAVA_HOME, on the PATH or in {JDKS}.")


def _java_version(compiler: Path) -> int:
    said = subprocess.run([compiler, "-version"], capture_output=True, text=True, timeout=60).stdout
    found = re.match(r"javac (\d+)", said)
    return int(found[1]) if found else 0


def _run(command: Command, folder: Path = PROJECT, environment: Mapping[str, str] | None = None) -> None:
    program = str(command[0])
    if shutil.which(program) is None:
        raise Unprepared(f"{program} is not on this machine.")
    made = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PREPARED_WITHIN)
    if made.returncode:
        raise Unprepared(f"{' '.join(map(str, command))} failed:\n{(made.stdout + made.stderr)[-3000:]}")


def _copied(folder: Path, build: Path) -> None:
    for file in folder.iterdir():
        if file.is_file():
            shutil.copy(file, build)


def _told(name: str, server: Server, key: tuple[str, str] | None) -> bool:
    """Run one program and print what it says; whether all went well."""
    begin = time.monotonic()
    try:
        outcome = run(name, server, key)
    except (Unprepared, subprocess.TimeoutExpired) as error:
        print(f"{name}: FAILED: {error}", flush=True)
        return False
    print("\n".join(f"{name}: {line}" for line in outcome.lines), flush=True)
    if outcome.status:
        print(outcome.trouble, file=sys.stderr, flush=True)
    checks = sum(line.startswith("ok ") for line in outcome.lines)
    verdict = f"FAILED (exit status {outcome.status})" if outcome.status else f"all {checks} checks passed"
    print(f"{name}: {verdict}, {time.monotonic() - begin:.1f} s", flush=True)
    return outcome.status == 0


def main() -> int:
    """0 when every check of every program passed."""
    parser = argparse.ArgumentParser(prog="scripts/test-clients", description="Run the official clients' programs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(PROGRAMS)}; all without any")
    parser.add_argument("--keys", action="store_true", help="with authentication by access key")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(PROGRAMS))
    if unknown:
        parser.error(f"there is no program {', '.join(unknown)}; choose from {', '.join(PROGRAMS)}")
    key = (KEY_ID, secrets.token_hex(24)) if given.keys else None
    environment = {"SEGUE_AUTH_KEYS": ":".join(key)} if key else None
    with Server("--memory", "--no-access-log", environment=environment) as server:
        failed = [name for name in given.names or PROGRAMS if not _told(name, server, key)]
    print(f"failed: {', '.join(failed)}" if failed else "every client works")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
