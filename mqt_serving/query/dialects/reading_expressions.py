"""Positioned nodes as expressions, and projections, whose numbers and booleans are switches.

A bare object is an object of expressions, a bare list a list of them; `$literal` is a constant.
"""

from __future__ import annotations

from bson import Decimal128

from mqt_serving.query.dialects.reading import (
    as_flag,
    checked_name,
    object_of,
    read_value,
    shown,
    unknown_operator,
)
from mqt_serving.query.dialects.syntax import Entry, ListNode, Node, ObjectNode, Position, Scalar
from mqt_serving.query.operators import EXPRESSIONS, Kind, Shape, suggestion
from mqt_serving.query.pipeline import (
    ArrayExpression,
    Expression,
    LiteralExpression,
    NamedOperation,
    ObjectExpression,
    Operation,
    PathExpression,
    Project,
    VariableExpression,
)


def read_expression(node: Node) -> Expression:
    """The expression that `node` writes."""
    match node:
        case Scalar(value=str(text)) if text.startswith("$"):
            return _reference(text, node.position)
        case Scalar(value=value):
            return LiteralExpression(value)
        case ListNode(items=items):
            return ArrayExpression(tuple(read_expression(item) for item in items))
        case ObjectNode(entries=entries):
            operators = [entry for entry in entries if entry.key.startswith("$")]
            if not operators:
                return ObjectExpression(tuple(_field(entry) for entry in entries))
            if len(entries) > 1:
                raise entries[1].position.error(
                    f"{operators[0].key} must stand alone in its object, not beside "
                    f"{next(e.key for e in entries if e is not operators[0])}"
                )
            return _operation(operators[0])


def _reference(text: str, position: Position) -> Expression:
    name = text.lstrip("$")
    if not name or text.startswith("$$$") or "\0" in text or ".." in text or text.endswith("."):
        raise position.error(f"{text!r} is not a field path: write it as $literal if it is text")
    return VariableExpression(name) if text.startswith("$$") else PathExpression(name)


def _field(entry: Entry) -> tuple[str, Expression]:
    name = checked_name(entry.key, "A field", entry.position)
    if "." in name:
        raise entry.position.error(f"A field of an object expression cannot have dots: {name}")
    return name, read_expression(entry.value)


def read_argument(node: Node) -> Expression:
    """The argument of an accumulator: an expression, but for the keys of a `sortBy`."""
    if isinstance(node, ObjectNode) and "sortBy" in node.keys:
        return ObjectExpression(tuple((entry.key, _argument(entry)) for entry in node.entries))
    return read_expression(node)


def _argument(entry: Entry) -> Expression:
    """A named argument; the keys of a `sortBy` are paths, with dots."""
    order = entry.value
    if entry.key != "sortBy" or not isinstance(order, ObjectNode):
        return read_expression(order)
    if any(key.startswith("$") for key in order.keys):
        return read_expression(order)
    return ObjectExpression(
        tuple(
            (checked_name(key.key, "A sort key", key.position), read_expression(key.value))
            for key in order.entries
        )
    )


def _operation(entry: Entry) -> Expression:
    operator, node = entry.key, entry.value
    if operator == "$literal":
        return LiteralExpression(read_value(node))
    if operator not in EXPRESSIONS:
        raise unknown_operator(operator, Kind.EXPRESSION, entry.position)
    shape = EXPRESSIONS[operator].shape
    if isinstance(node, ObjectNode) and _reads_as_named(node, shape):
        _require_names(entry, node, shape)
        return NamedOperation(operator, tuple((e.key, _argument(e)) for e in node.entries))
    if not shape.positional:
        raise node.position.error(
            f"{operator} takes an object with {', '.join(shape.required + shape.optional)}, "
            f"not {shown(node)}"
        )
    if shape.most == 0 and isinstance(node, ObjectNode) and not node.entries:
        return Operation(operator, ())
    nodes = node.items if isinstance(node, ListNode) else (node,)
    if not shape.accepts_count(len(nodes)):
        raise node.position.error(f"{operator} takes {_arity(shape)}, not {len(nodes)}")
    return Operation(operator, tuple(read_expression(item) for item in nodes))


