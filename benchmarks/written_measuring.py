"""Measures a translator on the written test: rank of the right answer, and what is declined.

A library for the benchmarks that print these figures. Databases are loaded into a server that the
caller gives; questions are asked at the moment that their file names.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from pymongo import MongoClient

from benchmarks.databases.loading import DATABASES, infer_catalog, load, load_documents
from benchmarks.judging import CANDIDATES, Candidate, Translator
from benchmarks.progress import with_progress
from benchmarks.same_answer import conventional_names, same_answer
from benchmarks.sampling import evenly
from benchmarks.written_set import (
    Question,
    answerable,
    questions,
    small_databases,
    unanswerable,
)
from mqt_assets.evaluation.answering import EVALUATION_LIMITS, as_of_now, percentile
from mqt_assets.evaluation.language_model import Written
from mqt_serving.errors import CannotAnswer, MqtError, QuestionError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.execution import run
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.pipeline import Command
from mqt_serving.schema import Catalog

Rows = list[dict[str, Any]]
Run = Callable[[str, Command, int], Rows]
"""Runs a command on a database by name: the rows, at most one more than the number asked for."""


@dataclass(frozen=True, slots=True)
class Answered:
    """`rank` of the first right candidate from 1, None when none is; `reason` why the first
    candidate is wrong, empty when it is right."""

    id: str
    database: str
    question: str
    constructs: tuple[str, ...]
    gold: str
    rank: int | None
    part: str
    reason: str = ""
    predicted: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of which only counts whether it was declined."""

    id: str
    database: str
    question: str
    kind: str
    declined: bool


@dataclass(frozen=True, slots=True)
class Report:
    answered: tuple[Answered, ...]
    without_answer: tuple[Asked, ...]
    with_answer: tuple[Asked, ...]
    milliseconds: tuple[float, ...]

    @property
    def right(self) -> float:
        return _share(answer.rank == 1 for answer in self.answered)

    @property
    def among_first(self) -> float:
        return _share(answer.rank is not None for answer in self.answered)

    @property
    def by_database(self) -> dict[str, tuple[float, int]]:
        return _grouped((a.database, a.rank == 1) for a in self.answered)

    @property
    def by_part(self) -> dict[str, tuple[float, int]]:
        return _grouped((a.part, a.rank == 1) for a in self.answered)

    @property
    def by_construct(self) -> dict[str, tuple[float, int]]:
        return _grouped((name, a.rank == 1) for a in self.answered for name in a.constructs)

    @property
    def recognised(self) -> float:
        return _share(asked.declined for asked in self.without_answer)

    @property
    def recognised_by_kind(self) -> dict[str, tuple[float, int]]:
        return _grouped((asked.kind, asked.declined) for asked in self.without_answer)

    @property
    def falsely_declined(self) -> float:
        return _share(asked.declined for asked in self.with_answer)

    def as_json(self) -> dict[str, Any]:
        return {
            "questions": len(self.answered),
            "right": self.right,
            "among_first": {"candidates": CANDIDATES, "right": self.among_first},
            "by_database": {k: share for k, (share, _) in self.by_database.items()},
            "by_part": {k: share for k, (share, _) in self.by_part.items()},
            "by_construct": {k: share for k, (share, _) in self.by_construct.items()},
            "unanswerable": {
                "questions": len(self.without_answer),
                "recognised": self.recognised,
                "by_kind": {k: share for k, (share, _) in self.recognised_by_kind.items()},
            },
            "answerable": {
                "questions": len(self.with_answer),
                "falsely_declined": self.falsely_declined,
            },
            "milliseconds": {
                "p50": percentile(self.milliseconds, 0.50),
                "p99": percentile(self.milliseconds, 0.99),
            },
            "failures": [asdict(answer) for answer in self.answered if answer.rank != 1],
            "not_recognised": [asdict(a) for a in self.without_answer if not a.declined],
            "falsely_declined": [asdict(a) for a in self.with_answer if a.declined],
        }


