"""New conditions beside those that a plan has: which stay, which give way.

A value takes the place of another value of the same field ("and in Hamburg?"), a bound that of a
bound on the same side; what is left out joins what is left out already.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from mqt_serving.query.lowering.predicates import conjunction, conjuncts
from mqt_serving.query.plan import (
    Between,
    Comparator,
    Compare,
    Exists,
    In,
    IsNull,
    Operand,
    Plan,
    Predicate,
    Related,
    Scalar,
    Text,
    walk,
)
from mqt_serving.query.plan import Field as PlanField
from mqt_serving.translator.follow_ups.ground import same_place

_UPPER = frozenset({Comparator.LT, Comparator.LTE})
_LOWER = frozenset({Comparator.GT, Comparator.GTE})


class Mode(Enum):
    """How conditions go with those before on the same field."""

    NARROW = "only the ..."
    REPLACE = "what about ..."
    WIDEN = "also the ..."


class Unclear(Exception):
    """The conditions cannot be brought together without guessing."""


def merge(where: Predicate | None, added: Sequence[Predicate], mode: Mode) -> Predicate | None:
    """Raises `Unclear` when old and new conditions contradict each other."""
    items = list(conjuncts(where))
    for predicate in added:
        items = _with(items, predicate, mode)
    return conjunction(items) if items else None


def without(where: Predicate | None, field: PlanField) -> Predicate | None:
    """Raises `Unclear` when nothing tests the field, or a test of it tests more than that."""
    items = list(conjuncts(where))
    left = [item for item in items if place_of(item) != field]
    if len(left) == len(items) or any(field in walk(item) for item in left):
        raise Unclear(f"no condition on {field.path} to take away")
    return conjunction(left) if left else None


def place_of(predicate: Predicate) -> PlanField | None:
    """The field that a single test is about."""
    match predicate:
        case Compare() | Between() | In() | IsNull() | Exists() | Text():
            return same_place(predicate.left)
        case _:
            return None


def _with(items: list[Predicate], added: Predicate, mode: Mode) -> list[Predicate]:
    if isinstance(added, Related):
        kept = [i for i in items if not (isinstance(i, Related) and i.entity == added.entity)]
        return [*kept, added]
    if not isinstance(added, Compare | Between | In | IsNull):
        raise Unclear("a condition that cannot be joined to others")
    field = place_of(added)
    if field is None:  # of an aggregate
        kept = [i for i in items if not (isinstance(i, Compare) and i.left == added.left)]
        return [*kept, added]
    if any(place_of(item) is None and field in walk(item) for item in items):
        raise Unclear(f"{field.path} is tested together with something else")
    there = [item for item in items if place_of(item) == field]
    if mode is Mode.WIDEN:
        wider = _widened(there, added)
        return _put(items, there, wider) if wider else [i for i in items if i not in there]
    if isinstance(added, IsNull):
        return _put(items, [i for i in there if isinstance(i, IsNull | Exists)], added)
    if _is_negative(added):
        return _excluded(items, there, added)
    if isinstance(added, Compare) and added.op in _UPPER | _LOWER:
        side = _UPPER if added.op in _UPPER else _LOWER
        gone = [i for i in there if mode is Mode.REPLACE or not _opposite(i, side)]
        return _put(items, [i for i in gone if not isinstance(i, IsNull)], added)
    if added in there:
        return items
    if mode is Mode.NARROW:
        there = [i for i in there if not _same_kept(i, added)]
    return _put(items, there, added)


def _same_kept(old: Predicate, added: Predicate) -> bool:
    """Whether an old condition stays beside a new one on another part of the same date."""
    return _left(old) != _left(added) and not isinstance(added, Between)


def _opposite(item: Predicate, side: frozenset[Comparator]) -> bool:
    """Whether the test bounds the other side only."""
    return isinstance(item, Compare) and item.op in (_UPPER | _LOWER) - side


def _is_negative(predicate: Predicate) -> bool:
    if isinstance(predicate, In):
        return predicate.negated
    return isinstance(predicate, Compare) and predicate.op is Comparator.NE


def _values(predicate: Predicate) -> tuple[Scalar, ...] | None:
    """The values of an equality or a list, negated or not."""
    match predicate:
        case Compare(op=Comparator.EQ | Comparator.NE, right=right):
            return None if isinstance(right, PlanField | Plan) else (right,)
        case In(values=tuple() as values):
            return values
        case _:
            return None


def _test(left: Operand, values: Sequence[Scalar], negated: bool = False) -> Predicate:
    if len(values) == 1:
        return Compare(left, Comparator.NE if negated else Comparator.EQ, values[0])
    return In(left, tuple(values), negated)


def one_of(left: Operand, values: Sequence[Scalar], negated: bool = False) -> Predicate:
    """`left` is (not) one of the values, each once."""
    different: list[Scalar] = []  # no set: `Decimal128` has no hash
    for value in values:
        if value not in different:
            different.append(value)
    return _test(left, different, negated)


def _excluded(
    items: list[Predicate], there: list[Predicate], added: Compare | Between | In
) -> list[Predicate]:
    gone = _values(added) or ()
    for item in there:
        held = _values(item)
        if held is None:
            continue
        if _is_negative(item):
            return _put(items, [item], one_of(added.left, [*held, *gone], negated=True))
        left = [value for value in held if value not in gone]
        if not left:
            raise Unclear("nothing would be left")
        return items if len(left) == len(held) else _put(items, [item], _test(added.left, left))
    return [*items, added]


def _widened(there: list[Predicate], added: Predicate) -> Predicate | None:
    """Also what the new condition lets through; None: everything."""
    new = _values(added)
    if len(there) != 1 or new is None or _is_negative(added):
        raise Unclear("no values of the same field to add to")
    old = there[0]
    held = _values(old)
    if held is None or not isinstance(old, Compare | In) or old.left != _left(added):
        raise Unclear("no values of the same field to add to")
    if not _is_negative(old):
        return one_of(old.left, [*held, *new])
    kept = [value for value in held if value not in new]
    return _test(old.left, kept, negated=True) if kept else None


def _left(predicate: Predicate) -> Operand | None:
    return predicate.left if isinstance(predicate, Compare | In | Between) else None


def _put(items: list[Predicate], gone: Sequence[Predicate], added: Predicate) -> list[Predicate]:
    """`added` in the place of the first that goes, else at the end."""
    at = next((n for n, item in enumerate(items) if item in gone), None)
    result: list[Predicate] = []
    for number, item in enumerate(items):
        if number == at:
            result.append(added)
        if item not in gone:
            result.append(item)
    return result if at is not None else [*result, added]
