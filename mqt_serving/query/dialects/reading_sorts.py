"""Positioned nodes as sort orders."""

from __future__ import annotations

from mqt_serving.query.dialects.reading import (
    checked_name,
    constant_of,
    object_of,
    only_keys,
    shown,
)
from mqt_serving.query.dialects.syntax import Entry, Node, ObjectNode, Scalar
from mqt_serving.query.pipeline import SORT_META, Meta, Sort


def read_sort(node: Node) -> Sort:
    document = object_of(node, "A sort")
    if not document.entries:
        raise node.position.error("A sort needs at least one field")
    return Sort(tuple(_sort_key(entry) for entry in document.entries))


def _sort_key(entry: Entry) -> tuple[str, int | Meta]:
    name = checked_name(entry.key, "A sort field", entry.position)
    if isinstance(entry.value, ObjectNode):
        only_keys(entry.value, "A sort", ["$meta"], [])
        return name, Meta(constant_of(entry.value.get("$meta") or entry.value, "$meta", SORT_META))
    value = entry.value.value if isinstance(entry.value, Scalar) else None
    if isinstance(value, bool) or value not in (1, -1):
        raise entry.value.position.error(
            f"{name} must be 1 (ascending) or -1 (descending), not {shown(entry.value)}"
        )
    return name, 1 if value == 1 else -1
