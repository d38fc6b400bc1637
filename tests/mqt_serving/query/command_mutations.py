"""Commands that differ from a given one in one place: what an explanation must tell apart.

Works on any node of the tree by its type: an operator becomes one that takes the same arguments,
a name or a literal another one, a list loses, swaps or repeats an item, an option is set or left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bson import Decimal128, Int64, ObjectId, Regex

from mqt_serving.query.operators import (
    ACCUMULATORS,
    EXPRESSIONS,
    GEO_TESTS,
    WINDOW_FUNCTIONS,
)
from mqt_serving.query.pipeline import (
    Accumulator,
    AddFields,
    AllOf,
    AnyOf,
    ArrayExpression,
    Command,
    Document,
    Facet,
    FieldTest,
    Fill,
    GeoTest,
    Group,
    LiteralExpression,
    Lookup,
    NamedOperation,
    NoneOf,
    ObjectExpression,
    Operation,
    PathExpression,
    Project,
    Sort,
    WindowOutput,
)

_TABLES: dict[type[Any], Any] = {
    Operation: EXPRESSIONS,
    NamedOperation: EXPRESSIONS,
    GeoTest: GEO_TESTS,
    Accumulator: ACCUMULATORS,
    WindowOutput: WINDOW_FUNCTIONS,
}
_TEST_FAMILIES = (
    ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte"),
    ("$in", "$nin", "$all"),
    ("$bitsAllSet", "$bitsAnySet", "$bitsAllClear", "$bitsAnyClear"),
)
_OTHER_BOUNDS: dict[str, list[Any]] = {"full": ["partition"], "partition": ["full"]}
_PAIRS = {
    (Project, "items"), (AddFields, "items"), (ObjectExpression, "items"), (Document, "items"),
    (NamedOperation, "arguments"), (Sort, "keys"), (Lookup, "let"), (Facet, "pipelines"),
    (Fill, "outputs"),
}  # fmt: skip
_OPTIONS = {
    "limit": 7, "skip": 7, "index": "at", "max_depth": 2,
    "depth_field": "depth", "key": "k", "granularity": "R5", "max_distance": 5, "min_distance": 5,
    "multiplier": 2, "location_field": "place", "language": "en", "unit": "hour",
    "partition": PathExpression("p"), "default": LiteralExpression(0),
}  # fmt: skip


def mutations(command: Command) -> Iterator[Command]:
    """Every command that differs from `command` in one place."""
    yield from _of_node(command)


def _of_node(node: Any) -> Iterator[Any]:
    for member in fields(node):
        value = getattr(node, member.name)
        for changed in _variants(node, value, member.name):
            try:
                yield replace(node, **{member.name: changed})
            except ValueError:  # no tree can hold that
                continue
    match node:
        case AllOf(items=items) | AnyOf(items=items) | NoneOf(items=items) if items:
            yield from (kind(items) for kind in (AllOf, AnyOf, NoneOf) if kind is not type(node))
        case ArrayExpression(items=items) if items:
            yield items[0]


def _variants(node: Any, value: Any, name: str) -> Iterator[Any]:
    if name == "operator":
        yield from _other_operators(node)
    elif isinstance(node, NamedOperation):
        required = set(EXPRESSIONS[node.operator].shape.required)
        others = _other_lists(value, paired=True)
        known = EXPRESSIONS[node.operator].shape.names
        yield from (o for o in others if required <= {key for key, _ in o} <= known)
    elif (type(node), name) in _PAIRS:
        yield from _other_lists(value, paired=True)
    elif name in ("boundaries", "bounds"):
        others = _other_lists(value) if isinstance(value, tuple) else _OTHER_BOUNDS[value]
        yield from (other for other in others if name != "bounds" or len(other) != 1)
    elif isinstance(node, LiteralExpression) or name == "value":
        yield from _other_values(value)
    elif (type(node), name) == (Group, "key") and value is None:
        yield ObjectExpression(())
    else:
        yield from _other_members(value, name)
    if isinstance(node, Lookup) and name == "stages" and value is not None:
        yield None


def _other_operators(node: Any) -> Iterator[str]:
    if isinstance(node, FieldTest):
        alike = next((family for family in _TEST_FAMILIES if node.operator in family), ())
        yield from (name for name in alike if name != node.operator)
        return
    table = _TABLES[type(node)]
    shape = table[node.operator].shape
    for name, other in table.items():
        same = other.shape.names == shape.names and other.shape.positional == shape.positional
        if isinstance(node, Operation):
            same = same and other.shape.accepts_count(len(node.arguments))
        if name != node.operator and same:
            yield name


def _other_members(value: Any, name: str) -> Iterator[Any]:
    match value:
        case None:
            if name in _OPTIONS:
                yield _OPTIONS[name]
        case bool():
            yield not value
        case str():
            yield from (f"{value}x", f"{value}` and `{value}")
        case int() | float():
            yield value + 1
        case tuple():
            yield from _other_lists(value)
        case _ if is_dataclass(value):
            yield from _of_node(value)
    if value is not None and name in ("projection", "sort", "restrict", "window"):
        yield None


def _other_lists(items: tuple[Any, ...], paired: bool = False) -> Iterator[tuple[Any, ...]]:
    for index, item in enumerate(items):
        before, after = items[:index], items[index + 1 :]
        for changed in _other_pairs(*item) if paired else _other_members(item, ""):
            yield (*before, changed, *after)
        if len(items) > 1:
            yield (*before, *after)
        if after:
            yield (*before, after[0], item, *after[1:])


def _other_pairs(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    yield (f"{name}x", value)
    if isinstance(value, bool):
        yield (name, not value)
    elif isinstance(value, int):
        yield (name, -value)
    elif is_dataclass(value):
        yield from ((name, changed) for changed in _of_node(value))


def _other_values(value: Any) -> Iterator[Any]:
    yield None
    match value:
        case bool():
            yield not value
        case str():
            yield from (f"{value} ", value.swapcase(), f'{value}" and "{value}')
        case datetime():
            yield value + timedelta(milliseconds=1)
            yield value.isoformat()
        case ObjectId() | Decimal128():
            yield str(value)
        case Int64() | int() | float():
            yield from (value + 1, str(value), (value,), Decimal128(str(value)))
        case Regex(pattern=pattern):
            yield Regex(f"{pattern}x", value.flags)
            yield Regex(pattern, value.flags ^ 2)
            yield str(pattern)
        case tuple():
            yield from _other_lists(value)
        case _ if is_dataclass(value):
            yield from _of_node(value)


def in_one_form(node: Any) -> Any:
    """The node with what has no meaning taken out: the order of named arguments, their form."""
    if isinstance(node, tuple):
        return tuple(in_one_form(item) for item in node)
    if not is_dataclass(node) or isinstance(node, type):
        return node
    node = replace(node, **{f.name: in_one_form(getattr(node, f.name)) for f in fields(node)})
    match node:
        case Operation(operator=name, arguments=arguments) if EXPRESSIONS[name].shape.named:
            required = EXPRESSIONS[name].shape.required
            return in_one_form(NamedOperation(name, tuple(zip(required, arguments, strict=True))))
        case NamedOperation(operator=name, arguments=arguments):
            return NamedOperation(name, tuple(sorted(arguments, key=lambda pair: pair[0])))
        case Accumulator() | WindowOutput():
            argument = node.argument
            if isinstance(argument, ObjectExpression):
                ordered = tuple(sorted(argument.items, key=lambda pair: pair[0]))
                return replace(node, argument=ObjectExpression(ordered))
    return node
