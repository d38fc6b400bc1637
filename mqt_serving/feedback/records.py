"""Feedback as values: what somebody said, what is kept of it, and the receipt. Immutable.

One piece may say several things at once (a rating, two reasons, a comment); at least one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import TypeAdapter

from mqt_serving.answers import CheckedQuery
from mqt_serving.corrections.acceptances import FIELD, Acceptance
from mqt_serving.feedback.reasons import Reason
from mqt_serving.schema import digest_of

Verdict = Literal["up", "down"]
Status = Literal["accepted", "noted", "held", "rejected", "revoked"]

BY_MQT = "mqt"
"""Who decided, where no person did."""

LOW_RATING = 2
"""Up to this many stars an answer was not good."""


class Signal(StrEnum):
    """What somebody did with an answer, without saying anything."""

    COPIED = "copied"  # the query
    EDITED = "edited"  # the query, in the editor for corrections
    RERUN = "rerun"  # the same question again, or the query
    REPHRASED = "rephrased"  # asked in other words soon after
    EXPORTED = "exported"  # the result
    ABANDONED = "abandoned"  # left without doing anything with the answer


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said or did about the answer `query_id`, as it arrived.

    `picked_candidate` is the index of one of the readings that the answer offered.
    `database` matters only for a question that no database could answer. The same `client_key`
    means the same piece: it is kept once, however often it is sent.
    """

    query_id: str
    verdict: Verdict | None = None
    rating: int | None = None  # 1 to 5
    reasons: tuple[Reason, ...] = ()
    corrected_query: str | None = None
    picked_candidate: int | None = None
    expected_answer: str = ""
    comment: str = ""
    signals: tuple[Signal, ...] = ()
    author: str = ""
    database: str | None = None
    client_key: str | None = None
    author_key: str = ""  # stands for the session or principal that said it

    @property
    def digest(self) -> str:
        """Of everything but the key: tells a piece sent again from another under its key."""
        body = asdict(self)
        del body["client_key"], body["author_key"]
        return digest_of(body)


@dataclass(frozen=True, slots=True)
class Piece:
    """What was said, with the id and the time that it got when it arrived."""

    feedback_id: str
    at: datetime
    said: Said

    def to_json(self) -> bytes:
        return _PIECES.dump_json(self)

    @classmethod
    def from_json(cls, content: bytes) -> Piece:
        """Raises `ValueError` for what is damaged or was written by something else."""
        return _PIECES.validate_json(content)


_PIECES = TypeAdapter(Piece)


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """A piece of feedback as the journal keeps it.

    `status` is `accepted` for a correction that was checked (it becomes training data) and
    `noted` for everything that teaches nothing: no correction, the correction of a follow-up
    (whose question means nothing by itself), or one that did not pass the check. A correction
    may also be `held` for review, `rejected` or `revoked`. `decided_at`, `decided_by` and
    `decision_reason` are of the status as it is. A correction, by a query or by picking another
    reading, has the verdict `down`. `plan` is None when the corrected query has no plan.
    `asked_at` is when the question was asked: the dates in its query are of then.
    """

    feedback_id: str
    query_id: str
    at: datetime
    question: str
    database: str
    verdict: Verdict | None
    corrected_query: str | None  # mongosh, as it was checked; as it was written if it did not pass
    plan: Mapping[str, Any] | None
    status: Status
    comment: str
    author: str
    release_id: str
    decided_at: datetime
    decided_by: str = BY_MQT
    decision_reason: str = ""
    rating: int | None = None
    reasons: tuple[Reason, ...] = ()
    picked_candidate: int | None = None
    expected_answer: str = ""
    signals: tuple[Signal, ...] = ()
    client_key: str | None = None
    said_digest: str = ""
    author_key: str = ""
    unseen: tuple[str, ...] = ()  # notes on names in the query that no sampled document has
    asked_at: datetime | None = None
    acceptance: Acceptance | None = None  # that it takes by being kept as accepted

    def document(self) -> dict[str, Any]:
        """Key and acceptance are left out where there are none: their indexes are unique."""
        body: dict[str, Any] = {
            "_id": self.feedback_id,
            "query_id": self.query_id,
            "at": self.at,
            "asked_at": self.asked_at or self.at,
            "question": self.question,
            "database": self.database,
            "verdict": self.verdict,
            "rating": self.rating,
            "reasons": [str(reason) for reason in self.reasons],
            "corrected_query": self.corrected_query,
            "plan": self.plan,
            "picked_candidate": self.picked_candidate,
            "expected_answer": self.expected_answer,
            "comment": self.comment,
            "signals": [str(signal) for signal in self.signals],
            "author": self.author,
            "author_key": self.author_key,
            "release_id": self.release_id,
            "unseen": list(self.unseen),
            "status": self.status,
            "decided_at": self.decided_at,
            "decided_by": self.decided_by,
            "decision_reason": self.decision_reason,
            "said_digest": self.said_digest,
        }
        if self.client_key is not None:
            body["client_key"] = self.client_key
        if self.acceptance is not None:
            body[FIELD] = [self.acceptance.document()]
        return body


@dataclass(frozen=True, slots=True)
class Receipt:
    """Feedback that is safely kept; `checked` when it came with a correction that passed.

    `waiting`: on disk here until the journal is back; it gets its status then.
    """

    feedback_id: str
    status: Status | Literal["waiting"]
    reason: str
    checked: CheckedQuery | None = None
