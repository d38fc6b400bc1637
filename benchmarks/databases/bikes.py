"""A bike sharing operator from one seed: districts, stations, vehicles, riders, trips, repairs.

About 8,500 documents in eight collections, the same on every machine for the same seed: places as
GeoJSON, fares as Decimal128, lists of objects, fields that are null or missing, trips under way.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from bson import Decimal128
from pymongo import DESCENDING, GEOSPHERE, IndexModel

from benchmarks.databases import bikes_words as words
from mqt_resources.sample_database.values import Record, Source, day, money

NAME = "bikes"
NOW = datetime(2025, 10, 9, 16, 0, tzinfo=UTC)
"""The operator's "today", a Thursday: nothing happens later."""

INDEXES: dict[str, tuple[IndexModel, ...]] = {
    "districts": (IndexModel([("boundary", GEOSPHERE)]),),
    "stations": (IndexModel("code", unique=True), IndexModel([("position", GEOSPHERE)])),
    "tariffs": (IndexModel("code", unique=True),),
    "vehicles": (IndexModel("plate", unique=True), IndexModel([("last_seen.point", GEOSPHERE)])),
    "riders": (IndexModel("tariff_id"),),
    "trips": (
        IndexModel([("started_at", DESCENDING)]),
        IndexModel("vehicle_id"),
        IndexModel("rider_id"),
        IndexModel("origin_id"),
    ),
    "repairs": (IndexModel("vehicle_id"), IndexModel("opened_at")),
    "incidents": (IndexModel([("location", GEOSPHERE)]), IndexModel("occurred_at")),
}


def generate(seed: int = 2026) -> dict[str, list[Record]]:
    """Documents by collection, referenced collections first."""
    districts = _districts(seed)
    stations = _stations(seed, 84, districts)
    tariffs = _tariffs(seed)
    vehicles = _vehicles(seed, 560, stations)
    riders = _riders(seed, 1300, tariffs, stations)
    trips = _trips(seed, 4800, vehicles, riders, stations, districts, tariffs)
    return {
        "districts": districts,
        "stations": stations,
        "tariffs": tariffs,
        "vehicles": vehicles,
        "riders": riders,
        "trips": trips,
        "repairs": _repairs(seed, 1250, vehicles),
        "incidents": _incidents(seed, 330, trips, stations),
    }


def _corner(column: int, row: int) -> tuple[float, float]:
    return (
        round(words.CENTRE[0] + (column - 1.5) * words.WIDE, 4),
        round(words.CENTRE[1] + (row - 1.5) * words.HIGH, 4),
    )


def _districts(seed: int) -> list[Record]:
    source = Source(seed, "bikes/districts")
    records = []
    for name, column, row, inhabitants, _ in words.DISTRICTS:
        west, south = _corner(column, row)
        east, north = round(west + words.WIDE, 4), round(south + words.HIGH, 4)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        record: Record = {
            "_id": source.object_id(words.START),
            "name": name,
            "inhabitants": inhabitants,
            "area_km2": round(source.uniform(6.5, 8.2), 1),
            "boundary": {"type": "Polygon", "coordinates": [ring]},
        }
        if name in ("Centrum", "Noord", "Kralingen"):
            record["parking_ban"] = {"from_hour": source.choice((0, 18, 22)), "fine": money(25_00)}
        records.append(record)
    return records


def _stations(seed: int, count: int, districts: list[Record]) -> list[Record]:
    source = Source(seed, "bikes/stations")
    names = source.sample([f"{a} {p}" for a in words.ADJECTIVES for p in words.PLACES], count)
    records = []
    for number, name in enumerate(names, start=1):
        place = source.choices(range(len(districts)), weights=[d[-1] for d in words.DISTRICTS])[0]
        west, south = _corner(*words.DISTRICTS[place][1:3])
        installed = day(source.moment(datetime(2020, 4, 1, tzinfo=UTC), NOW - timedelta(days=40)))
        docks = source.choice((8, 12, 12, 16, 20, 24, 32))
        record: Record = {
            "_id": source.object_id(installed),
            "code": f"RS{number:03d}",
            "name": name,
            "district_id": districts[place]["_id"],
            "position": {
                "type": "Point",
                "coordinates": [
                    round(west + source.uniform(0.002, words.WIDE - 0.002), 5),
                    round(south + source.uniform(0.001, words.HIGH - 0.001), 5),
                ],
            },
            "docks": docks,
            "docks_broken": source.choices((0, 1, 2, 3), weights=(70, 18, 8, 4))[0],
            "charging": source.chance(0.4),
            "installed": installed,
            "facilities": source.some(
                ("roof", "pump", "repair stand", "screen", "card terminal"), 0, 3
            ),
        }
        if source.chance(0.08):
            record["closed_on"] = day(source.moment(installed + timedelta(days=30), NOW))
        if source.chance(0.2):
            record["sponsor"] = source.choice(("ING", "Albert Heijn", "Shell", "Erasmus MC"))
        records.append(record)
    return records


