"""What gives a question of the holdout away, and what only looks like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import Example, Source, make_example
from mqt_assets.training.leakage import Reason, Vectors, find_leaks
from mqt_resources.embedder import Embedder
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.raising.commands import raise_command

PANS = [
    {"_id": n, "name": f"Pan {n}", "price": 10.5 * n, "size": n % 4, "bought": datetime(2025, n, 1)}
    for n in range(1, 9)
]
CATALOG = catalog_from_documents("kitchen", {"pans": PANS})


def example(question: str, query: str, source: Source = "correction", **other: str) -> Example:
    plan = raise_command(parse_query(query), CATALOG)
    return make_example(question, other.get("database", "kitchen"), plan, query, source=source)


def nothing(texts: Sequence[str]) -> Vectors:
    raise AssertionError(f"{texts} need no comparing")


CHEAP = "db.pans.find({price: {$lt: 20}}, {_id: 0, name: 1})"
HELD = example("Which pans cost less than 20?", CHEAP, "synthetic")


def test_the_same_words_leak_whatever_the_query() -> None:
    (leak,) = find_leaks(
        [example("which pans cost less than 20", "db.pans.find()")], [HELD], nothing
    )
    assert (leak.reason, leak.member) == (Reason.QUESTION, HELD)


def test_the_same_query_leaks_whatever_the_words() -> None:
    query = "db.pans.aggregate([{$match: {price: {$lt: 20.0}}}, {$project: {_id: 0, name: 1}}])"
    (leak,) = find_leaks([example("Show me bargains.", query)], [HELD], nothing)
    assert leak.reason is Reason.QUERY


def test_a_correction_of_last_month_is_compared_as_if_it_was_asked_with_the_holdout() -> None:
    def bought(start: str, end: str) -> str:
        return f"db.pans.find({{bought: {{$gte: ISODate('{start}'), $lt: ISODate('{end}')}}}})"

    held = example("Pans of last month?", bought("2025-12-01", "2026-01-01"), "synthetic")
    query = bought("2025-05-01", "2025-06-01")
    said = example("Which pans were bought last month?", query)
    in_june = replace(said, asked_at=datetime(2025, 6, 20))
    (leak,) = find_leaks([in_june], [held], nothing)
    assert leak.reason is Reason.QUERY
    in_may = example("Which pans were bought in May 2025?", query)
    assert find_leaks([in_may], [held], nothing) == ()


@pytest.mark.parametrize("source", ["correction", "synthetic", "tend", "handwritten"])
def test_every_source_is_looked_at(source: Source) -> None:
    assert find_leaks([example("Show me bargains.", CHEAP, source)], [HELD], nothing)


def test_other_databases_literals_and_collections_are_other_questions() -> None:
    others = [
        example("Which pans cost less than 20?", CHEAP, database="shop"),
        example("Which pans cost less than 30?", CHEAP.replace("20", "30")),
        example("Which pans have a size of less than 20?", CHEAP.replace("price", "size")),
        example("How many pans cost less than 20?", "db.pans.countDocuments({price: {$lt: 20}})"),
    ]
    assert find_leaks(others, [HELD], nothing) == ()


def test_a_question_without_a_plan_is_compared_by_words_and_query() -> None:
    unraised = make_example("Odd?", "kitchen", None, "db.pans.odd()", source="tend")
    reworded = make_example("Strange?", "kitchen", None, "db.pans.odd()", source="correction")
    other = make_example("Queer?", "kitchen", None, "db.pans.even()", source="correction")
    assert [leak.example for leak in find_leaks([reworded, other], [unraised], nothing)] == [
        reworded
    ]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def test_a_paraphrase_that_shows_other_fields_is_found_by_its_words(embedder: Embedder) -> None:
    shows_more = "db.pans.find({price: {$lt: 20}}, {_id: 0, name: 1, price: 1})"
    paraphrase = example("What pans are there that cost less than 20?", shows_more)
    other = example("How big is each of the things one can get for under 20?", shows_more)
    (leak,) = find_leaks([paraphrase, other], [HELD], embedder.encode)
    assert (leak.example, leak.reason) == (paraphrase, Reason.WORDING)
    assert 0.8 <= leak.similarity < 1


def test_only_what_shares_a_topic_is_encoded_and_each_wording_once() -> None:
    seen: list[str] = []

    def encode(texts: Sequence[str]) -> Vectors:
        seen.extend(texts)
        return np.eye(len(texts), dtype=np.float32)

    shows_more = "db.pans.find({price: {$lt: 20}}, {_id: 0, name: 1, price: 1})"
    asked = [
        example("Bargains with their prices?", shows_more),
        example("Bargains with their prices?", shows_more, "synthetic"),
        example("All pans?", "db.pans.find()"),
    ]
    assert find_leaks(asked, [HELD], encode) == ()
    assert sorted(seen) == ["Bargains with their prices?", HELD.question]
