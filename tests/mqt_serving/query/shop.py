"""A small shop whose answers can be worked out by hand, with its catalog."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bson import Decimal128, ObjectId

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.query.plan import Aggregate, Comparator, Compare, Entity, Field, Function
from mqt_serving.schema import Catalog


def oid(number: int) -> ObjectId:
    return ObjectId(f"{number:024x}")


def _items(*items: tuple[int, int, float]) -> list[dict[str, Any]]:
    return [{"product_id": oid(p), "quantity": q, "price": price} for p, q, price in items]


DOCUMENTS: dict[str, list[dict[str, Any]]] = {
    "customers": [
        {"_id": oid(101), "name": "Ann", "city": "Berlin", "tags": ["vip", "new"], "age": "41",
         "address": {"zip": "10115"}, "phones": [{"kind": "home", "calls": [{"minutes": 3}]}]},
        {"_id": oid(102), "name": "Bob", "city": "Paris", "tags": ["new"], "age": "9",
         "address": {"zip": "75001"}, "phones": [
             {"kind": "home", "calls": [{"minutes": 8}, {"minutes": 1}]},
             {"kind": "work", "calls": [{"minutes": 5}]}]},
        {"_id": oid(103), "name": "Cleo", "city": "Berlin", "tags": [], "age": "130",
         "address": {"zip": "10117"}, "phones": [], "email": "cleo@x.org"},
    ],
    "orders": [
        {"_id": oid(201), "customer_id": oid(101), "placed_at": datetime(2025, 3, 2, 10),
         "total": Decimal128("30.50"), "status": "paid",
         "items": _items((301, 1, 10.5), (302, 2, 10.0))},
        {"_id": oid(202), "customer_id": oid(101), "placed_at": datetime(2025, 4, 9, 12),
         "total": Decimal128("99.00"), "status": "open", "items": _items((303, 3, 33.0))},
        {"_id": oid(203), "customer_id": oid(102), "placed_at": datetime(2024, 3, 20, 8),
         "total": Decimal128("5.00"), "status": "paid", "note": "fragile (50.0%)",
         "items": _items((302, 5, 1.0))},
        {"_id": oid(204), "customer_id": oid(102), "placed_at": datetime(2025, 3, 31, 23),
         "total": Decimal128("7.25"), "status": None, "items": []},
    ],
    "products": [
        {"_id": oid(301), "title": "Pen", "category": "office"},
        {"_id": oid(302), "title": "Cup", "category": "kitchen"},
        {"_id": oid(303), "title": "Lamp", "category": "office"},
        {"_id": oid(304), "title": "Fork", "category": "kitchen"},
    ],
    "tickets": [
        {"_id": oid(401), "customer_id": oid(102), "subject": "late"},
        {"_id": oid(402), "customer_id": oid(103), "subject": "broken"},
        {"_id": oid(403), "customer_id": oid(103), "subject": "late"},
    ],
    "planets": [{"_id": oid(501), "radius": 1.0}],
}  # fmt: skip


def catalog() -> Catalog:
    """The catalog as inferred, its references fixed by hand so that lowering alone is tested."""
    from mqt_serving.schema import Reference

    inferred = catalog_from_documents("shop", DOCUMENTS)
    links = (
        ("orders", "customer_id", "customers"),
        ("orders", "items.product_id", "products"),
        ("tickets", "customer_id", "customers"),
    )
    references = tuple(
        Reference(
            from_collection=source, from_path=path, to_collection=target, to_path="_id",
            to_unique=True, overlap=1.0,
        )
        for source, path, target in links
    )  # fmt: skip
    return inferred.model_copy(update={"references": references})


CUSTOMERS, ORDERS = Entity("customers"), Entity("orders")
ITEMS, PRODUCTS = Entity("orders", "items"), Entity("products")
NAME, CITY = Field("customers", "name"), Field("customers", "city")
AGE, TAGS = Field("customers", "age"), Field("customers", "tags")
TOTAL, STATUS = Field("orders", "total"), Field("orders", "status")
PLACED, NOTE = Field("orders", "placed_at"), Field("orders", "note")
QUANTITY, PRICE = Field("orders", "items.quantity"), Field("orders", "items.price")
TITLE, CATEGORY = Field("products", "title"), Field("products", "category")
SUBJECT = Field("tickets", "subject")


def count(argument: Entity | Field, distinct: bool = False) -> Aggregate:
    return Aggregate(Function.COUNT, argument, distinct)


def is_equal(field: Field, value: Any) -> Compare:
    return Compare(field, Comparator.EQ, value)


def is_over(field: Field, value: Any) -> Compare:
    return Compare(field, Comparator.GT, value)
