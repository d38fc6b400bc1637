"""What a question means: after the one before it, by a correction, or as a model reads it.

The first way that can say it is taken, in this order: a follow-up, a correction of the question, a
correction of another wording of it, a language model where one is set, the release's own network.
Nothing runs here. Thread-safe.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from mqt_serving.answers import Before, Choice, Source, Translation, UsedCorrection
from mqt_serving.assignment import Exposure
from mqt_serving.choices import choice_of_plan
from mqt_serving.corrections.fitting import choice_of_correction
from mqt_serving.corrections.likeness import REUSE, Reading
from mqt_serving.corrections.live import LiveCorrections, used
from mqt_serving.corrections.moving import brought_to
from mqt_serving.corrections.paraphrases import Near, Paraphrases
from mqt_serving.errors import (
    CannotAnswer,
    MqtError,
    PlanError,
    QueryFailed,
    QueryRefused,
    TypeMismatch,
    UnknownCollection,
    UnknownField,
)
from mqt_serving.llm import backend as language_model
from mqt_serving.llm.examples import Known
from mqt_serving.observing import Observer
from mqt_serving.query.cancellation import Cancellation
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.query.plan import Plan
from mqt_serving.release_loading import LoadedRelease
from mqt_serving.schema import Catalog
from mqt_serving.translator.follow_ups import resolve

log = logging.getLogger(__name__)

MOST_CHOICES = 5
FOLLOW_UP_PROBABILITY = 0.9
"""Not a network's: every word was read, and in one way only."""

NEXT_CHOICE_MAY_WORK = (
    PlanError,
    QueryFailed,
    QueryRefused,
    TypeMismatch,
    UnknownCollection,
    UnknownField,
)
"""What may end one choice and not the next."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An answer that a question may follow up on, from the journal."""

    before: Before
    plan: Plan
    catalog: Catalog


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was accepted, with the release that answers it."""

    query_id: str
    at: datetime
    started: float
    question: str
    release: LoadedRelease
    catalogs: tuple[Catalog, ...]  # of the databases that may be meant
    earlier: Earlier | None = None
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


class Interpreter:
    def __init__(
        self,
        *,
        corrections: LiveCorrections,
        paraphrases: Paraphrases,
        policy: Policy,
        observer: Observer,
        llm: language_model.LlmBackend | None = None,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._corrections = corrections
        self._paraphrases = paraphrases
        self._policy = policy
        self._observer = observer
        self._llm = llm
        self._timer = timer

    def translation(self, asked: Asked) -> Translation:
        """By the first of the ways that says what the question means.

        Raises `CannotAnswer` and what its queries are refused for.
        """
        return (
            self._by_follow_up(asked)
            or self._by_correction(asked)
            or (self._by_paraphrase(asked) or self._by_reading(asked))
        )

    def instead(self, asked: Asked, translation: Translation, error: MqtError) -> Translation:
        """What to try when no choice runs; raises `error` when nothing is left."""
        if translation.source is Source.CORRECTION:
            log.warning("the correction of %r no longer runs: %s", asked.question, error)
            return self._by_reading(asked)
        if self._llm is None or translation.source is not Source.LLM or translation.llm is None:
            raise error
        catalog = asked.release.catalogs[translation.database]
        failed = language_model.Reading(catalog, translation.choices[0], translation.llm)
        return self._of_llm(asked, self._llm.repaired(self._told(asked), failed, error))

    def _by_follow_up(self, asked: Asked) -> Translation | None:
        """What the question means after the one before; None when it stands by itself."""
        earlier = asked.earlier
        if earlier is None:
            return None
        plan = resolve(asked.question, earlier.plan, earlier.catalog, asked.now)
        if plan is None:
            return None
        try:
            choice = choice_of_plan(plan, FOLLOW_UP_PROBABILITY, earlier.catalog, self._policy)
        except NEXT_CHOICE_MAY_WORK as error:
            log.info("%r is not answered as a follow-up: %s", asked.question, error)
            return None
        made = self._made(asked, earlier.catalog, (choice,), Source.FOLLOW_UP)
        return replace(made, follow_up_of=earlier.before)

    def _by_correction(self, asked: Asked) -> Translation | None:
        """The correction of this very question, live or released: the newest of all databases."""
        known = self._corrections.snapshot
        fitting: list[tuple[UsedCorrection, Catalog, Choice]] = []
        for catalog in asked.catalogs:
            released = asked.release.correction(asked.question, catalog.database)
            corrected = known.find(asked.question, catalog.database, released)
            correction = None if corrected is None else brought_to(corrected, asked.now)
            if correction is None:
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

    def _by_paraphrase(self, asked: Asked) -> Translation | None:
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

    def _reading(self, asked: Asked, catalog: Catalog, question: str) -> Reading:
        """What the model makes of a question."""
        try:
            choices = self._choices(asked, question, catalog)
        except (CannotAnswer, *NEXT_CHOICE_MAY_WORK):
            return Reading()
        return Reading({choice.mongosh: choice.probability for choice in choices})

    def _by_reading(self, asked: Asked) -> Translation:
        """By a language model where one is set and of use, else by the release's own model."""
        if self._llm is None:
            return self._by_model(asked)
        return self._of_llm(asked, self._llm.read(self._told(asked)))

    def _of_llm(self, asked: Asked, reading: language_model.Reading) -> Translation:
        if reading.choice is None:
            return replace(self._by_model(asked), llm=reading.use)
        made = self._made(asked, reading.catalog, (reading.choice,), Source.LLM)
        return replace(made, llm=reading.use)

    def _told(self, asked: Asked) -> language_model.Asked:
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

    def _by_model(self, asked: Asked) -> Translation:
        best: tuple[Catalog, tuple[Choice, ...]] | None = None
        failure: MqtError | None = None
        started = self._timer()
        try:
            for catalog in asked.catalogs:
                try:
                    choices = self._choices(asked, asked.question, catalog)
                except (CannotAnswer, *NEXT_CHOICE_MAY_WORK) as error:
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

    def _choices(self, asked: Asked, question: str, catalog: Catalog) -> tuple[Choice, ...]:
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
            except NEXT_CHOICE_MAY_WORK as error:
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
        self, asked: Asked, catalog: Catalog, choices: tuple[Choice, ...], source: Source
    ) -> Translation:
        return Translation(
            query_id=asked.query_id,
            question=asked.question,
            database=catalog.database,
            choices=choices,
            source=source,
            release_id=asked.release.id,
            timings={"translate_ms": round((self._timer() - asked.started) * 1000, 2)},
        )
