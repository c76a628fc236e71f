"""What can be configured. This module is the only reader of the environment; flags of the command line win over it."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import importlib.metadata
import os
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from engine.payload_limits import MESSAGES_WAITING

PREFIX = "SEGUE_"
ENVIRONMENT_PREFIX = "CONDUCTOR_ENV_"
SECRET_PREFIX = "CONDUCTOR_SECRET_"  # noqa: S105 - where secrets are, as in Conductor

LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class InvalidSetting(ValueError):
    """A variable of the environment has a value that makes no sense."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One server's configuration; the variable of a field is its name in capitals behind `SEGUE_`."""

    host: str = "127.0.0.1"
    port: int = 8080
    data: Path = Path("data")
    """The folder of the embedded store."""
    memory: bool = False
    """Keep everything in memory only; nothing survives the process."""
    mongo: str = ""
    """The URI of the MongoDB database to keep everything in; several servers may share it."""
    workers: int = 1
    """Server processes on this machine; more than one needs MongoDB."""
    log_format: LogFormat = "console"
    log_level: LogLevel = "info"
    access_log: bool = True
    """One line a request."""
    http_at_once: Positive = 64
    """How many HTTP tasks a process does at a time."""
    http_body_limit: Positive = 10_485_760
    """Bytes of an answer that an HTTP task takes."""
    http_link_local: bool = False
    """HTTP tasks may call link-local addresses, such as the metadata service of a cloud."""

    messages_waiting: Positive = MESSAGES_WAITING
    """How many messages to one execution may wait for its tasks to take them."""

    script_seconds: float = 4.0
    """How long an expression may take."""
    script_memory_mb: int = 512
    """The memory of a process that evaluates expressions."""

    auth_keys: str = dataclasses.field(default="", repr=False)
    """Access keys of clients, `ID:SECRET,ID:SECRET`; with any, every operation needs a token."""
    auth_keys_file: str = ""
    """A file with such keys, one a line."""
    auth_token_seconds: Positive = 3600
    """How long the token lives that an access key is exchanged for; SDKs renew theirs after 30 to 45 minutes."""
    auth_jwt_key_file: str = ""
    """The public key or certificate (PEM), or the shared secret, of a foreign issuer of tokens."""
    auth_jwt_issuer: str = ""
    auth_jwt_audience: str = ""
    auth_jwt_scope: str = ""
    """What foreign tokens have to have in `iss`, `aud` and `scope`; nothing in particular when empty."""

    workflow_status_queue: str = ""
    """The event queue on which every status change of every execution is published."""
    task_status_queue: str = ""
    """The event queue on which every status change of every task is published."""

    payloads: str = ""
    """Where large payloads go: a folder, or `s3://BUCKET/PREFIX`; empty = nowhere, they are shown whole."""
    payloads_url: str = ""
    """Under which URL clients reach the API of this server, for payloads in a folder."""
    payloads_endpoint: str = ""
    """The URL of the object store, where it is not Amazon's."""
    payloads_seconds: Positive = 300
    """How long the address of a payload is good."""

    crash_point: str = ""
    """For tests: `NAME:COUNT` ends the server as a power cut would, when that point is reached for that time."""

    @property
    def address(self) -> str:
        """Where to listen, as it stands in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def authenticates(self) -> bool:
        """Whether operations need a token."""
        return bool(self.auth_keys or self.auth_keys_file or self.auth_jwt_key_file)

    @property
    def store_place(self) -> str:
        """Where everything is kept, for people: without the secrets of a URI."""
        if self.mongo:
            parts = urlsplit(self.mongo)
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        return "memory" if self.memory else str((self.data / "segue.db").resolve())

    def checked(self) -> Settings:
        """The same, if its parts fit each other; `InvalidSetting` otherwise."""
        if self.mongo and not self.mongo.startswith(("mongodb://", "mongodb+srv://")):
            raise InvalidSetting(
                f"A MongoDB URI begins with mongodb:// or mongodb+srv://, unlike '{self.store_place}'."
            )
        if self.workers < 1:
            raise InvalidSetting(f"There has to be at least one worker, not {self.workers}.")
        for queue in (self.workflow_status_queue, self.task_status_queue):
            if queue and not queue.startswith("conductor:"):
                raise InvalidSetting(f"The event queue '{queue}' has to begin with conductor: like conductor:status.")
        if self.workers > 1 and not self.mongo:
            raise InvalidSetting(
                f"{self.workers} workers need --mongo (or {PREFIX}MONGO): the embedded stores belong to one process."
            )
        if (self.auth_jwt_issuer or self.auth_jwt_audience or self.auth_jwt_scope) and not self.auth_jwt_key_file:
            raise InvalidSetting(
                f"{PREFIX}AUTH_JWT_ISSUER, _AUDIENCE and _SCOPE are about tokens that "
                f"{PREFIX}AUTH_JWT_KEY_FILE verifies."
            )
        return self


def from_env(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings that the environment asks for; an empty variable counts as unset."""
    given = os.environ if environ is None else environ
    texts = {name: given.get(PREFIX + name.upper(), "") for name in _names()}
    return dataclasses.replace(Settings(), **{name: _value(name, text) for name, text in texts.items() if text})


def secrets(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What `${workflow.secrets.NAME}` stands for: the variables behind `CONDUCTOR_SECRET_`, by NAME."""
    given = os.environ if environ is None else environ
    return {name.removeprefix(SECRET_PREFIX): text for name, text in given.items() if name.startswith(SECRET_PREFIX)}


def environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What definitions may know of the machine: the variables behind `CONDUCTOR_ENV_`, by NAME."""
    given = os.environ if environ is None else environ
    found = {name: text for name, text in given.items() if name.startswith(ENVIRONMENT_PREFIX)}
    return {name.removeprefix(ENVIRONMENT_PREFIX): text for name, text in found.items()}


def version() -> str:
    """The version of this server."""
    try:
        return importlib.metadata.version("segue")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def shown(settings: Settings) -> dict[str, str]:
    """The settings by their variables, for people: without what is secret."""
    values = {field.name: str(getattr(settings, field.name)) for field in dataclasses.fields(settings) if field.repr}
    values["mongo"] = settings.store_place if settings.mongo else ""
    return {PREFIX + name.upper(): value for name, value in values.items()}


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """A sentence for every `SEGUE_` variable that means nothing, with the name it was probably meant to be."""
    known = [PREFIX + name.upper() for name in _names()]
    given = sorted(name for name in (os.environ if environ is None else environ) if name.startswith(PREFIX))
    return [_unknown(name, known) for name in given if name not in known]


def _unknown(name: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    return f"{name} is not a setting" + (f"; did you mean {nearest[0]}?" if nearest else "")


def _names() -> list[str]:
    return [field.name for field in dataclasses.fields(Settings)]


def _value(name: str, text: str) -> Any:
    try:
        return msgspec.convert(text, _types()[name], strict=False, dec_hook=_other_types)
    except msgspec.ValidationError as error:
        problem = str(error).replace("`", "")
        raise InvalidSetting(f"{PREFIX}{name.upper()}={text}: {problem[0].lower()}{problem[1:]}") from error


@functools.cache
def _types() -> dict[str, Any]:
    return typing.get_type_hints(Settings, include_extras=True)


def _other_types(type_: Any, text: Any) -> Any:
    if type_ is Path:
        return Path(text).expanduser()
    raise NotImplementedError(type_)
