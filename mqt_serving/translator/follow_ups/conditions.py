"""Conditions from the words of a follow-up: "from Berlin", "over 100", "in March", "without email".

Reads the marks of a phrase (see `marks`) as tests of rows, and of groups where a plan has them.
Whatever cannot be read to its end, or may mean two things, raises `Unreadable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mqt_serving.query import graph
from mqt_serving.query.literals import fit
from mqt_serving.query.lowering.predicates import conjuncts
from mqt_serving.query.plan import (
    Aggregate,
    Between,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Field,
    Function,
    IsNull,
    PartOf,
    Predicate,
    Related,
    Scalar,
)
from mqt_serving.schema import BsonType
from mqt_serving.translator.follow_ups.ground import Ground
from mqt_serving.translator.follow_ups.marks import Kind, Mark, Span, Unreadable, read_marks
from mqt_serving.translator.follow_ups.merging import Mode, one_of, place_of
from mqt_serving.translator.items import is_numeric

_NEGATED = {
    Comparator.GT: Comparator.LTE, Comparator.GTE: Comparator.LT, Comparator.LT: Comparator.GTE,
    Comparator.LTE: Comparator.GT, Comparator.EQ: Comparator.NE, Comparator.NE: Comparator.EQ,
}  # fmt: skip
_UNITS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(slots=True)
class Conditions:
    """What rows must meet, what groups (or what belongs to a row, summed) must meet."""

    rows: list[Predicate] = field(default_factory=list)
    summed: list[Predicate] = field(default_factory=list)  # rows that aggregates are over
    groups: list[Predicate] = field(default_factory=list)
    names_entity: bool = False  # the "orders" of "only orders from Berlin"

    def __bool__(self) -> bool:
        return bool(self.rows or self.summed or self.groups)


def read_conditions(
    phrase: str, ground: Ground, now: datetime, mode: Mode, negated: bool = False
) -> Conditions:
    """Raises `Unreadable`."""
    return _Parser(read_marks(phrase, ground, now), ground, mode, negated).conditions()


class _Parser:
    def __init__(self, marks: Sequence[Mark], ground: Ground, mode: Mode, negated: bool) -> None:
        self.marks = marks
        self.at = 0
        self.ground = ground
        self.mode = mode
        self.negated = negated
        self.having = False
        self.found = Conditions()
        self.values: dict[tuple[Field, bool], list[Scalar]] = {}

    # --------------------------------------------------------------- reading

    def conditions(self) -> Conditions:
        while self.at < len(self.marks):
            self.condition()
        return self.found

    def peek(self, ahead: int = 0) -> Kind | None:
        at = self.at + ahead
        return self.marks[at].kind if at < len(self.marks) else None

    def take(self) -> Mark:
        self.at += 1
        return self.marks[self.at - 1]

    def condition(self) -> None:
        match self.peek():
            case Kind.AND:
                self.take()
                if self.negated and self.peek() not in (None, Kind.AND, Kind.NOT):
                    raise Unreadable("whether what follows is left out too is not said")
            case Kind.NOT:
                self.take()
                self.negated = not self.negated if self.having else True
            case Kind.HAVING:
                self.take()
                self.having = True
            case Kind.NAME:
                self.named(self.take())
            case Kind.ENTITY:
                self.entity(self.take())
            case Kind.VALUE:
                self.value(self.take(), None)
            case Kind.COMPARATOR | Kind.BETWEEN:
                self.compared(None)
            case Kind.DATE | Kind.MONTH | Kind.QUARTER:
                self.dated(None)
            case Kind.TEXT:
                self.text(self.take(), None)
            case _:
                raise Unreadable("no condition begins so")

    def named(self, mark: Mark) -> None:
        """A field, and what is said of it."""
        place = mark.field
        assert place is not None
        schema = self.ground.schema(place)
        self.found.names_entity |= mark.entity is not None
        match self.peek():
            case Kind.COMPARATOR | Kind.BETWEEN:
                self.compared(place)
            case Kind.NUMBER if is_numeric(schema):
                self.add(place, Comparator.EQ, self.take().number)
            case Kind.VALUE:
                self.value(self.take(), place)
            case Kind.TEXT:
                self.text(self.take(), place)
            case Kind.DATE | Kind.MONTH | Kind.QUARTER if schema.main_type == BsonType.DATE:
                self.dated(place)
            case _ if schema.main_type == BsonType.BOOL:
                self.row(Compare(place, Comparator.EQ, not self.negated))
            case None | Kind.AND if self.having or self.negated:
                self.row(IsNull(place, negated=not self.negated))
            case _:
                raise Unreadable(f"nothing is said of {mark.text!r}")

    def entity(self, mark: Mark) -> None:
        entity = mark.entity
        assert entity is not None
        if self.having or self.negated:
            if entity == self.ground.subject:
                self.found.names_entity = True  # "without the cancelled orders"
                return
            if not self.is_beside(entity) or self.ground.is_grouped:
                raise Unreadable(f"{mark.text!r} is not something that rows have")
            self.found.rows.append(Related(entity, negated=self.negated))
            return
        if entity != self.ground.subject:
            raise Unreadable(f"{mark.text!r} is about something else")
        self.found.names_entity = True

    def is_beside(self, entity: Entity) -> bool:
        """Whether rows may have several of the entity."""
        subject, catalog = self.ground.subject, self.ground.catalog
        way = graph.path([subject], entity, catalog)
        return way is not None and len(way) == 1 and not way[0].is_upward

    # ---------------------------------------------------------------- values

    def value(self, mark: Mark, place: Field | None) -> None:
        held = {ref for _, ref in mark.stored}
        if place is None and self.peek() == Kind.NAME and self.marks[self.at].field in held:
            place = self.take().field  # "high priority"
        values = [self.chosen(mark, place)]
        chosen = values[0][0]
        while self.peek() in (Kind.OR, Kind.AND) and self.peek(1) == Kind.VALUE:
            following = self.marks[self.at + 1]
            try:
                other = self.chosen(following, place or chosen)
            except Unreadable:
                if self.peek() == Kind.OR:
                    raise
                break
            self.at += 2
            values.append(other)
        self.known_values(chosen, [text for _, text in values])

    def chosen(self, mark: Mark, place: Field | None) -> tuple[Field, str]:
        stored = dict((ref, text) for text, ref in reversed(mark.stored))
        if place is not None:
            if place not in stored:
                raise Unreadable(f"{mark.text!r} is no value of {place.path}")
            return place, stored[place]
        near = self.ground.nearest(stored)
        if near is None:
            raise Unreadable(f"{mark.text!r} may be a value of several fields")
        return near, stored[near]

    def text(self, mark: Mark, place: Field | None) -> None:
        """A value that no sample holds: only where it is plain which field is meant."""
        if place is None and self.mode is Mode.REPLACE:
            tested = [
                found
                for item in conjuncts(self.ground.plan.where)
                if isinstance(item, Compare)
                and item.op is Comparator.EQ
                and isinstance(item.right, str)
                and (found := place_of(item)) is not None
            ]
            place = tested[0] if len(tested) == 1 else None
        if place is None:
            raise Unreadable(f"no field is known to hold {mark.text!r}")
        schema = self.ground.schema(place)
        if schema.main_type != BsonType.STRING or 0 < schema.distinct <= len(schema.samples):
            raise Unreadable(f"{place.path} does not hold {mark.text!r}")
        self.known_values(place, [str(fit(mark.text, schema))])

    def known_values(self, place: Field, texts: Sequence[str]) -> None:
        """Values of one field that are said apart ("Berlin, Hamburg") are one test."""
        schema = self.ground.schema(place)
        values = self.values.setdefault((place, self.negated), [])
        before = one_of(place, values, self.negated) if values else None
        values.extend(fit(text, schema) for text in texts)
        test = one_of(place, values, self.negated)
        for tests in (self.found.rows, self.found.summed):
            if before in tests:
                tests[tests.index(before)] = test
                return
        self.row(test)

    # --------------------------------------------------------------- numbers

    def compared(self, place: Field | None) -> None:
        mark = self.take()
        if mark.kind is Kind.BETWEEN:
            self.between(place)
            return
        op = mark.comparator
        assert op is not None
        if self.peek() == Kind.DATE:
            self.edge(op, place, self.span())
            return
        if self.peek() != Kind.NUMBER:
            raise Unreadable(f"no number after {mark.text!r}")
        number = self.take().number
        if place is None and self.peek() == Kind.ENTITY:
            self.counted(op, number, self.take())
            return
        if place is None and self.peek() == Kind.NAME and self.peek(1) in (None, Kind.AND):
            place = self.take().field
        self.add(place, op, number)

    def add(self, place: Field | None, op: Comparator, number: int | float) -> None:
        op = _NEGATED[op] if self.negated else op
        aggregate = self.judged(place)
        if aggregate is not None:
            self.found.groups.append(Compare(aggregate, op, number))
            return
        place = place or self.ground.number_field()
        if place is None or not is_numeric(self.ground.schema(place)):
            raise Unreadable("which number is compared is not said")
        self.row(Compare(place, op, fit(number, self.ground.schema(place))))

    def judged(self, place: Field | None) -> Aggregate | None:
        """The figure of each group (or row) that a number is held against."""
        ground = self.ground
        if not (ground.is_grouped or ground.per_row):
            return None
        fitting = [a for a in ground.aggregates if place is None or a.argument == place]
        if place is None and len(fitting) != 1:
            raise Unreadable("which figure is compared is not said")
        return fitting[0] if len(fitting) == 1 else None

    def counted(self, op: Comparator, number: int | float, mark: Mark) -> None:
        """`more than 5 orders`."""
        entity = mark.entity
        assert entity is not None
        ground = self.ground
        op = _NEGATED[op] if self.negated else op
        count = Aggregate(Function.COUNT, entity)
        if ground.is_grouped or ground.per_row:
            if count not in ground.aggregates:
                raise Unreadable(f"{mark.text!r} are not counted here")
            self.found.groups.append(Compare(count, op, number))
        elif self.is_beside(entity):
            self.found.rows.append(Compare(count, op, number))
        else:
            raise Unreadable(f"{mark.text!r} are not several here")

    def between(self, place: Field | None) -> None:
        kinds = [self.peek(n) for n in range(3)]
        if kinds == [Kind.NUMBER, Kind.AND, Kind.NUMBER] and not self.negated:
            low, _, high = self.take().number, self.take(), self.take().number
            if self.peek() == Kind.NAME and place is None:
                place = self.take().field
            place = place or self.ground.number_field()
            if place is None or self.judged(place) is not None:
                raise Unreadable("which number is compared is not said")
            schema = self.ground.schema(place)
            self.row(Between(place, fit(low, schema), fit(high, schema)))
        elif kinds == [Kind.DATE, Kind.AND, Kind.DATE] and not self.negated:
            first, _, last = self.span(), self.take(), self.span()
            self.row(Between(self.date(place), first.start, last.end, half_open=True))
        elif kinds[:1] == [Kind.DATE]:
            self.dated(place)
        else:
            raise Unreadable("no range after 'between'")

    # ----------------------------------------------------------------- dates

    def span(self) -> Span:
        span = self.take().span
        assert span is not None
        return span

    def date(self, place: Field | None) -> Field:
        place = place or self.ground.date_field()
        if place is None:
            raise Unreadable("which date is meant is not said")
        return place

    def dated(self, place: Field | None) -> None:
        place = self.date(place)
        if self.ground.schema(place).main_type != BsonType.DATE:
            raise Unreadable(f"{place.path} is no date")
        if self.negated:
            raise Unreadable("all but a span of time")
        mark = self.take()
        if mark.span is not None:
            self.row(Between(place, mark.span.start, mark.span.end, half_open=True))
            return
        months = 1 if mark.kind is Kind.MONTH else 3
        number = int(mark.number)
        year = self.year_before(place)
        if year is not None:
            start = _months_on(datetime(year, 1, 1, tzinfo=UTC), (number - 1) * months)
            self.row(Between(place, start, _months_on(start, months), half_open=True))
            return
        part = DatePart.MONTH if months == 1 else DatePart.QUARTER
        self.row(Compare(PartOf(part, place), Comparator.EQ, number))

    def year_before(self, place: Field) -> int | None:
        """The one year in which the dates of the plan lie."""
        for item in conjuncts(self.ground.plan.where):
            if not isinstance(item, Between) or item.left != place:
                continue
            if isinstance(item.low, datetime) and isinstance(item.high, datetime):
                within = _utc(item.high) <= datetime(item.low.year + 1, 1, 1, tzinfo=UTC)
                return item.low.year if within else None
        return None

    def edge(self, op: Comparator, place: Field | None, span: Span) -> None:
        """After March starts in April; until March ends with it."""
        if self.negated:
            raise Unreadable("not after")
        place = self.date(place)
        match op:
            case Comparator.GT:
                self.row(Compare(place, Comparator.GTE, span.end))
            case Comparator.GTE:
                self.row(Compare(place, Comparator.GTE, span.start))
            case Comparator.LT:
                self.row(Compare(place, Comparator.LT, span.start))
            case Comparator.LTE:
                self.row(Compare(place, Comparator.LT, span.end))
            case _:
                raise Unreadable("a date is compared with what is no date")

    # --------------------------------------------------------------- keeping

    def row(self, predicate: Predicate) -> None:
        """A test of rows, or of what is summed up for each."""
        place = place_of(predicate)
        assert place is not None
        if _is_fixed(predicate) and any(
            _is_fixed(other) and place_of(other) == place and other != predicate
            for other in (*self.found.rows, *self.found.summed)
        ):
            raise Unreadable(f"two things are said of {place.path}")
        summed = self.ground.is_summed(place)
        (self.found.summed if summed else self.found.rows).append(predicate)
        self.having = False


def _is_fixed(predicate: Predicate) -> bool:
    """Whether a test lets through one value or one span."""
    return isinstance(predicate, Between) or (
        isinstance(predicate, Compare) and predicate.op is Comparator.EQ
    )


def moved_span(ground: Ground, unit: str, steps: int) -> Predicate:
    """The span of time of the plan, moved: "and the year before?". Raises `Unreadable`."""
    spans = [
        item
        for item in conjuncts(ground.plan.where)
        if isinstance(item, Between) and isinstance(item.low, datetime) and item.half_open
    ]
    if len(spans) != 1 or not isinstance(spans[0].high, datetime):
        raise Unreadable("there is no span of time to move")
    months = _UNITS[unit] * steps
    low, high = spans[0].low, spans[0].high
    assert isinstance(low, datetime)
    if low.day != 1 or high.day != 1:
        raise Unreadable("the span is not one of months")
    return Between(spans[0].left, _months_on(low, months), _months_on(high, months), True)


def _months_on(moment: datetime, count: int) -> datetime:
    at = moment.year * 12 + moment.month - 1 + count
    return moment.replace(year=at // 12, month=at % 12 + 1)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
