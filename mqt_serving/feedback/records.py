"""What is kept of a piece of feedback, and the receipt for it. Plain immutable values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mqt_serving.answers import CheckedQuery


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """What a person said about an answer.

    `status` is `accepted` for a correction that was checked (it becomes training data), `noted`
    for a verdict without one and for the correction of a follow-up, whose question means nothing
    by itself. `plan` is None when the corrected query has no plan.
    """

    feedback_id: str
    query_id: str
    at: datetime
    question: str
    database: str
    verdict: str  # up | down
    corrected_query: str | None  # mongosh, as it was checked
    plan: Mapping[str, Any] | None
    status: str  # accepted | noted
    comment: str
    author: str
    release_id: str
    unseen: tuple[str, ...] = ()  # notes on names in the query that no sampled document has

    def document(self) -> dict[str, Any]:
        return {
            "_id": self.feedback_id,
            "query_id": self.query_id,
            "at": self.at,
            "question": self.question,
            "database": self.database,
            "verdict": self.verdict,
            "corrected_query": self.corrected_query,
            "plan": self.plan,
            "status": self.status,
            "comment": self.comment,
            "author": self.author,
            "release_id": self.release_id,
            "unseen": list(self.unseen),
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """Feedback that is safely kept; `checked` when it came with a corrected query."""

    feedback_id: str
    status: Literal["accepted", "noted"]
    checked: CheckedQuery | None
