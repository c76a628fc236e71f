"""References to secrets: kept as they are written in stored inputs, replaced in what a worker gets (§3.7, E61)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import msgspec

from engine.definitions import Json, JsonObject
from engine.java_text import java_text
from engine.jsonpath import read_path
from engine.jsonpath_steps import MISSING
from engine.model import Task
from engine.references import Reference, parse_references
from engine.template import SECRETS

_ROOT = "secret"
Secrets = Mapping[str, str]


def with_secrets(task: Task, secrets: Secrets) -> Task:
    """The copy of a task that a worker gets; the task itself where it mentions no secret."""
    if not _mentions(task.input_data):
        return task
    return msgspec.structs.replace(task, input_data=cast(JsonObject, resolve_secrets(task.input_data, secrets)))


def _mentions(value: Json) -> bool:
    if isinstance(value, str):
        return SECRETS in value
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list) and any(map(_mentions, value))


def resolve_secrets(value: Json, secrets: Secrets) -> Json:
    """The value with every `${workflow.secrets.NAME[.path]}` replaced; all other text stays as it is.

    A path looks into the secret, read as JSON. A secret that does not exist is null as a whole value and empty inside
    text. The value itself is not changed.
    """
    if isinstance(value, str):
        return _resolve_text(value, secrets) if SECRETS in value else value
    if isinstance(value, dict):
        return {key: resolve_secrets(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_secrets(item, secrets) for item in value]
    return value


def _resolve_text(text: str, secrets: Secrets) -> Json:
    parts = parse_references(text)
    if len(parts) == 1 and _is_secret(parts[0]):
        return _secret(parts[0], secrets)
    return "".join(_as_text(part, secrets) for part in parts)


def _as_text(part: str | Reference, secrets: Secrets) -> str:
    if isinstance(part, str):
        return part
    if not _is_secret(part):
        return part.raw
    value = _secret(part, secrets)
    return "" if value is None else java_text(value)


def _is_secret(part: str | Reference) -> bool:
    return isinstance(part, Reference) and part.raw.startswith(SECRETS, 2)


def _secret(part: str | Reference, secrets: Secrets) -> Json:
    raw = part if isinstance(part, str) else part.raw
    name, _, path = raw[2 + len(SECRETS) : -1].partition(".")
    secret = secrets.get(name)
    if secret is None or not path:
        return secret
    try:
        document = msgspec.json.decode(secret)
    except msgspec.DecodeError:
        return None
    return read_path(f"{_ROOT}.{path}", lambda root: document if root == _ROOT else MISSING)
