"""What the readers of filters, expressions and stages share: values, names, numbers, errors.

Turns positioned nodes (`syntax`) into typed values and words every error about an operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bson import Decimal128

from mqt_serving.errors import QueryError
from mqt_serving.query.dialects.syntax import ListNode, Node, ObjectNode, Position, Scalar
from mqt_serving.query.operators import (
    ACCUMULATORS,
    EXPRESSIONS,
    FILTERS,
    FORBIDDEN,
    NOT_YET,
    STAGES,
    WINDOW_FUNCTIONS,
    Kind,
    Operator,
    suggestion,
)
from mqt_serving.query.pipeline import Document, Value

_TABLES: Mapping[Kind, Mapping[str, Operator]] = {
    Kind.FILTER: FILTERS,
    Kind.EXPRESSION: EXPRESSIONS,
    Kind.ACCUMULATOR: ACCUMULATORS,
    Kind.WINDOW_FUNCTION: WINDOW_FUNCTIONS,
    Kind.STAGE: STAGES,
}
_PLACES: Mapping[Kind, str] = {
    Kind.FILTER: "in a filter",
    Kind.EXPRESSION: "in an expression",
    Kind.ACCUMULATOR: "as an accumulator of $group",
    Kind.WINDOW_FUNCTION: "as a function of $setWindowFields",
    Kind.STAGE: "as a stage",
}


def unknown_operator(name: str, kind: Kind, position: Position) -> QueryError:
    """The error for an operator that cannot stand where `kind` is expected."""
    if name in FORBIDDEN:
        return position.not_read_only(f"{name} is not allowed: {FORBIDDEN[name]}")
    if name in NOT_YET:
        return position.error(f"{name} is not in the query language yet: {NOT_YET[name]}")
    elsewhere = [other for other, table in _TABLES.items() if name in table and other is not kind]
    if elsewhere and name not in _TABLES[kind]:
        where = " or ".join(_PLACES[other] for other in elsewhere)
        return position.error(f"{name} cannot stand {_PLACES[kind]}: it belongs {where}")
    near = suggestion(name, _TABLES[kind]) or suggestion(
        name, [other for table in _TABLES.values() for other in table]
    )
    return position.error(f"unknown operator {name}" + (f": did you mean {near}?" if near else ""))


def object_of(node: Node, what: str) -> ObjectNode:
    if isinstance(node, ObjectNode):
        return node
    raise node.position.error(f"{what} must be an object {{...}}, not {shown(node)}")


def list_of(node: Node, what: str) -> ListNode:
    if isinstance(node, ListNode):
        return node
    raise node.position.error(f"{what} must be a list [...], not {shown(node)}")


def text_of(node: Node, what: str) -> str:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return node.value
    raise node.position.error(f"{what} must be text, not {shown(node)}")


def name_of(node: Node, what: str) -> str:
    """Text that names a field or collection: neither empty nor an operator nor with a zero."""
    name = text_of(node, what)
    return checked_name(name, what, node.position)


def checked_name(name: str, what: str, position: Position) -> str:
    if not name or "\0" in name:
        raise position.error(f"{what} cannot be {name!r}")
    if name.startswith("$"):
        raise position.error(f"{what} cannot start with a dollar: write {name.lstrip('$')!r}")
    return name


def whole_of(node: Node, what: str, least: int) -> int:
    """A whole number of at least `least` (and within 64 bits); `5.0` is one."""
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise node.position.error(
            f"{what} must be a whole number of at least {least}, not {shown(node)}"
        )
    return int(value)


def flag_of(node: Node, what: str) -> bool:
    if isinstance(node, Scalar) and isinstance(node.value, bool | int | float | Decimal128):
        return as_flag(node.value)
    raise node.position.error(f"{what} must be true or false, not {shown(node)}")


def as_flag(value: bool | int | float | Decimal128) -> bool:
    return bool(value.to_decimal()) if isinstance(value, Decimal128) else bool(value)


def number_of(node: Node, what: str) -> int | float:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise node.position.error(f"{what} must be a number, not {shown(node)}")
    return value


def constant_of(node: Node, what: str, known: Iterable[str]) -> str:
    """One of the known words, suggesting the nearest."""
    known = list(known)
    text = text_of(node, what)
    if text not in known:
        near = suggestion(text, known)
        hint = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
        raise node.position.error(f"{what} cannot be {shown(node)}: {hint}")
    return text


def only_keys(
    node: ObjectNode, what: str, required: Iterable[str], optional: Iterable[str]
) -> None:
    """Refuses missing and unknown keys, suggesting the nearest."""
    required = list(required)
    known = [*required, *optional]
    for entry in node.entries:
        if entry.key not in known:
            near = suggestion(entry.key, known)
            hint = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
            raise entry.position.error(f"{what} has no option {entry.key}: {hint}")
    missing = [key for key in required if key not in node.keys]
    if missing:
        raise node.position.error(f"{what} needs {', '.join(missing)}")


def stage_options(node: Node, stage: str) -> ObjectNode:
    """The operand of a stage with named arguments, none missing and none unknown."""
    document = object_of(node, stage)
    shape = STAGES[stage].shape
    only_keys(document, stage, shape.required, shape.optional)
    return document


def read_value(node: Node) -> Value:
    """A literal; operators cannot hide in it."""
    match node:
        case Scalar(value=value):
            return value
        case ListNode(items=items):
            return tuple(read_value(item) for item in items)
        case ObjectNode(entries=entries):
            for entry in entries:
                if entry.key.startswith("$"):
                    raise entry.position.error(
                        f"{entry.key} stands inside a literal value, where operators mean nothing"
                    )
            return Document(tuple((entry.key, read_value(entry.value)) for entry in entries))


def shown(node: Node) -> str:
    """The node in an error message: short, never a whole document."""
    match node:
        case Scalar(value=None):
            return "null"
        case Scalar(value=bool(value)):
            return "true" if value else "false"
        case Scalar(value=str(value)):
            return repr(value if len(value) <= 40 else value[:37] + "...")
        case Scalar(value=value):
            return str(value)
        case ListNode():
            return "a list"
        case ObjectNode():
            return "an object"
