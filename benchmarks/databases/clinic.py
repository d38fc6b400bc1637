"""A group of clinics from one seed: sites, wards with their beds, clinicians, patients, and care.

About 9,000 documents in eight collections, the same on every machine for the same seed, with the
difficulties of real records: fields that are null or missing, numbers kept as text, amounts as
Decimal128, lists of objects, points on the map, appointments that lie ahead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import accumulate

from pymongo import ASCENDING, GEOSPHERE, IndexModel

from benchmarks.databases import clinic_words as words
from mqt_resources.sample_database.values import Record, Source, day, money

NAME = "clinic"
NOW = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
"""The group's "today", a Wednesday: only appointments and licences lie later."""

INDEXES: dict[str, tuple[IndexModel, ...]] = {
    "sites": (IndexModel("code", unique=True), IndexModel([("location", GEOSPHERE)])),
    "wards": (IndexModel("site_id"),),
    "clinicians": (IndexModel("staff_no", unique=True), IndexModel("site_id")),
    "patients": (IndexModel("mrn", unique=True), IndexModel([("home", GEOSPHERE)])),
    "appointments": (
        IndexModel([("clinician_id", ASCENDING), ("starts_at", ASCENDING)]),
        IndexModel("patient_id"),
        IndexModel("starts_at"),
    ),
    "admissions": (IndexModel("patient_id"), IndexModel("ward_id")),
    "prescriptions": (IndexModel("patient_id"), IndexModel("issued")),
    "lab_results": (IndexModel("patient_id"), IndexModel("collected")),
}


def generate(seed: int = 2026) -> dict[str, list[Record]]:
    """Documents by collection, referenced collections first."""
    sites = _sites(seed)
    clinicians = _clinicians(seed, sites)
    patients = _patients(seed, 1500, clinicians)
    wards = _wards(seed, sites, clinicians)
    admissions = _admissions(seed, 760, patients, wards, clinicians)
    _occupy(seed, wards, admissions)
    return {
        "sites": sites,
        "clinicians": clinicians,
        "patients": patients,
        "wards": wards,
        "appointments": _appointments(seed, 3600, patients, clinicians, sites),
        "admissions": admissions,
        "prescriptions": _prescriptions(seed, 1700, patients, clinicians),
        "lab_results": _lab_results(seed, 1700, patients, clinicians),
    }


def _sites(seed: int) -> list[Record]:
    source = Source(seed, "clinic/sites")
    records = []
    for code, name, town, longitude, latitude, opened, beds, _ in words.SITES:
        record: Record = {
            "_id": source.object_id(opened),
            "code": code,
            "name": name,
            "town": town,
            "location": {"type": "Point", "coordinates": [longitude, latitude]},
            "opened": opened,
            "licensed_beds": beds,
            "services": source.some(words.SERVICES, 2, 5),
            "parking": {
                "spaces": source.randrange(20, 260, 5),
                "hourly_fee": money(source.choice((0, 150, 250))),
            },
        }
        if code != "MDW":
            record["phone"] = f"+44 {source.digits('#### ######')}"
        records.append(record)
    return records


def _clinicians(seed: int, sites: list[Record]) -> list[Record]:
    source = Source(seed, "clinic/clinicians")
    records: list[Record] = []
    consultants: list[Record] = []
    for role, (count, low, high) in words.ROLES.items():
        for _ in range(count):
            sex = source.choice("FM")
            joined = day(source.moment(datetime(2012, 1, 1, tzinfo=UTC), NOW - timedelta(days=60)))
            site = source.choices(sites, weights=[s[-1] for s in words.SITES])[0]
            record: Record = {
                "_id": source.object_id(joined),
                "staff_no": f"ST{len(records) + 1:04d}",
                "full_name": f"{source.choice(words.GIVEN[sex])} {source.choice(words.FAMILY)}",
                "role": role,
                "site_id": site["_id"],
                "joined": joined,
                "hourly_rate": money(source.randrange(low, high, 50)),
                "weekly_hours": source.choices((37.5, 30, 22.5, 16), weights=(60, 18, 14, 8))[0],
                "languages": source.some(words.LANGUAGES, 0, 3),
                "licence": {
                    "number": source.digits("#######"),
                    "expires": day(NOW + timedelta(days=source.randint(-40, 1100))),
                },
                "supervisor_id": None,
            }
            if role in ("consultant", "registrar"):
                record["specialty"] = source.choice(words.SPECIALTIES)
            if role == "consultant":
                consultants.append(record)
            elif source.chance(0.85):
                record["supervisor_id"] = source.choice(consultants)["_id"]
            if source.chance(0.12) and joined < datetime(2025, 1, 1, tzinfo=UTC):
                record["left"] = day(
                    source.moment(max(joined, words.START) + timedelta(days=60), NOW)
                )
            records.append(record)
    return records


