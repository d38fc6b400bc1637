"""Orders and what follows from them: payments, shipments, reviews, support tickets."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from bson import ObjectId

from mqt_resources.sample_database import vocabulary as words
from mqt_resources.sample_database.catalogue import Offer
from mqt_resources.sample_database.people import address
from mqt_resources.sample_database.values import (
    FIRST_DATE,
    REFERENCE_DATE,
    Record,
    Source,
    money,
)

_MONTH_FACTORS = (0.8, 0.75, 0.9, 0.95, 1.0, 0.95, 0.85, 0.85, 1.0, 1.1, 1.6, 1.9)
_YEARLY_GROWTH = 1.25
_COUNTRIES = {country.name: country for country in words.COUNTRIES}
_CHANNELS = ("web", "app", "store", "phone")
# Weights of 1, 2, 3, 4 and 10 pieces of a product.
_QUANTITIES = {
    "consumer": (76, 16, 5, 3, 0),
    "business": (38, 22, 14, 12, 14),
    "vip": (66, 20, 8, 5, 1),
}
_PAYMENT_METHODS = ("card", "paypal", "bank transfer", "gift card")
_CARRIER_DAYS = {"DHL": 2.5, "UPS": 3.0, "FedEx": 2.8, "DPD": 3.8, "Royal Mail": 5.0}


@dataclass(frozen=True, slots=True)
class Sale:
    """What the follow-up parts need of an order."""

    order: Record
    cents: int
    offers: tuple[Offer, ...]


def orders(
    seed: int,
    count: int,
    customers: list[Record],
    offers: list[Offer],
    weights: list[float],
    promotions: list[Record],
    staff: list[Record],
) -> list[Sale]:
    source = Source(seed, "orders")
    joins = [customer["joined_at"] for customer in customers]
    # A third of the customers buy most: weights by position, seeded.
    loyalty = list(accumulate(source.paretovariate(1.4) for _ in customers))
    sellers = [record["_id"] for record in staff if record["title"] == "Sales Representative"]
    sales = []
    for number, placed in enumerate(_moments(source, count), start=1):
        known = max(1, bisect_right(joins, placed))
        pick = source.random() * loyalty[known - 1]
        customer = customers[min(bisect_right(loyalty, pick), known - 1)]
        sales.append(_order(source, number, placed, customer, offers, weights, promotions, sellers))
    return sales


def _moments(source: Source, count: int) -> list[datetime]:
    """When orders are placed: growing by the year, peaks before Christmas, evenings busiest."""
    days = [FIRST_DATE + timedelta(days=n) for n in range((REFERENCE_DATE - FIRST_DATE).days + 1)]
    weights = list(
        accumulate(
            _MONTH_FACTORS[day.month - 1]
            * _YEARLY_GROWTH ** ((day - FIRST_DATE).days / 365)
            * (1.3 if day.weekday() >= 5 else 1.0)
            for day in days
        )
    )
    hours = list(accumulate((1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 11, 10, 10, 11, 12)))
    return sorted(
        day + timedelta(hours=source.choices(range(18), cum_weights=hours)[0],
                        seconds=source.randrange(3600))
        for day in source.choices(days, cum_weights=weights, k=count)
    )  # fmt: skip


def _order(
    source: Source,
    number: int,
    placed: datetime,
    customer: Record,
    offers: list[Offer],
    weights: list[float],
    promotions: list[Record],
    sellers: list[ObjectId],
) -> Sale:
    lines = source.choices((1, 2, 3, 4, 5, 6), weights=(34, 28, 18, 11, 6, 3))[0]
    chosen: list[Offer] = []
    for offer in source.choices(offers, cum_weights=weights, k=lines * 2):
        if offer.released <= placed and offer not in chosen and len(chosen) < lines:
            chosen.append(offer)
    if not chosen:
        chosen = [min(offers, key=lambda offer: offer.released)]
    items, cents = [], 0
    for offer in chosen:
        quantity = source.choices((1, 2, 3, 4, 10), weights=_QUANTITIES[customer["segment"]])[0]
        # Prices rose a little over the years: the order keeps the price of its day.
        unit = int(offer.cents * (1 - 0.03 * (REFERENCE_DATE.year - placed.year)))
        item: Record = {
            "product_id": offer.id,
            "name": offer.name,
            "variant_sku": source.choice(offer.variant_skus),
            "quantity": quantity,
            "unit_price": money(unit),
        }
        if source.chance(0.04):
            item["gift_wrap"] = True
        items.append(item)
        cents += unit * quantity
    channel = source.choices(_CHANNELS, weights=(52, 34, 9, 5))[0]
    order: Record = {
        "_id": source.object_id(placed),
        "order_number": f"SO-{placed.year}-{number:06d}",
        "customer_id": customer["_id"],
        "placed_at": placed,
        "status": _status(source, placed),
        "channel": channel,
        "items": items,
    }
    promotion = _running(promotions, placed)
    if promotion is not None and source.chance(0.4):
        percent = promotion["percent"]
        order["discount"] = {
            "code": promotion["code"],
            "percent": percent,
            "amount": money(cents * percent // 100),
        }
        cents -= cents * percent // 100
    shipping = 0 if cents >= 100_00 or channel == "store" else 5_90
    order["shipping_cost"] = money(shipping)
    order["total"] = money(cents + shipping)
    order["shipping_address"] = (
        dict(customer["address"])
        if source.chance(0.9)
        else address(source, _COUNTRIES[customer["address"]["country"]])
    )
    if channel in ("store", "phone"):
        order["salesperson_id"] = source.choice(sellers)
    if source.chance(0.12 if placed.month == 12 else 0.04):
        order["gift_note"] = source.choice(words.GIFT_NOTES)
    if order["status"] == "cancelled":
        order["cancel_reason"] = source.choice(words.CANCEL_REASONS) if source.chance(0.8) else None
    return Sale(order, cents + shipping, tuple(chosen))


def _status(source: Source, placed: datetime) -> str:
    age = (REFERENCE_DATE - placed).days
    if source.chance(0.05):
        return "cancelled"
    if age <= 2:
        return source.choice(("pending", "paid"))
    if age <= 7:
        return source.choice(("paid", "shipped", "delivered"))
    return "returned" if source.chance(0.06) else "delivered"


def _running(promotions: list[Record], moment: datetime) -> Record | None:
    for promotion in promotions:
        if promotion["starts_at"] <= moment < promotion["ends_at"]:
            return promotion
    return None


def payments(seed: int, sales: list[Sale]) -> list[Record]:
    source = Source(seed, "payments")
    records = []
    for sale in sales:
        order = sale.order
        if order["status"] == "pending":
            continue
        german = order["shipping_address"]["country"] == "Germany"
        weights = (35, 30, 30, 5) if german else (68, 22, 5, 5)
        method = source.choices(_PAYMENT_METHODS, weights=weights)[0]
        paid = min(order["placed_at"] + timedelta(minutes=source.randint(1, 90)), REFERENCE_DATE)
        status = "completed"
        if order["status"] == "cancelled":
            status = source.choice(("failed", "refunded"))
        elif order["status"] == "returned":
            status = "refunded"
        record: Record = {
            "_id": source.object_id(paid),
            "order_id": order["_id"],
            "method": method,
            "status": status,
            "amount": order["total"],
            "fee": money(int(sale.cents * (0.029 if method == "paypal" else 0.014))),
            "paid_at": None if status == "failed" else paid,
        }
        if method == "card":
            record["card"] = {
                "brand": source.choices(("Visa", "Mastercard", "Amex"), weights=(55, 35, 10))[0],
                "last_four": source.digits("####"),
            }
        if status == "refunded":
            refunded = min(paid + timedelta(days=source.randint(2, 25)), REFERENCE_DATE)
            record["refund"] = {"amount": order["total"], "refunded_at": refunded}
        records.append(record)
    return records


def shipments(seed: int, sales: list[Sale], warehouses: list[Record]) -> list[Record]:
    source = Source(seed, "shipments")
    by_region: dict[str, list[Record]] = {}
    for warehouse in warehouses:
        by_region.setdefault(warehouse["region"], []).append(warehouse)
    records = []
    for sale in sales:
        order = sale.order
        if (
            order["status"] not in ("shipped", "delivered", "returned")
            or order["channel"] == "store"
        ):
            continue
        target = order["shipping_address"]
        warehouse = source.choice(by_region.get(target["region"], warehouses))
        british = target["country"] == "United Kingdom"
        carrier = source.choices(words.CARRIERS, weights=(35, 30, 20, 15, 60 if british else 0))[0]
        shipped = order["placed_at"] + timedelta(hours=source.randint(4, 60))
        shipped = min(shipped, REFERENCE_DATE - timedelta(hours=2))
        days = max(0.5, source.gauss(_CARRIER_DAYS[carrier], 1.1))
        delivered = (shipped + timedelta(days=days)).replace(microsecond=0)
        arrived = order["status"] != "shipped" and delivered <= REFERENCE_DATE
        events: list[Record] = [{"at": shipped, "status": "picked up", "place": warehouse["city"]}]
        halfway = (shipped + (delivered - shipped) / 2).replace(microsecond=0)
        if halfway <= REFERENCE_DATE:
            events.append({"at": halfway, "status": "in transit", "place": None})
        if arrived:
            events.append({"at": delivered, "status": "delivered", "place": target["city"]})
        records.append(
            {
                "_id": source.object_id(shipped),
                "order_id": order["_id"],
                "warehouse_id": warehouse["_id"],
                "carrier": carrier,
                "tracking_number": source.digits("@@#########"),
                "status": "delivered" if arrived else "in transit",
                "shipped_at": shipped,
                "delivered_at": delivered if arrived else None,
                "weight_kg": round(source.lognormvariate(0.6, 0.8), 2),
                "express": source.chance(0.15),
                "events": events,
            }
        )
    return records


def reviews(seed: int, sales: list[Sale], count: int) -> list[Record]:
    source = Source(seed, "reviews")
    delivered = [sale for sale in sales if sale.order["status"] in ("delivered", "returned")]
    records = []
    for sale in source.sample(delivered, min(count, len(delivered))):
        offer = source.choice(sale.offers)
        created = sale.order["placed_at"] + timedelta(days=source.randint(5, 60), minutes=7)
        created = min(created, REFERENCE_DATE)
        mean = 4.1 + offer.quality - (1.6 if sale.order["status"] == "returned" else 0.0)
        rating = min(5, max(1, round(source.gauss(mean, 1.0))))
        record: Record = {
            "_id": source.object_id(created),
            "product_id": offer.id,
            "customer_id": sale.order["customer_id"],
            "rating": rating,
            "title": source.choice(words.REVIEW_TITLES[rating]),
            "created_at": created,
            "helpful_votes": int(source.expovariate(0.35)),
            "verified": source.chance(0.85),
        }
        if source.chance(0.7):
            record["text"] = source.choice(words.REVIEW_TEXTS[rating])
        if source.chance(0.1):
            record["photos"] = [source.digits("@@####.jpg") for _ in range(source.randint(1, 3))]
        records.append(record)
    return sorted(records, key=lambda record: record["created_at"])


def support_tickets(seed: int, sales: list[Sale], count: int, staff: list[Record]) -> list[Record]:
    source = Source(seed, "support_tickets")
    agents = [record["_id"] for record in staff if record["title"] == "Support Agent"]
    topics = tuple(words.TICKET_SUBJECTS)
    records = []
    for number in range(1, count + 1):
        order = source.choice(sales).order
        topic = source.choices(topics, weights=(34, 22, 18, 18, 8))[0]
        opened = order["placed_at"] + timedelta(days=source.randint(1, 30), minutes=number % 60)
        opened = min(opened, REFERENCE_DATE - timedelta(hours=1))
        record: Record = {
            "_id": source.object_id(opened),
            "ticket_number": number,
            "customer_id": order["customer_id"],
            "subject": source.choice(words.TICKET_SUBJECTS[topic]),
            "topic": topic,
            "channel": source.choices(("email", "chat", "phone"), weights=(50, 35, 15))[0],
            "priority": _priority(source),
            "opened_at": opened,
            "assigned_to": source.choice(agents) if source.chance(0.96) else None,
        }
        if topic != "account" and source.chance(0.85):
            record["order_id"] = order["_id"]
        closed = opened + timedelta(hours=source.expovariate(1 / (40 if topic == "return" else 22)))
        closed = closed.replace(microsecond=0)
        solved = closed <= REFERENCE_DATE and not source.chance(0.03)
        record["status"] = "closed" if solved else source.choice(("open", "waiting"))
        record["closed_at"] = closed if solved else None
        record["messages"] = _messages(source, opened, closed if solved else REFERENCE_DATE)
        if solved and source.chance(0.55):
            record["satisfaction"] = source.choices((1, 2, 3, 4, 5), weights=(6, 8, 16, 34, 36))[0]
        records.append(record)
    return records


def _priority(source: Source) -> str | int:
    """A word; tickets from the old phone system have 1 to 3 instead."""
    if source.chance(0.06):
        return source.randint(1, 3)
    return source.choices(("low", "normal", "high", "urgent"), weights=(25, 50, 20, 5))[0]


def _messages(source: Source, opened: datetime, closed: datetime) -> list[Record]:
    count = source.randint(1, 5)
    moments = sorted(source.moment(opened, closed) for _ in range(count))
    return [
        {
            "author": "customer" if place % 2 == 0 else "agent",
            "sent_at": moment,
            "text": source.choice(words.TICKET_MESSAGES),
        }
        for place, moment in enumerate(moments)
    ]
