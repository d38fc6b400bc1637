"""Lowering: a plan becomes the command that MongoDB runs. Deterministic, without a database.

The grain of the rows decides root, unwinds and joins (see `graph.spanning_joins` and `rows`);
then come grouping, having, order, skip, limit and the outputs. A plan that needs no more than a
filter, top-level fields and an order becomes `find`, everything else an aggregation with one
document per row and one key per output. Raises `PlanError` (no way between entities),
`UnknownCollection` and `UnknownField`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mqt_serving.errors import PlanError
from mqt_serving.query import graph, naming
from mqt_serving.query.graph import JoinTree
from mqt_serving.query.lowering.across_groups import (
    across_groups,
    add_across_groups,
    check_across_groups,
)
from mqt_serving.query.lowering.grouping import (
    Grouped,
    aggregates_in,
    bare_count,
    group,
    operands_in,
)
from mqt_serving.query.lowering.ordering import cut, is_by_nearness, key_of, ordered
from mqt_serving.query.lowering.predicates import (
    aggregates_of,
    all_of,
    conjunction,
    conjuncts,
    fields_in,
    filter_of,
    leaves,
    tests_aggregates,
)
from mqt_serving.query.lowering.row_aggregates import add_row_aggregates
from mqt_serving.query.lowering.rows import Rows
from mqt_serving.query.lowering.semi_joins import entities_in
from mqt_serving.query.lowering.top_of_each import TopOfEach, check_per
from mqt_serving.query.pipeline import (
    Accumulator,
    AddFields,
    Command,
    Count,
    CountDocuments,
    Expression,
    Find,
    Group,
    Limit,
    Match,
    ObjectExpression,
    PathExpression,
    Project,
    Skip,
    Sort,
    Stage,
    Unset,
)
from mqt_serving.query.pipeline import Aggregate as AggregateCommand
from mqt_serving.query.plan import (
    AcrossGroups,
    Aggregate,
    Arithmetic,
    Change,
    Entity,
    Field,
    Moving,
    Output,
    PartOf,
    Plan,
    Predicate,
    Rank,
    Related,
    Running,
    Shown,
)
from mqt_serving.schema import Catalog


def lower(plan: Plan, catalog: Catalog) -> Command:
    """The command whose result answers the plan."""
    rows, stages = _lowered(plan, catalog)
    return _command(rows, stages)


def _lowered(plan: Plan, catalog: Catalog) -> tuple[Rows, list[Stage]]:
    """The rows of the plan, which know the collection, and all stages."""
    plan = _with_fields_for_entities(plan, catalog)
    _check(plan)
    tree = joins_of(plan, catalog)
    names = naming.output_names(plan)

    def lower_subquery(inner: Plan) -> tuple[str, Sequence[Stage], str]:
        return _subquery(inner, catalog)

    rows = Rows(catalog, tree, lower_subquery, reserved=names, optional=plan.optional)
    tests = conjuncts(plan.where)
    over_aggregates = [test for test in tests if tests_aggregates(test)]
    over_fields = [test for test in tests if test not in over_aggregates]
    rows.populate(conjunction(over_fields) if over_fields else None)
    add_row_aggregates(rows, [found for test in over_aggregates for found in _aggregates(test)])
    for test in over_aggregates:
        rows.stages.append(Match(rows.compile(test)))
    if has_row_aggregates(plan):
        add_row_aggregates(rows, aggregates_in(plan))
        if plan.having is not None:
            rows.stages.append(Match(rows.compile(plan.having)))
    elif plan.group_by or aggregates_in(plan):
        return rows, _grouped(plan, names, rows)
    if _is_whole_document(plan, rows):
        return rows, _whole_documents(plan, rows)
    finish = _finish(plan, names, rows)  # adds the distances that are shown to the rows
    return rows, [*rows.stages, *finish]


def _subquery(plan: Plan, catalog: Catalog) -> tuple[str, Sequence[Stage], str]:
    """A plan inside a test: the collection that it starts from, its stages, and its column."""
    names = naming.output_names(plan)
    if len(names) != 1 or isinstance(plan.outputs[0].value, Entity) or "." in names[0]:
        raise PlanError("a sub-query has one column, of plain values")
    rows, stages = _lowered(plan, catalog)
    return rows.collection, _merged(stages), names[0]


def grain_entities(plan: Plan, catalog: Catalog) -> tuple[Entity, ...]:
    """The entities that fix what a row is: of outputs, grouping, order and aggregates."""
    per_row = has_row_aggregates(plan)
    values: list[Shown] = [output.value for output in plan.outputs]
    values += [*plan.group_by, *plan.per, *(order.by for order in plan.order_by)]
    values += aggregates_in(plan)
    entities = [
        entity
        for value in values
        if not (per_row and not isinstance(value, Entity) and aggregates_of(value))
        for entity in _entities(value, catalog)
    ]
    if plan.rows is not None:
        entities.append(plan.rows)
    return tuple(dict.fromkeys(entities))


def has_row_aggregates(plan: Plan) -> bool:
    """Whether aggregates run over what belongs to each row, instead of over groups of rows.

    That is what a plan says that shows fields beside aggregates and groups by nothing: "each
    customer with the number of their orders", those without any included.
    """
    shown = [*(output.value for output in plan.outputs), *(order.by for order in plan.order_by)]
    plain = any(isinstance(value, Entity) or not aggregates_of(value) for value in shown)
    return plain and not plan.group_by and bool(aggregates_in(plan))


def _entities(value: Shown, catalog: Catalog) -> list[Entity]:
    match value:
        case Entity():
            return [value]
        case Running() | Change() | Moving() | Rank():
            return _entities(value.aggregate, catalog)
        case Aggregate(argument=argument, where=where):
            found = _entities(argument, catalog)
            tests = [leaf for leaf in leaves(where) if not isinstance(leaf, Related)]
            return found + [entity for leaf in tests for entity in entities_in(leaf, catalog)]
        case Arithmetic():
            inner = [found for each in aggregates_of(value) for found in _entities(each, catalog)]
            return inner + [graph.entity_of(field, catalog) for field in fields_in(value)]
        case _:
            return [graph.entity_of(field, catalog) for field in fields_in(value)]


def _aggregates(predicate: Predicate) -> list[Aggregate]:
    return [found for operand in operands_in(predicate) for found in aggregates_of(operand)]


def _check(plan: Plan) -> None:
    if not plan.outputs:
        raise PlanError("a plan needs at least one output")
    if plan.having is not None and not aggregates_in(plan):
        raise PlanError("a plan with `having` needs an aggregate")
    if any(value is not None and value < 0 for value in (plan.limit, plan.skip)):
        raise PlanError("limit and skip cannot be negative")
    total = not plan.group_by and bool(aggregates_in(plan)) and not has_row_aggregates(plan)
    check_per(plan, is_total=total)
    check_across_groups(plan)
    _check_names([output.alias for output in plan.outputs if output.alias is not None])


def _check_names(names: Sequence[str]) -> None:
    """Aliases must be names that MongoDB gives to columns, and none the parent of another."""
    for name in names:
        parts = name.split(".")
        if "\0" in name or any(not part or part.startswith("$") for part in parts):
            raise PlanError(f"{name!r} cannot be the name of a column")
        if sum(other == name or other.startswith(f"{name}.") for other in names) > 1:
            raise PlanError(f"two columns are called {name!r}")


# ------------------------------------------------------------------ whole entities


def _with_fields_for_entities(plan: Plan, catalog: Catalog) -> Plan:
    """Replace entities among outputs by their fields, except one alone that is a collection."""
    values = [output.value for output in plan.outputs]
    if not any(isinstance(value, Entity) for value in values):
        return plan
    alone = values[0] if len(values) == 1 and isinstance(values[0], Entity) else None
    if alone is not None and not alone.path and not plan.distinct and not plan.group_by:
        return plan
    outputs: list[Output] = []
    for output in plan.outputs:
        if isinstance(output.value, Entity):
            outputs.extend(Output(field) for field in fields_of(output.value, catalog))
        else:
            outputs.append(output)
    return replace(plan, outputs=tuple(outputs))


def fields_of(entity: Entity, catalog: Catalog) -> tuple[Field, ...]:
    """The fields with values of their own of an entity's rows, private ones left out."""
    graph.check_entity(entity, catalog)
    schema = graph.schema_of(entity.collection, catalog)
    return tuple(
        Field(entity.collection, found.path)
        for found in schema.values
        if not found.private
        and (found.arrays[-1] if found.arrays else "") == entity.path
        and found.path != "_id"
    )


