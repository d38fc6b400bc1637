"""The thread that takes what waits in the spools to the journal, in order, once it is back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from mqt_serving.errors import MqtError

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0


class SpoolDrainer:
    def __init__(
        self, drains: Sequence[Callable[[], None]], poll_seconds: float = POLL_SECONDS
    ) -> None:
        """`drains` run one after the other: each may need what those before it wrote."""
        self._drains = drains
        self._poll_seconds = poll_seconds
        self._waits = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Drain in a daemon thread until `stop()`; the first look is immediate."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._drain, name="spool-drainer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

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

    def _drain(self) -> None:
        while not self._stop.is_set():
            try:
                self.check()
            except Exception:  # the thread must live on: what waits would silently wait for ever
                log.exception("the spool cannot be drained")
            self._stop.wait(self._poll_seconds)
