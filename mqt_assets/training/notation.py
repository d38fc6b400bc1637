"""Plans as short text, for questions written by hand (see `notation_writing` for the way back).

    plan  := [distinct] out, ... [where pred] [group key, ...] [having pred]
             [order operand [desc], ...] [skip n] [limit n [per key, ...]] [rows entity]
             [optional entity, ...]
    out   := entity | operand | running ( aggregate ) | change ( aggregate )
             | rank ( aggregate ) | moving ( aggregate , groups )
    operand := sums and products of terms
    term  := path | number | aggregate | part(path) | elapsed(path, path) | far(path, place)
             | (operand)
    aggregate := count|sum|avg|min|max ( [distinct] operand-or-entity [only pred] )
    elapsed := minutes|hours|days|weeks|years, from the first date to the second; one may be `now`
    far   := km|m, from a field that holds a point; place := path | latitude longitude | (plan)
    part  := year|quarter|month|day|weekday|hour|year_month|date|week
    pred  := pred or pred | pred and pred | not pred | (pred) | some entity [(pred)]
             | no entity [(pred)] | test
    test  := operand =|!=|>|>=|<|<= literal|path|(plan) | operand between low and high
             | operand [not] in (literal, ...) | operand [not] in (plan)
             | path is [not] null | path is [not] missing | path [not] contains|starts|ends "text"
             | path during|before|after|since|until "span" | path from "span" to "span"

A path starts with its collection: `orders.items.price`; which paths are entities the schema says.
Spans are dates as people write them ("March 2025", "last month"), read at a given moment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TypeVar

from mqt_serving.query.plan import (
    ELAPSED,
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
    Now,
    Operand,
    Operator,
    Or,
    Order,
    Output,
    PartOf,
    Plan,
    Point,
    Predicate,
    Rank,
    Related,
    Running,
    Scalar,
    Shown,
    Term,
    Text,
    TextMatch,
)
from mqt_serving.translator.dates import DateSpan, find_dates

_T = TypeVar("_T")
_TOKEN: Final = re.compile(
    r"""\s*(?: (?P<text>"(?:[^"\\]|\\.)*") | (?P<number>\d+(?:\.\d+)?)
    | (?P<word>[^\W\d][\w$]*(?:\.[\w$]+)*) | (?P<mark>!=|>=|<=|[=<>(),+\-*/]) )""",
    re.VERBOSE,
)
COMPARATORS: Final = {
    "=": Comparator.EQ, "!=": Comparator.NE, ">": Comparator.GT, ">=": Comparator.GTE,
    "<": Comparator.LT, "<=": Comparator.LTE,
}  # fmt: skip
_SUMS: Final = {"+": Operator.ADD, "-": Operator.SUBTRACT}
_PRODUCTS: Final = {"*": Operator.MULTIPLY, "/": Operator.DIVIDE}
_ELAPSED: Final = frozenset(ELAPSED)
LENGTHS: Final = {"km": Operator.KILOMETRES, "m": Operator.METRES}
_FUNCTIONS: Final = frozenset(Function)
_PARTS: Final = frozenset(DatePart)
_MATCHES: Final = frozenset({TextMatch.CONTAINS, TextMatch.STARTS, TextMatch.ENDS})
EDGES: Final = {
    "before": (Comparator.LT, "start"),
    "until": (Comparator.LT, "end"),
    "since": (Comparator.GTE, "start"),
    "after": (Comparator.GTE, "end"),
}


class NotationError(ValueError):
    """The text is no plan; the message says where and why."""


class PlanReader:
    """Reads plans over one schema.

    `is_entity` and `is_field` tell what a collection and a dotted path name; `now` is the moment
    that relative dates count from.
    """

    def __init__(
        self, is_entity: Callable[[Entity], bool], is_field: Callable[[Field], bool], now: datetime
    ) -> None:
        self._is_entity, self._is_field, self._now = is_entity, is_field, now
        self._tokens: list[str] = []
        self._at = 0

    def read(self, text: str) -> Plan:
        """Raises `NotationError`."""
        self._tokens, self._at = list(_tokens(text)), 0
        plan = self._plan()
        if self._at < len(self._tokens):
            raise NotationError(f"{self._peek()!r} was not expected in {text!r}")
        return plan

    # ---------------------------------------------------------------- tokens

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ""

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1] if self._at <= len(self._tokens) else ""

    def _accept(self, *words: str) -> bool:
        """Take these words if they come next."""
        if all(self._peek(i) == word for i, word in enumerate(words)):
            self._at += len(words)
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise NotationError(f"expected {word!r}, found {self._peek()!r}")

    def _list(self, one: Callable[[], _T]) -> tuple[_T, ...]:
        found = [one()]
        while self._accept(","):
            found.append(one())
        return tuple(found)

    # ------------------------------------------------------------------ plan

    def _plan(self) -> Plan:
        distinct = self._accept("distinct")
        outputs = tuple(map(Output, self._list(self._output)))
        where = self._predicate() if self._accept("where") else None
        keys = self._list(self._key) if self._accept("group") else ()
        having = self._predicate() if self._accept("having") else None
        order_by = self._list(self._order) if self._accept("order") else ()
        skip = self._number() if self._accept("skip") else None
        limit = self._number() if self._accept("limit") else None
        per = self._list(self._key) if self._accept("per") else ()
        return Plan(
            outputs=outputs,
            where=where,
            group_by=keys,
            having=having,
            order_by=order_by,
            skip=skip,
            limit=limit,
            distinct=distinct,
            rows=self._entity() if self._accept("rows") else None,
            optional=self._list(self._entity) if self._accept("optional") else (),
            per=per,
        )

    def _output(self) -> Shown:
        kinds: dict[str, type[Running | Change | Rank]] = {
            "running": Running, "change": Change, "rank": Rank,
        }  # fmt: skip
        for word in (*kinds, "moving"):
            if self._accept(word, "("):
                total, groups = self._operand(), ""
                if word == "moving":
                    self._expect(",")
                    groups = self._take()
                self._expect(")")
                if not isinstance(total, Aggregate):
                    raise NotationError(f"{word} is of an aggregate")
                if word != "moving":
                    return kinds[word](total)
                if not groups.isdigit():
                    raise NotationError(f"{groups!r} is no number of groups")
                return Moving(total, int(groups))
        if self._peek(1) in ("", ",", ")", "where", "group", "order", "limit", "skip", "rows"):
            entity = self._named(Entity, self._peek())
            if entity is not None and not self._is_field(Field(entity.collection, entity.path)):
                self._take()
                return entity
        return self._operand()

    def _key(self) -> Field | PartOf:
        operand = self._operand()
        if not isinstance(operand, Field | PartOf):
            raise NotationError("groups are by fields and parts of dates")
        return operand

    def _order(self) -> Order:
        operand = self._operand()
        return Order(operand, self._accept("desc"))

    def _number(self) -> int:
        text = self._take()
        if not text.isdigit():
            raise NotationError(f"expected a whole number, found {text!r}")
        return int(text)

    # -------------------------------------------------------------- operands

    def _operand(self) -> Operand:
        term = self._term(_SUMS, lambda: self._term(_PRODUCTS, self._factor))
        if isinstance(term, int | float):
            raise NotationError(f"the number {term} stands alone")
        assert not isinstance(term, str)
        return term  # type: ignore[return-value]

    def _term(self, operators: dict[str, Operator], part: Callable[[], Term]) -> Term:
        left = part()
        while self._peek() in operators:
            left = Arithmetic(operators[self._take()], left, part())
        return left

    def _factor(self) -> Term:
        word = self._peek()
        if self._accept("("):
            inner = self._term(_SUMS, lambda: self._term(_PRODUCTS, self._factor))
            self._expect(")")
            return inner
        if word[:1].isdigit():
            return _number_of(self._take())
        if self._peek(1) == "(" and word in _FUNCTIONS:
            self._at += 2
            return self._aggregate(Function(word))
        if self._peek(1) == "(" and word in _PARTS:
            self._at += 2
            field = self._field()
            self._expect(")")
            return PartOf(DatePart(word), field)
        if self._peek(1) == "(" and word in _ELAPSED:
            self._at += 2
            left = self._moment()
            self._expect(",")
            right = self._moment()
            self._expect(")")
            return Arithmetic(Operator(word), left, right)
        if self._peek(1) == "(" and word in LENGTHS:
            self._at += 2
            left = self._field()
            self._expect(",")
            place = self._place()
            self._expect(")")
            return Arithmetic(LENGTHS[word], left, place)
        return self._field()

    def _moment(self) -> Field | Now:
        return Now() if self._accept("now") else self._field()

    def _place(self) -> Field | Point | Plan:
        place = self._right()
        if isinstance(place, int | float) and not isinstance(place, bool):
            longitude = self._literal()
            if isinstance(longitude, int | float) and not isinstance(longitude, bool):
                return Point(float(longitude), float(place))
        elif isinstance(place, Field | Plan):
            return place
        raise NotationError("distances are to a point: latitude and longitude, a path or a plan")

    def _aggregate(self, function: Function) -> Aggregate:
        distinct = self._accept("distinct")
        argument: Operand | Entity | None = None
        if function is Function.COUNT and self._peek(1) in (")", "only"):
            argument = self._counted(distinct)
        if argument is None:
            argument = self._operand()
        where = self._predicate() if self._accept("only") else None
        self._expect(")")
        if isinstance(argument, Aggregate):
            raise NotationError("an aggregate of an aggregate")
        return Aggregate(function, argument, distinct, where)

    def _counted(self, distinct: bool) -> Entity | None:
        entity = self._named(Entity, self._peek())
        if entity is None or (distinct and self._is_field(Field(entity.collection, entity.path))):
            return None
        self._take()
        return entity

    def _named(self, kind: type[Entity], word: str) -> Entity | None:
        collection, _, path = word.partition(".")
        entity = kind(collection, path)
        return entity if self._is_entity(entity) else None

    def _entity(self) -> Entity:
        word = self._take()
        entity = self._named(Entity, word)
        if entity is None:
            raise NotationError(f"{word!r} is no collection or array")
        return entity

    def _field(self) -> Field:
        word = self._take()
        collection, _, path = word.partition(".")
        field = Field(collection, path)
        if not self._is_field(field):
            raise NotationError(f"{word!r} is no field")
        return field

    # ------------------------------------------------------------ predicates

    def _predicate(self) -> Predicate:
        items = [self._conjunction()]
        while self._accept("or"):
            items.append(self._conjunction())
        return items[0] if len(items) == 1 else Or(tuple(_flat(Or, items)))

    def _conjunction(self) -> Predicate:
        items = [self._single()]
        while self._accept("and"):
            items.append(self._single())
        return items[0] if len(items) == 1 else And(tuple(_flat(And, items)))

    def _single(self) -> Predicate:
        if self._accept("not"):
            return Not(self._single())
        if self._peek() in ("some", "no"):
            negated = self._take() == "no"
            entity, where = self._entity(), None
            if self._accept("("):
                where = self._predicate()
                self._expect(")")
            return Related(entity, where, negated)
        if self._peek() == "(":
            start = self._at
            try:
                self._take()
                inner = self._predicate()
                self._expect(")")
            except NotationError:
                self._at = start  # parentheses of a sum, then
            else:
                return inner
        return self._test()

    def _test(self) -> Predicate:
        left = self._operand()
        if self._peek() in COMPARATORS:
            return Compare(left, COMPARATORS[self._take()], self._right())
        if self._accept("between"):
            low = self._literal()
            self._expect("and")
            return Between(left, low, self._literal())
        if self._accept("not", "in"):
            return In(left, self._choices(), negated=True)
        if self._accept("in"):
            return In(left, self._choices())
        if self._accept("from"):
            low_span = self._span()
            self._expect("to")
            return Between(left, low_span.start, self._span().end, half_open=True)
        if self._accept("during"):
            span = self._span()
            return Between(left, span.start, span.end, half_open=True)
        if self._peek() in EDGES:
            comparator, edge = EDGES[self._take()]
            return Compare(left, comparator, getattr(self._span(), edge))
        if isinstance(left, Field):
            return self._field_test(left)
        raise NotationError(f"{self._peek()!r} is no test")

    def _field_test(self, left: Field) -> Predicate:
        if self._accept("is"):
            negated = self._accept("not")
            if self._accept("null"):
                return IsNull(left, negated)
            self._expect("missing")
            return Exists(left, not negated)
        negated = self._accept("not")
        word = self._take()
        if word not in _MATCHES:
            raise NotationError(f"{word!r} is no test")
        return Text(left, TextMatch(word), str(self._literal()), True, negated)

    def _right(self) -> Scalar | Field | Plan:
        if self._accept("("):
            plan = self._plan()
            self._expect(")")
            return plan
        word = self._peek()
        if _is_literal(word) or (word == "-" and self._peek(1)[:1].isdigit()):
            return self._literal()
        return self._field()

    def _choices(self) -> tuple[Scalar, ...] | Plan:
        self._expect("(")
        found: tuple[Scalar, ...] | Plan
        found = self._list(self._literal) if _is_literal(self._peek()) else self._plan()
        self._expect(")")
        return found

    def _literal(self) -> Scalar:
        word = self._take()
        if word == "-":
            return -_number_of(self._take())
        if not _is_literal(word):
            raise NotationError(f"expected a value, found {word!r}")
        if word in ("true", "false"):
            return word == "true"
        return str(json.loads(word)) if word[0] == '"' else _number_of(word)

    def _span(self) -> DateSpan:
        text = str(self._literal())
        spans = find_dates(text, self._now)
        if not spans:
            raise NotationError(f"{text!r} is no date that MQT reads")
        return spans[0]


def _tokens(text: str) -> Iterator[str]:
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotationError(f"cannot read {text[at:]!r}")
        yield match.group(0).strip()
        at = match.end()


def _is_literal(word: str) -> bool:
    return word[:1] == '"' or word[:1].isdigit() or word in ("true", "false")


def _number_of(word: str) -> int | float:
    return float(word) if "." in word else int(word)


def _flat(form: type[And] | type[Or], items: list[Predicate]) -> Iterator[Predicate]:
    for item in items:
        if isinstance(item, And | Or) and isinstance(item, form):
            yield from item.items
        else:
            yield item
