"""HTTP through httpx: no proxy and no cookies from anywhere, redirects as the reference follows them, sizes limited."""

from __future__ import annotations

import asyncio
import os
import ssl

import httpcore
import httpx

from engine.workers.addresses import GuardedNetwork
from engine.workers.http_client import HttpAnswer, HttpRequest, NoAnswer
from engine.workers.unpacking import TooLong, Unreadable, unpacked

BODY_LIMIT = 10 * 1024 * 1024
"""Bytes of an answer's body that are taken, unless the operator says otherwise."""
MOST_REDIRECTS = 50
IDLE_S = 2.0
"""How long a connection is kept for the next request; short, so that the other side rarely closes it first."""
MOST_IDLE = 20
REDIRECTS = frozenset({301, 302, 303, 307, 308})
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
OF_THE_BODY = frozenset({"content-type", "content-length", "transfer-encoding", "content-encoding"})
OF_THE_HOST = frozenset({"authorization", "cookie", "host"})
"""Headers that do not go on to another host."""


class HttpxClient:
    """`HttpClient` for real; TLS is set up with the first request, because that takes a while."""

    def __init__(self, body_limit: int = BODY_LIMIT, allow_link_local: bool = False) -> None:
        self._body_limit, self._allow_link_local = body_limit, allow_link_local
        self._transport: httpx.AsyncBaseTransport | None = None

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """See `HttpClient`."""
        present = _built(request)
        visited: set[httpx.URL] = set()
        while True:
            answer = await self._exchange(present, request)
            place = answer.header("location")
            if answer.status not in REDIRECTS or not place:
                return answer
            present = _redirected(present, answer.status, place)
            if present.url in visited or len(visited) > MOST_REDIRECTS:
                raise NoAnswer(_io_error(request, f"Circular redirect to '{present.url}'"))
            visited.add(present.url)

    async def close(self) -> None:
        """See `HttpClient`."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.aclose()

    async def _exchange(self, present: httpx.Request, request: HttpRequest) -> HttpAnswer:
        """One request and its answer. A connection that broke is tried anew once, where repeating does no harm."""
        try:
            return await self._once(present)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
            if present.method not in REPEATABLE:
                raise NoAnswer(_io_error(request, _text(error, present))) from error
        except httpx.HTTPError as error:
            raise NoAnswer(_io_error(request, _text(error, present))) from error
        try:
            return await self._once(present)
        except httpx.HTTPError as error:
            raise NoAnswer(_io_error(request, _text(error, present))) from error

    async def _once(self, present: httpx.Request) -> HttpAnswer:
        transport = await self._ready()
        response = await transport.handle_async_request(present)
        try:
            headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
            body = await unpacked(response.aiter_raw(), response.headers.get("content-encoding", ""), self._body_limit)
        except TooLong:
            limit = f"{self._body_limit} bytes, the longest that this server takes"
            raise NoAnswer(f"The answer of {_place(present.url)} is longer than {limit}") from None
        except Unreadable as error:
            raise NoAnswer(f"The answer of {_place(present.url)} cannot be unpacked: {error}") from error
        finally:
            await response.aclose()
        return HttpAnswer(response.status_code, headers, body)

    async def _ready(self) -> httpx.AsyncBaseTransport:
        if self._transport is None:
            context = await asyncio.to_thread(httpx.create_ssl_context, trust_env=False)
            self._transport = self._transport or guarded_transport(context, self._allow_link_local)
        return self._transport


def guarded_transport(context: ssl.SSLContext, allow_link_local: bool) -> httpx.AsyncHTTPTransport:
    """A transport whose every connection goes through `GuardedNetwork`."""
    transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    # httpx has no parameter for this (encode/httpx 0.28)
    transport._pool = httpcore.AsyncConnectionPool(
        ssl_context=context,
        max_connections=None,
        max_keepalive_connections=MOST_IDLE,
        keepalive_expiry=IDLE_S,
        network_backend=GuardedNetwork(httpcore.AnyIOBackend(), allow_link_local),
    )
    return transport


def _built(request: HttpRequest) -> httpx.Request:
    timeout = httpx.Timeout(None, connect=request.connect_timeout, read=request.read_timeout).as_dict()
    headers = [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in request.headers
    ]
    return httpx.Request(
        request.method, _url(request.uri), headers=headers, content=request.content or None,
        extensions={"timeout": timeout},
    )  # fmt: skip


def _url(uri: str) -> httpx.URL:
    """The address; what may not stand in one is escaped, what is escaped already stays (§2.15)."""
    try:
        url = httpx.URL(uri)
    except httpx.InvalidURL as error:
        raise ValueError(f"{uri!r} is not a URI: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"{uri!r} is not the URI of an HTTP server: write it as http://host/path or https://host/path")
    if url.userinfo:
        raise ValueError(f"The URI of {url.host} carries a user's name or password: send them in a header")
    if url.port is not None and not 0 < url.port < 65_536:
        raise ValueError(f"{url.port} is not a port, in {uri!r}")
    return url


def _redirected(request: httpx.Request, status: int, place: str) -> httpx.Request:
    """The request that a redirect asks for: 303 turns everything into GET, 301 and 302 only POST."""
    try:
        url = _url(str(request.url.join(place)))
    except (httpx.InvalidURL, ValueError) as error:
        raise NoAnswer(f"{request.url} redirects to {place}, which cannot be called: {error}") from error
    become_get = request.method not in ("GET", "HEAD") if status == 303 else request.method == "POST"
    as_get = become_get and status in (301, 302, 303)
    dropped = OF_THE_BODY if as_get else frozenset({"content-length", "transfer-encoding"})
    if (url.scheme, url.host, url.port) != (request.url.scheme, request.url.host, request.url.port):
        dropped = dropped | OF_THE_HOST
    headers = [(name, value) for name, value in request.headers.raw if name.decode("latin-1").lower() not in dropped]
    return httpx.Request(
        "GET" if as_get else request.method, url, headers=headers, content=None if as_get else request.content or None,
        extensions=request.extensions,
    )  # fmt: skip


def _io_error(request: HttpRequest, problem: str) -> str:
    return f'I/O error on {request.method} request for "{request.uri.partition("?")[0]}": {problem}'


def _text(error: httpx.HTTPError, request: httpx.Request) -> str:
    """What went wrong, in the reference's words where it has some."""
    place = _place(request.url)
    if isinstance(error, httpx.ConnectTimeout):
        return f"Connect to {place} failed: {str(error) or 'Connect timed out'}"
    if isinstance(error, httpx.ConnectError):
        return f"Connect to {place} failed: {_root(error)}"
    if isinstance(error, httpx.ReadTimeout):
        return "Read timed out"
    return str(error) or type(error).__name__


def _place(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _root(error: BaseException) -> str:
    """The innermost cause that has a text for people."""
    text = str(error)
    cause = error.__cause__ or error.__context__
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            text = os.strerror(cause.errno) if cause.errno and cause.errno > 0 else cause.strerror
        cause = cause.__cause__ or cause.__context__
    return text
