"""The logical plan: what a question asks for, without how MongoDB computes it.

The translator predicts plans, corrections are raised into them, people read their
explanation. A plan names field paths and entities only: the root collection, `$unwind` and
`$lookup` are derived from the schema when it is lowered (see `lowering`). Plans are immutable
and hashable; building one never touches a database. Depends on nothing but `bson`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from bson import Decimal128, ObjectId

Scalar: TypeAlias = str | int | float | bool | datetime | ObjectId | Decimal128
"""A literal as it is stored: lowering never converts it, `literals` fits it to the schema."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of thing that can be counted: a collection, or an array inside its documents.

    `path` is empty for the documents of the collection, else the dotted path of the array
    (of objects or of scalars), through all arrays above it: `Entity("orders", "items")`.
    """

    collection: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its dotted path, arrays passed through without positions: `items.price`."""

    collection: str
    path: str


class DatePart(StrEnum):
    """Calendar parts of a date, in UTC; those of `TEXT_PARTS` are texts, the others numbers."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    DAY = "day"
    WEEKDAY = "weekday"  # 1 = Sunday ... 7 = Saturday, as $dayOfWeek
    HOUR = "hour"
    YEAR_MONTH = "year_month"  # 2025-03
    DATE = "date"  # 2025-03-09
    WEEK = "week"  # 2025-W10: the ISO week, from Monday on, with the year it belongs to


TEXT_PARTS: Final = frozenset({DatePart.YEAR_MONTH, DatePart.DATE, DatePart.WEEK})
"""The parts that are texts; in each, earlier sorts first."""


@dataclass(frozen=True, slots=True)
class PartOf:
    """A calendar part of a date field."""

    part: DatePart
    field: Field


class Function(StrEnum):
    COUNT = "count"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate over the rows of a group (or over all rows when nothing is grouped).

    `count` of an `Entity` counts rows of it; `count` of a field counts rows where it is neither
    null nor missing; with `distinct`, different values. The others take a field (or date part,
    or something computed). Only rows that meet `where` take part: "the number of paid orders"
    beside the number of all; groups without such a row stay.
    """

    function: Function
    argument: Field | PartOf | Arithmetic | Entity
    distinct: bool = False
    where: Predicate | None = None


class Operator(StrEnum):
    ADD = "add"
    SUBTRACT = "subtract"
    MULTIPLY = "multiply"
    DIVIDE = "divide"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    YEARS = "years"
    KILOMETRES = "kilometres"
    METRES = "metres"


ELAPSED: Final = {
    Operator.MINUTES: 60_000,
    Operator.HOURS: 3_600_000,
    Operator.DAYS: 86_400_000,
    Operator.WEEKS: 604_800_000,
    Operator.YEARS: 31_557_600_000,
}
"""Operators that give the time from one date to another, and how many milliseconds each is."""
DISTANCES: Final = {Operator.KILOMETRES: 6378.1, Operator.METRES: 6378100.0}
"""Operators that give how far two places are apart, and the earth's radius in each unit."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the earth, in degrees."""

    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Now:
    """The moment at which a query runs: a side of the time from or to a date, nothing else."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left <operator> right`, null where either is null or missing; at least one side has a field.

    Those of `ELAPSED` take dates (or `Now`, on one side) and give the time from `left` to
    `right`, with fractions, below zero where `right` is earlier. Those of `DISTANCES` take a
    field that holds a point, and another, a `Point`, or a sub-query whose first row gives one
    ("the depot called Harbour"). The others take numbers.
    Inside an aggregate the sides are values of one row; outside, they may be aggregates too.
    """

    operator: Operator
    left: Term
    right: Term

    def __hash__(self) -> int:
        return hash((self.operator, _hashable(self.left), _hashable(self.right)))


@dataclass(frozen=True, slots=True)
class Running:
    """The sum of a sum or count over a group and all groups before it: a running total.

    Only among the outputs of a plan with `group_by`. Groups follow each other by their date (all
    parts of it that are keys, the year before the month), else by their first number, null first;
    for each value of the other keys it starts anew. Groups that `having` drops do not count,
    those that `limit` cuts off do.
    """

    aggregate: Aggregate


@dataclass(frozen=True, slots=True)
class Change:
    """An aggregate of a group less that of the group before: null for the first.

    Stands where `Running` does, and groups follow each other as they do for it; before March is
    January where February has no rows.
    """

    aggregate: Aggregate


@dataclass(frozen=True, slots=True)
class Moving:
    """The mean of an aggregate over a group and the `groups` - 1 before it, fewer at the start.

    Stands where `Running` does, and groups follow each other as they do for it.
    """

    aggregate: Aggregate
    groups: int


@dataclass(frozen=True, slots=True)
class Rank:
    """A group's place by an aggregate, 1 for the largest; equals share one, the next is left out.

    Stands where `Running` does, but groups follow each other by the aggregate, over all keys.
    """

    aggregate: Aggregate


Operand: TypeAlias = Field | PartOf | Arithmetic | Aggregate
AcrossGroups: TypeAlias = Running | Change | Moving | Rank
Shown: TypeAlias = Operand | AcrossGroups | Entity


class Comparator(StrEnum):
    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


