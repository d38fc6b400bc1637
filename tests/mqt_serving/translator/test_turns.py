"""So many at a time, and nobody overtakes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from mqt_serving.translator.turns import Turns

PATIENCE = 10.0


class Crowd:
    """Threads that take turns; each stays inside until it is told to leave."""

    def __init__(self, at_once: int, size: int) -> None:
        self.turns = Turns(at_once)
        self.entered: list[int] = []
        self._may_leave = [threading.Event() for _ in range(size)]
        self._threads = ThreadPoolExecutor(size)

    def come(self, who: int) -> Future[None]:
        """Returns once `who` is inside or waits."""
        waiting, inside = self.turns.waiting, len(self.entered)
        future = self._threads.submit(self._stay, who)
        eventually(lambda: self.turns.waiting > waiting or len(self.entered) > inside)
        return future

    def leave(self, who: int) -> None:
        self._may_leave[who].set()

    def _stay(self, who: int) -> None:
        with self.turns.taken():
            self.entered.append(who)
            assert self._may_leave[who].wait(PATIENCE)


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.001)


def test_who_waits_comes_in_the_order_of_arrival() -> None:
    crowd = Crowd(at_once=2, size=5)
    for who in range(5):
        crowd.come(who)
    assert crowd.entered == [0, 1]
    for leaving, following in ((1, [0, 1, 2]), (0, [0, 1, 2, 3]), (2, [0, 1, 2, 3, 4])):
        crowd.leave(leaving)
        eventually(lambda following=following: crowd.entered == following)  # type: ignore[misc]
    crowd.leave(3)
    crowd.leave(4)


def test_a_place_that_is_given_up_goes_to_who_waits_and_not_to_who_comes_back() -> None:
    turns = Turns(1)
    order: list[str] = []

    def other() -> None:
        with turns.taken():
            order.append("other")

    with turns.taken():
        waiting = threading.Thread(target=other)
        waiting.start()
        eventually(lambda: turns.waiting == 1)
    with turns.taken():
        order.append("back")
    waiting.join(PATIENCE)
    assert order == ["other", "back"]


def test_an_error_inside_gives_the_place_back() -> None:
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="inside"), turns.taken():
            raise RuntimeError("inside")
    assert turns.waiting == 0


def test_nobody_at_all_is_no_setting() -> None:
    with pytest.raises(ValueError, match="not 0"):
        Turns(0)
