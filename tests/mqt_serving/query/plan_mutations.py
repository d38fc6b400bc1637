"""Plans that differ from a given one in one place: what an explanation must tell apart.

Works on any plan node, by its type: an enum value becomes each other one, a literal the same
literal of another type, a list loses, swaps or repeats an item, a predicate is negated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, get_args

from bson import Decimal128, ObjectId

from mqt_serving.query.plan import And, Entity, Field, Not, Or, Plan, Predicate

_PREDICATES = get_args(Predicate)


def mutations(plan: Plan) -> Iterator[Plan]:
    """Every plan that differs from `plan` in one place, of those that are plans at all."""
    yield from _of_node(plan)


def _variants(value: Any, name: str) -> Iterator[Any]:
    match value:
        case None:
            if name in ("limit", "skip"):
                yield from (0, 3)
            elif name == "alias":
                yield "total"
        case bool():
            yield not value
        case StrEnum():
            yield from (other for other in type(value) if other is not value)
        case Field(collection=collection, path=path):
            yield Field(collection, f"{path}s")
            yield Field(f"{collection}s", path)
            yield Field("tickets", "subject")
        case Entity(collection=collection):
            yield from (Entity("tickets"), Entity("orders", "items"), Entity(f"{collection}x"))
        case tuple():
            yield from _of_list(value, name)
        case _ if is_dataclass(value):
            yield from _of_node(value)
        case _:
            yield from _of_scalar(value, name)


def _of_node(node: Any) -> Iterator[Any]:
    for member in fields(node):
        value = getattr(node, member.name)
        for changed in _variants(value, member.name):
            yield replace(node, **{member.name: changed})
        if member.default is None and value is not None:
            yield replace(node, **{member.name: None})
    if isinstance(node, _PREDICATES):
        yield Not(node)
    match node:
        case Not(item=item):
            yield item
        case And(items=items):
            yield Or(items)
        case Or(items=items):
            yield And(items)


def _of_list(items: tuple[Any, ...], name: str) -> Iterator[tuple[Any, ...]]:
    least = {"outputs": 1, "items": 2}.get(name, 0)
    for index, item in enumerate(items):
        before, after = items[:index], items[index + 1 :]
        for changed in _variants(item, ""):
            yield (*before, changed, *after)
        if len(items) > least:
            yield (*before, *after)
        yield (*items, item)
        if after:
            yield (*before, after[0], item, *after[1:])
    if name == "items" and len(items) > 2:
        for kind in (And, Or):
            yield (kind(items[:2]), *items[2:])
            yield (items[0], kind(items[1:]))


def _of_scalar(value: Any, name: str) -> Iterator[Any]:
    match value:
        case str():
            yield from (f"{value} ", value.swapcase(), f'{value}" and "{value}', "`", "")
            if name in ("value", "alias"):
                return
            if value.isdigit():
                yield int(value)
        case datetime():
            yield value + timedelta(days=1)
            yield value + timedelta(milliseconds=1)
            yield value.replace(tzinfo=None if value.tzinfo else UTC)
            yield value.isoformat()
        case ObjectId():
            yield str(value)
        case Decimal128():
            yield str(value)
            if value.to_decimal().is_finite():
                yield float(value.to_decimal())
                yield Decimal128(f"{value}0" if "." in str(value) else f"{value}.0")
        case int() | float():
            yield value + 1
            yield -value
            if name not in ("limit", "skip", "groups"):
                yield str(value)
                yield Decimal128(str(value))
