"""Aggregation expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mqt_serving.query.operators import EXPRESSIONS
from mqt_serving.query.pipeline.validation import refuse_dollar_keys, require_operator
from mqt_serving.query.pipeline.values import Value


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
    """A constant. Lists and documents print as `$literal`: bare ones are array and object
    expressions, whose items are expressions themselves."""

    value: Value


@dataclass(frozen=True, slots=True)
class Operation:
    """`{"$op": [a, b]}` (positional): one argument prints without the list where MongoDB allows."""

    operator: str  # with the dollar
    arguments: tuple[Expression, ...]

    def __post_init__(self) -> None:
        require_operator(self.operator, EXPRESSIONS)


@dataclass(frozen=True, slots=True)
class NamedOperation:
    """`{"$op": {name: expression, ...}}`: $dateToString, $filter, $convert, $cond by name..."""

    operator: str
    arguments: tuple[tuple[str, Expression], ...]

    def __post_init__(self) -> None:
        require_operator(self.operator, EXPRESSIONS)


@dataclass(frozen=True, slots=True)
class ObjectExpression:
    """`{name: expression, ...}`."""

    items: tuple[tuple[str, Expression], ...]

    def __post_init__(self) -> None:
        refuse_dollar_keys([key for key, _ in self.items])


@dataclass(frozen=True, slots=True)
class ArrayExpression:
    """`[expression, ...]`."""

    items: tuple[Expression, ...]


Expression: TypeAlias = (
    PathExpression
    | VariableExpression
    | LiteralExpression
    | Operation
    | NamedOperation
    | ObjectExpression
    | ArrayExpression
)
