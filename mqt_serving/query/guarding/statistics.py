"""What is known of a collection's size and values, and how selective filters on it are.

Selectivities of ranges and of unknown fields are those of Selinger et al., "Access Path
Selection in a Relational Database Management System" (1979). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from mqt_serving.query.pipeline import (
    AllOf,
    AnyOf,
    ElementMatch,
    Expression,
    ExpressionFilter,
    FieldTest,
    Filter,
    GeoTest,
    NoneOf,
    NotTest,
    Operation,
    PathExpression,
    TextSearch,
)
from mqt_serving.schema import CollectionSchema, IndexSchema

EQUALITY, RANGE = 1 / 10, 1 / 3
_RANGES = frozenset({"$gt", "$gte", "$lt", "$lte"})
_NEARLY_ALL = 0.9  # a sample with so many different values has them different everywhere


@dataclass(frozen=True, slots=True)
class CollectionStatistics:
    """`distinct` has the number of different values by path, where it is known."""

    count: int
    size: int = 0  # bytes
    indexes: tuple[IndexSchema, ...] = ()
    distinct: Mapping[str, int] | None = None

    def share_of(self, path: str) -> float:
        """The share of documents that have one given value at the path."""
        if path == "_id":
            return 1 / max(1, self.count)
        known = (self.distinct or {}).get(path)
        return EQUALITY if known is None else 1 / max(1, known)

    def values_at(self, path: str) -> int:
        return max(1, round(1 / self.share_of(path)))

    def selectivity(self, condition: Filter) -> float:
        """The share of documents that the filter keeps."""
        match condition:
            case FieldTest(path=path, operator=operator, value=value):
                return self._test_selectivity(path, operator, value)
            case ExpressionFilter(expression=expression):
                return self._expression_selectivity(expression)
            case AllOf(items=items):
                share = 1.0
                for item in items:
                    share *= self.selectivity(item)
                return share
            case AnyOf(items=items):
                return min(1.0, sum(map(self.selectivity, items)))
            case GeoTest() | TextSearch():
                return RANGE
            case NotTest() | NoneOf() | ElementMatch():
                return 1.0
            case _:
                assert_never(condition)

    def _test_selectivity(self, path: str, operator: str, value: object) -> float:
        if operator == "$eq" and value is not None:
            return self.share_of(path)
        if operator in ("$in", "$all") and isinstance(value, tuple):
            return min(1.0, len(value) * self.share_of(path))
        return RANGE if operator in _RANGES else 1.0

    def _expression_selectivity(self, expression: Expression) -> float:
        match expression:
            case Operation(operator="$and", arguments=arguments):
                share = 1.0
                for argument in arguments:
                    share *= self._expression_selectivity(argument)
                return share
            case _:
                tested = equal_path(expression)
                return 1.0 if tested is None else self.share_of(tested)

    def indexed_share(self, condition: Filter) -> float | None:
        """The share of documents that the best index reads, None when no index serves."""
        equal, ranged = tested_paths(condition)
        shares = [share for index in self.indexes if (share := self._share(index, equal, ranged))]
        return min(shares, default=None)

    def _share(
        self, index: IndexSchema, equal: Sequence[str], ranged: Sequence[str]
    ) -> float | None:
        share: float | None = None
        for path, direction in index.keys:
            if direction == "hashed" and path not in equal:
                return share
            if path in equal:
                share = (share or 1.0) * self.share_of(path)
            else:
                return (share or 1.0) * RANGE if path in ranged else share
        return share


def statistics_of(
    count: int, size: int, indexes: Sequence[IndexSchema], schema: CollectionSchema | None
) -> CollectionStatistics:
    """With the different values that the catalog's sample saw, scaled to the collection."""
    distinct = {}
    for field in schema.fields if schema else ():
        seen = schema.sampled * field.presence if schema else 0
        distinct[field.path] = count if field.distinct >= _NEARLY_ALL * seen else field.distinct
    for index in indexes:
        if index.unique and len(index.keys) == 1:
            distinct[index.keys[0][0]] = count
    return CollectionStatistics(count, size, tuple(indexes), distinct)


def tested_paths(condition: Filter) -> tuple[list[str], list[str]]:
    """The paths that every kept document has one of a few values at, and those with a range."""
    equal: list[str] = []
    ranged: list[str] = []
    match condition:
        case FieldTest(path=path, operator="$eq" | "$in"):
            equal.append(path)
        case FieldTest(path=path, operator=operator) if operator in _RANGES:
            ranged.append(path)
        case AllOf(items=items):
            for item in items:
                more_equal, more_ranged = tested_paths(item)
                equal += more_equal
                ranged += more_ranged
        case ExpressionFilter(expression=Operation(operator="$and", arguments=arguments)):
            return tested_paths(AllOf(tuple(map(ExpressionFilter, arguments))))
        case ExpressionFilter(expression=expression):
            tested = equal_path(expression)
            equal += [] if tested is None else [tested]
        case _:
            pass
    return equal, ranged


def equal_path(expression: Expression) -> str | None:
    """The path that `{$eq: ["$path", ...]}` holds to a value of elsewhere."""
    match expression:
        case Operation(operator="$eq", arguments=(PathExpression(), PathExpression())):
            return None
        case Operation(operator="$eq", arguments=(PathExpression(path=path), _)):
            return path
        case Operation(operator="$eq", arguments=(_, PathExpression(path=path))):
            return path
        case _:
            return None
