"""A plan in plain English, for people who decide whether it is what they asked.

`explain` says everything that the plan says, in the order in which a reader thinks: what is
looked at, what is shown, what is kept, which come first. Two different plans never read the
same. A field or kind of thing is introduced by its words with its exact name behind
(`total (`orders.total`)`) and then called by its words, unless two would sound alike.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from bson import Decimal128, ObjectId

from mqt_serving.errors import MqtError
from mqt_serving.query.graph import describe
from mqt_serving.query.lowering import has_row_aggregates, joins_of
from mqt_serving.query.plan import (
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
    Operand,
    Operator,
    Or,
    Order,
    Output,
    PartOf,
    Plan,
    Predicate,
    Related,
    Scalar,
    Term,
    Text,
    TextMatch,
    Top,
)
from mqt_serving.query.predicates import conjuncts
from mqt_serving.schema import BsonType, Catalog

_COMPARATORS = {
    Comparator.EQ: "is",
    Comparator.NE: "is not",
    Comparator.GT: "is over",
    Comparator.GTE: "is at least",
    Comparator.LT: "is under",
    Comparator.LTE: "is at most",
}
_DATE_COMPARATORS = _COMPARATORS | {
    Comparator.GT: "is after",
    Comparator.GTE: "is on or after",
    Comparator.LT: "is before",
    Comparator.LTE: "is on or before",
}
_FUNCTIONS = {
    Function.SUM: "the sum of",
    Function.AVG: "the average of",
    Function.MIN: "the lowest",
    Function.MAX: "the highest",
}
_OPERATORS = {
    Operator.ADD: "plus",
    Operator.SUBTRACT: "minus",
    Operator.MULTIPLY: "times",
    Operator.DIVIDE: "divided by",
}
_PARTS = {
    DatePart.YEAR_MONTH: "year and month",
    DatePart.DATE: "day (date)",
    DatePart.DAY: "day of the month",
    DatePart.WEEKDAY: "day of the week",
}
_MATCHES = {
    TextMatch.CONTAINS: ("contains", "does not contain"),
    TextMatch.STARTS: ("starts with", "does not start with"),
    TextMatch.ENDS: ("ends with", "does not end with"),
    TextMatch.REGEX: ("matches the pattern", "does not match the pattern"),
}
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def explain(plan: Plan, catalog: Catalog | None = None) -> str:
    """The plan as one English sentence; the catalog adds what its rows are."""
    return _Explanation(plan, catalog).sentence()


def humanise(name: str) -> str:
    """`placedAt`, `placed_at` and `PLACED-AT` as words: `placed at`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    words = re.sub(r"[\W_]+", " ", spaced).strip().lower()
    return words or name


