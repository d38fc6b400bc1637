"""The join graph of a catalog: entities, and the edges along which rows can be joined.

An entity is a collection or an array inside its documents. Edges go up from an array to what
holds it, down into an array, along a reference, and against one. `spanning_joins` and `path`
find the joins that a plan needs; both are deterministic. Depends on `schema` and `plan` only.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

from mqt_serving.errors import PlanError, UnknownCollection
from mqt_serving.query.checking.nearest import unknown_field
from mqt_serving.query.plan import Entity, Field
from mqt_serving.schema import Catalog, CollectionSchema, FieldSchema, Reference


class Direction(StrEnum):
    UP = "up"  # from an array to the document or array element that holds it
    DOWN = "down"  # from a document or element into one of its arrays
    FOLLOW = "follow"  # along a reference, to the document it names
    REFERRERS = "referrers"  # against a reference, to the documents that name this one


@dataclass(frozen=True, slots=True)
class Edge:
    """One join step between neighbouring entities."""

    source: Entity
    target: Entity
    direction: Direction
    reference: Reference | None = None

    @property
    def is_upward(self) -> bool:
        """Whether each source row has at most one target row."""
        if self.direction is Direction.UP:
            return True
        return self.direction is Direction.FOLLOW and self.is_unique

    @property
    def is_unique(self) -> bool:
        """Whether the reference's values are unique where it points to."""
        return self.reference is not None and self.reference.to_unique

    @property
    def crosses_collections(self) -> bool:
        return self.reference is not None

    @property
    def local(self) -> Field:
        """The field on the source side of a reference."""
        reference = self._needed_reference()
        if self.direction is Direction.FOLLOW:
            return Field(reference.from_collection, reference.from_path)
        return Field(reference.to_collection, reference.to_path)

    @property
    def foreign(self) -> Field:
        """The field on the target side of a reference."""
        reference = self._needed_reference()
        if self.direction is Direction.FOLLOW:
            return Field(reference.to_collection, reference.to_path)
        return Field(reference.from_collection, reference.from_path)

    def _needed_reference(self) -> Reference:
        if self.reference is None:
            raise ValueError(f"an edge that goes {self.direction} follows no reference")
        return self.reference

    @property
    def order(self) -> tuple[object, ...]:
        """Deterministic preference among paths of equal cost: smaller is better."""
        r = self.reference
        if r is None:
            return (0.0, self.direction.value, self.target.collection, self.target.path)
        names = (r.from_collection, r.from_path, r.to_collection, r.to_path)
        return (-r.overlap, self.direction.value, *names)


@dataclass(frozen=True, slots=True)
class JoinTree:
    """Rows of `anchor`, joined along `edges` in order; each edge starts where rows already are.

    `entities` are all those of which each row then has exactly one.
    """

    anchor: Entity
    edges: tuple[Edge, ...]
    entities: frozenset[Entity]


def schema_of(collection: str, catalog: Catalog) -> CollectionSchema:
    """The schema of a collection, or `UnknownCollection` naming those there are."""
    schema = catalog.by_name.get(collection)
    if schema is None:
        known = ", ".join(sorted(catalog.by_name)) or "none"
        raise UnknownCollection(
            f"no collection {collection!r} in database {catalog.database!r}; it has: {known}"
        )
    return schema


def field_schema(field: Field, catalog: Catalog) -> FieldSchema:
    """The schema of a field, or `UnknownField` naming it and those that may be meant."""
    found = schema_of(field.collection, catalog).by_path.get(field.path)
    if found is None:
        raise unknown_field(field, catalog)
    return found


def entities_of(catalog: Catalog) -> tuple[Entity, ...]:
    """Every collection and every array in it, parents before children."""
    return tuple(
        Entity(schema.collection, path)
        for schema in catalog.collections
        for path in ("", *schema.array_paths)
    )


def entity_of(field: Field, catalog: Catalog) -> Entity:
    """The entity whose rows have the field: its innermost array, or the collection."""
    arrays = field_schema(field, catalog).arrays
    return Entity(field.collection, arrays[-1] if arrays else "")