def _reads_as_named(node: ObjectNode, shape: Shape) -> bool:
    if not shape.named:
        return False
    is_operation = any(key.startswith("$") for key in node.keys)
    return not is_operation and (not shape.positional or bool(shape.names & set(node.keys)))


def _require_names(entry: Entry, node: ObjectNode, shape: Shape) -> None:
    for argument in node.entries:
        if argument.key not in shape.names:
            near = suggestion(argument.key, shape.names)
            known = ", ".join(shape.required + shape.optional)
            hint = f"did you mean {near}?" if near else f"it takes {known}"
            raise argument.position.error(f"{entry.key} has no argument {argument.key}: {hint}")
    missing = [name for name in shape.required if name not in node.keys]
    if missing:
        raise entry.position.error(f"{entry.key} needs {', '.join(missing)}")


def _arity(shape: Shape) -> str:
    if shape.most is None:
        return f"at least {shape.least} argument{'s' if shape.least != 1 else ''}"
    if shape.least == shape.most:
        return f"{shape.most} argument{'s' if shape.most != 1 else ''}"
    return f"{shape.least} to {shape.most} arguments"


# ---------------------------------------------------------------- projections


def read_projection(node: Node, positional: bool = False) -> Project:
    """`{a: 1, _id: 0, b: "$c"}`; nested objects with switches become dotted names.

    `positional` allows `{"a.$": 1}`, which only find has: the first element that matched.
    """
    document = object_of(node, "A projection")
    if not document.entries:
        raise node.position.error("A projection needs at least one field")
    items: list[tuple[str, bool | Expression]] = []
    for entry in document.entries:
        items.extend(_projected(entry, "", positional))
    return Project(tuple(items))


def _projected(entry: Entry, prefix: str, positional: bool) -> list[tuple[str, bool | Expression]]:
    if entry.key.startswith("$"):
        raise unknown_operator(entry.key, Kind.STAGE, entry.position)
    name = checked_name(prefix + entry.key, "A field", entry.position)
    if name.endswith(".$") and not (positional and _is_switched_on(entry.value)):
        raise entry.position.error(
            'The positional projection .$ stands in find only, as {"items.$": 1}: use $filter'
        )
    match entry.value:
        case Scalar(value=bool() | int() | float() | Decimal128() as switch):
            return [(name, as_flag(switch))]
        case ObjectNode(entries=()):
            raise entry.value.position.error(f"{name} cannot be an empty object")
        case ObjectNode(entries=entries, keys=keys) if not any(k.startswith("$") for k in keys):
            nested = [
                item for inner in entries for item in _projected(inner, f"{name}.", positional)
            ]
            if any(isinstance(value, bool) for _, value in nested):
                return nested
            return [(name, read_expression(entry.value))]
        case ObjectNode(keys=("$elemMatch",)):
            raise entry.position.error(
                "$elemMatch in a projection is not in the query language: use $filter"
            )
        case ObjectNode(entries=(Entry(key="$slice", value=part),)) if not _is_array_slice(part):
            raise entry.position.error(
                f"The $slice of find is not in the query language: write {{$slice: "
                f'["${name}", number]}}'
            )
        case _:
            return [(name, read_expression(entry.value))]


def _is_switched_on(node: Node) -> bool:
    return (
        isinstance(node, Scalar)
        and isinstance(node.value, bool | int | float | Decimal128)
        and as_flag(node.value)
    )


def _is_array_slice(node: Node) -> bool:
    """Whether `$slice` names its array, as the expression does, and not only numbers."""
    if not isinstance(node, ListNode):
        return False
    return not all(isinstance(n, Scalar) and isinstance(n.value, int) for n in node.items)
