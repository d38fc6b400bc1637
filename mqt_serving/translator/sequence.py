"""Plans to steps and back: the bridge between trees and what the decoder predicts.

`to_steps` writes a gold plan with pointers to the linked items and values (training);
`to_plan` reads predicted steps into a plan, literals fitted to the stored types (inference).
`to_plan(to_steps(plan)) == plan` but for literals that are equal in another form (3 and 3.0).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bson import Decimal128

from mqt_serving.query.literals import fit, is_flag, plain
from mqt_serving.query.plan import (
    DISTANCES,
    TEXT_PARTS,
    AcrossGroups,
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
    Top,
    walk,
)
from mqt_serving.schema import BsonType
from mqt_serving.translator.grammar import (
    ARITHMETIC,
    COMPARISONS,
    OUTPUT_STARTS,
    PARTS,
    Step,
    Token,
)
from mqt_serving.translator.items import SchemaItems
from mqt_serving.translator.linking import Linked
from mqt_serving.translator.values import Value, ValueKind

CANNOT = Step(0, int(Token.CANNOT))
"""The whole of a sequence that says that the data does not hold what is asked for."""


class NotExpressible(Exception):
    """The plan cannot be written with the linked items and values; the message says why."""


_FUNCTIONS = {
    Token.COUNT: (Function.COUNT, False),
    Token.COUNT_DISTINCT: (Function.COUNT, True),
    Token.SUM: (Function.SUM, False),
    Token.AVG: (Function.AVG, False),
    Token.MIN: (Function.MIN, False),
    Token.MAX: (Function.MAX, False),
}
_FUNCTION_TOKENS = {value: token for token, value in _FUNCTIONS.items()}
_TEXT_TOKENS = {
    Token.CONTAINS: (TextMatch.CONTAINS, False),
    Token.NOT_CONTAINS: (TextMatch.CONTAINS, True),
    Token.STARTS: (TextMatch.STARTS, False),
    Token.ENDS: (TextMatch.ENDS, False),
}
_NULL_TOKENS: dict[Token, tuple[type[IsNull] | type[Exists], bool]] = {
    Token.IS_NULL: (IsNull, False),
    Token.NOT_NULL: (IsNull, True),
    Token.EXISTS: (Exists, False),
    Token.MISSING: (Exists, True),
}
# A calendar span under a comparison means its near or far edge: "after March" starts in April.
_DATE_EDGE: dict[Comparator, tuple[Comparator, str]] = {
    Comparator.GT: (Comparator.GTE, "end"),
    Comparator.GTE: (Comparator.GTE, "start"),
    Comparator.LT: (Comparator.LT, "start"),
    Comparator.LTE: (Comparator.LT, "end"),
}


def fields_of(plan: Plan) -> set[Field | Entity]:
    """Every field and entity that the plan names."""
    return {node for node in walk(plan) if isinstance(node, Field | Entity)}


def texts_of(plan: Plan) -> set[tuple[Field, str]]:
    """Every text that the plan compares a field with, each with its field."""
    found: set[tuple[Field, str]] = set()
    for node in walk(plan):
        if isinstance(node, Compare | In) and isinstance(node.left, Field):
            literals = node.values if isinstance(node, In) else (node.right,)
            if isinstance(literals, Plan):
                continue
            found.update((node.left, text) for text in literals if isinstance(text, str))
    return found


# ------------------------------------------------------------------ plan -> steps


def to_steps(plan: Plan, linked: Linked, schema: SchemaItems) -> list[Step]:
    return list(_Writer(linked, schema).plan(plan))


@dataclass(frozen=True)
class _Writer:
    linked: Linked
    schema: SchemaItems

    def plan(self, plan: Plan) -> Iterator[Step]:
        if plan.distinct:
            yield _token(Token.DISTINCT)
        for output in plan.outputs:
            yield from self.operand(output.value)
        if plan.where is not None:
            yield _token(Token.WHERE)
            yield from self.predicate(plan.where)
        if plan.group_by:
            yield _token(Token.GROUP)
            for key in plan.group_by:
                yield from self.operand(key)
        if plan.having is not None:
            yield _token(Token.HAVING)
            yield from self.predicate(plan.having)
        if plan.order_by:
            yield _token(Token.ORDER)
            for order in plan.order_by:
                yield _token(Token.DESC if order.descending else Token.ASC)
                yield from self.operand(order.by)
        if plan.skip is not None:
            yield _token(Token.SKIP)
            yield self.value(plan.skip, None)
        if plan.limit is not None:
            yield _token(Token.LIMIT)
            yield _token(Token.LIMIT_ONE) if plan.limit == 1 else self.value(plan.limit, None)
        if plan.per:
            yield _token(Token.PER)
            for key in plan.per:
                yield from self.operand(key)
        if plan.rows is not None:
            yield _token(Token.ROWS)
            yield self.item(plan.rows)
        for entity in plan.optional:
            yield _token(Token.OPTIONAL)
            yield self.item(entity)
        yield _token(Token.END)

    def operand(self, operand: Shown) -> Iterator[Step]:
        if isinstance(operand, AcrossGroups):
            yield _token(Token[type(operand).__name__.upper()])
            if isinstance(operand, Moving):
                yield self.value(operand.groups, None)
            yield from self.operand(operand.aggregate)
        elif isinstance(operand, Arithmetic):
            yield _token(Token[operand.operator.name])
            for term in (operand.left, operand.right):
                if isinstance(term, Now):
                    yield _token(Token.NOW)
                elif isinstance(term, int | float | Decimal128):
                    yield self.value(term, None)
                elif isinstance(term, Point):
                    yield self.point(term)
                elif isinstance(term, Plan):
                    yield _token(Token.SUB)
                    yield from self.plan(term)
                else:
                    yield from self.operand(term)
        elif isinstance(operand, Aggregate):
            if operand.where is not None:
                yield _token(Token.ONLY)
            yield _token(_FUNCTION_TOKENS[(operand.function, operand.distinct)])
            yield from self.operand(operand.argument)
            if operand.where is not None:
                yield from self.predicate(operand.where)
        elif isinstance(operand, PartOf):
            yield _token(Token[operand.part.name])
            yield self.item(operand.field)
        else:
            yield self.item(operand)

    def item(self, ref: Field | Entity) -> Step:
        at = self.schema.index.get(ref)
        if at is not None:
            found = (self.linked.chosen == at).nonzero()[0]
            if len(found):
                return Step(1, int(found[0]))
        raise NotExpressible(f"no schema item for {ref}")

    def predicate(self, predicate: Predicate) -> Iterator[Step]:
        match predicate:
            case And(items) | Or(items):
                token = Token.AND if isinstance(predicate, And) else Token.OR
                for item in items[:-1]:
                    yield _token(token)
                    yield from self.predicate(item)
                yield from self.predicate(items[-1])
            case Not(item):
                yield _token(Token.NOT)
                yield from self.predicate(item)
            case Top():
                raise NotExpressible("no step for the first of several")
            case Compare(left, op, right):
                yield from self.compare(left, op, right)
            case Between(left, low, high, half_open):
                yield from self.between(left, low, high, half_open)
            case In(left, values, negated):
                yield _token(Token.NOT_IN if negated else Token.IN)
                yield from self.operand(left)
                if isinstance(values, Plan):
                    yield _token(Token.SUB)
                    yield from self.plan(values)
                else:
                    for value in values:
                        yield self.value(value, left)
                    yield _token(Token.END_IN)
            case IsNull(left, negated):
                yield _token(Token.NOT_NULL if negated else Token.IS_NULL)
                yield self.item(left)
            case Exists(left, negated):
                yield _token(Token.MISSING if negated else Token.EXISTS)
                yield self.item(left)
            case Text(left, mode, text, _, negated):
                for token, form in _TEXT_TOKENS.items():
                    if form == (mode, negated):
                        yield _token(token)
                        yield self.item(left)
                        yield self.text(text)
                        return
                raise NotExpressible(f"no step for {mode} negated={negated}")
            case Related(entity, where, negated):
                yield _token(Token.NO if negated else Token.SOME)
                yield self.item(entity)
                if where is None:
                    yield _token(Token.ALONE)
                else:
                    yield from self.predicate(where)

    def compare(
        self, left: Operand, op: Comparator, right: Scalar | Field | Plan
    ) -> Iterator[Step]:
        if isinstance(right, Plan):
            yield _token(Token[op.name])
            yield from self.operand(left)
            yield _token(Token.SUB)
            yield from self.plan(right)
            return
        if isinstance(right, datetime):
            written, step = self.date_edge(op, right)
        elif isinstance(right, Field):
            written, step = op, self.item(right)
        else:
            written, step = op, self.value(right, left)
        yield _token(Token[written.name])
        yield from self.operand(left)
        yield step

    def date_edge(self, op: Comparator, moment: datetime) -> tuple[Comparator, Step]:
        for index, start, end in self.dates():
            for asked, (meant, edge) in _DATE_EDGE.items():
                if meant == op and (start if edge == "start" else end) == plain(moment):
                    return asked, Step(2, index)
        raise NotExpressible(f"no date {moment} for {op} among the candidates")

    def between(self, left: Operand, low: Scalar, high: Scalar, half_open: bool) -> Iterator[Step]:
        if not isinstance(low, datetime):
            yield _token(Token.BETWEEN)
            yield from self.operand(left)
            yield self.value(low, left)
            yield self.value(high, left)
            return
        first, last = plain(low), plain(high)
        for index, start, end in self.dates():
            if isinstance(left, Field) and half_open and (start, end) == (first, last):
                yield from (_token(Token.RANGE), self.item(left), Step(2, index))
                return
        starts = [index for index, start, _ in self.dates() if start == first]
        ends = [i for i, start, end in self.dates() if (end if half_open else start) == last]
        if not starts or not ends:
            raise NotExpressible(f"no dates {low} to {high} among the candidates")
        yield _token(Token.BETWEEN)
        yield from self.operand(left)
        yield from (Step(2, starts[0]), Step(2, ends[0]))

    def dates(self) -> Iterator[tuple[int, Scalar, Scalar]]:
        """Candidate, start and end of each calendar span, as a stored date is: in UTC."""
        for index, value in enumerate(self.linked.values):
            if value.start is not None and value.end is not None:
                yield index, plain(value.start), plain(value.end)

    def value(self, literal: Scalar, left: Operand | None) -> Step:
        """The best candidate that reads as `literal` where it stands."""
        best, best_rank = -1, 99
        for index, value in enumerate(self.linked.values):
            read = read_value(value, left, self.schema)
            if read is None or not same_literal(read, literal):
                continue
            rank = _rank(value, left, literal)
            if rank < best_rank:
                best, best_rank = index, rank
        if best < 0:
            raise NotExpressible(f"no candidate value for {literal!r}")
        return Step(2, best)

    def point(self, point: Point) -> Step:
        for index, value in enumerate(self.linked.values):
            if value.point == point:
                return Step(2, index)
        raise NotExpressible(f"no coordinates {point.latitude}, {point.longitude}")

    def text(self, text: str) -> Step:
        for strict in (True, False):
            for index, value in enumerate(self.linked.values):
                found = value.text
                if value.kind in (ValueKind.TEXT, ValueKind.STORED, ValueKind.NUMBER) and (
                    found == text or (not strict and found.casefold() == text.casefold())
                ):
                    return Step(2, index)
        raise NotExpressible(f"no candidate text {text!r}")


def _token(token: Token) -> Step:
    return Step(0, int(token))


def _rank(value: Value, left: Operand | None, literal: Scalar) -> int:
    if value.kind == ValueKind.CONSTANT:
        return 0 if isinstance(literal, bool) else 5
    if value.kind == ValueKind.STORED and isinstance(left, Field):
        return 0 if (left.collection, left.path) in value.holders else 3
    return {ValueKind.NUMBER: 1, ValueKind.DATE: 2, ValueKind.TEXT: 4}.get(value.kind, 4)


def same_literal(a: Scalar, b: Scalar) -> bool:
    """Equal in value: numbers across types, dates with a zone or without, text exactly."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, datetime) and isinstance(b, datetime):
        return plain(a) == plain(b)
    x, y = _decimal(a), _decimal(b)
    if x is not None and y is not None:
        return x == y
    return type(a) is type(b) and a == b


