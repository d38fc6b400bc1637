"""What a wrong answer gets wrong, told from plans, results and, without a plan, from commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from benchmarks.breakdown import Difference, Result, counted, differences
from benchmarks.command_shape import output_fields, shape_of
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.raising.commands import raise_command

PANS = [{"_id": n, "name": f"Pan {n}", "price": n, "kind": "pan"} for n in range(9)]
LIDS = [{"_id": n, "name": f"Lid {n}", "price": n} for n in range(9)]
CATALOG = catalog_from_documents("kitchen", {"pans": PANS, "lids": LIDS})
NAMES = "db.pans.find({}, {_id: 0, name: 1})"


def result(text: str, rows: Sequence[dict[str, Any]] = (), with_plan: bool = True) -> Result:
    command = parse_query(text)
    return Result(raise_command(command, CATALOG) if with_plan else None, command, rows)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("db.lids.find({}, {_id: 0, name: 1})", Difference.COLLECTION),
        ("db.pans.find({price: 3}, {_id: 0, name: 1})", Difference.FILTER),
        ("db.pans.find({}, {_id: 0, name: 1}).sort({price: 1})", Difference.ORDER),
        ("db.pans.find({}, {_id: 0, name: 1}).limit(3)", Difference.LIMIT),
        ("db.pans.find({}, {_id: 0, name: 1, price: 1})", Difference.EXTRA),
    ],
)
@pytest.mark.parametrize("with_plan", [True, False])
def test_each_part_is_told(found: str, expected: Difference, with_plan: bool) -> None:
    gold = result(NAMES, with_plan=with_plan)
    assert differences(gold, result(found)) == (expected,)


def test_grouping_and_what_is_computed_are_told_apart() -> None:
    kinds = (
        "db.pans.aggregate([{$group: {_id: '$kind', count: {$sum: 1}}}, "
        "{$project: {_id: 0, kind: '$_id', count: 1}}])"
    )
    names = kinds.replace("$kind", "$name").replace("kind:", "name:")
    prices = kinds.replace("count: {$sum: 1}", "avg_price: {$avg: '$price'}").replace(
        "count: 1", "avg_price: 1"
    )
    assert Difference.GROUPING in differences(result(kinds), result(names))
    assert Difference.COMPUTED not in differences(result(kinds), result(names))
    assert Difference.COMPUTED in differences(result(kinds), result(prices))
    assert Difference.GROUPING not in differences(result(kinds), result(prices))


def test_a_field_with_the_same_values_under_another_name_is_renamed() -> None:
    gold = result(NAMES, [{"name": "Wok"}, {"name": "Lid"}])
    assert differences(gold, result(NAMES, [{"title": "Lid"}, {"title": "Wok"}])) == (
        Difference.RENAMED,
    )
    assert differences(gold, result(NAMES, [{"price": 1}, {"price": 2}])) == (
        Difference.MISSING,
        Difference.EXTRA,
    )


def test_names_of_aggregates_differ_in_case_only() -> None:
    gold = result(NAMES, [{"AVG_price": 2}])
    assert differences(gold, result(NAMES, [{"avg_price": 3}])) == (Difference.VALUES,)


def test_parts_are_counted_most_first() -> None:
    assert counted([("filter", "order"), ("filter",)]) == {"filter": 2, "order": 1}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("db.pans.find({price: 1})", "find"),
        ("db.pans.find().sort({price: -1}).limit(1)", "top"),
        ("db.pans.countDocuments({})", "count"),
        ("db.pans.aggregate([{$group: {_id: null, n: {$sum: 1}}}])", "count"),
        ("db.pans.aggregate([{$count: 'n'}])", "count"),
        ("db.pans.aggregate([{$group: {_id: null, n: {$avg: '$price'}}}])", "aggregate"),
        ("db.pans.distinct('kind')", "distinct"),
        ("db.pans.aggregate([{$group: {_id: '$kind'}}])", "distinct"),
        ("db.pans.aggregate([{$group: {_id: '$kind', n: {$sum: 1}}}])", "group"),
        ("db.pans.aggregate([{$sortByCount: '$kind'}])", "group"),
        (
            "db.pans.aggregate([{$lookup: {from: 'lids', localField: 'name', "
            "foreignField: 'name', as: 'lids'}}])",
            "join",
        ),
    ],
)
def test_a_command_has_the_kind_of_its_plan(text: str, kind: str) -> None:
    assert shape_of(parse_query(text)).kind == kind


def test_output_fields_are_those_of_the_last_projection() -> None:
    assert output_fields(parse_query(NAMES)) == ("name",)
    last = "db.pans.aggregate([{$project: {a: '$name', b: 1}}, {$project: {_id: 0, b: 1}}])"
    assert output_fields(parse_query(last)) == ("b",)
    assert output_fields(parse_query("db.pans.countDocuments({})")) == ()
