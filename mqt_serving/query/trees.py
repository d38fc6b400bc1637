"""Plans and commands as trees of dataclasses and tuples: built anew with some parts changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

_Node = TypeVar("_Node")


def rebuilt(node: _Node, change: Callable[[object], object]) -> _Node:
    """The node with `change` made to it and all inside it, outermost first.

    What `change` gives something else for is not looked into any further.
    """
    changed = change(node)
    if changed is not node:
        return changed  # type: ignore[return-value]
    if isinstance(node, tuple):
        return tuple(rebuilt(part, change) for part in node)  # type: ignore[return-value]
    if is_dataclass(node) and not isinstance(node, type):
        return replace(
            node, **{f.name: rebuilt(getattr(node, f.name), change) for f in fields(node)}
        )
    return node
