"""Builds the view of a catalog: its things, and what belongs to what.

Built once per catalog, then only read. Private fields don't exist here. Depends on `fields`.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from mqt_assets.training.synthesis.fields import field_view, names_of
from mqt_assets.training.synthesis.things import (
    CatalogView,
    EntityView,
    FieldView,
    Link,
    Noun,
    Role,
)
from mqt_serving.english import plural_phrase, singular, singular_phrase, spelled_out, words_of
from mqt_serving.query.plan import Entity, Field
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema

_PREFIXES: Final = frozenset("tbl tb ref the all list my app dim fact".split())


def view_of(catalog: Catalog) -> CatalogView:
    """Everything askable of a catalog; entities without a usable field are left out."""
    shared = _shared_prefix([words_of(schema.collection) for schema in catalog.collections])
    views: dict[Entity, EntityView] = {}
    for schema in catalog.collections:
        for view in _entities_of(catalog, schema, shared):
            views[view.entity] = view
    _link_inside(views)
    _link_references(catalog, views)
    for view in views.values():
        _link_further(view)
    usable = tuple(view for view in views.values() if view.fields or view.lists)
    for view in usable:
        view.others += [other for other in usable if other is not view]
    return CatalogView(catalog, usable)


def _entities_of(catalog: Catalog, schema: CollectionSchema, shared: int) -> list[EntityView]:
    keys = {r.from_path for r in catalog.references if r.from_collection == schema.collection}
    places = ["", *(path for path in schema.array_paths if _holds_objects(schema, path))]
    collection_nouns = _collection_nouns(schema.collection, shared)
    found: list[EntityView] = []
    for place in places:
        nouns = collection_nouns if not place else _array_nouns(place, collection_nouns[0])
        own = [f for f in schema.values if _belongs(f, place) and not f.private]
        points = [f for f in own if f.point is not None]
        own = [f for f in own if f.point is None]
        bare = Counter(spelled_out(words_of(f.leaf)) for f in own)
        entity = Entity(schema.collection, place)
        fields = tuple(
            field_view(schema, f, place, nouns[0], bare[spelled_out(words_of(f.leaf))] > 1, keys)
            for f in own
        )
        places_on_earth = tuple(field_view(schema, f, place, nouns[0], False, keys) for f in points)
        lists = tuple(
            field_view(schema, f, place, nouns[0], False, keys)
            for f in schema.fields
            if f.arrays
            and f.arrays[-1] == f.path
            and f.is_scalar
            and not f.private
            and f.main_type == BsonType.STRING
            and (f.arrays[-2] if len(f.arrays) > 1 else "") == place
        )
        by_role: dict[Role, tuple[FieldView, ...]] = {}
        for item in fields:
            by_role[item.role] = (*by_role.get(item.role, ()), item)
        names = names_of(fields, nouns[0])
        rows = 10 ** (len(str(schema.document_count)) - 1)
        found.append(
            EntityView(
                entity, nouns, fields, lists, names, rows, by_role=by_role, points=places_on_earth
            )
        )
    return found


def _holds_objects(schema: CollectionSchema, path: str) -> bool:
    return any(f.path.startswith(path + ".") for f in schema.fields)


def _belongs(candidate: FieldSchema, place: str) -> bool:
    if candidate.arrays and candidate.arrays[-1] == candidate.path:
        return False
    return (candidate.arrays[-1] if candidate.arrays else "") == place


def _shared_prefix(names: list[tuple[str, ...]]) -> int:
    """How many leading words all collection names share (`shop_orders`, `shop_users`: 1)."""
    if len(names) < 3:
        return 0
    return 1 if len({name[0] for name in names}) == 1 and min(map(len, names)) > 1 else 0


def _collection_nouns(name: str, shared: int) -> tuple[Noun, ...]:
    words = words_of(name)
    while len(words) > 1 and (words[0] in _PREFIXES or words[0].isdigit()):
        words = words[1:]
    if len(words) > 1 and words[-1].isdigit():
        words = words[:-1]
    phrases = [" ".join(spelled_out(words[shared:] or words))]
    if len(words) - shared > 1 and words[-1] not in ("data", "information", "list", "records"):
        phrases.append(" ".join(spelled_out(words[-1:])))
    return tuple(_noun(phrase) for phrase in phrases)


def _array_nouns(path: str, around: Noun) -> tuple[Noun, ...]:
    words = spelled_out(words_of(path.rpartition(".")[2]))
    phrase = " ".join(words)
    outer = singular(around.singular.rpartition(" ")[2])
    nouns = [_noun(phrase)]
    if outer not in words and len(words) < 3:
        nouns.append(_noun(f"{outer} {phrase}"))
    return tuple(nouns)


def _noun(phrase: str) -> Noun:
    return Noun(singular_phrase(phrase), plural_phrase(singular_phrase(phrase)))


def _link_inside(views: dict[Entity, EntityView]) -> None:
    for entity, view in views.items():
        if not entity.path:
            continue
        path = entity.path
        while "." in path:
            path = path.rpartition(".")[0]
            if Entity(entity.collection, path) in views:
                break
        else:
            path = ""
        around = views[Entity(entity.collection, path)]
        view.owners.append(Link(around, around.nouns[-1], 1, True))
        around.parts.append(Link(view, view.nouns[0], 1, True))


def _link_references(catalog: Catalog, views: dict[Entity, EntityView]) -> None:
    pairs = Counter((r.from_collection, r.to_collection) for r in catalog.references)
    for reference in catalog.references:
        # Two references between the same collections (home and away team) cannot be told apart
        # in a plan, and a reference to itself (a manager) has no words here.
        pair = (reference.from_collection, reference.to_collection)
        if pairs[pair] > 1 or pair[0] == pair[1] or not reference.to_unique:
            continue
        schema = catalog.by_name.get(reference.from_collection)
        item = schema.by_path.get(reference.from_path) if schema else None
        target = views.get(Entity(reference.to_collection))
        if (
            item is None
            or target is None
            or not _reads_as_reference(item, target, reference.to_path)
        ):
            continue
        place = item.arrays[-1] if item.arrays else ""
        if place == item.path and place:
            place = item.arrays[-2] if len(item.arrays) > 1 else ""
        source = views.get(Entity(reference.from_collection, place))
        if source is None:
            continue
        key = Field(reference.from_collection, reference.from_path)
        source.owners.append(Link(target, _reference_noun(item, target), 1, False, key))
        target.parts.append(Link(source, source.nouns[0], 1, False, key))


def _reads_as_reference(item: FieldSchema, target: EntityView, to_path: str) -> bool:
    """Whether people would follow it: by an identifier, or by the other thing's name.

    Values of two text fields may overlap by chance (countries of customers and of suppliers);
    no question means such a join.
    """
    words, key = spelled_out(words_of(item.leaf)), spelled_out(words_of(to_path))[-1]
    nouns = {singular(word) for noun in target.nouns for word in noun.singular.split()}
    named = bool({singular(word) for word in words} & nouns)
    return named or key in ("id", "code", "uuid", "key") or item.main_type == BsonType.OBJECT_ID


def _reference_noun(item: FieldSchema, target: EntityView) -> Noun:
    words = [w for w in spelled_out(words_of(item.leaf)) if w not in ("id", "ids", "ref", "key")]
    if words and words[-1] not in ("by", "to", "at") and singular(words[-1]) not in ("code",):
        return _noun(" ".join(words))
    return target.nouns[0]


def _link_further(view: EntityView) -> None:
    """Owners of owners, two steps away: the customer of the order of an item."""
    near = {link.target.entity for link in view.owners} | {view.entity}
    for link in [link for link in view.owners if link.hops == 1]:
        for next_link in [other for other in link.target.owners if other.hops == 1]:
            if next_link.target.entity not in near:
                near.add(next_link.target.entity)
                view.owners.append(Link(next_link.target, next_link.noun, 2, next_link.inside))
