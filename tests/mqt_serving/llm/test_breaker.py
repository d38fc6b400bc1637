"""Opens after failures in a row, tries again with one call, closes when that one works."""

from __future__ import annotations

from mqt_serving.llm.breaker import LONGEST_PAUSE_SECONDS, Breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def failing(clock: Clock, times: int = 3) -> Breaker:
    breaker = Breaker(failures=3, pause_seconds=30, clock=clock)
    for _ in range(times):
        assert breaker.admit()
        breaker.failed()
    return breaker


def test_it_stays_closed_until_enough_calls_failed_in_a_row() -> None:
    breaker = failing(Clock(), times=2)
    assert breaker.admit()
    breaker.succeeded()
    for _ in range(2):
        assert breaker.admit()
        breaker.failed()
    assert breaker.admit()


def test_open_it_refuses_until_the_pause_is_over() -> None:
    clock = Clock()
    breaker = failing(clock)
    assert breaker.is_open
    clock.now = 29.9
    assert not breaker.admit()
    clock.now = 30.0
    assert breaker.admit()


def test_half_open_it_lets_one_call_through_which_decides() -> None:
    clock = Clock()
    breaker = failing(clock)
    clock.now = 30.0
    assert [breaker.admit() for _ in range(3)] == [True, False, False]
    breaker.failed()
    assert not breaker.admit()
    clock.now = 60.0
    assert breaker.admit()
    breaker.succeeded()
    assert not breaker.is_open
    assert all(breaker.admit() for _ in range(3))


def test_a_trial_that_told_nothing_leaves_the_next_one_to_decide() -> None:
    clock = Clock()
    breaker = failing(clock)
    clock.now = 30.0
    assert breaker.admit()
    breaker.unjudged()
    assert breaker.is_open
    assert breaker.admit()


def test_an_endpoint_that_says_how_long_is_left_alone_at_once_for_that_long() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    breaker.failed(120.0)
    clock.now = 119.0
    assert not breaker.admit()
    clock.now = 120.0
    assert breaker.admit()
    breaker.failed(1e9)
    clock.now = 120.0 + LONGEST_PAUSE_SECONDS
    assert breaker.admit()
