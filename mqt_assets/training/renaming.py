"""Plans over one schema as plans over another that calls and keeps things otherwise. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from mqt_serving.query.literals import fit, is_flag
from mqt_serving.query.plan import Compare, Entity, Field
from mqt_serving.schema import Catalog

_Node = TypeVar("_Node")


def renamed(node: _Node, called: Mapping[str, str]) -> _Node:
    """`node` with each `collection` and `collection.path` that `called` names called so."""
    if isinstance(node, Entity | Field):
        written = f"{node.collection}.{node.path}" if node.path else node.collection
        collection, _, path = called.get(written, written).partition(".")
        return type(node)(collection, path)
    if isinstance(node, tuple):
        return tuple(renamed(part, called) for part in node)  # type: ignore[return-value]
    if is_dataclass(node) and not isinstance(node, type):
        changed = {f.name: renamed(getattr(node, f.name), called) for f in fields(node)}
        return replace(node, **changed)
    return node


def with_flags_as_kept(node: _Node, catalog: Catalog) -> _Node:
    """`node` with tests for true and false as tests for what the fields keep: "Y", "F"."""
    match node:
        case Compare(left=Field(collection, path), right=bool() as right):
            schema = catalog.field(collection, path)
            if schema is not None and is_flag(schema):
                return replace(node, right=fit(right, schema))
        case tuple():
            return tuple(with_flags_as_kept(part, catalog) for part in node)  # type: ignore[return-value]
    if is_dataclass(node) and not isinstance(node, type):
        parts = {f.name: with_flags_as_kept(getattr(node, f.name), catalog) for f in fields(node)}
        return replace(node, **parts)
    return node
