"""A TCP proxy between server and database that can do what networks do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from enum import StrEnum

from tests.serving import HOST

PIECE = 65536


class Fault(StrEnum):
    """What happens to connections, those that are open and new ones."""

    NONE = "none"
    CUT = "cut"
    """Closed, and refused a moment after they were made."""
    RESET = "reset"
    """Reset, as by a firewall that has forgotten them."""
    DELAY = "delay"
    """Every piece arrives late."""
    SILENT = "silent"
    """Open, but nothing comes through any more: the other side has vanished."""


class Proxy:
    """Passes everything on to a port of this machine, until it is told a fault."""

    def __init__(self, target: int, delay: float = 0.3) -> None:
        self._target, self._delay = target, delay
        self._fault = Fault.NONE
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Proxy]:
        """Listen on `port` until the block ends."""
        server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self._drop(reset=True)

    def set(self, fault: Fault) -> None:
        """From now on."""
        healed, self._fault = self._fault is Fault.SILENT, fault
        if fault in (Fault.CUT, Fault.RESET) or healed:  # what was swallowed cannot be continued
            self._drop(reset=fault is not Fault.CUT)

    def _drop(self, reset: bool) -> None:
        for writer in list(self._writers):
            if reset:
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if self._fault in (Fault.CUT, Fault.RESET):
            self._drop(reset=self._fault is Fault.RESET)
            self._writers.discard(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.close()
            return
        self._writers.add(far_writer)
        try:
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        finally:
            for each in (writer, far_writer):
                each.close()
                self._writers.discard(each)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE):
                if self._fault is Fault.DELAY:
                    await asyncio.sleep(self._delay)
                if self._fault is not Fault.SILENT:
                    writer.write(piece)
                    await writer.drain()
        writer.close()
