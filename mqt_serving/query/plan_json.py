"""Plans as JSON: what the journal, the training sets and the releases keep.

Each node is an object whose `node` names its class in snake case; members that have their
default are left out. Scalars that JSON lacks are tagged (`{"date": ...}`, `{"object_id": ...}`,
`{"decimal": ...}`). `plan_from_json(plan_to_json(plan)) == plan` for every plan; anything else
than such JSON raises `PlanError` naming the place. Depends on `plan` and `bson`.
"""

from __future__ import annotations

import re
import types
from dataclasses import MISSING, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from bson import Decimal128, ObjectId
from bson.errors import InvalidId

from mqt_serving.errors import PlanError
from mqt_serving.query import plan as plan_module
from mqt_serving.query.plan import Plan

_NODES: dict[str, type[Any]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", node.__name__).lower(): node
    for node in (
        plan_module.Entity, plan_module.Field, plan_module.PartOf, plan_module.Aggregate,
        plan_module.Compare, plan_module.Between, plan_module.In, plan_module.IsNull,
        plan_module.Exists, plan_module.Text, plan_module.Related, plan_module.Arithmetic,
        plan_module.Point, plan_module.Now, plan_module.Moving, plan_module.Rank,
        plan_module.Top, plan_module.Running, plan_module.Change, plan_module.And,
        plan_module.Or, plan_module.Not, plan_module.Output, plan_module.Order, plan_module.Plan,
    )
}  # fmt: skip
_NAMES = {node: name for name, node in _NODES.items()}
_HINTS = {node: get_type_hints(node) for node in _NODES.values()}


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The plan as a JSON-ready dictionary."""
    return cast(dict[str, Any], _encode(plan))


def plan_from_json(body: object) -> Plan:
    """The plan from what `plan_to_json` gave; `PlanError` for anything else."""
    return cast(Plan, _decode(body, Plan, "plan"))


def _encode(value: Any) -> Any:
    if type(value) in _NAMES:
        body: dict[str, Any] = {"node": _NAMES[type(value)]}
        for member in fields(value):
            content = getattr(value, member.name)
            if member.default is MISSING or content != member.default:
                body[member.name] = _encode(content)
        return body
    match value:
        case tuple():
            return [_encode(item) for item in value]
        case StrEnum():
            return value.value
        case datetime():
            return {"date": value.isoformat()}
        case ObjectId():
            return {"object_id": str(value)}
        case Decimal128():
            return {"decimal": str(value)}
        case _:
            return value


def _decode(body: object, expected: Any, place: str) -> Any:
    """Decode as any of the types that `expected` allows; the first that fits wins."""
    options = _options(expected)
    if isinstance(body, dict) and "node" in body:
        return _decode_node(body, options, place)
    if isinstance(body, dict):
        return _decode_tagged(body, options, place)
    if isinstance(body, list):
        inner = next((o for o in options if get_origin(o) is tuple), None)
        if inner is not None:
            item = get_args(inner)[0]
            return tuple(_decode(b, item, f"{place}[{i}]") for i, b in enumerate(body))
    for option in options:
        if option is type(None) and body is None:
            return None
        if isinstance(option, type) and issubclass(option, StrEnum) and isinstance(body, str):
            if body in [choice.value for choice in option]:
                return option(body)
        elif option in (str, int, float, bool) and type(body) is option:
            return body
    raise PlanError(f"{place}: {body!r} is not what a plan holds there")


def _options(expected: Any) -> tuple[Any, ...]:
    if get_origin(expected) in (Union, types.UnionType):
        return tuple(inner for option in get_args(expected) for inner in _options(option))
    return (expected,)


def _decode_node(body: dict[str, Any], options: tuple[Any, ...], place: str) -> Any:
    node = _NODES.get(body["node"]) if isinstance(body["node"], str) else None
    if node is None or node not in options:
        raise PlanError(f"{place}: a {body['node']!r} cannot stand here")
    hints = _HINTS[node]
    members: dict[str, Any] = {}
    for name, content in body.items():
        if name == "node":
            continue
        if name not in hints:
            raise PlanError(f"{place}: a {body['node']} has no {name!r}")
        members[name] = _decode(content, hints[name], f"{place}.{name}")
    missing = [
        member.name
        for member in fields(node)
        if member.default is MISSING and member.name not in members
    ]
    if missing:
        raise PlanError(f"{place}: {missing[0]!r} of the {body['node']} is missing")
    return node(**members)


def _decode_tagged(body: dict[str, Any], options: tuple[Any, ...], place: str) -> Any:
    try:
        match body:
            case {"date": str(text)} if datetime in options:
                return datetime.fromisoformat(text)
            case {"object_id": str(text)} if ObjectId in options:
                return ObjectId(text)
            case {"decimal": str(text)} if Decimal128 in options:
                return Decimal128(text)
    except (ValueError, InvalidId, ArithmeticError) as error:
        raise PlanError(f"{place}: {body!r} cannot be read: {error}") from error
    raise PlanError(f"{place}: {body!r} is not what a plan holds there")
