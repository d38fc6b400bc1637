"""The review queue with the journal behind it, and what reviewers do with its items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import DESCENDING
from pymongo.errors import PyMongoError

from mqt_serving.connections import LazyClient
from mqt_serving.corrections.conflicts import last_words
from mqt_serving.corrections.deciding import Action, CorrectionDesk, Decider, check_decision
from mqt_serving.corrections.fitting import choice_of_correction
from mqt_serving.corrections.keeping import AUDIT, KeptCorrections
from mqt_serving.corrections.live import LiveCorrection, LiveCorrections
from mqt_serving.corrections.moving import brought_to, query_at
from mqt_serving.corrections.review_queue import Disputed, Item, Stale, queue
from mqt_serving.errors import (
    DecisionError,
    JournalUnavailable,
    MqtError,
    ServiceUnavailable,
    UnknownCorrection,
)
from mqt_serving.feedback.receiving import FeedbackReceiver
from mqt_serving.feedback.records import Said
from mqt_serving.journal import DURABLE, FEEDBACK, QUERIES
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.release_loading import LoadedRelease, ReleaseWatcher, normalise
from mqt_serving.settings import JOURNAL_DATABASE

DISMISSALS = "review_dismissals"
WINDOW = timedelta(days=30)
MOST_QUESTIONS = 5000
MOST_HELD = 200
_ANSWERED = ("answered", "translated", "cannot-answer")
_READ = ("model", "llm", "")
# What `queue` looks at, and no more: plans and all readings of 5000 questions are much.
_OF_QUERIES = ("question", "database", "command", "error", "chosen", "candidates.probability")
_OF_FEEDBACK = ("query_id", "verdict", "rating", "reasons", "signals")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """`status` is that of the correction; `dismissed` for a question that needs none."""

    id: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The first of the queue, and how many `more` there are."""

    items: Sequence[Item]
    more: int