class _Explanation:
    def __init__(self, plan: Plan, catalog: Catalog | None) -> None:
        self.plan = plan
        self.catalog = catalog
        self.rows = _rows_of(plan, catalog)
        things = {_exact(thing) for thing in _things(plan)}
        if self.rows is not None:
            things.add(_exact(self.rows))
        self._alike = Counter(_words(exact) for exact in things)
        self._introduced: set[str] = set()

    # ---------------------------------------------------------------- sentence

    def sentence(self) -> str:
        plan = self.plan
        parts = [self._head()]
        if plan.having is not None:
            parts.append(f"keep only those where {self._all(plan.having)}")
        cut = self._cut()
        if cut:
            parts.append(cut)
        text = "; ".join(parts)
        return f"{text[0].upper()}{text[1:]}."

    def _head(self) -> str:
        plan = self.plan
        if plan.group_by:
            keys = self._listed([_bare(self.operand(key)) for key in plan.group_by])
            return f"for each {keys}, {self._shown()}, over {self._subject()}"
        if has_row_aggregates(plan):
            subject = self._subject()
            return f"for each of {subject}, {self._shown()} belonging to it"
        first = plan.outputs[0]
        if len(plan.outputs) == 1 and first.alias is None and not plan.distinct:
            if isinstance(first.value, Entity) and first.value == self.rows:
                return f"show {self._subject()}, with all fields"
            if first.value == Aggregate(Function.COUNT, self.rows or Entity("")):
                return f"count {self._subject()}"
        if all(isinstance(output.value, Aggregate) for output in plan.outputs):
            return f"{self._shown()}, over {self._subject()}"
        return f"{self._shown()}, for {self._subject()}"

    def _shown(self) -> str:
        repeats = "without repeats, " if self.plan.distinct else ""
        outputs = self._listed([self._output(output) for output in self.plan.outputs])
        return f"{repeats}show {outputs}"

    def _output(self, output: Output) -> str:
        value = output.value
        if isinstance(value, Entity):
            text = f"all fields of the {self.thing(value)}"
        else:
            text = self.operand(value)
        return text if output.alias is None else f"{text} as `{output.alias}`"

    def _subject(self) -> str:
        rows = "rows" if self.rows is None else self.thing(self.rows)
        if self.plan.rows is not None:
            rows += f" (one row for each {self.thing(self.plan.rows)})"
        if self.plan.optional:
            lacking = self._listed([self.thing(entity) for entity in self.plan.optional])
            rows += f" (also rows without {lacking})"
        if self.plan.where is None:
            return f"all {rows}"
        return f"the {rows} where {self._all(self.plan.where)}"

    def _cut(self) -> str:
        plan = self.plan
        skipped = f", after skipping {plan.skip}" if plan.skip is not None else ""
        if plan.limit is not None:
            return f"take {self._first(plan.limit)}{skipped}"
        if plan.order_by:
            orders = [self._order(order) for order in plan.order_by]
            return f"sort by {', then '.join(orders)}{skipped}"
        return f"take the rest{skipped}" if skipped else ""

    def _first(self, limit: int) -> str:
        """`the 5 with the highest total` where that can be said, else `the first 5 by name`."""
        number = "one" if limit == 1 else str(limit)
        orders = self.plan.order_by
        if not orders:
            return f"the first {number}"
        extreme = self._extremes(orders[0].by)[orders[0].descending]
        if extreme.endswith(" to A") or extreme.endswith(" to Z"):
            return f"the first {number} by {', then '.join(self._order(o) for o in orders)}"
        text = f"the {number} with the {extreme} {_bare(self.operand(orders[0].by))}"
        ties = ", then ".join(self._order(order) for order in orders[1:])
        return f"{text}, among equals by {ties}" if ties else text

    def _order(self, order: Order) -> str:
        extreme = self._extremes(order.by)[order.descending]
        first = "" if " to " in extreme else " first"
        return f"{self.operand(order.by)} ({extreme}{first})"

    def _extremes(self, operand: Operand) -> tuple[str, str]:
        if isinstance(operand, Field) and self.catalog is not None:
            known = self.catalog.field(operand.collection, operand.path)
            if known is not None and known.main_type is BsonType.DATE:
                return "earliest", "latest"
            if known is not None and known.main_type is BsonType.STRING and not known.numeric_text:
                return "A to Z", "Z to A"
        return "lowest", "highest"

    # ---------------------------------------------------------------- operands

    def operand(self, operand: Operand) -> str:
        match operand:
            case Field():
                return f"the {self.thing(operand)}"
            case PartOf(part=part, field=field):
                return f"the {_PARTS.get(part, part.value)} of the {self.thing(field)}"
            case Arithmetic(operator=operator, left=left, right=right):
                return f"({self._term(left)} {_OPERATORS[operator]} {self._term(right)})"
            case Aggregate(where=None):
                return self._aggregate(operand)
            case Aggregate(where=where):
                assert where is not None
                return f"{self._aggregate(operand)} (of those where {self._all(where)})"

    def _term(self, term: Term) -> str:
        if isinstance(term, Field | PartOf | Arithmetic | Aggregate):
            return self.operand(term)
        return literal(term)

    def _subquery(self, plan: Plan) -> str:
        inner = _Explanation(plan, self.catalog).sentence().removesuffix(".")
        return f"({inner[0].lower()}{inner[1:]})"

    def _aggregate(self, aggregate: Aggregate) -> str:
        argument = aggregate.argument
        different = "different " if aggregate.distinct else ""
        if aggregate.function is Function.COUNT:
            if isinstance(argument, Entity):
                return f"the number of {different}{self.thing(argument)}"
            inner = _bare(self.operand(argument))
            return f"the number of {different}values of {inner}"
        if isinstance(argument, Entity):
            inner = f"rows of {self.thing(argument)}"
        else:
            inner = _bare(self.operand(argument))
        return f"{_FUNCTIONS[aggregate.function]} {different}{inner}"

    def thing(self, thing: Field | Entity) -> str:
        """The words of a field or entity; with its exact name when it comes up first."""
        exact = _exact(thing)
        words = _words(exact)
        if self._alike[words] > 1 or words == exact:
            return f"`{exact}`"
        if exact in self._introduced:
            return words
        self._introduced.add(exact)
        return f"{words} (`{exact}`)"

    # -------------------------------------------------------------- predicates

    def _all(self, predicate: Predicate) -> str:
        """A predicate where a whole clause stands: conjunctions need no brackets there."""
        return " and ".join(self._clause(item) for item in conjuncts(predicate))

    def _clause(self, predicate: Predicate) -> str:
        match predicate:
            case And(items=items):
                return f"({' and '.join(self._clause(item) for item in items)})"
            case Or(items=items):
                return f"({' or '.join(self._clause(item) for item in items)})"
            case Not(item=item):
                return f"it is not so that ({self._clause(item)})"
            case Related():
                return self._related(predicate)
            case Compare(left=left, op=op, right=right):
                return self._compare(left, op, right)
            case Between():
                return self._between(predicate)
            case In(left=left, values=Plan() as plan, negated=negated):
                verb = "is none of" if negated else "is one of"
                return f"{self.operand(left)} {verb} what this gives: {self._subquery(plan)}"
            case Top():
                return self._top(predicate)
            case In(left=left, values=values, negated=negated):
                assert not isinstance(values, Plan)
                verb = "is none of" if negated else "is one of"
                listed = ", ".join(self._literal(value, left) for value in values)
                return f"{self.operand(left)} {verb} [{listed}]"
            case IsNull(left=left, negated=negated):
                verb = "has a value" if negated else "is null or missing"
                return f"{self.operand(left)} {verb}"
            case Exists(left=left, negated=negated):
                verb = "does not exist" if negated else "exists"
                return f"{self.operand(left)} {verb}"
            case Text(left=left, match=match, value=value, negated=negated):
                verb = _MATCHES[match][negated]
                exactly = "" if predicate.ignore_case else " in exactly this spelling"
                return f"{self.operand(left)} {verb} {_quoted(value)}{exactly}"

    def _related(self, related: Related) -> str:
        quantity = "no row" if related.negated else "at least one row"
        text = f"there is {quantity} of {self.thing(related.entity)}"
        if related.where is None:
            return text
        return f"{text} such that ({self._all(related.where)})"

    def _top(self, top: Top) -> str:
        orders = [self._order(order) for order in top.order_by]
        text = f"it is one of the first {top.limit} {self.thing(top.entity)}"
        if top.where is not None:
            text += f" (of those where {self._all(top.where)})"
        if orders:
            text += f" by {', then '.join(orders)}"
        return text if top.skip is None else f"{text}, after skipping {top.skip}"

    def _compare(self, left: Operand, op: Comparator, right: Scalar | Field | Plan) -> str:
        if isinstance(right, Plan):
            verb = _COMPARATORS[op]
            return f"{self.operand(left)} {verb} what this gives: {self._subquery(right)}"
        if isinstance(right, Field):
            return f"{self.operand(left)} {_COMPARATORS[op]} the {self.thing(right)}"
        words = _DATE_COMPARATORS if isinstance(right, datetime) else _COMPARATORS
        return f"{self.operand(left)} {words[op]} {self._literal(right, left)}"

    def _between(self, between: Between) -> str:
        left = self.operand(between.left)
        if between.half_open:
            period = _period(between.low, between.high)
            if period is not None:
                return f"{left} is {period}"
        low, high = (
            self._literal(between.low, between.left),
            self._literal(between.high, between.left),
        )
        if between.half_open:
            return f"{left} is from {low} up to, not including, {high}"
        return f"{left} is between {low} and {high}"

    def _literal(self, value: Scalar, left: Operand) -> str:
        text = literal(value)
        if isinstance(left, PartOf) and type(value) is int:
            if left.part is DatePart.MONTH and 1 <= value <= 12:
                return f"{text} ({_MONTHS[value - 1]})"
            if left.part is DatePart.WEEKDAY and 1 <= value <= 7:
                return f"{text} ({_WEEKDAYS[value - 1]})"
        return text

    @staticmethod
    def _listed(items: Sequence[str]) -> str:
        return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _bare(phrase: str) -> str:
    """The phrase without its article."""
    return phrase.removeprefix("the ")


