"""The holdout is stable, leaks nothing into training, and costs a schema little."""

from __future__ import annotations

import pytest

from mqt_assets.training.examples import Example, collections_of, make_example
from mqt_assets.training.holdout import Holdout, divide, freeze, split
from mqt_serving.query.plan import And, Comparator, Compare, Entity, Field, Output, Plan, Related
from mqt_serving.schema import Catalog, CollectionSchema, Reference

NAMES = tuple(f"things{number:02}" for number in range(20))


def _example(number: int, *collections: str, database: str = "shop", source: str = "synthetic",
             question: str = "") -> Example:  # fmt: skip
    first, *others = collections
    where = Compare(Field(first, "n"), Comparator.EQ, number)
    related = [Related(Entity(name)) for name in others]
    plan = Plan((Output(Entity(first)),), And((where, *related)) if related else where)
    command = f"db.{first}.find({{n: {number}}})"
    return make_example(
        question or f"question {number} on {collections}",
        database,
        plan,
        command,
        source=source,  # type: ignore[arg-type]
    )


def _questions(names: tuple[str, ...] = NAMES, each: int = 5) -> list[Example]:
    single = [_example(number, name) for name in names for number in range(each)]
    hub = [_example(100 + number, name, names[0]) for number, name in enumerate(names[1:])]
    return [*single, *hub]


def test_whole_collections_are_held_out_and_at_most_their_share() -> None:
    train, held = split(_questions())
    out = {name for example in held for name in collections_of(example.plan or Plan(()))}
    trained = {name for example in train for name in collections_of(example.plan or Plan(()))}
    held_out = {name for name in NAMES if name not in trained}
    assert 1 <= len(held_out) <= 3
    assert held_out <= out
    assert len(train) + len(held) == len(_questions())


def test_the_collection_that_most_refer_to_is_never_held_out() -> None:
    for start in range(8):
        names = tuple(f"c{start}_{number}" for number in range(10))
        holdout = freeze(_questions(names))
        assert ("shop", names[0]) not in holdout.collections


def test_with_a_catalog_its_references_tell_the_hub() -> None:
    schemas = tuple(
        CollectionSchema(database="shop", collection=name, document_count=1, sampled=1, fields=())
        for name in NAMES
    )
    without = freeze(_questions(), catalogs={"shop": Catalog(database="shop", collections=schemas)})
    hub = without.collections[0][1]
    references = tuple(
        Reference(from_collection=name, from_path="r", to_collection=hub, to_path="_id",
                  to_unique=True, overlap=1.0)
        for name in NAMES if name != hub
    )  # fmt: skip
    catalog = Catalog(database="shop", collections=schemas, references=references)
    assert ("shop", hub) not in freeze(_questions(), catalogs={"shop": catalog}).collections


def test_the_order_of_the_examples_changes_nothing() -> None:
    assert freeze(_questions()) == freeze(_questions()[::-1])


def test_members_stay_when_questions_and_collections_change() -> None:
    before = freeze(_questions())
    changed = _questions((*NAMES[3:], *(f"new{number}" for number in range(9))), each=3)
    after = freeze(changed, before)
    assert set(before.members) <= set(after.members)
    assert set(before.collections) <= set(after.collections)
    assert not set(divide(changed, after).train) & set(before.members)


def test_a_database_with_few_collections_holds_out_single_questions() -> None:
    examples = _questions(("a", "b", "c"), each=60)
    train, held = split(examples)
    assert 0 < len(held) < 0.25 * len(examples)
    golds = {example.command for example in held}
    assert not golds & {example.command for example in train}


def test_a_corpus_holds_out_whole_databases() -> None:
    corpus = [
        _example(n, "c", database=f"db{d}", source="tend") for d in range(40) for n in range(3)
    ]
    synthetic = [_example(n, "c", database="db7") for n in range(50, 60)]
    holdout = freeze([*corpus, *synthetic], corpus_databases=["db7", "elsewhere"])
    assert holdout.databases == ("db7",)
    assert {example.database for example in holdout.members} == {"db7"}
    division = divide([*corpus, *synthetic], holdout)
    assert "db7" not in {example.database for example in division.train}
    assert set(division.excluded) == set(synthetic)
    assert 1 <= len(freeze(corpus).databases) <= 12


def test_corrections_train_unless_the_holdout_asks_the_same() -> None:
    examples = _questions()
    holdout = freeze(examples)
    member = holdout.members[0]
    name = holdout.collections[0][1]
    new = _example(900, name, source="correction", question="a new question")
    same = _example(901, name, source="correction", question=member.question.upper() + "?")
    division = divide([*examples, new, same], holdout)
    assert new in division.train
    assert division.dropped == (same,)
    assert freeze([*examples, new], holdout) == holdout


def test_copies_of_held_out_golds_and_questions_do_not_train() -> None:
    holdout = freeze(_questions())
    member = holdout.members[0]
    copy = make_example("asked in other words", "shop", None, member.command, source="synthetic")
    assert divide([copy], holdout).excluded == (copy,)


def test_a_holdout_survives_json_and_notices_changes() -> None:
    holdout = freeze(_questions())
    body = holdout.to_json()
    assert Holdout.from_json(body) == holdout
    body["members"].pop()
    with pytest.raises(ValueError, match="holdout was changed"):
        Holdout.from_json(body)
