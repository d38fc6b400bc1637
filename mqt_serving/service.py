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
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from mqt_serving.alternatives import alternatives_of, preview_limits, rival_of
from mqt_serving.answers import (
    Alternatives,
    Answer,
    Before,
    CheckedQuery,
    Choice,
    RunQuery,
    Source,
    Table,
    Translation,
    UsedCorrection,
)
from mqt_serving.assignment import NOBODY, Asker, Exposure
from mqt_serving.choices import choice_of_plan
from mqt_serving.corrections.fitting import choice_of_correction, is_of_then
from mqt_serving.corrections.likeness import REUSE, Reading
from mqt_serving.corrections.live import LiveCorrections, used
from mqt_serving.corrections.paraphrases import Near, Paraphrases
from mqt_serving.errors import (
    CannotAnswer,
    FollowUpError,
    JournalUnavailable,
    MqtError,
    PlanError,
    QueryFailed,
    QueryRefused,
    QuestionError,
    TypeMismatch,
    UnknownCollection,
    UnknownField,
)
from mqt_serving.intake import clean_question
from mqt_serving.journal import Candidate, Journal, QueryRecord
from mqt_serving.llm import backend as language_model
from mqt_serving.llm.examples import Known
from mqt_serving.observing import Observer
from mqt_serving.query.cancellation import Cancellation
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.query.plan import Plan
from mqt_serving.query.plan_json import plan_from_json
from mqt_serving.release_loading import LoadedRelease, ReleaseWatcher
from mqt_serving.running import QueryRunner
from mqt_serving.schema import Catalog
from mqt_serving.translator.follow_ups import resolve
from mqt_serving.written import catalogs_meant, check_written

log = logging.getLogger(__name__)

MOST_CHOICES = 5
MOST_DATABASES_TRIED = 8
FOLLOW_UP_PROBABILITY = 0.9
"""Not a network's: every word was read, and in one way only."""

_NEXT_CHOICE_MAY_WORK = (
    PlanError,
    QueryFailed,
    QueryRefused,
    TypeMismatch,
    UnknownCollection,
    UnknownField,
)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """An answer that a question may follow up on, from the journal."""

    before: Before
    plan: Plan
    catalog: Catalog


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question that was accepted, with the release that answers it."""

    query_id: str
    at: datetime
    started: float
    question: str
    release: LoadedRelease
    catalogs: tuple[Catalog, ...]  # of the databases that may be meant
    earlier: _Earlier | None = None
    exposure: Exposure | None = None
    read: dict[tuple[str, str], tuple[Choice, ...]] = field(default_factory=dict)
    """What the model made of questions, by database: each is read once a request."""
    cancellation: Cancellation | None = None

    @property
    def now(self) -> datetime:
        """As MongoDB's dates: UTC, no zone."""
        return self.at.astimezone(UTC).replace(tzinfo=None)

    @property
    def database(self) -> str:
        return self.catalogs[0].database if len(self.catalogs) == 1 else ""


