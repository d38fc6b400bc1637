"""Corrections in the journal: what changed, by the clock of MongoDB itself.

Each write of feedback sets `changed_at` on the server, so that the clocks of serving processes
don't matter, nor how long a record waited before it was written. Change streams would need a
replica set, and the embedded MongoDB is none.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from mqt_serving.connections import LazyClient
from mqt_serving.errors import JournalUnavailable, ServiceUnavailable
from mqt_serving.journal import FEEDBACK
from mqt_serving.settings import JOURNAL_DATABASE

CORRECTIONS = {"corrected_query": {"$type": "string"}}


@dataclass(frozen=True, slots=True)
class Changes:
    """`until` is the server's time just before it was asked."""

    documents: list[dict[str, Any]]
    until: datetime


class KeptCorrections:
    """Thread-safe. The caller closes `client`."""

    def __init__(self, client: LazyClient, database: str = JOURNAL_DATABASE) -> None:
        self._client = client
        self._database = database
        self._indexed = False
        self._lock = threading.Lock()

    def changed(self, since: datetime | None) -> Changes:
        """Corrections of any status that changed at `since` or later; all for None.

        Raises `JournalUnavailable`.
        """
        wanted = CORRECTIONS if since is None else {**CORRECTIONS, "changed_at": {"$gte": since}}
        try:
            until = self._client.get().admin.command("hello")["localTime"]
            return Changes(list(self._feedback().find(wanted)), until)
        except (PyMongoError, ServiceUnavailable) as error:
            raise JournalUnavailable(f"The journal cannot be read: {error}") from error

    def _feedback(self) -> Collection[dict[str, Any]]:
        feedback = self._client.get()[self._database][FEEDBACK]
        with self._lock:
            if not self._indexed:
                feedback.create_index("changed_at", partialFilterExpression=CORRECTIONS)
                self._indexed = True
        return feedback
