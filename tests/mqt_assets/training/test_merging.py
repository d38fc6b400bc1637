"""Databases with a collection inside another: the same questions have the same answers there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from pymongo import MongoClient

from mqt_assets.evaluation.answering import command_of, runner
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.handwritten import (
    Sheet,
    is_held_out,
    load_sheets,
    read_plan,
    sheet_catalog,
)
from mqt_assets.training.merging import (
    Merge,
    is_merged,
    means_the_same,
    merge_documents,
    merged,
    possible_merges,
)
from mqt_assets.training.practice import Documents, parse_domains, whole_database
from mqt_assets.training.renaming import renamed, with_flags_as_kept
from mqt_serving.query.plan import Field, Plan, walk
from mqt_serving.schema import Catalog

_TABLES = """\
club
  members: name:name city:city
  courts: title:title
  bookings: >members winner>members made_on:date lines[>courts hours:quantity]
  payments: >bookings amount:price
"""


@pytest.fixture(scope="module")
def sheets() -> list[Sheet]:
    return [sheet for sheet in load_sheets() if not is_held_out(sheet)][7::60]


def test_only_what_a_single_top_level_reference_points_to_is_merged() -> None:
    [tables] = parse_domains(_TABLES).values()
    # Members are referred to twice, courts from inside an array.
    assert possible_merges(tables) == [Merge("payments", "bookings", "booking_id")]


def test_copies_stand_where_the_references_stood() -> None:
    documents: dict[str, Documents] = {
        "Orders": [{"_id": 1, "memberId": 7, "total": 5}, {"_id": 2, "memberId": 9, "total": 6}],
        "People": [{"_id": 7, "name": "Ann", "teamId": 3, "tags": ["a"]}],
    }
    called = {
        "orders": "Orders", "orders._id": "Orders._id", "orders.member_id": "Orders.memberId",
        "orders.total": "Orders.total", "members": "People", "members._id": "People._id",
        "members.name": "People.name", "members.team_id": "People.teamId",
        "members.tags": "People.tags",
    }  # fmt: skip
    found = merge_documents(documents, called, Merge("orders", "members", "member_id"))
    assert found is not None
    assert found[0] == {
        "Orders": [
            {"_id": 1, "member": {"name": "Ann"}, "total": 5},
            {"_id": 2, "member": {}, "total": 6},
        ]
    }
    assert found[1] == {
        "orders": "Orders", "orders._id": "Orders._id", "orders.total": "Orders.total",
        "members.name": "Orders.member.name",
    }  # fmt: skip
    documents["Orders"][1]["member"] = "taken"
    assert merge_documents(documents, called, Merge("orders", "members", "member_id")) is None


def test_each_database_lacks_the_collection_that_stands_inside_another(sheets: list[Sheet]) -> None:
    found = merged(sheets)
    assert len(found.examples) > 300 and all(map(is_merged, found.examples))
    tables = {f"merged_{sheet.name}": len(sheet.tables) for sheet in sheets}
    assert len(found.catalogs) > len(sheets) / 2
    for name, catalog in found.catalogs.items():
        assert len(catalog.collections) == tables[name] - 1


def test_answers_are_the_same_as_with_the_reference(
    sheets: list[Sheet], mongo_client: MongoClient[dict[str, Any]]
) -> None:
    run = runner(lambda name: mongo_client[name])
    asked = 0
    for sheet in sheets:
        rng = Random(sheet.name)
        documents, called = whole_database(sheet.tables, rng, as_written=False)
        for merge in possible_merges(sheet.tables):
            if (made := merge_documents(documents, called, merge)) is None:
                continue
            apart = _loaded("apart", documents, mongo_client)
            inside = _loaded("inside", made[0], mongo_client)
            for plan in _plans(sheet, merge, made[1]):
                one = command_of(with_flags_as_kept(renamed(plan, called), apart), apart)
                other = command_of(with_flags_as_kept(renamed(plan, made[1]), inside), inside)
                assert _values(run("apart", one)) == _values(run("inside", other)), plan
                asked += 1
    assert asked > 20


def _plans(sheet: Sheet, merge: Merge, called: dict[str, str]) -> Iterator[Plan]:
    """Those that speak of what was merged; with a limit, ties would come in any order."""
    plain, _ = sheet_catalog(sheet, 0)
    for block in sheet.blocks:
        plan = read_plan(sheet, block, plain)
        if plan is None or not means_the_same(plan, merge, called):
            continue
        parts = list(walk(plan))
        limited = any(isinstance(part, Plan) and part.limit is not None for part in parts)
        if not limited and any(
            isinstance(part, Field) and part.collection == merge.target for part in parts
        ):
            yield plan


def _loaded(
    name: str, documents: dict[str, Documents], client: MongoClient[dict[str, Any]]
) -> Catalog:
    client.drop_database(name)
    for collection, rows in documents.items():
        client[name][collection].insert_many([dict(row) for row in rows])
    return catalog_from_documents(name, documents)


def _values(rows: list[dict[str, Any]]) -> Counter[tuple[str, ...]]:
    """What rows show, whatever it is called: an object holds it in one, a join in the other."""
    return Counter(tuple(sorted(_leaves(row))) for row in rows)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part)
    else:
        yield repr(value)
