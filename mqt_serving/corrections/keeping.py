"""Corrections in the journal: what changed, by the clock of MongoDB itself, and who decided what.

Also what was decided on each, and the audit trail of it. Each write of feedback sets `changed_at`
on the server, so that the clocks of serving processes don't matter, nor how long a record waited
before it was written. Change streams would need a replica set, and the embedded MongoDB is none.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from pymongo import ASCENDING, ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, PyMongoError

from mqt_serving.connections import LazyClient
from mqt_serving.corrections.acceptances import (
    FIELD,
    Acceptance,
    AcceptedMeanwhile,
    create_index,
)
from mqt_serving.errors import (
    DecisionError,
    JournalUnavailable,
    ServiceUnavailable,
    UnknownCorrection,
)
from mqt_serving.journal import DURABLE, FEEDBACK
from mqt_serving.settings import JOURNAL_DATABASE

log = logging.getLogger(__name__)

AUDIT = "audit"
_AWAY = (PyMongoError, ServiceUnavailable)
CORRECTIONS: dict[str, Any] = {"corrected_query": {"$type": "string"}}


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of the audit trail. `by` is claimed; `proven_by` says how `role` was proven."""

    at: datetime
    action: str  # accept | edit | reject | revoke | replace
    before: str
    after: str
    by: str
    role: str
    proven_by: str
    reason: str
    query_before: str


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
        except _AWAY as error:
            raise _unavailable(error) from error

    def find(self, correction_id: str) -> dict[str, Any]:
        """Raises `UnknownCorrection`, `JournalUnavailable`."""
        try:
            found = self._feedback().find_one({"_id": correction_id, **CORRECTIONS})
        except _AWAY as error:
            raise _unavailable(error) from error
        if found is None:
            raise UnknownCorrection(f"There is no correction {correction_id!r}.")
        return found

    def with_status(self, status: str, most: int) -> tuple[list[dict[str, Any]], int]:
        """The oldest `most` of a status, and how many there are of it."""
        wanted = {**CORRECTIONS, "status": status}
        try:
            feedback = self._feedback()
            found = list(feedback.find(wanted).sort("at", ASCENDING).limit(most))
            return found, len(found) if len(found) < most else feedback.count_documents(wanted)
        except _AWAY as error:
            raise _unavailable(error) from error

    def decide(
        self,
        correction_id: str,
        decision: Decision,
        changes: Mapping[str, Any],
        acceptance: Acceptance | None = None,
    ) -> dict[str, Any]:
        """The document after the decision, durable; its line is in the audit trail. `acceptance` is
        the one that it takes, where it accepts.

        Raises `DecisionError` when its status is no longer `decision.before`, `AcceptedMeanwhile`
        when the acceptance is taken.
        """
        pushed: dict[str, Any] = {"decisions": {"id": uuid4().hex, **asdict(decision)}}
        if acceptance is not None:
            pushed[FIELD] = acceptance.document()
        update = {
            "$set": {
                **changes,
                "status": decision.after,
                "decided_at": decision.at,
                "decided_by": decision.by,
                "decision_reason": decision.reason,
            },
            "$push": pushed,
            "$currentDate": {"changed_at": True},
        }
        try:
            decided = self._feedback().find_one_and_update(
                {"_id": correction_id, "status": decision.before},
                update,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError as error:
            raise AcceptedMeanwhile from error
        except _AWAY as error:
            raise _unavailable(error) from error
        if decided is None:
            raise DecisionError(
                f"The correction {correction_id} is no longer {decision.before}: somebody else "
                "decided in between. Look at it again."
            )
        self.complete_audit(correction_id)
        return decided

    def complete_audit(self, correction_id: str | None = None) -> None:
        """Copy decisions that the audit trail lacks, of one correction or of all.

        A decision and its line are one write to the feedback, so a process that dies here loses
        nothing: the next one that starts completes the trail. Failing is no reason to undo a
        decision: it is logged.
        """
        chosen: dict[str, Any] = {"decisions": {"$exists": True}}
        if correction_id is not None:
            chosen = {"_id": correction_id, **chosen}
        stages: list[dict[str, Any]] = [
            {"$match": chosen},
            {"$unwind": "$decisions"},
            {
                "$replaceWith": {
                    "$mergeObjects": [
                        "$decisions",
                        {
                            "_id": "$decisions.id",
                            "correction": "$_id",
                            "question": "$question",
                            "database": "$database",
                            "query": "$corrected_query",
                        },
                    ]
                }
            },
            {"$unset": "id"},
            {"$merge": {"into": AUDIT, "whenMatched": "keepExisting"}},
        ]
        try:
            self._feedback().aggregate(stages)
        except _AWAY as error:
            log.error("the audit trail is completed at the next start: %s", error)

    def _feedback(self) -> Collection[dict[str, Any]]:
        database = self._client.get().get_database(self._database, write_concern=DURABLE)
        feedback = database[FEEDBACK]
        with self._lock:
            if not self._indexed:
                feedback.create_index("changed_at", partialFilterExpression=CORRECTIONS)
                feedback.create_index(["status", "at"], partialFilterExpression=CORRECTIONS)
                create_index(feedback)
                self._indexed = True
        return feedback


def _unavailable(error: Exception) -> JournalUnavailable:
    return JournalUnavailable(f"The journal cannot be reached: {str(error)[:200]}")
