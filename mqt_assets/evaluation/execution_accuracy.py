"""Execution accuracy (EX-E): a prediction counts when it returns what the gold query returns.

The definition is TEND's (arXiv 2502.11201): unordered results compare as multisets; ordered
ones position by position, up to permutations among rows that tie on all of the gold's sort keys;
field names that begin with count, sum, avg, min or max compare case-insensitively, all others
exactly; no numeric tolerance, but 3 equals 3.0. Pure: running queries and predicting are
callables of the caller; nothing here knows a database, Dagster or a model.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from bson import Decimal128, Regex

from mqt_assets.training.examples import Example
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.pipeline import (
    AddFields,
    Aggregate,
    Command,
    Find,
    Limit,
    Match,
    Meta,
    PathExpression,
    Project,
    Skip,
    Sort,
    Stage,
    Unset,
)

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = Sequence[Row]

_AGGREGATE_NAMES: Final = ("count", "sum", "avg", "min", "max")
_KEEPS_ORDER: Final = (Project, Match, Limit, Skip, AddFields, Unset)
_TIE: Final = "mqt_sort_key_"


# ------------------------------------------------------------------- results


def equal_results(
    gold_rows: Rows, predicted_rows: Rows, ordered: bool, sort_keys: Sequence[str] = ()
) -> bool:
    """Whether two results are the same answer.

    `sort_keys` are dotted names in the gold rows: rows that are equal in all of them tie, and may
    come in any order among themselves. Without sort keys (or when one is absent from a row, so
    that ties cannot be told) an ordered result must agree position by position.
    """
    labels = None
    if ordered and sort_keys and all(_has(row, key) for row in gold_rows for key in sort_keys):
        labels = [tuple(_canonical(_get(row, key)) for key in sort_keys) for row in gold_rows]
    return _equal(gold_rows, predicted_rows, ordered, labels)


def _equal(gold: Rows, predicted: Rows, ordered: bool, ties: Sequence[Hashable] | None) -> bool:
    if len(gold) != len(predicted):
        return False
    left, right = [_canonical(row) for row in gold], [_canonical(row) for row in predicted]
    if not ordered:
        return Counter(left) == Counter(right)
    if left == right:
        return True
    if ties is None:
        return False
    start = 0
    for end in range(1, len(left) + 1):
        if end < len(left) and ties[end] == ties[start]:
            continue
        if Counter(left[start:end]) != Counter(right[start:end]):
            return False
        start = end
    return True


def _canonical(value: object) -> Hashable:
    """A hashable stand-in: equal exactly for values that EX-E calls equal."""
    match value:
        case None:
            return None
        case bool():
            return ("bool", value)
        case Decimal128():
            return _number(value.to_decimal())
        case int() | float() | Decimal():
            return _number(value)
        case str():
            return value
        case Mapping():
            pairs = ((comparable_name(str(key)), _canonical(item)) for key, item in value.items())
            return ("document", frozenset(Counter(pairs).items()))
        case list() | tuple():
            return ("array", tuple(_canonical(item) for item in value))
        case datetime():
            return ("date", value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value)
        case Regex():
            return ("regex", value.pattern, value.flags)
        case _:
            return (type(value).__name__, value if isinstance(value, Hashable) else repr(value))


def _number(value: int | float | Decimal) -> Hashable:
    # NaN differs from itself in Python, yet two results that both hold it agree.
    return ("number", "NaN" if value != value else value)


def comparable_name(name: str) -> str:
    """Equal for names of fields that EX-E calls equal."""
    lowered = name.lower()
    return lowered if lowered.startswith(_AGGREGATE_NAMES) else name


def _get(row: object, path: str) -> object:
    for part in path.split("."):
        row = row[part] if isinstance(row, Mapping) and part in row else None
    return row


def _has(row: object, path: str) -> bool:
    for part in path.split("."):
        if not isinstance(row, Mapping) or part not in row:
            return False
        row = row[part]
    return True


# ------------------------------------------------------------------- ordering


def observable_sort(command: Command) -> tuple[tuple[str, int | Meta], ...] | None:
    """The sort that decides the order of the rows, or None when their order means nothing."""
    match command:
        case Find(sort=Sort(keys)):
            return keys
        case Aggregate(_, stages):
            position = _sort_position(stages)
            stage = None if position is None else stages[position]
            return stage.keys if isinstance(stage, Sort) else None
    return None


def _sort_position(stages: tuple[Stage, ...]) -> int | None:
    for position in range(len(stages) - 1, -1, -1):
        if isinstance(stages[position], Sort):
            return position
        if not isinstance(stages[position], _KEEPS_ORDER):
            return None
    return None


def with_sort_keys(command: Command) -> tuple[Command, tuple[str, ...]]:
    """The command with its sort keys kept in the rows, and their names there.

    Golds often sort by a field that they then project away; without it ties cannot be told.
    The keys are added behind `$sort` and its `$limit`/`$skip`, so that MongoDB still sorts only
    as many documents as it has to.
    """
    keys = observable_sort(command)
    if keys is None:
        return command, ()
    names = tuple(f"{_TIE}{index}" for index in range(len(keys)))
    kept = tuple((name, PathExpression(path)) for name, (path, _) in zip(names, keys, strict=True))
    match command:
        case Find(projection=None):
            return command, tuple(path for path, _ in keys)
        case Find(projection=Project(items)):
            if not _includes(items):
                return command, tuple(path for path, _ in keys)
            return replace(command, projection=Project((*items, *kept))), names
        case Aggregate(collection, stages):
            position = (_sort_position(stages) or 0) + 1
            while position < len(stages) and isinstance(stages[position], Limit | Skip):
                position += 1
            later = tuple(_keeping(stage, names) for stage in stages[position:])
            return Aggregate(collection, (*stages[:position], AddFields(kept), *later)), names
    return command, ()


def _keeping(stage: Stage, names: tuple[str, ...]) -> Stage:
    if isinstance(stage, Project) and _includes(stage.items):
        return Project((*stage.items, *((name, True) for name in names)))
    return stage


def _includes(items: Iterable[tuple[str, object]]) -> bool:
    return any(value is not False for name, value in items if name != "_id") or all(
        name == "_id" and value is not False for name, value in items
    )


# ----------------------------------------------------------------- evaluation


@dataclass(frozen=True, slots=True)
class Case:
    """What came of one question; `reason` says why it scored 0 (empty when it scored 1)."""

    example: Example
    correct: bool
    reason: str = ""
    predicted: Command | None = None


@dataclass(frozen=True, slots=True)
class Share:
    correct: int
    total: int

    @property
    def score(self) -> float:
        return self.correct / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Cases in the order of the examples; every figure is derived from them."""

    cases: tuple[Case, ...]

    @property
    def score(self) -> float:
        return self.overall.score

    @property
    def overall(self) -> Share:
        return _share(self.cases)

    @property
    def by_kind(self) -> dict[str, Share]:
        return self._by(lambda case: case.example.kind)

    @property
    def by_source(self) -> dict[str, Share]:
        return self._by(lambda case: case.example.source)

    @property
    def by_database(self) -> dict[str, Share]:
        return self._by(lambda case: case.example.database)

    @property
    def failures(self) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if not case.correct)

    def _by(self, key: Callable[[Case], str]) -> dict[str, Share]:
        groups: defaultdict[str, list[Case]] = defaultdict(list)
        for case in self.cases:
            groups[key(case)].append(case)
        return {name: _share(groups[name]) for name in sorted(groups)}


