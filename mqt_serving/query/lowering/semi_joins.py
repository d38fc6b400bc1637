"""Tests on rows finer than those there are: "at least one" (or none) of them meets it.

Within arrays such a test becomes `$elemMatch` (or a plain path where that means the same), across
collections a `$lookup` with a non-empty test, and an expression over elements where a test on
elements and one on what they refer to must meet in one element. Used by `rows` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mqt_serving.errors import PlanError
from mqt_serving.query import graph
from mqt_serving.query.graph import Direction, Edge
from mqt_serving.query.lowering.predicates import (
    Leaf,
    all_of,
    arithmetic,
    conjuncts,
    date_part,
    expression_of,
    fields_in,
    filter_of,
    leaves,
    negate,
    operands,
    uses_expression,
)
from mqt_serving.query.pipeline import (
    AllOf,
    AnyOf,
    ArrayExpression,
    ElementMatch,
    Expression,
    ExpressionFilter,
    FieldTest,
    Filter,
    Limit,
    LiteralExpression,
    Lookup,
    NamedOperation,
    NotTest,
    Operation,
    PathExpression,
    Project,
    VariableExpression,
)
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Arithmetic,
    Entity,
    Exists,
    Field,
    IsNull,
    Not,
    Operand,
    Or,
    PartOf,
    Plan,
    Predicate,
    Related,
    Top,
)
from mqt_serving.schema import Catalog, FieldSchema

if TYPE_CHECKING:
    from mqt_serving.query.lowering.rows import Rows

KEY = "key"  # what sub-pipelines call the value by which a document was found
_DIRECT = frozenset({"$eq", "$gt", "$gte", "$lt", "$lte", "$in", "$regex"})


@dataclass
class _Test:
    """ "At least one" row behind `edge` meets all conditions, and has such rows behind it."""

    edge: Edge
    conditions: list[Predicate] = field(default_factory=list)
    children: dict[Edge, _Test] = field(default_factory=dict)

    @property
    def entity(self) -> Entity:
        return self.edge.target

    def all_conditions(self) -> list[Predicate]:
        found = list(self.conditions)
        for child in self.children.values():
            found.extend(child.all_conditions() or child.existence())
        return found

    def existence(self) -> list[Predicate]:
        """That there is such a row at all; what holds a row always is."""
        return [] if self.edge.direction is Direction.UP else [Related(self.entity)]


class SemiJoins:
    """Compiles tests on finer rows for `rows`, whose stages it extends by lookups."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.catalog = rows.catalog

    def finer_entity(self, leaf: Leaf) -> Entity | None:
        """The entity that the rows have several of, or None when the rows have all of them."""
        finer = [
            entity for entity in entities_in(leaf, self.catalog) if entity not in self._rows.planned
        ]
        if not finer:
            return None
        finest = max(finer, key=lambda entity: (len(self.path_to(entity)), entity.path))
        if graph.crosses(self.path_to(finest)):
            self._require_one_row(entities_in(leaf, self.catalog), finest)
        else:
            self._require_one_row(finer, finest)
        return finest

    def _require_one_row(self, entities: Sequence[Entity], finest: Entity) -> None:
        """Fields that are compared must meet in one row of the finest entity."""
        for entity in entities:
            if graph.path([finest], entity, self.catalog, upward_only=True) is None:
                raise PlanError(
                    f"{graph.describe(entity)} and {graph.describe(finest)} do not meet in one "
                    "row, so their fields cannot be compared"
                )

    def common_finer_entity(self, predicate: Predicate) -> Entity | None:
        """The finer entity that all tests of the predicate are about, if there is just one."""
        match predicate:
            case Related() | Not() | And() | Top():
                return None
            case Or(items=items):
                found = {self.common_finer_entity(item) for item in items}
                return found.pop() if len(found) == 1 else None
            case _:
                return self.finer_entity(predicate)

    def path_to(self, entity: Entity) -> tuple[Edge, ...]:
        edges = graph.path(self._rows.planned, entity, self.catalog)
        if not edges:
            rows = graph.describe(Entity(self._rows.collection))
            raise PlanError(f"nothing in the schema connects {graph.describe(entity)} to {rows}")
        return edges

    def exists_all(self, tests: Sequence[tuple[Entity, Predicate]]) -> Filter:
        """ "At least one" for tests on finer entities; shared ways to them meet in one row."""
        roots: dict[Edge, _Test] = {}
        for entity, predicate in tests:
            _add(roots, self.path_to(entity), predicate)
        return all_of([self._exists(test) for test in roots.values()])

    def exists_expression(self, entity: Entity, predicate: Predicate) -> Expression:
        """ "At least one" row of a finer entity meets the test, as an expression."""
        roots: dict[Edge, _Test] = {}
        edges = self.path_to(entity)
        _add(roots, edges, predicate)
        return self._exists_as_expression(roots[edges[0]])

    def related(self, related: Related) -> Filter:
        found = self._exists(self._related_test(related))
        return negate(found) if related.negated else found

    def related_expression(self, related: Related) -> Expression:
        found = self._exists_as_expression(self._related_test(related))
        return Operation("$not", (found,)) if related.negated else found

    def _related_test(self, related: Related) -> _Test:
        edges = self.related_path(related)
        roots: dict[Edge, _Test] = {}
        last = _add(roots, edges, None)
        for condition in conjuncts(related.where):
            self._place_condition(last, condition)
        return roots[edges[0]]

    def related_path(self, related: Related) -> tuple[Edge, ...]:
        """The way to the related rows from what holds or names them, not from themselves."""
        entity = related.entity
        graph.check_entity(entity, self.catalog)
        sources = {
            planned
            for planned in self._rows.planned
            if not (
                planned.collection == entity.collection
                and (planned.path + ".").startswith(entity.path + "." if entity.path else "")
            )
        }
        edges = graph.path(sources, entity, self.catalog)
        if not edges:
            raise PlanError(
                f"no rows of {graph.describe(entity)} belong to {self._rows.collection}"
            )
        return edges

    def _place_condition(self, test: _Test, condition: Predicate) -> None:
        """Put a condition on related rows where it applies: on them, or on what they lead to."""
        if test.edge.crosses_collections or not test.entity.path:
            test.conditions.append(condition)
            return
        holders = graph.with_parents(test.entity, self.catalog)
        beyond = [
            entity
            for leaf in leaves(condition)
            for entity in entities_in(leaf, self.catalog)
            if entity not in holders
        ]
        if not beyond or isinstance(condition, Related | Not):
            test.conditions.append(condition)
            return
        edges = graph.path(holders, beyond[0], self.catalog)
        beside = edges and edges[0].source != test.entity and not edges[0].crosses_collections
        if not edges or beside:
            raise PlanError(f"{graph.describe(beyond[0])} is not part of the related rows")
        _add(test.children, edges, condition)

    def _exists(self, test: _Test) -> Filter:
        passed = test
        while not passed.conditions and len(passed.children) == 1:
            if passed.edge.crosses_collections:
                break
            passed = next(iter(passed.children.values()))
        if passed.edge.crosses_collections:
            return self._exists_across(passed)
        within = self._element_filter(passed)
        if within is not None:
            return within
        elements = PathExpression(self._rows.entity_path(test.entity))
        return ExpressionFilter(self._any_element(test, elements, 1))

    def _exists_as_expression(self, test: _Test) -> Expression:
        if not test.edge.crosses_collections:
            return self._any_element(test, PathExpression(self._rows.entity_path(test.entity)), 1)
        found = self._exists_across(test)
        return Operation("$ne", (PathExpression(found.path), ArrayExpression(())))

    def _element_filter(self, test: _Test) -> Filter | None:
        """The test as `$elemMatch` (or shorter); None when only an expression can say it."""
        path = self._rows.entity_path(test.entity)
        inner = self._inside_element(test, path)
        if inner is None:
            return None
        if not inner:
            return FieldTest(f"{path}.0", "$exists", True)
        condition = all_of(inner)
        if isinstance(condition, FieldTest) and _is_direct(condition):
            return FieldTest(below(path, condition.path), condition.operator, condition.value)
        return None if _tests_twice(condition) else ElementMatch(path, condition)

    def _inside_element(self, test: _Test, path: str) -> list[Filter] | None:
        scope = Element(self._rows, test.entity, path, None)
        filters: list[Filter] = []
        for condition in test.conditions:
            found = self._element_condition(condition, scope)
            if found is None or uses_expression(found):
                return None
            filters.append(found)
        for child in test.children.values():
            if child.edge.direction is not Direction.DOWN:
                return None
            inner = self._element_filter(child)
            if inner is None:
                return None
            filters.append(_relative(inner, path))
        return filters

    def _element_condition(self, condition: Predicate, scope: Element) -> Filter | None:
        match condition:
            case And(items=items) | Or(items=items):
                parts = [self._element_condition(item, scope) for item in items]
                found = [part for part in parts if part is not None]
                if len(found) < len(parts):
                    return None
                if isinstance(condition, And):
                    return all_of(found)
                # MQL has no `$or` between tests on the element itself.
                on_element = any(isinstance(part, FieldTest) and not part.path for part in found)
                return None if on_element else AnyOf(tuple(found))
            case Not(item=item):
                inner = self._element_condition(item, scope)
                return None if inner is None else negate(inner)
            case Related():
                return self._related_in_element(condition, scope)
            case Top():
                raise PlanError("the first of several can only be asked for by itself")
            case _:
                if any(entity != scope.entity for entity in entities_in(condition, self.catalog)):
                    return None
                return filter_of(condition, scope)

    def _related_in_element(self, related: Related, scope: Element) -> Filter | None:
        edges = graph.path([scope.entity], related.entity, self.catalog) or ()
        if not edges or any(edge.direction is not Direction.DOWN for edge in edges):
            raise PlanError(
                f"{graph.describe(related.entity)} cannot be tested inside "
                f"{graph.describe(scope.entity)}"
            )
        last = _Test(edges[-1])
        for condition in conjuncts(related.where):
            self._place_condition(last, condition)
        inner = self._element_filter(last)
        if inner is None:
            return None
        found = _relative(inner, scope.base)
        return negate(found) if related.negated else found

    def _any_element(self, test: _Test, elements: Expression, depth: int) -> Expression:
        """Whether any element meets all conditions, as an expression (also across lookups)."""
        variable = "item" if depth == 1 else f"item{depth}"
        scope = Element(self._rows, test.entity, self._rows.entity_path(test.entity), variable)
        parts = [expression_of(condition, scope) for condition in test.conditions]
        for child in test.children.values():
            if child.edge.direction is Direction.DOWN:
                inner = scope.place(child.entity)
                parts.append(self._any_element(child, inner, depth + 1))
            else:
                key = scope.expression(child.edge.local)
                parts.append(Operation("$in", (key, self._matching_keys(child))))
        parts = parts or [LiteralExpression(True)]
        every = parts[0] if len(parts) == 1 else Operation("$and", tuple(parts))
        is_array = Operation("$isArray", (elements,))
        present = Operation("$cond", (is_array, elements, ArrayExpression(())))
        mapped = NamedOperation(
            "$map", (("input", present), ("as", LiteralExpression(variable)), ("in", every))
        )
        return Operation("$anyElementTrue", (mapped,))

    def _matching_keys(self, test: _Test) -> Expression:
        """Look up the documents that meet the test; the keys under which they were found."""
        edge = test.edge
        rows = self._rows.foreign(test.entity, test.all_conditions())
        key = PathExpression(rows.field_path(edge.foreign))
        project = Project(((KEY, key), ("_id", False)))
        name = self._rows.new_name(f"matching_{edge.foreign.collection}")
        local = self._rows.field_path(edge.local)
        stages = (*rows.stages, project)
        self._rows.stages.append(
            Lookup(edge.foreign.collection, name, local, edge.foreign.path, (), stages)
        )
        return PathExpression(f"{name}.{KEY}")

    def _exists_across(self, test: _Test) -> FieldTest:
        edge = test.edge
        local, foreign = self._rows.field_path(edge.local), edge.foreign
        name = self._rows.new_name(f"matching_{foreign.collection}")
        if not test.all_conditions():
            self._rows.stages.append(Lookup(foreign.collection, name, local, foreign.path))
            return FieldTest(name, "$ne", ())
        let, first = self._rows.key_match(edge)
        rows = self._rows.foreign(test.entity, test.all_conditions(), first)
        stages = (*rows.stages, Limit(1))
        self._rows.stages.append(Lookup(foreign.collection, name, local, foreign.path, let, stages))
        return FieldTest(name, "$ne", ())


