"""The thread that takes what waits in the spools to the journal, in order, once it is back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from mqt_serving.errors import MqtError
from mqt_serving.repeating import Repeating

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0


class SpoolDrainer:
    def __init__(
        self, drains: Sequence[Callable[[], None]], poll_seconds: float = POLL_SECONDS
    ) -> None:
        """`drains` run one after the other: each may need what those before it wrote."""
        self._drains = drains
        self._waits = False
        self._draining = Repeating("spool-drainer", self.check, poll_seconds)

    def start(self) -> None:
        """Drain in a daemon thread until `stop()`; the first look is immediate."""
        self._draining.start()

    def stop(self) -> None:
        self._draining.stop()

    def check(self) -> None:
        """Drain once, as far as it goes. Never raises an `MqtError`."""
        try:
            for drain in self._drains:
                drain()
        except MqtError as error:
            if not self._waits:
                log.warning("what waits in the spool goes on waiting: %s", error)
            self._waits = True
        else:
            self._waits = False
