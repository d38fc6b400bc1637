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

_START = datetime(2023, 10, 1, tzinfo=UTC)
_CENTRE = (4.4792, 51.9225)
_DISTRICTS = (  # name, column and row of its square of the map, inhabitants, trips drawn
    ("Centrum", 1, 1, 36_500, 40), ("Noord", 1, 2, 52_300, 18), ("Delfshaven", 0, 1, 75_900, 16),
    ("Kralingen", 2, 1, 53_700, 14), ("Feijenoord", 2, 0, 77_100, 12), ("Charlois", 1, 0, 68_400, 9),
    ("Overschie", 0, 2, 19_600, 5), ("Waalhaven", 0, 0, 9_800, 4),
)  # fmt: skip
_WIDE, _HIGH = 0.045, 0.022  # degrees of longitude and latitude that a district covers
_PLACES = ("Markt", "Haven", "Park", "Museum", "Station", "School", "Brug", "Plein", "Kade", "Bibliotheek", "Ziekenhuis", "Stadion")  # fmt: skip
_ADJECTIVES = ("Oude", "Nieuwe", "Groene", "Witte", "Hoge", "Lage", "Rode", "Kleine", "Grote")
_MODELS = {  # model -> kind, price in cents, share, repairs drawn
    "Gazelle Orange": ("classic", 640_00, 34, 1.0),
    "Batavus Bolt": ("classic", 520_00, 20, 2.4),
    "Gazelle Volt": ("electric", 1_890_00, 26, 1.3),
    "Stromer One": ("electric", 2_650_00, 12, 0.8),
    "Urban Arrow": ("cargo", 4_300_00, 8, 1.6),
}
_TARIFFS = (  # code, name, unlock, minute, month, free minutes, weight of riders
    ("PAYG", "Pay as you go", 100, 15, None, 0, 46),
    ("MONTH", "Monthly", 0, 8, 1250, 20, 26),
    ("YEAR", "Yearly", 0, 5, 790, 30, 16),
    ("STUD", "Student", 0, 7, 500, 30, 9),
    ("CORP", "Company", 50, 10, None, 15, 3),
)
_FIRST = ("Anouk", "Bram", "Cas", "Daan", "Eline", "Femke", "Gijs", "Hidde", "Ilse", "Jelle", "Koen", "Lotte", "Maud", "Niels", "Okke", "Puck", "Roos", "Sem", "Teun", "Veerle", "Wout", "Yara", "Amir", "Esra", "Joao", "Mei")  # fmt: skip
_LAST = ("Bakker", "de Boer", "Dekker", "van Dijk", "Hendriks", "Jacobs", "de Jong", "Kok", "Kuiper", "Mulder", "Peters", "Postma", "Smit", "Verhoeven", "Visser", "de Vries", "de Wit", "Yildiz", "Zwart", "El Amrani")  # fmt: skip
_FAULTS = {  # fault -> weight, minutes of labour, parts with their price in cents
    "flat tyre": (30, 20, (("tyre", 1850), ("inner tube", 600))),
    "brakes": (22, 35, (("brake pads", 900), ("brake cable", 450))),
    "chain": (14, 30, (("chain", 1600),)),
    "lock": (10, 45, (("smart lock", 7400),)),
    "battery": (9, 50, (("battery cell", 12_900), ("connector", 850))),
    "vandalism": (9, 90, (("saddle", 2300), ("mudguard", 1200), ("light", 1500))),
    "inspection": (6, 40, ()),
}
_HOURS = {  # weights of the hours 6 to 23, working days and weekends
    False: (4, 11, 16, 9, 5, 5, 7, 7, 6, 7, 11, 16, 13, 8, 5, 4, 3, 2),
    True: (1, 1, 2, 4, 7, 10, 12, 13, 13, 12, 11, 9, 8, 7, 6, 5, 5, 4),
}
_INCIDENTS = ("theft", "collision", "vandalism", "battery fire", "illegal parking", "fall")


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
        round(_CENTRE[0] + (column - 1.5) * _WIDE, 4),
        round(_CENTRE[1] + (row - 1.5) * _HIGH, 4),
    )


