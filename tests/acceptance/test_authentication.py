"""The SDK with an access key, as its users configure it: it gets a token, and another one when that has expired."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.settings.authentication_settings import AuthenticationSettings
from conductor.client.http.models import TaskDef
from conductor.client.http.rest import AuthorizationException
from conductor.client.metadata_client import MetadataClient
from conductor.client.orkes_clients import OrkesClients

from tests.polling import until
from tests.serving import Server

SECRET = "a-secret-for-acceptance"


@pytest.fixture(scope="module")
def guarded_server() -> Iterator[Server]:
    """A server whose tokens live for a second."""
    environment = {"SEGUE_AUTH_KEYS": f"sdk:{SECRET}", "SEGUE_AUTH_TOKEN_SECONDS": "1"}
    with Server("--memory", environment=environment) as server:
        yield server


def connected(server: Server, secret: str) -> tuple[Configuration, MetadataClient]:
    access = AuthenticationSettings(key_id="sdk", key_secret=secret)
    configuration = Configuration(server_api_url=server.base_url, authentication_settings=access)
    return configuration, OrkesClients(configuration).get_metadata_client()


def test_a_token_is_got_and_renewed_when_it_has_expired(guarded_server: Server) -> None:
    configuration, metadata = connected(guarded_server, SECRET)
    metadata.register_task_def(TaskDef(name="guarded"))
    first = configuration.AUTH_TOKEN
    assert first

    def expired() -> bool:
        headers = {"X-Authorization": str(first)}
        answer = httpx.get(f"{guarded_server.base_url}/metadata/taskdefs", headers=headers, trust_env=False)
        return answer.status_code == 401 and answer.json()["error"] == "EXPIRED_TOKEN"

    until(expired, "the token expires", every=0.1)
    assert metadata.get_task_def("guarded").name == "guarded"
    assert configuration.AUTH_TOKEN not in (None, first)


def test_a_wrong_secret_is_an_error_and_no_endless_renewal(guarded_server: Server) -> None:
    _, metadata = connected(guarded_server, SECRET.upper())
    with pytest.raises(AuthorizationException) as refused:
        metadata.get_all_task_defs()
    assert (refused.value.status, refused.value.error_code) == (401, "INVALID_TOKEN")
    assert guarded_server.log().count("POST /api/token") < 10


def test_no_key_is_an_error(guarded_server: Server) -> None:
    metadata = OrkesClients(Configuration(server_api_url=guarded_server.base_url)).get_metadata_client()
    with pytest.raises(AuthorizationException) as refused:
        metadata.get_all_task_defs()
    assert refused.value.status == 401