def parent_of(entity: Entity, catalog: Catalog) -> Entity | None:
    """What holds the array; None for a collection."""
    if not entity.path:
        return None
    arrays = field_schema(Field(entity.collection, entity.path), catalog).arrays
    return Entity(entity.collection, arrays[-2] if len(arrays) > 1 else "")


def with_parents(entity: Entity, catalog: Catalog) -> tuple[Entity, ...]:
    """The entity and all that hold it, itself first."""
    found = [entity]
    while (above := parent_of(found[-1], catalog)) is not None:
        found.append(above)
    return tuple(found)


def check_entity(entity: Entity, catalog: Catalog) -> None:
    """Raise unless the entity is a collection or an array in the catalog."""
    schema = schema_of(entity.collection, catalog)
    if entity.path and entity.path not in schema.array_paths:
        raise unknown_field(Field(entity.collection, entity.path), catalog, "array")


_Cost = tuple[int, int, int]  # references, of them not unique, steps
_Ranked = tuple[_Cost, tuple[tuple[object, ...], ...]]
_Paths = dict[Entity, tuple[_Ranked, tuple[Edge, ...]]]
_MOST_REMEMBERED = 1_000  # paths and joins, of each, per catalog


class _Graph:
    """All edges of one catalog by their source, and the cheapest paths found so far."""

    def __init__(self, catalog: Catalog) -> None:
        self.entities = entities_of(catalog)
        self.found: dict[tuple[frozenset[Entity], bool], _Paths] = {}
        self.spanning: dict[tuple[Entity, ...], JoinTree] = {}
        self.edges: dict[Entity, list[Edge]] = {entity: [] for entity in self.entities}
        for entity in self.entities:
            parent = parent_of(entity, catalog)
            if parent is not None:
                self.edges[entity].append(Edge(entity, parent, Direction.UP))
                self.edges[parent].append(Edge(parent, entity, Direction.DOWN))
        for reference in catalog.references:
            self._add_reference(reference, catalog)

    def _add_reference(self, reference: Reference, catalog: Catalog) -> None:
        if reference.from_collection == reference.to_collection:
            return  # a plan cannot tell the two roles of one collection apart
        source_field = Field(reference.from_collection, reference.from_path)
        target_field = Field(reference.to_collection, reference.to_path)
        source, target = entity_of(source_field, catalog), entity_of(target_field, catalog)
        self.edges[source].append(Edge(source, target, Direction.FOLLOW, reference))
        self.edges[target].append(Edge(target, source, Direction.REFERRERS, reference))


_CACHE: OrderedDict[int, tuple[Catalog, _Graph]] = OrderedDict()
_CACHE_SIZE = 64
_CACHE_LOCK = Lock()


def _graph(catalog: Catalog) -> _Graph:
    """The catalog's graph; kept per catalog object, since its digest costs more than the graph."""
    with _CACHE_LOCK:
        found = _CACHE.get(id(catalog))
        if found is not None and found[0] is catalog:
            _CACHE.move_to_end(id(catalog))
            return found[1]
    graph = _Graph(catalog)
    with _CACHE_LOCK:
        _CACHE[id(catalog)] = (catalog, graph)
        while len(_CACHE) > _CACHE_SIZE:
            _CACHE.popitem(last=False)
    return graph


def _cheapest(sources: Iterable[Entity], catalog: Catalog, upward_only: bool) -> _Paths:
    """Cheapest paths to every entity reachable from any source; remembered, never changed."""
    graph = _graph(catalog)
    key = (frozenset(sources), upward_only)
    found = graph.found.get(key)
    if found is None:
        found = _search(key[0], graph, upward_only)
        if len(graph.found) >= _MOST_REMEMBERED:
            graph.found = {}
        graph.found[key] = found
    return found


