"""Corners of limits that random queues rarely meet."""

from __future__ import annotations

from engine.ports import Limit
from storage.limits import LimitUse


def test_a_claim_that_is_given_back_uncovers_the_one_before_it() -> None:
    short, long = Limit("k", per_window=1, window_ms=10), Limit("k", per_window=1, window_ms=100)
    use = LimitUse()
    use.take(long, 0)
    use.take(short, 10)
    assert use.opens_at(long) == 110
    use.give_back(10)
    assert use.opens_at(long) == 100
    assert use.opens_at(short) == 10


def test_only_claims_that_a_limit_looks_at_are_kept() -> None:
    limit = Limit("k", per_window=3, window_ms=10)
    use = LimitUse()
    for now in range(0, 10_000, 4):
        use.take(limit, now)
    assert len(use.stamps) == 3


def test_without_a_window_no_claims_are_kept() -> None:
    use = LimitUse()
    use.take(Limit("k", concurrent=2), 5)
    assert not use.stamps
    assert not use.idle
    assert not use.full(Limit("k", concurrent=2))
    assert use.full(Limit("k", concurrent=1))
