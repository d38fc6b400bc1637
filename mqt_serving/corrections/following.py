"""The thread that keeps the live corrections up to date with the journal.

While the journal is away, what was known last is served on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from mqt_serving.corrections.keeping import Changes
from mqt_serving.corrections.live import LiveCorrections
from mqt_serving.errors import MqtError
from mqt_serving.repeating import Repeating

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
OVERLAP = timedelta(seconds=15)
"""A write is stamped before it can be read: later than `wtimeout` of the journal it is there."""

Read = Callable[[datetime | None], Changes]


class CorrectionsFollower:
    def __init__(
        self,
        corrections: LiveCorrections,
        read: Read,
        afterwards: Callable[[], None] = lambda: None,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """`read` gives the corrections that changed since a moment of the server's clock;
        `afterwards` is called after each look, in the same thread."""
        self._corrections = corrections
        self._read = read
        self._afterwards = afterwards
        self._seen: datetime | None = None  # by the server's clock; None before the first look
        self._away = False
        self._looking = threading.Lock()
        self._following = Repeating("corrections-follower", self._look_around, poll_seconds)

    def start(self) -> None:
        """Follow in a daemon thread until `stop()`; the first look is immediate."""
        self._following.start()

    def stop(self) -> None:
        self._following.stop()

    def check(self) -> None:
        """Look once: what the journal held when this was called is known then. Never raises."""
        with self._looking:
            self._look()

    def _look(self) -> None:
        try:
            changes = self._read(None if self._seen is None else self._seen - OVERLAP)
        except MqtError as error:
            if not self._away:
                log.warning("corrections are served as they were last known: %s", error)
            self._away = True
            return
        self._away = False
        self._corrections.apply(changes.documents)
        self._seen = changes.until

    def _look_around(self) -> None:
        self.check()
        self._afterwards()