@dataclass
class Measuring:
    """Asks one translator; `milliseconds` gets the time of each translation."""

    translator: Translator
    catalogs: Mapping[str, Catalog]
    run: Run
    milliseconds: list[float]

    def answer(self, question: Question) -> Answered:
        """Right as soon as a candidate returns what one of the golds returns."""

        def outcome(rank: int | None, reason: str = "", predicted: str = "") -> Answered:
            return Answered(
                question.id,
                question.database,
                question.question,
                question.constructs,
                question.golds[0],
                rank,
                question.part,
                reason,
                predicted,
            )

        catalog = self.catalogs[question.database]
        most = EVALUATION_LIMITS.max_rows
        golds = [self.run(question.database, parse_query(gold), most) for gold in question.golds]
        fixed = conventional_names(catalog)
        try:
            found = self._candidates(question.question, catalog, question.now)
        except (CannotAnswer, QuestionError) as error:
            return outcome(None, f"declined: {error}")
        reason = predicted = ""
        for rank, candidate in enumerate(found[:CANDIDATES], start=1):
            text, problem = self._compare(candidate, question, golds, fixed)
            if rank == 1:
                reason, predicted = problem, text
            if not problem:
                return outcome(rank, reason, predicted)
        return outcome(None, reason, predicted)

    def _compare(
        self,
        candidate: Candidate,
        question: Question,
        golds: Sequence[Rows],
        fixed: frozenset[str],
    ) -> tuple[str, str]:
        """The command's text, and what is wrong with its answer (empty: nothing)."""
        text = ""
        most = max(len(gold) for gold in golds)
        try:
            command = _command_of(candidate, self.catalogs[question.database])
            text = render_mongosh(command)
            rows = self.run(question.database, command, most)
        except MqtError as error:
            return text, f"{type(error).__name__}: {error}"
        if any(same_answer(gold, rows, question.ordered, fixed) for gold in golds):
            return text, ""
        count = f"more than {most}" if len(rows) > most else str(len(rows))
        return text, f"another result: {count} rows, gold {len(golds[0])} rows"

    def asks(self, id: str, database: str, question: str, kind: str, now: datetime) -> Asked:
        try:
            self._candidates(question, self.catalogs[database], now)
        except (CannotAnswer, QuestionError):
            return Asked(id, database, question, kind, declined=True)
        return Asked(id, database, question, kind, declined=False)

    def _candidates(self, question: str, catalog: Catalog, now: datetime) -> Sequence[Candidate]:
        started = time.perf_counter()
        try:
            return self.translator.translate(question, catalog, now.replace(tzinfo=None))
        finally:
            self.milliseconds.append((time.perf_counter() - started) * 1000)


def _command_of(candidate: Candidate, catalog: Catalog) -> Command:
    if isinstance(candidate, Written):
        return candidate.command
    assert candidate.plan is not None  # every other candidate is a plan
    return lower(candidate.plan, catalog)


def measure(
    translator: Translator, catalogs: Mapping[str, Catalog], run: Run, limit: int | None = None
) -> Report:
    """The report of one translator on the databases that `run` reaches.

    With `limit`, at most so many questions of each part.
    """
    measuring = Measuring(translator, catalogs, run, [])
    asked = evenly(questions(), limit)
    moments = {question.database: question.now for question in questions()}
    latest = max(moments.values())
    return Report(
        tuple(measuring.answer(question) for question in with_progress(asked, "written test")),
        tuple(
            measuring.asks(u.id, u.database, u.question, u.kind, moments.get(u.database, latest))
            for u in with_progress(evenly(unanswerable(), limit), "without an answer")
        ),
        tuple(
            measuring.asks(a.id, a.database, a.question, "", moments.get(a.database, latest))
            for a in with_progress(evenly(answerable(), limit), "near them")
        ),
        tuple(measuring.milliseconds),
    )


def runner(client: MongoClient[dict[str, Any]]) -> Run:
    """Runs on the databases of a client, with the time limit of evaluations."""

    def run_some(name: str, command: Command, most: int) -> Rows:
        limits = replace(EVALUATION_LIMITS, max_rows=most + 1)
        return run(as_of_now(command), client[name], limits).rows

    return run_some


def load_written(uri: str, client: MongoClient[dict[str, Any]]) -> dict[str, Catalog]:
    """Load all databases of the test into a server, and give their catalogs."""
    for name in DATABASES:
        load(name, uri, client)
    small = small_databases()
    for name, documents in small.items():
        load_documents(client[name], documents)
    return {name: infer_catalog(uri, name) for name in (*DATABASES, *small)}


def _grouped(judged: Iterable[tuple[str, bool]]) -> dict[str, tuple[float, int]]:
    groups: defaultdict[str, list[bool]] = defaultdict(list)
    for name, verdict in judged:
        groups[name].append(verdict)
    return {name: (_share(verdicts), len(verdicts)) for name, verdicts in sorted(groups.items())}


def _share(verdicts: Iterable[bool]) -> float:
    judged = list(verdicts)
    return sum(judged) / len(judged) if judged else 0.0
