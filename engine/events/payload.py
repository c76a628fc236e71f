"""A message's payload as the document that conditions and actions read (§6.4)."""

from __future__ import annotations

import msgspec

from engine.definitions import Json
from engine.template import MISSING, compile_template

ROOT = "$"


def substituted(value: Json, payload: Json) -> Json:
    """The value with every `${...}` read from the payload, which is the root document: `${$}` is all of it."""

    def lookup(root: str) -> Json:
        if root == ROOT:
            return payload
        return payload.get(root, MISSING) if isinstance(payload, dict) else MISSING

    return compile_template(value).resolve(lookup)


def expanded(value: Json) -> Json:
    """The value with texts that hold a JSON object or list replaced by that, at every depth."""
    if isinstance(value, dict):
        return {key: expanded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [expanded(item) for item in value]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return expanded(msgspec.json.decode(value))
        except msgspec.DecodeError:
            return value
    return value
