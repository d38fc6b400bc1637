"""Questions to start with: plain, varied, and never about private fields."""

from __future__ import annotations

from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema
from mqt_serving.suggestions import MOST, example_questions, words


def field(path: str, kind: BsonType, distinct: int, **more: object) -> FieldSchema:
    body = {"path": path, "types": {kind: 1.0}, "presence": 1.0, "distinct": distinct, **more}
    return FieldSchema.model_validate(body)


ORDERS = CollectionSchema(
    database="shop",
    collection="orders",
    document_count=1000,
    sampled=1000,
    fields=(
        field("loyalty_level", BsonType.STRING, 3, private=True, samples=("gold",)),
        field("placedAt", BsonType.DATE, 900),
        field("status", BsonType.STRING, 4, samples=("shipped",)),
        field("total", BsonType.DECIMAL, 800),
        field("tracking_number", BsonType.INT, 1000),
    ),
)
STAFF = CollectionSchema(
    database="shop", collection="staff_members", document_count=9, sampled=9, fields=()
)


def test_examples_count_group_filter_and_order() -> None:
    questions = example_questions(Catalog(database="shop", collections=(ORDERS, STAFF)))
    assert len(questions) == MOST
    assert set(questions) >= {
        "How many orders are there?",
        "Number of orders by status",
        "How many orders have status shipped?",
        "What is the average total of orders by status?",
        "How many staff members are there?",
    }


def test_private_fields_and_identifiers_are_not_suggested() -> None:
    questions = example_questions(Catalog(database="shop", collections=(ORDERS,)), count=20)
    assert not any("loyalty" in q or "gold" in q or "tracking" in q for q in questions)


def test_a_catalog_with_nothing_in_it_has_no_examples() -> None:
    assert example_questions(Catalog(database="shop", collections=())) == ()


def test_names_are_said_as_people_say_them() -> None:
    assert words("orderItems") == words("order_items") == words("order-items") == "order items"
