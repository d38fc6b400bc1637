"""Questions in, answers out: what the HTTP API and the command line call.

A request takes the live release once and uses it to its end. Every query passes the guard and
runs read-only with limits; every accepted question is journaled, answered or not. Synchronous
and thread-safe; raises only `MqtError`s for what can go wrong outside our own code.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from mqt_serving.alternatives import alternatives_of, preview_limits, rival_of
from mqt_serving.answers import (
    Alternatives,
    Answer,
    Before,
    CheckedQuery,
    RunQuery,
    Source,
    Table,
    Translation,
)
from mqt_serving.assignment import NOBODY, Asker
from mqt_serving.errors import (
    FollowUpError,
    JournalUnavailable,
    MqtError,
    PlanError,
    QuestionError,
)
from mqt_serving.intake import clean_question
from mqt_serving.interpreting import NEXT_CHOICE_MAY_WORK, Asked, Earlier, Interpreter
from mqt_serving.journal import Candidate, Journal, QueryRecord
from mqt_serving.observing import Observer
from mqt_serving.query.cancellation import Cancellation
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.query.plan_json import plan_from_json
from mqt_serving.release_loading import LoadedRelease, ReleaseWatcher
from mqt_serving.running import QueryRunner
from mqt_serving.written import catalogs_meant, check_written

log = logging.getLogger(__name__)

MOST_DATABASES_TRIED = 8


class Service:
    def __init__(
        self,
        *,
        releases: ReleaseWatcher,
        runner: QueryRunner,
        journal: Journal,
        interpreter: Interpreter,
        policy: Policy,
        observer: Observer,
        max_question_length: int = 500,
        choice_share: float = 0.5,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timer: Callable[[], float] = time.perf_counter,
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._releases = releases
        self._runner = runner
        self._journal = journal
        self._policy = policy
        self._observer = observer
        self._max_question_length = max_question_length
        self._choice_share = choice_share
        self._interpreter = interpreter
        self._now = now
        self._timer = timer
        self._new_id = new_id

    # ------------------------------------------------------------- questions

    def translate(
        self,
        question: str,
        database: str | None = None,
        previous: str | None = None,
        asker: Asker = NOBODY,
    ) -> Translation:
        """The queries that the question may mean; nothing runs.

        `database` may be left out: the one that answers with the highest probability is taken.
        `previous` is the id of the query that the question may follow up on.
        Raises `NoRelease`, `QuestionError`, `UnknownDatabase`, `CannotAnswer`, `PlanError`; with
        `previous` also `UnknownQuery`, `FollowUpError`.
        """
        asked = self._accept(question, database, previous, asker)
        with self._journaling_failure(asked):
            translation = self._interpreter.translation(asked)
        timings = {**translation.timings, "total_ms": self._since(asked.started)}
        translation = replace(translation, timings=timings)
        kept = self._record(asked, translation, 0, "translated", None)
        return replace(translation, journaled=kept)

    def query(
        self,
        question: str,
        database: str | None = None,
        cancellation: Cancellation | None = None,
        previous: str | None = None,
        asker: Asker = NOBODY,
    ) -> Answer:
        """Translate, then run the best choice that runs, read-only and within limits.

        Where the next choice comes close, it runs too, in the time that is left: a person chooses
        when the results differ.
        Raises what `translate` raises, and `ServiceUnavailable`, `AuthenticationFailed`,
        `QueryTimeout`, `QueryCancelled`, `QueryFailed`, `QueryRefused`, `UnknownCollection`.
        """
        accepted = self._accept(question, database, previous, asker)
        asked = replace(accepted, cancellation=cancellation)
        with self._journaling_failure(asked):
            translation = self._interpreter.translation(asked)
            while True:
                try:
                    chosen, table, run_ms = self._first_that_runs(asked, translation, cancellation)
                    break
                except NEXT_CHOICE_MAY_WORK as error:
                    translation = self._interpreter.instead(asked, translation, error)
        if chosen and translation.correction is not None:  # a reading of the model ran instead
            translation = replace(translation, source=Source.MODEL, correction=None)
        timings = {**translation.timings, "execute_ms": run_ms}
        started = self._timer()
        ran, alternatives = self._alternatives(
            asked, translation, chosen, table, run_ms, cancellation
        )
        if ran:
            timings["compare_ms"] = self._since(started)
        timings["total_ms"] = self._since(asked.started)
        translation = replace(translation, timings=timings)
        kept = self._record(asked, translation, chosen, "answered", len(table.rows))
        return Answer(replace(translation, journaled=kept), chosen, table, alternatives)

    # --------------------------------------------------- queries by a person

    def check(self, text: str, database: str | None = None) -> CheckedQuery:
        """Parse, guard and explain a query that a person wrote; nothing runs.

        Raises `QueryError` (with line and column), `QueryNotReadOnly`, `QueryRefused`,
        `UnknownCollection`, `UnknownDatabase`, `NoRelease`.
        """
        return check_written(text, self._releases.require(), database, self._policy)

    def run(
        self, text: str, database: str | None = None, cancellation: Cancellation | None = None
    ) -> RunQuery:
        """Check and run a query that a person wrote or picked; raises what both raise."""
        started = self._timer()
        release = self._releases.require()
        checked = check_written(text, release, database, self._policy)
        catalog = release.catalogs[checked.database]
        table, run_ms = self._runner.run(checked.choice.command, catalog, cancellation)
        timings = {"execute_ms": run_ms, "total_ms": self._since(started)}
        record = QueryRecord(
            query_id=self._new_id(),
            at=self._now(),
            question="",
            database=checked.database,
            plan=checked.choice.plan_json,
            command=checked.choice.mongosh,
            release_id=release.id,
            source=Source.PERSON,
            outcome="ran",
            row_count=len(table.rows),
            timings=timings,
        )
        kept = self._journal.record_query(record)
        self._observer.answered("ran", Source.PERSON)
        return RunQuery(record.query_id, checked, table, release.id, timings, kept)

    # ------------------------------------------------------------- look-ups

    def release(self) -> LoadedRelease:
        """The live release; raises `NoRelease`."""
        return self._releases.require()

    # ------------------------------------------------------------- internals

    def _accept(
        self, question: str, database: str | None, previous: str | None, asker: Asker
    ) -> Asked:
        query_id = self._new_id()
        release, exposure = self._releases.arms().choose(asker, query_id)
        text = clean_question(question, self._max_question_length)
        catalogs = catalogs_meant(release, database)
        earlier = self._earlier(previous, release, database) if previous else None
        if earlier is not None and len(catalogs) > MOST_DATABASES_TRIED:
            catalogs = (earlier.catalog,)
        if len(catalogs) > MOST_DATABASES_TRIED:
            names = ", ".join(sorted(release.catalogs))
            raise QuestionError(f"Say which database you mean; there are many: {names}.")
        now, started = self._now(), self._timer()
        return Asked(query_id, now, started, text, release, catalogs, earlier, exposure)

    def _earlier(
        self, query_id: str, release: LoadedRelease, database: str | None
    ) -> Earlier | None:
        """The answer with this id; None when it has no plan that could be followed up on.

        Without the journal questions are still answered, each by itself.
        """
        try:
            found = self._journal.find_query(query_id)
        except JournalUnavailable as error:
            log.warning("nobody knows what came before the question: %s", error)
            return None
        name, body = found["database"], found["plan"]
        if database and name and name != database:
            raise FollowUpError(
                f"The question {query_id} was about the database {name!r}, this one is about "
                f"{database!r}. Ask about {name!r}, or leave `previous` out."
            )
        if body is None:
            return None
        (catalog,) = catalogs_meant(release, name)
        try:
            plan = plan_from_json(body)
        except PlanError as error:  # written by another version
            log.warning("the plan of question %s cannot be read: %s", query_id, error)
            return None
        before = Before(query_id, found["question"] or found["command"])
        return Earlier(before, plan, catalog)

    def _first_that_runs(
        self, asked: Asked, translation: Translation, cancellation: Cancellation | None
    ) -> tuple[int, Table, float]:
        catalog = asked.release.catalogs[translation.database]
        failure: MqtError | None = None
        for index, choice in enumerate(translation.choices):
            try:
                return (index, *self._runner.run(choice.command, catalog, cancellation))
            except NEXT_CHOICE_MAY_WORK as error:
                failure = failure or error
                log.warning("choice %d for %r does not run: %s", index, asked.question, error)
        assert failure is not None  # a translation has at least one choice
        raise failure

    def _alternatives(
        self,
        asked: Asked,
        translation: Translation,
        chosen: int,
        table: Table,
        spent_ms: float,
        cancellation: Cancellation | None,
    ) -> tuple[bool, Alternatives | None]:
        """Whether the next choice was tried, and the two to choose from, where they differ.

        Never raises: there is an answer already.
        """
        choices = translation.choices
        rival = rival_of(choices, chosen, self._choice_share)
        limits = preview_limits(self._policy.limits, spent_ms, len(table.rows))
        if rival is None or limits is None:
            return False, None
        catalog = asked.release.catalogs[translation.database]
        try:
            other, _ = self._runner.run(choices[rival].command, catalog, cancellation, limits)
        except MqtError as error:
            log.info("choice %d for %r has no preview: %s", rival, asked.question, error)
            return True, None
        return True, alternatives_of(choices, {chosen: table, rival: other}, catalog)

    @contextmanager
    def _journaling_failure(self, asked: Asked) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            code = error.code if isinstance(error, MqtError) else MqtError.code
            record = QueryRecord(
                query_id=asked.query_id,
                at=asked.at,
                question=asked.question,
                database=asked.database,
                plan=None,
                command="",
                release_id=asked.release.id,
                source="",
                outcome=code,
                error=str(error),
                timings={"total_ms": self._since(asked.started)},
                exposure=asked.exposure,
            )
            kept = self._journal.record_query(record)
            self._observer.answered(code, "")
            if isinstance(error, MqtError) and kept:
                error.query_id = asked.query_id
            raise

    def _record(
        self,
        asked: Asked,
        translation: Translation,
        chosen: int,
        outcome: str,
        row_count: int | None,
    ) -> bool:
        self._observer.answered(outcome, translation.source)
        before = translation.follow_up_of
        choice = translation.choices[chosen]
        offered = (Candidate(c.mongosh, c.plan_json, c.probability) for c in translation.choices)
        return self._journal.record_query(
            QueryRecord(
                query_id=asked.query_id,
                at=asked.at,
                question=asked.question,
                database=translation.database,
                plan=choice.plan_json,
                command=choice.mongosh,
                release_id=asked.release.id,
                source=translation.source,
                outcome=outcome,
                row_count=row_count,
                timings=translation.timings,
                follow_up_of=before.query_id if before else None,
                exposure=asked.exposure,
                candidates=tuple(offered),
                chosen=chosen,
                llm=translation.llm.document() if translation.llm else None,
            )
        )

    def _since(self, started: float) -> float:
        return round((self._timer() - started) * 1000, 2)
