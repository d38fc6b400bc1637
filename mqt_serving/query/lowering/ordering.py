"""Order and cut: the `$sort`, `$skip` and `$limit` of a plan or of the top rows in it.

Keys that have to be computed (parts of dates, numbers kept as text) are added to the documents
first, under names that nothing there has. Used by `lowering` and `rows`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mqt_serving.query.lowering.distances import BEYOND
from mqt_serving.query.lowering.predicates import Scope, comparable
from mqt_serving.query.pipeline import AddFields, Expression, Limit, Operation, Skip, Sort, Stage
from mqt_serving.query.plan import DISTANCES, Arithmetic, Field, Order


def ordered(order_by: Sequence[Order], scope: Scope, new_name: Callable[[str], str]) -> list[Stage]:
    """The `$sort`, behind the `$addFields` that its keys need."""
    computed: list[tuple[str, Expression]] = []
    keys: dict[str, int] = {}
    for order in order_by:
        path = _sort_path(order, scope)
        if path is None:
            path = new_name("sort_key")
            computed.append((path, key_of(order, scope)))
        keys.setdefault(path, -1 if order.descending else 1)
    stages: list[Stage] = [AddFields(tuple(computed))] if computed else []
    if keys:
        stages.append(Sort(tuple(keys.items())))
    return stages


def cut(limit: int | None, skip: int | None) -> list[Stage]:
    """The `$skip` and the `$limit`."""
    stages: list[Stage] = []
    if skip:
        stages.append(Skip(skip))
    if limit is not None:
        stages.append(Limit(limit))
    return stages


def key_of(order: Order, scope: Scope) -> Expression:
    """What is sorted by: what has no place at all is not the nearest."""
    found = comparable(order.by, scope)
    return Operation("$ifNull", (found, BEYOND)) if is_by_nearness(order) else found


def is_by_nearness(order: Order) -> bool:
    """Whether the shortest distances come first."""
    is_distance = isinstance(order.by, Arithmetic) and order.by.operator in DISTANCES
    return is_distance and not order.descending


def _sort_path(order: Order, scope: Scope) -> str | None:
    is_text = isinstance(order.by, Field) and scope.schema(order.by).numeric_text
    return None if is_text or is_by_nearness(order) else scope.path(order.by)
