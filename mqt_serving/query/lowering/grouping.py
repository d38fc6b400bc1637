"""Grouping: keys and accumulators of a plan, and what operands are called behind `$group`.

Numbers kept as text are added up as numbers, null is not counted as a value, and something that
rows repeat (an order beside its items) is counted once. Used by `lowering` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mqt_serving.errors import PlanError
from mqt_serving.query import graph, naming
from mqt_serving.query.lowering.predicates import (
    aggregates_of,
    arithmetic,
    comparable,
    fields_in,
    leaves,
    operands,
)
from mqt_serving.query.lowering.rows import Rows
from mqt_serving.query.pipeline import (
    Accumulator,
    ArrayExpression,
    Expression,
    FieldTest,
    Group,
    LiteralExpression,
    Lookup,
    Match,
    ObjectExpression,
    Operation,
    PathExpression,
    Stage,
)
from mqt_serving.query.plan import (
    AcrossGroups,
    Aggregate,
    Arithmetic,
    Entity,
    Field,
    Function,
    Operand,
    PartOf,
    Plan,
    Predicate,
    Related,
    Shown,
)
from mqt_serving.schema import BsonType, FieldSchema

_NULL = LiteralExpression(None)
_ONE, _ZERO = LiteralExpression(1), LiteralExpression(0)


@dataclass
class Grouped:
    """The scope of the documents that `$group` gives: operands under the names there."""

    rows: Rows
    names: dict[Operand | AcrossGroups, str]
    expressions: dict[Operand, Expression]
    lookups: list[Stage] = field(default_factory=list)  # of sub-queries that groups are tested by

    def path(self, operand: Operand | AcrossGroups) -> str | None:
        if isinstance(operand, Arithmetic) or operand in self.expressions:
            return None
        return self._name(operand)

    def expression(self, operand: Operand | AcrossGroups) -> Expression:
        if isinstance(operand, Arithmetic):
            return arithmetic(operand, self)
        found = None if isinstance(operand, AcrossGroups) else self.expressions.get(operand)
        return PathExpression(self._name(operand)) if found is None else found

    def schema(self, field: Field) -> FieldSchema:
        return self.rows.schema(field)

    def subquery(self, plan: Plan) -> Expression:
        collection, stages, column = self.rows.lower_subquery(plan)
        name = self.rows.new_name("subquery")
        self.lookups.append(Lookup(collection, name, stages=tuple(stages)))
        return PathExpression(f"{name}.{column}")

    def _name(self, operand: Operand | AcrossGroups) -> str:
        if operand not in self.names:
            raise PlanError("a test on groups can only use group keys and aggregates")
        return self.names[operand]


def bare_count(plan: Plan, rows: Rows) -> list[Stage] | None:
    """The stages before `$count` when one count is all there is; None otherwise."""
    value = plan.outputs[0].value
    if len(plan.outputs) > 1 or plan.group_by or plan.having or not isinstance(value, Aggregate):
        return None
    if value.function is not Function.COUNT or aggregates_in(plan) != (value,):
        return None
    if value.where is not None or isinstance(value.argument, Arithmetic):
        return None
    if isinstance(value.argument, Entity):
        counts = rows.counts_rows(value.argument) and value.argument not in rows.optional
        return list(rows.stages) if counts else None
    if not value.distinct:
        present = rows.path(value.argument)
        if present is None:
            return None
        if _is_always_there(value.argument, rows):
            return list(rows.stages)
        return [*rows.stages, Match(FieldTest(present, "$ne", None))]
    stages: list[Stage] = [*rows.stages, Group(rows.expression(value.argument))]
    if not _is_always_there(value.argument, rows):
        stages.append(Match(FieldTest("_id", "$ne", None)))
    return stages


def group(plan: Plan, names: Sequence[str], rows: Rows) -> tuple[Grouped, Group]:
    """The `$group` stage of a plan, and the scope of what it gives."""
    scope = Grouped(rows, {}, {})
    key = _group_key(plan, names, rows, scope)
    taken = {"_id"}
    accumulators: list[Accumulator] = []
    shown = {output.value: name for output, name in zip(plan.outputs, names, strict=True)}
    others = [output.value for output in plan.outputs if not isinstance(output.value, Entity)]
    others += [order.by for order in plan.order_by] + operands_in(plan.having)
    for operand in dict.fromkeys(part for other in others for part in _accumulated(other)):
        if operand in scope.names:
            continue
        wanted = shown.get(operand)
        if wanted is None or wanted in taken or "." in wanted or wanted.startswith("$"):
            wanted = naming.unique_name(operand, taken | set(names))
        taken.add(wanted)
        scope.names[operand] = wanted
        accumulators.append(_accumulator(wanted, operand, rows, scope))
    return scope, Group(key, tuple(accumulators))


def _group_key(plan: Plan, names: Sequence[str], rows: Rows, scope: Grouped) -> Expression | None:
    keys = plan.group_by
    if not keys:
        return None
    if len(keys) == 1:
        scope.names[keys[0]] = "_id"
        return rows.expression(keys[0])
    shown = {output.value: name for output, name in zip(plan.outputs, names, strict=True)}
    items: list[tuple[str, Expression]] = []
    taken: set[str] = set()
    for key in keys:
        name = shown.get(key)
        if name is None or name in taken or "." in name:
            name = naming.unique_name(key, taken)
        taken.add(name)
        scope.names[key] = f"_id.{name}"
        items.append((name, rows.expression(key)))
    return ObjectExpression(tuple(items))


def _accumulated(operand: Operand | AcrossGroups) -> tuple[Operand, ...]:
    """What `$group` has to give for the operand: itself, or the sides that it is computed from."""
    if isinstance(operand, AcrossGroups):
        return (operand.aggregate,)
    if not isinstance(operand, Arithmetic):
        return (operand,)
    return (*fields_in(operand), *aggregates_of(operand))


def _accumulator(name: str, operand: Operand, rows: Rows, scope: Grouped) -> Accumulator:
    if not isinstance(operand, Aggregate):
        return Accumulator(name, "$first", rows.expression(operand))
    argument = operand.argument
    if operand.function is Function.COUNT:
        return _count(name, operand, rows, scope)
    if isinstance(argument, Entity):
        raise PlanError(f"{operand.function.value} needs a field, not {graph.describe(argument)}")
    value = comparable(argument, rows)
    if operand.where is not None:
        value = Operation("$cond", (rows.condition(operand.where), value, _NULL))
    if operand.distinct and operand.function in (Function.SUM, Function.AVG):
        function = Operation(f"${operand.function.value}", (PathExpression(name),))
        scope.expressions[operand] = function
        return Accumulator(name, "$addToSet", value)
    return Accumulator(name, f"${operand.function.value}", value)


def _count(name: str, operand: Aggregate, rows: Rows, scope: Grouped) -> Accumulator:
    argument = operand.argument
    counts_rows = isinstance(argument, Entity) and rows.counts_rows(argument)
    if operand.distinct or (isinstance(argument, Entity) and not counts_rows):
        return _distinct_count(name, operand, rows, scope)
    tests = [] if operand.where is None else [rows.condition(operand.where)]
    if isinstance(argument, Entity):
        if argument in rows.optional:
            tests.append(Operation("$gt", (PathExpression(rows.entity_path(argument)), _NULL)))
    elif not _is_always_there(argument, rows):
        tests.append(Operation("$gt", (rows.expression(argument), _NULL)))
    if not tests:
        return Accumulator(name, "$sum", _ONE)
    test = tests[0] if len(tests) == 1 else Operation("$and", tuple(tests))
    return Accumulator(name, "$sum", Operation("$cond", (test, _ONE, _ZERO)))


def _distinct_count(name: str, operand: Aggregate, rows: Rows, scope: Grouped) -> Accumulator:
    """Collect the different values; their number without null is computed afterwards."""
    collected: Expression = PathExpression(name)
    argument = operand.argument
    if isinstance(argument, Entity):
        identity, always = rows.identity(argument), argument not in rows.optional
    else:
        identity, always = rows.expression(argument), _is_always_there(argument, rows)
    if operand.where is not None:
        identity, always = (
            Operation("$cond", (rows.condition(operand.where), identity, _NULL)),
            False,
        )
    if not always:
        collected = Operation("$setDifference", (collected, ArrayExpression((_NULL,))))
    scope.expressions[operand] = Operation("$size", (collected,))
    return Accumulator(name, "$addToSet", identity)


def _is_always_there(operand: Field | PartOf | Arithmetic, rows: Rows) -> bool:
    """Whether every row is known to have a value, since all documents were looked at."""
    if not isinstance(operand, Field) or graph.entity_of(operand, rows.catalog) in rows.optional:
        return False
    schema = graph.schema_of(operand.collection, rows.catalog)
    known = rows.schema(operand)
    complete = schema.sampled >= schema.document_count
    holders = [schema.by_path[path] for path in _prefixes(operand.path) if path in schema.by_path]
    return (
        complete
        and all(holder.presence >= 1 for holder in (known, *holders))
        and BsonType.NULL not in known.types
    )


def _prefixes(path: str) -> list[str]:
    names = path.split(".")
    return [".".join(names[:length]) for length in range(1, len(names))]


def aggregates_in(plan: Plan) -> tuple[Aggregate, ...]:
    """All different aggregates, those shown first."""
    found: list[Shown] = [output.value for output in plan.outputs]
    found += [order.by for order in plan.order_by]
    found += operands_in(plan.having)
    each = [value for value in found if not isinstance(value, Entity)]
    return tuple(dict.fromkeys(aggregate for one in each for aggregate in aggregates_of(one)))


def operands_in(predicate: Predicate | None) -> list[Operand]:
    """The operands that a predicate tests."""
    found: list[Operand] = []
    for leaf in leaves(predicate):
        if not isinstance(leaf, Related):
            found.extend(operands(leaf))
    return found
