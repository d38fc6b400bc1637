"""When two results say the same to a person, and when they don't."""

from __future__ import annotations

from typing import Any

import pytest
from bson import Decimal128

from benchmarks.same_answer import conventional_names, same_answer
from mqt_assets.schemas.catalogs import catalog_from_documents

FIXED = frozenset({"name", "price", "count", "avg_price"})


def same(gold: list[dict[str, Any]], found: list[dict[str, Any]], ordered: bool = False) -> bool:
    return same_answer(gold, found, ordered, FIXED)


def test_a_name_that_no_convention_gives_may_differ() -> None:
    gold = [{"name": "Wok", "margin": 5}, {"name": "Pan", "margin": 7}]
    assert same(gold, [{"name": "Wok", "profit": 5}, {"name": "Pan", "profit": 7}])
    assert not same(gold, [{"name": "Wok", "profit": 7}, {"name": "Pan", "profit": 5}])


def test_columns_with_free_names_are_told_apart_by_what_they_hold() -> None:
    gold = [{"name": "a", "web": 1, "app": 2}, {"name": "b", "web": 3, "app": 4}]
    assert same(gold, [{"y": 2, "x": 1, "name": "a"}, {"y": 4, "x": 3, "name": "b"}])
    assert not same(gold, [{"y": 2, "x": 1, "name": "a"}, {"y": 3, "x": 4, "name": "b"}])


@pytest.mark.parametrize("name", ["price", "cost", "n"])
def test_a_conventional_name_counts(name: str) -> None:
    assert not same([{"count": 3}], [{name: 3}])


def test_a_column_too_many_or_too_few_is_another_answer() -> None:
    assert not same([{"name": "Wok"}], [{"name": "Wok", "count": 1}])
    assert not same([{"name": "Wok", "margin": 1}], [{"name": "Wok"}])


def test_numbers_agree_in_their_first_ten_digits() -> None:
    assert same([{"share": 0.1 + 0.2}], [{"share": 0.3}])
    assert same([{"share": Decimal128("0.3000000000000000001")}], [{"part": 0.3}])
    assert not same([{"share": 0.3}], [{"share": 0.3001}])


def test_order_counts_only_where_it_was_asked_for() -> None:
    gold = [{"name": "a"}, {"name": "b"}]
    assert same(gold, gold[::-1])
    assert not same(gold, gold[::-1], ordered=True)


def test_conventional_names_are_those_of_fields_and_their_aggregates() -> None:
    documents = {"pans": [{"_id": 1, "size": {"cm": 28}, "tags": [{"text": "new"}]}]}
    names = conventional_names(catalog_from_documents("kitchen", documents))
    assert {"cm", "avg_cm", "count_distinct_text", "count", "size", "month"} <= names
    assert not {"avg_size", "margin", "avg_tags"} & names
