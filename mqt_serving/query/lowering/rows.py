"""Joined and filtered rows: the `$match`, `$unwind` and `$lookup` that a plan's grain needs.

`Rows` starts from the documents of one collection, joins along a `JoinTree`, and filters as
early as each test allows; tests on finer entities are compiled by `semi_joins`. Used by
`lowering`, and again for the sub-pipelines of lookups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from mqt_serving.errors import PlanError
from mqt_serving.query import graph
from mqt_serving.query.graph import Direction, Edge, JoinTree
from mqt_serving.query.lowering.ordering import cut, ordered
from mqt_serving.query.lowering.predicates import (
    all_of,
    arithmetic,
    conjunction,
    conjuncts,
    date_part,
    leaf_expression,
    leaf_filter,
    leaves,
    negate,
)
from mqt_serving.query.lowering.semi_joins import KEY, SemiJoins, below, entities_in
from mqt_serving.query.pipeline import (
    AddFields,
    AnyOf,
    Expression,
    ExpressionFilter,
    Filter,
    Lookup,
    Match,
    Operation,
    PathExpression,
    Stage,
    Unwind,
    VariableExpression,
)
from mqt_serving.query.plan import (
    DISTANCES,
    Aggregate,
    And,
    Arithmetic,
    Compare,
    Entity,
    Field,
    In,
    IsNull,
    Not,
    Operand,
    Or,
    PartOf,
    Plan,
    Predicate,
    Related,
    Text,
    Top,
)
from mqt_serving.schema import Catalog, FieldSchema

SubQuery = Callable[[Plan], tuple[str, Sequence[Stage], str]]
"""Lowers a sub-query: the collection that it starts from, its stages, and its column."""


class Rows:
    """The scope and the stages of joined rows; `populate` makes them."""

    def __init__(
        self,
        catalog: Catalog,
        tree: JoinTree,
        lower_subquery: SubQuery,
        reserved: Iterable[str] = (),
        optional: Iterable[Entity] = (),
    ) -> None:
        """`reserved` are names that looked-up documents may not take; a row may lack a match
        of each `optional` entity."""
        self.catalog = catalog
        self.lower_subquery = lower_subquery
        self.optional = frozenset(optional)
        self.collection = tree.anchor.collection
        self.stages: list[Stage] = []
        self.added: list[str] = []  # names that stages put into documents
        self.inline: dict[Aggregate, Expression] = {}  # aggregates over what belongs to a row
        self.grain = tree.anchor
        self._places = {self.collection: ""}
        self.available = {Entity(self.collection)}
        self._edges: list[Edge] = [*_into(tree.anchor, catalog), *tree.edges]
        self._preserved = {edge for edge in self._edges if edge.target in self.optional}
        self._subqueries: dict[Plan, Expression] = {}
        self._distances: dict[Arithmetic, str] = {}
        self.planned = set(tree.entities) | set(graph.with_parents(tree.anchor, catalog))
        schema = graph.schema_of(self.collection, catalog)
        self._tests = SemiJoins(self)
        self._single = _reached_upward(tree, catalog)
        self._taken = {f.path.split(".", 1)[0] for f in schema.fields} | set(reserved)

    # ------------------------------------------------------------------- scope

    def path(self, operand: Operand) -> str | None:
        if isinstance(operand, Arithmetic) and operand.operator in DISTANCES:
            return self._distance(operand)
        return self.field_path(operand) if isinstance(operand, Field) else None

    def expression(self, operand: Operand) -> Expression:
        match operand:
            case Field():
                return PathExpression(self.field_path(operand))
            case PartOf(part=part, field=field):
                return date_part(part, self.expression(field), self.schema(field))
            case Arithmetic(operator=operator) if operator in DISTANCES:
                return PathExpression(self._distance(operand))
            case Arithmetic():
                return arithmetic(operand, self)
            case Aggregate():
                if operand not in self.inline:
                    raise PlanError("an aggregate cannot be tested before rows are grouped")
                return self.inline[operand]

    def schema(self, field: Field) -> FieldSchema:
        return graph.field_schema(field, self.catalog)

    def subquery(self, plan: Plan) -> Expression:
        if plan not in self._subqueries:
            collection, stages, column = self.lower_subquery(plan)
            name = self.new_name("subquery")
            self.stages.append(Lookup(collection, name, stages=tuple(stages)))
            self._subqueries[plan] = PathExpression(f"{name}.{column}")
        return self._subqueries[plan]

    def _distance(self, operand: Arithmetic) -> str:
        """Where the distance stands: it is long, so that it is written only once."""
        if operand not in self._distances:
            computed = arithmetic(operand, self)  # may look up a place
            name = self.new_name("distance")
            self.stages.append(AddFields(((name, computed),)))
            self._distances[operand] = name
        return self._distances[operand]

    def field_path(self, field: Field) -> str:
        """Where the field stands in the rows' documents, joined or not."""
        if field.collection not in self._places:
            raise PlanError(f"{field.collection}.{field.path} is not among the joined documents")
        return below(self._places[field.collection], field.path)

    def entity_path(self, entity: Entity) -> str:
        return below(self._places[entity.collection], entity.path)

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

    def belonging(self, entity: Entity, where: Predicate | None = None) -> tuple[str, int, bool]:
        """Where the rows of an entity that belong to each row are: a path, how many arrays deep
        it is, and whether only those that meet `where` are there. Looks them up when they are in
        another collection."""
        if entity in self.planned:
            raise PlanError(
                f"there is one of {graph.describe(entity)} for each row: group by something to "
                "aggregate over it"
            )
        edges = self._tests.path_to(entity)
        crossing = next((i for i, edge in enumerate(edges) if edge.crosses_collections), None)
        if crossing is None:
            return self.entity_path(entity), len(edges), False
        edge, rest = edges[crossing], edges[crossing + 1 :]
        return self._look_up_belonging(edge, rest, entity, where), 1, True

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
        tests = [test for test in conjuncts(where) if not isinstance(test, Top)]
        tops = [test for test in conjuncts(where) if isinstance(test, Top)]
        self._check_tops(tops)
        for test in tests:
            self._plan_upward(test)
        pending = self._units(tests)
        pending, tops = self._cut(pending, tops)
        anchor_edges = sum(1 for edge in self._edges if edge.direction is Direction.DOWN)
        for number, edge in enumerate(self._edges):
            self._join(edge)
            if first and number + 1 == anchor_edges:
                self.stages.extend(first)
                first = ()
            pending, tops = self._cut(pending, tops)
        self.stages.extend(first)
        for unit in pending:
            self._match([self.compile(unit)])

    def condition(self, predicate: Predicate) -> Expression:
        """The predicate as an expression over the rows as they are."""
        match predicate:
            case And(items=items):
                return Operation("$and", tuple(self.condition(item) for item in items))
            case Or(items=items):
                return Operation("$or", tuple(self.condition(item) for item in items))
            case Not(item=item):
                return Operation("$not", (self.condition(item),))
            case Related():
                return self._tests.related_expression(predicate)
            case Top():
                raise PlanError("the first of several can only be asked for by itself")
            case _:
                entity = self._tests.finer_entity(predicate)
                if entity is None:
                    return leaf_expression(predicate, self)
                return self._tests.exists_expression(entity, predicate)

    def compile(self, predicate: Predicate) -> Filter:
        """The predicate as a filter over the rows as they are; adds lookups where it needs them."""
        match predicate:
            case And(items=items):
                return self._compile_all(items)
            case Or(items=items):
                if (entity := self._tests.common_finer_entity(predicate)) is not None:
                    return self._tests.exists_all([(entity, predicate)])
                return AnyOf(tuple(self.compile(item) for item in items))
            case Not(item=item):
                return negate(self.compile(item))
            case Related():
                return self._tests.related(predicate)
            case Top():
                raise PlanError("the first of several can only be asked for by itself")
            case _:
                entity = self._tests.finer_entity(predicate)
                if entity is None:
                    return leaf_filter(predicate, self)
                return self._tests.exists_all([(entity, predicate)])

    # -------------------------------------------------------------- scheduling

    def _plan_upward(self, predicate: Predicate) -> None:
        """Plan the joins to documents of which each row has one, for tests on them."""
        for leaf in leaves(predicate):
            if isinstance(leaf, Related):
                continue
            for entity in entities_in(leaf, self.catalog):
                if entity in self.planned:
                    continue
                edges = self._upward(entity)
                if edges is None:
                    continue
                self._edges.extend(edges)
                for edge in edges:
                    self.planned.update(graph.with_parents(edge.target, self.catalog))
                if not _needs_the_joined(predicate):
                    self._preserved.update(edges)

    def _upward(self, entity: Entity) -> tuple[Edge, ...] | None:
        edges = graph.path(self.planned, entity, self.catalog, upward_only=True)
        if edges is None:
            return None
        placed = {planned.collection for planned in self.planned}
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
            entity = self._tests.common_finer_entity(test)
            if entity is None:
                units.append(test)
            else:
                finer.setdefault(self._tests.path_to(entity)[0].source, []).append(test)
        units.extend(conjunction(group) for group in finer.values())
        return units

    def _check_tops(self, tops: Sequence[Top]) -> None:
        ways = {Entity(self.collection)} | {
            edge.target for edge in self._edges if edge.direction is Direction.DOWN
        }
        for top in tops:
            if top.entity not in ways:
                raise PlanError(
                    f"rows come from {self.collection}: they cannot be cut to the first of "
                    f"{graph.describe(top.entity)}"
                )

    def _cut(self, pending: list[Predicate], tops: list[Top]) -> tuple[list[Predicate], list[Top]]:
        """Keep the top rows as soon as they are there; nothing is tested before."""
        while tops and tops[0].entity in self.available:
            top, *tops = tops
            for test in conjuncts(top.where):
                self._match([self.compile(test)])
            self.stages.extend(ordered(top.order_by, self, self.new_name))
            self.stages.extend(cut(top.limit, top.skip))
        return (pending if tops else self._flush(pending)), tops

    def _flush(self, pending: list[Predicate]) -> list[Predicate]:
        """Match what can be tested by now without a lookup of its own; the rest stays pending."""
        ready = [unit for unit in pending if self._is_ready(unit)]
        self._match([self.compile(unit) for unit in ready])
        return [unit for unit in pending if unit not in ready]

    def _is_ready(self, predicate: Predicate) -> bool:
        for leaf in leaves(predicate):
            if isinstance(leaf, Related):
                edges = self._tests.related_path(leaf)
                inside = all(
                    entity.collection == leaf.entity.collection
                    for inner in leaves(leaf.where)
                    for entity in entities_in(inner, self.catalog)
                )
                if edges[0].source not in self.available or not inside or graph.crosses(edges):
                    return False
                continue
            for entity in entities_in(leaf, self.catalog):
                if entity in self.planned:
                    if entity not in self.available:
                        return False
                    continue
                edges = self._tests.path_to(entity)
                if edges[0].source not in self.available or graph.crosses(edges):
                    return False
        return True

    def _match(self, filters: list[Filter]) -> None:
        if filters:
            self.stages.append(Match(all_of(filters)))

    def _join(self, edge: Edge) -> None:
        preserve = edge in self._preserved
        reached = graph.with_parents(edge.target, self.catalog)
        if edge.direction is Direction.DOWN:
            if edge.target not in self.available:
                self.stages.append(Unwind(self.entity_path(edge.target), preserve))
        elif edge.crosses_collections:
            self._look_up(edge, preserve)
        self.available.update(reached)

    def _look_up(self, edge: Edge, preserve: bool) -> None:
        local, foreign = self.field_path(edge.local), edge.foreign
        name = self.new_name(foreign.collection)
        self._places[foreign.collection] = name
        self.stages.append(Lookup(foreign.collection, name, local, foreign.path))
        self.stages.append(Unwind(name, preserve))
        if not edge.target.path:
            return
        if preserve:
            raise PlanError(
                f"rows without any of {graph.describe(edge.target)} cannot be kept: it is an "
                "array of another collection"
            )
        # The document was found by one of its elements: keep the elements that match.
        for inner in _into(edge.target, self.catalog):
            self.stages.append(Unwind(self.entity_path(inner.target), preserve))
        found = PathExpression(self.field_path(foreign))
        same = Operation("$eq", (found, PathExpression(local)))
        self.stages.append(Match(ExpressionFilter(same)))

    def _compile_all(self, items: Sequence[Predicate]) -> Filter:
        direct: list[Filter] = []
        finer: list[tuple[Entity, Predicate]] = []
        for item in items:
            entity = self._tests.common_finer_entity(item)
            if entity is None:
                direct.append(self.compile(item))
            else:
                finer.append((entity, item))
        if finer:
            direct.append(self._tests.exists_all(finer))
        return all_of(direct)

    # ---------------------------------------------------------- sub-pipelines

    def _look_up_belonging(
        self, edge: Edge, rest: Sequence[Edge], entity: Entity, where: Predicate | None
    ) -> str:
        local, foreign = self.field_path(edge.local), edge.foreign
        name = self.new_name(foreign.collection)
        reached = {edge.target, *(step.target for step in rest)}
        closed = {e for target in reached for e in graph.with_parents(target, self.catalog)}
        tree = JoinTree(edge.target, tuple(rest), frozenset(closed))
        rows = Rows(self.catalog, tree, self.lower_subquery)
        let, first = self.key_match(edge)
        rows.populate(where, first)
        stages = tuple(rows.stages) or None
        if stages is None:
            let = ()
        self.stages.append(Lookup(foreign.collection, name, local, foreign.path, let, stages))
        return below(name, rows.entity_path(entity))

    def key_match(self, edge: Edge) -> tuple[tuple[tuple[str, Expression], ...], list[Stage]]:
        """For documents found by one of their elements: the stage that keeps that element."""
        if not edge.target.path:
            return (), []
        several = graph.entity_of(edge.local, self.catalog) not in self.available
        found = PathExpression(edge.foreign.path)
        same = Operation("$in" if several else "$eq", (found, VariableExpression(KEY)))
        let = ((KEY, PathExpression(self.field_path(edge.local))),)
        return let, [Match(ExpressionFilter(same))]

    def foreign(
        self, entity: Entity, conditions: Sequence[Predicate], first: Sequence[Stage] = ()
    ) -> Rows:
        """The rows of an entity that meet the conditions, for a sub-pipeline."""
        tree = JoinTree(entity, (), frozenset(graph.with_parents(entity, self.catalog)))
        rows = Rows(self.catalog, tree, self.lower_subquery)
        rows.populate(conjunction(conditions) if conditions else None, first)
        return rows


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
