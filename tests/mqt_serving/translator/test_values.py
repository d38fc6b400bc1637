"""Which literals a question could mean, and which fields they could belong to."""

from __future__ import annotations

from datetime import datetime

import pytest

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.query.plan import Point
from mqt_serving.translator.values import Value, ValueIndex, ValueKind, find_values, shape_of
from mqt_serving.translator.words import split_words

NOW = datetime(2026, 5, 20)
CATALOG = catalog_from_documents(
    "shop",
    {
        "orders": [
            {"_id": n, "number": f"SO-2024-{n:06}", "city": "Berlin", "email": f"a{n}@x.example"}
            for n in range(1, 40)
        ]
    },
)
INDEX = ValueIndex(CATALOG)


def values(question: str, unknown: frozenset[str] = frozenset()) -> list[Value]:
    return find_values(question, split_words(question), INDEX, frozenset(), NOW, unknown)


def test_a_code_that_no_sample_holds_is_one_text() -> None:
    (found,) = [v for v in values("total of order SO-2024-006100") if v.literal == "SO-2024-006100"]
    assert found.kind == ValueKind.TEXT
    assert not any(v.kind == ValueKind.DATE for v in values("total of order SO-2024-006100"))


def test_a_code_reads_like_those_of_its_field() -> None:
    assert INDEX.alike("SO-2019-000001") == {("orders", "number")}
    assert INDEX.alike("someone@else.example") == {("orders", "email")}
    assert INDEX.alike("Berlin") == INDEX.alike("X-1") == frozenset()


@pytest.mark.parametrize(
    ("text", "shape"), [("so-24", "AA-99"), ("a@b", "@"), ("two words 2", None), ("Berlin", None)]
)
def test_the_shape_of_a_code(text: str, shape: str | None) -> None:
    assert shape_of(text) == shape


def test_a_stored_value_can_be_taken_for_unknown() -> None:
    def kinds(unknown: frozenset[str]) -> set[ValueKind]:
        return {v.kind for v in values("orders from Berlin", unknown) if v.literal == "Berlin"}

    assert ValueKind.STORED in kinds(frozenset())
    assert kinds(frozenset({"Berlin"})) == {ValueKind.TEXT}


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("orders placed on a weekend", {1, 7}),
        ("orders placed on weekdays", {1, 7}),
        ("orders placed in the week", set()),
        ("what percentage of orders is late", {100}),
        ("share of late orders in %", {100}),
        ("parcels per centre", set()),
        ("discounts above 12.5 %", {100, 12.5, 0.125}),
        ("more than 15 percent off", {100, 15, 0.15}),
        ("less than half of the price", {0.5}),
        ("sales in the first half of 2025", {2025}),
        ("more than a quarter of the orders", {0.25}),
        ("orders of the first quarter", set()),
        ("at least three quarters full", {3, 0.75}),
        ("double the average", {2}),
        ("one and a half times the price", {1, 1.5}),
        ("below .95 of the price", {0.95}),
        ("within 4h", {4, 240}),
        ("half an hour late", {0.5, 30}),
        ("longer than a week", {7}),
        ("under-16s and over-65s", {16, 65}),
        ("12s and 4kg", {12, 4}),
        ("on the 3rd place", {2}),
        ("born on the 18th of March", {18, 3}),
        ("rides at 11 pm or later", {11, 23}),
        ("calls before 6 a.m.", {6}),
        ("calls at 12 am", {12, 0}),
        ("incidents after ten in the evening", {10, 22}),
        ("calls after noon and until midnight", {12, 0}),
        ("eleven at night", {11, 23}),
        ("Mon-Fri only", {1, 2, 6, 7}),
        ("monday to friday", {1, 2, 6, 7}),
        ("on Sat and Sun", {7, 1}),
    ],
)
def test_numbers_that_words_stand_for(question: str, numbers: set[int]) -> None:
    found = {v.literal for v in values(question) if v.kind == ValueKind.NUMBER}
    assert found == numbers


def test_a_value_that_is_a_stop_word_is_found_beside_the_name_of_its_field() -> None:
    hires = [{"_id": n, "state": ("out", "back")[n % 2], "risk": "abc"[n % 3]} for n in range(9)]
    index = ValueIndex(catalog_from_documents("rental", {"hires": hires}))

    def stored(question: str) -> set[object]:
        found = find_values(question, split_words(question), index, frozenset(), NOW)
        return {v.literal for v in found if v.kind == ValueKind.STORED}

    assert stored("hires in state out") == {"out"}
    assert stored("hires of risk a, or risk b") == {"a", "b"}
    assert stored("who goes out with a friend") == set()


@pytest.mark.parametrize(
    ("question", "stored"),
    [
        ("no-shows last quarter", "no_show"),
        ("no shows per month", "no_show"),
        ("how many noshows", "no_show"),
        ("follow ups of today", "follow-up"),
        ("follow-ups of today", "follow-up"),
        ("jobs in progress", "inProgress"),
        ("jobs that have not started", "NotStarted"),
        ("visits checked in", "checked in"),
    ],
)
def test_stored_values_are_found_however_their_words_are_joined(question: str, stored: str) -> None:
    kinds = ("no_show", "follow-up", "inProgress", "NotStarted", "checked in")
    visits = [{"_id": n, "kind": kind} for n, kind in enumerate(kinds)]
    index = ValueIndex(catalog_from_documents("clinic", {"visits": visits}))
    found = find_values(question, split_words(question), index, frozenset(), NOW)
    assert [v.literal for v in found if v.kind == ValueKind.STORED] == [stored]


PLACES = ValueIndex(
    catalog_from_documents(
        "map", {"depots": [{"_id": 1, "at": {"type": "Point", "coordinates": [16.4, 48.2]}}]}
    )
)


def numbers(question: str, index: ValueIndex) -> list[object]:
    found = find_values(question, split_words(question), index, frozenset(), NOW)
    return [v.literal for v in found if v.kind == ValueKind.NUMBER]


def test_coordinates_are_one_value_where_there_are_points() -> None:
    question = "depots within 20km of 48.2, 16.37"
    found = find_values(question, split_words(question), PLACES, frozenset(), NOW)
    [place] = [v for v in found if v.kind == ValueKind.POINT]
    assert (place.text, place.point) == ("48.2, 16.37", Point(16.37, 48.2))
    assert numbers(question, PLACES) == [20]
    assert not any(v.kind == ValueKind.POINT for v in values(question))
    assert numbers(question, INDEX) == [20, 48.2, 16.37]


def test_an_m_may_be_metres_where_there_are_points() -> None:
    assert numbers("depots within 500m", PLACES) == [500, 500_000_000]
    assert numbers("orders over 500m", INDEX) == [500_000_000]


@pytest.mark.parametrize(
    "question",
    [
        "depots closest to Vienna (48.2082, 16.3738)",
        "depots closest to Vienna airport (48.2082, 16.3738)",
        "depots no further than 700 km from Vienna, that's 48.2082 N 16.3738 E",
        "how far are the depots from Vienna (lat 48.2082, lon 16.3738)?",
    ],
)
def test_the_name_of_the_place_that_coordinates_stand_for_is_no_value(question: str) -> None:
    found = find_values(question, split_words(question), PLACES, frozenset(), NOW)
    assert not any("Vienna" in value.text or value.text == "2082" for value in found)
    assert any(value.kind == ValueKind.POINT for value in found)


def test_other_names_beside_coordinates_stay_values() -> None:
    question = "depots in Austria nearest to 48.2, 16.4"
    found = find_values(question, split_words(question), PLACES, frozenset(), NOW)
    assert any("Austria" in value.text for value in found)
