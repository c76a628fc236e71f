"""HTTP tasks do not reach link-local addresses, by whatever way they are named."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import httpcore
import pytest

from engine.workers.addresses import GuardedNetwork, link_local
from engine.workers.http_client import HttpRequest, NoAnswer
from engine.workers.httpx_client import HttpxClient, guarded_transport
from tests.unit.engine.workers.loopback import Loopback


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%2",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
def test_link_local_addresses_in_all_their_forms(address: str) -> None:
    assert link_local(ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "93.184.216.34", "::1", "2606:4700::1"])
def test_other_addresses_are_allowed(address: str) -> None:
    assert not link_local(ip_address(address))


class Network(httpcore.AsyncNetworkBackend):
    """Remembers where it was to connect to; `dead` addresses refuse."""

    def __init__(self, *dead: str) -> None:
        self.dead = dead
        self.called: list[str] = []

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        self.called.append(host)
        if host in self.dead:
            raise httpcore.ConnectError("refused")
        return httpcore.AsyncMockStream([])


def connect(monkeypatch: pytest.MonkeyPatch, found: list[str], network: Network, allow: bool = False) -> None:
    """Connect to a name that resolves to these addresses."""

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in found]

    async def scenario() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
        await GuardedNetwork(network, allow).connect_tcp("name.example", 80, 1.0)

    asyncio.run(scenario())


def test_a_name_that_resolves_to_a_link_local_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network()
    with pytest.raises(httpcore.ConnectError, match=r"name\.example is the link-local address 169\.254\.169\.254"):
        connect(monkeypatch, ["169.254.169.254"], network)
    assert network.called == []


def test_the_address_that_was_checked_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network()
    connect(monkeypatch, ["169.254.1.1", "10.0.0.1"], network)
    assert network.called == ["10.0.0.1"]


def test_the_next_address_is_tried_when_one_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network("10.0.0.1")
    connect(monkeypatch, ["10.0.0.1", "10.0.0.2"], network)
    assert network.called == ["10.0.0.1", "10.0.0.2"]
    with pytest.raises(httpcore.ConnectError, match="refused"):
        connect(monkeypatch, ["10.0.0.1"], network)


def test_an_operator_may_allow_them(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network()
    connect(monkeypatch, ["169.254.169.254"], network, allow=True)
    assert network.called == ["169.254.169.254"]


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "0xA9FEA9FE", "[fe80::1]"])
def test_a_task_cannot_name_them(host: str) -> None:
    with pytest.raises(NoAnswer, match="which HTTP tasks may not call"):
        asyncio.run(HttpxClient().send(HttpRequest("GET", f"http://{host}/latest/meta-data")))


def test_a_redirect_does_not_lead_there() -> None:
    async def scenario() -> None:
        place = "http://169.254.169.254/latest/meta-data"
        async with Loopback(lambda exchange: exchange.answer(302, Location=place)) as server:
            http = HttpxClient()
            try:
                await http.send(HttpRequest("GET", server.url))
            finally:
                await http.close()

    with pytest.raises(NoAnswer, match="which HTTP tasks may not call"):
        asyncio.run(scenario())


def test_every_connection_of_the_transport_is_guarded() -> None:
    """httpx has no parameter for the network, so this holds its one private name that is used."""
    pool = guarded_transport(ssl.create_default_context(), allow_link_local=False)._pool
    assert isinstance(pool, httpcore.AsyncConnectionPool)
    assert isinstance(pool._network_backend, GuardedNetwork)
