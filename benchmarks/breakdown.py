"""What a wrong answer gets wrong: the parts in which it differs from the gold. Pure.

Output fields are compared by what the queries return, everything else by the two plans; where
the gold has no plan, by as much as the shapes of the two commands tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from benchmarks.command_shape import Shape, output_fields, shape_of
from mqt_assets.evaluation.execution_accuracy import comparable_name, equal_results
from mqt_assets.training.examples import collections_of
from mqt_serving.query.pipeline import Command
from mqt_serving.query.plan import (
    AcrossGroups,
    Aggregate,
    And,
    Arithmetic,
    Plan,
    Predicate,
)

Row = Mapping[str, Any]


class Difference(StrEnum):
    GOLD = "the gold fails"
    NOTHING = "nothing answered"
    ERROR = "the query fails"
    COLLECTION = "other collection"
    MISSING = "missing output field"
    EXTRA = "extra output field"
    RENAMED = "renamed output field"
    COMPUTED = "another computation"
    FILTER = "filter"
    GROUPING = "grouping"
    DUPLICATES = "duplicates or grain of rows"
    ORDER = "order"
    LIMIT = "limit"
    VALUES = "other values"  # the plans agree in all of these, the results do not


@dataclass(frozen=True, slots=True)
class Result:
    """A query with what it returned; `plan` is None where none is known."""

    plan: Plan | None
    command: Command
    rows: Sequence[Row]


def differences(gold: Result, found: Result) -> tuple[Difference, ...]:
    """In which parts `found`, which is not the answer `gold`, differs; at least one."""
    if gold.plan is not None and found.plan is not None:
        parts = set(_of_plans(gold.plan, found.plan))
    else:
        parts = set(_of_shapes(shape_of(gold.command), shape_of(found.command)))
    parts |= set(_of_fields(gold, found))
    return tuple(part for part in Difference if part in parts) or (Difference.VALUES,)


def counted(parts: Iterable[Sequence[str]]) -> dict[str, int]:
    """How many wrong answers differ in each part, most first; one may differ in several."""
    found = Counter(str(part) for each in parts for part in each)
    return dict(found.most_common())


def _of_plans(gold: Plan, found: Plan) -> Iterator[Difference]:
    if collections_of(gold) != collections_of(found):
        yield Difference.COLLECTION
    if _computed(gold) != _computed(found):
        yield Difference.COMPUTED
    if _conjuncts(gold.where, gold.having) != _conjuncts(found.where, found.having):
        yield Difference.FILTER
    if set(gold.group_by) != set(found.group_by):
        yield Difference.GROUPING
    if (gold.distinct, gold.rows, set(gold.optional)) != (
        found.distinct, found.rows, set(found.optional),
    ):  # fmt: skip
        yield Difference.DUPLICATES
    if gold.order_by != found.order_by:
        yield Difference.ORDER
    if (gold.limit, gold.skip, set(gold.per)) != (found.limit, found.skip, set(found.per)):
        yield Difference.LIMIT


def _computed(plan: Plan) -> set[str]:
    """As text: what holds a Decimal128 cannot be hashed."""
    values = [output.value for output in plan.outputs]
    return {
        repr(value) for value in values if isinstance(value, Aggregate | Arithmetic | AcrossGroups)
    }


def _conjuncts(*predicates: Predicate | None) -> set[str]:
    found: set[str] = set()
    for predicate in predicates:
        items = predicate.items if isinstance(predicate, And) else (predicate,)
        found |= {repr(item) for item in items if item is not None}
    return found


def _of_shapes(gold: Shape, found: Shape) -> Iterator[Difference]:
    if gold.collections != found.collections:
        yield Difference.COLLECTION
    if sorted(gold.totals) != sorted(found.totals):
        yield Difference.COMPUTED
    if gold.filters != found.filters:
        yield Difference.FILTER
    if gold.groups != found.groups:
        yield Difference.GROUPING
    if gold.distinct != found.distinct:
        yield Difference.DUPLICATES
    if gold.sort != found.sort:
        yield Difference.ORDER
    if gold.limit != found.limit:
        yield Difference.LIMIT


def _of_fields(gold: Result, found: Result) -> Iterator[Difference]:
    """A field that is missing and an extra one with the same values are one renamed field."""
    expected, given = _fields(gold), _fields(found)
    if expected is None or given is None:
        return
    missing = [name for key, name in expected.items() if key not in given]
    extra = [name for key, name in given.items() if key not in expected]
    for name in list(missing):
        twin = next((e for e in extra if _same_values(gold.rows, name, found.rows, e)), None)
        if twin is not None:
            yield Difference.RENAMED
            missing.remove(name)
            extra.remove(twin)
    if missing:
        yield Difference.MISSING
    if extra:
        yield Difference.EXTRA


def _fields(result: Result) -> dict[str, str] | None:
    """Names of the fields by what EX-E compares; None where neither rows nor projection tell."""
    names = [name for row in result.rows for name in row] or output_fields(result.command)
    return {comparable_name(name): name for name in names} or None


def _same_values(gold: Sequence[Row], name: str, found: Sequence[Row], other: str) -> bool:
    return bool(gold) and equal_results(
        [{"value": row.get(name)} for row in gold],
        [{"value": row.get(other)} for row in found],
        ordered=False,
    )
