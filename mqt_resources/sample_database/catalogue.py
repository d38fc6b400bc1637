"""What the shop sells and from where: categories, suppliers, products, warehouses, promotions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product

from bson import ObjectId

from mqt_resources.sample_database import vocabulary as words
from mqt_resources.sample_database.values import (
    FIRST_DATE,
    REFERENCE_DATE,
    Record,
    Source,
    day,
    money,
    slug,
)

_OPENING = datetime(2019, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the sales part needs of a product; `quality` shifts its ratings."""

    id: ObjectId
    name: str
    cents: int
    variant_skus: tuple[str, ...]
    released: datetime
    root: str
    quality: float


def categories(seed: int) -> list[Record]:
    source = Source(seed, "categories")
    records: list[Record] = []
    for root, children in words.DEPARTMENTS.items():
        root_id = source.object_id(_OPENING)
        records.append({"_id": root_id, "name": root, "slug": slug(root), "parent_id": None})
        for child in children:
            records.append(
                {
                    "_id": source.object_id(_OPENING),
                    "name": child,
                    "slug": slug(child),
                    "parent_id": root_id,
                }
            )
    return records


def suppliers(seed: int, count: int) -> list[Record]:
    source = Source(seed, "suppliers")
    records = []
    names = source.sample(list(product(words.LAST_NAMES, words.SUPPLIER_KINDS)), count)
    for name, kind in names:
        country = source.choice(words.COUNTRIES)
        since = day(source.moment(_OPENING, datetime(2024, 1, 1, tzinfo=UTC)))
        contact: Record = {
            "name": f"{source.choice(words.FIRST_NAMES)} {source.choice(words.LAST_NAMES)}",
            "email": f"sales@{slug(name)}-{slug(kind)}.example",
        }
        if source.chance(0.7):
            contact["phone"] = f"{country.phone} {source.digits('### ####')}"
        records.append(
            {
                "_id": source.object_id(since),
                "name": f"{name} {kind}",
                "country": country.name,
                "contact": contact,
                "rating": round(source.triangular(2.0, 5.0, 4.2), 1),
                # As the purchasing system exports it: a number kept as text.
                "lead_time_days": str(source.choice((3, 5, 7, 10, 14, 21, 30))),
                "since": since,
                "active": source.chance(0.9),
            }
        )
    return records


def products(
    seed: int, count: int, categories: list[Record], suppliers: list[Record]
) -> tuple[list[Record], list[Offer]]:
    source = Source(seed, "products")
    by_name = {record["name"]: record["_id"] for record in categories}
    kinds = [
        (root, child, thing, low, high)
        for root, children in words.DEPARTMENTS.items()
        for child, (things, low, high) in children.items()
        for thing in things
    ]
    names = list(product(words.BRANDS, words.LINES, kinds))
    records, offers = [], []
    for number, (brand, line, kind) in enumerate(source.sample(names, count), start=1):
        root, child, thing, low, high = kind
        low, high = words.PRICES.get(thing, (low, high))
        released = day(source.moment(_OPENING, REFERENCE_DATE - timedelta(days=60)))
        # Charm prices, more of them cheap than dear.
        cents = int(low + (high - low) * source.betavariate(1.6, 3.0)) * 100 + 99
        sku = f"{root[:2].upper()}{child[:2].upper()}-{number:04d}"
        variants = _variants(source, sku, child)
        record: Record = {
            "_id": source.object_id(released),
            "sku": sku,
            "name": f"{brand} {line} {thing}",
            "brand": brand,
            "category_id": by_name[child],
            "supplier_id": source.choice(suppliers)["_id"],
            "price": money(cents),
            "cost": money(int(cents * source.uniform(0.4, 0.75))),
            "tags": source.some(words.TAGS, 0, 3),
            "variants": variants,
            "weight_kg": _weight(source),
            "released_on": released,
            "discontinued": released.year < 2023 and source.chance(0.25),
        }
        if source.chance(0.8):
            record["description"] = f"{line} {thing.lower()} by {brand}, from our {child} range."
        if source.chance(0.6):
            record["dimensions"] = {
                axis: source.randint(4, 120) for axis in ("length_cm", "width_cm", "height_cm")
            }
        if source.chance(0.7):
            record["warranty_months"] = source.choice((12, 24, 24, 36, 60))
        records.append(record)
        quality = (hash_of(brand) % 7 - 3) / 10
        skus = tuple(variant["sku"] for variant in variants)
        offers.append(Offer(record["_id"], record["name"], cents, skus, released, root, quality))
    return records, offers


