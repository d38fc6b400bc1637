"""Questions made from a schema: what every one of them promises."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from bson import Decimal128
from pymongo.database import Database

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import Example, literals_of, normal_question, references_of
from mqt_assets.training.synthesis import SHAPES, synthesise
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.things import Role
from mqt_assets.training.synthesis.view import view_of
from mqt_resources.sample_database.generator import generate
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import run
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import Field
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema
from mqt_serving.translator.sequence import same_literal
from mqt_serving.translator.values import ValueIndex, find_values, schema_stems
from mqt_serving.translator.words import split_words

NOW = datetime(2026, 1, 1)


@pytest.fixture(scope="module")
def documents() -> dict[str, list[dict[str, Any]]]:
    return generate(scale=0.02)


@pytest.fixture(scope="module")
def catalog(documents: dict[str, list[dict[str, Any]]]) -> Catalog:
    return catalog_from_documents("shop", documents)


@pytest.fixture(scope="module")
def examples(catalog: Catalog) -> list[Example]:
    return synthesise(catalog, 1500, seed=3)


def test_gives_as_many_different_questions_as_wanted(examples: list[Example]) -> None:
    assert len(examples) == 1500
    assert len({normal_question(example.question) for example in examples}) == 1500


def test_the_same_seed_gives_the_same_questions(catalog: Catalog) -> None:
    first = synthesise(catalog, 50, seed=8)
    assert synthesise(catalog, 50, seed=8) == first
    assert synthesise(catalog, 50, seed=9) != first


def test_every_command_is_what_its_plan_lowers_to(
    catalog: Catalog, examples: list[Example]
) -> None:
    for example in examples[:400]:
        assert example.plan is not None
        assert parse_query(example.command) == lower(example.plan, catalog)


def test_every_literal_can_be_read_back_from_the_question(
    catalog: Catalog, examples: list[Example]
) -> None:
    index, stems = ValueIndex(catalog), schema_stems(catalog)
    lost = []
    for example in examples:
        assert example.plan is not None
        words = split_words(example.question)
        values = find_values(example.question, words, index, stems, NOW)
        for literal in literals_of(example.plan):
            if not any(_reads_as(value, literal) for value in values):
                lost.append((literal, example.question))
    # The reader keeps at most some 30 candidates, so that a long question may lose one.
    assert len(lost) <= len(examples) // 200, lost[:5]


def _reads_as(value: Any, literal: object) -> bool:
    if isinstance(literal, datetime):
        return literal in (value.start, value.end)
    if isinstance(literal, bool):
        return value.literal is literal
    if isinstance(literal, int | float | Decimal128):
        is_number = isinstance(value.literal, int | float) and not isinstance(value.literal, bool)
        return is_number and same_literal(value.literal, literal)
    return str(literal).casefold() == str(value.text).casefold()


def test_shapes_and_kinds_are_all_there(examples: list[Example]) -> None:
    kinds = Counter(example.kind for example in examples)
    wanted = {"find", "top", "distinct", "count", "aggregate", "group", "related", "join"}
    assert set(kinds) == wanted
    assert min(kinds.values()) >= 15
    plans = [example.plan for example in examples if example.plan is not None]
    assert any(plan.having for plan in plans)
    assert any(plan.skip for plan in plans)
    assert any(plan.limit == 1 for plan in plans)


def test_every_shape_suits_some_thing_of_a_rich_schema(catalog: Catalog) -> None:
    import random

    view = view_of(catalog)
    for shape, _ in SHAPES:
        draft = Draft(random.Random(1))
        for _ in range(300):
            try:
                assert shape(draft, draft.pick(view.entities)).question
                break
            except NotHere:
                continue
        else:
            pytest.fail(f"{shape.__name__} never found anything to ask")


def test_wording_varies(examples: list[Example]) -> None:
    openings = Counter(" ".join(e.question.lower().split()[:2]) for e in examples)
    assert len(openings) > 200
    assert openings.most_common(1)[0][1] < len(examples) * 0.12


def test_mongodb_runs_every_command(
    database: Database[dict[str, Any]],
    documents: dict[str, list[dict[str, Any]]],
    examples: list[Example],
) -> None:
    for name, content in documents.items():
        database[name].insert_many([dict(document) for document in content])
    answered = [
        bool(run(parse_query(example.command), database).rows) for example in examples[:500]
    ]
    assert sum(answered) > 0.6 * len(answered)


def test_private_fields_are_never_asked_about(
    documents: dict[str, list[dict[str, Any]]],
) -> None:
    private = {"customers": ("email", "address")}
    hidden = catalog_from_documents("shop", documents, private)
    for example in synthesise(hidden, 300, seed=1):
        assert example.plan is not None
        named = {item.path for item in references_of(example.plan) if isinstance(item, Field)
                 and item.collection == "customers"}  # fmt: skip
        assert not any(path.startswith(("email", "address")) for path in named)


def test_a_poor_schema_gives_few_questions_and_an_empty_one_none() -> None:
    lone = FieldSchema(path="x", types={BsonType.STRING: 1.0}, presence=1.0, distinct=1)
    schema = CollectionSchema(
        database="d", collection="things", document_count=1, sampled=1, fields=(lone,)
    )
    poor = Catalog(database="d", collections=(schema,))
    assert 0 < len(synthesise(poor, 200, seed=1)) <= 200
    assert synthesise(Catalog(database="d", collections=()), 10, seed=1) == []


def test_it_is_fast_enough_to_synthesise_while_training(catalog: Catalog) -> None:
    started = time.process_time()
    made = synthesise(catalog, 400, seed=4)
    # 500 a second on an idle core; the bound leaves room for a busy machine.
    assert len(made) / (time.process_time() - started) > 150


# -------------------------------------------------------------------- the view


def test_things_are_called_as_people_call_them(catalog: Catalog) -> None:
    nouns = {str(view.entity): view.nouns for view in view_of(catalog).entities}
    found = {noun.plural for all_nouns in nouns.values() for noun in all_nouns}
    assert {"support tickets", "tickets", "orders", "staff", "warehouses"} <= found


def test_fields_have_the_roles_that_people_see_in_them(catalog: Catalog) -> None:
    roles = {
        (item.field.collection, item.field.path): item.role
        for view in view_of(catalog).entities
        for item in view.fields
    }
    assert roles["products", "price"] == Role.NUMBER
    assert roles["orders", "status"] == Role.CATEGORY
    assert roles["orders", "placed_at"] == Role.DATE
    assert roles["orders", "customer_id"] == Role.ID
    assert roles["customers", "first_name"] == Role.NAME