class Service:
    def __init__(
        self,
        *,
        releases: ReleaseWatcher,
        runner: QueryRunner,
        journal: Journal,
        corrections: LiveCorrections,
        paraphrases: Paraphrases,
        policy: Policy,
        observer: Observer,
        max_question_length: int = 500,
        choice_share: float = 0.5,
        llm: language_model.LlmBackend | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timer: Callable[[], float] = time.perf_counter,
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._releases = releases
        self._runner = runner
        self._journal = journal
        self._corrections = corrections
        self._paraphrases = paraphrases
        self._policy = policy
        self._observer = observer
        self._max_question_length = max_question_length
        self._choice_share = choice_share
        self._llm = llm
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
            translation = self._translation(asked)
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
            translation = self._translation(asked)
            while True:
                try:
                    chosen, table, run_ms = self._first_that_runs(asked, translation, cancellation)
                    break
                except _NEXT_CHOICE_MAY_WORK as error:
                    translation = self._instead(asked, translation, error)
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
    ) -> _Asked:
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
        return _Asked(query_id, now, started, text, release, catalogs, earlier, exposure)

    def _earlier(
        self, query_id: str, release: LoadedRelease, database: str | None
    ) -> _Earlier | None:
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
        return _Earlier(before, plan, catalog)

    def _translation(self, asked: _Asked) -> Translation:
        return (
            self._by_follow_up(asked)
            or self._by_correction(asked)
            or (self._by_paraphrase(asked) or self._by_reading(asked))
        )

    def _instead(self, asked: _Asked, translation: Translation, error: MqtError) -> Translation:
        """What to try when no choice runs; raises `error` when nothing is left."""
        if translation.source is Source.CORRECTION:
            log.warning("the correction of %r no longer runs: %s", asked.question, error)
            return self._by_reading(asked)
        if self._llm is None or translation.source is not Source.LLM or translation.llm is None:
            raise error
        catalog = asked.release.catalogs[translation.database]
        failed = language_model.Reading(catalog, translation.choices[0], translation.llm)
        return self._of_llm(asked, self._llm.repaired(self._told(asked), failed, error))

    def _by_follow_up(self, asked: _Asked) -> Translation | None:
        """What the question means after the one before; None when it stands by itself."""
        earlier = asked.earlier
        if earlier is None:
            return None
        plan = resolve(asked.question, earlier.plan, earlier.catalog, asked.now)
        if plan is None:
            return None
        try:
            choice = choice_of_plan(plan, FOLLOW_UP_PROBABILITY, earlier.catalog, self._policy)
        except _NEXT_CHOICE_MAY_WORK as error:
            log.info("%r is not answered as a follow-up: %s", asked.question, error)
            return None
        made = self._made(asked, earlier.catalog, (choice,), Source.FOLLOW_UP)
        return replace(made, follow_up_of=earlier.before)

    def _by_correction(self, asked: _Asked) -> Translation | None:
        """The correction of this very question, live or released: the newest of all databases."""
        known = self._corrections.snapshot
        fitting: list[tuple[UsedCorrection, Catalog, Choice]] = []
        for catalog in asked.catalogs:
            released = asked.release.correction(asked.question, catalog.database)
            correction = known.find(asked.question, catalog.database, released)
            if correction is None or is_of_then(correction, asked.now):
                continue
            try:
                choice = choice_of_correction(correction, catalog, self._policy)
            except MqtError as error:  # the data changed since: the model may still know
                log.warning("the correction of %r no longer fits: %s", asked.question, error)
                continue
            fitting.append((used(correction), catalog, choice))
        if not fitting:
            return None
        # Nobody knows when one was made that only the release has: it is the oldest.
        newest, catalog, choice = max(
            fitting, key=lambda found: found[0].at or datetime.min.replace(tzinfo=UTC)
        )
        made = self._made(asked, catalog, (choice,), Source.CORRECTION)
        return replace(made, correction=newest)

    def _by_paraphrase(self, asked: _Asked) -> Translation | None:
        """The correction of another wording of the question; the model's readings come behind."""
        best: tuple[Near, Catalog] | None = None
        for catalog in asked.catalogs:
            corrections = self._corrections.snapshot.by_database.get(catalog.database, ())
            reading_of = partial(self._reading, asked, catalog)
            near = self._paraphrases.nearest(
                asked.question, corrections, asked.release, catalog, reading_of, asked.now
            )
            if near is not None and (best is None or near.likeness > best[0].likeness):
                best = near, catalog
        if best is None or best[0].likeness < REUSE:
            return None
        near, catalog = best
        try:
            choice = choice_of_correction(near.correction, catalog, self._policy)
        except MqtError as error:
            log.warning("correction %s no longer fits: %s", near.correction.id, error)
            return None
        choice = replace(choice, probability=near.likeness)
        others = asked.read.get((catalog.database, asked.question), ())
        different = (other for other in others if other.mongosh != choice.mongosh)
        choices = (choice, *different)[:MOST_CHOICES]
        made = self._made(asked, catalog, choices, Source.CORRECTION)
        return replace(made, correction=used(near.correction, near.likeness))

    def _reading(self, asked: _Asked, catalog: Catalog, question: str) -> Reading:
        """What the model makes of a question."""
        try:
            choices = self._choices(asked, question, catalog)
        except (CannotAnswer, *_NEXT_CHOICE_MAY_WORK):
            return Reading()
        return Reading({choice.mongosh: choice.probability for choice in choices})

    def _by_reading(self, asked: _Asked) -> Translation:
        """By a language model where one is set and of use, else by the release's own model."""
        if self._llm is None:
            return self._by_model(asked)
        return self._of_llm(asked, self._llm.read(self._told(asked)))

    def _of_llm(self, asked: _Asked, reading: language_model.Reading) -> Translation:
        if reading.choice is None:
            return replace(self._by_model(asked), llm=reading.use)
        made = self._made(asked, reading.catalog, (reading.choice,), Source.LLM)
        return replace(made, llm=reading.use)

    def _told(self, asked: _Asked) -> language_model.Asked:
        release, database = asked.release, asked.database or None
        hits = (
            release.search.search(asked.question, language_model.SEARCHED, database)
            if release.search is not None
            else ()
        )
        live = self._corrections.snapshot
        known: dict[tuple[str, str], Known] = {**release.corrections, **live.by_key}
        return language_model.Asked(
            question=asked.question,
            at=asked.at,
            catalogs=asked.catalogs,
            prompt=release.prompt,
            hits=hits,
            corrections=[c for key, c in known.items() if key not in live.withdrawn],
            cancellation=asked.cancellation,
        )

    def _by_model(self, asked: _Asked) -> Translation:
        best: tuple[Catalog, tuple[Choice, ...]] | None = None
        failure: MqtError | None = None
        started = self._timer()
        try:
            for catalog in asked.catalogs:
                try:
                    choices = self._choices(asked, asked.question, catalog)
                except (CannotAnswer, *_NEXT_CHOICE_MAY_WORK) as error:
                    failure = failure or error
                    continue
                if best is None or choices[0].probability > best[1][0].probability:
                    best = (catalog, choices)
        finally:
            self._observer.translated(self._timer() - started)
        if best is None:
            assert failure is not None  # there is at least one catalog
            raise failure
        return self._made(asked, *best, Source.MODEL)

    def _choices(self, asked: _Asked, question: str, catalog: Catalog) -> tuple[Choice, ...]:
        """Different queries only, best first; raises the first failure when none is left."""
        key = catalog.database, question
        if key in asked.read:
            return asked.read[key]
        ranked = asked.release.translator.translate(question, catalog, asked.now)
        found: dict[str, Choice] = {}
        failure: MqtError | None = None
        for candidate in ranked:
            try:
                choice = choice_of_plan(
                    candidate.plan, candidate.probability, catalog, self._policy
                )
            except _NEXT_CHOICE_MAY_WORK as error:
                failure = failure or error
                log.info("a candidate for %r is dropped: %s", question, error)
                continue
            found.setdefault(choice.mongosh, choice)
            if len(found) == MOST_CHOICES:
                break
        if not found:
            raise failure or CannotAnswer(
                f"Nothing in {catalog.database} fits the question {question!r}. "
                "Name what the data holds; the schema shows it."
            )
        choices = asked.read[key] = tuple(found.values())
        return choices

    def _made(
        self, asked: _Asked, catalog: Catalog, choices: tuple[Choice, ...], source: Source
    ) -> Translation:
        return Translation(
            query_id=asked.query_id,
            question=asked.question,
            database=catalog.database,
            choices=choices,
            source=source,
            release_id=asked.release.id,
            timings={"translate_ms": self._since(asked.started)},
        )

    def _first_that_runs(
        self, asked: _Asked, translation: Translation, cancellation: Cancellation | None
    ) -> tuple[int, Table, float]:
        catalog = asked.release.catalogs[translation.database]
        failure: MqtError | None = None
        for index, choice in enumerate(translation.choices):
            try:
                return (index, *self._runner.run(choice.command, catalog, cancellation))
            except _NEXT_CHOICE_MAY_WORK as error:
                failure = failure or error
                log.warning("choice %d for %r does not run: %s", index, asked.question, error)
        assert failure is not None  # a translation has at least one choice
        raise failure

    def _alternatives(
        self,
        asked: _Asked,
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
    def _journaling_failure(self, asked: _Asked) -> Iterator[None]:
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
        asked: _Asked,
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