def _search(sources: Iterable[Entity], graph: _Graph, upward_only: bool) -> _Paths:
    """Dijkstra's algorithm from all sources at once."""
    best: _Paths = {}
    serial = 0
    queue: list[tuple[_Ranked, int, Entity, tuple[Edge, ...]]] = []
    for source in sorted(set(sources), key=lambda e: (e.collection, e.path)):
        queue.append((((0, 0, 0), ()), serial, source, ()))
        serial += 1
    while queue:
        rank, _, entity, edges = heapq.heappop(queue)
        if entity in best:
            continue
        best[entity] = (rank, edges)
        (references, loose, steps), order = rank
        for edge in graph.edges.get(entity, ()):
            if edge.target in best or (upward_only and not edge.is_upward):
                continue
            crosses = edge.crosses_collections
            cost = (references + crosses, loose + (crosses and not edge.is_unique), steps + 1)
            serial += 1
            heapq.heappush(
                queue, ((cost, (*order, edge.order)), serial, edge.target, (*edges, edge))
            )
    return best


def path(
    sources: Iterable[Entity], target: Entity, catalog: Catalog, upward_only: bool = False
) -> tuple[Edge, ...] | None:
    """The cheapest edges from any source to the target; None when there is no way.

    Fewest references first, then those to unique targets, then fewest steps, then larger
    overlap, then names. With `upward_only`, no step can multiply rows.
    """
    found = _cheapest(sources, catalog, upward_only).get(target)
    return None if found is None else found[1]


def spanning_joins(entities: Sequence[Entity], catalog: Catalog) -> JoinTree:
    """The joins whose rows are the finest of the entities, extended by all the others.

    The anchor is the entity from which every other is reached upward (from items to their order
    to its customer), if need be one that links them (enrolments, for students and courses);
    where none exists, one of the entities, joined whichever way references go. Fewest references
    win. Remembered. Raises `PlanError` when the entities are not connected.
    """
    graph = _graph(catalog)
    needed = tuple(dict.fromkeys(entities))
    found = graph.spanning.get(needed)
    if found is None:
        found = _spanning(needed, catalog)
        if len(graph.spanning) >= _MOST_REMEMBERED:
            graph.spanning = {}
        graph.spanning[needed] = found
    return found


def _spanning(needed: Sequence[Entity], catalog: Catalog) -> JoinTree:
    for entity in needed:
        check_entity(entity, catalog)
    candidates: list[tuple[tuple[object, ...], JoinTree]] = []
    for anchor in _graph(catalog).entities:
        for upward_only in (True, False):
            if not upward_only and anchor not in needed:
                continue
            tree = _tree(anchor, needed, catalog, upward_only)
            if tree is None:
                continue
            references = sum(edge.crosses_collections for edge in tree.edges)
            rank = (
                references,
                not upward_only,
                anchor not in needed,
                sum(not edge.is_unique for edge in tree.edges if edge.crosses_collections),
                len(tree.edges),
                anchor.path.count("."),
                (anchor.collection, anchor.path),
            )
            candidates.append((rank, tree))
            break
    if not candidates:
        names = ", ".join(describe(entity) for entity in needed)
        raise PlanError(f"nothing in the schema connects {names}: ask about them separately")
    return min(candidates, key=lambda candidate: candidate[0])[1]


def joins_from(anchor: Entity, entities: Sequence[Entity], catalog: Catalog) -> JoinTree | None:
    """The joins of the anchor's rows to all entities, whichever way; None where there is none."""
    return _tree(anchor, entities, catalog, upward_only=False)


def _tree(
    anchor: Entity, needed: Sequence[Entity], catalog: Catalog, upward_only: bool
) -> JoinTree | None:
    paths = _cheapest([anchor], catalog, upward_only)
    edges: dict[Edge, None] = {}
    placed = {anchor.collection: None}
    for entity in needed:
        if entity not in paths:
            return None
        for edge in paths[entity][1]:
            if edge in edges:
                continue
            if edge.crosses_collections and edge.target.collection in placed:
                return None  # one collection cannot stand in two roles
            placed[edge.target.collection] = None
            edges[edge] = None
    reached = {anchor, *(edge.target for edge in edges)}
    closed = frozenset(above for entity in reached for above in with_parents(entity, catalog))
    return JoinTree(anchor, tuple(edges), closed)


def crosses(edges: Iterable[Edge]) -> bool:
    """Whether any of the edges follows a reference, either way."""
    return any(edge.crosses_collections for edge in edges)


def describe(entity: Entity) -> str:
    """`orders` or `orders.items`, as people write it."""
    return f"{entity.collection}.{entity.path}" if entity.path else entity.collection