def _is_whole_document(plan: Plan, rows: Rows) -> bool:
    value = plan.outputs[0].value
    if len(plan.outputs) > 1 or not isinstance(value, Entity):
        return False
    if value.collection != rows.collection:
        raise PlanError(
            f"whole documents of {value.collection} cannot be shown for each row of "
            f"{rows.collection}: name the fields"
        )
    return True


def _whole_documents(plan: Plan, rows: Rows) -> list[Stage]:
    if plan.per:
        first = _top_of_each(plan, rows, None)
        stages = [*rows.stages, *first]
    else:
        order = ordered(plan.order_by, rows, rows.new_name)
        stages = [*rows.stages, *order, *cut(plan.limit, plan.skip)]
    schema = graph.schema_of(rows.collection, rows.catalog)
    private = tuple(field.path for field in schema.fields if field.private)
    hidden = tuple(dict.fromkeys((*private, *rows.added)))
    if hidden:
        stages.append(Unset(hidden))
    return stages


# ------------------------------------------------------------------------ grouping


def _grouped(plan: Plan, names: Sequence[str], rows: Rows) -> list[Stage]:
    if (counted := bare_count(plan, rows)) is not None:
        return [*counted, Count(names[0])]
    scope, grouped = group(plan, names, rows)
    stages: list[Stage] = [*rows.stages, grouped]
    tested = {*operands_in(plan.having), *(order.by for order in plan.order_by)}
    early = any(operand in tested for operand in scope.expressions)
    late = bool(scope.expressions) and (plan.distinct or bool(across_groups(plan)))
    if early or late:
        stages.append(AddFields(tuple((scope.names[o], e) for o, e in scope.expressions.items())))
        scope.expressions.clear()
    if plan.having is not None:
        kept = filter_of(plan.having, scope)
        stages += [*scope.lookups, Match(kept)]
    stages += add_across_groups(plan, names, scope)
    return stages + _finish(plan, names, scope, grouped=True)