class Element:
    """The scope inside one array element: relative paths, or a variable of `$map`."""

    def __init__(self, rows: Rows, entity: Entity, base: str, variable: str | None) -> None:
        self.entity = entity
        self.base = base
        self._rows = rows
        self._variable = variable

    def path(self, operand: Operand) -> str | None:
        if self._variable is not None or not isinstance(operand, Field):
            return None
        return _strip(self._rows.field_path(operand), self.base)

    def expression(self, operand: Operand) -> Expression:
        match operand:
            case Field():
                if graph.entity_of(operand, self._rows.catalog) != self.entity:
                    return self._rows.expression(operand)
                return self._variable_at(self._rows.field_path(operand))
            case PartOf(part=part, field=field):
                return date_part(part, self.expression(field), self.schema(field))
            case Arithmetic():
                return arithmetic(operand, self)
            case Aggregate():
                raise PlanError("an aggregate cannot be tested on single elements")

    def schema(self, field: Field) -> FieldSchema:
        return self._rows.schema(field)

    def subquery(self, plan: Plan) -> Expression:
        return self._rows.subquery(plan)

    def place(self, entity: Entity) -> Expression:
        """The array of an entity inside the element."""
        return self._variable_at(self._rows.entity_path(entity))

    def _variable_at(self, path: str) -> Expression:
        return VariableExpression(below(self._variable or "", _strip(path, self.base)))


