"""Single tests of filters, on fields and on what groups collected, as plans say them."""

from __future__ import annotations

import re

from bson import Binary, MaxKey, MinKey, Regex, Timestamp

from mqt_serving.errors import RaiseError
from mqt_serving.query.lowering.predicates import conjuncts
from mqt_serving.query.pipeline import (
    Document,
    Value,
)
from mqt_serving.query.plan import (
    Aggregate,
    Comparator,
    Compare,
    Exists,
    Field,
    Function,
    In,
    IsNull,
    Operand,
    Predicate,
    Related,
    Scalar,
    Text,
    TextMatch,
)
from mqt_serving.query.raising.combining import NO, SOME, all_of, any_of, negated, not_none
from mqt_serving.query.raising.scope import (
    Binding,
    Collected,
    Constant,
    SizeOf,
)

COMPARATORS = {
    "$eq": Comparator.EQ,
    "$ne": Comparator.NE,
    "$gt": Comparator.GT,
    "$gte": Comparator.GTE,
    "$lt": Comparator.LT,
    "$lte": Comparator.LTE,
}
ANTI = {"$ne": "$eq", "$nin": "$in"}
_PLAIN_PATTERN = re.compile(r"(?:[^.^$*+?{}\[\]\\|()]|\\[^a-zA-Z0-9])+")


def collected_test(collected: Collected, operator: str, value: Value) -> Predicate:
    """Tests of the values that a group has: how many of its rows have such a value."""
    operand = collected.operand

    def rows_with(test: Predicate) -> Aggregate:
        return rows_that_meet(collected, test)

    match operator:
        case "$all" if isinstance(value, tuple) and value:
            each = [plain_test(operand, "$eq", scalar(one)) for one in value]
            return not_none(all_of([Compare(rows_with(one), Comparator.GT, 0) for one in each]))
        case "$ne" | "$nin":
            unwanted = plain_test(operand, ANTI[operator], _without_null(value))
            return Compare(rows_with(unwanted), Comparator.EQ, 0)
        case "$size" if isinstance(value, int):
            return Compare(number_collected(collected), Comparator.EQ, value)
        case "$eq" | "$gt" | "$gte" | "$lt" | "$lte" | "$in":
            wanted = plain_test(operand, operator, _without_null(value))
            return Compare(rows_with(wanted), Comparator.GT, 0)
    raise RaiseError("collected-test", f"{operator} on the array of a group")


def number_collected(collected: Collected) -> Aggregate:
    """How many values were collected; plans do not count null."""
    if collected.where is not None and not collected.without_null:
        raise RaiseError("collected-null", "null stands for rows among the collected values")
    return Aggregate(Function.COUNT, collected.operand, collected.different, collected.where)


def rows_that_meet(collected: Collected, test: Predicate) -> Aggregate:
    """The number of a group's rows whose collected value meets the test."""
    where = all_of([*conjuncts(collected.where), test])
    return Aggregate(Function.COUNT, collected.operand, where=where)


def _without_null(value: Value) -> Value:
    if value is None or (isinstance(value, tuple) and None in value):
        raise RaiseError("collected-null", "null is looked for among the values of a group")
    return value


def size_test(size: SizeOf, op: Comparator, limit: Binding) -> Predicate:
    """How many there are in a filtered array; whether there is any is asked as such."""
    entity, where = size.filtered.entity, size.filtered.where
    if not isinstance(limit, Constant):
        raise RaiseError("filtered-size", "the size of a filtered array is compared with a value")
    if (op, limit.value) in SOME | NO:
        return Related(entity, where, negated=(op, limit.value) in NO)
    return Compare(Aggregate(Function.COUNT, entity, where=where), op, scalar(limit.value))


def plain_test(operand: Operand, operator: str, value: Value) -> Predicate:
    """One test of one operand, as plans say it."""
    if operator in ("$in", "$nin"):
        assert isinstance(value, tuple)
        return _membership(operand, value, operator == "$nin")
    if operator in COMPARATORS and value is None:
        if operator in ("$eq", "$ne"):
            return IsNull(as_field(operand), negated=operator == "$ne")
        raise RaiseError("null-comparison", f"{operator} with null")
    if isinstance(value, Regex) and operator in ("$eq", "$regex"):
        return _text(as_field(operand), value)
    if operator in COMPARATORS:
        return Compare(operand, COMPARATORS[operator], scalar(value))
    if operator == "$exists":
        return Exists(as_field(operand), negated=not value)
    raise RaiseError(f"filter-{operator.lstrip('$')}", f"{operator} has no place in a plan")


def _membership(operand: Operand, values: tuple[Value, ...], absent: bool) -> Predicate:
    parts: list[Predicate] = []
    plain = tuple(
        scalar(value) for value in values if value is not None and not isinstance(value, Regex)
    )
    if plain or not values:
        parts.append(In(operand, plain))
    parts.extend(_text(as_field(operand), value) for value in values if isinstance(value, Regex))
    if None in values:
        parts.append(IsNull(as_field(operand)))
    found = any_of(parts)
    return negated(found) if absent else found


def _text(field: Field, pattern: Regex[str]) -> Predicate:
    source = pattern.pattern
    flags = pattern.flags
    if flags & ~(re.IGNORECASE | re.UNICODE):
        raise RaiseError("regex-flags", "patterns with other flags than i")
    ignore_case = bool(flags & re.IGNORECASE)
    middle = source.removeprefix(".*").removesuffix(".*")
    if middle and _PLAIN_PATTERN.fullmatch(middle):
        return Text(field, TextMatch.CONTAINS, _unescaped(middle), ignore_case)
    start = source.removeprefix("^").removesuffix(".*")
    if source.startswith("^") and start and _PLAIN_PATTERN.fullmatch(start):
        return Text(field, TextMatch.STARTS, _unescaped(start), ignore_case)
    end = source.removeprefix(".*").removesuffix("$")
    if source.endswith("$") and end and _PLAIN_PATTERN.fullmatch(end):
        return Text(field, TextMatch.ENDS, _unescaped(end), ignore_case)
    return Text(field, TextMatch.REGEX, source, ignore_case)


def _unescaped(pattern: str) -> str:
    return re.sub(r"\\(.)", r"\1", pattern)


_NO_SCALARS = (Document, tuple, Regex, Binary, Timestamp, MinKey, MaxKey)


def scalar(value: Value) -> Scalar:
    """A literal that plans can hold."""
    if value is None or isinstance(value, _NO_SCALARS):
        raise RaiseError("literal", f"{value!r} is no single value")
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def as_field(operand: Operand) -> Field:
    if not isinstance(operand, Field):
        raise RaiseError("computed-test", "a test that only fields can have, on something computed")
    return operand
