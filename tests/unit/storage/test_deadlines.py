"""Deadlines against a plain dict, and the size of what is kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.ports import Due
from storage.deadlines import Deadlines

KEYS = st.tuples(st.sampled_from(["w1", "w2"]), st.sampled_from(["", "t1", "t2"]))
CHANGES = st.tuples(KEYS, st.integers(0, 6))
LOOKS = st.tuples(st.integers(0, 6), st.integers(0, 4))


@given(st.lists(CHANGES | LOOKS, max_size=40))
def test_deadlines_are_those_last_stated(steps: list[tuple[tuple[str, str] | int, int]]) -> None:
    deadlines = Deadlines()
    model: dict[tuple[str, str], int] = {}
    for what, number in steps:
        if isinstance(what, tuple):
            workflow_id, task_id = what
            deadlines.state(workflow_id, task_id, number)
            model.pop(what, None)
            model |= {what: number} if number else {}
        else:
            passed = sorted((at, *key) for key, at in model.items() if at <= what)[:number]
            assert deadlines.due(what, number) == [Due(workflow_id, task_id, at) for at, workflow_id, task_id in passed]
            for _, workflow_id, task_id in passed:
                del model[workflow_id, task_id]
        assert deadlines.next() == min(model.values(), default=None)


def test_a_deadline_that_moves_all_the_time_takes_no_room() -> None:
    deadlines = Deadlines()
    for at in range(1, 100_000):
        deadlines.state("w", "t", at)
    assert len(deadlines._heap) < 100
    assert deadlines.due(100_000, 9) == [Due("w", "t", 99_999)]
