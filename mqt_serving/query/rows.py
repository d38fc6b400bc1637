"""Joined and filtered rows: the `$match`, `$unwind` and `$lookup` that a plan's grain needs.

`Rows` starts from the documents of one collection, joins along a `JoinTree`, and filters as
early as each test allows. A test on an entity finer than the rows means "at least one": it
becomes `$elemMatch` within arrays, a `$lookup` with a non-empty test across collections, and an
expression over elements where both meet in one element. Used by `lowering`; also by itself, for
the sub-pipelines of such lookups.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from mqt_serving.errors import PlanError
from mqt_serving.query import graph
from mqt_serving.query.graph import Direction, Edge, JoinTree
from mqt_serving.query.pipeline import (
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
    Match,
    NamedOperation,
    Operation,
    PathExpression,
    Project,
    Stage,
    Unwind,
    VariableExpression,
)
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Compare,
    Entity,
    Exists,
    Field,
    In,
    IsNull,
    Not,
    Operand,
    Or,
    PartOf,
    Predicate,
    Related,
    Text,
)
from mqt_serving.query.predicates import (
    Leaf,
    all_of,
    conjuncts,
    date_part,
    expression_of,
    field_of,
    filter_of,
    leaf_filter,
    leaves,
    negate,
    operands,
    uses_expression,
)
from mqt_serving.schema import Catalog, FieldSchema

_KEY = "key"
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
            found.extend(child.all_conditions())
        return found


class Rows:
    """The scope and the stages of joined rows; `populate` makes them."""

    def __init__(self, catalog: Catalog, tree: JoinTree, reserved: Iterable[str] = ()) -> None:
        """`reserved` are names that looked-up documents may not take."""
        self.catalog = catalog
        self.collection = tree.anchor.collection
        self.stages: list[Stage] = []
        self.added: list[str] = []  # names that stages put into documents
        self.inline: dict[Aggregate, Expression] = {}  # aggregates over what belongs to a row
        self.grain = tree.anchor
        self._places = {self.collection: ""}
        self._available = {Entity(self.collection)}
        self._edges: list[Edge] = [*_into(tree.anchor, catalog), *tree.edges]
        self._preserved: set[Edge] = set()
        self._planned = set(tree.entities) | set(graph.with_parents(tree.anchor, catalog))
        schema = graph.schema_of(self.collection, catalog)
        self._single = _reached_upward(tree, catalog)
        self._taken = {f.path.split(".", 1)[0] for f in schema.fields} | set(reserved)

    # ------------------------------------------------------------------- scope

    def path(self, operand: Operand) -> str | None:
        return self.field_path(operand) if isinstance(operand, Field) else None

    def expression(self, operand: Operand) -> Expression:
        match operand:
            case Field():
                return PathExpression(self.field_path(operand))
            case PartOf(part=part, field=field):
                return date_part(part, self.expression(field), self.schema(field))
            case Aggregate():
                if operand not in self.inline:
                    raise PlanError("an aggregate cannot be tested before rows are grouped")
                return self.inline[operand]

    def schema(self, field: Field) -> FieldSchema:
        return graph.field_schema(field, self.catalog)

    def field_path(self, field: Field) -> str:
        """Where the field stands in the rows' documents, joined or not."""
        if field.collection not in self._places:
            raise PlanError(f"{field.collection}.{field.path} is not among the joined documents")
        return _below(self._places[field.collection], field.path)

    def entity_path(self, entity: Entity) -> str:
        return _below(self._places[entity.collection], entity.path)

    def counts_rows(self, entity: Entity) -> bool:
        """Whether the rows number as many as the entity's (else rows repeat the entity)."""
        return entity == self.grain or entity not in self._single

    def identity(self, entity: Entity) -> Expression:
        """What tells the rows of an entity apart."""
        if entity.path:
            raise PlanError(
                f"{graph.describe(entity)} cannot be counted beside rows that repeat it: "
                "ask for that count by itself"
            )
        return PathExpression(self.field_path(Field(entity.collection, "_id")))

    def belonging(self, entity: Entity) -> tuple[str, int]:
        """Where the rows of an entity that belong to each row are: a path, and how many arrays
        deep it is. Looks them up when they are in another collection."""
        if entity in self._planned:
            raise PlanError(
                f"there is one of {graph.describe(entity)} for each row: group by something to "
                "aggregate over it"
            )
        edges = self._path_to(entity)
        crossing = next((i for i, edge in enumerate(edges) if edge.crosses_collections), None)
        if crossing is None:
            return self.entity_path(entity), len(edges)
        edge, rest = edges[crossing], edges[crossing + 1 :]
        return self._look_up_belonging(edge, rest, entity), 1

    def new_name(self, wanted: str) -> str:
        """A top-level name that nothing in the documents has."""
        base = wanted.replace(".", "_").replace("$", "_").lstrip("_") or "joined"
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        self.added.append(name)
        return name

    # ------------------------------------------------------------------ making

    def populate(self, where: Predicate | None, first: Sequence[Stage] = ()) -> None:
        """Make the rows: filter, unwind, look up, in the cheapest order the tests allow.

        `first` are stages that must follow directly once the anchor's arrays are unwound.
        """
        tests = list(conjuncts(where))
        for test in tests:
            self._plan_upward(test)
        pending = self._units(tests)
        pending = self._flush(pending)
        anchor_edges = sum(1 for edge in self._edges if edge.direction is Direction.DOWN)
        for number, edge in enumerate(self._edges):
            self._join(edge)
            if first and number + 1 == anchor_edges:
                self.stages.extend(first)
                first = ()
            pending = self._flush(pending)
        self.stages.extend(first)
        for unit in pending:
            self._match([self.compile(unit)])

    def compile(self, predicate: Predicate) -> Filter:
        """The predicate as a filter over the rows as they are; adds lookups where it needs them."""
        match predicate:
            case And(items=items):
                return self._compile_all(items)
            case Or(items=items):
                if (entity := self._common_finer_entity(predicate)) is not None:
                    return self._exists_all([(entity, predicate)])
                return AnyOf(tuple(self.compile(item) for item in items))
            case Not(item=item):
                return negate(self.compile(item))
            case Related():
                return self._related(predicate)
            case _:
                entity = self._finer_entity(predicate)
                if entity is None:
                    return leaf_filter(predicate, self)
                return self._exists_all([(entity, predicate)])

    # -------------------------------------------------------------- scheduling

    def _plan_upward(self, predicate: Predicate) -> None:
        """Plan the joins to documents of which each row has one, for tests on them."""
        for leaf in leaves(predicate):
            if isinstance(leaf, Related):
                continue
            for entity in self._entities(leaf):
                if entity in self._planned:
                    continue
                edges = self._upward(entity)
                if edges is None:
                    continue
                self._edges.extend(edges)
                for edge in edges:
                    self._planned.update(graph.with_parents(edge.target, self.catalog))
                if not _needs_the_joined(predicate):
                    self._preserved.update(edges)

    def _upward(self, entity: Entity) -> tuple[Edge, ...] | None:
        edges = graph.path(self._planned, entity, self.catalog, upward_only=True)
        if edges is None:
            return None
        placed = {planned.collection for planned in self._planned}
        for edge in edges:
            if edge.crosses_collections and edge.target.collection in placed:
                return None
            placed.add(edge.target.collection)
        return edges

    def _units(self, tests: Sequence[Predicate]) -> list[Predicate]:
        """Tests that are scheduled together: those on the same finer rows must meet in one."""
        units: list[Predicate] = []
        finer: dict[Entity, list[Predicate]] = {}
        for test in tests:
            entity = self._common_finer_entity(test)
            if entity is None:
                units.append(test)
            else:
                finer.setdefault(self._path_to(entity)[0].source, []).append(test)
        units.extend(_and(group) for group in finer.values())
        return units

    def _flush(self, pending: list[Predicate]) -> list[Predicate]:
        """Match what can be tested by now without a lookup of its own; the rest stays pending."""
        ready = [unit for unit in pending if self._is_ready(unit)]
        self._match([self.compile(unit) for unit in ready])
        return [unit for unit in pending if unit not in ready]

    def _is_ready(self, predicate: Predicate) -> bool:
        for leaf in leaves(predicate):
            if isinstance(leaf, Related):
                edges = self._related_path(leaf)
                inside = all(
                    entity.collection == leaf.entity.collection
                    for inner in leaves(leaf.where)
                    for entity in self._entities(inner)
                )
                if edges[0].source not in self._available or not inside or _crosses(edges):
                    return False
                continue
            for entity in self._entities(leaf):
                if entity in self._planned:
                    if entity not in self._available:
                        return False
                    continue
                edges = self._path_to(entity)
                if edges[0].source not in self._available or _crosses(edges):
                    return False
        return True

    def _match(self, filters: list[Filter]) -> None:
        if filters:
            self.stages.append(Match(all_of(filters)))

    def _join(self, edge: Edge) -> None:
        preserve = edge in self._preserved
        reached = graph.with_parents(edge.target, self.catalog)
        if edge.direction is Direction.DOWN:
            if edge.target not in self._available:
                self.stages.append(Unwind(self.entity_path(edge.target), preserve))
        elif edge.crosses_collections:
            self._look_up(edge, preserve)
        self._available.update(reached)

    def _look_up(self, edge: Edge, preserve: bool) -> None:
        local, foreign = self.field_path(edge.local), edge.foreign
        name = self.new_name(foreign.collection)
        self._places[foreign.collection] = name
        self.stages.append(Lookup(foreign.collection, name, local, foreign.path))
        self.stages.append(Unwind(name, preserve))
        if not edge.target.path:
            return
        # The document was found by one of its elements: keep the elements that match.
        for inner in _into(edge.target, self.catalog):
            self.stages.append(Unwind(self.entity_path(inner.target), preserve))
        found = PathExpression(self.field_path(foreign))
        same = Operation("$eq", (found, PathExpression(local)))
        self.stages.append(Match(ExpressionFilter(same)))

    # ------------------------------------------------------- tests on finer rows

    def _entities(self, leaf: Leaf | Related) -> list[Entity]:
        if isinstance(leaf, Related):
            return [leaf.entity]
        fields = [field_of(operand) for operand in operands(leaf)]
        found = [graph.entity_of(each, self.catalog) for each in fields if each is not None]
        if isinstance(leaf, Exists | IsNull) and found[0].path == leaf.left.path:
            # Whether an array is there is a matter of what holds it, not of its elements.
            holder = graph.parent_of(found[0], self.catalog)
            return [holder or found[0]]
        return found

    def _finer_entity(self, leaf: Leaf) -> Entity | None:
        """The entity that the rows have several of, or None when the rows have all of them."""
        finer = [entity for entity in self._entities(leaf) if entity not in self._planned]
        if not finer:
            return None
        finest = max(finer, key=lambda entity: (len(self._path_to(entity)), entity.path))
        if _crosses(self._path_to(finest)):
            self._require_one_row(self._entities(leaf), finest)
        return finest

    def _require_one_row(self, entities: Sequence[Entity], finest: Entity) -> None:
        """Fields that are compared must meet in one row of the finest entity."""
        for entity in entities:
            if graph.path([finest], entity, self.catalog, upward_only=True) is None:
                raise PlanError(
                    f"{graph.describe(entity)} and {graph.describe(finest)} do not meet in one "
                    "row, so their fields cannot be compared"
                )

    def _common_finer_entity(self, predicate: Predicate) -> Entity | None:
        """The finer entity that all tests of the predicate are about, if there is just one."""
        match predicate:
            case Related() | Not() | And():
                return None
            case Or(items=items):
                found = {self._common_finer_entity(item) for item in items}
                return found.pop() if len(found) == 1 else None
            case _:
                return self._finer_entity(predicate)

    def _path_to(self, entity: Entity) -> tuple[Edge, ...]:
        edges = graph.path(self._planned, entity, self.catalog)
        if not edges:
            rows = graph.describe(Entity(self.collection))
            raise PlanError(f"nothing in the schema connects {graph.describe(entity)} to {rows}")
        return edges

    def _compile_all(self, items: Sequence[Predicate]) -> Filter:
        direct: list[Filter] = []
        finer: list[tuple[Entity, Predicate]] = []
        for item in items:
            entity = self._common_finer_entity(item)
            if entity is None:
                direct.append(self.compile(item))
            else:
                finer.append((entity, item))
        if finer:
            direct.append(self._exists_all(finer))
        return all_of(direct)

    def _exists_all(self, tests: Sequence[tuple[Entity, Predicate]]) -> Filter:
        """ "At least one" for tests on finer entities; shared ways to them meet in one row."""
        roots: dict[Edge, _Test] = {}
        for entity, predicate in tests:
            _add(roots, self._path_to(entity), predicate)
        return all_of([self._exists(test) for test in roots.values()])

    def _related(self, related: Related) -> Filter:
        edges = self._related_path(related)
        roots: dict[Edge, _Test] = {}
        last = _add(roots, edges, None)
        for condition in conjuncts(related.where):
            self._place_condition(last, condition)
        found = self._exists(roots[edges[0]])
        return negate(found) if related.negated else found

    def _related_path(self, related: Related) -> tuple[Edge, ...]:
        """The way to the related rows from what holds or names them, not from themselves."""
        entity = related.entity
        graph.check_entity(entity, self.catalog)
        sources = {
            planned
            for planned in self._planned
            if not (
                planned.collection == entity.collection
                and (planned.path + ".").startswith(entity.path + "." if entity.path else "")
            )
        }
        edges = graph.path(sources, entity, self.catalog)
        if not edges:
            raise PlanError(f"no rows of {graph.describe(entity)} belong to {self.collection}")
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
            for entity in self._entities(leaf)
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
        elements = PathExpression(self.entity_path(test.entity))
        return ExpressionFilter(self._any_element(test, elements, 1))

    # -------------------------------------------------------------- in one array

    def _element_filter(self, test: _Test) -> Filter | None:
        """The test as `$elemMatch` (or shorter); None when only an expression can say it."""
        path = self.entity_path(test.entity)
        inner = self._inside_element(test, path)
        if inner is None:
            return None
        if not inner:
            return FieldTest(f"{path}.0", "$exists", True)
        condition = all_of(inner)
        if isinstance(condition, FieldTest) and _is_direct(condition):
            return FieldTest(_below(path, condition.path), condition.operator, condition.value)
        return ElementMatch(path, condition)

    def _inside_element(self, test: _Test, path: str) -> list[Filter] | None:
        scope = _Element(self, test.entity, path, None)
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

    def _element_condition(self, condition: Predicate, scope: _Element) -> Filter | None:
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
            case _:
                if any(entity != scope.entity for entity in self._entities(condition)):
                    return None
                return filter_of(condition, scope)

    def _related_in_element(self, related: Related, scope: _Element) -> Filter | None:
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
        scope = _Element(self, test.entity, self.entity_path(test.entity), variable)
        parts = [expression_of(condition, scope) for condition in test.conditions]
        for child in test.children.values():
            if child.edge.direction is Direction.DOWN:
                inner = scope.place(child.entity)
                parts.append(self._any_element(child, inner, depth + 1))
            else:
                key = scope.expression(child.edge.local)
                parts.append(Operation("$in", (key, self._matching_keys(child))))
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
        rows = self._foreign_rows(test)
        key = PathExpression(rows.field_path(edge.foreign))
        project = Project(((_KEY, key), ("_id", False)))
        name = self.new_name(f"matching_{edge.foreign.collection}")
        local = self.field_path(edge.local)
        stages = (*rows.stages, project)
        self.stages.append(
            Lookup(edge.foreign.collection, name, local, edge.foreign.path, (), stages)
        )
        return PathExpression(f"{name}.{_KEY}")

    # -------------------------------------------------------- across collections

    def _exists_across(self, test: _Test) -> Filter:
        edge = test.edge
        local, foreign = self.field_path(edge.local), edge.foreign
        name = self.new_name(f"matching_{foreign.collection}")
        if not test.all_conditions():
            self.stages.append(Lookup(foreign.collection, name, local, foreign.path))
            return FieldTest(name, "$ne", ())
        let, first = self._key_match(edge)
        rows = self._foreign_rows(test, first)
        stages = (*rows.stages, Limit(1))
        self.stages.append(Lookup(foreign.collection, name, local, foreign.path, let, stages))
        return FieldTest(name, "$ne", ())

    def _look_up_belonging(self, edge: Edge, rest: Sequence[Edge], entity: Entity) -> str:
        local, foreign = self.field_path(edge.local), edge.foreign
        name = self.new_name(foreign.collection)
        reached = {edge.target, *(step.target for step in rest)}
        closed = {e for target in reached for e in graph.with_parents(target, self.catalog)}
        rows = Rows(self.catalog, JoinTree(edge.target, tuple(rest), frozenset(closed)))
        let, first = self._key_match(edge)
        rows.populate(None, first)
        stages = tuple(rows.stages) or None
        if stages is None:
            let = ()
        self.stages.append(Lookup(foreign.collection, name, local, foreign.path, let, stages))
        return _below(name, rows.entity_path(entity))

    def _key_match(self, edge: Edge) -> tuple[tuple[tuple[str, Expression], ...], list[Stage]]:
        """For documents found by one of their elements: the stage that keeps that element."""
        if not edge.target.path:
            return (), []
        several = graph.entity_of(edge.local, self.catalog) not in self._available
        found = PathExpression(edge.foreign.path)
        same = Operation("$in" if several else "$eq", (found, VariableExpression(_KEY)))
        let = ((_KEY, PathExpression(self.field_path(edge.local))),)
        return let, [Match(ExpressionFilter(same))]

    def _foreign_rows(self, test: _Test, first: Sequence[Stage] = ()) -> Rows:
        entity = test.entity
        tree = JoinTree(entity, (), frozenset(graph.with_parents(entity, self.catalog)))
        rows = Rows(self.catalog, tree)
        conditions = test.all_conditions()
        rows.populate(_and(conditions) if conditions else None, first)
        return rows


