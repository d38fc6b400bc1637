"""The generated databases: the same everywhere, sound, with the difficulties of real data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from types import ModuleType
from typing import Any

import bson
import pytest
from bson import Decimal128, ObjectId

from benchmarks.databases import bikes, clinic

MODULES = pytest.mark.parametrize("module", [clinic, bikes], ids=["clinic", "bikes"])
REFERENCES = {
    "clinic": {
        ("clinicians", "site_id"): "sites",
        ("clinicians", "supervisor_id"): "clinicians",
        ("patients", "usual_doctor_id"): "clinicians",
        ("wards", "site_id"): "sites",
        ("wards", "head_nurse_id"): "clinicians",
        ("appointments", "patient_id"): "patients",
        ("appointments", "clinician_id"): "clinicians",
        ("admissions", "ward_id"): "wards",
        ("prescriptions", "prescriber_id"): "clinicians",
        ("lab_results", "ordered_by"): "clinicians",
    },
    "bikes": {
        ("stations", "district_id"): "districts",
        ("vehicles", "station_id"): "stations",
        ("riders", "tariff_id"): "tariffs",
        ("riders", "invited_by"): "riders",
        ("trips", "vehicle_id"): "vehicles",
        ("trips", "rider_id"): "riders",
        ("trips", "destination_id"): "stations",
        ("repairs", "vehicle_id"): "vehicles",
        ("incidents", "trip_id"): "trips",
    },
}
MAY_LIE_AHEAD = {
    ("appointments", "starts_at"),
    ("clinicians", "licence"),
    ("patients", "insurance"),
    ("vehicles", "next_service"),
    ("tariffs", "valid_until"),
}


def moments(value: object) -> Iterator[datetime]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from moments(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from moments(inner)
    elif isinstance(value, datetime):
        yield value


@MODULES
def test_the_same_seed_gives_the_same_bytes(module: ModuleType) -> None:
    def encoded(seed: int) -> list[bytes]:
        return [bson.encode(d) for documents in module.generate(seed).values() for d in documents]

    assert encoded(7) == encoded(7)
    assert encoded(7) != encoded(8)


@MODULES
def test_it_has_the_size_of_a_database_worth_asking(module: ModuleType) -> None:
    database = module.generate()
    assert 5 <= len(database) <= 8
    assert 3_000 <= sum(map(len, database.values())) <= 10_000
    assert set(module.INDEXES) == set(database)


@MODULES
def test_nothing_happens_later_but_what_is_planned(module: ModuleType) -> None:
    for name, documents in module.generate().items():
        fields = {field for document in documents for field in document}
        for field in fields:
            if (name, field) not in MAY_LIE_AHEAD:
                found = [m for d in documents for m in moments(d.get(field))]
                assert not found or max(found) <= module.NOW, (name, field)


@MODULES
def test_ids_are_unique_and_references_lead_somewhere(module: ModuleType) -> None:
    database = module.generate()
    ids: dict[str, set[ObjectId]] = {n: {d["_id"] for d in ds} for n, ds in database.items()}
    assert all(len(ids[name]) == len(documents) for name, documents in database.items())
    for (name, field), target in REFERENCES[module.NAME].items():
        used: set[Any] = {d.get(field) for d in database[name]} - {None}
        assert used and used <= ids[target], (name, field)


def test_the_clinic_has_the_difficulties_of_real_data() -> None:
    database = clinic.generate()
    patients = database["patients"]
    assert any("blood_group" not in p for p in patients)
    assert {p["smoker"] for p in patients} == {True, False, None}
    assert {type(p["insurance"]["excess"]) for p in patients if "insurance" in p} == {str}
    assert {type(a["fee"]) for a in database["appointments"]} == {Decimal128}
    assert any(a["discharged"] is None for a in database["admissions"])
    assert any(a["starts_at"] > clinic.NOW for a in database["appointments"])


def test_the_bikes_have_something_to_find() -> None:
    database = bikes.generate()
    model = {v["_id"]: v["model"] for v in database["vehicles"]}
    repairs = [model[r["vehicle_id"]] for r in database["repairs"]]
    fleet = list(model.values())
    rate = {m: repairs.count(m) / fleet.count(m) for m in set(fleet)}
    assert max(rate, key=lambda m: rate[m]) == "Batavus Bolt"
    by_year = [
        sum(t["started_at"].year == year for t in database["trips"]) for year in (2024, 2025)
    ]
    assert by_year[0] < by_year[1]
    assert any(t["ended_at"] is None for t in database["trips"])
    assert any("closed_on" in s for s in database["stations"])
