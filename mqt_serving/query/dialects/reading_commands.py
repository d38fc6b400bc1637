"""Positioned nodes as the parts of commands: filter, fields to show, order, counts, collation."""

from __future__ import annotations

from mqt_serving.query.collation import OPTIONS, Collation
from mqt_serving.query.dialects.reading import (
    flag_of,
    name_of,
    object_of,
    only_keys,
    shown,
    text_of,
    whole_of,
)
from mqt_serving.query.dialects.reading_expressions import read_projection
from mqt_serving.query.dialects.reading_filters import read_filter
from mqt_serving.query.dialects.reading_sorts import read_sort
from mqt_serving.query.dialects.syntax import Entry, ListNode, Node, ObjectNode, Position, Scalar
from mqt_serving.query.pipeline import AllOf, Filter, Project, Sort

_DIRECTIONS = {"asc": 1, "ascending": 1, "desc": -1, "descending": -1}
_FLAGS = frozenset({"caseLevel", "numericOrdering", "backwards", "normalization"})


def read_condition(node: Node | None) -> Filter:
    """A filter; none and null match everything."""
    return AllOf(()) if _is_absent(node) or node is None else read_filter(node)


def read_fields(node: Node | None) -> Project | None:
    """The projection of a find: an object, or a list of the fields to show."""
    if node is None or _is_absent(node):
        return None
    if isinstance(node, ListNode):
        names = [name_of(item, "A field to show") for item in node.items]
        return Project(tuple((name, True) for name in dict.fromkeys(names))) if names else None
    return read_projection(node, positional=True)


def read_order(node: Node | None, direction: Node | None = None) -> Sort | None:
    """A sort order: `{a: 1}`, `"a"` with a direction, or a list of `["a", -1]` and `"a"`."""
    if node is None or _is_absent(node):
        return None
    match node:
        case Scalar(value=str()):
            entries = [_key(node, direction)]
        case ListNode(items=(Scalar(value=str()) as name, Scalar(value=int()) as way)):
            entries = [_key(name, way)]
        case ListNode(items=items):
            entries = [_listed(item) for item in items]
        case _:
            entries = [
                Entry(entry.key, entry.position, _direction(entry.value))
                for entry in object_of(node, "A sort").entries
            ]
    seen: set[str] = set()
    for entry in entries:
        if entry.key in seen:
            raise entry.position.error(f"{entry.key} stands twice in the sort")
        seen.add(entry.key)
    return read_sort(ObjectNode(tuple(entries), node.position)) if entries else None


def _listed(item: Node) -> Entry:
    match item:
        case ListNode(items=(name, way)):
            return _key(name, way)
        case ListNode(items=(name,)):
            return _key(name, None)
        case Scalar():
            return _key(item, None)
        case _:
            raise item.position.error(
                f'A sort is a list of ("field", direction), not of {shown(item)}'
            )


def _key(name: Node, way: Node | None) -> Entry:
    direction = Scalar(1, name.position) if way is None else _direction(way)
    return Entry(text_of(name, "A sort field"), name.position, direction)


def _direction(node: Node) -> Node:
    """`"desc"` and its like, which the Node.js driver takes, as numbers."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return Scalar(_DIRECTIONS.get(node.value.lower(), node.value), node.position)
    return node


def read_count(node: Node | None, what: str) -> int | None:
    """A limit or how many to skip; zero and null are none."""
    return None if node is None or _is_null(node) else whole_of(node, what, 0) or None


def read_collation(node: Node | None) -> Collation | None:
    if node is None or _is_null(node):
        return None
    document = object_of(node, "A collation")
    only_keys(document, "A collation", ["locale"], [key for key in OPTIONS if key != "locale"])
    values = {OPTIONS[entry.key]: _collation_value(entry) for entry in document.entries}
    try:
        return Collation(**values)  # type: ignore[arg-type]
    except ValueError as error:
        raise _at_fault(document, str(error)).error(str(error)) from error


def _collation_value(entry: Entry) -> str | int | bool:
    if entry.key in _FLAGS:
        return flag_of(entry.value, entry.key)
    if entry.key == "strength":
        return whole_of(entry.value, entry.key, 1)
    return text_of(entry.value, entry.key)


def _at_fault(document: ObjectNode, message: str) -> Position:
    """Where the option stands that a message begins with."""
    option = message.split(" ", 1)[0]
    found = [entry.position for entry in document.entries if entry.key == option]
    return found[0] if found else document.position


def _is_absent(node: Node | None) -> bool:
    return node is None or _is_null(node) or (isinstance(node, ObjectNode) and not node.entries)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None
