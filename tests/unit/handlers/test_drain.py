"""When the server is about to stop, whoever only waits gets an answer at once."""

from __future__ import annotations

import asyncio

import pytest

from handlers.drain import Drain


async def forever() -> list[str]:
    await asyncio.Event().wait()
    return ["never"]


async def soon() -> list[str]:
    await asyncio.sleep(0)
    return ["task"]


def test_a_poll_that_finds_something_is_not_disturbed() -> None:
    assert asyncio.run(Drain().or_nothing(soon())) == ["task"]


def test_waiting_polls_are_answered_with_nothing() -> None:
    async def run() -> list[list[str]]:
        drain = Drain()
        waiting = [asyncio.create_task(drain.or_nothing(forever())) for _ in range(3)]
        await asyncio.sleep(0)
        drain.begin()
        return await asyncio.wait_for(asyncio.gather(*waiting), 5)

    assert asyncio.run(run()) == [[], [], []]


def test_later_polls_do_not_even_begin() -> None:
    async def run() -> list[str]:
        drain = Drain()
        drain.begin()
        return await asyncio.wait_for(drain.or_nothing(forever()), 5)

    assert asyncio.run(run()) == []


def test_a_client_that_goes_away_is_no_drain() -> None:
    async def run() -> None:
        waiting = asyncio.create_task(Drain().or_nothing(forever()))
        await asyncio.sleep(0)
        waiting.cancel()
        await waiting

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())


def test_an_error_of_the_poll_goes_through() -> None:
    async def broken() -> list[str]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(Drain().or_nothing(broken()))
