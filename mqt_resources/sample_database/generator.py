"""The whole sample shop from one seed: `generate(seed, scale)` gives every collection's documents.

The same seed and scale give the same documents, byte for byte, on every machine. Scale 1 is about
65,000 documents; tests use smaller shops with the same shape.
"""

from __future__ import annotations

from mqt_resources.sample_database import catalogue, people, sales
from mqt_resources.sample_database.values import Record

DEFAULT_SEED = 2026


def generate(seed: int = DEFAULT_SEED, scale: float = 1.0) -> dict[str, list[Record]]:
    """Documents by collection, referenced collections first.

    `scale` shrinks or grows the numbers of customers, orders and what follows from them, and
    (down to a sensible minimum) of products and staff. Raises `ValueError` outside 0.001 to 10.
    """
    if not 0.001 <= scale <= 10:
        raise ValueError(f"scale {scale} is outside 0.001 to 10")

    def many(count: int, least: int) -> int:
        return max(least, round(count * scale))

    categories = catalogue.categories(seed)
    suppliers = catalogue.suppliers(seed, min(many(40, 8), 120))
    products, offers = catalogue.products(seed, min(many(640, 40), 5000), categories, suppliers)
    promotions = catalogue.promotions(seed, 40, categories)
    staff = people.staff(seed, min(many(120, 30), 900))
    managers = [record["_id"] for record in staff if record["title"] == "Warehouse Manager"]
    warehouses = catalogue.warehouses(seed, offers, managers)
    customers = people.customers(seed, many(6000, 40))
    weights = catalogue.popularity(seed, offers)
    sold = sales.orders(seed, many(16_000, 80), customers, offers, weights, promotions, staff)
    return {
        "categories": categories,
        "suppliers": suppliers,
        "staff": staff,
        "customers": customers,
        "products": products,
        "promotions": promotions,
        "warehouses": warehouses,
        "orders": [sale.order for sale in sold],
        "payments": sales.payments(seed, sold),
        "shipments": sales.shipments(seed, sold, warehouses),
        "reviews": sales.reviews(seed, sold, many(8000, 40)),
        "support_tickets": sales.support_tickets(seed, sold, many(4500, 30), staff),
    }
