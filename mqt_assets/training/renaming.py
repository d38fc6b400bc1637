"""Plans over one schema as plans over another whose things are called otherwise. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from mqt_serving.query.plan import Entity, Field

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
