"""What no tree can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mqt_serving.query.operators import suggestion


def require_operator(name: str, table: Mapping[str, object]) -> None:
    """ValueError, with the nearest name, for an operator that is not in the table."""
    if name not in table:
        near = suggestion(name, table)
        raise ValueError(f"unknown operator {name}" + (f": did you mean {near}?" if near else ""))


def refuse_dollar_keys(keys: Sequence[str]) -> None:
    """ValueError for a key that would be an operator."""
    for key in keys:
        if key.startswith("$"):
            raise ValueError(f"the key {key!r} starts with a dollar: operators have nodes")


def require_items(items: Sequence[object], operator: str) -> None:
    """ValueError where there is nothing."""
    if not items:
        raise ValueError(f"{operator} needs at least one filter")