class ReviewDesk:
    """Thread-safe. The caller closes `client`."""

    def __init__(
        self,
        *,
        client: LazyClient,
        kept: KeptCorrections,
        corrections: LiveCorrections,
        desk: CorrectionDesk,
        receiver: FeedbackReceiver,
        releases: ReleaseWatcher,
        policy: Policy,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._kept = kept
        self._corrections = corrections
        self._desk = desk
        self._receiver = receiver
        self._releases = releases
        self._policy = policy
        self._now = now

    def waiting(self, most: int) -> Waiting:
        """The first `most` of the queue; raises `JournalUnavailable`."""
        since = self._now() - WINDOW
        wanted = {
            "at": {"$gte": since},
            "question": {"$ne": ""},
            "outcome": {"$in": list(_ANSWERED)},
            "source": {"$in": list(_READ)},
            "follow_up_of": None,
        }
        try:
            database = self._client.get()[JOURNAL_DATABASE]
            found = database[QUERIES].find(wanted, _OF_QUERIES).sort("at", DESCENDING)
            queries = list(found.limit(MOST_QUESTIONS))
            feedback = list(database[FEEDBACK].find({"at": {"$gte": since}}, _OF_FEEDBACK))
            dismissed = {(d["database"], d["question"]) for d in database[DISMISSALS].find()}
        except (PyMongoError, ServiceUnavailable) as error:
            raise JournalUnavailable(f"The journal cannot be read: {str(error)[:200]}") from error
        held, all_held = self._kept.with_status("held", MOST_HELD)
        live = self._corrections.snapshot.by_key
        accepted = {
            key: render_mongosh(query_at(one, self._now()) or one.command)
            for key, one in live.items()
        }
        settled = dismissed | live.keys()
        items = queue(queries, feedback, held, self._stale(), settled, accepted, self._disputed())
        return Waiting(items[:most], max(0, len(items) - most) + all_held - len(held))

    def decide(
        self, item_id: str, action: Action, decider: Decider, reason: str, query: str | None
    ) -> Reviewed:
        """On a correction (see `CorrectionDesk.review`), or on a question: `accept` the query that
        answered it, `edit` it, or `reject`, which takes it off the queue.

        Raises what `CorrectionDesk.review` and `FeedbackReceiver.receive` raise.
        """
        try:
            decided = self._desk.review(item_id, action, decider, reason, query)
        except UnknownCorrection:
            return self._of_question(item_id, action, decider, reason, query)
        return Reviewed(item_id, decided["status"], decided["decision_reason"])

    def _stale(self) -> Iterator[Stale]:
        """Live corrections that the live release's data no longer fits."""
        release = self._releases.current
        if release is None:
            return
        for one in self._corrections.snapshot.by_key.values():
            reason = self._misfit(one, release)
            if reason:
                query = render_mongosh(one.command)
                yield Stale(one.id, one.question, one.database, query, one.author, reason)

    def _disputed(self) -> Iterator[Disputed]:
        """Questions that different people corrected differently, with all of it accepted: the
        rows were equal then, or could not be compared. Dates are those of the newest."""
        release = self._releases.current
        if release is None:
            return
        for said in self._corrections.snapshot.accepted.values():
            last = last_words(said, lambda one: one.by)
            if len(last) < 2:
                continue
            fitting = [one for one in last if not self._misfit(one, release)]
            if not fitting:
                continue
            *before, newest = fitting
            moved = (brought_to(one, newest.asked_at) for one in reversed(before))
            others = (one for one in moved if one is not None)
            other = next((one for one in others if not _same_query(one, newest)), None)
            if other is not None:
                yield Disputed(
                    newest.id,
                    newest.question,
                    newest.database,
                    render_mongosh(newest.command),
                    newest.author,
                    render_mongosh(other.command),
                )

    def _misfit(self, one: LiveCorrection, release: LoadedRelease) -> str:
        """Why the correction no longer fits the data; empty where it does."""
        catalog = release.catalogs.get(one.database)
        if catalog is None:
            return f"The database {one.database!r} is not in release {release.id}."
        try:
            choice_of_correction(one, catalog, self._policy)
        except MqtError as error:
            return str(error)
        return ""

    def _of_question(
        self, query_id: str, action: Action, decider: Decider, reason: str, query: str | None
    ) -> Reviewed:
        check_decision(action, decider, reason, query)
        try:
            asked = self._client.get()[JOURNAL_DATABASE][QUERIES].find_one({"_id": query_id})
        except (PyMongoError, ServiceUnavailable) as error:
            raise JournalUnavailable(f"The journal cannot be read: {str(error)[:200]}") from error
        if asked is None or not asked["question"]:
            raise UnknownCorrection(f"Neither a correction nor a question has the id {query_id!r}.")
        if action == "reject":
            self._dismiss(asked, decider, reason)
            return Reviewed(query_id, "dismissed", reason)
        right = query if query is not None else asked["command"]
        if not right:
            raise DecisionError("The question has no answer to accept: edit it, or reject it.")
        said = Said(
            query_id=query_id,
            corrected_query=right,
            comment=reason,
            author=decider.name,
            author_key=decider.key,
        )
        receipt = self._receiver.receive(said)
        self._audit(asked, action, receipt.status, decider, reason, right)
        return Reviewed(receipt.feedback_id, receipt.status, receipt.reason)

    def _dismiss(self, asked: dict[str, Any], decider: Decider, reason: str) -> None:
        entry = {
            "database": asked["database"],
            "question": normalise(asked["question"]),
            "at": self._now(),
            "by": decider.name,
            "reason": reason,
        }
        self._audit(asked, "reject", "dismissed", decider, reason, asked["command"])
        self._write(DISMISSALS, {"_id": asked["_id"], **entry})

    def _audit(
        self,
        asked: dict[str, Any],
        action: str,
        after: str,
        decider: Decider,
        reason: str,
        query: str,
    ) -> None:
        entry = {
            "at": self._now(),
            "action": action,
            "question_id": asked["_id"],
            "question": asked["question"],
            "database": asked["database"],
            "query": query,
            "query_before": asked["command"],
            "before": "",
            "after": after,
            "by": decider.name,
            "role": "reviewer",
            "proven_by": decider.reviewer,
            "reason": reason,
        }
        self._write(AUDIT, {"_id": f"{asked['_id']}:{action}:{after}", **entry})

    def _write(self, collection: str, document: dict[str, Any]) -> None:
        try:
            database = self._client.get().get_database(JOURNAL_DATABASE, write_concern=DURABLE)
            database[collection].replace_one({"_id": document["_id"]}, document, upsert=True)
        except (PyMongoError, ServiceUnavailable) as error:
            raise JournalUnavailable(
                f"The journal cannot be reached, so nothing was kept ({str(error)[:200]})."
            ) from error


def _same_query(one: LiveCorrection, other: LiveCorrection) -> bool:
    if one.plan is not None and one.plan == other.plan:
        return True
    return render_mongosh(one.command) == render_mongosh(other.command)
