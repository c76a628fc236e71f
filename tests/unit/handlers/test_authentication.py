"""Tokens: issued for the right secret, refused when forged, foreign, expired or meant for something else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from handlers.authentication import AccessKeys, Authentication, SignedTokens, authentication
from handlers.clock import SystemClock
from handlers.http.security import Forbidden, Refused, Unauthenticated
from handlers.settings import Settings
from handlers.signing_keys import VerifyingKey, verifying_key

SECRET = "not-so-easy-to-guess"
SHARED = "0123456789abcdef0123456789abcdef"


@dataclass
class Ago:
    """A clock that is behind the real one, which the library that verifies looks at."""

    seconds: int = 0

    def now(self) -> int:
        return SystemClock().now() - self.seconds * 1000


def access(seconds_ago: int = 0, **pairs: str) -> AccessKeys:
    return AccessKeys(pairs or {"billing": SECRET}, 60, Ago(seconds_ago))


def shared(issuer: str = "", audience: str = "", scope: str = "") -> SignedTokens:
    return SignedTokens(VerifyingKey(SHARED.encode(), ("HS256",)), issuer, audience, scope)


def signed(key: Any = SHARED, algorithm: str | None = "HS256", **claims: Any) -> str:
    return jwt.encode({"exp": 2**33, **claims}, key, algorithm)


def refusal(door: AccessKeys | SignedTokens | Authentication, token: str) -> Refused:
    with pytest.raises(Refused) as refused:
        door.admit(token)
    return refused.value


def test_a_token_is_issued_for_the_secret_of_a_key_and_admitted_by_every_server_that_has_the_key() -> None:
    token = access().issue("billing", SECRET)
    access().admit(token)
    access(billing=SECRET, other=SECRET + "2").admit(token)
    assert SECRET not in str(jwt.decode(token, options={"verify_signature": False}))


@pytest.mark.parametrize(("key_id", "secret"), [("billing", "wrong"), ("nobody", SECRET), ("", ""), ("billing", "ü")])
def test_q6_wrong_credentials_are_no_reason_to_renew_a_token(key_id: str, secret: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        access().issue(key_id, secret)
    assert refused.value.code == "INVALID_CREDENTIALS"


def test_a_token_expires() -> None:
    access(59).admit(access(59).issue("billing", SECRET))
    expired = refusal(access(), access(61).issue("billing", SECRET))
    assert isinstance(expired, Unauthenticated)
    assert expired.code == "EXPIRED_TOKEN"


def test_a_key_that_is_taken_away_or_changed_takes_its_tokens_along() -> None:
    token = access().issue("billing", SECRET)
    assert refusal(access(other=SECRET), token).code == "INVALID_TOKEN"
    assert refusal(access(billing=SECRET + "2"), token).code == "INVALID_TOKEN"


@pytest.mark.parametrize("token", ["x", "a.b.c", "", "ü", "." * 99, signed("", None), signed()], ids=range(7))
def test_what_is_no_token_of_ours_is_not_valid(token: str) -> None:
    for door in (access(), Authentication(access(), None)):
        assert refusal(door, token).code == "INVALID_TOKEN"


def test_a_token_of_ours_that_was_altered_is_not_valid() -> None:
    head, claims, signature = access().issue("billing", SECRET).split(".")
    assert refusal(access(), f"{head}.{claims[:-2]}AA.{signature}").code == "INVALID_TOKEN"
    unsigned = jwt.encode({"iss": "segue", "exp": 2**33}, "", "none", {"kid": "billing"})
    assert refusal(access(), unsigned).code == "INVALID_TOKEN"


@pytest.mark.parametrize(
    ("door", "claims", "code"),
    [
        (shared("us"), {"iss": "them"}, "INVALID_TOKEN"),
        (shared("us"), {}, "INVALID_TOKEN"),
        (shared(audience="segue"), {"aud": ["other"]}, "INVALID_TOKEN"),
        (shared(audience="segue"), {}, "INVALID_TOKEN"),
        (shared(), {"exp": 1}, "EXPIRED_TOKEN"),
        (shared(), {"exp": None}, "INVALID_TOKEN"),
        (shared(), {"nbf": 2**33}, "INVALID_TOKEN"),
        (shared(scope="flows"), {}, "INSUFFICIENT_SCOPE"),
        (shared(scope="flows"), {"scope": "flowsome other"}, "INSUFFICIENT_SCOPE"),
        (shared(scope="flows"), {"scp": None}, "INSUFFICIENT_SCOPE"),
    ],
)
def test_a_foreign_token_has_to_be_what_was_asked_for(door: SignedTokens, claims: dict[str, Any], code: str) -> None:
    refused = refusal(door, signed(**claims))
    assert refused.code == code
    assert isinstance(refused, Forbidden if code == "INSUFFICIENT_SCOPE" else Unauthenticated)


@pytest.mark.parametrize(
    ("door", "claims"),
    [
        (shared(), {"iss": "anybody", "aud": "anything"}),
        (shared("us", "segue"), {"iss": "us", "aud": ["other", "segue"]}),
        (shared(scope="flows"), {"scope": "other flows"}),
        (shared(scope="flows"), {"scp": ["flows"]}),
    ],
)
def test_a_good_foreign_token_is_admitted(door: SignedTokens, claims: dict[str, Any]) -> None:
    door.admit(signed(**claims))


def test_a_public_key_is_never_a_shared_secret(tmp_path: Path) -> None:
    private = rsa.generate_private_key(65537, 2048)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    door = SignedTokens(verifying_key(str(tmp_path / "key.pem")), "", "", "")
    door.admit(signed(private, "RS256"))
    # PyJWT would not sign with a PEM, an attacker does it by hand.
    head = jwt.utils.base64url_encode(b'{"alg":"HS256","typ":"JWT"}').decode()
    claims = jwt.utils.base64url_encode(b'{"exp":8589934592}').decode()
    signature = jwt.get_algorithm_by_name("HS256").sign(f"{head}.{claims}".encode(), pem)
    forged = f"{head}.{claims}.{jwt.utils.base64url_encode(signature).decode()}"
    assert refusal(door, forged).code == "INVALID_TOKEN"
    assert refusal(door, signed("", "none")).code == "INVALID_TOKEN"


def test_both_kinds_beside_each_other(tmp_path: Path) -> None:
    (tmp_path / "shared").write_text(SHARED)
    settings = Settings(auth_keys=f"billing:{SECRET}", auth_jwt_key_file=str(tmp_path / "shared"))
    door = authentication(settings, SystemClock())
    assert door.keys is not None
    door.admit(door.keys.issue("billing", SECRET))
    door.admit(signed(sub="somebody"))
    assert refusal(door, signed("another secret of more than 32 bytes")).code == "INVALID_TOKEN"
    alone = authentication(Settings(auth_jwt_key_file=str(tmp_path / "shared")), SystemClock())
    assert alone.keys is None
    assert refusal(alone, door.keys.issue("billing", SECRET)).code == "INVALID_TOKEN"
