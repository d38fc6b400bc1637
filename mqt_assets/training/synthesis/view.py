"""A catalog as a questioner sees it: things with names, their fields by role, what belongs to what.

Built once per catalog, then only read. Names come from identifiers alone (`wording`), roles from
types, samples and counts. Private fields don't exist here. Depends on the schema contract.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mqt_assets.training.wording import (
    plural_phrase,
    singular,
    singular_phrase,
    spelled_out,
    words_of,
)
from mqt_serving.query.plan import Entity, Field
from mqt_serving.schema import NUMERIC, BsonType, Catalog, CollectionSchema, FieldSchema


class Role(StrEnum):
    NAME = "name"  # text that stands for the thing
    CATEGORY = "category"  # text with few values
    TEXT = "text"
    LONG_TEXT = "long text"
    CODE = "code"  # identifies, is not computed with
    ID = "id"  # keys between documents
    BOOL = "bool"
    DATE = "date"
    TEXT_DATE = "text date"  # ISO dates kept as text
    YEAR = "year"
    NUMBER = "number"


_GROUPING: Final = frozenset((Role.CATEGORY, Role.BOOL, Role.YEAR, Role.NAME, Role.TEXT, Role.CODE))


@dataclass(frozen=True, slots=True)
class Noun:
    singular: str
    plural: str


@dataclass(frozen=True, slots=True, eq=False)
class FieldView:
    """`nouns` name the field inside its entity, the plainest first."""

    field: Field
    schema: FieldSchema
    role: Role
    nouns: tuple[str, ...]
    sampled: int

    @property
    def words(self) -> tuple[str, ...]:
        return spelled_out(words_of(self.schema.leaf))

    @property
    def head(self) -> str:
        return self.words[-1]

    @property
    def gaps(self) -> bool:
        """Whether some documents lack the value."""
        return self.schema.presence < 0.999 or self.schema.types.get(BsonType.NULL, 0.0) > 0

    @property
    def groups(self) -> bool:
        """Whether grouping by it gives groups that are worth asking for."""
        repeats = self.schema.distinct * 1.5 <= self.sampled or self.schema.distinct <= 4
        return repeats and self.schema.distinct > 1 and self.role in _GROUPING


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """From one thing to another; `noun` is what the questioner calls the other one."""

    target: EntityView
    noun: Noun
    hops: int
    inside: bool  # an array of the same documents rather than a reference


@dataclass(slots=True, eq=False)
class EntityView:
    """A thing that can be counted, with everything that can be said about it.

    `owners` are coarser things (the document around an array, referenced documents), `parts`
    finer ones (arrays inside, collections that refer to it), `lists` arrays of plain values.
    """

    entity: Entity
    nouns: tuple[Noun, ...]
    fields: tuple[FieldView, ...]
    lists: tuple[FieldView, ...] = ()
    names: tuple[FieldView, ...] = ()
    owners: list[Link] = field(default_factory=list)
    parts: list[Link] = field(default_factory=list)
    by_role: dict[Role, tuple[FieldView, ...]] = field(default_factory=dict)

    def of_role(self, *roles: Role) -> list[FieldView]:
        return [view for role in roles for view in self.by_role.get(role, ())]

    @property
    def is_person(self) -> bool:
        return self.nouns[0].singular.rpartition(" ")[2] in _PEOPLE


@dataclass(frozen=True, slots=True, eq=False)
class CatalogView:
    catalog: Catalog
    entities: tuple[EntityView, ...]


_PEOPLE: Final = frozenset(
    "customer client user employee worker person student teacher instructor doctor patient member "
    "author guest passenger driver player coach staff manager agent tenant owner artist singer "
    "actor director pilot visitor donor borrower trainer nurse professor lecturer seller buyer "
    "supplier contact lead candidate applicant participant athlete chef farmer citizen voter "
    "resident volunteer reader subscriber musician engineer people pupil judge lawyer".split()
)
_NAME_LEAVES: Final = (
    "name", "full name", "title", "display name", "label", "username", "user name", "headline",
    "subject", "company name", "email", "code", "number", "sku", "reference", "reference number",
)  # fmt: skip
_CODE_HEADS: Final = frozenset(
    "code sku isbn barcode phone fax zip postcode number ssn vin iban serial plate tracking "
    "reference token url link email version".split()
)
_WRAPPERS: Final = frozenset(
    "details detail info information meta metadata data attributes attrs properties profile "
    "general basic extra value values doc payload".split()
)
_PREFIXES: Final = frozenset("tbl tb ref the all list my app dim fact".split())
_EVENTS: Final = {
    "starts": "start", "ends": "end", "expires": "expiry", "arrives": "arrival",
    "departs": "departure", "closes": "closing", "opens": "opening", "begins": "start",
}  # fmt: skip
_UNITS: Final = frozenset(
    "kg g lb lbs cm mm m km ft inches usd eur gb mb tb kb minutes mins min hours hrs seconds sec "
    "ms days weeks months years celsius kwh sqm sqft miles liters ml kcal percent mph kmh".split()
)
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?$")
_MEASURES_NOT: Final = frozenset("latitude longitude coordinates".split())


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
    return CatalogView(catalog, usable)


# ------------------------------------------------------------------ entities


def _entities_of(catalog: Catalog, schema: CollectionSchema, shared: int) -> list[EntityView]:
    keys = {r.from_path for r in catalog.references if r.from_collection == schema.collection}
    places = ["", *(path for path in schema.array_paths if _holds_objects(schema, path))]
    collection_nouns = _collection_nouns(schema.collection, shared)
    found: list[EntityView] = []
    for place in places:
        nouns = collection_nouns if not place else _array_nouns(place, collection_nouns[0])
        own = [f for f in schema.fields if _belongs(f, place) and not f.private and f.is_scalar]
        bare = Counter(spelled_out(words_of(f.leaf)) for f in own)
        entity = Entity(schema.collection, place)
        fields = tuple(
            _field_view(schema, f, place, nouns[0], bare[spelled_out(words_of(f.leaf))] > 1, keys)
            for f in own
        )
        lists = tuple(
            _field_view(schema, f, place, nouns[0], False, keys)
            for f in schema.fields
            if f.arrays and f.arrays[-1] == f.path and f.is_scalar and not f.private
            and f.main_type == BsonType.STRING and (f.arrays[-2] if len(f.arrays) > 1 else "") == place
        )  # fmt: skip
        by_role: dict[Role, tuple[FieldView, ...]] = {}
        for item in fields:
            by_role[item.role] = (*by_role.get(item.role, ()), item)
        names = _names_of(fields, nouns[0])
        found.append(EntityView(entity, nouns, fields, lists, names, by_role=by_role))
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


# -------------------------------------------------------------------- fields


def _field_view(
    schema: CollectionSchema,
    item: FieldSchema,
    place: str,
    owner: Noun,
    ambiguous: bool,
    keys: set[str],
) -> FieldView:
    field_of = Field(schema.collection, item.path)
    role = _role_of(item, schema.sampled, item.path in keys, owner)
    nouns = _field_nouns(item, place, owner, ambiguous)
    return FieldView(field_of, item, role, nouns, max(1, schema.sampled))


def _role_of(item: FieldSchema, sampled: int, is_key: bool, owner: Noun) -> Role:
    kind = item.main_type
    words = spelled_out(words_of(item.leaf))
    head = words[-1]
    if kind == BsonType.OBJECT_ID or is_key or head in ("id", "uuid", "guid"):
        return Role.ID
    if kind == BsonType.BOOL:
        return Role.BOOL
    if kind == BsonType.DATE:
        return Role.DATE
    if kind in NUMERIC or item.numeric_text:
        if "year" in (words[0], head) and _looks_like_years(item):
            return Role.YEAR
        if item.numeric_text and _looks_like_codes(item):
            return Role.CODE
        if head in _CODE_HEADS and words[:1] != ("total",) and "of" not in words:
            return Role.CODE
        return Role.CODE if head in _MEASURES_NOT else Role.NUMBER
    if kind != BsonType.STRING:
        return Role.ID
    if item.samples and all(_ISO_DATE.match(text) for text in item.samples[:10]):
        return Role.TEXT_DATE
    if " ".join(words) in (*_NAME_LEAVES[:10], "first name", "last name", "surname") or (head == "name" and words[0] in owner.singular):
        return Role.NAME
    if head in _CODE_HEADS:
        return Role.CODE
    lengths = [len(text) for text in item.samples]
    if lengths and sum(lengths) / len(lengths) > 40:
        return Role.LONG_TEXT
    if item.distinct <= 12 or item.distinct <= min(40, sampled * 0.2):
        return Role.CATEGORY
    return Role.TEXT


def _looks_like_codes(item: FieldSchema) -> bool:
    """Digits kept as text that are no quantities: postal codes, the last four of a card."""
    texts = [text for text in item.samples if text]
    padded = any(len(text) > 1 and text[0] == "0" and text[1] != "." for text in texts)
    return padded or (len({len(text) for text in texts}) == 1 and len(texts[:1] and texts[0]) > 3)


def _looks_like_years(item: FieldSchema) -> bool:
    try:
        low, high = float(item.minimum or "nan"), float(item.maximum or "nan")
    except ValueError:
        return False
    return 1000 <= low <= high <= 2200 and math.isfinite(high)


def _field_nouns(item: FieldSchema, place: str, owner: Noun, ambiguous: bool) -> tuple[str, ...]:
    inner = item.path[len(place) + 1 :] if place and item.path != place else item.path
    parents = [spelled_out(words_of(part)) for part in inner.split(".")[:-1]]
    parents = [words for words in parents if not set(words) <= _WRAPPERS]
    leaf = _plain_leaf(spelled_out(words_of(item.leaf)), owner)
    nouns = [leaf]
    measured, _, unit = leaf.rpartition(" ")
    if measured and unit in _UNITS and item.main_type in NUMERIC:
        return (measured, measured, f"{measured} in {unit}", leaf)
    if parents:
        around = " ".join(parents[-1])
        joined = leaf if set(parents[-1]) <= set(leaf.split()) else f"{around} {leaf}"
        nouns = [joined, f"{leaf} of the {around}"] if ambiguous else [leaf, joined, joined]
    raw = " ".join(spelled_out(words_of(item.leaf)))
    if raw not in nouns and not ambiguous:
        nouns.append(raw)
    if len(nouns) == 1 and not parents:
        nouns = [*nouns, *_rephrased(leaf, item)]
    return tuple(nouns)


def _plain_leaf(words: tuple[str, ...], owner: Noun) -> str:
    """Without the owner's own name in front: `customer_name` of customers is the name."""
    owned = owner.singular.split()
    if len(words) > 1 and singular(words[0]) in owned and words[1] not in ("of",):
        words = words[1:]
    if words[0] in ("is", "has", "was", "can") and len(words) > 1:
        words = words[1:]
    if words[-1] in ("at", "on") and len(words) > 1:
        core = " ".join((*words[:-2], _EVENTS.get(words[-2], words[-2])))
        return core if words[-2] == "date" else f"{core} date"
    if len(words) > 1 and words[0] in ("number", "num") and words[1] != "of":
        return f"number of {' '.join(words[1:])}"
    return " ".join(words)


