"""Feedback from the moment it arrives to the journal: checked, kept, acknowledged; or spooled
while the journal is away, and checked when it is back. Synchronous, thread-safe.

Raises only `MqtError`s for what can go wrong outside our own code.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from mqt_serving.answers import CheckedQuery
from mqt_serving.corrections.acceptances import Acceptance, AcceptedMeanwhile, crowded, tries
from mqt_serving.corrections.conflicts import Author, Judgement
from mqt_serving.corrections.deciding import CorrectionDesk
from mqt_serving.corrections.fitting import unseen_names
from mqt_serving.corrections.live import LiveCorrections
from mqt_serving.corrections.referee import Referee
from mqt_serving.errors import (
    AuthenticationFailed,
    FeedbackConflict,
    FeedbackError,
    JournalUnavailable,
    MqtError,
    NoRelease,
    ServiceUnavailable,
)
from mqt_serving.feedback.intake import check_said, picked_query
from mqt_serving.feedback.records import FeedbackRecord, Piece, Receipt, Said, Status, Verdict
from mqt_serving.journal import Journal
from mqt_serving.observing import Observer
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.release_loading import ReleaseWatcher
from mqt_serving.running import QueryRunner
from mqt_serving.spool import Spool
from mqt_serving.written import check_written

log = logging.getLogger(__name__)

WAITS = "The journal is away: it is kept on disk, and checked when the journal is back."
_NOT_NOW = (NoRelease, ServiceUnavailable)
"""No correction can be checked: all of them wait until they can."""
_SAYS_NOTHING = (AuthenticationFailed, JournalUnavailable, *_NOT_NOW)
"""What is no fault of a correction."""


class FeedbackReceiver:
    def __init__(
        self,
        *,
        releases: ReleaseWatcher,
        runner: QueryRunner,
        journal: Journal,
        spool: Spool,
        corrections: LiveCorrections,
        referee: Referee,
        desk: CorrectionDesk,
        policy: Policy,
        observer: Observer,
        refresh: Callable[[], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`refresh` takes into `corrections` what other processes kept until now."""
        self._releases = releases
        self._runner = runner
        self._journal = journal
        self._spool = spool
        self._corrections = corrections
        self._referee = referee
        self._desk = desk
        self._policy = policy
        self._observer = observer
        self._refresh = refresh
        self._now = now

    def receive(self, said: Said) -> Receipt:
        """Keep what somebody says about an answer; returns only once it is durable.

        A correction is parsed, guarded and run first: only what works becomes training data, and
        only of a question that says by itself what it means. What was kept under the same client
        key before gets its receipt again. While the journal is away, or earlier feedback still
        waits for it, the feedback waits on disk and is checked later.
        Raises `FeedbackError`, `FeedbackConflict`, `UnknownQuery`, `SpoolUnwritable`, and for a
        correction what `Service.run` raises.
        """
        check_said(said)
        piece = Piece(feedback_id_of(said), self._now(), said)
        if self._spool.is_empty:
            try:
                return self._keep(piece)
            except JournalUnavailable as error:
                log.warning("feedback %s waits on disk: %s", piece.feedback_id, error)
        return self._wait(piece)

    def drain(self) -> None:
        """Check and keep what waits, oldest first; what does not pass is noted with the reason.

        Without the owner's MongoDB or a release only corrections wait, with what was said later
        about the same answers. One that MongoDB refuses us to run is set aside: it may be allowed
        never. Raises why something still waits.
        """
        away: list[MqtError] = []
        answers: set[str] = set()  # with something that waits

        def hand_over(content: bytes) -> None:
            piece = Piece.from_json(content)
            try:
                if away and (_is_correction(piece.said) or piece.said.query_id in answers):
                    raise away[0]
                self._keep_late(piece)
            except _NOT_NOW as error:
                away.append(error)
                answers.add(piece.said.query_id)
                raise

        self._spool.drain(hand_over, (JournalUnavailable,), _NOT_NOW)
        if away:
            raise away[0]

    def _keep(self, piece: Piece) -> Receipt:
        said = piece.said
        if said.client_key is not None:
            kept = self._journal.find_feedback(piece.feedback_id)
            if kept is not None:
                receipt = self._again(said, kept)
                self._replace_again(kept, receipt.checked)
                return receipt
        asked = self._journal.find_query(said.query_id)
        checked = self._check(said, asked)
        record = self._record(piece, asked, checked, *_status_of(checked, asked))
        record, kept = self._judged_and_written(record, checked)
        if kept is not None:  # the same piece, sent twice at once
            return self._again(said, kept)
        return Receipt(record.feedback_id, record.status, record.decision_reason, checked)

    def _wait(self, piece: Piece) -> Receipt:
        said = piece.said
        if said.corrected_query is not None and self._releases.current is not None:
            # What no release could read or allow is better refused while somebody is there.
            check_written(said.corrected_query, self._releases.current, said.database, self._policy)
        content = piece.to_json()
        waiting = self._spool.put(piece.feedback_id, content)
        if waiting != content and Piece.from_json(waiting).said.digest != said.digest:
            raise _conflict(said)
        self._observer.feedback_received(said.verdict or "none", "waiting")
        return Receipt(piece.feedback_id, "waiting", WAITS)

    def _keep_late(self, piece: Piece) -> None:
        """Nothing that was acknowledged is lost: what would be refused now is noted."""
        said = piece.said
        asked: Mapping[str, Any] = {"question": "", "database": said.database or ""}
        checked = None
        try:
            asked = self._journal.find_query(said.query_id)
            checked = self._check(said, asked)
            status, reason = _status_of(checked, asked)
        except _SAYS_NOTHING:
            raise
        except MqtError as error:
            status, reason = "noted", str(error)
        record = self._record(piece, asked, checked, status, reason)
        record, kept = self._judged_and_written(record, checked)
        if kept is not None and kept["said_digest"] != said.digest:
            log.warning("%s gets an id of its own: %s", piece.feedback_id, _conflict(said))
            # Derived, so that draining it again after a crash finds it kept.
            another = uuid5(NAMESPACE_URL, f"mqt:feedback:{said.client_key}:{said.digest}").hex
            own = replace(record, feedback_id=another, client_key=None)
            self._judged_and_written(own, checked)

    def _check(self, said: Said, asked: Mapping[str, Any]) -> CheckedQuery | None:
        """The correction, after it ran; None where nothing is corrected."""
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
        name = asked["database"] or said.database or None
        checked = check_written(written, release, name, self._policy)
        self._runner.run(checked.choice.command, release.catalogs[checked.database])
        return checked

    def _judged_and_written(
        self, record: FeedbackRecord, checked: CheckedQuery | None
    ) -> tuple[FeedbackRecord, dict[str, Any] | None]:
        """Held where it contradicts what somebody else corrected; and what was kept before, as
        `_write` says. Judged again where another one was accepted in between."""
        if record.status != "accepted" or checked is None:
            return record, self._write(record)
        author = Author(record.author, record.author_key, record.query_id)
        asked_at = record.asked_at or record.at
        for _ in tries():
            judgement, acceptance = self._judge(record.question, checked, author, asked_at)
            if judgement.held:
                held = replace(record, status="held", decision_reason=judgement.reason)
                return held, self._write(held)
            accepted = replace(record, acceptance=acceptance)
            with suppress(AcceptedMeanwhile):
                return accepted, self._write(accepted, judgement.replaces)
        raise crowded(checked.database)

    def _judge(
        self, question: str, checked: CheckedQuery, author: Author, asked_at: datetime
    ) -> tuple[Judgement, Acceptance]:
        """Against all that is accepted, not only what this process has heard of."""
        self._refresh()
        release = self._releases.require()
        return self._referee.judge(question, checked, author, asked_at, release)

    def _record(
        self,
        piece: Piece,
        asked: Mapping[str, Any],
        checked: CheckedQuery | None,
        status: Status,
        reason: str,
    ) -> FeedbackRecord:
        said = piece.said
        return FeedbackRecord(
            feedback_id=piece.feedback_id,
            query_id=said.query_id,
            at=piece.at,
            question=asked["question"],
            database=checked.database if checked else asked["database"],
            verdict="up" if _approves(checked, asked) else verdict_of(said, asked.get("chosen")),
            corrected_query=checked.choice.mongosh if checked else said.corrected_query,
            plan=checked.choice.plan_json if checked else None,
            status=status,
            comment=said.comment,
            author=said.author,
            author_key=said.author_key,
            release_id=asked.get("release_id", ""),
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
            asked_at=asked.get("at"),
        )

    def _write(
        self, record: FeedbackRecord, replaces: tuple[str, ...] = ()
    ) -> dict[str, Any] | None:
        """None, or what was kept under this id before."""
        kept = self._journal.record_feedback(record)
        if kept is None:
            if record.status == "accepted":
                self._corrections.apply([record.document()])
            self._desk.replaced(replaces, record.feedback_id, record.author)
            self._observer.feedback_received(record.verdict or "none", record.status)
        elif kept["status"] == "accepted" and kept["said_digest"] == record.said_digest:
            # Whoever kept it may have been cut off before this.
            self._desk.replaced(replaces, record.feedback_id, record.author)
        return kept

    def _replace_again(self, kept: Mapping[str, Any], checked: CheckedQuery | None) -> None:
        """As `_write` does for what was kept before."""
        if kept["status"] != "accepted" or checked is None:
            return
        author = Author(kept["author"], kept["author_key"], kept["query_id"])
        asked_at = kept.get("asked_at") or kept["at"]
        judgement, _ = self._judge(kept["question"], checked, author, asked_at)
        self._desk.replaced(judgement.replaces, kept["_id"], kept["author"])

    def _again(self, said: Said, kept: Mapping[str, Any]) -> Receipt:
        """The receipt of what is kept already, with its status as it is by now."""
        if kept["said_digest"] != said.digest:
            raise _conflict(said)
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


def verdict_of(said: Said, chosen: int | None) -> Verdict | None:
    """What was said, or what a correction says; `chosen` is the reading that was answered."""
    if said.corrected_query is not None:
        return "down"
    if said.picked_candidate is not None:
        return "up" if said.picked_candidate == chosen else "down"
    return said.verdict


def _is_correction(said: Said) -> bool:
    return said.corrected_query is not None or said.picked_candidate is not None


def _status_of(checked: CheckedQuery | None, asked: Mapping[str, Any]) -> tuple[Status, str]:
    if checked is None:
        return "noted", "It corrects nothing."
    if asked.get("follow_up_of"):
        return "noted", "The question is a follow-up, which means nothing by itself."
    return "accepted", "The query can be read, is allowed and runs."


def _approves(checked: CheckedQuery | None, asked: Mapping[str, Any]) -> bool:
    """Whether the query that should have run is the one that did: a reviewer accepted it."""
    return checked is not None and checked.choice.mongosh == asked.get("command")


def _conflict(said: Said) -> FeedbackConflict:
    return FeedbackConflict(
        f"The client_key {said.client_key!r} was used for other feedback before. Use a new one for "
        "each piece; send the same one only to repeat a piece unchanged."
    )
