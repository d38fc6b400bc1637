"""Finds which fields refer to which: names say what may refer, values say whether it does.

Pure. A field refers to at most one target: the best one, by names, then by the share of its values
found there. Rules and thresholds were set looking at all 130 training databases of TEND (those of
its development split included) and at relational naming habits: scores on these say nothing of how
well references are found elsewhere. The tests state what must and what must not be found. The idea
of inclusion dependencies ranked by names follows Rostin et al., "A Machine Learning Approach to
Foreign Key Discovery", WebDB 2009.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias
from uuid import UUID

from bson import ObjectId

from mqt_assets.schemas.names import Name, entity_match, name_of
from mqt_assets.schemas.values import PathValues
from mqt_serving.schema import BsonType, CollectionSchema, FieldSchema, Reference

Contains: TypeAlias = Callable[[str, str, Sequence[Hashable]], Collection[Hashable] | None]
"""Which of the values a collection holds at a path: `(collection, path, values) -> found`.

None where that would cost too much to find out.
"""

_TESTED_VALUES = 400
_LIKELY = 0.7
_POSSIBLE = 0.5
_SAME_WORD = 0.7  # equal names that are no keys: `country` and `country`
_LINKING_TYPES = frozenset(
    {BsonType.STRING, BsonType.INT, BsonType.DOUBLE, BsonType.OBJECT_ID, BsonType.BINARY}
)
_LINKING_VALUES = (str, int, float, bytes, ObjectId, UUID)


@dataclass(frozen=True)
class _Column:
    """A path with what is known of it; `entity` is its array, or else its collection."""

    collection: str
    field: FieldSchema
    values: PathValues
    coverage: float  # share of the collection that was sampled

    @cached_property
    def name(self) -> Name:
        return name_of(self.field.path)

    @cached_property
    def scope(self) -> str:
        """The innermost array of objects that the path is in; empty at the top."""
        outer = [path for path in self.field.arrays if path != self.field.path]
        return outer[-1] if outer else ""

    @cached_property
    def entity(self) -> Name:
        return name_of(self.scope or self.collection)

    @cached_property
    def distinctive(self) -> bool:
        """Whether equal values can hardly be chance: object ids, long or widely spread values."""
        distinct = self.values.distinct
        if self.field.main_type in (BsonType.OBJECT_ID, BsonType.BINARY):
            return True
        if len(distinct) < 5:
            return False
        if self.field.main_type is BsonType.STRING:
            return not self.field.numeric_text
        numbers = [value for value in distinct if isinstance(value, int | float)]
        spread = max(numbers, default=0) - min(numbers, default=0) + 1
        return max(numbers, default=0) > 1_000 and spread > 3 * len(numbers)

    @property
    def depth(self) -> int:
        return len(self.field.arrays)

    @property
    def key(self) -> tuple[str, str]:
        return self.collection, self.field.path


@dataclass(frozen=True)
class _Link:
    source: _Column
    target: _Column
    likeness: float  # of names, 0..1
    overlap: float

    @property
    def rank(self) -> tuple[object, ...]:
        """Best first. What identifies its entity beats another reference to it, and arrays."""
        identity = _is_identity(self.target) and self.likeness >= _LIKELY
        return (
            not self.target.values.unique,
            self.target.depth,
            not identity,
            -round(self.likeness + 0.5 * self.overlap, 2),
            not _is_identity(self.target),
            self.target.key,
        )


def find_references(
    schemas: Sequence[CollectionSchema],
    values: Mapping[tuple[str, str], PathValues],
    contains: Contains | None = None,
) -> tuple[Reference, ...]:
    """References between (and within) the collections of one database, sorted by source.

    `values` holds the sampled values by (collection, path), as `inference.infer` returns them.
    Where a target was only sampled, the overlap is scaled by the sampled share, unless `contains`
    looks the values up in the database; then it is exact.
    """
    columns = _columns(schemas, values)
    targets = [column for column in columns if _can_be_target(column)]
    holders: dict[Hashable, list[int]] = defaultdict(list)
    for position, target in enumerate(targets):
        for value in target.values.distinct:
            holders[value].append(position)
    named = _by_name(targets)

    found: list[_Link] = []
    for source in columns:
        if source.values.copied:
            continue
        tested = _tested_values(source)
        if not tested:
            continue
        hits: dict[int, int] = defaultdict(int)
        for value in tested:
            for position in holders.get(value, ()):
                hits[position] += 1
        if contains is not None:
            for position in named.get(source.name.base, ()):
                hits.setdefault(position, 0)
        links = [
            link
            for position, count in sorted(hits.items())
            if (link := _link(source, targets[position], tested, count, contains))
        ]
        if links:
            found.append(min(links, key=lambda link: link.rank))
    return tuple(_reference(link) for link in _many_to_one(_without_labels(found)))


def _columns(
    schemas: Iterable[CollectionSchema], values: Mapping[tuple[str, str], PathValues]
) -> list[_Column]:
    columns = []
    for schema in sorted(schemas, key=lambda s: s.collection):
        coverage = min(1.0, schema.sampled / schema.document_count) if schema.document_count else 1
        for item in schema.fields:
            known = values.get((schema.collection, item.path))
            if known and not item.private and item.main_type in _LINKING_TYPES:
                columns.append(_Column(schema.collection, item, known, coverage))
    return columns


def _can_be_target(column: _Column) -> bool:
    """Unique values, or a key's name: the latter links copies of one key in two arrays."""
    name = column.name
    if column.field.path in column.field.arrays or column.values.copied:
        return False  # elements of an array of scalars, and copies of a key, identify nothing
    if column.values.unique:
        return name.is_key or (not name.is_measure and not column.depth)
    # A status code in two arrays is a shared vocabulary, the id of one thing in both is a link.
    return (
        name.is_key
        and not name.is_generic
        and (_names_entity(name, column.entity) or name.is_identifier)
    )


