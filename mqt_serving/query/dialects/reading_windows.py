"""Positioned nodes as the stages that look at neighbouring rows: windows, gaps and fillings."""

from __future__ import annotations

from mqt_serving.query.dialects.reading import (
    checked_name,
    constant_of,
    list_of,
    name_of,
    number_of,
    object_of,
    only_keys,
    read_value,
    shown,
    stage_options,
    text_of,
    unknown_operator,
)
from mqt_serving.query.dialects.reading_expressions import read_argument, read_expression
from mqt_serving.query.dialects.reading_sorts import read_sort
from mqt_serving.query.dialects.syntax import Entry, ListNode, Node, ObjectNode, Scalar
from mqt_serving.query.operators import WINDOW_FUNCTIONS, Kind
from mqt_serving.query.pipeline import (
    CURRENT,
    FILL_METHODS,
    UNBOUNDED,
    Bound,
    Densify,
    Expression,
    Fill,
    ObjectExpression,
    SetWindowFields,
    Sort,
    Stage,
    Value,
    Window,
    WindowOutput,
)

UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond")


def read_window_fields(node: Node) -> Stage:
    document = stage_options(node, "$setWindowFields")
    outputs = object_of(document.get("output") or node, "output")
    if not outputs.entries:
        raise outputs.position.error("$setWindowFields needs at least one output")
    partition = document.get("partitionBy")
    return SetWindowFields(
        tuple(_output(entry) for entry in outputs.entries),
        None if partition is None else read_expression(partition),
        _sort(document),
    )


def _output(entry: Entry) -> WindowOutput:
    name = checked_name(entry.key, "An output", entry.position)
    document = object_of(entry.value, name)
    functions = [inner for inner in document.entries if inner.key != "window"]
    if len(functions) != 1:
        raise document.position.error(f"{name} needs one function, such as {{$sum: 1}}")
    function = functions[0]
    if function.key not in WINDOW_FUNCTIONS:
        raise unknown_operator(function.key, Kind.WINDOW_FUNCTION, function.position)
    window = document.get("window")
    return WindowOutput(
        name, function.key, _argument(function), None if window is None else _window(window)
    )


def _argument(function: Entry) -> Expression:
    shape = WINDOW_FUNCTIONS[function.key].shape
    if shape.most == 0:
        if object_of(function.value, function.key).entries:
            raise function.value.position.error(f"{function.key} takes no argument: write {{}}")
        return ObjectExpression(())
    if shape.named:
        only_keys(
            object_of(function.value, function.key), function.key, shape.required, shape.optional
        )
    several = shape.most is not None and shape.most > 1
    if isinstance(function.value, ListNode) is not several:
        wanted = f"a list of {shape.most} expressions" if several else "one expression"
        raise function.value.position.error(
            f"{function.key} takes {wanted}, not {shown(function.value)}"
        )
    return read_argument(function.value)


def _window(node: Node) -> Window | None:
    document = object_of(node, "window")
    only_keys(document, "window", [], ["documents", "range", "unit"])
    documents, span = document.get("documents"), document.get("range")
    unit = document.get("unit")
    if documents is None and span is None and unit is None:
        return None
    if (documents is None) == (span is None):
        raise node.position.error("A window has either documents or a range: [low, high]")
    bounds = list_of(documents or span or node, "A window").items
    if len(bounds) != 2:
        raise node.position.error("A window has two ends: [low, high]")
    return Window(
        "range" if documents is None else "documents",
        _bound(bounds[0]),
        _bound(bounds[1]),
        None if unit is None else constant_of(unit, "unit", UNITS),
    )


def _bound(node: Node) -> Bound:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return constant_of(node, "The end of a window", (UNBOUNDED, CURRENT))
    return number_of(node, "The end of a window")


def read_densify(node: Node) -> Stage:
    document = stage_options(node, "$densify")
    span = object_of(document.get("range") or node, "range")
    only_keys(span, "range", ["step", "bounds"], ["unit"])
    unit = span.get("unit")
    return Densify(
        path=name_of(document.get("field") or node, "field"),
        step=number_of(span.get("step") or node, "step"),
        bounds=_bounds(span.get("bounds") or node),
        unit=None if unit is None else constant_of(unit, "unit", UNITS),
        partition=_names(document.get("partitionByFields")),
    )


def _bounds(node: Node) -> str | tuple[Value, Value]:
    if not isinstance(node, ListNode):
        return constant_of(node, "bounds", ("full", "partition"))
    if len(node.items) != 2:
        raise node.position.error("bounds are full, partition or two values: [low, high]")
    return read_value(node.items[0]), read_value(node.items[1])


def read_fill(node: Node) -> Stage:
    document = stage_options(node, "$fill")
    outputs = object_of(document.get("output") or node, "output")
    if not outputs.entries:
        raise outputs.position.error("$fill needs at least one field")
    partition, fields = document.get("partitionBy"), document.get("partitionByFields")
    if partition is not None and fields is not None:
        raise node.position.error("$fill takes partitionBy or partitionByFields, not both")
    return Fill(
        tuple(_filling(entry) for entry in outputs.entries),
        (_names(fields) or None) if partition is None else read_expression(partition),
        _sort(document),
    )


def _filling(entry: Entry) -> tuple[str, str | Expression]:
    name = checked_name(entry.key, "A field to fill", entry.position)
    document = object_of(entry.value, name)
    only_keys(document, name, [], ["value", "method"])
    method, value = document.get("method"), document.get("value")
    if (method is None) == (value is None):
        raise document.position.error(f"{name} needs a value or a method ({FILL_METHODS})")
    if method is not None:
        return name, constant_of(method, "method", FILL_METHODS)
    return name, read_expression(value or document)


def _names(node: Node | None) -> tuple[str, ...]:
    items = () if node is None else list_of(node, "partitionByFields").items
    return tuple(checked_name(text_of(i, "A field"), "A field", i.position) for i in items)


def _sort(document: ObjectNode) -> Sort | None:
    keys = document.get("sortBy")
    return None if keys is None else read_sort(keys)
