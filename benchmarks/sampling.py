"""A part of many things that stands for the whole. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def evenly(items: Sequence[Item], most: int | None) -> Sequence[Item]:
    """At most `most` items (None: all) at even distances, in their order, the same every time."""
    if most is None or len(items) <= most:
        return items
    return [items[at * len(items) // most] for at in range(most)]