def _is_identity(column: _Column) -> bool:
    """Whether the target is what its entity is known by: `_id`, `id`, `code`, `customer_id`."""
    return column.field.path == "_id" or (
        column.name.is_key and (column.name.is_generic or _names_entity(column.name, column.entity))
    )


def _names_entity(name: Name, entity: Name) -> bool:
    return entity_match(name, entity) >= 0.6


def _by_name(targets: Sequence[_Column]) -> dict[str, list[int]]:
    """Identity targets by the name that a reference to them would have."""
    named: dict[str, list[int]] = defaultdict(list)
    for position, target in enumerate(targets):
        if target.values.unique and _is_identity(target):
            named[target.entity.plain].append(position)
    return named


def _tested_values(source: _Column) -> list[Hashable]:
    """A fixed choice of the source's distinct values, the same whatever their order."""
    distinct: list[Hashable] = [v for v in source.values.distinct if isinstance(v, _LINKING_VALUES)]
    if len(distinct) <= _TESTED_VALUES:
        return distinct
    return sorted(distinct, key=lambda value: zlib.crc32(repr(value).encode("utf-8", "replace")))[
        :_TESTED_VALUES
    ]


def _link(
    source: _Column,
    target: _Column,
    tested: Sequence[Hashable],
    hits: int,
    contains: Contains | None,
) -> _Link | None:
    if source.key == target.key or _same_thing(source, target):
        return None
    likeness = _likeness(source, target)
    overlap = min(1.0, hits / len(tested) / target.coverage)
    if target.coverage < 1 and contains is not None and (likeness >= _LIKELY or overlap):
        found = contains(target.collection, target.field.path, tested)
        overlap = overlap if found is None else len(found) / len(tested)
    if not _accepted(source, target, likeness, overlap):
        return None
    return _Link(source, target, likeness, round(overlap, 4))


def _same_thing(source: _Column, target: _Column) -> bool:
    """Within a collection, a document's own key refers to nothing else of the document."""
    return source.collection == target.collection and (
        source.field.path == "_id" or (source.values.unique and _is_identity(source))
    )


def _accepted(source: _Column, target: _Column, likeness: float, overlap: float) -> bool:
    if not target.values.unique:
        return likeness == 1 and overlap >= 0.5 and source.name.is_key
    if likeness >= _LIKELY and (source.name.is_key or likeness > _SAME_WORD):
        return overlap >= 0.5
    if likeness >= _POSSIBLE:
        return overlap >= 0.9
    if source.field.main_type in (BsonType.OBJECT_ID, BsonType.BINARY):
        return overlap >= 0.5
    return (
        overlap >= 0.98
        and source.distinctive
        and target.distinctive  # any numbers at all are found among 1, 2, 3, ... 5000
        and not source.name.is_measure
        and (target.name.is_key or target.field.path == "_id" or source.depth > 0)
    )


def _likeness(source: _Column, target: _Column) -> float:
    """How strongly the names say that `source` holds values of `target`, 0..1."""
    if source.name.is_measure:
        return 0.0
    if source.name.plain == target.name.plain and not source.name.is_generic:
        return 1.0 if source.name.is_key else _SAME_WORD
    named = entity_match(source.name, target.entity)
    if named and (target.field.path == "_id" or target.name.is_generic):
        return 0.95 * named
    if named and _names_entity(target.name, target.entity):
        return 0.9 * named
    specific = target.name.is_key and not target.name.is_generic
    if specific and source.name.plain.endswith(target.name.plain):
        return 0.85  # reported_by_staff_id -> staff_id
    if named >= 0.9 and target.name.is_key:
        return 0.75 * named  # Physician -> Physician.EmployeeID
    same_kind = source.collection == target.collection and source.entity == target.entity
    if same_kind and source.name.names_own_kind:
        return 0.7 if _is_identity(target) else 0.5
    return 0.0


def _without_labels(links: Sequence[_Link]) -> list[_Link]:
    """Without links over a copied name where the id beside it leads to the same thing."""
    keyed = {_ends(link) for link in links if link.source.name.is_key}
    return [
        link
        for link in links
        if link.source.name.is_key or _is_identity(link.target) or _ends(link) not in keyed
    ]


def _ends(link: _Link) -> tuple[str, str, str, str]:
    return link.source.collection, link.source.scope, link.target.collection, link.target.scope


def _many_to_one(links: Iterable[_Link]) -> list[_Link]:
    """Of two links that are each other's reverse, the one from the many to the one."""
    by_pair: dict[frozenset[tuple[str, str]], _Link] = {}
    for link in links:
        pair = frozenset({link.source.key, link.target.key})
        other = by_pair.get(pair)
        if other is None or _direction(link) < _direction(other):
            by_pair[pair] = link
    return sorted(by_pair.values(), key=lambda link: (link.source.key, link.target.key))


def _direction(link: _Link) -> tuple[object, ...]:
    """Lower for the better direction: to the unique, shallow side that names its own entity."""
    return (
        not link.target.values.unique,
        link.source.values.unique,
        link.target.depth,
        not _is_identity(link.target),
        -link.overlap,
        link.source.key,
    )


def _reference(link: _Link) -> Reference:
    return Reference(
        from_collection=link.source.collection,
        from_path=link.source.field.path,
        to_collection=link.target.collection,
        to_path=link.target.field.path,
        to_unique=link.target.values.unique,
        overlap=link.overlap,
    )
