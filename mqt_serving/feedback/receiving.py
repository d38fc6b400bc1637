"""Feedback from the moment it arrives to its receipt: checked, then kept. Synchronous, thread-safe.

Raises only `MqtError`s for what can go wrong outside our own code.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from mqt_serving.corrections.fitting import unseen_names
from mqt_serving.corrections.live import LiveCorrections
from mqt_serving.errors import FeedbackError
from mqt_serving.feedback.intake import check_feedback
from mqt_serving.feedback.records import FeedbackRecord, Receipt
from mqt_serving.journal import Journal
from mqt_serving.observing import Observer
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.release_loading import ReleaseWatcher
from mqt_serving.running import QueryRunner
from mqt_serving.written import check_written


class FeedbackReceiver:
    def __init__(
        self,
        *,
        releases: ReleaseWatcher,
        runner: QueryRunner,
        journal: Journal,
        corrections: LiveCorrections,
        policy: Policy,
        observer: Observer,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._releases = releases
        self._runner = runner
        self._journal = journal
        self._corrections = corrections
        self._policy = policy
        self._observer = observer
        self._now = now
        self._new_id = new_id

    def receive(
        self,
        query_id: str,
        verdict: str,
        corrected_query: str | None = None,
        comment: str = "",
        author: str = "",
        database: str | None = None,
    ) -> Receipt:
        """Keep what a person says about an answer; returns only once it is durable.

        A corrected query is parsed, guarded and run first: only what works becomes training
        data, and only of a question that says by itself what it means. `database` matters only
        for a question that no database could answer.
        Raises `FeedbackError`, `UnknownQuery`, `JournalUnavailable`, and for a corrected query
        what `Service.run` raises.
        """
        check_feedback(verdict, corrected_query, comment, author)
        asked = self._journal.find_query(query_id)
        if corrected_query is not None and not asked["question"]:
            raise FeedbackError(f"{query_id} is a query that a person ran: no question to correct.")
        checked = None
        if corrected_query is not None:
            release = self._releases.require()
            name = database or asked["database"] or None
            checked = check_written(corrected_query, release, name, self._policy)
            self._runner.run(checked.choice.command, release.catalogs[checked.database])
        learnable = checked is not None and not asked.get("follow_up_of")
        status: Literal["accepted", "noted"] = "accepted" if learnable else "noted"
        record = FeedbackRecord(
            feedback_id=self._new_id(),
            query_id=query_id,
            at=self._now(),
            question=asked["question"],
            database=checked.database if checked else asked["database"],
            verdict=verdict,
            corrected_query=checked.choice.mongosh if checked else None,
            plan=checked.choice.plan_json if checked else None,
            status=status,
            comment=comment,
            author=author,
            release_id=asked["release_id"],
            unseen=tuple(unseen_names(checked.choice.notes)) if checked else (),
        )
        self._journal.record_feedback(record)
        if record.corrected_query is not None:
            self._corrections.apply([record.document()])
        self._observer.feedback_received(verdict, status)
        return Receipt(record.feedback_id, status, checked)
