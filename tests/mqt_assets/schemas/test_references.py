"""Which fields refer to which: what must be found, what must not, and how much of TEND is."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from pathlib import Path

import pytest
from bson import ObjectId

from mqt_assets.schemas.catalogs import build_catalog, catalog_from_documents
from mqt_assets.schemas.inference import infer
from mqt_serving.schema import Catalog, Reference

Documents = list[dict[str, object]]


def links(**collections: Documents) -> set[str]:
    """References as `from.path -> to.path`."""
    catalog = catalog_from_documents("test", collections)
    return {
        f"{r.from_collection}.{r.from_path} -> {r.to_collection}.{r.to_path}"
        for r in catalog.references
    }


def objects(count: int) -> list[ObjectId]:
    return [ObjectId() for _ in range(count)]


def test_an_object_id_refers_to_the_document_that_has_it() -> None:
    ids = objects(6)
    assert links(
        customers=[{"_id": i} for i in ids],
        orders=[{"_id": ObjectId(), "customer_id": ids[n % 4]} for n in range(12)],
        tickets=[{"_id": ObjectId(), "opened_by": ids[n % 5]} for n in range(9)],
    ) == {"orders.customer_id -> customers._id", "tickets.opened_by -> customers._id"}


@pytest.mark.parametrize("source", ["customer_id", "CustomerID", "customerId", "Customer_Id"])
@pytest.mark.parametrize("target", ["Customer_ID", "id", "_id", "CustomerId", "code"])
def test_small_integers_refer_by_name_however_it_is_spelt(source: str, target: str) -> None:
    assert links(
        Customers=[{target: n, "name": f"name {n}"} for n in range(1, 9)],
        Orders=[{source: 1 + n % 5, "total": n} for n in range(20)],
    ) == {f"Orders.{source} -> Customers.{target}"}


def test_small_integers_that_overlap_by_chance_refer_to_nothing() -> None:
    assert not links(
        people=[{"_id": n, "age": n % 7 + 1, "rank": n, "score": 8 - n} for n in range(1, 8)],
        shops=[{"_id": n, "floor": n % 3 + 1, "employees": n, "year": n} for n in range(1, 9)],
    )


def test_equal_ids_of_unrelated_collections_refer_to_nothing() -> None:
    assert not links(
        cats=[{"id": n, "name": f"cat {n}"} for n in range(5)],
        dogs=[{"id": n, "name": f"dog {n}"} for n in range(5)],
    )


def test_a_common_vocabulary_is_no_reference() -> None:
    status = ["open", "done"]
    assert not links(
        orders=[{"_id": ObjectId(), "status": status[n % 2]} for n in range(9)],
        tasks=[{"_id": ObjectId(), "status": status[n % 2]} for n in range(9)],
    )


def test_a_manager_is_one_of_the_staff() -> None:
    ids = objects(5)
    assert links(
        staff=[{"_id": i, "manager_id": ids[0] if n else None} for n, i in enumerate(ids)],
        employees=[
            {"employee_id": n, "supervisor": n // 2 if n > 1 else None} for n in range(1, 9)
        ],
    ) == {"staff.manager_id -> staff._id", "employees.supervisor -> employees.employee_id"}


def test_a_qualified_name_refers_to_what_it_ends_with() -> None:
    assert links(
        station=[{"id": n, "lat": n * 1.5} for n in range(10, 30)],
        trip=[{"start_station_id": n, "end_station_id": 39 - n} for n in range(10, 30, 3)],
    ) == {
        "trip.start_station_id -> station.id",
        "trip.end_station_id -> station.id",
    }


def test_references_leave_from_arrays_of_objects_and_of_scalars() -> None:
    ids = objects(6)
    assert links(
        products=[{"_id": i} for i in ids],
        orders=[{"items": [{"product_id": i} for i in ids[n % 4 :]]} for n in range(7)],
        promotions=[{"product_ids": ids[n : n + 2]} for n in range(4)],
    ) == {
        "orders.items.product_id -> products._id",
        "promotions.product_ids -> products._id",
    }


def test_references_lead_into_arrays_where_the_key_lives_there() -> None:
    assert links(
        regions=[
            {"name": f"r{r}", "stores": [{"store_id": 10 * r + n} for n in range(3)]}
            for r in range(1, 5)
        ],
        sales=[{"store_id": 10 * (1 + n % 4) + n % 3, "amount": n} for n in range(30)],
    ) == {"sales.store_id -> regions.stores.store_id"}


def test_copies_of_one_table_in_two_arrays_are_linked() -> None:
    county = [{"County": f"c{c}", "votes": [{"Vote_ID": c * 3 + n} for n in range(3)]}
              for c in range(4)]  # fmt: skip
    party = [{"Party": f"p{p}", "votes": [{"Vote_ID": p + 4 * n} for n in range(3)]}
             for p in range(4)]  # fmt: skip
    assert links(county=county, party=party) == {"county.votes.Vote_ID -> party.votes.Vote_ID"}


def test_a_child_that_repeats_its_parents_key_refers_to_nothing() -> None:
    assert links(
        Student=[
            {"StuID": s, "Has_Pet": [{"StuID": s, "PetID": 100 * s + n} for n in range(s % 3)]}
            for s in range(1, 9)
        ],
        Pets=[{"PetID": 100 * s + n, "weight": s} for s in range(1, 9) for n in range(s % 3)],
    ) == {"Student.Has_Pet.PetID -> Pets.PetID"}


def test_the_key_of_the_thing_named_beats_another_unique_reference_to_it() -> None:
    ids = objects(8)
    assert links(
        orders=[{"_id": i} for i in ids],
        payments=[{"_id": ObjectId(), "order_id": i} for i in ids],
        shipments=[{"_id": ObjectId(), "order_id": i} for i in ids[:5]],
    ) == {"payments.order_id -> orders._id", "shipments.order_id -> orders._id"}


def test_types_must_agree_as_they_must_for_a_lookup() -> None:
    assert not links(
        aircraft=[{"Aircraft_ID": n} for n in range(1, 9)],
        match=[{"Aircraft_ID": str(1 + n % 4)} for n in range(9)],
    )


def test_private_fields_are_part_of_no_reference() -> None:
    ids = objects(5)
    catalog = catalog_from_documents(
        "test",
        {"patients": [{"_id": i} for i in ids], "visits": [{"patient_id": i} for i in ids]},
        private_paths={"visits": ["patient_id"]},
    )
    assert not catalog.references


def test_uniqueness_and_overlap_are_told() -> None:
    ids = objects(4)
    catalog = catalog_from_documents(
        "test",
        {
            "customers": [{"_id": i} for i in ids[:3]],
            "orders": [{"_id": ObjectId(), "customer_id": i} for i in ids * 2],
        },
    )
    assert catalog.references == (
        Reference(
            from_collection="orders",
            from_path="customer_id",
            to_collection="customers",
            to_path="_id",
            to_unique=True,
            overlap=0.75,
        ),
    )


def test_a_sampled_target_is_scaled_or_looked_up() -> None:
    ids = objects(1_000)
    customers = infer([{"_id": i} for i in ids[:100]], "d", "customers", 1_000)
    orders = infer([{"_id": ObjectId(), "customer_id": i} for i in ids], "d", "orders")

    def look_up(collection: str, path: str, values: Sequence[Hashable]) -> Collection[Hashable]:
        assert (collection, path) == ("customers", "_id")
        return values

    scaled = build_catalog("d", [customers, orders]).references
    exact = build_catalog("d", [customers, orders], look_up).references
    assert [r.to_path for r in scaled] == ["_id"]
    assert exact[0].overlap == 1.0


def test_the_sample_database_has_exactly_its_references() -> None:
    generator = pytest.importorskip("mqt_resources.sample_database.generator")
    catalog = catalog_from_documents("shop", generator.generate(scale=0.05))
    found = {(r.from_collection, r.from_path): r.to_collection for r in catalog.references}
    expected = {
        ("orders", "customer_id"): "customers",
        ("orders", "items.product_id"): "products",
        ("orders", "salesperson_id"): "staff",
        ("payments", "order_id"): "orders",
        ("products", "category_id"): "categories",
        ("products", "supplier_id"): "suppliers",
        ("reviews", "product_id"): "products",
        ("shipments", "order_id"): "orders",
        ("staff", "manager_id"): "staff",
        ("support_tickets", "assigned_to"): "staff",
        ("warehouses", "stock.product_id"): "products",
    }
    assert expected.items() <= found.items()
    assert not any(path.endswith(("country", "name", "points")) for _, path in found)


def test_most_lookups_of_tend_follow_a_reference(tend_folder: Path) -> None:
    gold = _gold_lookups(json.loads((tend_folder / "train.json").read_text()))
    catalogs: dict[str, Catalog] = {}
    for name in sorted({database for database, *_ in gold}):
        files = sorted((tend_folder / "databases" / name).glob("*.json"))
        catalogs[name] = catalog_from_documents(
            name, {file.stem: json.loads(file.read_text()) for file in files}
        )
    asked = covered = 0
    for (name, root, local, other, foreign), times in gold.items():
        catalog = catalogs[name]
        if catalog.field(root, local) is None or catalog.field(other, foreign) is None:
            continue  # names a stage's result, or a collection that the corpus lacks
        ends = {(root, local), (other, foreign)}
        asked += times
        covered += times * any(
            {(r.from_collection, r.from_path), (r.to_collection, r.to_path)} == ends
            for r in catalog.references
        )
    assert asked > 200
    assert covered / asked >= 0.93, f"{covered} of {asked}"


def _gold_lookups(records: list[dict[str, str]]) -> Counter[tuple[str, str, str, str, str]]:
    found: Counter[tuple[str, str, str, str, str]] = Counter()
    for record in records:
        root = re.search(r"db\.(\w+)", record["MQL"])
        for body in re.findall(r"\$lookup\"?\s*:\s*\{(.*?)\}", record["MQL"], re.S):
            parts = dict(re.findall(r"(\w+)[\"']?\s*:\s*[\"']([^\"']*)[\"']", body))
            local, foreign = parts.get("localField"), parts.get("foreignField")
            if root and local and foreign and (root[1], local) != (parts["from"], foreign):
                found[record["db_id"], root[1], local, parts["from"], foreign] += 1
    return found
