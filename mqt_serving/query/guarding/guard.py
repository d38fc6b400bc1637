"""What types cannot forbid: collections, fields and documents out of bounds, size and cost.

`check` returns the command that may run: hidden fields removed, mandatory filters added, rows
limited. It decides from the catalog and the policy alone and never touches a database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from bson import Regex

from mqt_serving.errors import QueryRefused, UnknownCollection
from mqt_serving.query.guarding.growth import check_growth
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.query.guarding.reads import collections_read
from mqt_serving.query.guarding.regex_safety import danger
from mqt_serving.query.guarding.spelling import deception
from mqt_serving.query.guarding.views import through_views
from mqt_serving.query.operators import suggestion
from mqt_serving.query.pipeline import (
    Aggregate,
    Command,
    Count,
    ElementMatch,
    FieldTest,
    Find,
    Limit,
    LiteralExpression,
    NamedOperation,
    Project,
    Stage,
    VariableExpression,
)
from mqt_serving.schema import Catalog

__all__ = ["Limits", "Policy", "check"]

_STAGES = Stage.__args__
_SYSTEM_VARIABLES = frozenset({"ROOT", "CURRENT", "NOW", "REMOVE", "DESCEND", "PRUNE", "KEEP"})


def check(
    command: Command, catalog: Catalog | None = None, policy: Policy | None = None
) -> Command:
    """The command that may run under `policy`, by default one that hides private fields only.

    One row more than `limits.max_rows` is let through, so that execution can tell that rows were
    cut. Without a catalog, collections are not checked against it and only the policy hides
    fields. Checking twice changes nothing. Raises QueryRefused and UnknownCollection.
    """
    policy = policy or Policy()
    limits = policy.limits
    _check_size(command, limits)
    _check_values(command, limits)
    check_growth(command, limits.max_growth)
    _check_names(command, catalog)
    for collection in collections_read(command):
        _check_collection(collection, catalog, policy)
    return _with_row_limit(through_views(command, catalog, policy), limits.max_rows + 1)


# ---------------------------------------------------------------- collections


def _check_collection(name: str, catalog: Catalog | None, policy: Policy) -> None:
    if not name or name.startswith("system.") or "$" in name or "\0" in name:
        raise QueryRefused(f"{name!r} is not a collection of the user's data: it is not read.")
    if policy.of(name) is None:  # said of a collection that does not exist, too
        allowed = ", ".join(sorted(collection for collection, _ in policy.collections)) or "none"
        raise QueryRefused(
            f"The collection {name} may not be read. Those that you may read are: {allowed}."
        )
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
            case Regex(pattern=pattern, flags=flags):
                _check_regex(str(pattern), "x" if flags & re.VERBOSE else "", limits)
            case NamedOperation(operator=operator, arguments=arguments) if "regex" in operator:
                named = dict(arguments)
                options = _constant_options(operator, named.get("options"))
                _check_regex_argument(operator, named.get("regex"), options, limits)
            case VariableExpression(name=name):
                _check_variable(name.partition(".")[0])


def _check_names(command: Command, catalog: Catalog | None) -> None:
    known: frozenset[str] | None = None
    for name in _names(command):
        if _is_plain(name):
            continue
        if known is None:
            known = _known_parts(catalog)
        reason = deception(name, known)
        if reason is not None:
            raise QueryRefused(f"The name {name!r} {reason}.")


_PLAIN = re.compile(r"[ -#%-~]+")
"""Printable ASCII without the dollar."""


def _is_plain(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None and all(name.split("."))


def _known_parts(catalog: Catalog | None) -> frozenset[str]:
    schemas = catalog.collections if catalog else ()
    paths = [path for schema in schemas for path in (schema.collection, *schema.by_path)]
    return frozenset(part for path in paths for part in path.split("."))


_NOT_NAMES = frozenset(
    {
        "value", "operator", "search", "language", "kind", "unit", "low", "high", "granularity",
        "keyword", "bounds", "boundaries",
    }
)  # fmt: skip
"""What attributes of nodes hold text that names nothing."""


def _names(node: Any) -> Iterator[str]:
    """Names of fields, variables and collections anywhere in a tree; literals hold none."""
    match node:
        case str():
            yield node
        case tuple():
            for item in node:
                yield from _names(item)
        case Find(projection=Project(items=items)):
            # The element that the filter matched is projected as `path.$`.
            plain = tuple((name.removesuffix(".$"), item) for name, item in items)
            yield from _names(plain)
            yield from _names(replace(node, projection=None))
        case ElementMatch(path="", filter=inner):
            yield from _names(inner)
        case FieldTest(path=""):
            return
        case _ if is_dataclass(node):
            for field in fields(node):
                if field.name not in _NOT_NAMES:
                    yield from _names(getattr(node, field.name))


def _constant_options(operator: str, options: object) -> str:
    match options:
        case None | LiteralExpression(value=None):
            return ""
        case LiteralExpression(value=str(text)):
            return text
        case _:
            raise QueryRefused(
                f"The options of {operator} are computed from data, so its cost cannot be judged: "
                "write them out."
            )


def _check_regex_argument(operator: str, argument: object, options: str, limits: Limits) -> None:
    match argument:
        case LiteralExpression(value=str(pattern)):
            _check_regex(pattern, options, limits)
        case LiteralExpression(value=Regex(pattern=pattern)):
            _check_regex(str(pattern), options, limits)
        case _:
            raise QueryRefused(
                f"The regex of {operator} is computed from data, so its cost cannot be judged: "
                "write it out."
            )


def _check_regex(pattern: str, options: str, limits: Limits) -> None:
    shown = pattern if len(pattern) <= 60 else pattern[:57] + "..."
    if len(pattern) > limits.max_regex_length:
        raise QueryRefused(
            f"The regular expression {shown} has {len(pattern)} characters; at most "
            f"{limits.max_regex_length} are allowed."
        )
    reason = danger(pattern, options)
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