@dataclass(frozen=True, slots=True)
class Compare:
    """`left <op> right`; `right` is a literal, another field of the same row, or a sub-query.

    A sub-query is a plan of its own with one output: its first row gives the value ("above the
    average": the plan of the average). Without a row, or with null there, the test fails.
    """

    left: Operand
    op: Comparator
    right: Scalar | Field | Plan

    def __hash__(self) -> int:
        return hash((self.left, self.op, _hashable(self.right)))


@dataclass(frozen=True, slots=True)
class Between:
    """`low <= left <= high`, or `low <= left < high` when `half_open` (date ranges)."""

    left: Operand
    low: Scalar
    high: Scalar
    half_open: bool = False

    def __hash__(self) -> int:
        return hash((self.left, _hashable(self.low), _hashable(self.high), self.half_open))


@dataclass(frozen=True, slots=True)
class In:
    """One of the values (negated: none of them); a sub-query with one output lists them.

    With sub-queries this says intersections and differences: cities of customers that are (not)
    among the cities of suppliers.
    """

    left: Operand
    values: tuple[Scalar, ...] | Plan
    negated: bool = False

    def __hash__(self) -> int:
        values = self.values
        each = tuple(map(_hashable, values)) if isinstance(values, tuple) else values
        return hash((self.left, each, self.negated))


@dataclass(frozen=True, slots=True)
class IsNull:
    """Null *or* missing (what people mean by "has no ..."); negated: present and not null."""

    left: Field
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Exists:
    """The field is there, whatever its value, null included; negated: it is missing."""

    left: Field
    negated: bool = False


class TextMatch(StrEnum):
    CONTAINS = "contains"
    STARTS = "starts"
    ENDS = "ends"
    REGEX = "regex"  # the value is a regular expression, not plain text


@dataclass(frozen=True, slots=True)
class Text:
    """A text test; the value of all but `REGEX` is plain text, escaped on lowering."""

    left: Field
    match: TextMatch
    value: str
    ignore_case: bool = True
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Related:
    """At least one (negated: no) row of `entity` belongs to the row and meets `where`.

    `entity` is an array inside the row's collection, or a collection that refers to it or that
    it refers to. Fields in `where` are fields of `entity` (all tests meet in one element).
    """

    entity: Entity
    where: Predicate | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Top:
    """The row's `entity` is one of the first `limit` that meet `where`, in this order.

    "The items of the three largest orders." A conjunct of `where` of a plan, nowhere else;
    `entity` is the collection whose documents rows come from, or an array that they unwind.
    """

    entity: Entity
    order_by: tuple[Order, ...]
    limit: int
    where: Predicate | None = None
    skip: int | None = None


@dataclass(frozen=True, slots=True)
class And:
    """All of at least two predicates; never directly nested in another `And`."""

    items: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of at least two predicates; never directly nested in another `Or`."""

    items: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    item: Predicate


Predicate: TypeAlias = (
    Compare | Between | In | IsNull | Exists | Text | Related | Top | And | Or | Not
)


@dataclass(frozen=True, slots=True)
class Output:
    """One column of the answer; `alias` overrides the name that `naming` gives by convention."""

    value: Shown  # an Entity stands for all fields of its rows
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Null and missing come first, or last when `descending`; of distances they come last."""

    by: Operand
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What to return. Row grain: the finest entity among outputs, grouping, order and aggregates.

    `rows` names a finer one where nothing shown is of it: each customer's name once per order.
    Predicates in `where` on arrays or collections finer than the grain mean "at least one";
    predicates on coarser ones (parents, referenced documents) simply apply. Those over aggregates
    are about what belongs to each row, before anything is grouped.
    `having` holds predicates over aggregates (and group keys); it needs an aggregate somewhere.
    Where fields are shown (or ordered by) beside aggregates and nothing is grouped, aggregates
    run over what belongs to each row: "each customer with the number of their orders", customers
    without orders included.
    `distinct` removes duplicate rows of the outputs. `limit`/`skip` apply last.
    With `per` they apply to the rows (or groups) of each of its values, in the order that is then
    needed: the two most expensive products in each category. Of groups `per` is some of the keys.
    Rows come by the values of `per`, which nobody asked for: they count as not ordered.
    A row needs one of each entity that makes up the grain, but for those that are `optional`:
    customers without orders then stay, with null for all that is an order's.
    """

    outputs: tuple[Output, ...]
    where: Predicate | None = None
    group_by: tuple[Field | PartOf, ...] = ()
    having: Predicate | None = None
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    skip: int | None = None
    distinct: bool = False
    rows: Entity | None = None
    optional: tuple[Entity, ...] = ()
    per: tuple[Field | PartOf, ...] = ()


Term: TypeAlias = (
    Field | PartOf | Arithmetic | Aggregate | Now | int | float | Decimal128 | Point | Plan
)


def _hashable(value: object) -> object:
    """The value, or what stands for it: `Decimal128` has no hash of its own."""
    return value.bid if isinstance(value, Decimal128) else value


def walk(node: object) -> Iterator[object]:
    """The node and all inside it, sub-queries too, outermost first in the order of writing."""
    if isinstance(node, tuple):
        for part in node:
            yield from walk(part)
    elif is_dataclass(node):
        yield node
        if not isinstance(node, Field | Entity):
            for item in fields(node):
                yield from walk(getattr(node, item.name))
