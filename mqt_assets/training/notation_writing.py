"""Plans written in the notation of `notation`, so that what is raised can be read and compared."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from bson import Decimal128

from mqt_assets.training.notation import COMPARATORS, EDGES, LENGTHS, NotationError
from mqt_serving.query.plan import (
    DISTANCES,
    ELAPSED,
    Aggregate,
    And,
    Arithmetic,
    Between,
    Change,
    Compare,
    Entity,
    Exists,
    Field,
    In,
    IsNull,
    Moving,
    Not,
    Now,
    Operator,
    Or,
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
)

_SIGNS = {
    Operator.ADD: "+", Operator.SUBTRACT: "-", Operator.MULTIPLY: "*", Operator.DIVIDE: "/",
}  # fmt: skip


_UNITS = {operator: word for word, operator in LENGTHS.items()}


def write_plan(plan: Plan) -> str:
    """Raises `NotationError` for what the notation has no words for (`Top`, say)."""
    words = ["distinct"] if plan.distinct else []
    words.append(", ".join(_term(output.value) for output in plan.outputs))
    if plan.where is not None:
        words.append(f"where {_predicate(plan.where)}")
    if plan.group_by:
        words.append("group " + ", ".join(map(_term, plan.group_by)))
    if plan.having is not None:
        words.append(f"having {_predicate(plan.having)}")
    if plan.order_by:
        orders = (_term(o.by) + (" desc" if o.descending else "") for o in plan.order_by)
        words.append("order " + ", ".join(orders))
    if plan.skip is not None:
        words.append(f"skip {plan.skip}")
    if plan.limit is not None:
        words.append(f"limit {plan.limit}")
    if plan.per:
        words.append("per " + ", ".join(map(_term, plan.per)))
    if plan.rows is not None:
        words.append(f"rows {_name(plan.rows)}")
    if plan.optional:
        words.append("optional " + ", ".join(map(_name, plan.optional)))
    return " ".join(words)


def _name(thing: Entity | Field) -> str:
    return f"{thing.collection}.{thing.path}" if thing.path else thing.collection


def _term(term: Term | Shown) -> str:
    match term:
        case Running(aggregate):
            return f"running({_term(aggregate)})"
        case Change(aggregate):
            return f"change({_term(aggregate)})"
        case Rank(aggregate):
            return f"rank({_term(aggregate)})"
        case Moving(aggregate, groups):
            return f"moving({_term(aggregate)}, {groups})"
        case Now():
            return "now"
        case Entity() | Field():
            return _name(term)
        case PartOf(part, field):
            return f"{part}({_name(field)})"
        case Arithmetic(operator, left, right) if operator in ELAPSED:
            return f"{operator}({_term(left)}, {_term(right)})"
        case Arithmetic(operator, left, right) if operator in DISTANCES:
            return f"{_UNITS[operator]}({_term(left)}, {_term(right)})"
        case Point(longitude, latitude):
            return f"{latitude} {longitude}"
        case Plan():
            return f"({write_plan(term)})"
        case Arithmetic(operator, left, right):
            return f"({_term(left)} {_SIGNS[operator]} {_term(right)})"
        case Aggregate(function, argument, distinct, where):
            only = f" only {_predicate(where)}" if where is not None else ""
            return f"{function}({'distinct ' if distinct else ''}{_term(argument)}{only})"
    return _literal(term)


def _predicate(predicate: Predicate) -> str:
    match predicate:
        case And(items):
            return " and ".join(
                f"({_predicate(item)})" if isinstance(item, Or) else _predicate(item)
                for item in items
            )
        case Or(items):
            return " or ".join(map(_predicate, items))
        case Not(item):
            return f"not ({_predicate(item)})"
        case Related(entity, where, negated):
            inside = f" ({_predicate(where)})" if where is not None else ""
            return f"{'no' if negated else 'some'} {_name(entity)}{inside}"
        case IsNull(left, negated):
            return f"{_name(left)} is {'not ' if negated else ''}null"
        case Exists(left, negated):
            return f"{_name(left)} is {'' if negated else 'not '}missing"
        case Text(left, how, value, True, negated) if how != "regex":
            return f"{_name(left)} {'not ' if negated else ''}{how} {json.dumps(value)}"
        case In(left, values, negated):
            inside = (
                write_plan(values) if isinstance(values, Plan) else ", ".join(map(_literal, values))
            )
            return f"{_term(left)} {'not ' if negated else ''}in ({inside})"
        case Between(left, low, high, half_open):
            return f"{_term(left)} {_between(low, high, half_open)}"
        case Compare(left, op, right):
            return f"{_term(left)} {_compared(op, right)}"
    raise NotationError(f"the notation has no words for {type(predicate).__name__}")


def _compared(op: object, right: Scalar | Field | Plan) -> str:
    if isinstance(right, datetime):
        word = next(
            (w for w, (asked, edge) in EDGES.items() if asked == op and edge == "start"), ""
        )
        if not word:
            raise NotationError(f"the notation has no words for {op} a moment")
        return f"{word} {_day(right)}"
    sign = next(sign for sign, asked in COMPARATORS.items() if asked == op)
    if isinstance(right, Plan):
        return f"{sign} ({write_plan(right)})"
    return f"{sign} {_name(right) if isinstance(right, Field) else _literal(right)}"


def _between(low: Scalar, high: Scalar, half_open: bool) -> str:
    if isinstance(low, datetime) and isinstance(high, datetime):
        if not half_open:
            raise NotationError("the notation has no words for a closed range of moments")
        return f"from {_day(low)} to {_day(high - timedelta(days=1))}"
    return f"between {_literal(low)} and {_literal(high)}"


def _day(moment: datetime) -> str:
    if moment != datetime(moment.year, moment.month, moment.day):
        raise NotationError("the notation has days, no times")
    return f'"{moment:%Y-%m-%d}"'


def _literal(value: object) -> str:
    match value:
        case bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int() | float() | Decimal128():
            return str(value)
    raise NotationError(f"the notation has no words for {value!r}")