def _rephrased(leaf: str, item: FieldSchema) -> list[str]:
    words = leaf.split()
    if len(words) == 2 and words[1] in ("count", "number") and item.main_type in NUMERIC:
        return [f"number of {plural_phrase(words[0])}"]
    if len(words) == 2 and words[1] in ("date", "time", "name", "price", "code", "level", "status"):
        return [f"{words[1]} of {words[0]}"] if words[1] in ("date", "time") else []
    return []


def _names_of(fields: tuple[FieldView, ...], owner: Noun) -> tuple[FieldView, ...]:
    """The fields that stand for the thing when it is asked for ("which customers ...")."""
    top = [f for f in fields if f.field.path.count(".") <= 1 and f.role != Role.ID]
    by_words = {" ".join(f.words): f for f in reversed(top)}
    if first := by_words.get("first name"):
        last = by_words.get("last name") or by_words.get("surname")
        return (first, last) if last else (first,)
    for leaf in _NAME_LEAVES:
        for words in (leaf, *(f"{part} {leaf}" for part in owner.singular.split())):
            if words in by_words and by_words[words].role != Role.BOOL:
                return (by_words[words],)
    for view in top:
        if view.role in (Role.NAME, Role.CODE, Role.TEXT) and view.head in ("name", "title"):
            return (view,)
    return ()


# --------------------------------------------------------------------- links


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
        source.owners.append(Link(target, _reference_noun(item, target), 1, False))
        target.parts.append(Link(source, source.nouns[0], 1, False))


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
