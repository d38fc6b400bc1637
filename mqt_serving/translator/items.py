"""Schema items: the fields and entities of one catalog, as the network sees them.

Built once per catalog and release: names as vectors, static features, and how items stand to
each other (nesting, references). Nothing here depends on a question.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from mqt_serving.query.literals import is_flag
from mqt_serving.query.plan import Entity, Field
from mqt_serving.schema import NUMERIC, BsonType, Catalog, FieldSchema
from mqt_serving.translator.values import ValueIndex, schema_stems
from mqt_serving.translator.words import name_stems, natural_name

Vectors = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

_TYPES = (
    BsonType.STRING, BsonType.INT, BsonType.DOUBLE, BsonType.DECIMAL, BsonType.BOOL,
    BsonType.DATE, BsonType.OBJECT_ID,
)  # fmt: skip
_NAME_STEMS = frozenset({"nam", "name", "titl", "title", "label"})
_ID_STEMS = frozenset({"id", "cod", "code", "key", "number", "no", "sku"})
STATIC_FEATURES = 3 + len(_TYPES) + 10


class ItemRelation(IntEnum):
    """How item `i` stands to item `j`; the network learns a bias for each."""

    NONE = 0
    SAME = 1
    FIELD_OF_ENTITY = 2
    ENTITY_OF_FIELD = 3
    SAME_ENTITY = 4
    SAME_COLLECTION = 5
    PARENT_ENTITY = 6
    CHILD_ENTITY = 7
    REFERS_TO = 8
    REFERRED_BY = 9
    COLLECTION_REFERS_TO = 10
    COLLECTION_REFERRED_BY = 11


@dataclass(frozen=True, slots=True)
class Item:
    """A field or an entity; `entity` is the index of the entity it belongs to (itself for one)."""

    ref: Field | Entity
    schema: FieldSchema | None
    entity: int

    @property
    def is_entity(self) -> bool:
        return isinstance(self.ref, Entity)


@dataclass(frozen=True, slots=True, eq=False)
class SchemaItems:
    """All items of a catalog: `n` of them, entities first."""

    catalog: Catalog
    items: tuple[Item, ...]
    index: dict[Field | Entity, int]
    leaf_vectors: Vectors  # (n, d) unit: the last name alone
    path_vectors: Vectors  # (n, d) unit: the whole path with its collection
    features: Vectors  # (n, STATIC_FEATURES)
    relations: npt.NDArray[np.uint8]  # (n, n) ItemRelation
    leaf_table: dict[str, npt.NDArray[np.intp]]  # stem -> items whose last name has it
    path_table: dict[str, npt.NDArray[np.intp]]  # stem -> items whose path (not leaf) has it
    leaf_sizes: Vectors  # (n,) number of stems in the last name
    path_sizes: Vectors  # (n,) number of stems in the rest of the path
    entity_of: npt.NDArray[np.intp]  # (n,)
    families: tuple[str, ...]  # what literals an item compares with: number, text, date, ...
    value_index: ValueIndex
    stems: frozenset[str]

    def __len__(self) -> int:
        return len(self.items)


def list_items(catalog: Catalog) -> list[Item]:
    """Entities (collections and arrays), then fields with values; private ones are left out."""
    entities: list[Entity] = []
    for schema in catalog.collections:
        entities.append(Entity(schema.collection))
        entities.extend(
            Entity(schema.collection, path)
            for path in schema.array_paths
            if not schema.by_path[path].private and path not in schema.parts_of_points
        )
    position = {entity: i for i, entity in enumerate(entities)}
    items = [
        Item(e, catalog.field(e.collection, e.path) if e.path else None, position[e])
        for e in entities
    ]
    for schema in catalog.collections:
        for field in schema.values:
            if field.private:
                continue
            owner = field.arrays[-1] if field.arrays else ""
            entity = position.get(Entity(schema.collection, owner))
            if entity is not None:
                items.append(Item(Field(schema.collection, field.path), field, entity))
    return items


def build_items(catalog: Catalog, encode: Encode) -> SchemaItems:
    items = list_items(catalog)
    leaves = [_leaf_name(item) for item in items]
    paths = [_rest_of_path(item) for item in items]
    texts = [natural_name(leaf) or leaf for leaf in leaves]
    wholes = [
        f"{natural_name(path)} {text}".strip() for path, text in zip(paths, texts, strict=True)
    ]
    unique = sorted(set(texts) | set(wholes))
    vectors = dict(zip(unique, encode(unique), strict=True))
    leaf_stems = [name_stems(leaf) for leaf in leaves]
    path_stems = [name_stems(path) for path in paths]
    index: dict[Field | Entity, int] = {item.ref: i for i, item in enumerate(items)}
    return SchemaItems(
        catalog=catalog,
        items=tuple(items),
        index=index,
        leaf_vectors=np.stack([vectors[text] for text in texts]),
        path_vectors=np.stack([vectors[whole] for whole in wholes]),
        features=np.stack(
            [_features(item, catalog, stems) for item, stems in zip(items, leaf_stems, strict=True)]
        ),
        relations=_relations(items, index, catalog),
        leaf_table=_table(leaf_stems),
        path_table=_table(path_stems),
        leaf_sizes=np.array([max(1, len(set(s))) for s in leaf_stems], np.float32),
        path_sizes=np.array([max(1, len(set(s))) for s in path_stems], np.float32),
        entity_of=np.array([item.entity for item in items], np.intp),
        families=tuple(_family(item) for item in items),
        value_index=ValueIndex(catalog),
        stems=schema_stems(catalog),
    )


def _leaf_name(item: Item) -> str:
    path = item.ref.path or item.ref.collection
    return path.rsplit(".", 1)[-1]


def _rest_of_path(item: Item) -> str:
    if not item.ref.path:
        return ""
    parent = item.ref.path.rpartition(".")[0]
    return f"{item.ref.collection} {parent}".strip()


def _table(stems: list[tuple[str, ...]]) -> dict[str, npt.NDArray[np.intp]]:
    table: dict[str, list[int]] = {}
    for i, words in enumerate(stems):
        for word in set(words):
            table.setdefault(word, []).append(i)
    return {word: np.array(rows, np.intp) for word, rows in table.items()}


def _features(item: Item, catalog: Catalog, stems: tuple[str, ...]) -> Vectors:
    values = np.zeros(STATIC_FEATURES, np.float32)
    schema = item.schema
    values[0 if not item.ref.path else 1 if item.is_entity else 2] = 1.0
    at = 3
    if schema is not None and not item.is_entity:
        for i, kind in enumerate(_TYPES):
            values[at + i] = schema.types.get(kind, 0.0)
    at += len(_TYPES)
    if schema is not None:
        documents = catalog.by_name[item.ref.collection].sampled or 1
        values[at] = schema.numeric_text
        values[at + 1] = len(schema.arrays) / 2
        values[at + 2] = item.ref.path.count(".") / 2
        values[at + 3] = schema.presence
        values[at + 4] = schema.types.get(BsonType.NULL, 0.0)
        values[at + 5] = min(1.0, schema.distinct / documents)
        values[at + 6] = math.log1p(schema.distinct) / 8
    values[at + 7] = bool(stems) and stems[-1] in _ID_STEMS
    values[at + 8] = bool(stems) and stems[-1] in _NAME_STEMS
    values[at + 9] = any(
        (r.from_collection, r.from_path) == (item.ref.collection, item.ref.path)
        for r in catalog.references
    )
    return values


def _relations(
    items: list[Item], index: dict[Field | Entity, int], catalog: Catalog
) -> npt.NDArray[np.uint8]:
    count = len(items)
    collections = np.array([collection_position(item.ref.collection, catalog) for item in items])
    entity = np.array([item.entity for item in items])
    is_entity = np.array([item.is_entity for item in items])
    result = np.zeros((count, count), np.uint8)
    result[collections[:, None] == collections[None, :]] = ItemRelation.SAME_COLLECTION
    same_entity = entity[:, None] == entity[None, :]
    result[same_entity] = ItemRelation.SAME_ENTITY
    result[same_entity & ~is_entity[:, None] & is_entity[None, :]] = ItemRelation.FIELD_OF_ENTITY
    result[same_entity & is_entity[:, None] & ~is_entity[None, :]] = ItemRelation.ENTITY_OF_FIELD
    for i, item in enumerate(items):
        if item.is_entity and item.ref.path:
            parent = _parent_entity(item.ref, index)
            result[i, parent] = ItemRelation.PARENT_ENTITY
            result[parent, i] = ItemRelation.CHILD_ENTITY
    for reference in catalog.references:
        source, target = reference.from_collection, reference.to_collection
        a, b = index.get(Entity(source)), index.get(Entity(target))
        if a is not None and b is not None and a != b:
            result[a, b] = ItemRelation.COLLECTION_REFERS_TO
            result[b, a] = ItemRelation.COLLECTION_REFERRED_BY
        x = index.get(Field(source, reference.from_path))
        y = index.get(Field(target, reference.to_path))
        if x is not None and y is not None and x != y:
            result[x, y] = ItemRelation.REFERS_TO
            result[y, x] = ItemRelation.REFERRED_BY
    np.fill_diagonal(result, ItemRelation.SAME)
    return result


def collection_position(collection: str, catalog: Catalog) -> int:
    return [schema.collection for schema in catalog.collections].index(collection)


def _parent_entity(ref: Field | Entity, index: dict[Field | Entity, int]) -> int:
    path = ref.path
    while path:
        path = path.rpartition(".")[0]
        found = index.get(Entity(ref.collection, path))
        if found is not None:
            return found
    return index[Entity(ref.collection)]


def _family(item: Item) -> str:
    """`number`, `text-number` (kept as text), `date`, `bool`, `point`, `text`; "" for entities."""
    if item.is_entity or item.schema is None:
        return ""
    if item.schema.point is not None:
        return "point"
    if is_numeric(item.schema):
        return "text-number" if item.schema.numeric_text else "number"
    if is_flag(item.schema):
        return "bool"
    kind = item.schema.main_type
    return {BsonType.DATE: "date", BsonType.BOOL: "bool"}.get(kind, "text")


def is_numeric(schema: FieldSchema | None) -> bool:
    return schema is not None and (schema.main_type in NUMERIC or schema.numeric_text)
