"""What types cannot forbid: unknown and system collections, private fields, size and cost.

`check` returns the command that may run: private fields removed, rows limited. It decides from
the catalog alone and never touches a database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from bson import Regex

from mqt_serving.errors import QueryRefused, UnknownCollection
from mqt_serving.query.limits import Limits
from mqt_serving.query.operators import suggestion
from mqt_serving.query.pipeline import (
    Aggregate,
    Command,
    Count,
    CountDocuments,
    Distinct,
    EstimatedDocumentCount,
    Find,
    GraphLookup,
    Limit,
    LiteralExpression,
    Lookup,
    NamedOperation,
    Stage,
    UnionWith,
    VariableExpression,
)
from mqt_serving.query.privacy import without_private_fields
from mqt_serving.query.regex_safety import danger
from mqt_serving.schema import Catalog

__all__ = ["Limits", "check"]

_STAGES = Stage.__args__
_READING = (
    Find, Aggregate, CountDocuments, EstimatedDocumentCount, Distinct, Lookup, GraphLookup,
    UnionWith,
)  # fmt: skip
_SYSTEM_VARIABLES = frozenset({"ROOT", "CURRENT", "NOW", "REMOVE", "DESCEND", "PRUNE", "KEEP"})


def check(
    command: Command, catalog: Catalog | None = None, limits: Limits | None = None
) -> Command:
    """The command that may run, with private fields removed and its rows limited.

    One row more than `limits.max_rows` is let through, so that execution can tell that rows were
    cut. Without a catalog, collections and fields are not checked. Checking twice changes
    nothing. Raises QueryRefused and UnknownCollection.
    """
    limits = limits or Limits()
    _check_size(command, limits)
    _check_values(command, limits)
    for collection in _collections(command):
        _check_collection(collection, catalog)
    if catalog is not None:
        command = without_private_fields(command, catalog)
    return _with_row_limit(command, limits.max_rows + 1)


# ---------------------------------------------------------------- collections


def _collections(command: Command) -> Iterator[str]:
    for node, _ in _walk(command):
        if isinstance(node, _READING):
            yield node.collection


def _check_collection(name: str, catalog: Catalog | None) -> None:
    if not name or name.startswith("system.") or "$" in name or "\0" in name:
        raise QueryRefused(f"{name!r} is not a collection of the user's data: it is not read.")
    if catalog is not None and name not in catalog.by_name:
        near = suggestion(name, catalog.by_name)
        known = ", ".join(list(catalog.by_name)[:20]) or "none"
        hint = f"Did you mean {near}?" if near else f"Known are: {known}."
        raise UnknownCollection(f"There is no collection {name} in {catalog.database}. {hint}")


# --------------------------------------------------------------- size, values


def _walk(root: object) -> Iterator[tuple[Any, int]]:
    """Every node and value of a tree with its depth, without recursion."""
    pending: list[tuple[object, int]] = [(root, 1)]
    while pending:
        node, depth = pending.pop()
        yield node, depth
        if is_dataclass(node):
            pending.extend((getattr(node, field.name), depth + 1) for field in fields(node))
        elif isinstance(node, tuple):
            # A tuple is a list of its parent, not a level of its own.
            pending.extend((item, depth) for item in node)


def _check_size(command: Command, limits: Limits) -> None:
    stages = 0
    for nodes, (node, depth) in enumerate(_walk(command), start=1):
        stages += isinstance(node, _STAGES)
        if depth > limits.max_depth:
            raise QueryRefused(
                f"The query is nested deeper than {limits.max_depth} levels: simplify it."
            )
        if nodes > limits.max_nodes:
            raise QueryRefused(f"The query has more than {limits.max_nodes:,} parts: shorten it.")
        if stages > limits.max_stages:
            raise QueryRefused(
                f"The query has more than {limits.max_stages} stages, sub-pipelines included."
            )


def _check_values(command: Command, limits: Limits) -> None:
    for node, _ in _walk(command):
        match node:
            case str() if "\0" in node:
                raise QueryRefused("Text in a query cannot contain a zero character.")
            case str() if len(node) > limits.max_text_length:
                raise QueryRefused(
                    f"A text of {len(node):,} characters is longer than the "
                    f"{limits.max_text_length:,} allowed."
                )
            case tuple() if len(node) > limits.max_values:
                raise QueryRefused(
                    f"A list of {len(node):,} items is longer than the {limits.max_values:,} "
                    "allowed."
                )
            case int() if not -(2**63) <= node < 2**63:
                raise QueryRefused(f"{node} does not fit the 64 bits of a MongoDB integer.")
            case Regex(pattern=pattern):
                _check_regex(str(pattern), limits)
            case NamedOperation(operator=operator, arguments=arguments) if "regex" in operator:
                _check_regex_argument(operator, dict(arguments).get("regex"), limits)
            case VariableExpression(name=name):
                _check_variable(name.partition(".")[0])


def _check_regex_argument(operator: str, argument: object, limits: Limits) -> None:
    match argument:
        case LiteralExpression(value=str(pattern)):
            _check_regex(pattern, limits)
        case LiteralExpression(value=Regex()):
            return  # walked to on its own
        case _:
            raise QueryRefused(
                f"The regex of {operator} is computed from data, so its cost cannot be judged: "
                "write it out."
            )


def _check_regex(pattern: str, limits: Limits) -> None:
    shown = pattern if len(pattern) <= 60 else pattern[:57] + "..."
    if len(pattern) > limits.max_regex_length:
        raise QueryRefused(
            f"The regular expression {shown} has {len(pattern)} characters; at most "
            f"{limits.max_regex_length} are allowed."
        )
    reason = danger(pattern)
    if reason is not None:
        raise QueryRefused(f"The regular expression {shown} could run without end: {reason}.")


def _check_variable(name: str) -> None:
    if name[:1].isupper() and name not in _SYSTEM_VARIABLES:
        raise QueryRefused(
            f"$${name} is not a variable that queries may read "
            f"(known are {', '.join(sorted(_SYSTEM_VARIABLES))})."
        )


# ----------------------------------------------------------------------- rows


def _with_row_limit(command: Command, rows: int) -> Command:
    match command:
        case Find(limit=limit):
            return replace(command, limit=rows if limit is None else min(limit, rows))
        case Aggregate(stages=(*_, Count())):
            return command
        case Aggregate(stages=(*_, Limit(count=count))) if count <= rows:
            return command
        case Aggregate(stages=stages):
            return replace(command, stages=(*stages, Limit(rows)))
        case _:
            return command
