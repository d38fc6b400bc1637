"""A circuit breaker: an endpoint that keeps failing is left alone for a while.

Closed, it lets every call through; after some failures in a row it opens and refuses all. After a
pause it is half open: one call goes through and decides (M. Nygard, Release It!, chapter 5).
Thread-safe.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 3
PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 600.0


class Breaker:
    def __init__(
        self,
        failures: int = FAILURES,
        pause_seconds: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._pause = pause_seconds
        self._clock = clock
        self._failed = 0
        self._open_until: float | None = None  # None: closed
        self._trying = False  # half open, and the one call is under way
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, but for the one that tries again after the pause."""
        return self._open_until is not None

    def admit(self) -> bool:
        """Whether a call may be made; each admitted call must be followed by one verdict."""
        with self._lock:
            if self._open_until is None:
                return True
            if self._trying or self._clock() < self._open_until:
                return False
            self._trying = True
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failed, self._open_until, self._trying = 0, None, False

    def failed(self, pause_seconds: float | None = None) -> None:
        """With `pause_seconds` (the endpoint said how long) it opens at once, for that long."""
        with self._lock:
            self._failed += 1
            reopened = self._trying
            self._trying = False
            if pause_seconds is None and not reopened and self._failed < self._limit:
                return
            pause = self._pause if pause_seconds is None else pause_seconds
            self._open_until = self._clock() + min(max(pause, 1.0), LONGEST_PAUSE_SECONDS)

    def unjudged(self) -> None:
        """The call ended without telling anything about the endpoint."""
        with self._lock:
            self._trying = False