def _decimal(value: Scalar) -> Decimal | None:
    if isinstance(value, Decimal128):
        return value.to_decimal()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    return None


# ------------------------------------------------------------------ steps -> plan


def read_value(value: Value, left: Operand | None, schema: SchemaItems) -> Scalar | None:
    """The literal that `value` stands for against `left`; None where it makes no sense."""
    if value.kind == ValueKind.POINT:
        return None
    target = left
    if isinstance(target, Aggregate) and target.function in (Function.MIN, Function.MAX):
        target = target.argument if isinstance(target.argument, Field) else target
    if isinstance(target, Field):
        field = schema.catalog.field(target.collection, target.path)
        if field is None:
            return None
        if value.kind == ValueKind.DATE:
            return value.start if field.main_type == BsonType.DATE else value.text
        literal = value.literal
        if isinstance(literal, bool) and field.main_type != BsonType.BOOL and not is_flag(field):
            return None
        return fit(literal, field)
    if value.kind == ValueKind.DATE:
        return None
    if isinstance(target, PartOf) and target.part in TEXT_PARTS:
        return value.text
    if isinstance(value.literal, bool) or not isinstance(value.literal, int | float):
        return None
    return value.literal


def to_plan(steps: Sequence[Step], linked: Linked, schema: SchemaItems) -> Plan:
    """Raises `NotExpressible` when a value makes no sense where the steps put it.

    Steps that say that there is no answer are no plan either.
    """
    if steps[0] == CANNOT:
        raise NotExpressible("the data does not hold what the question asks for")
    return _Reader(steps, linked, schema).plan()


