"""What keeps two questions apart however alike they sound."""

from __future__ import annotations

import pytest

from mqt_serving.corrections.wording import Vocabulary, difference, literals_of, wording_of
from mqt_serving.query.plan import Comparator, Compare, Entity, Field, Output, Plan
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema


def field(path: str, *samples: str) -> FieldSchema:
    return FieldSchema(path=path, types={BsonType.STRING: 1.0}, presence=1.0, samples=samples)


HOTELS = Catalog(
    database="travel",
    collections=(
        CollectionSchema(
            database="travel",
            collection="hotels",
            document_count=9,
            sampled=9,
            fields=(field("name", "Sea View"), field("city", "Paris", "Oslo"), field("price")),
        ),
    ),
)
VOCABULARY = Vocabulary(HOTELS)
IN_PARIS = Plan(
    (Output(Entity("hotels")),), where=Compare(Field("hotels", "city"), Comparator.EQ, "Paris")
)


def told_apart(asked: str, corrected: str, plan: Plan | None = None) -> str | None:
    literals = literals_of(plan) if plan else frozenset()
    return difference(wording_of(asked, VOCABULARY), wording_of(corrected, VOCABULARY), literals)


@pytest.mark.parametrize(
    ("asked", "corrected", "why"),
    [
        ("hotels under 100", "hotels under 200", "numbers or dates differ"),
        ("the three dearest hotels", "the four dearest hotels", "numbers or dates differ"),
        ("hotels opened in May 2024", "hotels opened in June 2024", "numbers or dates differ"),
        ("hotels called 'Sea View'", "hotels called 'Hill View'", "quoted texts differ"),
        ("hotels run by Smith", "hotels run by Jones", "names differ"),
        ("hotels in oslo", "hotels in paris", "values differ"),
        ("hotels with a bar", "hotels without a bar", "only one has a telling word"),
        ("the average price", "the price", "only one has a telling word"),
        ("hotels sorted by price", "hotels with their price", "only one has a telling word"),
        (
            "the 3 most expensive hotels",
            "the 3 least expensive hotels",
            "one asks for the opposite",
        ),
        ("hotels cheaper than 50", "hotels older than 50", "one asks for the opposite"),
    ],
)
def test_different_questions_are_told_apart(asked: str, corrected: str, why: str) -> None:
    for one, other in ((asked, corrected), (corrected, asked)):
        found = told_apart(one, other)
        assert found is not None
        assert found.startswith(why)


@pytest.mark.parametrize(
    ("asked", "corrected"),
    [
        ("the 3 dearest hotels", "the three hotels that cost most"),
        ("hotels with at least 5 rooms", "hotels that have 5 rooms or more"),
        ("hotels that don't have a bar", "hotels without a bar"),
        ("What are the IDs of hotels?", "ids of the hotels"),
        ("hotels in Paris", "which hotels are in Paris?"),
    ],
)
def test_paraphrases_are_not(asked: str, corrected: str) -> None:
    assert told_apart(asked, corrected) is None


def test_a_value_of_the_query_that_the_question_names_must_be_named_again() -> None:
    assert told_apart("hotels there", "hotels in paris", IN_PARIS) == "values differ"
    bare = Vocabulary(HOTELS.model_copy(update={"collections": ()}))
    asked, corrected = (wording_of(q, bare) for q in ("hotels there", "hotels in paris"))
    assert difference(asked, corrected, literals_of(IN_PARIS)) == "values of the query differ"
