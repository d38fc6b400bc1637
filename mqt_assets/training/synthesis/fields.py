"""Fields as people see them: what role a field plays, and what it is called. Pure.

Names come from identifiers alone (`wording`), roles from types, samples and counts.
"""

from __future__ import annotations

import math
import re
from typing import Final

from mqt_assets.training.synthesis.things import (
    FieldView,
    Noun,
    Role,
)
from mqt_serving.english import plural_phrase, singular, spelled_out, words_of
from mqt_serving.query.plan import Field
from mqt_serving.schema import NUMERIC, BsonType, CollectionSchema, FieldSchema

_NAME_LEAVES: Final = (
    "name",
    "full name",
    "title",
    "display name",
    "label",
    "username",
    "user name",
    "headline",
    "subject",
    "company name",
    "email",
    "code",
    "number",
    "sku",
    "reference",
    "reference number",
)


_CODE_HEADS: Final = frozenset(
    "code sku isbn barcode phone fax zip postcode number ssn vin iban serial plate tracking "
    "reference token url link email version".split()
)


_WRAPPERS: Final = frozenset(
    "details detail info information meta metadata data attributes attrs properties profile "
    "general basic extra value values doc payload".split()
)


_EVENTS: Final = {
    "starts": "start",
    "ends": "end",
    "expires": "expiry",
    "arrives": "arrival",
    "departs": "departure",
    "closes": "closing",
    "opens": "opening",
    "begins": "start",
}


_UNITS: Final = frozenset(
    "kg g lb lbs cm mm m km ft inches usd eur gb mb tb kb minutes mins min hours hrs seconds sec "
    "ms days weeks months years celsius kwh sqm sqft miles liters ml kcal percent mph kmh".split()
)


_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?$")


_MEASURES_NOT: Final = frozenset("latitude longitude coordinates".split())


def field_view(
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
    if item.point is not None:
        return Role.POINT
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
    if " ".join(words) in (*_NAME_LEAVES[:10], "first name", "last name", "surname") or (
        head == "name" and words[0] in owner.singular
    ):
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


def names_of(fields: tuple[FieldView, ...], owner: Noun) -> tuple[FieldView, ...]:
    """The fields that stand for the thing when it is asked for ("which customers ...").

    Its own fields before those of objects inside: the title of a book, not its publisher's name.
    """
    usable = [f for f in fields if f.field.path.count(".") <= 1 and f.role != Role.ID]
    if not usable:
        return ()
    depth = min(map(_depth, fields))
    own = [f for f in usable if _depth(f) == depth]
    return _names_among(own, owner) or _names_among(usable, owner)


def _depth(item: FieldView) -> int:
    """How many objects are around the field, those that only wrap fields not counted."""
    parents = item.field.path.split(".")[:-1]
    return sum(not set(spelled_out(words_of(name))) <= _WRAPPERS for name in parents)


def _names_among(top: list[FieldView], owner: Noun) -> tuple[FieldView, ...]:
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
