"""Asks a translator questions and runs what it answers, with the time that each answer took.

The same steps as serving takes, without its HTTP: candidates in order, the first that lowers.
Queries run read-only on MongoDB with a time limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pymongo.database import Database

from mqt_assets.training.examples import ASKED_AT, Example
from mqt_serving.errors import (
    CannotAnswer,
    MqtError,
    QueryError,
    QueryFailed,
    QueryRefused,
    QueryTimeout,
    UnknownCollection,
    UnknownField,
)
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import run
from mqt_serving.query.guarding.guard import Limits, Policy, check
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.pipeline import Command, LiteralExpression, VariableExpression
from mqt_serving.query.plan import Plan
from mqt_serving.query.trees import rebuilt
from mqt_serving.release_loading import RankedPlan, Translator
from mqt_serving.schema import Catalog

EVALUATION_LIMITS = Limits(max_rows=50_000, max_time_ms=4_000)
"""Rows enough that no gold result is cut; a query that is slower than this is no answer."""

NOW = ASKED_AT
"""When questions are asked in evaluation that don't say when they were; fixed, so that a result is
the same tomorrow."""


class DatabaseOf(Protocol):
    def __call__(self, name: str) -> Database[dict[str, Any]]: ...


@dataclass
class Answering:
    """Predicts for `execution_accuracy.evaluate`; `milliseconds` has one entry a question,
    `confidences` the probability of each answer by the example's id."""

    translator: Translator
    catalogs: Mapping[str, Catalog]
    milliseconds: list[float] = field(default_factory=list)
    confidences: dict[str, float] = field(default_factory=dict)

    def predict(self, example: Example) -> Command:
        """The command for the question; raises `CannotAnswer` or why the best plan fails."""
        catalog = self.catalogs[example.database]
        started = time.perf_counter()
        try:
            now = example.asked_at or NOW
            candidates = self.translator.translate(example.question, catalog, now)
            confidence, command = _first_that_lowers(candidates, catalog)
        finally:
            self.milliseconds.append((time.perf_counter() - started) * 1000)
        self.confidences[example.id] = confidence
        return command


def _first_that_lowers(candidates: Sequence[RankedPlan], catalog: Catalog) -> tuple[float, Command]:
    problem: MqtError = CannotAnswer("the translator gave no candidates")
    for candidate in candidates:
        try:
            return candidate.probability, command_of(candidate.plan, catalog)
        except MqtError as error:
            problem = error
    raise problem


def command_of(plan: Plan, catalog: Catalog) -> Command:
    """The command that serving runs for a plan; raises MqtError when it makes no sense."""
    return lower(check_plan(plan, catalog).plan, catalog)


def runner(
    database_of: DatabaseOf, limits: Limits = EVALUATION_LIMITS
) -> Callable[[str, Command], list[dict[str, Any]]]:
    """Runs a command on a database by name, as if it were `NOW`; raises rather than cutting a long
    result short."""

    def run_all(name: str, command: Command) -> list[dict[str, Any]]:
        result = run(as_of_now(command), database_of(name), limits)
        if result.truncated:
            raise MqtError(f"more than {limits.max_rows} rows")
        return list(result.rows)

    return run_all


def as_of_now(command: Command) -> Command:
    """The command with `NOW` for the moment at which it runs: "how long ago" is another answer a
    moment later."""

    def fixed(part: object) -> object:
        return LiteralExpression(NOW) if part == VariableExpression("NOW") else part

    return rebuilt(command, fixed)


_BROKEN = (QueryError, QueryFailed)


@dataclass(frozen=True, slots=True)
class Reruns:
    """Accepted corrections that were run again and don't hold, each with why. Of `slow` ones
    nothing is known: they ran out of time."""

    broken: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()


def rerun_corrections(
    corrections: Sequence[Example],
    catalogs: Mapping[str, Catalog],
    database_of: DatabaseOf,
    limits: Limits,
) -> Reruns:
    """Accepted corrections whose query no longer runs.

    A release answers a corrected question with the correction itself, so running is what "still
    right" means for it. Where collection or field are gone, or a policy now forbids them, the
    question is nobody's any more: that breaks nothing. A server that is away raises.
    """
    broken: list[str] = []
    slow: list[str] = []
    for example in corrections:
        catalog = catalogs.get(example.database)
        if catalog is None:
            continue
        try:
            command = check(parse_query(example.command), catalog, Policy(limits=limits))
            run(command, database_of(example.database), limits)
        except (UnknownCollection, UnknownField, QueryRefused):
            continue
        except QueryTimeout as error:
            slow.append(f"{example.question!r}: {error}")
        except _BROKEN as error:
            broken.append(f"{example.question!r}: {error}")
    return Reruns(tuple(broken), tuple(slow))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values don't exceed (nearest rank); 0 for none."""
    if not values:
        return 0.0
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, int(share * len(ranked) + 0.5) - 1))]
