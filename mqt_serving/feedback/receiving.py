"""Feedback from the moment it arrives to its receipt: checked, then kept. Synchronous, thread-safe.

Raises only `MqtError`s for what can go wrong outside our own code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from mqt_serving.answers import CheckedQuery
from mqt_serving.corrections.fitting import unseen_names
from mqt_serving.corrections.live import LiveCorrections
from mqt_serving.errors import FeedbackConflict, FeedbackError, MqtError
from mqt_serving.feedback.intake import check_said, picked_query
from mqt_serving.feedback.records import FeedbackRecord, Receipt, Said, Status, Verdict
from mqt_serving.journal import Journal
from mqt_serving.observing import Observer
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.release_loading import ReleaseWatcher
from mqt_serving.running import QueryRunner
from mqt_serving.written import check_written


@dataclass(frozen=True, slots=True)
class _Correction:
    """The query that should have run, as it was written and as it was checked."""

    written: str
    checked: CheckedQuery | None


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
    ) -> None:
        self._releases = releases
        self._runner = runner
        self._journal = journal
        self._corrections = corrections
        self._policy = policy
        self._observer = observer
        self._now = now

    def receive(self, said: Said) -> Receipt:
        """Keep what somebody says about an answer; returns only once it is durable.

        A correction is parsed, guarded and run first: only what works becomes training data, and
        only of a question that says by itself what it means. What was kept under the same client
        key before gets its receipt again.
        Raises `FeedbackError`, `FeedbackConflict`, `UnknownQuery`, `JournalUnavailable`, and for
        a correction what `Service.run` raises.
        """
        check_said(said)
        feedback_id, at = feedback_id_of(said), self._now()
        if said.client_key is not None:
            kept = self._journal.find_feedback(feedback_id)
            if kept is not None:
                return self._again(said, kept)
        asked = self._journal.find_query(said.query_id)
        correction = self._correction(said, asked)
        record = self._record(said, feedback_id, at, asked, correction)
        kept = self._journal.record_feedback(record)
        if kept is not None:  # the same piece, sent twice at once
            return self._again(said, kept)
        if record.corrected_query is not None:
            self._corrections.apply([record.document()])
        self._observer.feedback_received(record.verdict or "none", record.status)
        checked = correction.checked if correction else None
        return Receipt(feedback_id, record.status, record.decision_reason, checked)

    def _correction(self, said: Said, asked: Mapping[str, Any]) -> _Correction | None:
        written = said.corrected_query
        if written is None:
            written = picked_query(said, asked)
        if written is None:
            return None
        if not asked["question"]:
            raise FeedbackError(
                f"{said.query_id} is a query that a person ran: no question to correct."
            )
        release = self._releases.require()
        name = said.database or asked["database"] or None
        checked = check_written(written, release, name, self._policy)
        self._runner.run(checked.choice.command, release.catalogs[checked.database])
        return _Correction(written, checked)

    def _record(
        self,
        said: Said,
        feedback_id: str,
        at: datetime,
        asked: Mapping[str, Any],
        correction: _Correction | None,
    ) -> FeedbackRecord:
        status, reason = status_of(correction is not None, bool(asked.get("follow_up_of")))
        checked = correction.checked if correction else None
        return FeedbackRecord(
            feedback_id=feedback_id,
            query_id=said.query_id,
            at=at,
            question=asked["question"],
            database=checked.database if checked else asked["database"],
            verdict=verdict_of(said, correction is not None),
            corrected_query=checked.choice.mongosh if checked else None,
            plan=checked.choice.plan_json if checked else None,
            status=status,
            comment=said.comment,
            author=said.author,
            release_id=asked["release_id"],
            decided_at=self._now(),
            decision_reason=reason,
            rating=said.rating,
            reasons=said.reasons,
            picked_candidate=said.picked_candidate,
            expected_answer=said.expected_answer,
            signals=said.signals,
            client_key=said.client_key,
            said_digest=said.digest,
            unseen=tuple(unseen_names(checked.choice.notes)) if checked else (),
        )

    def _again(self, said: Said, kept: Mapping[str, Any]) -> Receipt:
        """The receipt of what is kept already, with its status as it is by now."""
        if kept["said_digest"] != said.digest:
            raise FeedbackConflict(
                f"The client_key {said.client_key!r} was used for other feedback before. Use a new "
                "one for each piece; send the same one only to repeat a piece unchanged."
            )
        checked = None
        if kept["corrected_query"] is not None:
            try:
                release = self._releases.require()
                checked = check_written(
                    kept["corrected_query"], release, kept["database"], self._policy
                )
            except MqtError:  # it passed once; that it is kept is what matters here
                checked = None
        return Receipt(kept["_id"], kept["status"], kept["decision_reason"], checked)


def feedback_id_of(said: Said) -> str:
    """The same for the same client key, on every process and with the journal away."""
    if said.client_key is None:
        return uuid4().hex
    return uuid5(NAMESPACE_URL, f"mqt:feedback:{said.client_key}").hex


def status_of(is_correction: bool, is_follow_up: bool) -> tuple[Status, str]:
    """The status and why, for what was checked (`is_correction`) or needs no check."""
    if not is_correction:
        return "noted", "It corrects nothing."
    if is_follow_up:
        return "noted", "The question is a follow-up, which means nothing by itself."
    return "accepted", "The query can be read, is allowed and runs."


def verdict_of(said: Said, is_correction: bool) -> Verdict | None:
    """What was said, or what picking a reading says: another one means that the answer is wrong."""
    if is_correction:
        return "down"
    return "up" if said.picked_candidate is not None else said.verdict
