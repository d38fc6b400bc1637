"""A plan checked against the schema before anything runs: names, types, and what is missing.

`check_plan` refuses what cannot mean anything on this data (unknown fields, the sum of text, a
text test on numbers, a range from high to low), fits literals to the stored types, and notes what
a reader could be surprised by. When in doubt it accepts: schemas come from samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from mqt_serving.errors import PlanError, TypeMismatch
from mqt_serving.query import graph, literals
from mqt_serving.query.checking.bson_types import Families, Family, families_of, in_words
from mqt_serving.query.checking.notes import Absence, Note, NoteKind, absence_of
from mqt_serving.query.checking.operand_types import Held, held_by
from mqt_serving.query.explanation import literal as literal_in_words
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Arithmetic,
    Between,
    Change,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Exists,
    Field,
    Function,
    In,
    IsNull,
    Moving,
    Not,
    Operand,
    Or,
    Order,
    Output,
    PartOf,
    Plan,
    Predicate,
    Rank,
    Related,
    Running,
    Scalar,
    Term,
    Text,
    Top,
)
from mqt_serving.schema import Catalog, FieldSchema

_ORDERED = frozenset({Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE})
_WITHOUT_ORDER = frozenset({Family.BOOL, Family.OBJECT, Family.BINARY, Family.REGEX})
_SPANS = {
    DatePart.QUARTER: (1, 4),
    DatePart.MONTH: (1, 12),
    DatePart.DAY: (1, 31),
    DatePart.WEEKDAY: (1, 7),
    DatePart.HOUR: (0, 23),
}


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """The plan with its literals as the fields store them, and what to know about it."""

    plan: Plan
    notes: tuple[Note, ...]


def check_plan(plan: Plan, catalog: Catalog) -> CheckedPlan:
    """The plan, fit to run on the catalog's data.

    Raises `UnknownCollection`, `UnknownField` (naming the nearest), `TypeMismatch` for operators
    and values that cannot go with what a field holds, `PlanError` for an empty range.
    """
    checker = _Checker(catalog)
    checked = checker.plan(plan)
    return CheckedPlan(checked, tuple(checker.notes))


class _Checker:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.notes: dict[Note, None] = {}

    def plan(self, plan: Plan) -> Plan:
        for output in plan.outputs:
            match output.value:
                case Entity():
                    graph.check_entity(output.value, self._catalog)
                case Running() | Change() | Moving() | Rank():
                    self._held(output.value.aggregate)
                case value:
                    self._held(value)
        for key in (*plan.group_by, *plan.per):
            self._held(key)
        for order in plan.order_by:
            self._order(order)
        fitted = replace(
            plan,
            outputs=tuple(self._output(output) for output in plan.outputs),
            order_by=tuple(replace(o, by=self._operand(o.by)) for o in plan.order_by),
            where=None if plan.where is None else self._predicate(plan.where, False),
            having=None if plan.having is None else self._predicate(plan.having, False),
        )
        # Literals that are equal in another form (3 and 3.0) must be told apart.
        return plan if repr(fitted) == repr(plan) else fitted

    def _output(self, output: Output) -> Output:
        match output.value:
            case Entity():
                return output
            case Running() | Change() | Moving() | Rank() as value:
                fitted = self._operand(value.aggregate)
                assert isinstance(fitted, Aggregate)
                return replace(output, value=replace(value, aggregate=fitted))
            case value:
                return replace(output, value=self._operand(value))

    def _operand(self, operand: Operand) -> Operand:
        """The operand with fitted literals in the tests of its aggregates."""
        match operand:
            case Aggregate(where=where) if where is not None:
                return replace(operand, where=self._predicate(where, False))
            case Arithmetic(left=left, right=right):
                return replace(operand, left=self._term(left), right=self._term(right))
            case _:
                return operand

    def _term(self, term: Term) -> Term:
        if isinstance(term, Plan):
            return self.plan(term)
        return self._operand(term) if isinstance(term, Operand) else term

    def _held(self, operand: Operand) -> Held:
        return held_by(operand, self._catalog, self._tell)

    def _tell(self, note: Note) -> None:
        self.notes.setdefault(note)

    def _order(self, order: Order) -> None:
        held = self._held(order.by)
        if isinstance(order.by, Field) and not order.descending:
            absence = self._absence(order.by)
            if absence:
                text = f"{held.name} is {absence}: those come first in this order."
                self._tell(Note(NoteKind.MISSING_VALUES, text))

    # -------------------------------------------------------------- predicates

    def _predicate(self, predicate: Predicate, negated: bool) -> Predicate:
        """The predicate with fitted literals; `negated`: inside an odd number of `Not`."""
        if isinstance(predicate, Compare | Between | In):
            left = self._operand(predicate.left)
            predicate = predicate if left is predicate.left else replace(predicate, left=left)
        match predicate:
            case And() | Or():
                return self._several(predicate, negated)
            case Not(item=item):
                fitted = self._predicate(item, not negated)
                return predicate if fitted is item else Not(fitted)
            case Related():
                return self._related(predicate)
            case Top():
                return self._top(predicate)
            case Compare(right=Plan() as inner):
                self._held(predicate.left)
                checked = self.plan(inner)
                return predicate if checked is inner else replace(predicate, right=checked)
            case In(values=Plan() as inner):
                self._held(predicate.left)
                checked = self.plan(inner)
                return predicate if checked is inner else replace(predicate, values=checked)
            case Compare(right=Field()):
                self._two_fields(predicate)
                return predicate
            case Compare():
                return self._compare(predicate, negated)
            case Between():
                return self._between(predicate, negated)
            case In():
                return self._in(predicate, negated)
            case IsNull() | Exists():
                self._presence(predicate)
                return predicate
            case Text():
                self._text(predicate, negated)
                return predicate
            case _:
                assert_never(predicate)

    def _several(self, predicate: And | Or, negated: bool) -> And | Or:
        items = tuple(self._predicate(item, negated) for item in predicate.items)
        same = all(one is other for one, other in zip(items, predicate.items, strict=True))
        return predicate if same else replace(predicate, items=items)

    def _related(self, related: Related) -> Related:
        graph.check_entity(related.entity, self._catalog)
        if related.where is None:
            return related
        where = self._predicate(related.where, False)
        return related if where is related.where else replace(related, where=where)

    def _top(self, top: Top) -> Top:
        graph.check_entity(top.entity, self._catalog)
        for order in top.order_by:
            self._order(order)
        if top.where is None:
            return top
        where = self._predicate(top.where, False)
        return top if where is top.where else replace(top, where=where)

    def _compare(self, compare: Compare, negated: bool) -> Compare:
        assert not isinstance(compare.right, Field | Plan)
        held = self._held(compare.left)
        ordered = compare.op in _ORDERED
        if ordered:
            _require_order(held)
        value = self._fitted(compare.right, compare.left, held, ordered)
        _require_comparable(value, compare.right, held)
        if compare.op is Comparator.EQ:
            self._tell_outside_span(compare.left, held, (value,))
        if negated != (compare.op is Comparator.NE):
            self._tell_absent(compare.left, held, f"as not {_meaning(compare, value)}")
        return compare if value is compare.right else replace(compare, right=value)

    def _between(self, between: Between, negated: bool) -> Between:
        held = self._held(between.left)
        _require_order(held)
        low = self._fitted(between.low, between.left, held, ordered=True)
        high = self._fitted(between.high, between.left, held, ordered=True)
        for value, asked in ((low, between.low), (high, between.high)):
            _require_comparable(value, asked, held)
        _require_range(low, high, between.half_open, held)
        if negated:
            self._tell_absent(between.left, held, "as not in the range")
        if low is between.low and high is between.high:
            return between
        return replace(between, low=low, high=high)

    def _in(self, test: In, negated: bool) -> In:
        assert not isinstance(test.values, Plan)
        held = self._held(test.left)
        values = tuple(self._fitted(v, test.left, held, ordered=False) for v in test.values)
        pairs = list(zip(values, test.values, strict=True))
        useless = [asked for value, asked in pairs if not _comparable(value, held)]
        if useless and len(useless) == len(pairs):
            _require_comparable(values[0], test.values[0], held)
        for asked in useless:
            text = f"{held.name} holds {held.in_words}: it is never {literal_in_words(asked)}."
            self._tell(Note(NoteKind.NEVER_MET, text))
        self._tell_outside_span(test.left, held, values)
        if negated != test.negated:
            self._tell_absent(test.left, held, "as none of these")
        same = all(value is asked for value, asked in pairs)
        return test if same else replace(test, values=values)

    def _two_fields(self, compare: Compare) -> None:
        assert isinstance(compare.right, Field)
        left, right = self._held(compare.left), self._held(compare.right)
        if compare.op in _ORDERED:
            _require_order(left)
            _require_order(right)
        if _both_known(left, right) and not _as_compared(left) & _as_compared(right):
            raise TypeMismatch(
                f"{left.name} holds {left.in_words} and {right.name} holds {right.in_words}: "
                "they cannot be compared with each other."
            )

    def _text(self, test: Text, negated: bool) -> None:
        held = self._held(test.left)
        if held.families and Family.TEXT not in held.families:
            hint = {
                Family.NUMBER: "Compare it as a number.",
                Family.DATE: "Compare it with dates, or test a part of it such as its year.",
            }
            advice = [hint[family] for family in sorted(held.families) if family in hint]
            raise TypeMismatch(
                f"{held.name} holds {held.in_words}, not text: it cannot be tested for "
                f"{literal_in_words(test.value)} inside. {' '.join(advice)}".rstrip()
            )
        if negated != test.negated:
            self._tell_absent(test.left, held, "as not matching")

    def _presence(self, test: IsNull | Exists) -> None:
        held = self._held(test.left)
        absence = self._absence(test.left)
        if isinstance(test, IsNull) and absence.missing and absence.null:
            text = f"{held.name} is {absence}: both count as having no value."
            self._tell(Note(NoteKind.MISSING_VALUES, text))
        elif isinstance(test, Exists) and absence.null:
            text = f"{held.name} is {absence}: null counts as being there."
            self._tell(Note(NoteKind.MISSING_VALUES, text))

    # ---------------------------------------------------------------- literals

    def _fitted(self, value: Scalar, left: Operand, held: Held, ordered: bool) -> Scalar:
        """The literal as the operand's values are: `value` itself where nothing changes."""
        fitted = self._fit(value, left, held, ordered)
        return value if type(fitted) is type(value) and fitted == value else fitted

    def _fit(self, value: Scalar, left: Operand, held: Held, ordered: bool) -> Scalar:
        match left:
            case PartOf(part=part):
                return literals.fit_part(value, part)
            case Aggregate(function=Function.MIN | Function.MAX, argument=PartOf(part=part)):
                return literals.fit_part(value, part)
            case Aggregate(function=Function.MIN | Function.MAX):
                return self._fit_field(value, held, as_number=True)
            case Aggregate() | Arithmetic():
                return literals.fit_number(value)
            case Field():
                return self._fit_field(value, held, as_number=ordered)
            case _:
                assert_never(left)

    def _fit_field(self, value: Scalar, held: Held, as_number: bool) -> Scalar:
        known = held.field
        if known is None or known.private:
            return literals.plain(value)
        if known.numeric_text and as_number:
            text = f"{held.name} keeps numbers as text: they are compared as numbers."
            self._tell(Note(NoteKind.NUMBERS_AS_TEXT, text))
            return literals.fit_number(value)
        return literals.fit(value, known)

    # ------------------------------------------------------------------- notes

    def _absence(self, field: Field) -> Absence:
        known: FieldSchema = graph.field_schema(field, self._catalog)
        return Absence(0, 0, "") if known.private else absence_of(field, self._catalog)

    def _tell_absent(self, operand: Operand, held: Held, counted: str) -> None:
        """A negative test lets documents through that have no value at all: say how many."""
        field = operand.field if isinstance(operand, PartOf) else operand
        if not isinstance(field, Field):
            return
        absence = self._absence(field)
        if absence:
            stored = (
                held.name if isinstance(operand, Field) else f"`{field.collection}.{field.path}`"
            )
            text = f"{stored} is {absence}: they count {counted}."
            self._tell(Note(NoteKind.MISSING_VALUES, text))

    def _tell_outside_span(self, operand: Operand, held: Held, values: Sequence[Scalar]) -> None:
        if not isinstance(operand, PartOf) or operand.part not in _SPANS:
            return
        low, high = _SPANS[operand.part]
        for value in values:
            if isinstance(value, int | float) and not low <= value <= high:
                text = f"{held.name} goes from {low} to {high}: it is never {value}."
                self._tell(Note(NoteKind.NEVER_MET, text))


