"""Predicates of plans as MongoDB filters and as aggregation expressions, within one scope.

A `Scope` says where operands are found: in stored documents, in array elements bound to a
variable, or in the results of a `$group`. Whether a predicate needs a join first is not decided
here but in `rows`. Filters are preferred (they use indexes and bracket types); expressions stand
in where a filter cannot: computed operands, two fields, correlated array elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from bson import Regex

from mqt_serving.errors import PlanError
from mqt_serving.query import literals
from mqt_serving.query.lowering.distances import Place, distance, place_in
from mqt_serving.query.pipeline import (
    AllOf,
    AnyOf,
    ArrayExpression,
    ElementMatch,
    Expression,
    ExpressionFilter,
    FieldTest,
    Filter,
    LiteralExpression,
    NamedOperation,
    NoneOf,
    NotTest,
    Operation,
    VariableExpression,
)
from mqt_serving.query.plan import (
    DISTANCES,
    ELAPSED,
    AcrossGroups,
    Aggregate,
    And,
    Arithmetic,
    Between,
    Change,
    Comparator,
    Compare,
    DatePart,
    Exists,
    Field,
    In,
    IsNull,
    Moving,
    Not,
    Now,
    Operand,
    Operator,
    Or,
    Output,
    PartOf,
    Plan,
    Point,
    Predicate,
    Rank,
    Related,
    Running,
    Scalar,
    Term,
    Text,
    TextMatch,
    Top,
)
from mqt_serving.schema import GEOJSON, BsonType, FieldSchema

Leaf = Compare | Between | In | IsNull | Exists | Text

_NULL = LiteralExpression(None)
_RANGE = frozenset({Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE})
_BELOW = frozenset({Comparator.LT, Comparator.LTE})
_SPECIAL = re.compile(r"([.^$*+?{}\[\]\\|()])")
_CALENDAR = {
    DatePart.YEAR: "$year",
    DatePart.MONTH: "$month",
    DatePart.DAY: "$dayOfMonth",
    DatePart.WEEKDAY: "$dayOfWeek",
    DatePart.HOUR: "$hour",
}
_OPERANDS = (Field, PartOf, Arithmetic, Aggregate)
_ARITHMETIC = {
    Operator.ADD: "$add",
    Operator.SUBTRACT: "$subtract",
    Operator.MULTIPLY: "$multiply",
    Operator.DIVIDE: "$divide",
}
_DATE_FORMATS = {
    DatePart.YEAR_MONTH: "%Y-%m", DatePart.DATE: "%Y-%m-%d", DatePart.WEEK: "%G-W%V",
}  # fmt: skip


class Scope(Protocol):
    """Where operands are found."""

    def path(self, operand: Operand) -> str | None:
        """The path under which filters test the operand; None when it has to be computed."""

    def expression(self, operand: Operand) -> Expression:
        """The operand as an aggregation expression, as it is stored."""

    def schema(self, field: Field) -> FieldSchema:
        """What is known of a field."""

    def subquery(self, plan: Plan) -> Expression:
        """The list of values that a sub-query gives."""


def leaves(predicate: Predicate | None) -> Iterator[Leaf | Related]:
    """All tests of single rows, in order, not entering `Related`, `Top` or sub-queries."""
    match predicate:
        case None | Top():
            return
        case And(items=items) | Or(items=items):
            for item in items:
                yield from leaves(item)
        case Not(item=item):
            yield from leaves(item)
        case _:
            yield predicate


def conjuncts(predicate: Predicate | None) -> tuple[Predicate, ...]:
    """The predicates that must all hold; none for None."""
    if predicate is None:
        return ()
    if isinstance(predicate, And):
        return tuple(part for item in predicate.items for part in conjuncts(item))
    return (predicate,)


def conjunction(items: Sequence[Predicate]) -> Predicate:
    """At least one predicate as one."""
    return items[0] if len(items) == 1 else And(tuple(items))


def operands(leaf: Leaf) -> tuple[Operand, ...]:
    """The operands of a test."""
    if isinstance(leaf, Compare) and isinstance(leaf.right, Field):
        return (leaf.left, leaf.right)
    return (leaf.left,)


def fields_in(operand: Operand | AcrossGroups) -> tuple[Field, ...]:
    """The fields behind an operand; none for aggregates, which are about other rows."""
    match operand:
        case Field():
            return (operand,)
        case PartOf(field=field):
            return (field,)
        case Arithmetic(left=left, right=right):
            terms = [side for side in (left, right) if isinstance(side, _OPERANDS)]
            return tuple(field for term in terms for field in fields_in(term))
        case Aggregate() | Running() | Change() | Moving() | Rank():
            return ()


def aggregates_of(operand: Operand | AcrossGroups) -> tuple[Aggregate, ...]:
    """The aggregates that an operand is, or is computed from."""
    match operand:
        case Aggregate():
            return (operand,)
        case Running() | Change() | Moving() | Rank():
            return (operand.aggregate,)
        case Arithmetic(left=left, right=right):
            terms = [side for side in (left, right) if isinstance(side, _OPERANDS)]
            return tuple(found for term in terms for found in aggregates_of(term))
        case _:
            return ()


def tests_aggregates(predicate: Predicate) -> bool:
    """Whether any test is about an aggregate."""
    return any(
        aggregates_of(operand)
        for leaf in leaves(predicate)
        if not isinstance(leaf, Related)
        for operand in operands(leaf)
    )


# ------------------------------------------------------------------ combination


def all_of(filters: list[Filter]) -> Filter:
    """The conjunction, flat, without needless nesting."""
    flat: list[Filter] = []
    for item in filters:
        flat.extend(item.items if isinstance(item, AllOf) else (item,))
    return flat[0] if len(flat) == 1 else AllOf(tuple(flat))


def negate(condition: Filter) -> Filter:
    """The negation, in the shortest form that people write."""
    match condition:
        case FieldTest(path=path, operator="$exists", value=value):
            return FieldTest(path, "$exists", not value)
        case FieldTest(path=path, operator="$ne", value=value):
            return FieldTest(path, "$eq", value)
        case FieldTest(path=path, operator="$eq", value=value):
            return FieldTest(path, "$ne", value)
        case FieldTest(path=path, operator="$in", value=value):
            return FieldTest(path, "$nin", value)
        case FieldTest(path=path, operator="$nin", value=value):
            return FieldTest(path, "$in", value)
        case FieldTest() | ElementMatch():
            return NotTest(condition)
        case NotTest(test=test):
            return test
        case AnyOf(items=items):
            return NoneOf(items)
        case NoneOf(items=items):
            return AnyOf(items) if len(items) > 1 else items[0]
        case _:
            return NoneOf((condition,))


def uses_expression(condition: Filter) -> bool:
    """Whether the filter holds an `$expr`, which cannot stand inside `$elemMatch`."""
    match condition:
        case ExpressionFilter():
            return True
        case AllOf(items=items) | AnyOf(items=items) | NoneOf(items=items):
            return any(uses_expression(item) for item in items)
        case ElementMatch(filter=inner):
            return uses_expression(inner)
        case _:
            return False


def filter_of(predicate: Predicate, scope: Scope) -> Filter:
    """The predicate as a filter; every operand must be in scope."""
    match predicate:
        case And(items=items):
            return all_of([filter_of(item, scope) for item in items])
        case Or(items=items):
            return AnyOf(tuple(filter_of(item, scope) for item in items))
        case Not(item=item):
            return negate(filter_of(item, scope))
        case Related() | Top():
            raise PlanError("a test on other rows cannot stand here")
        case _:
            return leaf_filter(predicate, scope)


def expression_of(predicate: Predicate, scope: Scope) -> Expression:
    """The predicate as a boolean expression; every operand must be in scope."""
    match predicate:
        case And(items=items):
            return Operation("$and", tuple(expression_of(item, scope) for item in items))
        case Or(items=items):
            return Operation("$or", tuple(expression_of(item, scope) for item in items))
        case Not(item=item):
            return Operation("$not", (expression_of(item, scope),))
        case Related() | Top():
            raise PlanError("a test on other rows cannot stand here")
        case _:
            return leaf_expression(predicate, scope)


# ------------------------------------------------------------------------ tests


def leaf_filter(leaf: Leaf, scope: Scope) -> Filter:
    """One test as a filter; an `$expr` where nothing shorter says it."""
    path = scope.path(leaf.left)
    if path is None or _needs_expression(leaf, scope):
        return ExpressionFilter(leaf_expression(leaf, scope))
    match leaf:
        case Compare(left=left, op=op, right=right):
            assert not isinstance(right, Field | Plan)
            return FieldTest(path, f"${op.value}", fitted(right, left, scope))
        case Between(left=left, low=low, high=high, half_open=half_open):
            upper = "$lt" if half_open else "$lte"
            return AllOf(
                (
                    FieldTest(path, "$gte", fitted(low, left, scope)),
                    FieldTest(path, upper, fitted(high, left, scope)),
                )
            )
        case In(left=left, values=values, negated=negated):
            assert not isinstance(values, Plan)
            fits = tuple(fitted(value, left, scope) for value in values)
            return FieldTest(path, "$nin" if negated else "$in", fits)
        case IsNull(negated=negated):
            return FieldTest(path, "$ne" if negated else "$eq", None)
        case Exists(negated=negated):
            return FieldTest(path, "$exists", not negated)
        case Text(negated=negated):
            pattern = Regex(text_pattern(leaf), "i" if leaf.ignore_case else "")
            test = FieldTest(path, "$regex", pattern)
            return NotTest(test) if negated else test


def leaf_expression(leaf: Leaf, scope: Scope) -> Expression:
    """One test as a boolean expression that treats null and missing as filters do."""
    match leaf:
        case Compare(left=left, op=op, right=right):
            if isinstance(right, Plan):
                return _comparison_with_subquery(left, op, right, scope)
            return _comparison(left, op, right, scope)
        case Between(left=left, low=low, high=high, half_open=half_open):
            upper = Comparator.LT if half_open else Comparator.LTE
            above = _comparison(left, Comparator.GTE, low, scope)
            return Operation("$and", (above, _plain_comparison(left, upper, high, scope)))
        case In(left=left, values=values, negated=negated):
            if isinstance(values, Plan):
                among = Operation("$in", (scope.expression(left), scope.subquery(values)))
                return _negated(among, negated)
            listed = ArrayExpression(
                tuple(LiteralExpression(fitted(value, left, scope)) for value in values)
            )
            return _negated(Operation("$in", (scope.expression(left), listed)), negated)
        case IsNull(left=left, negated=negated):
            return Operation("$gt" if negated else "$lte", (scope.expression(left), _NULL))
        case Exists(left=left, negated=negated):
            kind = Operation("$type", (scope.expression(left),))
            return Operation("$eq" if negated else "$ne", (kind, LiteralExpression("missing")))
        case Text(negated=negated):
            return _negated(_text_expression(leaf, scope), negated)


def fitted(value: Scalar, left: Operand, scope: Scope) -> Scalar:
    """The literal as the field stores it; calendar parts and aggregates take it as it is."""
    if isinstance(left, Field):
        return literals.fit(value, scope.schema(left))
    return literals.plain(value)


def text_pattern(test: Text) -> str:
    """The regular expression of a text test; PlanError for one that cannot be a pattern."""
    if "\0" in test.value:
        raise PlanError("text tests cannot hold a NUL character")
    escaped = _SPECIAL.sub(r"\\\1", test.value)
    match test.match:
        case TextMatch.CONTAINS:
            return escaped
        case TextMatch.STARTS:
            return f"^{escaped}"
        case TextMatch.ENDS:
            return f"{escaped}$"
        case TextMatch.REGEX:
            try:
                re.compile(test.value)
            except re.error as error:
                raise PlanError(f"{test.value!r} is no regular expression: {error}") from error
            return test.value


def _needs_expression(leaf: Leaf, scope: Scope) -> bool:
    """Two fields, a sub-query, or numbers kept as text that are to be compared as numbers."""
    match leaf:
        case Compare(right=Field() | Plan()) | In(values=Plan()):
            return True
        case Compare(left=Field() as left, op=op, right=right) if op in _RANGE:
            return scope.schema(left).numeric_text and not isinstance(right, str)
        case Between(left=Field() as left, low=low):
            return scope.schema(left).numeric_text and not isinstance(low, str)
        case _:
            return False


def _comparison(left: Operand, op: Comparator, right: Scalar | Field, scope: Scope) -> Expression:
    test = _plain_comparison(left, op, right, scope)
    if op not in _BELOW or isinstance(right, Field):
        return test
    # Null and missing sort below every number: without this they would count as smaller.
    return Operation("$and", (Operation("$gt", (scope.expression(left), _NULL)), test))


def _comparison_with_subquery(
    left: Operand, op: Comparator, right: Plan, scope: Scope
) -> Expression:
    """Compares with the first value of the sub-query; fails where that is null or missing."""
    value: Expression = Operation("$first", (scope.subquery(right),))
    ranged = op in _RANGE
    shown = right.outputs[0].value
    if ranged and isinstance(shown, Field) and scope.schema(shown).numeric_text:
        value = convert(value, "double")
    found = comparable(left, scope) if ranged else scope.expression(left)
    tests = [Operation("$gt", (value, _NULL))]
    if op in _BELOW:
        tests.append(Operation("$gt", (found, _NULL)))
    return Operation("$and", (*tests, Operation(f"${op.value}", (found, value))))


def _plain_comparison(
    left: Operand, op: Comparator, right: Scalar | Field, scope: Scope
) -> Expression:
    if isinstance(right, Field):
        as_number = op in _RANGE or _only_one_keeps_text(left, right, scope)
    else:
        as_number = op in _RANGE and not isinstance(right, str)
    first = comparable(left, scope) if as_number else scope.expression(left)
    if isinstance(right, Field):
        second = comparable(right, scope) if as_number else scope.expression(right)
    else:
        keep = as_number and isinstance(left, Field) and scope.schema(left).numeric_text
        second = LiteralExpression(literals.plain(right) if keep else fitted(right, left, scope))
    return Operation(f"${op.value}", (first, second))


def _only_one_keeps_text(left: Operand, right: Field, scope: Scope) -> bool:
    """Whether one side keeps its numbers as text and the other as numbers."""
    if not isinstance(left, Field):
        return scope.schema(right).numeric_text
    return scope.schema(left).numeric_text != scope.schema(right).numeric_text


def _negated(test: Expression, negated: bool) -> Expression:
    return Operation("$not", (test,)) if negated else test


def _text_expression(leaf: Text, scope: Scope) -> Expression:
    found = scope.expression(leaf.left)
    if set(scope.schema(leaf.left).types) - {BsonType.STRING, BsonType.NULL, BsonType.ARRAY}:
        found = convert(found, "string")
    arguments: list[tuple[str, Expression]] = [
        ("input", found),
        ("regex", LiteralExpression(text_pattern(leaf))),
    ]
    if leaf.ignore_case:
        arguments.append(("options", LiteralExpression("i")))
    return NamedOperation("$regexMatch", tuple(arguments))


# --------------------------------------------------------------------- operands


def comparable(operand: Operand, scope: Scope) -> Expression:
    """The operand as something to add up or to order by: numbers kept as text as numbers."""
    found = scope.expression(operand)
    if isinstance(operand, Field) and scope.schema(operand).numeric_text:
        return convert(found, "double")
    return found


def arithmetic(node: Arithmetic, scope: Scope) -> Expression:
    """The operation; null where a side is null, or where something is divided by zero."""
    if node.operator in ELAPSED:
        sides = (_moment(node.right, scope), _moment(node.left, scope))
        length = LiteralExpression(ELAPSED[node.operator])
        return Operation("$divide", (Operation("$subtract", sides), length))
    if node.operator in DISTANCES:
        one, other = _place(node.left, scope), _place(node.right, scope)
        return distance(one, other, DISTANCES[node.operator])
    left, right = _term(node.left, scope), _term(node.right, scope)
    result = Operation(_ARITHMETIC[node.operator], (left, right))
    if node.operator is not Operator.DIVIDE or (
        isinstance(right, LiteralExpression) and right.value != 0
    ):
        return result
    none = Operation("$eq", (right, LiteralExpression(0)))
    return Operation("$cond", (none, _NULL, result))


def _term(term: Term, scope: Scope) -> Expression:
    if isinstance(term, Point | Plan):
        raise PlanError("a place can only be computed with to find how far it is")
    if isinstance(term, Now):
        raise PlanError("now can only be computed with to find how long it is from or to a date")
    return comparable(term, scope) if isinstance(term, _OPERANDS) else LiteralExpression(term)


def _place(term: Term, scope: Scope) -> Place:
    """Where a point is: one of the row, one that is given, or the first that a sub-query gives."""
    match term:
        case Point(longitude=longitude, latitude=latitude):
            return LiteralExpression(longitude), LiteralExpression(latitude)
        case Field():
            return place_in(scope.expression(term), _form(term, scope))
        case Plan(outputs=(Output(value=Field() as shown),)):
            found = Operation("$first", (scope.subquery(term),))
            return place_in(found, _form(shown, scope))
        case _:
            raise PlanError("only from a point is there a distance")


def _form(field: Field, scope: Scope) -> tuple[str, str]:
    return scope.schema(field).point or GEOJSON  # of private fields nothing is known


def _moment(term: Term, scope: Scope) -> Expression:
    """The term as a date; null where it cannot be read as one."""
    if isinstance(term, Now):
        return VariableExpression("NOW")
    found = _term(term, scope)
    return _as_date(found, scope.schema(term)) if isinstance(term, Field) else found


def date_part(part: DatePart, moment: Expression, schema: FieldSchema) -> Expression:
    """A calendar part in UTC; null where the value is no date."""
    moment = _as_date(moment, schema)
    if part in _CALENDAR:
        return Operation(_CALENDAR[part], (moment,))
    if part is DatePart.QUARTER:
        month = Operation("$month", (moment,))
        third = Operation("$divide", (month, LiteralExpression(3)))
        return Operation("$ceil", (third,))
    text = LiteralExpression(_DATE_FORMATS[part])
    return NamedOperation("$dateToString", (("format", text), ("date", moment)))


def _as_date(moment: Expression, schema: FieldSchema) -> Expression:
    if set(schema.types) - {BsonType.DATE, BsonType.NULL, BsonType.ARRAY}:
        return convert(moment, "date")
    return moment


def convert(found: Expression, to: str) -> Expression:
    """The value as another type; null where it cannot be read so."""
    return NamedOperation(
        "$convert",
        (
            ("input", found),
            ("to", LiteralExpression(to)),
            ("onError", _NULL),
            ("onNull", _NULL),
        ),
    )
