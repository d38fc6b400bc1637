"""The pipeline: what MongoDB runs, as a typed, immutable tree that cannot express a write.

Four commands (`Find`, `Aggregate`, `CountDocuments`, `Distinct`), stages, filters and
expressions. Operators are data (see `operators`): a name that is not in that table cannot be
put into a tree, so nothing that writes or runs JavaScript exists here. Parsing, rendering,
guarding and running live in their own modules. Depends on `bson` and `operators` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bson import Decimal128, Int64, ObjectId, Regex

Value: TypeAlias = (
    None | bool | int | float | str | datetime | ObjectId | Decimal128 | Int64 | Regex
    | tuple["Value", ...] | "Document"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A literal sub-document, its keys in order."""

    items: tuple[tuple[str, Value], ...]


# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class PathExpression:
    """`"$a.b"`."""

    path: str


@dataclass(frozen=True, slots=True)
class VariableExpression:
    """`"$$this.a"`, `"$$ROOT"`: the name without the dollars."""

    name: str


@dataclass(frozen=True, slots=True)
class LiteralExpression:
    value: Value


@dataclass(frozen=True, slots=True)
class Operation:
    """`{"$op": [a, b]}` (positional): one argument prints without the list where MongoDB allows."""

    operator: str  # with the dollar
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class NamedOperation:
    """`{"$op": {name: expression, ...}}`: $dateToString, $filter, $convert, $cond by name..."""

    operator: str
    arguments: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class ObjectExpression:
    items: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class ArrayExpression:
    items: tuple[Expression, ...]


Expression: TypeAlias = (
    PathExpression | VariableExpression | LiteralExpression | Operation | NamedOperation
    | ObjectExpression | ArrayExpression
)


# -------------------------------------------------------------------- filters


@dataclass(frozen=True, slots=True)
class FieldTest:
    """`{path: {$op: value}}`; `$eq` prints as `{path: value}` where that means the same.

    Operators: $eq $ne $gt $gte $lt $lte $in $nin $exists $type $regex (a `Regex`) $size $all $mod.
    """

    path: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class NotTest:
    """`{path: {$not: {$op: value}}}` (or of an `ElementMatch`)."""

    test: FieldTest | ElementMatch


@dataclass(frozen=True, slots=True)
class ElementMatch:
    """`{path: {$elemMatch: filter}}`; paths inside are relative to the element."""

    path: str
    filter: Filter


@dataclass(frozen=True, slots=True)
class AllOf:
    items: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    items: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """`{$nor: [...]}`."""

    items: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class ExpressionFilter:
    """`{$expr: expression}`."""

    expression: Expression


Filter: TypeAlias = (
    FieldTest | NotTest | ElementMatch | AllOf | AnyOf | NoneOf | ExpressionFilter
)
"""`AllOf(())` is the empty filter `{}`."""


# --------------------------------------------------------------------- stages


@dataclass(frozen=True, slots=True)
class Match:
    filter: Filter


@dataclass(frozen=True, slots=True)
class Project:
    """Items: name -> True (include), False (exclude) or an expression, in order."""

    items: tuple[tuple[str, bool | Expression], ...]


@dataclass(frozen=True, slots=True)
class AddFields:
    items: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Unset:
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unwind:
    path: str  # without the dollar
    preserve: bool = False
    index: str | None = None


@dataclass(frozen=True, slots=True)
class Accumulator:
    """One output of `$group`: `{name: {$operator: argument}}`."""

    name: str
    operator: str
    argument: Expression


@dataclass(frozen=True, slots=True)
class Group:
    """`key` None is `_id: null`."""

    key: Expression | None
    accumulators: tuple[Accumulator, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort:
    keys: tuple[tuple[str, int], ...]  # 1 or -1


@dataclass(frozen=True, slots=True)
class Limit:
    count: int


@dataclass(frozen=True, slots=True)
class Skip:
    count: int


@dataclass(frozen=True, slots=True)
class Count:
    name: str


@dataclass(frozen=True, slots=True)
class SortByCount:
    expression: Expression


@dataclass(frozen=True, slots=True)
class Lookup:
    """`localField`/`foreignField`, `let`/`pipeline`, or both (MongoDB 5+)."""

    collection: str
    name: str  # "as"
    local: str | None = None
    foreign: str | None = None
    let: tuple[tuple[str, Expression], ...] = ()
    stages: tuple[Stage, ...] | None = None


@dataclass(frozen=True, slots=True)
class ReplaceRoot:
    expression: Expression


Stage: TypeAlias = (
    Match | Project | AddFields | Unset | Unwind | Group | Sort | Limit | Skip | Count
    | SortByCount | Lookup | ReplaceRoot
)


# ------------------------------------------------------------------- commands


@dataclass(frozen=True, slots=True)
class Find:
    collection: str
    filter: Filter = AllOf(())
    projection: Project | None = None
    sort: Sort | None = None
    skip: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    collection: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class CountDocuments:
    collection: str
    filter: Filter = AllOf(())


@dataclass(frozen=True, slots=True)
class Distinct:
    collection: str
    path: str
    filter: Filter = AllOf(())


Command: TypeAlias = Find | Aggregate | CountDocuments | Distinct
