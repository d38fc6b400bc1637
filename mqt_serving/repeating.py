"""Work that a process does again and again beside its requests, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Repeating:
    """Calls `work`, waits `seconds`, and again, until `stop()`; the first call is immediate."""

    def __init__(self, name: str, work: Callable[[], None], seconds: float) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work in a daemon thread; nothing when it works already."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._repeat, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def _repeat(self) -> None:
        while not self._stop.is_set():
            try:
                self._work()
            except Exception:  # the thread must live on: what it does would silently stop
                log.exception("%s failed; it tries again", self._name)
            self._stop.wait(self._seconds)
