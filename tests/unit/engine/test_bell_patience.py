"""The end of a poll's patience is no ring: it wakes nobody and leaves nothing behind."""

from __future__ import annotations

import asyncio

from engine.bells import Bells, stop_waiting

QUEUE = "some_task"


def test_a_poll_that_gives_up_wakes_no_other() -> None:
    async def story() -> tuple[bool, bool]:
        bells = Bells()
        impatient, patient = bells.listen(QUEUE), bells.listen(QUEUE)
        stop_waiting(impatient)
        bells.leave(QUEUE, impatient, served=False)
        woken_by_impatience = patient.done()
        bells.ring(QUEUE)
        return woken_by_impatience, patient.result()

    assert asyncio.run(story()) == (False, True)


def test_polls_that_have_left_are_forgotten() -> None:
    async def left_behind() -> int:
        bells = Bells()
        for _ in range(1000):
            bell = bells.listen(QUEUE)
            stop_waiting(bell)
            bells.leave(QUEUE, bell, served=False)
        return bells.waiting(QUEUE)

    assert asyncio.run(left_behind()) == 0


def test_a_ring_that_led_to_nothing_goes_to_the_next() -> None:
    async def passed_on() -> bool:
        bells = Bells()
        first, second = bells.listen(QUEUE), bells.listen(QUEUE)
        bells.ring(QUEUE)
        bells.leave(QUEUE, first, served=False)
        return second.result()

    assert asyncio.run(passed_on())