def _districts(seed: int) -> list[Record]:
    source = Source(seed, "bikes/districts")
    records = []
    for name, column, row, inhabitants, _ in _DISTRICTS:
        west, south = _corner(column, row)
        east, north = round(west + _WIDE, 4), round(south + _HIGH, 4)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        record: Record = {
            "_id": source.object_id(_START),
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
    names = source.sample([f"{a} {p}" for a in _ADJECTIVES for p in _PLACES], count)
    records = []
    for number, name in enumerate(names, start=1):
        place = source.choices(range(len(districts)), weights=[d[-1] for d in _DISTRICTS])[0]
        west, south = _corner(*_DISTRICTS[place][1:3])
        installed = day(source.moment(datetime(2020, 4, 1, tzinfo=UTC), NOW - timedelta(days=40)))
        docks = source.choice((8, 12, 12, 16, 20, 24, 32))
        record: Record = {
            "_id": source.object_id(installed),
            "code": f"RS{number:03d}",
            "name": name,
            "district_id": districts[place]["_id"],
            "position": {"type": "Point", "coordinates": [
                round(west + source.uniform(0.002, _WIDE - 0.002), 5),
                round(south + source.uniform(0.001, _HIGH - 0.001), 5)]},
            "docks": docks,
            "docks_broken": source.choices((0, 1, 2, 3), weights=(70, 18, 8, 4))[0],
            "charging": source.chance(0.4),
            "installed": installed,
            "facilities": source.some(("roof", "pump", "repair stand", "screen", "card terminal"), 0, 3),
        }  # fmt: skip
        if source.chance(0.08):
            record["closed_on"] = day(source.moment(installed + timedelta(days=30), NOW))
        if source.chance(0.2):
            record["sponsor"] = source.choice(("ING", "Albert Heijn", "Shell", "Erasmus MC"))
        records.append(record)
    return records


def _tariffs(seed: int) -> list[Record]:
    source = Source(seed, "bikes/tariffs")
    records = []
    for code, name, unlock, minute, month, free, _ in _TARIFFS:
        record: Record = {
            "_id": source.object_id(_START),
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
        model = source.choices(list(_MODELS), weights=[m[2] for m in _MODELS.values()])[0]
        kind, cents, _, _ = _MODELS[model]
        acquired = day(source.moment(datetime(2020, 3, 1, tzinfo=UTC), NOW - timedelta(days=20)))
        state = source.choices(("available", "rented", "workshop", "retired", "lost"), weights=(76, 6, 9, 6, 3))[0]  # fmt: skip
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
                "at": NOW - timedelta(minutes=int(source.expovariate(1 / (30_000 if state == "lost" else 900)))),
                "point": {"type": "Point", "coordinates": [
                    round(longitude + source.uniform(-drift, drift), 5),
                    round(latitude + source.uniform(-drift, drift), 5)]},
            },
        }  # fmt: skip
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


def _riders(
    seed: int, count: int, tariffs: list[Record], stations: list[Record]
) -> list[Record]:
    source = Source(seed, "bikes/riders")
    records = []
    for number in range(1, count + 1):
        joined = source.moment(datetime(2021, 1, 1, tzinfo=UTC), NOW - timedelta(days=2))
        tariff = source.choices(tariffs, weights=[t[-1] for t in _TARIFFS])[0]
        names = f"{source.choice(_FIRST)} {source.choice(_LAST)}"
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
    prices = dict(zip((t["_id"] for t in tariffs), _TARIFFS, strict=True))
    draws = dict(zip((d["_id"] for d in districts), (d[-1] for d in _DISTRICTS), strict=True))
    busy = list(accumulate(draws[s["district_id"]] * source.paretovariate(2) for s in stations))
    keen = list(accumulate(source.paretovariate(1.3) for _ in riders))
    days = [_START + timedelta(days=n) for n in range((NOW - _START).days + 1)]
    seasons = list(accumulate((1.3 - 0.7 * math.cos((d.timetuple().tm_yday - 15) / 58.1)) * 1.3 ** ((d - _START).days / 365) for d in days))  # fmt: skip
    records = []
    for date in sorted(source.choices(days, cum_weights=seasons, k=count)):
        weekend = date.weekday() >= 5
        hour = source.choices(range(6, 24), weights=_HOURS[weekend])[0]
        started = date + timedelta(hours=hour, seconds=source.randrange(3600))
        if started > NOW:
            started = NOW - timedelta(minutes=source.randint(1, 300))
        vehicle = source.choice(vehicles)
        rider = source.choices(riders, cum_weights=keen)[0]
        origin, target = source.choices(stations, cum_weights=busy, k=2)
        pace = {"classic": 13.5, "electric": 18.0, "cargo": 14.5}[vehicle["kind"]]
        minutes = max(2.0, source.lognormvariate(2.7, 0.6) * (1.6 if weekend else 1.0))
        ended = (started + timedelta(minutes=minutes)).replace(microsecond=0)
        running = ended > NOW
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
                "temperature": round(11 - 8 * math.cos((started.timetuple().tm_yday - 20) / 58.1) + source.gauss(0, 3), 1),
                "rain_mm": round(source.expovariate(0.7), 1) if wet else 0,
            },
            "stops": [
                {"at": started + timedelta(minutes=minutes * share), "minutes": source.randint(2, 15)}
                for share in ((0.3, 0.6)[: source.randint(1, 2)] if source.chance(0.15) else ())
            ],
        }  # fmt: skip
        if source.chance(0.1):
            record["fare"]["discount"] = money(min(usage + unlock, source.choice((50, 100, 150))))
        if not running and source.chance(0.35):
            record["stars"] = source.choices((1, 2, 3, 4, 5), weights=(9, 6, 10, 30, 45) if vehicle["model"] == "Batavus Bolt" else (3, 4, 10, 33, 50))[0]  # fmt: skip
        if weekend and source.chance(0.2):
            record["promo"] = source.choice(("SUNNY", "WEEKEND2", "TOGETHER"))
        records.append(record)
    return records