class _Reader:
    def __init__(self, steps: Sequence[Step], linked: Linked, schema: SchemaItems) -> None:
        self.steps, self.at = steps, 0
        self.linked, self.schema = linked, schema

    def peek(self) -> Token | None:
        """The next token, None at a pointer."""
        step = self.steps[self.at]
        return Token(step.at) if step.kind == 0 else None

    def take(self) -> Step:
        step = self.steps[self.at]
        self.at += 1
        return step

    def accept(self, token: Token) -> bool:
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def plan(self) -> Plan:
        distinct = self.accept(Token.DISTINCT)
        outputs = [Output(self.shown())]
        while self.starts_operand():
            outputs.append(Output(self.shown()))
        where = self.predicate() if self.accept(Token.WHERE) else None
        keys = self.keys() if self.accept(Token.GROUP) else ()
        having = self.predicate() if self.accept(Token.HAVING) else None
        orders: list[Order] = []
        if self.accept(Token.ORDER):
            while self.peek() in (Token.ASC, Token.DESC):
                descending = self.take().at == Token.DESC
                orders.append(Order(self.left(), descending))
        skip = self.number() if self.accept(Token.SKIP) else None
        limit = self.number() if self.accept(Token.LIMIT) else None
        per = self.keys() if self.accept(Token.PER) else ()
        rows = self.entity() if self.accept(Token.ROWS) else None
        optional: list[Entity] = []
        while self.accept(Token.OPTIONAL):
            optional.append(self.entity())
        self.accept(Token.END)
        return Plan(
            outputs=tuple(outputs),
            where=where,
            group_by=keys,
            having=having,
            order_by=tuple(orders),
            limit=limit,
            skip=skip,
            distinct=distinct,
            rows=rows,
            optional=tuple(optional),
            per=per,
        )

    def starts_operand(self) -> bool:
        token = self.peek()
        return token is None or token in OUTPUT_STARTS

    def shown(self) -> Shown:
        token = self.peek()
        if token not in (Token.RUNNING, Token.CHANGE, Token.MOVING, Token.RANK):
            return self.operand()
        self.take()
        groups = self.number() if token == Token.MOVING else 0
        aggregate = self.operand()
        assert isinstance(aggregate, Aggregate)
        if token == Token.CHANGE:
            return Change(aggregate)
        if token == Token.RANK:
            return Rank(aggregate)
        if token == Token.MOVING:
            if groups < 2:
                raise NotExpressible("a moving average is over two or more")
            return Moving(aggregate, groups)
        if aggregate.function not in (Function.SUM, Function.COUNT) or aggregate.distinct:
            raise NotExpressible("only sums and counts add up to a running total")
        return Running(aggregate)

    def operand(self) -> Operand | Entity:
        step = self.take()
        if step.kind == 1:
            return self.schema.items[int(self.linked.chosen[step.at])].ref
        token = Token(step.at)
        if token in PARTS:
            return PartOf(DatePart[token.name], self.field())
        if token in ARITHMETIC:
            return self.computed(Operator[token.name])
        if token == Token.ONLY:
            aggregate = self.operand()
            assert isinstance(aggregate, Aggregate)
            return replace(aggregate, where=self.predicate())
        function, distinct = _FUNCTIONS[token]
        argument = self.operand()
        if isinstance(argument, Aggregate):
            raise NotExpressible("an aggregate of an aggregate")
        return Aggregate(function, argument, distinct)

    def computed(self, operator: Operator) -> Arithmetic:
        if operator in DISTANCES:
            return Arithmetic(operator, self.field(), self.place())
        left, right = self.term(), self.term()
        if all(isinstance(term, int | float | Decimal128) for term in (left, right)):
            raise NotExpressible("something computed from numbers alone")
        if left == right and operator in (Operator.SUBTRACT, Operator.DIVIDE):
            raise NotExpressible("something less itself, or divided by itself")
        return Arithmetic(operator, left, right)

    def place(self) -> Field | Point | Plan:
        if self.accept(Token.SUB):
            return self.plan()
        if self.steps[self.at].kind == 1:
            return self.field()
        point = self.linked.values[self.take().at].point
        if point is None:
            raise NotExpressible("coordinates must stand here")
        return point

    def term(self) -> Term:
        if self.accept(Token.NOW):
            return Now()
        if self.steps[self.at].kind != 2:
            return self.left()
        literal = self.linked.values[self.take().at].literal
        if isinstance(literal, bool) or not isinstance(literal, int | float | Decimal128):
            raise NotExpressible(f"{literal!r} is no number to compute with")
        return literal

    def entity(self) -> Entity:
        operand = self.operand()
        if not isinstance(operand, Entity):
            raise NotExpressible("an entity must stand here")
        return operand

    def left(self) -> Operand:
        operand = self.operand()
        if isinstance(operand, Entity):
            raise NotExpressible("an entity where a field must stand")
        return operand

    def keys(self) -> tuple[Field | PartOf, ...]:
        found = [self.key()]
        while self.starts_operand():
            found.append(self.key())
        return tuple(found)

    def key(self) -> Field | PartOf:
        operand = self.left()
        if not isinstance(operand, Field | PartOf):
            raise NotExpressible("something computed as a group key")
        return operand

    def field(self) -> Field:
        operand = self.operand()
        if not isinstance(operand, Field):
            raise NotExpressible("a field must stand here")
        return operand

    def number(self) -> int:
        step = self.take()
        if step.kind == 0:
            return 1
        literal = self.linked.values[step.at].literal
        if not isinstance(literal, int) or isinstance(literal, bool) or literal < 1:
            raise NotExpressible(f"{literal!r} is no row count")
        return literal

    def value(self, left: Operand) -> Scalar:
        value = self.linked.values[self.take().at]
        read = read_value(value, left, self.schema)
        if read is None:
            raise NotExpressible(f"{value.text!r} makes no sense against {left}")
        return read

    def predicate(self) -> Predicate:
        token = Token(self.take().at)
        if token in (Token.AND, Token.OR):
            form = And if token == Token.AND else Or
            first, second = self.predicate(), self.predicate()
            rest = second.items if isinstance(second, form) else (second,)
            head = first.items if isinstance(first, form) else (first,)
            return form((*head, *rest))
        if token == Token.NOT:
            return Not(self.predicate())
        if token in COMPARISONS:
            return self.comparison(Comparator[token.name])
        if token == Token.BETWEEN:
            return self.between()
        if token == Token.RANGE:
            field, value = self.field(), self.linked.values[self.take().at]
            return self.span(field, value)
        if token in (Token.IN, Token.NOT_IN):
            left, values = self.left(), list[Scalar]()
            if self.accept(Token.SUB):
                return In(left, self.plan(), token == Token.NOT_IN)
            while not self.accept(Token.END_IN):
                values.append(self.value(left))
            return In(left, tuple(values), token == Token.NOT_IN)
        if token in _NULL_TOKENS:
            form_of_null, negated = _NULL_TOKENS[token]
            return form_of_null(self.field(), negated)
        if token in _TEXT_TOKENS:
            mode, negated = _TEXT_TOKENS[token]
            field = self.field()
            return Text(field, mode, self.linked.values[self.take().at].text, True, negated)
        return self.related(negated=token == Token.NO)

    def related(self, negated: bool) -> Related:
        entity = self.entity()
        where = None if self.accept(Token.ALONE) else self.predicate()
        return Related(entity, where, negated)

    def comparison(self, op: Comparator) -> Predicate:
        left = self.left()
        if self.accept(Token.SUB):
            return Compare(left, op, self.plan())
        if self.steps[self.at].kind == 1:
            return Compare(left, op, self.field())
        value = self.linked.values[self.steps[self.at].at]
        if value.kind == ValueKind.DATE and self.is_date(left):
            self.take()
            if op in _DATE_EDGE:
                meant, edge = _DATE_EDGE[op]
                return Compare(left, meant, getattr(value, edge))
            span = self.span(left, value)
            return span if op == Comparator.EQ else Not(span)
        return Compare(left, op, self.value(left))

    def between(self) -> Between:
        left = self.left()
        low, high = (self.linked.values[self.take().at] for _ in range(2))
        if self.is_date(left) and low.start is not None and high.end is not None:
            return Between(left, low.start, high.end, half_open=True)
        bounds = [read_value(value, left, self.schema) for value in (low, high)]
        if bounds[0] is None or bounds[1] is None:
            raise NotExpressible("a bound makes no sense against the field")
        return Between(left, bounds[0], bounds[1])

    def span(self, left: Operand, value: Value) -> Between:
        if value.start is None or value.end is None or not self.is_date(left):
            raise NotExpressible("a calendar span against something that is no date")
        return Between(left, value.start, value.end, half_open=True)

    def is_date(self, operand: Operand) -> bool:
        if isinstance(operand, Aggregate) and operand.function in (Function.MIN, Function.MAX):
            return isinstance(operand.argument, Field) and self.is_date(operand.argument)
        if not isinstance(operand, Field):
            return False
        field = self.schema.catalog.field(operand.collection, operand.path)
        return field is not None and field.main_type == BsonType.DATE
