"""Ending a running query from another thread: nobody waits for its answer any more.

Whoever runs a query says how to end it; whoever waits for it may cancel. Depends on nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mqt_serving.errors import QueryCancelled

_RETRY_SECONDS = 0.2


class Cancellation:
    """Of one request, whose queries run one after the other. Thread-safe."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._lock = threading.Lock()
        self._end: Callable[[], None] | None = None

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """End what runs, and refuse what would run next; returns once nothing runs.

        A query that has not reached the server yet cannot be ended there: so until it has ended,
        the end is asked for again and again.
        """
        self._cancelled.set()
        while not self._idle.is_set():
            with self._lock:
                if self._end is not None:
                    self._end()
            self._idle.wait(_RETRY_SECONDS)

    @contextmanager
    def running(self, end: Callable[[], None]) -> Iterator[None]:
        """Inside, `cancel` calls `end`; once left, `end` is never called again.

        Raises `QueryCancelled` when it is cancelled before it begins.
        """
        with self._lock:
            self._end = end
            self._idle.clear()
        try:
            if self.is_cancelled:
                raise QueryCancelled("Nobody waits for the answer any more: the query is not run.")
            yield
        finally:
            with self._lock:
                self._end = None
            self._idle.set()
