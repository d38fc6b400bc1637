"""Predicates combined, negated and joined to ranges, in the forms that plans have."""

from __future__ import annotations

from collections.abc import Sequence

from mqt_serving.errors import RaiseError
from mqt_serving.query.lowering.predicates import conjuncts
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Between,
    Comparator,
    Compare,
    Entity,
    Exists,
    Field,
    Function,
    In,
    IsNull,
    Not,
    Or,
    Plan,
    Predicate,
    Related,
    Text,
)

SOME = {(Comparator.GT, 0), (Comparator.GTE, 1), (Comparator.NE, 0)}
NO = {(Comparator.EQ, 0), (Comparator.LT, 1), (Comparator.LTE, 0)}


def all_of(items: Sequence[Predicate]) -> Predicate | None:
    """The conjunction, flat; two bounds of one operand become `Between`."""
    flat = [part for item in items for part in conjuncts(item)]
    joined = _with_ranges(flat)
    if not joined:
        return None
    return joined[0] if len(joined) == 1 else And(tuple(joined))


def any_of(items: Sequence[Predicate]) -> Predicate:
    """The disjunction, flat."""
    flat: list[Predicate] = []
    for item in items:
        flat.extend(item.items if isinstance(item, Or) else (item,))
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def negated(predicate: Predicate) -> Predicate:
    """The negation, pushed into tests that have one of their own."""
    match predicate:
        case Not(item=item):
            return item
        case Compare(left=left, op=Comparator.EQ, right=right):
            return Compare(left, Comparator.NE, right)
        case Compare(left=left, op=Comparator.NE, right=right):
            return Compare(left, Comparator.EQ, right)
        case In(left=left, values=values, negated=was):
            return In(left, values, not was)
        case IsNull(left=left, negated=was):
            return IsNull(left, not was)
        case Exists(left=left, negated=was):
            return Exists(left, not was)
        case Text(left=left, match=match, value=value, ignore_case=ignore_case, negated=was):
            return Text(left, match, value, ignore_case, not was)
        case Related(entity=entity, where=where, negated=was):
            return Related(entity, where, not was)
        case _:
            return Not(predicate)


def _with_ranges(items: list[Predicate]) -> list[Predicate]:
    result: list[Predicate] = []
    for item in items:
        previous = result[-1] if result else None
        joined = _range(previous, item)
        if joined is None:
            result.append(item)
        else:
            result[-1] = joined
    return result


def _range(low: Predicate | None, high: Predicate) -> Predicate | None:
    if not (isinstance(low, Compare) and isinstance(high, Compare) and low.left == high.left):
        return None
    if isinstance(low.right, Field | Plan) or isinstance(high.right, Field | Plan):
        return None
    if low.op in (Comparator.LT, Comparator.LTE):
        low, high = high, low
    if low.op is not Comparator.GTE or high.op not in (Comparator.LT, Comparator.LTE):
        return None
    assert not isinstance(low.right, Field | Plan) and not isinstance(high.right, Field | Plan)
    return Between(low.left, low.right, high.right, high.op is Comparator.LT)


def not_none(predicate: Predicate | None) -> Predicate:
    if predicate is None:
        raise RaiseError("empty-filter", "a condition without tests")
    return predicate


def existence(predicate: Predicate) -> Predicate:
    """The predicate with counts that only ask for any, or for none, as `Related`."""
    match predicate:
        case Compare(
            left=Aggregate(
                function=Function.COUNT, argument=Entity() as entity, distinct=False, where=where
            ),
            op=op,
            right=int(limit),
        ) if (op, limit) in SOME | NO:
            return Related(entity, where, negated=(op, limit) in NO)
        case And(items=items):
            return And(tuple(existence(item) for item in items))
        case Or(items=items):
            return Or(tuple(existence(item) for item in items))
        case Not(item=item):
            return negated(existence(item))
        case _:
            return predicate
