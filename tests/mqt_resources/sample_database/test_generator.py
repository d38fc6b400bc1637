"""The sample shop: the same everywhere, of the shape that questions need, nothing after "today"."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import bson
import pytest
from bson import Decimal128, ObjectId

from mqt_resources.sample_database.generator import generate
from mqt_resources.sample_database.values import REFERENCE_DATE, Record

Shop = dict[str, list[Record]]


@pytest.fixture(scope="module")
def shop() -> Shop:
    return generate()


def digest(shop: Shop) -> str:
    body = hashlib.sha256()
    for name, documents in shop.items():
        body.update(name.encode())
        for document in documents:
            body.update(bson.encode(document))
    return body.hexdigest()


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert digest(generate(7, 0.02)) == digest(generate(7, 0.02))
    assert digest(generate(7, 0.02)) != digest(generate(8, 0.02))


def test_it_is_large_enough(shop: Shop) -> None:
    assert len(shop) >= 8
    assert sum(map(len, shop.values())) >= 50_000


def test_a_small_scale_keeps_every_collection() -> None:
    small = generate(scale=0.01)
    assert all(small.values())
    assert sum(map(len, small.values())) < 1500


@pytest.mark.parametrize("scale", [0.0, -1.0, 11.0])
def test_a_senseless_scale_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        generate(scale=scale)


def test_nothing_happens_after_the_reference_date(shop: Shop) -> None:
    allowed = {"promotions"}  # may be announced ahead
    for name in shop.keys() - allowed:
        moments = [v for d in shop[name] for v in leaves(d) if isinstance(v, datetime)]
        assert not moments or max(moments) <= REFERENCE_DATE, name


def test_ids_are_unique_and_references_lead_somewhere(shop: Shop) -> None:
    ids: dict[str, set[ObjectId]] = {n: {d["_id"] for d in docs} for n, docs in shop.items()}
    assert all(len(ids[name]) == len(shop[name]) for name in shop)
    targets = {
        ("products", "category_id"): "categories",
        ("products", "supplier_id"): "suppliers",
        ("orders", "customer_id"): "customers",
        ("payments", "order_id"): "orders",
        ("shipments", "order_id"): "orders",
        ("shipments", "warehouse_id"): "warehouses",
        ("reviews", "product_id"): "products",
        ("reviews", "customer_id"): "customers",
        ("support_tickets", "customer_id"): "customers",
        ("support_tickets", "assigned_to"): "staff",
        ("staff", "manager_id"): "staff",
        ("warehouses", "manager_id"): "staff",
    }
    for (name, field), target in targets.items():
        used = {d[field] for d in shop[name]} - {None}
        assert used <= ids[target], (name, field)
    assert {i["product_id"] for o in shop["orders"] for i in o["items"]} <= ids["products"]
    assert {s["product_id"] for w in shop["warehouses"] for s in w["stock"]} <= ids["products"]


def test_an_order_adds_up(shop: Shop) -> None:
    for order in shop["orders"][:500]:
        items = sum(i["quantity"] * amount(i["unit_price"]) for i in order["items"])
        discount = amount(order["discount"]["amount"]) if "discount" in order else Decimal(0)
        assert amount(order["total"]) == items - discount + amount(order["shipping_cost"])


def test_staff_report_upwards_to_one_chief(shop: Shop) -> None:
    manager = {d["_id"]: d["manager_id"] for d in shop["staff"]}
    for employee in manager:
        seen = set()
        step: Any = employee
        while step is not None:
            assert step not in seen
            seen.add(step)
            step = manager[step]
    assert Counter(manager.values())[None] == 1


def test_it_has_the_difficulties_of_real_data(shop: Shop) -> None:
    def types(name: str, field: str) -> set[type]:
        return {type(d[field]) for d in shop[name] if field in d}

    assert types("products", "weight_kg") == {float, str}
    assert types("support_tickets", "priority") == {str, int}
    assert types("customers", "phone") == {str, type(None)}
    assert any("phone" not in d for d in shop["customers"])
    assert any("discount" not in d for d in shop["orders"])
    assert types("orders", "total") == {Decimal128}
    assert all(s["lead_time_days"].isdigit() for s in shop["suppliers"])


def test_there_is_something_to_find(shop: Shop) -> None:
    by_month = Counter(d["placed_at"].month for d in shop["orders"] if d["placed_at"].year == 2025)
    assert by_month[12] > 2 * by_month[2]
    by_year = Counter(d["placed_at"].year for d in shop["orders"])
    assert by_year[2023] < by_year[2024] < by_year[2025]
    sold = Counter(i["product_id"] for d in shop["orders"] for i in d["items"])
    best = sum(count for _, count in sold.most_common(len(sold) // 10))
    assert best > 0.35 * sum(sold.values())


def amount(value: Decimal128) -> Decimal:
    return value.to_decimal()
