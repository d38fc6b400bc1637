"""When two queries ask the same thing, however they are written. Pure.

Two strictnesses: `same_meaning` keeps all that changes what comes back (corrections that agree by
it are one); `same_question` also overlooks names of outputs, their order and the case of literals
(a wording of one is a wording of the other).
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from mqt_assets.training.examples import literals_of
from mqt_serving.query.literals import plain
from mqt_serving.query.plan import And, Entity, Field, In, Or, Output, Plan

_UNORDERED = (And, Or)


def same_meaning(plan: Plan) -> str:
    """Equal for plans that return the same on any data; unequal for most others."""
    return json.dumps(_canonical(plan, loosely=False))


def same_question(plan: Plan) -> str:
    """Equal for plans that a person would put into the same words."""
    return json.dumps(_canonical(plan, loosely=True))


def constants_of(plan: Plan) -> tuple[str, ...]:
    """Literals and limits as text, whatever their order, case and number type."""
    limits = [f"limit {plan.limit}"] if plan.limit is not None else []
    literals = (json.dumps(_literal(value, loosely=True)) for value in literals_of(plan))
    return tuple(sorted([*literals, *limits]))


def _canonical(node: object, loosely: bool) -> Any:
    if isinstance(node, Field | Entity):
        return [type(node).__name__, node.collection, node.path]
    if isinstance(node, Output) and loosely:
        return _canonical(node.value, loosely)
    if isinstance(node, tuple):
        return [_canonical(item, loosely) for item in node]
    if not is_dataclass(node):
        return _literal(node, loosely)
    parts = [_canonical(getattr(node, item.name), loosely) for item in fields(node)]
    if isinstance(node, _UNORDERED):
        parts[0].sort(key=json.dumps)
    elif isinstance(node, In) and isinstance(node.values, tuple):
        parts[1].sort(key=json.dumps)
    elif isinstance(node, Plan) and loosely:
        parts[0].sort(key=json.dumps)
    return [type(node).__name__, *parts]


def _literal(value: object, loosely: bool) -> Any:
    """As JSON, kinds apart: the text "3" is not the number 3, but 3 is 3.0. Dates are in UTC."""
    match value:
        case None | bool():
            return value
        case Enum():
            return str(value)
        case int():
            return value
        case float():
            return int(value) if value.is_integer() else value
        case datetime():
            return {"date": str(plain(value))}
        case str():
            return " ".join(value.casefold().split()) if loosely else value
        case _:
            return {type(value).__name__: str(value)}
