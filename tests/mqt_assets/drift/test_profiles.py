"""Profiles: every document counts once a field, in bins that were chosen before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId
from hypothesis import given
from hypothesis import strategies as st

from mqt_assets.drift.profiles import (
    FIXED,
    NOTHING,
    FieldProfile,
    counts_in,
    first_value,
    profile_of,
)
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.schemas.inference import infer_collection

_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1_000, 1_000),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from(["paid", "open", "", "X" * 90]),
    st.decimals(-1_000, 1_000, places=2).map(Decimal128),
    st.lists(st.integers(0, 5), max_size=3),
)
_DOCUMENTS = st.lists(st.dictionaries(st.sampled_from("abc"), _VALUES), min_size=1, max_size=60)


def profiled(documents: list[dict[str, Any]]) -> dict[str, FieldProfile]:
    return dict(profile_of(documents, infer_collection(documents, "s", "c", len(documents))))


@given(_DOCUMENTS, _DOCUMENTS)
def test_every_document_is_in_one_bin_of_each_field(
    before: list[dict[str, Any]], now: list[dict[str, Any]]
) -> None:
    for path, profile in profiled(before).items():
        assert len(profile.counts) == len(profile.bins)
        assert profile.documents == len(before)
        assert counts_in(profile, path, before) == profile.counts
        assert sum(counts_in(profile, path, now)) == len(now)
        assert FieldProfile.model_validate_json(profile.model_dump_json()) == profile


def test_bins_are_tenths_of_numbers_and_common_values() -> None:
    documents = [
        {"_id": n, "total": float(n % 50), "status": "paid" if n % 4 else "open", "gone": None}
        for n in range(200)
    ]
    found = profiled(documents)
    assert "_id" not in found
    total, status = found["total"], found["status"]
    assert total.kind == "numbers" and len(total.edges) == 9
    assert max(total.counts) <= 24 and sum(total.counts[: len(FIXED)]) == 0
    assert (status.kind, status.values) == ("values", ("open", "paid"))
    assert status.counts == (0, 0, 0, 50, 150, 0)
    later = [{"status": "refunded"}, {"status": None}, {}, {"status": 3}, {"status": "paid"}]
    assert counts_in(status, "status", later) == (1, 1, 1, 0, 1, 1)
    assert status.bins == ("missing", "null", "another type", "open", "paid", "other values")


@pytest.mark.parametrize(
    "value", [lambda n: n, lambda n: ObjectId(), lambda n: datetime(2026, 1, 1 + n % 28)]
)
def test_what_moves_by_itself_is_only_there_or_not(value: Any) -> None:
    found = profiled([{"_id": n, "x": value(n)} if n % 5 else {"_id": n} for n in range(100)])
    assert found["x"].kind == "presence"
    assert found["x"].counts == (20, 0, 0, 80)


@pytest.mark.parametrize(
    "value",
    [
        lambda n: Int64(1_790_000_000_000_000_000 + n),  # beyond what a float tells apart
        lambda n: float(n),
        lambda n: f"2026-{n % 12 + 1:02}",
    ],
)
def test_so_are_long_ids_whole_numbers_and_dates_as_text(value: Any) -> None:
    assert profiled([{"_id": n, "x": value(n)} for n in range(100)])["x"].kind == "presence"


def test_and_references() -> None:
    documents = [{"_id": n, "order": n % 20} for n in range(100)]
    schema = infer_collection(documents, "s", "c", 100)
    assert profile_of(documents, schema)["order"].kind == "numbers"
    assert profile_of(documents, schema, ["order"])["order"].kind == "presence"


def test_a_number_that_most_hold_has_a_bin_of_its_own() -> None:
    mostly = profiled([{"_id": n, "x": 0 if n % 20 else n % 7} for n in range(400)])["x"]
    zeros, others = counts_in(mostly, "x", [{"x": 0}] * 3 + [{"x": 2}])[-2:]
    assert (mostly.bins[-2:], zeros, others) == (("0", "above 0"), 3, 1)
    constant = profiled([{"_id": n, "x": 5} for n in range(60)])["x"]
    assert counts_in(constant, "x", [{"x": 4}, {"x": 5}, {"x": 6}])[-3:] == (1, 1, 1)


def test_long_texts_are_no_bins() -> None:
    found = profiled([{"_id": n, "x": "y" * 5_000 if n % 2 else "short"} for n in range(60)])
    assert found["x"].values == ("short",)


def test_private_fields_have_no_profile() -> None:
    documents = [{"_id": n, "name": "Ann", "age": n % 9} for n in range(60)]
    schema = infer_collection(documents, "s", "c", 60, private_paths=["name"])
    assert set(profile_of(documents, schema)) == {"age"}


def test_of_arrays_the_first_element_counts() -> None:
    document = {"items": [{"sku": "a", "tags": ["x", "y"]}, {"sku": "b"}], "none": []}
    assert first_value(document, "items.sku") == "a"
    assert first_value(document, "items.tags") == "x"
    assert first_value(document, "none") is NOTHING
    assert first_value(document, "none.sku") is NOTHING
    assert first_value(document, "items.sku.deeper") is NOTHING


def test_whole_numbers_and_broken_ones_are_one_kind() -> None:
    documents = [{"_id": n, "x": n % 7 if n % 2 else Decimal128(f"{n % 7}.5")} for n in range(90)]
    profile = profiled(documents)["x"]
    assert profile.kind == "numbers"
    assert sum(counts_in(profile, "x", [{"x": 3}, {"x": 3.5}, {"x": float("nan")}])) == 3
    assert counts_in(profile, "x", [{"x": float("nan")}, {"x": True}])[2] == 2


def test_catalogs_of_generated_data_have_a_profile_for_each_field() -> None:
    documents = [{"_id": n, "a": {"b": n % 3}, "tags": ["x"]} for n in range(60)]
    [schema] = catalog_from_documents("s", {"c": documents}).collections
    assert set(profile_of(documents, schema)) == {"a.b", "tags"}