def _repairs(seed: int, count: int, vehicles: list[Record]) -> list[Record]:
    source = Source(seed, "bikes/repairs")
    prone = list(accumulate(_MODELS[v["model"]][3] for v in vehicles))
    mechanics = ("Henk", "Soraya", "Piotr", "Lucia", "Tom")
    records = []
    for number in range(1, count + 1):
        vehicle = source.choices(vehicles, cum_weights=prone)[0]
        classic = vehicle["kind"] == "classic"
        weights = [0 if f == "battery" and classic else w[0] for f, w in _FAULTS.items()]
        fault = source.choices(list(_FAULTS), weights=weights)[0]
        if vehicle["model"] == "Batavus Bolt" and source.chance(0.35):
            fault = "brakes"
        _, minutes, parts = _FAULTS[fault]
        opened = source.moment(max(_START, vehicle["acquired"]), NOW - timedelta(hours=1))
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
            "mechanic": source.choices(mechanics, weights=(30, 25, 20, 15, 10))[0] if done or source.chance(0.5) else None,
            "labour": {"minutes": max(10, int(source.gauss(minutes, minutes / 4))), "hourly_rate": Decimal128("42.00")},
            "parts": [
                {"part": name, "quantity": source.choices((1, 2), weights=(4, 1))[0], "unit_cost": money(cents)}
                for name, cents in parts
                if source.chance(0.75)
            ],
        }  # fmt: skip
        if source.chance(0.15):
            record["warranty"] = source.chance(0.6)
        records.append(record)
    return sorted(records, key=lambda record: record["opened_at"])


def _incidents(
    seed: int, count: int, trips: list[Record], stations: list[Record]
) -> list[Record]:
    source = Source(seed, "bikes/incidents")
    positions = {station["_id"]: station["position"]["coordinates"] for station in stations}
    records = []
    for _ in range(count):
        trip = source.choice(trips)
        kind = source.choices(_INCIDENTS, weights=(22, 14, 24, 2, 26, 12))[0]
        longitude, latitude = positions[trip["origin_id"]]
        occurred = min(trip["started_at"] + timedelta(minutes=source.randint(1, 90)), NOW)
        record: Record = {
            "_id": source.object_id(occurred),
            "occurred_at": occurred,
            "category": kind,
            "vehicle_id": trip["vehicle_id"],
            "location": {"type": "Point", "coordinates": [
                round(longitude + source.gauss(0, 0.004), 5), round(latitude + source.gauss(0, 0.003), 5)]},
            "police_notified": kind in ("theft", "collision") and source.chance(0.7),
            "damage": money(source.randrange(10_00, 900_00, 5_00)) if kind != "illegal parking" else None,
            "people": [
                {"role": source.choice(("rider", "pedestrian", "driver")), "injured": source.chance(0.4), "age": source.randint(14, 80)}
                for _ in range(source.randint(1, 3) if kind in ("collision", "fall") else 0)
            ],
        }  # fmt: skip
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
