"""The plan of everything that the stages of a pipeline have made of the documents.

Columns become outputs, and entities that were unwound without being shown the rows they give.
Used by the `raising` modules only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mqt_serving.errors import PlanError, RaiseError
from mqt_serving.query import graph, naming
from mqt_serving.query.lowering.plans import has_row_aggregates, joins_of
from mqt_serving.query.lowering.predicates import aggregates_of, conjuncts, fields_in, leaves
from mqt_serving.query.plan import (
    Compare,
    Entity,
    Field,
    Order,
    Output,
    Plan,
    Predicate,
    Related,
    Shown,
    Top,
)
from mqt_serving.query.raising.combining import all_of
from mqt_serving.query.raising.scope import (
    Binding,
    Fields,
    Known,
    OverGroups,
)
from mqt_serving.query.raising.state import State
from mqt_serving.query.raising.values import as_values, entities_in


def plan_of(state: State) -> Plan:
    """The plan of everything so far."""
    group_by = state.grouping.keys if state.grouping is not None else ()
    columns = _columns(state)
    distinct = state.distinct
    values = [value for _, value in columns]
    if state.grouping is not None and not group_by and not all(map(_is_total, values)):
        raise RaiseError("first-of-all", "a value of any one of all rows, beside their totals")
    if group_by and set(values) == set(group_by) and not _uses_aggregates(state):
        group_by, distinct = (), True
    plan = Plan(
        tuple(Output(value) for value in values),
        all_of(_needed_tests(state)),
        group_by,
        all_of(state.having),
        state.order,
        state.limit,
        state.skip,
        distinct,
        optional=tuple(state.optional),
        per=state.per,
    )
    if state.beside and not _uses_subquery(state):
        raise RaiseError("idle-sub-query", "rows beside a single row that do not use it")
    plan = _with_joins(state, plan)
    plan = _with_totals_of_rows(state, plan)
    _check_tops(state, plan)
    return _with_aliases(plan, [name for name, _ in columns])


def _is_total(value: Shown) -> bool:
    return not isinstance(value, Entity) and not fields_in(value)


def _with_totals_of_rows(state: State, plan: Plan) -> Plan:
    """Totals for each row with nothing of the row shown: its order says that they are of rows.

    Without, they would be totals of all rows; of a single document these are the same.
    """
    values = (output.value for output in plan.outputs)
    totals = any(aggregates_of(value) for value in values if not isinstance(value, Entity))
    if state.grouping is not None or not totals or has_row_aggregates(plan):
        return plan
    if state.rows_entity() == Entity(state.collection) and state.is_one_document():
        return plan
    cut = (plan.limit is not None or plan.skip is not None) and not plan.order_by
    key = _field_of_rows(state)
    if cut or plan.distinct or key is None:
        raise RaiseError("lone-row-aggregate", "a total for each row, and nothing of the row")
    return replace(plan, order_by=(*plan.order_by, Order(key)))


def _field_of_rows(state: State) -> Field | None:
    """A field of what the rows are of, that tells them apart if any does."""
    entity = state.rows_entity()
    schema = state.catalog.by_name[entity.collection]
    fields = [
        found
        for found in schema.values
        if not found.private and (found.arrays[-1] if found.arrays else "") == entity.path
    ]
    best = max(fields, key=lambda each: (each.path == "_id", each.distinct), default=None)
    return None if best is None else Field(entity.collection, best.path)


def _uses_subquery(state: State) -> bool:
    tests = (leaf for test in (*state.where, *state.having) for leaf in leaves(test))
    return any(isinstance(leaf, Compare) and isinstance(leaf.right, Plan) for leaf in tests)


def _check_tops(state: State, plan: Plan) -> None:
    anchor = joins_of(plan, state.catalog).anchor
    for test in state.where:
        if isinstance(test, Top) and test.entity.collection != anchor.collection:
            raise RaiseError("top-elsewhere", "the first of several, shown by other documents")


def _needed_tests(state: State) -> list[Predicate]:
    """All tests, but for those on any row that a test on each row includes."""
    implied = [
        test
        for test in state.where
        if isinstance(test, Related) and not test.negated and test.where in state.where
    ]
    return [test for test in state.where if test not in implied]


def _with_joins(state: State, plan: Plan) -> Plan:
    """Entities that were unwound and then not used: their rows had to be there."""
    try:
        reached = joins_of(plan, state.catalog).entities
    except PlanError as error:
        raise RaiseError("unconnected", str(error)) from error
    tested = {entity for test in state.where for entity in entities_in(test, state.catalog)}
    used = {above for e in tested for above in graph.with_parents(e, state.catalog)} | reached
    idle = [e for e in state.joined if e not in used and e not in state.optional]
    held = {above for e in idle for above in graph.with_parents(e, state.catalog)[1:]}
    if state.grouping is None and not plan.distinct and _multiplies(state, plan):
        return replace(plan, rows=state.rows_entity())
    needed = [Related(entity) for entity in idle if entity not in held]
    return replace(plan, where=all_of([*conjuncts(plan.where), *needed])) if needed else plan


def _multiplies(state: State, plan: Plan) -> bool:
    """Whether rows repeat what the plan shows, once for each of what was unwound."""
    try:
        repeated = joins_of(replace(plan, rows=state.rows_entity()), state.catalog)
        return repeated.anchor != joins_of(plan, state.catalog).anchor
    except PlanError:
        return False


def _uses_aggregates(state: State) -> bool:
    return bool(state.having) or any(aggregates_of(o.by) for o in state.order)


def _columns(state: State) -> list[tuple[str, Shown]]:
    base = state.environment.base
    if base is not None:
        if state.environment.names or state.environment.hidden - {"_id"}:
            raise RaiseError("whole-and-more", "whole documents with fields added or left out")
        return [("", Entity(base.collection, base.path))]
    columns: list[tuple[str, Shown]] = []
    for name, binding in state.environment.names.items():
        columns.extend(_column(state, name, binding))
    if not columns:
        raise RaiseError("no-output", "nothing is shown")
    return columns


def _followed(state: State) -> set[Entity]:
    """Documents looked up, of which each row has at most one."""
    upward = (edge.target for edge in state.looked_up if edge.is_upward)
    return {entity for entity in upward if entity not in state.joined}


def _column(state: State, name: str, binding: Binding) -> list[tuple[str, Shown]]:
    if isinstance(binding, Fields):
        if not binding.members:
            raise RaiseError("null-key", "the null key of a group is shown")
        return [
            column
            for member, inner in binding.members.items()
            for column in _column(state, f"{name}.{member}", inner)
        ]
    value = as_values(binding, state.catalog)
    if isinstance(value, OverGroups):
        return [(name, value.value)]
    if not isinstance(value, Known):
        raise RaiseError("object-output", f"{name!r} is no single value")
    for field in fields_in(value.operand):
        entity = graph.entity_of(field, state.catalog)
        if state.grouping is None and entity in _followed(state):
            state.optional.setdefault(entity)
        elif state.grouping is None and entity not in state.joined:
            raise RaiseError("array-output", f"{name!r} is an array in each row")
    return [(name, value.operand)]


def _with_aliases(plan: Plan, names: Sequence[str]) -> Plan:
    """Aliases only where the convention would give another name."""
    if len(names) == 1 and not names[0]:
        return plan
    outputs = plan.outputs
    while True:
        given = naming.output_names(replace(plan, outputs=outputs))
        changed = tuple(
            output if name == wanted else Output(output.value, wanted)
            for output, name, wanted in zip(outputs, given, names, strict=True)
        )
        if changed == outputs:
            return replace(plan, outputs=outputs)
        outputs = changed
