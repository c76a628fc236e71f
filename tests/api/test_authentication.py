"""Servers with authentication on, as real processes: nothing of the API without a token, all of it with one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from handlers.http.contract import Operation, load_document, read
from handlers.seed import seed
from tests.rest import Rest, assert_error
from tests.serving import PROJECT, Server

SECRET = "acceptance-of-billing"
FAR = 2**33
OPERATIONS = [
    operation
    for operation in read(load_document(PROJECT / "openapi.yaml")).operations.values()
    if operation.credentials
]


@pytest.fixture(scope="module")
def issuer() -> ec.EllipticCurvePrivateKey:
    """The private key of an issuer elsewhere."""
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, issuer: ec.EllipticCurvePrivateKey) -> Iterator[Server]:
    """A server that takes access keys and the tokens of that issuer."""
    pem = tmp_path_factory.mktemp("keys") / "issuer.pem"
    pem.write_bytes(issuer.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    environment = {
        "SEGUE_AUTH_KEYS": f"billing:{SECRET}",
        "SEGUE_AUTH_JWT_KEY_FILE": str(pem),
        "SEGUE_AUTH_JWT_ISSUER": "https://id.example",
        "SEGUE_AUTH_JWT_SCOPE": "flows",
    }
    with Server("--memory", environment=environment) as server:
        yield server


@pytest.fixture
def http(guarded: Server) -> Iterator[httpx.Client]:
    with Rest(guarded.base_url) as rest:
        yield rest.http


def bought(http: httpx.Client, secret: str = SECRET) -> httpx.Response:
    return http.post("/token", json={"keyId": "billing", "keySecret": secret})


def ask(http: httpx.Client, token: str, header: str = "X-Authorization") -> httpx.Response:
    return http.get("/metadata/taskdefs", headers={header: token})


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.operation_id)
def test_no_operation_answers_without_a_token(http: httpx.Client, operation: Operation) -> None:
    path = re.sub(r"{\w+}", "x", operation.path)
    refused = assert_error(http.request(operation.method, path, content=b"not json"), 401)
    assert refused["error"] == "INVALID_TOKEN"


def test_what_is_not_part_of_the_api_stays_open(guarded: Server) -> None:
    for path in ("/health", "/api/health", "/health/ready", "/docs", "/openapi.json"):
        assert httpx.get(guarded.root_url + path, trust_env=False).status_code == 200, path


def test_a_key_buys_a_token_and_the_token_opens_everything(http: httpx.Client) -> None:
    token = bought(http).json()["token"]
    assert ask(http, token).json() == []
    assert ask(http, f"Bearer {token}", "Authorization").json() == []
    assert_error(http.get("/workflow/none", headers={"X-Authorization": token}), 404)


@pytest.mark.parametrize(("body", "status"), [(b"{}", 400), (b"", 400), (b"{", 400), (b'{"keyId": 1}', 400)])
def test_a_request_for_a_token_has_to_be_one(http: httpx.Client, body: bytes, status: int) -> None:
    assert_error(http.post("/token", content=body, headers={"Content-Type": "application/json"}), status)


def test_a_wrong_secret_buys_nothing(http: httpx.Client) -> None:
    refused = assert_error(bought(http, "x" * 21), 401)
    assert refused["error"] == "INVALID_CREDENTIALS"
    assert SECRET not in str(refused)


def test_forged_tokens_are_refused(http: httpx.Client) -> None:
    for token in (
        "x",
        jwt.encode({"exp": FAR}, "k" * 32, "HS256", {"kid": "billing"}),
        bought(http).json()["token"][:-4],
    ):
        assert assert_error(ask(http, token), 401)["error"] == "INVALID_TOKEN"


def test_tokens_of_the_issuer_that_is_trusted(http: httpx.Client, issuer: ec.EllipticCurvePrivateKey) -> None:
    claims = {"iss": "https://id.example", "exp": FAR, "scope": "flows"}

    def outcome(**changes: object) -> tuple[int, str | None]:
        answer = ask(http, jwt.encode({**claims, **changes}, issuer, "ES256"))
        return answer.status_code, answer.json()["error"] if answer.is_error else None

    assert outcome() == (200, None)
    assert outcome(exp=1) == (401, "EXPIRED_TOKEN")
    assert outcome(iss="https://other.example") == (401, "INVALID_TOKEN")
    assert outcome(scope="mail") == (403, "INSUFFICIENT_SCOPE")


@pytest.mark.parametrize(
    ("secret", "status", "said"),
    [(SECRET, 0, "created    task seeded"), ("x" * 16, 1, "The server gives no token: 401 There is no access key")],
)
def test_definitions_are_seeded_with_a_key(
    guarded: Server, tmp_path: Path, secret: str, status: int, said: str
) -> None:
    (tmp_path / "task.json").write_text('{"name": "seeded"}')
    arguments = ["--server", guarded.base_url, "--key", "billing", "--secret", secret, "--dry-run", str(tmp_path)]
    report = CliRunner().invoke(seed, arguments)
    assert (report.exit_code, said in report.output) == (status, True), report.output


def test_secrets_do_not_reach_the_log(http: httpx.Client, guarded: Server) -> None:
    token = bought(http).json()["token"]
    ask(http, token)
    log = guarded.log()
    assert "authentication=on" in log
    assert SECRET not in log
    assert token not in log


def test_a_start_with_unusable_keys_is_refused_in_a_sentence(tmp_path: Path) -> None:
    server = Server("--memory", environment={"SEGUE_AUTH_KEYS_FILE": str(tmp_path / "none")})
    server.launch()
    assert server.wait() == 2
    assert "none cannot be read: No such file or directory." in server.log()
    assert "Traceback" not in server.log()
    server.close()