class _Element:
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
            case Aggregate():
                raise PlanError("an aggregate cannot be tested on single elements")

    def schema(self, field: Field) -> FieldSchema:
        return self._rows.schema(field)

    def place(self, entity: Entity) -> Expression:
        """The array of an entity inside the element."""
        return self._variable_at(self._rows.entity_path(entity))

    def _variable_at(self, path: str) -> Expression:
        return VariableExpression(_below(self._variable or "", _strip(path, self.base)))


def _reached_upward(tree: JoinTree, catalog: Catalog) -> set[Entity]:
    """The entities of which each row of the anchor has exactly one."""
    reached = set(graph.with_parents(tree.anchor, catalog))
    for edge in tree.edges:
        if edge.is_upward and edge.source in reached:
            reached.update(graph.with_parents(edge.target, catalog))
    return reached


def _into(entity: Entity, catalog: Catalog) -> list[Edge]:
    """The edges from the collection down to one of its arrays."""
    down = list(reversed(graph.with_parents(entity, catalog)))
    return [Edge(above, below, Direction.DOWN) for above, below in pairwise(down)]


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


def _and(items: Sequence[Predicate]) -> Predicate:
    return items[0] if len(items) == 1 else And(tuple(items))


def _crosses(edges: Iterable[Edge]) -> bool:
    return any(edge.crosses_collections for edge in edges)


def _below(prefix: str, path: str) -> str:
    return f"{prefix}.{path}" if prefix and path else prefix or path


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


def _needs_the_joined(predicate: Predicate) -> bool:
    """Whether a row without the joined document cannot meet the predicate anyway."""
    match predicate:
        case Compare(op=op):
            return op != "ne"
        case In(negated=negated) | Text(negated=negated):
            return not negated
        case IsNull(negated=negated):
            return negated
        case And() | Or() | Not() | Related():
            return False
        case _:
            return True
