"""Who may compute now: at most so many at once, the others in the order in which they came.

More threads than processors translate no faster, and a question that began waits for those that
began after it. `threading.Semaphore` would let a thread that just left in again before one that
waits.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Turns:
    """Thread-safe; not to be entered twice by one thread."""

    def __init__(self, at_once: int) -> None:
        """Raises `ValueError` when nobody could ever enter."""
        if at_once < 1:
            raise ValueError(f"at least one must be let in at a time, not {at_once}")
        self._free = at_once
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Inside, one of the places is taken; waits for it as long as it takes."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = threading.Event()
            self._waiting.append(called)
        called.wait()

    def _leave(self) -> None:
        """Hands the place on: nobody who comes now can take it before the first who waits."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