def _patients(seed: int, count: int, clinicians: list[Record]) -> list[Record]:
    source = Source(seed, "clinic/patients")
    doctors = [c["_id"] for c in clinicians if c["role"] in ("consultant", "registrar")]
    towns = list(words.TOWNS)
    records = []
    for number in range(1, count + 1):
        registered = day(source.moment(datetime(2019, 1, 1, tzinfo=UTC), NOW))
        born = day(
            source.moment(datetime(1932, 1, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC))
        )
        age = (NOW - born).days // 365
        sex = source.choices("FMX", weights=(52, 47, 1))[0]
        town = source.choices(towns, weights=(30, 20, 30, 12, 8))[0]
        longitude, latitude = words.TOWNS[town]
        contact: Record = {"town": town, "postcode": source.digits("BA## #@@")}
        if source.chance(0.85):
            contact["mobile"] = f"+44 7{source.digits('### ######')}"
        contact["email"] = f"p{number}@post.example" if source.chance(0.6) else None
        record: Record = {
            "_id": source.object_id(registered),
            "mrn": f"M{100_000 + number}",
            "given_name": source.choice(words.GIVEN.get(sex, words.GIVEN["F"])),
            "family_name": source.choice(words.FAMILY),
            "sex": sex,
            "dob": born,
            "contact": contact,
            "home": {
                "type": "Point",
                "coordinates": [
                    round(longitude + source.gauss(0, 0.03), 5),
                    round(latitude + source.gauss(0, 0.02), 5),
                ],
            },
            "registered": max(registered, born + timedelta(days=7)),
            "usual_doctor_id": source.choice(doctors) if source.chance(0.88) else None,
            "conditions": source.some(words.CONDITIONS, 0, 3)
            if source.chance(min(0.9, age / 70))
            else [],
            "allergies": [
                {
                    "substance": substance,
                    "severity": source.choices(("mild", "moderate", "severe"), weights=(5, 3, 2))[
                        0
                    ],
                    "noted": day(source.moment(max(registered, born), NOW)),
                }
                for substance in (source.some(words.ALLERGENS, 1, 3) if source.chance(0.35) else ())
            ],
            "smoker": source.choices((True, False, None), weights=(16, 72, 12))[0],
        }
        if source.chance(0.74):
            record["blood_group"] = source.choices(
                ("O+", "A+", "B+", "AB+", "O-", "A-", "B-", "AB-"),
                weights=(35, 30, 8, 2, 13, 8, 3, 1),
            )[0]
        if source.chance(0.42):
            insurer = source.choices(list(words.INSURERS), weights=(45, 25, 20, 10))[0]
            record["insurance"] = {
                "insurer": insurer,
                "plan": source.choice(words.INSURERS[insurer]),
                # As the insurers' file has it: a number kept as text.
                "excess": str(source.choice((0, 100, 150, 250, 500))),
                "valid_until": day(NOW + timedelta(days=source.randint(-200, 500))),
            }
        if age > 55 and source.chance(0.06):
            record["deceased_on"] = day(source.moment(max(record["registered"], words.START), NOW))
        records.append(record)
    return records


def _wards(seed: int, sites: list[Record], clinicians: list[Record]) -> list[Record]:
    source = Source(seed, "clinic/wards")
    nurses = [c["_id"] for c in clinicians if c["role"] == "nurse" and "left" not in c]
    by_code = {site["code"]: site for site in sites}
    records = []
    for code, names in words.WARDS.items():
        share = by_code[code]["licensed_beds"] // len(names)
        for place, name in enumerate(names):
            intensive = name == "Intensive Care"
            records.append(
                {
                    "_id": source.object_id(by_code[code]["opened"]),
                    "name": name,
                    "site_id": by_code[code]["_id"],
                    "floor": place // 2,
                    "head_nurse_id": source.choice(nurses) if source.chance(0.85) else None,
                    "visiting_hours": None
                    if intensive
                    else source.choice(("10-12", "14-18", "14-20")),
                    "beds": [
                        {
                            "label": f"{name[:2].upper()}{number:02d}",
                            "kind": "intensive"
                            if intensive
                            else source.choices(
                                ("standard", "isolation", "bariatric"), weights=(80, 14, 6)
                            )[0],
                            "out_of_order": source.chance(0.05),
                            "patient_id": None,
                        }
                        for number in range(1, share + 1)
                    ],
                }
            )
    return records


