"""Correlated look-ups: by which value of the outer row an inner pipeline finds its documents.

`{$lookup: {let: {k: "$key"}, pipeline: [{$match: {$expr: {$eq: ["$ref", "$$k"]}}}, ...]}}` is a
join of `key` and `ref` with a pipeline behind it. Used by `raising` only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mqt_serving.query.pipeline import (
    AllOf,
    Expression,
    ExpressionFilter,
    Filter,
    Match,
    Operation,
    PathExpression,
    Stage,
    Unwind,
    VariableExpression,
)
from mqt_serving.query.raising.scope import Binding, inside

Link = tuple[str, Binding | None]
"""An inner path, and the outer value that it equals."""


def without_correlation(
    stages: Sequence[Stage], outer: Mapping[str, Binding]
) -> tuple[tuple[Stage, ...], tuple[Link, ...]]:
    """The stages without the tests that link them to outer values, and these links.

    Links are looked for as long as paths are those of the documents: among `$unwind` and `$match`.
    """
    kept: list[Stage] = []
    links: list[Link] = []
    for number, stage in enumerate(stages):
        if isinstance(stage, Match):
            rest: list[Filter] = []
            for condition in _conjuncts(stage.filter):
                link = _link(condition, outer)
                if link is None:
                    rest.append(condition)
                else:
                    links.append(link)
            if rest:
                kept.append(Match(rest[0] if len(rest) == 1 else AllOf(tuple(rest))))
        elif isinstance(stage, Unwind):
            kept.append(stage)
        else:
            return (*kept, *stages[number:]), tuple(links)
    return tuple(kept), tuple(links)


def _conjuncts(condition: Filter) -> list[Filter]:
    match condition:
        case AllOf(items=items):
            return [part for item in items for part in _conjuncts(item)]
        case ExpressionFilter(expression=Operation(operator="$and", arguments=arguments)):
            return [part for each in arguments for part in _conjuncts(ExpressionFilter(each))]
        case _:
            return [condition]


def _link(condition: Filter, outer: Mapping[str, Binding]) -> Link | None:
    match condition:
        case ExpressionFilter(expression=Operation(operator="$eq", arguments=(first, second))):
            return _link_of(first, second, outer) or _link_of(second, first, outer)
        case _:
            return None


def _link_of(inner: Expression, other: Expression, outer: Mapping[str, Binding]) -> Link | None:
    if not isinstance(inner, PathExpression) or not isinstance(other, VariableExpression):
        return None
    root, _, rest = other.name.partition(".")
    return (inner.path, inside(outer[root], rest)) if root in outer else None
