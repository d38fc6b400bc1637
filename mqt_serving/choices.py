"""Readings of a question made ready to run and to show, and their rows made ready to leave.

Everything that leaves goes through here: each command passes the guard, each row loses the
private fields that came along in a whole document. Depends on the query language only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from mqt_serving.answers import CheckedQuery, Choice, Table
from mqt_serving.errors import RaiseError
from mqt_serving.privacy import private_paths, without_paths
from mqt_serving.query.checking.command_checking import check_command
from mqt_serving.query.checking.notes import Note
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import (
    render_json,
    render_mongosh,
    render_node,
    render_pymongo,
)
from mqt_serving.query.execution import to_json
from mqt_serving.query.explanation import explain, explain_command
from mqt_serving.query.guarding.guard import check
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.pipeline import Aggregate, Command, Find, Lookup, Project, Stage
from mqt_serving.query.plan import Plan
from mqt_serving.query.raising.commands import raise_command
from mqt_serving.schema import Catalog


def choice_of_plan(plan: Plan, probability: float, catalog: Catalog, policy: Policy) -> Choice:
    """The plan with its literals as they are stored, lowered and guarded.

    Raises `TypeMismatch`, `UnknownField` and `UnknownCollection` when the plan doesn't fit the
    data, `PlanError` when it can't be lowered, `QueryRefused` when policy forbids it.
    """
    checked = check_plan(plan, catalog)
    command = lower(checked.plan, catalog)
    return _choice(command, checked.plan, probability, catalog, policy, checked.notes)


def choice_of_command(
    command: Command, plan: Plan | None, catalog: Catalog, policy: Policy
) -> Choice:
    """A query that a person stands behind: probability 1, literals as they are stored.

    Raises `TypeMismatch` for an expression that no document could make right.
    """
    check(command, catalog, policy)  # first: nothing is told about fields that are refused
    checked = check_command(command, catalog)
    return _choice(checked.command, plan, 1.0, catalog, policy, checked.notes)


def check_text(
    text: str, catalog: Catalog, policy: Policy, now: datetime | None = None
) -> CheckedQuery:
    """Parse, guard and check what a person wrote; its literals become what is stored.

    `now` is what `new Date()` means in it.
    Raises `QueryError` (with line and column), `QueryNotReadOnly`, `QueryRefused`,
    `UnknownCollection`, `TypeMismatch`.
    """
    command = parse_query(text, now)
    check(command, catalog, policy)  # before raising: a refused query gets no explanation
    checked = check_command(command, catalog)
    try:
        plan = raise_command(checked.command, catalog)
    except RaiseError:
        plan = None
    choice = _choice(checked.command, plan, 1.0, catalog, policy, checked.notes)
    return CheckedQuery(database=catalog.database, choice=choice, learnable=plan is not None)


def table_of(
    rows: Sequence[Mapping[str, Any]], truncated: bool, command: Command, catalog: Catalog
) -> Table:
    """Rows as JSON values, without private fields, in the order in which the query names them."""
    hidden = hidden_paths(command, catalog)
    shown = [without_paths(row, hidden) for row in rows]
    present = dict.fromkeys(key for row in shown for key in row)
    named = [name for name in _named_columns(command) if name in present]
    columns = tuple(dict.fromkeys([*named, *present]))
    return Table(
        columns=columns,
        rows=tuple({c: to_json(row[c]) for c in columns if c in row} for row in shown),
        truncated=truncated,
    )


def hidden_paths(command: Command, catalog: Catalog) -> frozenset[str]:
    """Paths of private fields in result rows: of the collection, and of what it looks up."""
    root = catalog.by_name.get(command.collection)
    paths = set(private_paths(root)) if root else set()
    if isinstance(command, Aggregate):
        paths.update(_looked_up(command.stages, catalog, ""))
    return frozenset(paths)


def _named_columns(command: Command) -> list[str]:
    """Top-level names of the last projection.

    MongoDB returns kept fields before computed ones, whatever order the projection has.
    """
    projections: list[Project] = []
    if isinstance(command, Find) and command.projection is not None:
        projections = [command.projection]
    elif isinstance(command, Aggregate):
        projections = [stage for stage in command.stages if isinstance(stage, Project)]
    if not projections:
        return []
    return [name.split(".")[0] for name, value in projections[-1].items if value is not False]


def _looked_up(stages: Sequence[Stage], catalog: Catalog, prefix: str) -> Iterator[str]:
    for stage in stages:
        if not isinstance(stage, Lookup):
            continue
        inside = f"{prefix}{stage.name}."
        schema = catalog.by_name.get(stage.collection)
        if schema is not None:
            yield from (inside + path for path in private_paths(schema))
        yield from _looked_up(stage.stages or (), catalog, inside)


def _choice(
    command: Command,
    plan: Plan | None,
    probability: float,
    catalog: Catalog,
    policy: Policy,
    notes: Sequence[Note] = (),
) -> Choice:
    check(command, catalog, policy)
    return Choice(
        plan=plan,
        command=command,
        mongosh=render_mongosh(command),
        pymongo=render_pymongo(command),
        node=render_node(command),
        extended_json=render_json(command),
        meaning=explain(plan, catalog) if plan is not None else explain_command(command),
        probability=probability,
        notes=tuple(notes),
    )
