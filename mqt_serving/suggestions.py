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
    fields = [f for f in schema.fields if f.is_scalar and not f.private and not f.arrays]
    category = next((f for f in fields if _is_category(f, schema.sampled)), None)
    number = next((f for f in fields if _is_measure(f)), None)
    date = next((f for f in fields if f.main_type is BsonType.DATE), None)
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
        yield f"Number of {things} per year of {_label(date)}"


def words(name: str) -> str:
    """`orderItems`, `order_items`, `order-items` as people say it: `order items`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.split(r"[\s_.\-]+", spaced)).strip().lower()


def _label(field: FieldSchema) -> str:
    return words(field.path)


def _is_category(field: FieldSchema, sampled: int) -> bool:
    return (
        field.main_type is BsonType.STRING
        and field.distinct in _CATEGORY_SIZE
        and field.distinct < sampled / 2  # else it is a name of few things, not a kind of many
        and field.presence > 0.5
        and not field.numeric_text
    )


def _is_measure(field: FieldSchema) -> bool:
    return (
        field.main_type in NUMERIC
        and field.distinct > max(_CATEGORY_SIZE)
        and not re.search(r"(^|_|\.)id$|Id$|number$|code$", field.path)
    )
