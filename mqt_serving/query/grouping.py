"""Grouping: keys and accumulators of a plan, and what operands are called behind `$group`.

Numbers kept as text are added up as numbers, null is not counted as a value, and something that
rows repeat (an order beside its items) is counted once. Used by `lowering` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mqt_serving.errors import PlanError
from mqt_serving.query import graph, naming
from mqt_serving.query.pipeline import (
    Accumulator,
    ArrayExpression,
    Expression,
    FieldTest,
    Group,
    LiteralExpression,
    Match,
    ObjectExpression,
    Operation,
    PathExpression,
    Stage,
)
from mqt_serving.query.plan import (
    Aggregate,
    Entity,
    Field,
    Function,
    Operand,
    PartOf,
    Plan,
    Predicate,
    Related,
)
from mqt_serving.query.predicates import comparable, field_of, leaves, operands
from mqt_serving.query.rows import Rows
from mqt_serving.schema import BsonType, FieldSchema


@dataclass
class Grouped:
    """The scope of the documents that `$group` gives: operands under the names there."""

    rows: Rows
    names: dict[Operand, str]
    expressions: dict[Operand, Expression]

    def path(self, operand: Operand) -> str | None:
        return None if operand in self.expressions else self._name(operand)

    def expression(self, operand: Operand) -> Expression:
        found = self.expressions.get(operand)
        return PathExpression(self._name(operand)) if found is None else found

    def schema(self, field: Field) -> FieldSchema:
        return self.rows.schema(field)

    def _name(self, operand: Operand) -> str:
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
    if isinstance(value.argument, Entity):
        counts = rows.counts_rows(value.argument)
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
    for operand in dict.fromkeys(others):
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


def _accumulator(name: str, operand: Operand, rows: Rows, scope: Grouped) -> Accumulator:
    if not isinstance(operand, Aggregate):
        return Accumulator(name, "$first", rows.expression(operand))
    argument = operand.argument
    if operand.function is Function.COUNT:
        if isinstance(argument, Entity) and rows.counts_rows(argument):
            return Accumulator(name, "$sum", LiteralExpression(1))
        if isinstance(argument, Entity) or operand.distinct:
            return _distinct_count(name, operand, rows, scope)
        if _is_always_there(argument, rows):
            return Accumulator(name, "$sum", LiteralExpression(1))
        there = Operation("$gt", (rows.expression(argument), LiteralExpression(None)))
        counted = Operation("$cond", (there, LiteralExpression(1), LiteralExpression(0)))
        return Accumulator(name, "$sum", counted)
    if isinstance(argument, Entity):
        raise PlanError(f"{operand.function.value} needs a field, not {graph.describe(argument)}")
    if operand.distinct and operand.function in (Function.SUM, Function.AVG):
        function = Operation(f"${operand.function.value}", (PathExpression(name),))
        scope.expressions[operand] = function
        return Accumulator(name, "$addToSet", comparable(argument, rows))
    return Accumulator(name, f"${operand.function.value}", comparable(argument, rows))


def _distinct_count(name: str, operand: Aggregate, rows: Rows, scope: Grouped) -> Accumulator:
    """Collect the different values; their number without null is computed afterwards."""
    collected: Expression = PathExpression(name)
    argument = operand.argument
    if isinstance(argument, Entity):
        identity = rows.identity(argument)
    else:
        identity = rows.expression(argument)
        if not _is_always_there(argument, rows):
            nothing = ArrayExpression((LiteralExpression(None),))
            collected = Operation("$setDifference", (collected, nothing))
    scope.expressions[operand] = Operation("$size", (collected,))
    return Accumulator(name, "$addToSet", identity)


def _is_always_there(operand: Field | PartOf, rows: Rows) -> bool:
    """Whether every document is known to have a value, since all of them were looked at."""
    field = field_of(operand)
    assert field is not None
    schema = graph.schema_of(field.collection, rows.catalog)
    known = rows.schema(field)
    complete = schema.sampled >= schema.document_count
    holders = [schema.by_path[path] for path in _prefixes(field.path) if path in schema.by_path]
    return (
        complete
        and isinstance(operand, Field)
        and all(holder.presence >= 1 for holder in (known, *holders))
        and BsonType.NULL not in known.types
    )


def _prefixes(path: str) -> list[str]:
    names = path.split(".")
    return [".".join(names[:length]) for length in range(1, len(names))]


def aggregates_in(plan: Plan) -> tuple[Aggregate, ...]:
    """All different aggregates, those shown first."""
    found: list[Operand | Entity] = [output.value for output in plan.outputs]
    found += [order.by for order in plan.order_by]
    found += operands_in(plan.having)
    return tuple(dict.fromkeys(value for value in found if isinstance(value, Aggregate)))


def operands_in(predicate: Predicate | None) -> list[Operand]:
    """The operands that a predicate tests."""
    found: list[Operand] = []
    for leaf in leaves(predicate):
        if not isinstance(leaf, Related):
            found.extend(operands(leaf))
    return found
