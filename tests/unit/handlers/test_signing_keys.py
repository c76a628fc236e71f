"""Keys from settings and files: read as they were meant, refused in a sentence that tells no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from handlers.settings import InvalidSetting, Settings
from handlers.signing_keys import access_keys, verifying_key

LONG = "a-secret-of-25-characters"


def written(path: Path, content: str | bytes) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_keys_come_from_the_list_and_from_the_file(tmp_path: Path) -> None:
    file = written(tmp_path / "keys", f"# of the workers\n\n c:{LONG},with:more \nd:{LONG}\n")
    settings = Settings(auth_keys=f"a:{LONG}, b:{LONG}2", auth_keys_file=file)
    assert access_keys(settings) == {"a": LONG, "b": f"{LONG}2", "c": f"{LONG},with:more", "d": LONG}
    assert access_keys(Settings()) == {}


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        (LONG, "SEGUE_AUTH_KEYS, entry 1: expected KEY_ID:SECRET."),
        (f"a:{LONG},:{LONG}", "SEGUE_AUTH_KEYS, entry 2: expected KEY_ID:SECRET."),
        ("a:fifteen-letters", "SEGUE_AUTH_KEYS, entry 1: the secret needs at least 16 characters."),
        (f"a:{LONG},a:{LONG}2", "SEGUE_AUTH_KEYS, entry 2: there are two access keys with the id a."),
        (" , ", "SEGUE_AUTH_KEYS: there is no access key; write them as KEY_ID:SECRET."),
    ],
)
def test_unusable_keys_are_refused_by_their_place(keys: str, complaint: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        access_keys(Settings(auth_keys=keys))
    assert str(refused.value) == complaint


def test_an_empty_or_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="empty: there is no access key"):
        access_keys(Settings(auth_keys_file=written(tmp_path / "empty", "# nothing yet\n")))
    with pytest.raises(InvalidSetting, match="none cannot be read: No such file"):
        access_keys(Settings(auth_keys_file=str(tmp_path / "none")))
    with pytest.raises(InvalidSetting, match="binary cannot be read: it is not a text"):
        verifying_key(written(tmp_path / "binary", b"\xff\xfe"))


@pytest.mark.parametrize(
    ("private", "algorithms"),
    [
        (rsa.generate_private_key(65537, 2048), ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
        (ec.generate_private_key(ec.SECP256R1()), ("ES256",)),
        (ec.generate_private_key(ec.SECP384R1()), ("ES384",)),
        (ed25519.Ed25519PrivateKey.generate(), ("EdDSA",)),
    ],
    ids=["rsa", "p-256", "p-384", "ed25519"],
)
def test_a_public_key_is_used_for_its_own_algorithms(
    tmp_path: Path,
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    algorithms: tuple[str, ...],
) -> None:
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert verifying_key(written(tmp_path / "key.pem", pem)).algorithms == algorithms


def test_anything_else_is_a_shared_secret_if_it_is_long_enough(tmp_path: Path) -> None:
    key = verifying_key(written(tmp_path / "secret", "x" * 32 + "\n"))
    assert (key.key, key.algorithms) == (b"x" * 32, ("HS256", "HS384", "HS512"))
    with pytest.raises(InvalidSetting, match="a shared secret needs at least 32 bytes"):
        verifying_key(written(tmp_path / "short", "x" * 31))


def test_other_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="neither a public key nor a certificate"):
        verifying_key(written(tmp_path / "broken", "-----BEGIN PUBLIC KEY-----\nno\n-----END PUBLIC KEY-----"))
    other = dsa.generate_private_key(1024).public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(InvalidSetting, match="keys of this kind are not supported"):
        verifying_key(written(tmp_path / "dsa", pem))