def _admissions(
    seed: int, count: int, patients: list[Record], wards: list[Record], clinicians: list[Record]
) -> list[Record]:
    source = Source(seed, "clinic/admissions")
    surgeons = [c["_id"] for c in clinicians if c["role"] == "consultant"]
    # Every ward has some cause of its own; the last days' patients are still there.
    choices = [(ward, d) for ward in wards for d in words.DIAGNOSES if d[2] == ward["name"]]
    records = []
    for place in range(count):
        recent = place >= count - 60
        start = NOW - timedelta(days=9) if recent else words.START
        admitted = source.moment(start, NOW - timedelta(hours=3)).replace(second=0)
        ward, (code, label, name, stay) = source.choice(choices)
        discharged = (admitted + timedelta(days=max(0.2, source.gauss(stay, stay / 2)))).replace(
            microsecond=0, second=0
        )
        gone = discharged <= NOW
        nights = max(1, ((discharged if gone else NOW) - admitted).days)
        rate = 980_00 if name == "Intensive Care" else 310_00
        charges: list[Record] = [
            {"item": "bed", "amount": nights * rate},
            {"item": "medication", "amount": source.randrange(40_00, 900_00)},
        ]
        procedures: list[Record] = []
        if name in words.PROCEDURES and source.chance(0.7):
            performed = admitted + timedelta(hours=source.randint(2, 40))
            procedures.append(
                {
                    "name": words.PROCEDURES[name],
                    "performed": min(performed, discharged, NOW),
                    "minutes": source.randrange(25, 240, 5),
                    "surgeon_id": source.choice(surgeons),
                }
            )
            charges.append({"item": "theatre", "amount": procedures[0]["minutes"] * 22_00})
        covered = source.choices((0, 0.5, 0.8, 1), weights=(30, 10, 35, 25))[0]
        record: Record = {
            "_id": source.object_id(admitted),
            "patient_id": source.choice(patients)["_id"],
            "ward_id": ward["_id"],
            "admitted": admitted,
            "discharged": discharged if gone else None,
            "emergency": source.chance(
                0.75 if code in ("I21", "A41", "S72", "I63", "K35") else 0.15
            ),
            "diagnosis": {"code": code, "label": label},
            "procedures": procedures,
            "charges": [
                {
                    "item": charge["item"],
                    "amount": money(charge["amount"]),
                    "covered": money(int(charge["amount"] * covered)),
                }
                for charge in charges
            ],
        }
        if gone:
            record["outcome"] = source.choices(
                ("home", "care home", "transferred", "died"), weights=(82, 8, 7, 3)
            )[0]
        records.append(record)
    return sorted(records, key=lambda record: record["admitted"])


def _occupy(seed: int, wards: list[Record], admissions: list[Record]) -> None:
    """Lays those who are still in into free beds of their ward, as far as there are any."""
    free = {w["_id"]: [b for b in w["beds"] if not b["out_of_order"]] for w in wards}
    for admission in admissions:
        beds = free[admission["ward_id"]]
        if admission["discharged"] is None and beds:
            bed = beds.pop(0)
            bed["patient_id"] = admission["patient_id"]
            bed["occupied_since"] = admission["admitted"]


def _appointments(
    seed: int, count: int, patients: list[Record], clinicians: list[Record], sites: list[Record]
) -> list[Record]:
    source = Source(seed, "clinic/appointments")
    seeing = [c for c in clinicians if c["role"] != "pharmacist" and "left" not in c]
    by_site = {s["_id"]: [c for c in seeing if c["site_id"] == s["_id"]] or seeing for s in sites}
    regulars = list(accumulate(source.paretovariate(1.5) for _ in patients))
    days = [
        date
        for n in range((NOW - words.START).days + 50)
        if (date := words.START + timedelta(days=n)).weekday() < 6  # Sundays are closed
    ]
    weights = list(
        accumulate(
            (0.25 if d.weekday() == 5 else 1.0)
            * (1.35 if d.month in (1, 2, 11) else 0.7 if d.month == 8 else 1.0)
            * 1.15 ** (d.year - 2023)
            for d in days
        )
    )
    records = []
    for date in sorted(source.choices(days, cum_weights=weights, k=count)):
        hours = (9, 10, 11) if date.weekday() == 5 else (8, 9, 9, 10, 10, 11, 13, 14, 15, 16, 17)
        starts = date + timedelta(
            hours=source.choice(hours), minutes=source.choice((0, 15, 30, 45))
        )
        kind = source.choices(list(words.KINDS), weights=[k[0] for k in words.KINDS.values()])[0]
        _, minutes, fee, lost = words.KINDS[kind]
        site = source.choices(sites, weights=[s[-1] for s in words.SITES])[0]
        patient = source.choices(patients, cum_weights=regulars)[0]
        while patient.get("deceased_on", starts) < starts:
            patient = source.choices(patients, cum_weights=regulars)[0]
        booked = min(starts, NOW) - timedelta(hours=source.randint(2, 24 * 35))
        if starts > NOW:
            status = "scheduled" if source.chance(0.94) else "cancelled"
        else:
            monday = 1.6 if date.weekday() == 0 else 1.0
            status = source.choices(
                ("completed", "no_show", "cancelled"),
                weights=(0.91 - lost * monday, lost * monday, 0.09),
            )[0]
        cents = int(fee * source.uniform(0.9, 1.4)) // 500 * 500
        record: Record = {
            "_id": source.object_id(booked),
            "patient_id": patient["_id"],
            "clinician_id": source.choice(by_site[site["_id"]])["_id"],
            "site_id": site["_id"],
            "kind": kind,
            "status": status,
            "booked_at": booked.replace(second=0),
            "starts_at": starts,
            "duration_min": source.choice(minutes),
            "fee": money(cents),
            "paid": money(0),
            "room": None if kind == "telehealth" else source.digits("#.1#"),
        }
        if status == "completed":
            record["paid"] = money(
                cents if source.chance(0.86) else cents // 2 if source.chance(0.5) else 0
            )
            if kind != "telehealth":
                late = max(0, int(source.gauss(9 if site["code"] == "LKE" else 5, 8)))
                record["checked_in_at"] = starts - timedelta(minutes=source.randint(0, 25))
                record["called_in_at"] = starts + timedelta(minutes=late)
            if source.chance(0.3):
                record["satisfaction"] = source.choices(
                    (1, 2, 3, 4, 5), weights=(4, 6, 14, 36, 40)
                )[0]
        if status == "cancelled":
            record["cancelled_by"] = source.choice(("patient", "patient", "clinic"))
            if source.chance(0.6):
                record["cancel_reason"] = source.choice(
                    ("illness", "work", "transport", "feeling better")
                )
        records.append(record)
    return records