# ------------------------------------------------------ order, limit, output columns


def _finish(
    plan: Plan, names: Sequence[str], scope: Rows | Grouped, grouped: bool = False
) -> list[Stage]:
    if plan.distinct and not (grouped and _shows_all_keys(plan)):
        return _distinct(plan, names, scope)
    rows = scope.rows if isinstance(scope, Grouped) else scope
    if plan.per:
        return _top_of_each(plan, scope, _columns(plan, names, scope))
    stages = ordered(plan.order_by, scope, rows.new_name) + cut(plan.limit, plan.skip)
    stages.append(_projection(plan, names, scope))
    return stages


def _columns(
    plan: Plan, names: Sequence[str], scope: Rows | Grouped
) -> list[tuple[str, Expression]]:
    pairs = zip(plan.outputs, names, strict=True)
    return [(name, _shown(output.value, scope)) for output, name in pairs]


def _shown(value: Shown, scope: Rows | Grouped) -> Expression:
    if isinstance(value, AcrossGroups):
        assert isinstance(scope, Grouped)
        return scope.expression(value)
    assert not isinstance(value, Entity)
    return scope.expression(value)


def _top_of_each(
    plan: Plan, scope: Rows | Grouped, columns: Sequence[tuple[str, Expression]] | None
) -> list[Stage]:
    """The first rows for each value of `per`: these columns of them, or whole documents."""
    rows = scope.rows if isinstance(scope, Grouped) else scope
    stages = ordered(plan.order_by, scope, rows.new_name)
    keys = {key: scope.expression(key) for key in plan.per}
    return [*stages[:-1], *_cut_each(plan, keys, stages[-1], columns)]


def _cut_each(
    plan: Plan,
    keys: Mapping[Field | PartOf, Expression],
    order: Stage,
    columns: Sequence[tuple[str, Expression]] | None,
) -> list[Stage]:
    assert isinstance(order, Sort) and plan.limit is not None
    directions = tuple((path, way) for path, way in order.keys if isinstance(way, int))
    top = TopOfEach(keys, directions, plan.limit, plan.skip)
    return top.documents() if columns is None else top.columns(columns)


def _shows_all_keys(plan: Plan) -> bool:
    return set(plan.group_by) <= {output.value for output in plan.outputs}


def _projection(plan: Plan, names: Sequence[str], scope: Rows | Grouped) -> Project:
    items: list[tuple[str, bool | Expression]] = []
    for output, name in zip(plan.outputs, names, strict=True):
        expression = _shown(output.value, scope)
        plain = expression == PathExpression(name)
        items.append((name, True if plain else expression))
    if "_id" not in names:
        items.append(("_id", False))
    return Project(tuple(items))


