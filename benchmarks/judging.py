"""Judges a translator's candidates one by one: which of the first five returns what the gold does.

Golds run once, and equal commands once per database, however many questions share them; results
are forgotten when another database is asked, so questions should come database by database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol

from benchmarks.breakdown import Difference, Result, differences
from benchmarks.command_shape import shape_of
from mqt_assets.evaluation.answering import NOW, command_of
from mqt_assets.evaluation.execution_accuracy import Gold, Rows, run_gold
from mqt_assets.evaluation.language_model import Written
from mqt_assets.training.examples import Example
from mqt_serving.errors import CannotAnswer, MqtError, QuestionError, ServiceUnavailable
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.pipeline import Command
from mqt_serving.query.plan import Plan
from mqt_serving.schema import Catalog

CANDIDATES = 5


class Candidate(Protocol):
    """`plan` is None only for a query that a language model wrote (`Written`)."""

    @property
    def plan(self) -> Plan | None: ...
    @property
    def probability(self) -> float: ...


class Translator(Protocol):
    """As `mqt_serving.translator`; raises CannotAnswer or QuestionError to decline."""

    def translate(
        self, question: str, catalog: Catalog, now: datetime | None = None
    ) -> Sequence[Candidate]: ...


Run = Callable[[str, Command], Rows]
"""All rows of a command on a database by name; raises MqtError when it cannot run."""


@dataclass(frozen=True, slots=True)
class Judged:
    """`rank` of the first right candidate from 1, None when none is. `probability` and
    `predicted` (mongosh) are of the first candidate; it has none when nothing was answered."""

    example: Example
    kind: str
    rank: int | None
    probability: float | None = None
    predicted: str = ""
    reason: str = ""
    differences: tuple[Difference, ...] = ()

    @property
    def right(self) -> bool:
        return self.rank == 1

    def as_json(self) -> dict[str, Any]:
        """One line of the predictions."""
        body = asdict(self)
        del body["example"]
        asked = self.example
        return {
            "database": asked.database,
            "question": asked.question,
            "gold": asked.command,
            "right": self.right,
            **body,
        }


@dataclass
class Judge:
    """Asks one translator; questions that don't say when they were asked are asked at `now`."""

    translator: Translator
    catalogs: Mapping[str, Catalog]
    run: Run
    now: datetime = NOW
    _database: str = ""
    _golds: dict[str, Gold | str] = field(default_factory=dict)
    _results: dict[str, Rows | MqtError] = field(default_factory=dict)

    def judge(self, example: Example) -> Judged:
        """Whatever fails scores 0 with its reason; only what is no MqtError is raised."""
        if example.database != self._database:
            self._database, self._golds, self._results = example.database, {}, {}
        kind = kind_of_gold(example)
        gold = self._gold(example)
        if isinstance(gold, str):
            return Judged(example, kind, None, reason=gold, differences=(Difference.GOLD,))
        catalog = self.catalogs[example.database]
        try:
            now = example.asked_at or self.now
            found = self.translator.translate(example.question, catalog, now)
        except (CannotAnswer, QuestionError) as error:
            return Judged(
                example,
                kind,
                None,
                reason=f"declined: {error}",
                differences=(Difference.NOTHING,),
            )
        return self._rank(example, kind, gold, _lowered(found, catalog)[:CANDIDATES])

    def _rank(
        self,
        example: Example,
        kind: str,
        gold: Gold,
        readings: Sequence[tuple[Candidate, Command]],
    ) -> Judged:
        if not readings:
            reason = "no candidate lowers"
            return Judged(example, kind, None, reason=reason, differences=(Difference.NOTHING,))
        first, command = readings[0]
        results = self._until_right(example, gold, readings)
        rank = len(results) if _is_right(example, gold, results[-1]) else None
        reason, parts = "", tuple[Difference, ...]()
        if rank != 1:
            reason, parts = _explained(example, gold, first.plan, command, results[0])
        return Judged(
            example, kind, rank, first.probability, render_mongosh(command), reason, parts
        )

    def _until_right(
        self, example: Example, gold: Gold, readings: Sequence[tuple[Candidate, Command]]
    ) -> list[Rows | MqtError]:
        """What the candidates return, up to the first right one."""
        results = []
        for _, command in readings:
            results.append(self._result(command))
            if _is_right(example, gold, results[-1]):
                break
        return results

    def _gold(self, example: Example) -> Gold | str:
        key = f"{example.ordered} {example.command}"
        if key not in self._golds:
            self._golds[key] = run_gold(example, self.run)
        return self._golds[key]

    def _result(self, command: Command) -> Rows | MqtError:
        key = repr(command)  # a command that holds a Decimal128 cannot be hashed
        if key not in self._results:
            try:
                self._results[key] = self.run(self._database, command)
            except ServiceUnavailable:
                raise  # no fault of the translator's
            except MqtError as error:
                self._results[key] = error
        return self._results[key]


def kind_of_gold(example: Example) -> str:
    """The kind of the gold's plan, or of the gold itself where no plan is known."""
    if example.plan is not None:
        return example.kind
    try:
        return shape_of(parse_query(example.command)).kind
    except MqtError:
        return "not in the query language"


def _command_of(candidate: Candidate, catalog: Catalog) -> Command:
    """The command of a candidate; raises MqtError when its plan makes no sense."""
    if isinstance(candidate, Written):
        return candidate.command
    assert candidate.plan is not None  # every other candidate is a plan
    return command_of(candidate.plan, catalog)


def _lowered(candidates: Sequence[Candidate], catalog: Catalog) -> list[tuple[Candidate, Command]]:
    """Serving passes over candidates that make no sense on the schema; so does this."""
    found = []
    for candidate in candidates:
        try:
            found.append((candidate, _command_of(candidate, catalog)))
        except MqtError:
            continue
    return found


def _is_right(example: Example, gold: Gold, result: Rows | MqtError) -> bool:
    return not isinstance(result, MqtError) and gold.equals(result, example.ordered)


def _explained(
    example: Example, gold: Gold, plan: Plan | None, command: Command, result: Rows | MqtError
) -> tuple[str, tuple[Difference, ...]]:
    if isinstance(result, MqtError):
        return f"{type(result).__name__}: {result}", (Difference.ERROR,)
    reason = f"another result: {len(result)} rows, gold {len(gold.rows)} rows"
    expected = Result(example.plan, parse_query(example.command), gold.rows)
    return reason, differences(expected, Result(plan, command, result))
