"""Who a request comes from: the access keys of the SDKs with the tokens they buy, and tokens that somebody else signs.

Both are JWTs. The key that signs one of ours follows from the secret of its access key: every server process knows it,
nothing has to be kept, and a pair that is taken away takes its tokens with it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from jwt.types import Options

from engine.ports import Clock
from handlers.http.security import Forbidden, Unauthenticated
from handlers.settings import Settings
from handlers.signing_keys import VerifyingKey, access_keys, verifying_key

ISSUER = "segue"
CLOCK_SKEW_SECONDS = 30
"""How far the clocks of this server and of a foreign issuer may be apart."""

_NOBODY = bytes(32)
"""No digest of a secret is this, so comparing with it takes as long as with any other and fails."""


class AccessKeys:
    """Key ids with their secrets, exchanged for tokens that live for `seconds`."""

    def __init__(self, pairs: Mapping[str, str], seconds: int, clock: Clock) -> None:
        self._digests = {key_id: _digest(secret) for key_id, secret in pairs.items()}
        self._signing = {key_id: _signing_key(secret) for key_id, secret in pairs.items()}
        self._seconds = seconds
        self._clock = clock

    def issue(self, key_id: str, secret: str) -> str:
        """A token for whoever knows the secret of a key; `Unauthenticated` for anybody else."""
        if not hmac.compare_digest(self._digests.get(key_id, _NOBODY), _digest(secret)):
            # Not one of the two codes after which clients ask for a new token: the Python SDK would ask for ever.
            raise Unauthenticated("INVALID_CREDENTIALS", "There is no access key of this id with this secret.")
        # Without `iat`: a server whose clock is a little behind would refuse a token from the future.
        claims = {"iss": ISSUER, "sub": key_id, "exp": self._clock.now() // 1000 + self._seconds}
        return jwt.encode(claims, self._signing[key_id], "HS256", {"kid": key_id})

    def signed(self, token: str) -> bool:
        """Whether a token says that it is one of these; it may lie."""
        return _key_id(token) in self._signing

    def admit(self, token: str) -> None:
        """Return if the token is one of these and still good; raises `Unauthenticated`."""
        key = self._signing.get(_key_id(token))
        if key is None:
            raise Unauthenticated("INVALID_TOKEN", "The token was issued for an access key that is not known here.")
        _claims(token, key, ["HS256"], issuer=ISSUER)


class SignedTokens:
    """Tokens of one issuer elsewhere. An empty issuer, audience or scope means any."""

    def __init__(self, key: VerifyingKey, issuer: str, audience: str, scope: str) -> None:
        self._key = key
        self._issuer = issuer
        self._audience = audience
        self._scope = scope

    def admit(self, token: str) -> None:
        """Return if the token is good and has the scope; raises `Unauthenticated` or `Forbidden`."""
        claims = _claims(
            token,
            self._key.key,
            self._key.algorithms,
            issuer=self._issuer or None,
            audience=self._audience or None,
            leeway=CLOCK_SKEW_SECONDS,
        )
        if self._scope and self._scope not in _scopes(claims):
            raise Forbidden("INSUFFICIENT_SCOPE", f"The token does not have the scope {self._scope}.")


class Authentication:
    """Everything that this server accepts; either part may be missing, not both."""

    def __init__(self, keys: AccessKeys | None, signed: SignedTokens | None) -> None:
        self.keys = keys
        self._signed = signed

    def admit(self, token: str) -> None:
        """Return if some part accepts the token; raises `Unauthenticated` or `Forbidden`."""
        if self.keys is not None and (self._signed is None or self.keys.signed(token)):
            self.keys.admit(token)
        elif self._signed is not None:
            self._signed.admit(token)


def authentication(settings: Settings, clock: Clock) -> Authentication:
    """What the settings ask for. Raises `InvalidSetting` for keys that cannot be read or are too weak."""
    pairs = access_keys(settings)
    keys = AccessKeys(pairs, settings.auth_token_seconds, clock) if pairs else None
    if not settings.auth_jwt_key_file:
        return Authentication(keys, None)
    key = verifying_key(settings.auth_jwt_key_file)
    return Authentication(
        keys, SignedTokens(key, settings.auth_jwt_issuer, settings.auth_jwt_audience, settings.auth_jwt_scope)
    )


def _claims(token: str, key: Any, algorithms: Sequence[str], **wanted: Any) -> dict[str, Any]:
    # What is not wanted is not looked at: PyJWT would refuse a token with an audience that nobody asked for.
    options: Options = {
        "require": ["exp"],
        "verify_aud": bool(wanted.get("audience")),
        "verify_iss": bool(wanted.get("issuer")),
    }
    try:
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=list(algorithms), options=options, **wanted)
    except jwt.ExpiredSignatureError:
        raise Unauthenticated("EXPIRED_TOKEN", "The token has expired.") from None
    except jwt.PyJWTError as error:
        raise Unauthenticated("INVALID_TOKEN", f"The token is not valid: {error}.") from None
    return claims


def _key_id(token: str) -> str:
    try:
        return str(jwt.get_unverified_header(token).get("kid", ""))
    except jwt.PyJWTError:
        return ""


def _scopes(claims: Mapping[str, Any]) -> Sequence[str]:
    """RFC 8693's `scope`, a text with blanks, or the list `scp` of other issuers."""
    given = claims.get("scope", claims.get("scp", ""))
    return given.split() if isinstance(given, str) else [str(scope) for scope in given or ()]


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8")).digest()


def _signing_key(secret: str) -> bytes:
    return hmac.digest(secret.encode("utf-8"), b"segue: key of tokens", "sha256")