def _require_order(held: Held) -> None:
    if held.families and held.families <= _WITHOUT_ORDER:
        raise TypeMismatch(
            f"{held.name} holds {held.in_words}, which are not more or less than anything: test "
            "whether it is a value or is not."
        )


def _comparable(value: Scalar, held: Held) -> bool:
    if held.numbers_as_text and families_of([literals.bson_type(value)]) == {Family.NUMBER}:
        return True
    return not held.families or bool(families_of([literals.bson_type(value)]) & held.families)


def _require_comparable(value: Scalar, asked: Scalar, held: Held) -> None:
    if not _comparable(value, held):
        raise TypeMismatch(
            f"{held.name} holds {held.in_words}: it cannot be compared with "
            f"{literal_in_words(asked)}, which is {_kind_of(value)}.{_example(held)}"
        )


def _kind_of(value: Scalar) -> str:
    return in_words(families_of([literals.bson_type(value)]))


def _example(held: Held) -> str:
    if held.families == {Family.DATE}:
        return " Write a date like 2025-03-09."
    if held.families == {Family.OBJECT_ID}:
        return " Write the 24 hexadecimal digits of an id."
    return ""


def _require_range(low: Scalar, high: Scalar, half_open: bool, held: Held) -> None:
    order = literals.order_of(low, high)
    if order is None:
        raise TypeMismatch(
            f"{held.name} cannot lie between {literal_in_words(low)} and "
            f"{literal_in_words(high)}: one is {_kind_of(low)}, the other {_kind_of(high)}."
        )
    if order > 0 or (order == 0 and half_open):
        raise PlanError(
            f"nothing lies from {literal_in_words(low)} to {literal_in_words(high)}: the lower "
            "bound comes first"
        )


def _both_known(left: Held, right: Held) -> bool:
    return bool(left.families) and bool(right.families)


def _as_compared(held: Held) -> Families:
    return held.families | {Family.NUMBER} if held.numbers_as_text else held.families


def _meaning(compare: Compare, value: Scalar) -> str:
    words = {
        Comparator.GT: "over ", Comparator.GTE: "at least ", Comparator.LT: "under ",
        Comparator.LTE: "at most ",
    }  # fmt: skip
    return f"{words.get(compare.op, '')}{literal_in_words(value)}"