def _distinct(plan: Plan, names: Sequence[str], scope: Rows | Grouped) -> list[Stage]:
    """Group by the outputs; order keys that are not shown take their best value."""
    values = [output.value for output in plan.outputs]
    single = len(values) == 1
    columns: list[tuple[str, Expression]] = []
    places: dict[Shown, str] = {}
    for value, (name, expression) in zip(values, _columns(plan, names, scope), strict=True):
        safe = name.replace(".", "_")
        places[value] = "_id" if single else f"_id.{safe}"
        columns.append((safe, expression))
    key = columns[0][1] if single else ObjectExpression(tuple(columns))
    accumulators: list[Accumulator] = []
    keys: dict[str, int] = {}
    for number, order in enumerate(plan.order_by):
        is_text = isinstance(order.by, Field) and scope.schema(order.by).numeric_text
        if order.by not in places or is_text or is_by_nearness(order):
            name = "sort_key" if not number else f"sort_key_{number + 1}"
            best = "$max" if order.descending else "$min"
            accumulators.append(Accumulator(name, best, key_of(order, scope)))
            keys.setdefault(name, -1 if order.descending else 1)
        else:
            keys.setdefault(places[order.by], -1 if order.descending else 1)
    stages: list[Stage] = [Group(key, tuple(accumulators))]
    if plan.per:
        if not set(plan.per) <= set(places):
            raise PlanError("without repeats, the first of each (`per`) are of what is shown")
        shown = [(n, PathExpression(places[v])) for v, n in zip(values, names, strict=True)]
        each = {key: PathExpression(places[key]) for key in plan.per}
        return stages + _cut_each(plan, each, Sort(tuple(keys.items())), shown)
    if keys:
        stages.append(Sort(tuple(keys.items())))
    stages += cut(plan.limit, plan.skip)
    items: list[tuple[str, bool | Expression]] = []
    for value, name in zip(values, names, strict=True):
        items.append((name, True if places[value] == name else PathExpression(places[value])))
    if "_id" not in names:
        items.append(("_id", False))
    stages.append(Project(tuple(items)))
    return stages


# -------------------------------------------------------------------------- command


def _command(rows: Rows, stages: Sequence[Stage]) -> Command:
    merged = _merged(stages)
    if merged and merged[-1] == Count("count"):
        # Unlike `$count`, counting documents also answers "none".
        if len(merged) == 1:
            return CountDocuments(rows.collection)
        if len(merged) == 2 and isinstance(merged[0], Match):
            return CountDocuments(rows.collection, merged[0].filter)
    return _as_find(rows.collection, merged) or AggregateCommand(rows.collection, tuple(merged))


def _merged(stages: Sequence[Stage]) -> list[Stage]:
    """Neighbouring `$match` stages as one."""
    merged: list[Stage] = []
    for stage in stages:
        if isinstance(stage, Match) and merged and isinstance(merged[-1], Match):
            merged[-1] = Match(all_of([merged[-1].filter, stage.filter]))
        else:
            merged.append(stage)
    return merged


def _as_find(collection: str, stages: Sequence[Stage]) -> Find | None:
    """The stages as `find` when they are filter, order, skip, limit and a plain projection."""
    rest = list(stages)

    def take(kind: type[Stage]) -> Stage | None:
        return rest.pop(0) if rest and isinstance(rest[0], kind) else None

    match, sort, skip = take(Match), take(Sort), take(Skip)
    limit, projection = take(Limit), take(Project) or take(Unset)
    if rest:
        return None
    if isinstance(projection, Unset):
        projection = Project(tuple((path, False) for path in projection.paths))
    if isinstance(projection, Project) and not _is_plain(projection):
        return None
    query = Find(collection)
    return Find(
        collection,
        match.filter if isinstance(match, Match) else query.filter,
        projection if isinstance(projection, Project) else None,
        sort if isinstance(sort, Sort) else None,
        skip.count if isinstance(skip, Skip) else None,
        limit.count if isinstance(limit, Limit) else None,
    )


def _is_plain(projection: Project) -> bool:
    included = [name for name, value in projection.items if value is True]
    return all(isinstance(value, bool) for _, value in projection.items) and not any(
        "." in name for name in included
    )


def joins_of(plan: Plan, catalog: Catalog) -> JoinTree:
    """The joins that the plan's rows need, for explanations and tests.

    They start from what every row has: from customers, where their orders are optional.
    """
    entities = grain_entities(plan, catalog)
    tree = graph.spanning_joins(entities, catalog)
    needed = [entity for entity in entities if entity not in plan.optional]
    if tree.anchor not in plan.optional or not needed:
        return tree
    start = graph.spanning_joins(needed, catalog).anchor
    if start.collection == tree.anchor.collection:
        return tree
    return graph.joins_from(start, entities, catalog) or tree
