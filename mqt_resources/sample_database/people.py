"""Customers and staff: who buys, who works here and who reports to whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import accumulate

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

_COUNTRY_WEIGHTS = list(accumulate(country.weight for country in words.COUNTRIES))
_SEGMENTS = ("consumer", "business", "vip")


def address(source: Source, country: words.Country) -> Record:
    postal = source.digits(country.postal)
    # An old import read plain numbers as numbers: the field has two types.
    as_number = postal.isdigit() and postal[0] != "0" and source.chance(0.08)
    return {
        "street": f"{source.randint(1, 240)} {source.choice(words.STREETS)}",
        "city": source.choice(country.cities).name,
        "postal_code": int(postal) if as_number else postal,
        "country": country.name,
        "region": country.region,
    }


def customers(seed: int, count: int) -> list[Record]:
    source = Source(seed, "customers")
    records: list[Record] = []
    # Customers join throughout, most of them before the last year.
    joins = sorted(
        FIRST_DATE + (REFERENCE_DATE - FIRST_DATE) * (source.random() ** 1.15) for _ in range(count)
    )
    for number, joined in enumerate(joins, start=1):
        joined = joined.replace(microsecond=0)
        first, last = source.choice(words.FIRST_NAMES), source.choice(words.LAST_NAMES)
        country = source.choices(words.COUNTRIES, cum_weights=_COUNTRY_WEIGHTS)[0]
        segment = source.choices(_SEGMENTS, weights=(75, 18, 7))[0]
        record: Record = {
            "_id": source.object_id(joined),
            "customer_number": f"C{number:05d}",
            "first_name": first,
            "last_name": last,
            "email": f"{slug(first)}.{slug(last)}{number}@mail.example",
            "segment": segment,
            "address": address(source, country),
            "joined_at": joined,
            "newsletter": source.chance(0.45),
            "loyalty_points": int(source.paretovariate(1.3) * 40) if source.chance(0.8) else 0,
            "interests": source.some(words.INTERESTS, 0, 4),
        }
        if source.chance(0.8):
            known = not source.chance(0.06)
            record["phone"] = f"{country.phone} {source.digits('### ### ###')}" if known else None
        if source.chance(0.65):
            born = source.moment(
                datetime(1946, 1, 1, tzinfo=UTC), datetime(2007, 12, 31, tzinfo=UTC)
            )
            record["birth_date"] = day(born)
        if segment == "business":
            record["company"] = f"{last} {source.choice(words.SUPPLIER_KINDS)}"
        if records and source.chance(0.12):
            record["referred_by"] = source.choice(records)["_id"]
        records.append(record)
    return records


def staff(seed: int, count: int) -> list[Record]:
    """A chief executive, a director for each department, managers under them, everyone else."""
    source = Source(seed, "staff")
    used: set[str] = set()
    chief = _employee(source, used, "Management", "Chief Executive", 18_500_000, None)
    records = [chief]
    departments = list(words.DEPARTMENT_TITLES.items())
    shares = (0.22, 0.24, 0.26, 0.08, 0.12, 0.08)
    for (department, (director, manager, employee)), share in zip(departments, shares, strict=True):
        head = _employee(source, used, department, director, 12_000_000, chief)
        managers = [
            _employee(source, used, department, manager, 7_500_000, head)
            for _ in range(max(1, round(count * share / 8)))
        ]
        others = max(1, round(count * share) - 1 - len(managers))
        records += [head, *managers]
        records += [
            _employee(source, used, department, employee, 4_300_000, source.choice(managers))
            for _ in range(others)
        ]
    return records


def _employee(
    source: Source,
    used: set[str],
    department: str,
    title: str,
    salary: int,
    manager: Record | None,
) -> Record:
    while True:
        first, last = source.choice(words.FIRST_NAMES), source.choice(words.LAST_NAMES)
        email = f"{slug(first)}.{slug(last)}@shop.example"
        if email not in used:
            break
    used.add(email)
    latest = REFERENCE_DATE - timedelta(days=40)
    earliest = datetime(2019, 3, 1, tzinfo=UTC) if manager is None else manager["hired_on"]
    hired = day(source.moment(min(earliest, latest - timedelta(days=300)), latest))
    country = source.choice(words.COUNTRIES[:7])
    record: Record = {
        "_id": source.object_id(hired),
        "name": f"{first} {last}",
        "email": email,
        "department": department,
        "title": title,
        "office": country.cities[0].name,
        "hired_on": hired,
        "salary": money(int(salary * source.uniform(0.85, 1.25)) // 10_000 * 10_000),
        "manager_id": manager["_id"] if manager else None,
        "skills": source.some(words.SKILLS.get(department, ("strategy",)), 1, 3),
    }
    if title in ("Sales Representative", "Support Agent", "Warehouse Associate"):
        left = source.chance(0.18) and hired < datetime(2025, 6, 1, tzinfo=UTC)
        record["left_on"] = day(source.moment(hired + timedelta(days=90), latest)) if left else None
    return record
