"""Questions to start with, made from a schema: what the page offers and a release warms up with.

Pure and deterministic: names, types and sampled values of the catalog in, plain English out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mqt_serving.schema import NUMERIC, BsonType, Catalog, CollectionSchema, FieldSchema

MOST = 6
_CATEGORY_SIZE = range(2, 16)
"""Fields with so many different values read as categories ("by status")."""


_LONGEST_CATEGORY = 24
_TELLING_CATEGORIES = r"status|state$|category|type$|kind|department|country|region|priority|brand"
_TELLING_MEASURES = r"total|amount|price|salary|rating|score|stock|quantity|budget"
_TELLING_DATES = r"placed|created|ordered|opened|hired|paid|released|joined|date"


def example_questions(catalog: Catalog, count: int = MOST) -> tuple[str, ...]:
    """At most `count` questions, spread over the collections, the largest first.

    Each collection offers questions of different kinds; they are taken in turn, so that the
    examples show counting, grouping, filtering and ordering rather than one collection.
    """
    ranked = sorted(catalog.collections, key=lambda s: (-s.document_count, s.collection))
    offers = [list(_questions(schema)) for schema in ranked]
    chosen: list[str] = []
    for turn, _ in enumerate(range(count * 2)):
        for shift, offer in enumerate(offers):
            kind = (turn + shift) % max(len(offer), 1)
            if offer and offer[kind] not in chosen:
                chosen.append(offer[kind])
            if len(chosen) == count:
                return tuple(chosen)
    return tuple(chosen)


def _questions(schema: CollectionSchema) -> Iterator[str]:
    things = words(schema.collection)
    fields = [f for f in schema.values if not f.private and not f.arrays]
    category = _best([f for f in fields if _is_category(f, schema.sampled)], _TELLING_CATEGORIES)
    number = _best([f for f in fields if _is_measure(f)], _TELLING_MEASURES)
    date = _best([f for f in fields if f.main_type is BsonType.DATE], _TELLING_DATES)
    yield f"How many {things} are there?"
    if category is not None:
        yield f"Number of {things} by {_label(category)}"
        if category.main_type is BsonType.STRING and category.samples:
            yield f"How many {things} have {_label(category)} {category.samples[0]}?"
    if number is not None:
        if category is not None:
            yield f"What is the average {_label(number)} of {things} by {_label(category)}?"
        yield f"Which 5 {things} have the highest {_label(number)}?"
    if date is not None:
        year = date.maximum[:4] if date.maximum else ""
        verb = re.sub(r" (at|on|date)$", "", _label(date))
        if year.isdecimal() and verb.endswith("ed"):
            yield f"How many {things} were {verb} in {year}?"


def words(name: str) -> str:
    """`orderItems`, `order_items`, `order-items` as people say it: `order items`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.split(r"[\s_.\-]+", spaced)).strip().lower()


def _label(field: FieldSchema) -> str:
    return words(field.leaf)


def _best(fields: list[FieldSchema], telling: str) -> FieldSchema | None:
    """Telling names first, then those near the top of the document, then in order of path."""
    ranked = sorted(
        fields, key=lambda f: (not re.search(telling, f.leaf.lower()), f.path.count("."), f.path)
    )
    return ranked[0] if ranked else None


def _is_category(field: FieldSchema, sampled: int) -> bool:
    return (
        field.main_type is BsonType.STRING
        and field.distinct in _CATEGORY_SIZE
        and field.distinct < sampled / 2  # else it is a name of few things, not a kind of many
        and field.presence > 0.5
        and not field.numeric_text
        and all(len(sample) <= _LONGEST_CATEGORY for sample in field.samples)
    )


def _is_measure(field: FieldSchema) -> bool:
    return (
        field.main_type in NUMERIC
        and field.distinct > max(_CATEGORY_SIZE)
        and not re.search(r"(^|_|\.)id$|Id$|number$|code$", field.path)
    )