def literal(value: Scalar) -> str:
    """A literal as people read it; text in quotes, dates without an idle time of day."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case datetime():
            return _date(value)
        case ObjectId():
            return f"id {value}"
        case Decimal128():
            return str(value)
        case _:
            return repr(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _date(moment: datetime) -> str:
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    at_midnight = moment.time().replace(tzinfo=None) == datetime.min.time()
    day = f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    if at_midnight:
        return day
    return f"{day} {moment.replace(tzinfo=None).time().isoformat()}"


def _period(low: Scalar, high: Scalar) -> str | None:
    """`in March 2025`, `in 2025` or `on 9 March 2025` where the range is just that."""
    if not (isinstance(low, datetime) and isinstance(high, datetime)):
        return None
    start, end = _day_of(low), _day_of(high)
    if start is None or end is None:
        return None
    if end - start == timedelta(days=1):
        return f"on {_date(start)}"
    if start.day != 1 or end.day != 1:
        return None
    months = (end.year - start.year) * 12 + end.month - start.month
    if months == 1:
        return f"in {_MONTHS[start.month - 1]} {start.year}"
    return f"in {start.year}" if months == 12 and start.month == 1 else None


def _day_of(moment: datetime) -> datetime | None:
    moment = (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None)
    return moment if moment.time() == datetime.min.time() else None


def _exact(thing: Field | Entity) -> str:
    if isinstance(thing, Entity):
        return describe(thing)
    return f"{thing.collection}.{thing.path}"


def _words(exact: str) -> str:
    return humanise(exact.rpartition(".")[2])


def _rows_of(plan: Plan, catalog: Catalog | None) -> Entity | None:
    if catalog is None:
        return None
    try:
        return joins_of(plan, catalog).anchor
    except MqtError:
        return None  # still worth reading, if only to see why it cannot be lowered


def _things(plan: Plan) -> Iterable[Field | Entity]:
    """Every field and entity that the plan names."""
    values: list[Operand | Entity] = [output.value for output in plan.outputs]
    values += [*plan.group_by, *(order.by for order in plan.order_by)]
    for value in values:
        yield from _things_in(value)
    if plan.rows is not None:
        yield plan.rows
    yield from plan.optional
    for predicate in (plan.where, plan.having):
        if predicate is not None:
            yield from _things_of(predicate)


def _things_in(value: Operand | Entity) -> Iterable[Field | Entity]:
    match value:
        case Field() | Entity():
            yield value
        case PartOf(field=field):
            yield field
        case Arithmetic(left=left, right=right):
            for side in (left, right):
                if isinstance(side, Field | PartOf | Arithmetic | Aggregate):
                    yield from _things_in(side)
        case Aggregate(argument=argument, where=where):
            yield from _things_in(argument)
            if where is not None:
                yield from _things_of(where)


def _things_of(predicate: Predicate) -> Iterable[Field | Entity]:
    match predicate:
        case And(items=items) | Or(items=items):
            for item in items:
                yield from _things_of(item)
        case Not(item=item):
            yield from _things_of(item)
        case Related(entity=entity, where=where):
            yield entity
            if where is not None:
                yield from _things_of(where)
        case Compare(left=left, right=right):
            yield from _things_in(left)
            if isinstance(right, Field):
                yield right
        case Top(entity=entity, order_by=order_by, where=where):
            yield entity
            for order in order_by:
                yield from _things_in(order.by)
            if where is not None:
                yield from _things_of(where)
        case _:
            yield from _things_in(predicate.left)
