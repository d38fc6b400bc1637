"""How a translator does on the written test: what public corpora lack, and what has no answer.

`python -m benchmarks.written_questions --model FOLDER [--failures] [--json]` starts a mongod of
its own, loads the sample shop and the two generated databases, infers their catalogs as the
pipeline does, and asks the translator in FOLDER (of a release) every question of
`tests/questions/written`. It prints the share of right answers by database and by construct, the
share where a right answer is among the first five, and how often the translator declines: what
has no answer, and what has one. Questions are asked at the moment that their file names.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pymongo import MongoClient

from benchmarks.databases.loading import DATABASES, infer_catalog, load, load_documents
from benchmarks.same_answer import conventional_names, same_answer
from benchmarks.written_set import (
    Question,
    answerable,
    questions,
    small_databases,
    unanswerable,
)
from mqt_assets.evaluation.answering import EVALUATION_LIMITS, percentile
from mqt_serving.errors import CannotAnswer, MqtError, QuestionError
from mqt_serving.platform.servers import MongoServer
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.execution import run
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.pipeline import Command
from mqt_serving.query.plan import Plan
from mqt_serving.schema import Catalog

CANDIDATES = 5


class Candidate(Protocol):
    @property
    def plan(self) -> Plan: ...


class Translator(Protocol):
    """As `mqt_serving.translator.model`; raises CannotAnswer or QuestionError to decline."""

    def translate(
        self, question: str, catalog: Catalog, now: datetime | None = None, width: int = CANDIDATES
    ) -> Sequence[Candidate]: ...


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
                reason,
                predicted,
            )

        catalog = self.catalogs[question.database]
        most = EVALUATION_LIMITS.max_rows
        golds = [self.run(question.database, parse_query(gold), most) for gold in question.golds]
        fixed = conventional_names(catalog)
        try:
            plans = self._plans(question.question, catalog, question.now)
        except (CannotAnswer, QuestionError) as error:
            return outcome(None, f"declined: {error}")
        reason = predicted = ""
        for rank, plan in enumerate(plans[:CANDIDATES], start=1):
            text, problem = self._compare(plan, question, golds, fixed)
            if rank == 1:
                reason, predicted = problem, text
            if not problem:
                return outcome(rank, reason, predicted)
        return outcome(None, reason, predicted)

    def _compare(
        self,
        plan: Plan,
        question: Question,
        golds: Sequence[Rows],
        fixed: frozenset[str],
    ) -> tuple[str, str]:
        """The command's text, and what is wrong with its answer (empty: nothing)."""
        text = ""
        most = max(len(gold) for gold in golds)
        try:
            command = lower(plan, self.catalogs[question.database])
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
            self._plans(question, self.catalogs[database], now)
        except (CannotAnswer, QuestionError):
            return Asked(id, database, question, kind, declined=True)
        return Asked(id, database, question, kind, declined=False)

    def _plans(self, question: str, catalog: Catalog, now: datetime) -> list[Plan]:
        started = time.perf_counter()
        try:
            found = self.translator.translate(question, catalog, now.replace(tzinfo=None))
            return [candidate.plan for candidate in found]
        finally:
            self.milliseconds.append((time.perf_counter() - started) * 1000)


def measure(translator: Translator, catalogs: Mapping[str, Catalog], run: Run) -> Report:
    """The report of one translator on the databases that `run` reaches."""
    measuring = Measuring(translator, catalogs, run, [])
    asked = questions()
    moments = {question.database: question.now for question in asked}
    latest = max(moments.values())
    return Report(
        tuple(measuring.answer(question) for question in asked),
        tuple(
            measuring.asks(u.id, u.database, u.question, u.kind, moments.get(u.database, latest))
            for u in unanswerable()
        ),
        tuple(
            measuring.asks(a.id, a.database, a.question, "", moments.get(a.database, latest))
            for a in answerable()
        ),
        tuple(measuring.milliseconds),
    )


def runner(client: MongoClient[dict[str, Any]]) -> Run:
    """Runs on the databases of a client, with the time limit of evaluations."""

    def run_some(name: str, command: Command, most: int) -> Rows:
        return run(command, client[name], replace(EVALUATION_LIMITS, max_rows=most + 1)).rows

    return run_some


@contextmanager
def loaded() -> Iterator[tuple[dict[str, Catalog], MongoClient[dict[str, Any]]]]:
    """A server of its own with all databases of the test, and their catalogs."""
    with (
        tempfile.TemporaryDirectory(prefix="mqt-benchmark-") as place,
        MongoServer(Path(place)) as server,
        MongoClient[dict[str, Any]](server.uri) as client,
    ):
        for name in DATABASES:
            load(name, server.uri, client)
        small = small_databases()
        for name, documents in small.items():
            load_documents(client[name], documents)
        yield {name: infer_catalog(server.uri, name) for name in (*DATABASES, *small)}, client


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="a release's translator folder")
    parser.add_argument("--failures", action="store_true", help="list what went wrong")
    parser.add_argument("--json", action="store_true", help="print one JSON object, all in it")
    chosen = parser.parse_args(arguments)
    from mqt_serving.translator.model import Translator as Network

    network = Network.load(chosen.model)
    with loaded() as (catalogs, client):
        for catalog in catalogs.values():
            network.prepare(catalog)  # once per release in serving, so not part of latency
        report = measure(network, catalogs, runner(client))
    if chosen.json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
        return
    _print(report)
    if chosen.failures:
        _print_failures(report)


def _print(report: Report) -> None:
    print(f"{len(report.answered)} questions with an answer")
    print(f"  right                  {report.right:6.1%}")
    print(f"  right among first {CANDIDATES}    {report.among_first:6.1%}")
    for title, groups in (("database", report.by_database), ("construct", report.by_construct)):
        print(f"by {title}")
        for name, (share, count) in groups.items():
            print(f"  {name:<22} {share:6.1%}  of {count}")
    print(f"{len(report.without_answer)} questions without an answer")
    print(f"  declined               {report.recognised:6.1%}")
    for name, (share, count) in report.recognised_by_kind.items():
        print(f"  {name:<22} {share:6.1%}  of {count}")
    print(f"{len(report.with_answer)} questions near them with an answer")
    print(f"  declined               {report.falsely_declined:6.1%}")
    p50, p99 = (percentile(report.milliseconds, share) for share in (0.50, 0.99))
    print(f"{p50:.0f} ms a translation at the median, {p99:.0f} ms at the 99th percentile")


def _print_failures(report: Report) -> None:
    for answer in report.answered:
        if answer.rank != 1:
            found = f" (right at {answer.rank})" if answer.rank else ""
            print(f"\n{answer.database}/{answer.id}{found}: {answer.question}")
            print(f"  {answer.reason}\n  gold      {answer.gold}\n  predicted {answer.predicted}")
    for asked in report.without_answer:
        if not asked.declined:
            print(f"\nnot declined, {asked.kind}: {asked.database}/{asked.id}: {asked.question}")
    for asked in report.with_answer:
        if asked.declined:
            print(f"\nfalsely declined: {asked.database}/{asked.id}: {asked.question}")


def _grouped(judged: Iterable[tuple[str, bool]]) -> dict[str, tuple[float, int]]:
    groups: defaultdict[str, list[bool]] = defaultdict(list)
    for name, verdict in judged:
        groups[name].append(verdict)
    return {name: (_share(verdicts), len(verdicts)) for name, verdicts in sorted(groups.items())}


def _share(verdicts: Iterable[bool]) -> float:
    judged = list(verdicts)
    return sum(judged) / len(judged) if judged else 0.0


if __name__ == "__main__":
    main()