def _prescriptions(
    seed: int, count: int, patients: list[Record], clinicians: list[Record]
) -> list[Record]:
    source = Source(seed, "clinic/prescriptions")
    prescribers = [c["_id"] for c in clinicians if c["role"] in ("consultant", "registrar")]
    frequent = list(accumulate(source.paretovariate(1.2) for _ in prescribers))
    records = []
    for _ in range(count):
        issued = source.moment(words.START, NOW).replace(hour=source.randint(8, 17))
        issued = min(issued, NOW - timedelta(hours=1))
        drugs = source.sample(list(words.DRUGS), source.choices((1, 2, 3), weights=(60, 28, 12))[0])
        record: Record = {
            "_id": source.object_id(issued),
            "patient_id": source.choice(patients)["_id"],
            "prescriber_id": source.choices(prescribers, cum_weights=frequent)[0],
            "issued": issued,
            "medications": [
                {
                    "drug": drug,
                    "dose_mg": source.choice(words.DRUGS[drug]),
                    "times_a_day": source.choices((1, 2, 3), weights=(5, 3, 2))[0],
                    "days": source.choice((5, 7, 10, 14, 28, 28, 56)),
                    "price": money(source.randrange(2_00, 24_00, 5)),
                }
                for drug in drugs
            ],
            "pharmacy": source.choices(words.PHARMACIES, weights=(30, 25, 35, 10))[0],
            "dispensed_at": issued + timedelta(hours=source.randint(1, 90)),
        }
        if source.chance(0.09) or record["dispensed_at"] > NOW:
            record["dispensed_at"] = None
        if source.chance(0.35):
            record["repeats"] = source.randint(1, 6)
        records.append(record)
    return sorted(records, key=lambda record: record["issued"])


def _lab_results(
    seed: int, count: int, patients: list[Record], clinicians: list[Record]
) -> list[Record]:
    source = Source(seed, "clinic/lab_results")
    orderers = [c["_id"] for c in clinicians if c["role"] in ("consultant", "registrar")]
    records = []
    for number in range(1, count + 1):
        collected = source.moment(words.START, NOW - timedelta(hours=2)).replace(second=0)
        urgent = source.chance(0.12)
        reported = collected + timedelta(
            hours=source.uniform(1, 6) if urgent else source.uniform(6, 80)
        )
        panel = source.choices(list(words.PANELS), weights=(25, 35, 20, 12, 8))[0]
        measured = [
            {
                "analyte": analyte,
                "value": round(max(low / 4, source.gauss(mean, spread)), 1),
                "unit": unit,
                "low": low,
                "high": high,
            }
            for analyte, unit, low, high, mean, spread in words.PANELS[panel]
        ]
        record: Record = {
            "_id": source.object_id(collected),
            "sample_no": f"L{number:06d}",
            "patient_id": source.choice(patients)["_id"],
            "ordered_by": source.choice(orderers),
            "panel": panel,
            "urgent": urgent,
            "collected": collected,
            "reported": reported.replace(microsecond=0)
            if reported <= NOW and not source.chance(0.02)
            else None,
            "measurements": measured,
        }
        if source.chance(0.05):
            record["comment"] = source.choice(("haemolysed", "repeat advised", "sample too small"))
        records.append(record)
    return records