def _share(cases: Sequence[Case]) -> Share:
    return Share(sum(case.correct for case in cases), len(cases))


@dataclass(frozen=True, slots=True)
class Gold:
    """What a gold query returned; rows whose `ties` are equal may change places."""

    rows: Rows
    ties: Sequence[Hashable] | None

    def equals(self, rows: Rows, ordered: bool) -> bool:
        """Whether other rows are the same answer."""
        return _equal(self.rows, rows, ordered, self.ties)


def evaluate(
    examples: Sequence[Example],
    predict: Callable[[Example], Command],
    run: Callable[[str, Command], Rows],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Evaluation:
    """Score predictions by what they return.

    `predict` gives the command for an example (it must look at question and database only);
    `run` returns all rows of a command on a database, without a limit of its own that could hide
    a difference. Whatever either raises scores 0 with type and message kept as the reason: one bad
    question must not cost an evaluation of hours. Each gold runs once per database, however many
    questions share it; `progress(done, total)` is called after each example.
    """
    golds: dict[tuple[str, str], Gold | str] = {}
    cases: list[Case] = []
    for done, example in enumerate(examples, start=1):
        key = example.database, example.command
        if key not in golds:
            golds[key] = run_gold(example, run)
        cases.append(_judge(example, golds[key], predict, run))
        progress(done, len(examples))
    return Evaluation(tuple(cases))


def run_gold(example: Example, run: Callable[[str, Command], Rows]) -> Gold | str:
    """The gold's rows, or why there are none."""
    try:
        command = parse_query(example.command)
        rows = run(example.database, command)
        kept, names = with_sort_keys(command) if example.ordered else (command, ())
        keyed = rows if kept == command else run(example.database, kept)
    except Exception as error:
        return f"the gold query fails: {_reason(error)}"
    # The rows are those of the gold itself: keeping the keys may break ties in another way. The
    # keys at each position are the same either way, unless a filter behind the sort splits ties.
    if not names or len(keyed) != len(rows):
        return Gold(rows, None)
    return Gold(rows, [tuple(_canonical(_get(row, name)) for name in names) for row in keyed])


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _judge(
    example: Example,
    gold: Gold | str,
    predict: Callable[[Example], Command],
    run: Callable[[str, Command], Rows],
) -> Case:
    if isinstance(gold, str):
        return Case(example, False, gold)
    try:
        predicted = predict(example)
    except Exception as error:
        return Case(example, False, f"no prediction: {_reason(error)}")
    try:
        rows = run(example.database, predicted)
    except Exception as error:
        return Case(example, False, f"the predicted query fails: {_reason(error)}", predicted)
    if gold.equals(rows, example.ordered):
        return Case(example, True, "", predicted)
    reason = f"different result: gold {len(gold.rows)} rows, predicted {len(rows)} rows"
    return Case(example, False, reason, predicted)
