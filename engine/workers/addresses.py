"""Which addresses HTTP tasks may call, decided on what a name resolves to and at the moment of connecting.

The metadata services of clouds listen on link-local addresses and hand out credentials to whoever asks. The check
stands below redirects, name resolution and proxies, and the address that was checked is the one that is called.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpcore

Address = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")


def link_local(address: Address) -> bool:
    """True for a link-local address, also for an IPv4 one inside an IPv6 one."""
    inside = _inside(address) if isinstance(address, IPv6Address) else None
    return address.is_link_local or (inside is not None and inside.is_link_local)


def _inside(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connections to allowed addresses only."""

    def __init__(self, network: httpcore.AsyncNetworkBackend, allow_link_local: bool) -> None:
        self._network, self._allow_link_local = network, allow_link_local

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, refuse, connect; `httpcore.ConnectError` or `ConnectTimeout` says what went wrong."""
        loop = asyncio.get_running_loop()
        until = None if timeout is None else loop.time() + timeout
        problem: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in await self._resolved(host, port, timeout):
            left = None if until is None else max(until - loop.time(), 0.001)
            try:
                return await self._network.connect_tcp(str(address), port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = problem or error
        raise problem or httpcore.ConnectError(f"{host}: no address")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _resolved(self, host: str, port: int, timeout: float | None) -> list[Address]:
        try:
            async with asyncio.timeout(timeout):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"{host}: looking up the name took too long") from None
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host}: {getattr(error, 'strerror', None) or error}") from error
        addresses = list(dict.fromkeys(ip_address(each[4][0]) for each in found))
        allowed = [address for address in addresses if self._allow_link_local or not link_local(address)]
        if addresses and not allowed:
            text = f"{host} is the link-local address {addresses[0]}, which HTTP tasks may not call on this server"
            raise httpcore.ConnectError(text)
        return allowed