def hash_of(text: str) -> int:
    """A small number that depends on the text only (`hash()` differs between processes)."""
    return sum(ord(letter) * place for place, letter in enumerate(text, start=1))


def _variants(source: Source, sku: str, child: str) -> list[Record]:
    sizes: tuple[str | None, ...] = (None,)
    if child in ("Jackets", "Shirts", "Trousers"):
        sizes = words.CLOTHING_SIZES
    elif child in ("Shoes", "Running"):
        sizes = words.SHOE_SIZES
    variants = []
    for color in source.some(words.COLORS, 1, 3):
        for size in sizes:
            variant: Record = {
                "sku": f"{sku}-{color[:3].upper()}" + (f"-{size}" if size else ""),
                "color": color,
                "stock": max(0, int(source.gauss(60, 45))),
                "extra_price": money(source.choice((0, 0, 0, 500, 1000))),
            }
            if size:
                variant["size"] = size
            variants.append(variant)
    return variants


def _weight(source: Source) -> float | str:
    """Kilograms; 5 % are still the text that an old catalogue had."""
    weight = round(source.lognormvariate(0.2, 0.9), 2)
    return f"{weight} kg" if source.chance(0.05) else weight


def warehouses(seed: int, offers: list[Offer], managers: list[ObjectId]) -> list[Record]:
    source = Source(seed, "warehouses")
    places = [(c, c.cities[0]) for c in words.COUNTRIES if c.weight >= 4]
    records = []
    for place, (country, city) in enumerate(places[:9]):
        opened = day(source.moment(_OPENING, datetime(2024, 6, 1, tzinfo=UTC)))
        kept = source.sample(offers, max(1, int(len(offers) * source.uniform(0.35, 0.7))))
        record: Record = {
            "_id": source.object_id(opened),
            "code": f"WH-{city.name[:3].upper()}",
            "name": f"{city.name} Warehouse",
            "city": city.name,
            "country": country.name,
            "region": country.region,
            "location": {"type": "Point", "coordinates": [city.longitude, city.latitude]},
            "capacity": source.choice((8_000, 12_000, 20_000, 35_000, 50_000)),
            "opened_on": opened,
            "manager_id": managers[place % len(managers)],
            "stock": [
                {
                    "product_id": offer.id,
                    "quantity": max(0, int(source.gauss(80, 60))),
                    "bin": source.digits("@-##"),
                }
                for offer in kept
            ],
        }
        if source.chance(0.6):
            record["features"] = source.some(("cold storage", "returns", "customs", "24/7"), 1, 3)
        records.append(record)
    return records


def promotions(seed: int, count: int, categories: list[Record]) -> list[Record]:
    source = Source(seed, "promotions")
    roots = [record["_id"] for record in categories if record["parent_id"] is None]
    seasons = {1: "NEWYEAR", 3: "SPRING", 6: "SUMMER", 9: "AUTUMN", 11: "BLACKFRIDAY", 12: "XMAS"}
    starts = [
        (name, datetime(year, month, 1, tzinfo=UTC))
        for year in range(FIRST_DATE.year, REFERENCE_DATE.year + 1)
        for month, name in seasons.items()
        if datetime(year, month, 1, tzinfo=UTC) < REFERENCE_DATE
    ]
    records = []
    for name, start in starts[:count]:
        record: Record = {
            "_id": source.object_id(start - timedelta(days=20)),
            "code": f"{name}{start:%y}",
            "percent": 25 if name == "BLACKFRIDAY" else source.choice((5, 10, 10, 15, 20)),
            "starts_at": start,
            "ends_at": start + timedelta(days=source.choice((14, 21, 28))),
            "budget": money(source.randrange(5, 60) * 100_000),
        }
        if source.chance(0.5):
            record["category_ids"] = source.some(roots, 1, 3)
        if source.chance(0.3):
            record["minimum_amount"] = money(source.choice((5_000, 10_000)))
        records.append(record)
    return records


def popularity(seed: int, offers: list[Offer]) -> list[float]:
    """Cumulative weights over `offers`: a few best sellers, a long tail, cheap before dear."""
    source = Source(seed, "popularity")
    ranks = source.sample(range(len(offers)), len(offers))
    return list(
        accumulate(
            (1.0 / (rank + 3)) * (300_00 / (offer.cents + 50_00)) ** 0.35
            for rank, offer in zip(ranks, offers, strict=True)
        )
    )
