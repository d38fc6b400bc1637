"""Operands and predicates of a plan as English clauses, seen from the rows they are about.

`Clauses` names things through `Names` and says where a test is about "at least one" of several.
Brackets stand wherever `and` and `or` would run together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from bson import Decimal128

from mqt_serving.english import MONTHS, plural_phrase, singular
from mqt_serving.query.explanation.names import Names, Scope, event, many, noun, one
from mqt_serving.query.explanation.values import (
    WEEKDAYS,
    compared_with,
    listed,
    literal,
    quoted,
    stretch,
)
from mqt_serving.query.lowering.predicates import Leaf, operands
from mqt_serving.query.plan import (
    DISTANCES,
    ELAPSED,
    TEXT_PARTS,
    Aggregate,
    And,
    Arithmetic,
    Between,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Exists,
    Field,
    Function,
    In,
    IsNull,
    Not,
    Now,
    Operand,
    Operator,
    Or,
    PartOf,
    Plan,
    Point,
    Predicate,
    Related,
    Scalar,
    Term,
    Text,
    TextMatch,
    Top,
)
from mqt_serving.schema import BsonType

_COMPARATORS: Final = {
    Comparator.EQ: "is",
    Comparator.NE: "is not",
    Comparator.GT: "is over",
    Comparator.GTE: "is at least",
    Comparator.LT: "is under",
    Comparator.LTE: "is at most",
}
_FROM: Final = {
    Comparator.EQ: "is exactly {} from",
    Comparator.NE: "is not exactly {} from",
    Comparator.GT: "is more than {} from",
    Comparator.GTE: "is at least {} from",
    Comparator.LT: "is less than {} from",
    Comparator.LTE: "is within {} of",
}
_SHORT: Final = {Operator.KILOMETRES: "km", Operator.METRES: "m"}
_TEXT_COMPARATORS: Final = _COMPARATORS | {
    Comparator.GT: "comes after",
    Comparator.GTE: "is or comes after",
    Comparator.LT: "comes before",
    Comparator.LTE: "is or comes before",
}
_COUNTS: Final = {
    Comparator.EQ: "exactly",
    Comparator.NE: "a number other than",
    Comparator.GT: "more than",
    Comparator.GTE: "at least",
    Comparator.LT: "fewer than",
    Comparator.LTE: "at most",
}
_PARTS: Final = {
    DatePart.YEAR: "year",
    DatePart.QUARTER: "quarter",
    DatePart.MONTH: "month",
    DatePart.DAY: "day of the month",
    DatePart.WEEKDAY: "weekday",
    DatePart.HOUR: "hour",
    DatePart.YEAR_MONTH: "month and year",
    DatePart.DATE: "day",
    DatePart.WEEK: "week",
}
_MATCHES: Final = {
    TextMatch.CONTAINS: ("contains", "does not contain"),
    TextMatch.STARTS: ("starts with", "does not start with"),
    TextMatch.ENDS: ("ends with", "does not end with"),
    TextMatch.REGEX: ("matches the pattern", "does not match the pattern"),
}
_OPERATORS: Final = {
    Operator.ADD: "plus",
    Operator.SUBTRACT: "minus",
    Operator.MULTIPLY: "times",
    Operator.DIVIDE: "divided by",
}
_PLURALS: Final = {"is": "are", "has": "have", "does": "do"}
LEAST_AND_GREATEST: Final = {
    "number": ("lowest", "highest"),
    "date": ("earliest", "latest"),
    "text": ("alphabetically first", "alphabetically last"),
    "distance": ("shortest", "longest"),
}


@dataclass(frozen=True, slots=True)
class Clauses:
    """The clauses of one text, in one scope."""

    names: Names
    scope: Scope

    # ---------------------------------------------------------------- operands

    def operand(self, operand: Operand) -> str:
        return f"the {self.bare(operand)}"

    def bare(self, operand: Operand) -> str:
        """The operand without its article."""
        match operand:
            case Field():
                return self.names.mention(noun(operand, self.scope), operand)
            case PartOf(part=part, field=field):
                return f"{_PARTS[part]} of {self.operand(field)}"
            case Aggregate(where=None):
                return self._aggregate(operand)
            case Aggregate(where=where):
                assert where is not None
                return f"{self._aggregate(operand)} (only of those where {self.where(where)})"
            case Arithmetic(operator=operator, left=left, right=right) if operator in ELAPSED:
                return f"number of {operator} from {self._term(left)} to {self._term(right)}"
            case Arithmetic(operator=operator, left=left, right=right) if operator in DISTANCES:
                return f"distance in {operator} from {self._term(left)} to {self._term(right)}"
            case Arithmetic(operator=operator, left=left, right=right):
                return f"result of ({self._term(left)} {_OPERATORS[operator]} {self._term(right)})"
            case _:
                assert_never(operand)

    def _term(self, term: Term) -> str:
        if isinstance(term, Field | PartOf | Arithmetic | Aggregate):
            return self.operand(term)
        match term:
            case Now():
                return "now"
            case Point(longitude=longitude, latitude=latitude):
                return f"latitude {literal(latitude)}, longitude {literal(longitude)}"
            case Plan():
                return f"what this gives: {self._inner(term)}"
            case _:
                return literal(term)

    def plural(self, operand: Field | PartOf | Arithmetic) -> str:
        """The values of an operand: `totals`."""
        if isinstance(operand, Field):
            return self.names.mention(plural_phrase(noun(operand, self.scope)), operand)
        return f"values of the {self.bare(operand)}"

    def rows(self, entity: Entity) -> str:
        return self.names.mention(many(entity), entity)

    def row(self, entity: Entity) -> str:
        return self.names.mention(one(entity), entity)

    def kind(self, operand: Operand) -> str:
        """What the values are when they are put in order: number, date or text."""
        match operand:
            case Field():
                return self._kind_of_field(operand)
            case PartOf(part=part):
                return "date" if part in TEXT_PARTS else "number"
            case Aggregate(function=Function.MIN | Function.MAX, argument=Field() | PartOf() as of):
                return self.kind(of)
            case Arithmetic(operator=operator) if operator in DISTANCES:
                return "distance"
            case Aggregate() | Arithmetic():
                return "number"

    def _kind_of_field(self, field: Field) -> str:
        schema = self.scope.schema(field)
        if schema is not None and schema.main_type is BsonType.DATE:
            return "date"
        if schema is not None and schema.main_type is BsonType.STRING and not schema.numeric_text:
            return "text"
        return "number"

    def _aggregate(self, aggregate: Aggregate) -> str:
        argument, distinct = aggregate.argument, aggregate.distinct
        if aggregate.function is Function.COUNT:
            different = "different " if distinct else ""
            if isinstance(argument, Entity):
                return f"number of {different}{self.rows(argument)}"
            if distinct:
                return f"number of different {self.plural(argument)}"
            return f"number of values of {self.operand(argument)}"
        if isinstance(argument, Entity):
            values = one_value = f"rows of the {self.rows(argument)}"
        elif distinct or aggregate.function is Function.SUM:
            values = one_value = self.plural(argument)
        else:
            values, one_value = "", self.bare(argument)
        if distinct:
            one_value = f"of the different {values}"
        match aggregate.function:
            case Function.SUM:
                return f"sum of the {'different ' if distinct else ''}{values}"
            case Function.AVG:
                return f"average {one_value}"
            case Function.MIN | Function.MAX:
                extremes = LEAST_AND_GREATEST[self.kind(aggregate)]
                return f"{extremes[aggregate.function is Function.MAX]} {one_value}"

    # ----------------------------------------------------------------- clauses

    def all(self, items: Sequence[Predicate]) -> str:
        """Predicates that must all hold, where a whole clause stands: no brackets around them."""
        said: list[str] = []
        met: set[Entity] = set()
        for item in items:
            said.append(self._clause(item, met))
        return " and ".join(said)

    def where(self, predicate: Predicate) -> str:
        return self.all(top_level(predicate))

    def modifiers(self, predicate: Predicate) -> str:
        """The predicate behind a noun: ` placed in March 2025 where the total is over 5`."""
        items = list(top_level(predicate))
        text = ""
        while items and (modifier := self._modifier(items[0])) is not None:
            text += f" and {modifier}" if text else f" {modifier}"
            items.pop(0)
        if not items:
            return text
        return f"{text} and where {self.all(items)}" if text else f" where {self.all(items)}"

    def amount(self, predicate: Predicate) -> str | None:
        """`more than 10 orders` for a test of how many there are; None for other tests."""
        match predicate:
            case Compare(
                left=Aggregate(function=Function.COUNT, argument=Entity() as entity) as left,
                op=op,
                right=int() | float() as right,
            ):
                different = "different " if left.distinct else ""
                counted = self.row(entity) if right == 1 else self.rows(entity)
                only = "" if left.where is None else f" (only those where {self.where(left.where)})"
                return f"{_COUNTS[op]} {literal(right)} {different}{counted}{only}"
        return None

    def _modifier(self, item: Predicate) -> str | None:
        match item:
            case Related():
                return f"with {self._related(item)}"
            case Compare(left=Field() as left, op=op, right=datetime() as right) if op not in (
                Comparator.EQ,
                Comparator.NE,
            ):
                return self._happened(left, compared_with(op, right))
            case Between(left=Field() as left, low=datetime() as low, high=datetime() as high):
                return self._happened(left, stretch(low, high, item.half_open))
        return None

    def _happened(self, field: Field, when: str) -> str | None:
        """`placed (`orders.placed_at`) in March 2025`, where the date is first spoken of."""
        happened = event(field, self.scope)
        if happened is None or self.names.is_known(field):
            return None
        return f"{self.names.mention(happened, field)} {when}"

    def _clause(self, predicate: Predicate, met: set[Entity]) -> str:
        """One of several clauses that must meet in one row each of the entities in `met`."""
        match predicate:
            case And(items=items):
                return f"({self.all(items)})"
            case Or(items=items):
                return f"({' or '.join(self._clause(item, set()) for item in items)})"
            case Not(item=item):
                return f"it is not so that ({self.where(item)})"
            case Related():
                return f"it has {self._related(predicate)}"
            case Top():
                return self._top(predicate)
            case _:
                return self._leaf(predicate, met)

    def _related(self, related: Related) -> str:
        entity = related.entity
        text = f"{'no' if related.negated else 'at least one'} {self.row(entity)}"
        if related.where is None:
            return text
        inner = Clauses(self.names, self.scope.inside(entity))
        return f"{text} where ({inner.where(related.where)})"

    def _top(self, top: Top) -> str:
        orders = [
            f"{self.bare(order.by)}, {'descending' if order.descending else 'ascending'}"
            for order in top.order_by
        ]
        text = f"it is one of the first {top.limit} {self.rows(top.entity)}"
        if top.skip is not None:
            text += f" after the first {top.skip}"
        if orders:
            text += f" by {', then by '.join(orders)}"
        return text if top.where is None else f"{text} (of those where {self.where(top.where)})"

    def _leaf(self, leaf: Leaf, met: set[Entity]) -> str:
        fields = [field for item in operands(leaf) if (field := _field_in(item)) is not None]
        entity = self.scope.several(fields)
        if entity is None:
            return self._test(leaf)
        which = "the same" if entity in met else "at least one"
        met.add(entity)
        inner = Clauses(self.names, self.scope.inside(entity))
        if isinstance(leaf.left, Field) and inner.scope.is_value(leaf.left):
            return inner._test(leaf, f"{which} {inner.bare(leaf.left)}")
        return f"for {which} {one(entity)} {inner._test(leaf)}"

    def _test(self, leaf: Leaf, subject: str | None = None) -> str:
        """The test of its left operand, or of what is said instead of it."""
        match leaf:
            case Compare(
                left=Arithmetic(operator=operator, left=one, right=other),
                op=op,
                right=int() | float() | Decimal128() as far,
            ) if operator in DISTANCES:
                said = _FROM[op].format(f"{literal(far)} {_SHORT[operator]}")
                return f"{self._term(one)} {said} {self._term(other)}"
        subject = subject or self.operand(leaf.left)
        said = self._said_of(leaf)
        if subject.startswith("the ") and self._is_plural(leaf.left):
            said = re.sub("^(is|has|does)\\b", lambda verb: _PLURALS[verb[0]], said)
        return f"{subject} {said}"

    def _said_of(self, leaf: Leaf) -> str:
        match leaf:
            case Compare(left=left, op=op, right=right):
                return self._comparison(left, op, right)
            case Between():
                return f"is {self._range(leaf)}"
            case In(values=Plan() as inner, negated=negated):
                return f"is {'none' if negated else 'one'} of what this gives: {self._inner(inner)}"
            case In(left=left, values=values, negated=negated):
                assert not isinstance(values, Plan)
                return f"is {_choice([self._literal(v, left) for v in values], negated)}"
            case IsNull(negated=negated):
                return "has a value" if negated else "has no value (null or missing)"
            case Exists(negated=negated):
                return "is missing, not just null" if negated else "is present, even if null"
            case Text(match=match, value=value, negated=negated):
                case = "" if leaf.ignore_case else " (upper and lower case as written)"
                return f"{_MATCHES[match][negated]} {quoted(value)}{case}"
            case _:
                assert_never(leaf)

    def _is_plural(self, operand: Operand) -> bool:
        if not isinstance(operand, Field):
            return False
        last = noun(operand, self.scope).rpartition(" ")[2]
        return singular(last) != last

    def _inner(self, plan: Plan) -> str:
        """A sub-query as a sentence of its own, in brackets."""
        from mqt_serving.query.explanation.plans import explain

        return f"({explain(plan, self.scope.catalog).removesuffix('.')})"

    def _comparison(self, left: Operand, op: Comparator, right: Scalar | Field | Plan) -> str:
        match right:
            case Plan():
                return f"{_COMPARATORS[op]} what this gives: {self._inner(right)}"
            case Field():
                return f"{_COMPARATORS[op]} {self.operand(right)}"
            case datetime():
                return f"is {compared_with(op, right)}"
            case str():
                return f"{_TEXT_COMPARATORS[op]} {literal(right)}"
            case _:
                return f"{_COMPARATORS[op]} {self._literal(right, left)}"

    def _range(self, between: Between) -> str:
        low, high = between.low, between.high
        if isinstance(low, datetime) and isinstance(high, datetime):
            return stretch(low, high, between.half_open)
        first, last = self._literal(low, between.left), self._literal(high, between.left)
        if between.half_open:
            return f"from {first} up to but not including {last}"
        return f"from {first} to {last}"

    def _literal(self, value: Scalar, left: Operand) -> str:
        text = literal(value, self._stored(left))
        if isinstance(left, PartOf) and type(value) is int:
            if left.part is DatePart.MONTH and 1 <= value <= 12:
                return f"{text} ({MONTHS[value - 1]})"
            if left.part is DatePart.WEEKDAY and 1 <= value <= 7:
                return f"{text} ({WEEKDAYS[value - 1]})"
        return text

    def _stored(self, operand: Operand) -> BsonType | None:
        """The type in which values to compare with the operand are kept, where that is known."""
        match operand:
            case Field():
                schema = self.scope.schema(operand)
                return None if schema is None else schema.main_type
            case Aggregate(argument=Field() as of) if operand.function is not Function.COUNT:
                return self._stored(of)
            case _:
                return None


def _choice(values: list[str], negated: bool) -> str:
    match values:
        case []:
            return "anything at all" if negated else "one of nothing, which cannot be"
        case [only]:
            return f"{'none' if negated else 'one'} of only {only}"
        case [first, second]:
            return f"neither {first} nor {second}" if negated else f"either {first} or {second}"
        case _:
            return f"{'none' if negated else 'one'} of {listed(values, 'or')}"


def top_level(predicate: Predicate) -> tuple[Predicate, ...]:
    return predicate.items if isinstance(predicate, And) else (predicate,)


def _field_in(operand: Operand) -> Field | None:
    match operand:
        case Field():
            return operand
        case PartOf(field=field):
            return field
        case _:
            return None
