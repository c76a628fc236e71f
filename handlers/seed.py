"""`scripts/seed`: register task and workflow definitions from files on a running server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote, urlsplit

import click
import httpx
import msgspec

from engine.definitions import Json, JsonObject
from engine.errors import InvalidInput
from handlers.seed_diff import changes, complete
from handlers.seed_files import Definition, read_definitions

Outcome = Literal["created", "changed", "unchanged", "failed"]

JSON = {"Content-Type": "application/json"}
OUTCOMES: tuple[Outcome, ...] = ("created", "changed", "unchanged", "failed")


class Result(NamedTuple):
    """What became of one definition, or would become of it."""

    outcome: Outcome
    details: tuple[str, ...] = ()


class Refused(Exception):
    """The server did not accept a request; the lines say why."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__(*lines)
        self.lines = lines


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--server", default="http://127.0.0.1:8080/api", show_default=True, help="Base URL of the API.")
@click.option("--dry-run", is_flag=True, help="Change nothing, only tell what would change.")
@click.option("--key", envvar="CONDUCTOR_AUTH_KEY", help="Id of an access key, if the server wants tokens.")
@click.option("--secret", envvar="CONDUCTOR_AUTH_SECRET", help="Its secret.")
def seed(paths: tuple[Path, ...], server: str, dry_run: bool, key: str | None, secret: str | None) -> None:
    """Register the definitions in PATHS (JSON or YAML files, or folders of them) on a running server.

    What the server has already stays as it is. Exit status 1 when something could not be registered.
    """
    definitions, problems = read_definitions(paths)
    for problem in problems:
        click.echo(f"failed     {problem.place}: {problem.reason}")
    counts: Counter[Outcome] = Counter()
    counts["failed"] = len(problems)
    with httpx.Client(base_url=base_url(server), timeout=30.0, trust_env=False) as client:
        if key and secret:
            _authenticate(client, key, secret)
        for definition in definitions:
            result = _register(client, definition, dry_run)
            counts[result.outcome] += 1
            _report(definition, result)
    click.echo(_total(counts, dry_run))
    if counts["failed"]:
        raise SystemExit(1)


def base_url(server: str) -> str:
    """The URL with `/api` behind it when it has no path of its own."""
    if not server.startswith(("http://", "https://")):
        raise click.UsageError(f"--server {server} is not a URL; write it like http://127.0.0.1:8080/api.")
    return server.rstrip("/") if urlsplit(server).path.strip("/") else server.rstrip("/") + "/api"


def _authenticate(client: httpx.Client, key: str, secret: str) -> None:
    """Send a token from now on. A server without authentication has none to give and wants none, as for the SDKs."""
    try:
        answer = client.post("/token", json={"keyId": key, "keySecret": secret})
    except httpx.TransportError as error:
        raise _unreachable(client, error) from error
    if answer.status_code == httpx.codes.NOT_FOUND:
        return
    try:
        body = _accepted(answer)
    except Refused as refused:
        raise click.ClickException(f"The server gives no token: {refused.lines[0]}") from refused
    client.headers["X-Authorization"] = str(body["token"]) if isinstance(body, dict) else ""


def _unreachable(client: httpx.Client, error: httpx.TransportError) -> click.ClickException:
    return click.ClickException(f"Cannot reach {client.base_url}: {error}. Is the server running?")


def _register(client: httpx.Client, definition: Definition, dry_run: bool) -> Result:
    try:
        wanted = complete(definition.kind, definition.body, definition.place)
        stored = _stored(client, definition)
        found = [] if stored is None else changes(complete(definition.kind, stored, "the server's answer"), wanted)
        if stored is not None and not found:
            return Result("unchanged")
        if not dry_run:
            _write(client, definition)
    except Refused as refused:
        return Result("failed", refused.lines)
    except InvalidInput as error:
        return Result("failed", (error.message,))
    except httpx.TransportError as error:
        raise _unreachable(client, error) from error
    return Result("created") if stored is None else Result("changed", tuple(map(str, found)))


def _stored(client: httpx.Client, definition: Definition) -> JsonObject | None:
    """What the server has under this name and version."""
    name = quote(definition.name, safe="")
    if definition.kind == "task":
        answer = client.get(f"/metadata/taskdefs/{name}")
    else:
        answer = client.get(f"/metadata/workflow/{name}", params={"version": definition.version})
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    body = _accepted(answer)
    if not isinstance(body, dict):
        raise Refused((f"{answer.url} answered no definition: is this the API of a workflow server?",))
    return body


def _write(client: httpx.Client, definition: Definition) -> None:
    """Insert or replace it. Both operations take lists; one by one a bad one does not keep the others out."""
    body = msgspec.json.encode([definition.body])
    if definition.kind == "task":
        _accepted(client.post("/metadata/taskdefs", content=body, headers=JSON))
        return
    answer = _accepted(client.put("/metadata/workflow", content=body, headers=JSON))
    errors = answer.get("bulkErrorResults") if isinstance(answer, dict) else None
    if errors:
        raise Refused(tuple(str(reason) for reason in errors.values()))


def _accepted(answer: httpx.Response) -> Json:
    """The body of a good answer, None when it is empty or no JSON; `Refused` for any other."""
    body = _json(answer)
    if answer.is_success:
        return body
    shown = body if isinstance(body, dict) else {}
    refusal = f"{answer.status_code} {shown.get('message') or answer.reason_phrase}"
    raise Refused((refusal, *_violations(shown.get("validationErrors") or [])))


def _violations(errors: list[JsonObject]) -> Iterator[str]:
    for error in errors:
        yield f"{error.get('path')}: {error.get('message')}"


def _json(answer: httpx.Response) -> Json:
    try:
        return answer.json()
    except ValueError:
        return None


def _report(definition: Definition, result: Result) -> None:
    click.echo(f"{result.outcome:<10} {definition.title} ({definition.place})")
    for line in result.details:
        click.echo(f"             {line}")


def _total(counts: Counter[Outcome], dry_run: bool) -> str:
    summary = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
    return f"{summary} (dry run: nothing was changed)" if dry_run else summary


if __name__ == "__main__":
    seed()
