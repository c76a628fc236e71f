"""The keys that settings name: pairs of id and secret for clients, and the key that a foreign issuer signs with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from handlers.settings import PREFIX, InvalidSetting, Settings

SHORTEST_SECRET = 16
"""Characters: who has a token can try secrets on it at home."""
SHORTEST_SHARED_SECRET = 32
"""Bytes, the length of an HS256 signature (RFC 7518 §3.2)."""

_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512", "secp256k1": "ES256K"}


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A key with the only algorithms it is used for: a public key must never be taken as a shared secret."""

    key: Any
    algorithms: tuple[str, ...]


def access_keys(settings: Settings) -> dict[str, str]:
    """Secrets by key id, from the list and the file of the settings. Raises `InvalidSetting`, without any secret."""
    listed = [(f"{PREFIX}AUTH_KEYS", settings.auth_keys.split(","))] if settings.auth_keys else []
    if settings.auth_keys_file:
        listed.append((settings.auth_keys_file, _text(settings.auth_keys_file).splitlines()))
    pairs: dict[str, str] = {}
    for place, key_id, secret in _pairs(listed):
        if key_id in pairs:
            raise InvalidSetting(f"{place}: there are two access keys with the id {key_id}.")
        pairs[key_id] = secret
    if listed and not pairs:
        raise InvalidSetting(f"{listed[0][0]}: there is no access key; write them as KEY_ID:SECRET.")
    return pairs


def verifying_key(path: str) -> VerifyingKey:
    """The public key or certificate (PEM), or else shared secret, in a file. Raises `InvalidSetting`."""
    content = _text(path).strip()
    if "-----BEGIN" in content:
        return _public_key(path, content.encode("utf-8"))
    if len(content.encode("utf-8")) < SHORTEST_SHARED_SECRET:
        raise InvalidSetting(f"{path}: a shared secret needs at least {SHORTEST_SHARED_SECRET} bytes.")
    return VerifyingKey(content.encode("utf-8"), ("HS256", "HS384", "HS512"))


def _pairs(listed: Iterable[tuple[str, list[str]]]) -> Iterator[tuple[str, str, str]]:
    for origin, entries in listed:
        for number, entry in enumerate(entries, 1):
            text = entry.strip()
            if not text or text.startswith("#"):
                continue
            place = f"{origin}, entry {number}"
            key_id, colon, secret = text.partition(":")
            if not (key_id and colon):
                raise InvalidSetting(f"{place}: expected KEY_ID:SECRET.")
            if len(secret) < SHORTEST_SECRET:
                raise InvalidSetting(f"{place}: the secret needs at least {SHORTEST_SECRET} characters.")
            yield place, key_id, secret


def _text(path: str) -> str:
    try:
        return Path(path).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text"
        raise InvalidSetting(f"{path} cannot be read: {reason}.") from error


def _public_key(path: str, pem: bytes) -> VerifyingKey:
    try:
        key = x509.load_pem_x509_certificate(pem).public_key() if b"CERTIFICATE" in pem else load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidSetting(f"{path}: this is neither a public key nor a certificate in PEM form.") from error
    algorithms = _algorithms(key)
    if not algorithms:
        raise InvalidSetting(f"{path}: keys of this kind are not supported; use RSA, EC or Ed25519.")
    return VerifyingKey(key, algorithms)


def _algorithms(key: object) -> tuple[str, ...]:
    if isinstance(key, rsa.RSAPublicKey):
        return ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return (_CURVES[key.curve.name],)
    return ("EdDSA",) if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) else ()