def _tests_twice(condition: Filter) -> bool:
    """Whether one operator tests the element itself more than once: `$elemMatch` can't say it."""
    items = condition.items if isinstance(condition, AllOf) else (condition,)
    tests = [item.test if isinstance(item, NotTest) else item for item in items]
    operators = [
        "$not" if test is not item else test.operator
        for item, test in zip(items, tests, strict=True)
        if isinstance(test, FieldTest) and not test.path
    ]
    return len(operators) != len(set(operators))


def entities_in(leaf: Leaf | Related, catalog: Catalog) -> list[Entity]:
    """The entities whose rows a test is about."""
    if isinstance(leaf, Related):
        return [leaf.entity]
    fields = [field for operand in operands(leaf) for field in fields_in(operand)]
    found = [graph.entity_of(each, catalog) for each in fields]
    if isinstance(leaf, Exists | IsNull) and found[0].path == leaf.left.path:
        # Whether an array is there is a matter of what holds it, not of its elements.
        return [graph.parent_of(found[0], catalog) or found[0]]
    return found


def _add(roots: dict[Edge, _Test], edges: Sequence[Edge], condition: Predicate | None) -> _Test:
    """Walk the edges from the roots, making tests on the way; the condition goes to the last."""
    level = roots
    test: _Test | None = None
    for edge in edges:
        test = level.setdefault(edge, _Test(edge))
        level = test.children
    assert test is not None
    if condition is not None:
        test.conditions.append(condition)
    return test


def _strip(path: str, base: str) -> str:
    return "" if path == base else path.removeprefix(base + ".")


def _relative(condition: Filter, base: str) -> Filter:
    """A filter on an array, seen from the element that holds it."""
    match condition:
        case FieldTest(path=path, operator=operator, value=value):
            return FieldTest(_strip(path, base), operator, value)
        case ElementMatch(path=path, filter=inner):
            return ElementMatch(_strip(path, base), inner)
        case _:
            raise PlanError("a test inside array elements that cannot be written")


def _is_direct(condition: FieldTest) -> bool:
    """Whether the test means "at least one" also without `$elemMatch`."""
    if condition.operator not in _DIRECT:
        return False
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    return None not in values


def below(prefix: str, path: str) -> str:
    """The dotted path of what stands at `path` inside `prefix`; either may be empty."""
    return f"{prefix}.{path}" if prefix and path else prefix or path
