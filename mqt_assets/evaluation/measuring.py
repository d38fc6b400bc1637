"""Measures one translator on a set of questions: accuracy by running queries, and latency.

Imports the serving translator (ONNX Runtime) only when something is measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from pymongo.database import Database

from mqt_assets.evaluation.answering import (
    Answering,
    DatabaseOf,
    Reruns,
    percentile,
    rerun_corrections,
    runner,
)
from mqt_assets.evaluation.execution_accuracy import Case, evaluate
from mqt_assets.evaluation.paired import Outcome
from mqt_assets.release.gates import Share
from mqt_assets.release.packaging import code_version
from mqt_assets.training.examples import Example
from mqt_resources.gateways import CORPUS_PREFIX, JournalResource, MongoResource
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.pipeline import Command
from mqt_serving.schema import Catalog, digest_of

_SAY_EVERY_S = 10.0

Run = Callable[[str, Command], list[dict[str, Any]]]


class Predicting(Protocol):
    """`milliseconds` has one entry a question; `confidences` are by the example's id."""

    @property
    def milliseconds(self) -> Sequence[float]: ...
    @property
    def confidences(self) -> Mapping[str, float]: ...

    def predict(self, example: Example) -> Command: ...


@dataclass(frozen=True)
class Failed:
    """One wrong answer, as text for people."""

    database: str
    question: str
    gold: str
    predicted: str
    reason: str


@dataclass(frozen=True)
class Measured:
    overall: Share
    by_kind: dict[str, Share]
    by_source: dict[str, Share]
    milliseconds: tuple[float, ...]
    failures: tuple[Failed, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def p50(self) -> float:
        return percentile(self.milliseconds, 0.50)

    @property
    def p95(self) -> float:
        return percentile(self.milliseconds, 0.95)


@dataclass(frozen=True)
class Measurement:
    """Where questions are answered: `own` databases on the user's server, `corpus` beside the
    journal. A name in both is the user's."""

    own: Mapping[str, Catalog]
    corpus: Mapping[str, Catalog]
    tend_folder: Path | None
    mongodb: MongoResource
    journal: JournalResource
    say: Callable[[str], object]

    @cached_property
    def catalogs(self) -> dict[str, Catalog]:
        return {**self.corpus, **self.own}

    @cached_property
    def measured_on(self) -> dict[str, str]:
        """By database what an outcome depends on besides translator and question: the documents,
        as far as the catalog knows them, and MQT itself."""
        return {
            name: digest_of([catalog.model_dump(mode="json"), code_version()])
            for name, catalog in self.catalogs.items()
        }

    @contextmanager
    def databases(self, corpus_names: Sequence[str] = ()) -> Iterator[DatabaseOf]:
        """A look-up of databases by name; corpus documents are loaded first where they miss."""
        self._load_corpora(corpus_names)
        with ExitStack() as stack:
            own = stack.enter_context(self.mongodb.client())
            journal = stack.enter_context(self.journal.client()) if corpus_names else None

            def database_of(name: str) -> Database[dict[str, Any]]:
                if journal is None or name in self.own:
                    return own[name]
                return journal[CORPUS_PREFIX + name]

            yield database_of

    def _load_corpora(self, names: Sequence[str]) -> None:
        if not names or self.tend_folder is None:
            return
        from mqt_assets.training.corpora import tend_documents

        folder = self.tend_folder / "databases"
        started = time.monotonic()
        loaded = [
            name
            for name in names
            if self.journal.load_corpus(
                name, self.corpus[name].digest, tend_documents(folder / name)
            )
        ]
        if loaded:
            seconds = time.monotonic() - started
            self.say(f"loaded {len(loaded)} corpus databases in {seconds:.1f} s")


def measure(folder: Path, examples: Sequence[Example], where: Measurement) -> Measured:
    """Ask the translator in `folder` every example's question; an empty set gives zeros."""
    if not examples:
        return Measured(Share(correct=0, total=0), {}, {}, (), (), ())
    from mqt_serving.translator.model import Translator

    translator = Translator.load(folder)
    catalogs = where.catalogs
    for name in sorted({example.database for example in examples}):
        translator.prepare(catalogs[name])  # once per release in serving, so not part of latency
    return judged(lambda run: Answering(translator, catalogs), examples, where)


def judged(
    answering_by: Callable[[Run], Predicting], examples: Sequence[Example], where: Measurement
) -> Measured:
    """What `answering_by` predicts for the examples; it gets what runs queries."""
    asked = sorted({example.database for example in examples})
    with where.databases([name for name in asked if name not in where.own]) as database_of:
        run = runner(database_of)
        answering = answering_by(run)
        result = evaluate(examples, answering.predict, run, _Counter(where.say))
    failures = tuple(
        Failed(
            case.example.database,
            case.example.question,
            case.example.command,
            render_mongosh(case.predicted) if case.predicted else "",
            case.reason,
        )
        for case in result.failures
    )
    return Measured(
        overall=_share(result.overall),
        by_kind={name: _share(share) for name, share in result.by_kind.items()},
        by_source={name: _share(share) for name, share in result.by_source.items()},
        milliseconds=tuple(answering.milliseconds),
        failures=failures,
        outcomes=tuple(
            outcome_of(case, answering.confidences, where.measured_on) for case in result.cases
        ),
    )


def outcome_of(
    case: Case, confidences: Mapping[str, float], measured_on: Mapping[str, str]
) -> Outcome:
    """A case as it is kept; `confidences` are by the example's id, `measured_on` by database."""
    example = case.example
    confidence = confidences.get(example.id)
    return Outcome(
        question=example.id,
        query=digest_of([example.database, example.command]),
        database=example.database,
        kind=example.kind,
        source=example.source,
        right=case.correct,
        confidence=None if confidence is None else round(confidence, 4),
        measured_on=measured_on[example.database],
    )


def corrections_on_data(
    corrections: Sequence[Example], own: Mapping[str, Catalog], mongodb: MongoResource
) -> Reruns:
    """Which accepted corrections no longer run on the user's data, within the limits of serving."""
    if not corrections:
        return Reruns()
    from mqt_serving.assembly import policy_of  # brings the translator along

    limits = policy_of(mongodb.settings.load()).limits
    with mongodb.client() as client:
        return rerun_corrections(corrections, own, lambda name: client[name], limits)


class _Counter:
    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._next = time.monotonic() + _SAY_EVERY_S

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _SAY_EVERY_S
            self._say(f"{done} of {total} questions asked")


def _share(share: Any) -> Share:
    return Share(correct=share.correct, total=share.total)
