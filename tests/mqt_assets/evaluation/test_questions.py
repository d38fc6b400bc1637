"""Which holdout questions are asked: bounded, the same tomorrow, from every source."""

from __future__ import annotations

from mqt_assets.evaluation.questions import choose_questions, holdout_questions
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import Example, Source, make_example
from mqt_assets.training.selection import choose_training
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.plan import Aggregate, Entity, Function, Output, Plan
from mqt_serving.query.raising.commands import raise_command

PLAN = Plan((Output(Aggregate(Function.COUNT, Entity("c"))),))


def example(question: str, database: str, command: str, source: Source) -> Example:
    return make_example(question, database, PLAN, command, source=source)


OWN = [example(f"own {n}?", "shop", f"db.c.find({{n: {n}}})", "synthetic") for n in range(30)]
TEND = [
    example(f"wording {w} of {n}?", "bank", f"db.b.find({{n: {n}}})", "tend")
    for n in range(10)
    for w in range(5)
]


def test_sources_take_turns_and_first_wordings_come_first() -> None:
    chosen = choose_questions([*OWN, *TEND], {"shop", "bank"}, most=20)
    assert sum(e.source == "synthetic" for e in chosen) == 10
    golds = [e.command for e in chosen if e.source == "tend"]
    assert len(golds) == len(set(golds)) == 10


def test_the_choice_depends_on_the_questions_alone() -> None:
    once = choose_questions([*OWN, *TEND], {"shop", "bank"}, most=20)
    assert choose_questions([*TEND[::-1], *OWN[::-1]], {"bank", "shop"}, most=20) == once


def test_databases_that_are_gone_are_not_asked() -> None:
    chosen = choose_questions([*OWN, *TEND], {"shop"}, most=20)
    assert {e.database for e in chosen} == {"shop"}


def test_few_questions_are_all_asked() -> None:
    assert len(choose_questions(OWN, {"shop"}, most=100)) == 30
    assert choose_questions([], {"shop"}, most=100) == []


PANS = [{"_id": n, "name": f"Pan {n}", "lids": [{"size": n}]} for n in range(9)]
KITCHEN = catalog_from_documents("kitchen", {"pans": PANS, "staff": [{"_id": 1, "name": "Ada"}]})


def held(query: str, database: str = "kitchen") -> Example:
    plan = raise_command(parse_query(query), KITCHEN)
    return make_example(f"{query}?", database, plan, query, source="synthetic")


def test_members_about_what_the_schema_no_longer_holds_are_retired_and_it_is_said_why() -> None:
    names = held("db.pans.find({}, {_id: 0, name: 1})")
    staff = held("db.staff.countDocuments({})")
    lids = [held(f"db.pans.find({{'lids.size': {n}}})") for n in range(2)]
    elsewhere = held("db.pans.countDocuments({})", database="cellar")
    unraised = make_example("Odd?", "kitchen", None, "db.pans.odd()", source="tend")
    members = [names, staff, *lids, elsewhere, unraised]

    less = [{"_id": n, "name": f"Pan {n}"} for n in range(9)]
    catalogs = {"kitchen": catalog_from_documents("kitchen", {"pans": less})}
    chosen = holdout_questions(members, catalogs, most=100)
    assert {e.id for e in chosen.questions} == {names.id, unraised.id}
    assert chosen.retired == {
        "kitchen.pans has no field lids.size any more": 2,
        "kitchen has no collection staff any more": 1,
        "the database cellar is not looked at any more": 1,
    }
    whole = holdout_questions(members, {"kitchen": KITCHEN, "cellar": KITCHEN}, most=100)
    assert (len(whole.questions), whole.retired) == (len(members), {})


def test_training_takes_all_of_ones_own_and_a_part_of_a_corpus() -> None:
    chosen = choose_training([*OWN, *TEND], most_from_corpus=12)
    assert [e for e in chosen if e.source == "synthetic"] == OWN
    corpus = [e for e in chosen if e.source == "tend"]
    assert len(corpus) == 12
    assert len({e.command for e in corpus}) == 10


def test_a_part_of_a_corpus_is_whole_databases() -> None:
    other = [example(f"in {d}?", d, f"db.b.find({{d: '{d}'}})", "tend") for d in "abcdefgh"]
    other += [example(f"more {d}?", d, f"db.b.find({{m: '{d}'}})", "tend") for d in "abcdefgh"]
    chosen = choose_training(other, most_from_corpus=6)
    assert len({e.database for e in chosen}) == 3
    assert choose_training(other[::-1], most_from_corpus=6)[::-1] == chosen
    assert choose_training(other, most_from_corpus=0) == []


def test_further_wordings_of_a_corpus_count_as_the_corpus() -> None:
    more = [
        example(f"again {n}?", "bank", f"db.b.find({{n: {n}}})", "spider_syn") for n in range(9)
    ]
    chosen = choose_training([*OWN, *TEND, *more], most_from_corpus=12)
    assert len(chosen) == len(OWN) + 12
    assert len({e.command for e in chosen if e.database == "bank"}) == 10