def _tariffs(seed: int) -> list[Record]:
    source = Source(seed, "bikes/tariffs")
    records = []
    for code, name, unlock, minute, month, free, _ in words.TARIFFS:
        record: Record = {
            "_id": source.object_id(words.START),
            "code": code,
            "name": name,
            "unlock_fee": money(unlock),
            "per_minute": money(minute),
            "free_minutes": free,
            "valid_from": datetime(2023, 1, 1, tzinfo=UTC),
            "valid_until": datetime(2025, 12, 31, tzinfo=UTC) if code == "CORP" else None,
        }
        if month is not None:
            record["monthly_fee"] = money(month)
        records.append(record)
    return records


def _vehicles(seed: int, count: int, stations: list[Record]) -> list[Record]:
    source = Source(seed, "bikes/vehicles")
    open_stations = [station for station in stations if "closed_on" not in station]
    records = []
    for number in range(1, count + 1):
        model = source.choices(list(words.MODELS), weights=[m[2] for m in words.MODELS.values()])[0]
        kind, cents, _, _ = words.MODELS[model]
        acquired = day(source.moment(datetime(2020, 3, 1, tzinfo=UTC), NOW - timedelta(days=20)))
        state = source.choices(
            ("available", "rented", "workshop", "retired", "lost"), weights=(76, 6, 9, 6, 3)
        )[0]
        station = source.choice(open_stations)
        longitude, latitude = station["position"]["coordinates"]
        docked = state == "available" and source.chance(0.85)
        drift = 0 if docked else 0.006
        record: Record = {
            "_id": source.object_id(acquired),
            "plate": f"{kind[0].upper()}-{number:04d}",
            "model": model,
            "kind": kind,
            "state": state,
            "station_id": station["_id"] if docked else None,
            "acquired": acquired,
            "purchase_price": money(int(cents * source.uniform(0.9, 1.1)) // 100 * 100),
            "odometer_km": int((NOW - acquired).days * source.uniform(1.5, 6)),
            "last_seen": {
                "at": NOW
                - timedelta(
                    minutes=int(source.expovariate(1 / (30_000 if state == "lost" else 900)))
                ),
                "point": {
                    "type": "Point",
                    "coordinates": [
                        round(longitude + source.uniform(-drift, drift), 5),
                        round(latitude + source.uniform(-drift, drift), 5),
                    ],
                },
            },
        }
        if kind != "classic":
            record["battery"] = {
                "charge": source.randint(4, 100),
                "health": source.randint(55, 100),
                # The charger's export writes it as text.
                "cycles": str(source.randint(20, 900)),
            }
        if source.chance(0.55):
            record["next_service"] = day(NOW + timedelta(days=source.randint(-30, 120)))
        records.append(record)
    return records


def _riders(seed: int, count: int, tariffs: list[Record], stations: list[Record]) -> list[Record]:
    source = Source(seed, "bikes/riders")
    records: list[Record] = []
    for number in range(1, count + 1):
        joined = source.moment(datetime(2021, 1, 1, tzinfo=UTC), NOW - timedelta(days=2))
        tariff = source.choices(tariffs, weights=[t[-1] for t in words.TARIFFS])[0]
        names = f"{source.choice(words.FIRST)} {source.choice(words.LAST)}"
        memberships = [{"tariff": tariff["code"], "since": joined, "until": None}]
        if source.chance(0.3):
            changed = source.moment(joined, NOW)
            earlier = source.choice(tariffs)["code"]
            memberships = [
                {"tariff": earlier, "since": joined, "until": changed},
                {"tariff": tariff["code"], "since": changed, "until": None},
            ]
        record: Record = {
            "_id": source.object_id(joined),
            "name": names,
            "email": f"r{number}@fiets.example",
            "joined": joined,
            "tariff_id": tariff["_id"],
            "memberships": memberships,
            "balance": money(int(source.gauss(900, 900))),
            "home_station_id": source.choice(stations)["_id"] if source.chance(0.6) else None,
            "marketing_consent": source.chance(0.4),
        }
        if source.chance(0.7):
            record["birth_year"] = source.randint(1950, 2007)
        if source.chance(0.5):
            record["phone"] = f"+31 6 {source.digits('########')}" if source.chance(0.9) else None
        if records and source.chance(0.15):
            record["invited_by"] = source.choice(records)["_id"]
        if source.chance(0.03):
            record["blocked"] = {
                "since": day(source.moment(joined, NOW)),
                "reason": source.choice(("unpaid", "misuse", "damage")),
            }
        records.append(record)
    return records


def _trips(
    seed: int,
    count: int,
    vehicles: list[Record],
    riders: list[Record],
    stations: list[Record],
    districts: list[Record],
    tariffs: list[Record],
) -> list[Record]:
    source = Source(seed, "bikes/trips")
    prices = dict(zip((t["_id"] for t in tariffs), words.TARIFFS, strict=True))
    draws = dict(zip((d["_id"] for d in districts), (d[-1] for d in words.DISTRICTS), strict=True))
    busy = list(
        accumulate(draws[s["district_id"]] * min(3.0, source.paretovariate(2)) for s in stations)
    )
    keen = list(accumulate(source.paretovariate(1.3) for _ in riders))
    days = [words.START + timedelta(days=n) for n in range((NOW - words.START).days + 1)]
    seasons = list(
        accumulate(
            (1.3 - 0.7 * math.cos((d.timetuple().tm_yday - 15) / 58.1))
            * 1.3 ** ((d - words.START).days / 365)
            for d in days
        )
    )
    records = []
    dates = sorted(source.choices(days, cum_weights=seasons, k=count - words.UNDER_WAY))
    for place, date in enumerate([*dates, *[days[-1]] * words.UNDER_WAY]):
        weekend = date.weekday() >= 5
        hour = source.choices(range(6, 24), weights=words.HOURS[weekend])[0]
        started = date + timedelta(hours=hour, seconds=source.randrange(3600))
        running = place >= len(dates)
        if running or started > NOW:
            started = NOW - timedelta(minutes=source.randint(*(1, 45) if running else (180, 500)))
        vehicle = _there(source, vehicles, "acquired", started)
        rider = _there(source, riders, "joined", started, keen)
        origin = _there(source, stations, "installed", started, busy)
        target = _there(source, stations, "installed", started, busy)
        pace = {"classic": 13.5, "electric": 18.0, "cargo": 14.5}[vehicle["kind"]]
        minutes = max(2.0, source.lognormvariate(2.7, 0.6) * (1.6 if weekend else 1.0))
        ended = (started + timedelta(minutes=minutes)).replace(microsecond=0)
        wet = source.chance(0.3)
        _, _, unlock, minute, _, free, _ = prices[rider["tariff_id"]]
        usage = int(max(0.0, minutes - free) * minute)
        record: Record = {
            "_id": source.object_id(started),
            "vehicle_id": vehicle["_id"],
            "rider_id": rider["_id"],
            "origin_id": origin["_id"],
            "destination_id": None if running or source.chance(0.06) else target["_id"],
            "started_at": started,
            "ended_at": None if running else ended,
            "distance_km": round(minutes / 60 * pace * source.uniform(0.6, 1.0), 2),
            "fare": {"unlock": money(unlock), "usage": money(usage)},
            "weather": {
                "temperature": round(
                    11
                    - 8 * math.cos((started.timetuple().tm_yday - 20) / 58.1)
                    + source.gauss(0, 3),
                    1,
                ),
                "rain_mm": round(source.expovariate(0.7), 1) if wet else 0,
            },
            "stops": [
                {
                    "at": started + timedelta(minutes=minutes * share),
                    "minutes": source.randint(2, 15),
                }
                for share in (
                    (0.3, 0.6)[: source.randint(1, 2)]
                    if not running and source.chance(0.15)
                    else ()
                )
            ],
        }
        if source.chance(0.1):
            record["fare"]["discount"] = money(min(usage + unlock, source.choice((50, 100, 150))))
        if not running and source.chance(0.35):
            record["stars"] = source.choices(
                (1, 2, 3, 4, 5),
                weights=(9, 6, 10, 30, 45)
                if vehicle["model"] == "Batavus Bolt"
                else (3, 4, 10, 33, 50),
            )[0]
        if weekend and source.chance(0.2):
            record["promo"] = source.choice(("SUNNY", "WEEKEND2", "TOGETHER"))
        records.append(record)
    return records


def _there(
    source: Source,
    records: list[Record],
    since: str,
    moment: datetime,
    weights: list[float] | None = None,
) -> Record:
    """One of those that were there at the moment."""
    while True:
        (record,) = source.choices(records, cum_weights=weights)
        if record[since] <= moment:
            return record


def _repairs(seed: int, count: int, vehicles: list[Record]) -> list[Record]:
    source = Source(seed, "bikes/repairs")
    prone = list(accumulate(words.MODELS[v["model"]][3] for v in vehicles))
    mechanics = ("Henk", "Soraya", "Piotr", "Lucia", "Tom")
    records = []
    for number in range(1, count + 1):
        vehicle = source.choices(vehicles, cum_weights=prone)[0]
        classic = vehicle["kind"] == "classic"
        weights = [0 if f == "battery" and classic else w[0] for f, w in words.FAULTS.items()]
        fault = source.choices(list(words.FAULTS), weights=weights)[0]
        if vehicle["model"] == "Batavus Bolt" and source.chance(0.35):
            fault = "brakes"
        _, minutes, parts = words.FAULTS[fault]
        opened = source.moment(max(words.START, vehicle["acquired"]), NOW - timedelta(hours=1))
        opened = opened.replace(second=0)
        closed = (opened + timedelta(hours=source.expovariate(1 / 60))).replace(microsecond=0)
        done = closed <= NOW and not source.chance(0.01)
        record: Record = {
            "_id": source.object_id(opened),
            "job_no": number,
            "vehicle_id": vehicle["_id"],
            "fault": fault,
            "severity": source.choices((1, 2, 3, 4), weights=(35, 35, 20, 10))[0],
            "opened_at": opened,
            "closed_at": closed if done else None,
            "mechanic": source.choices(mechanics, weights=(30, 25, 20, 15, 10))[0]
            if done or source.chance(0.5)
            else None,
            "labour": {
                "minutes": max(10, int(source.gauss(minutes, minutes / 4))),
                "hourly_rate": Decimal128("42.00"),
            },
            "parts": [
                {
                    "part": name,
                    "quantity": source.choices((1, 2), weights=(4, 1))[0],
                    "unit_cost": money(cents),
                }
                for name, cents in parts
                if source.chance(0.75)
            ],
        }
        if source.chance(0.15):
            record["warranty"] = source.chance(0.6)
        records.append(record)
    return sorted(records, key=lambda record: record["opened_at"])


def _incidents(seed: int, count: int, trips: list[Record], stations: list[Record]) -> list[Record]:
    source = Source(seed, "bikes/incidents")
    positions = {station["_id"]: station["position"]["coordinates"] for station in stations}
    records = []
    for _ in range(count):
        trip = source.choice(trips)
        kind = source.choices(words.INCIDENTS, weights=(22, 14, 24, 2, 26, 12))[0]
        longitude, latitude = positions[trip["origin_id"]]
        occurred = min(trip["started_at"] + timedelta(minutes=source.randint(1, 90)), NOW)
        record: Record = {
            "_id": source.object_id(occurred),
            "occurred_at": occurred,
            "category": kind,
            "vehicle_id": trip["vehicle_id"],
            "location": {
                "type": "Point",
                "coordinates": [
                    round(longitude + source.gauss(0, 0.004), 5),
                    round(latitude + source.gauss(0, 0.003), 5),
                ],
            },
            "police_notified": kind in ("theft", "collision") and source.chance(0.7),
            "damage": money(source.randrange(10_00, 900_00, 5_00))
            if kind != "illegal parking"
            else None,
            "people": [
                {
                    "role": source.choice(("rider", "pedestrian", "driver")),
                    "injured": source.chance(0.4),
                    "age": source.randint(14, 80),
                }
                for _ in range(source.randint(1, 3) if kind in ("collision", "fall") else 0)
            ],
        }
        if kind in ("collision", "fall", "theft") or source.chance(0.3):
            record["trip_id"] = trip["_id"]
        if source.chance(0.6):
            settled = occurred + timedelta(days=source.randint(3, 60))
            record["insurance_claim"] = {
                "amount": money(source.randrange(20_00, 700_00, 10_00)),
                "settled": settled if settled <= NOW else None,
            }
        records.append(record)
    return sorted(records, key=lambda record: record["occurred_at"])
