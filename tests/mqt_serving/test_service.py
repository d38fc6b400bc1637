"""From question to answer, against a real MongoDB and releases on disk."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import Decimal128
from pymongo.database import Database

from mqt_serving.alternatives import preview_limits, same_result
from mqt_serving.answers import Answer, Source, Table
from mqt_serving.assembly import Serving, build_serving
from mqt_serving.errors import (
    AuthenticationFailed,
    CannotAnswer,
    FollowUpError,
    MqtError,
    NoRelease,
    PlanError,
    QueryTimeout,
    QuestionError,
    ServiceUnavailable,
    UnknownCollection,
    UnknownDatabase,
    UnknownField,
    UnknownQuery,
)
from mqt_serving.platform.processes import free_port
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.plan import Field, Order, Output, Plan
from mqt_serving.releases import (
    MANIFEST,
    POINTER,
    Pointer,
    move_pointer,
    read_manifest,
    sha256_of,
)
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema
from mqt_serving.service import Service
from mqt_serving.settings import Settings
from tests.mqt_serving.conftest import Journaled
from tests.mqt_serving.small_shop import (
    BY_STATUS,
    SHIPPED,
    STATUS,
    TABLE_OF_QUESTIONS,
    TOTAL,
    Recorder,
)
from tests.mqt_serving.table_translator import LOADERS, Entry, Ranked

COUNT = "db.orders.countDocuments({})"


@pytest.fixture
def service(serving: Serving, release: Callable[..., str]) -> Service:
    """With release `one` live."""
    release("one")
    serving.releases.check()
    return serving.service


def serve(settings: Settings, **changes: Any) -> Serving:
    built = build_serving(settings.model_copy(update=changes), Recorder(), LOADERS)
    built.releases.check()
    return built


# ----------------------------------------------------------------- answering


def test_a_question_is_answered_with_rows_query_and_meaning(service: Service) -> None:
    answer = service.query("Orders by status")
    assert {row["status"]: row["count"] for row in answer.table.rows} == {"shipped": 3, "new": 2}
    best = answer.translation.choices[answer.chosen]
    assert best.mongosh.startswith("db.orders.aggregate(")
    assert "orders" in best.pymongo
    assert "status" in best.meaning
    assert best.probability == 0.7
    assert answer.translation.release_id == "one"
    assert set(answer.translation.timings) == {"translate_ms", "execute_ms", "total_ms"}


def test_rows_are_json_values_and_columns_keep_their_order(service: Service) -> None:
    table = service.query("The two dearest orders").table
    assert table.columns == ("status", "total")
    assert table.rows[0] == {"status": "shipped", "total": "99.90"}
    assert len(table.rows) == 2


def test_spaces_around_a_question_do_not_matter(service: Service) -> None:
    answer = service.query("  How many\torders are   there? ")
    assert answer.table.rows == ({"count": 5},)


def test_candidates_are_different_queries_best_first_each_with_a_meaning(service: Service) -> None:
    choices = service.translate("How many orders were shipped?").choices
    assert [choice.probability for choice in choices] == [0.8, 0.15, 0.05]
    assert len({choice.mongosh for choice in choices}) == 3
    assert all(choice.meaning for choice in choices)


def test_at_most_five_candidates_and_no_query_twice(
    serving: Serving, release: Callable[..., str]
) -> None:
    plans = [Plan((Output(Field("orders", "status")),), limit=n % 7 + 1) for n in range(14)]
    ranked = tuple(Ranked(plan, 0.5 / (n + 1)) for n, plan in enumerate(plans))
    release("many", {"Q1": Entry((ranked[0], *ranked))})
    serving.releases.check()
    choices = serving.service.translate("Q1").choices
    assert len(choices) == 5
    assert len({choice.mongosh for choice in choices}) == 5


def test_a_candidate_that_cannot_be_lowered_gives_way_to_the_next(service: Service) -> None:
    answer = service.query("Which one is odd?")
    assert answer.table.rows == ({"count": 3},)
    assert answer.translation.choices[0].probability == 0.3


def test_when_no_candidate_can_be_lowered_the_reason_is_given(service: Service) -> None:
    with pytest.raises((PlanError, UnknownCollection, UnknownField)):
        service.translate("What fits nothing?")


def test_a_candidate_that_does_not_run_gives_way_to_the_next(
    serving: Serving, release: Callable[..., str], catalog: Catalog, shop: Database[dict[str, Any]]
) -> None:
    gone = CollectionSchema(
        database=shop.name,
        collection="invoices",
        document_count=1,
        sampled=1,
        fields=(FieldSchema(path="sum", types={BsonType.INT: 1.0}, presence=1.0),),
    )
    wider = Catalog(
        database=catalog.database,
        collections=(*catalog.collections[:1], gone, catalog.collections[1]),
    )
    on_gone = Plan((Output(Field("invoices", "sum")),))
    table = {"Q1": Entry((Ranked(on_gone, 0.6), Ranked(SHIPPED, 0.3)))}
    release("wide", {**table, "Q2": Entry((Ranked(on_gone, 0.6),))}, catalogs=(wider,))
    serving.releases.check()
    answer = serving.service.query("Q1")
    assert answer.chosen == 1
    assert answer.table.rows == ({"count": 3},)
    with pytest.raises(UnknownCollection, match="'invoices' is no longer in"):
        serving.service.query("Q2")


def test_more_rows_than_the_limit_are_cut_and_said_to_be(
    settings: Settings, release: Callable[..., str]
) -> None:
    release("one")
    with_limit = serve(settings, max_rows=1)
    table = with_limit.service.query("Orders by status").table
    assert len(table.rows) == 1
    assert table.truncated
    with_limit.close()


def test_private_fields_never_appear(service: Service) -> None:
    answer = service.query("Show all customers")
    assert {row["name"] for row in answer.table.rows} >= {"Ada"}
    assert "email" not in answer.table.columns
    assert "secret" not in str(answer)


def test_a_field_made_private_by_setting_disappears_without_a_new_release(
    settings: Settings, release: Callable[..., str]
) -> None:
    release("one")
    strict = serve(settings, private_fields=("customers.name",))
    assert "Ada" not in str(strict.service.query("Show all customers").table)
    with pytest.raises(MqtError, match="name"):
        strict.service.run("db.customers.find({name: 'Ada'})")
    strict.close()


# -------------------------------------------------------------------- choices


def asked_of(serving: Serving, release: Callable[..., str], *ranked: Ranked) -> Answer:
    release("choices", {"Q": Entry(ranked)})
    serving.releases.check()
    return serving.service.query("Q")


def test_two_close_readings_that_answer_differently_are_put_to_the_person(
    service: Service,
) -> None:
    answer = service.query("How many are there?")
    assert answer.table.rows == ({"count": 5},)
    offered = answer.alternatives
    assert offered is not None
    assert offered.question == "Count orders or count customers?"
    assert [option.choice for option in offered.options] == [0, 1]
    assert [option.difference for option in offered.options] == ["count orders", "count customers"]
    assert [o.preview.rows for o in offered.options] == [({"count": 5},), ({"count": 2},)]
    timings = answer.translation.timings
    assert set(timings) == {"translate_ms", "execute_ms", "compare_ms", "total_ms"}


def test_a_reading_that_is_not_close_is_not_offered_nor_run(service: Service) -> None:
    answer = service.query("How many orders were shipped?")
    assert answer.alternatives is None
    assert "compare_ms" not in answer.translation.timings


def test_how_close_is_close_can_be_set(settings: Settings, release: Callable[..., str]) -> None:
    release("one")
    for share, offered in ((0.85, False), (1.1, False), (0.75, True)):
        serving = serve(settings, choice_share=share)
        found = serving.service.query("How many are there?").alternatives
        assert (found is not None) is offered
        serving.close()


def test_readings_with_the_same_result_are_no_choice(
    serving: Serving, release: Callable[..., str]
) -> None:
    in_order = replace(BY_STATUS, order_by=(Order(STATUS),))
    answer = asked_of(serving, release, Ranked(BY_STATUS, 0.5), Ranked(in_order, 0.5))
    assert answer.alternatives is None
    assert len(answer.translation.choices) == 2


def test_two_orders_of_the_same_rows_are_a_choice(
    serving: Serving, release: Callable[..., str]
) -> None:
    shown = Plan((Output(STATUS), Output(TOTAL)))
    by_total, by_date = (
        replace(shown, order_by=(Order(field),)) for field in (TOTAL, Field("orders", "placed_at"))
    )
    offered = asked_of(serving, release, Ranked(by_total, 0.5), Ranked(by_date, 0.5)).alternatives
    assert offered is not None
    assert offered.options[0].difference == "sort by total, lowest first"


def test_results_are_compared_beyond_what_is_shown_of_them(
    serving: Serving, release: Callable[..., str], shop: Database[dict[str, Any]]
) -> None:
    """Rows that are the same for longer than a preview, and then are not."""
    everything = Plan((Output(TOTAL),), order_by=(Order(TOTAL),))
    added = shop.orders.insert_many(
        [{"status": "old", "total": Decimal128(f"{100 + n}.00")} for n in range(4)]
    )
    try:
        few = replace(everything, limit=7)
        offered = asked_of(serving, release, Ranked(few, 0.5), Ranked(everything, 0.4)).alternatives
    finally:
        shop.orders.delete_many({"_id": {"$in": added.inserted_ids}})
    assert offered is not None
    assert offered.question == "Only the first seven or all of them?"
    assert offered.options[0].preview == offered.options[1].preview
    assert len(offered.options[0].preview.rows) == 5
    assert offered.options[0].preview.truncated


def test_private_fields_are_in_no_preview(service: Service) -> None:
    offered = service.query("Show orders or customers").alternatives
    assert offered is not None
    assert {row["name"] for row in offered.options[1].preview.rows} >= {"Ada"}
    assert "email" not in str(offered)
    assert "secret" not in str(offered)


def test_a_policy_holds_for_previews(
    settings: Settings, release: Callable[..., str], tmp_path: Path
) -> None:
    release("one")
    policy = tmp_path / "policy.json"
    ada = {"customers": {"mandatory": {"name": "Ada"}}}
    policy.write_text(json.dumps({"default": {"collections": ada, "others": True}}))
    strict = serve(settings, policy_file=policy)
    offered = strict.service.query("Show orders or customers").alternatives
    assert offered is not None
    assert [row["name"] for row in offered.options[1].preview.rows] == ["Ada"]
    strict.close()


def test_a_second_reading_that_does_not_run_leaves_the_answer(
    serving: Serving, release: Callable[..., str], catalog: Catalog, shop: Database[dict[str, Any]]
) -> None:
    gone = CollectionSchema(
        database=shop.name,
        collection="invoices",
        document_count=1,
        sampled=1,
        fields=(FieldSchema(path="sum", types={BsonType.INT: 1.0}, presence=1.0),),
    )
    wider = Catalog(database=catalog.database, collections=(*catalog.collections, gone))
    on_gone = Plan((Output(Field("invoices", "sum")),))
    ranked = Entry((Ranked(SHIPPED, 0.5), Ranked(on_gone, 0.5)))
    release("wide", {"Q": ranked}, catalogs=(wider,))
    serving.releases.check()
    answer = serving.service.query("Q")
    assert answer.table.rows == ({"count": 3},)
    assert answer.alternatives is None
    assert "compare_ms" in answer.translation.timings


def test_without_time_left_there_is_no_choice() -> None:
    limits = Limits(max_rows=1000, max_time_ms=5000)
    assert preview_limits(limits, 4995.0, 3) is None
    later = preview_limits(limits, 4000.0, 3)
    assert later is not None
    assert (later.max_time_ms, later.max_rows) == (1000, 5)
    early = preview_limits(limits, 10.0, 3000)
    assert early is not None
    assert (early.max_time_ms, early.max_rows) == (2000, 1000)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([{"count": 3}], [{"number": 3.0}], True),
        ([{"count": 3}], [{"count": 4}], False),
        ([{"flag": True}], [{"flag": 1}], False),
        ([{"a": "x"}, {"a": "y"}], [{"a": "y"}, {"a": "x"}], True),
        ([{"a": "x"}, {"a": "x"}], [{"a": "x"}], False),
        ([{"a": {"b": [1.0]}}], [{"a": {"b": [1]}}], True),
        ([{"a": None}], [{}], False),
        ([], [], True),
    ],
)
def test_results_are_the_same_when_a_person_reads_the_same(
    one: list[dict[str, Any]], other: list[dict[str, Any]], same: bool
) -> None:
    first, second = (Table(tuple(), tuple(rows), False) for rows in (one, other))
    assert same_result(first, second, in_order=False) is same
    assert same_result(first, replace(second, truncated=True), in_order=False) is False


def test_places_count_in_order() -> None:
    rows: tuple[dict[str, Any], ...] = ({"a": 1}, {"a": 2})
    first, second = Table(("a",), rows, False), Table(("a",), rows[::-1], False)
    assert same_result(first, second, in_order=False)
    assert not same_result(first, second, in_order=True)


# ------------------------------------------------------------------- journal


def test_each_answer_is_journaled_without_its_rows(service: Service, journaled: Journaled) -> None:
    answer = service.query("The two dearest orders")
    assert answer.translation.journaled
    document = journaled("queries", answer.translation.query_id)
    assert document is not None
    assert document["question"] == "The two dearest orders"
    assert document["outcome"] == "answered"
    assert document["source"] == "model"
    assert document["release_id"] == "one"
    assert document["row_count"] == 2
    assert document["command"] == answer.translation.choices[0].mongosh
    assert document["plan"] is not None
    assert "99.90" not in str(document)


def test_a_question_without_an_answer_is_journaled(
    service: Service, journaled: Journaled, recorder: Recorder
) -> None:
    with pytest.raises(CannotAnswer) as caught:
        service.query("How is the weather?")
    query_id = caught.value.query_id
    assert query_id is not None
    document = journaled("queries", query_id)
    assert document is not None
    assert document["outcome"] == "cannot-answer"
    assert recorder.outcomes == ["cannot-answer"]


def test_with_the_journal_away_answers_go_on(
    settings: Settings, release: Callable[..., str]
) -> None:
    release("one")
    without = serve(settings, journal_uri=f"mongodb://127.0.0.1:{free_port()}")
    answer = without.service.query("Orders by status")
    assert len(answer.table.rows) == 2
    assert not answer.translation.journaled
    started = time.monotonic()
    assert not without.service.query("Orders by status").translation.journaled
    assert time.monotonic() - started < 1.0  # no waiting for the journal each time
    after = without.service.query("Orders by status", previous=answer.translation.query_id)
    assert len(after.table.rows) == 2
    without.close()


# ---------------------------------------------------------------- follow-ups


def test_a_follow_up_is_read_against_the_query_before(
    service: Service, journaled: Journaled
) -> None:
    first = service.query("How many orders are there?").translation
    answer = service.query("only the shipped ones", previous=first.query_id)
    assert answer.table.rows == ({"count": 3},)
    made = answer.translation
    assert made.source is Source.FOLLOW_UP
    assert made.follow_up_of is not None
    assert made.follow_up_of.query_id == first.query_id
    assert made.follow_up_of.question == "How many orders are there?"
    assert "shipped" in made.choices[0].meaning
    assert "orders" in made.choices[0].meaning  # all that is meant, not only what changed
    document = journaled("queries", made.query_id)
    assert document is not None
    assert document["follow_up_of"] == first.query_id
    assert document["source"] == "follow-up"


def test_follow_ups_follow_each_other(service: Service) -> None:
    asked = service.query("How many orders are there?").translation
    for question in ("and by month?", "only the new ones", "what about the shipped ones?"):
        asked = service.query(question, previous=asked.query_id).translation
    answer = service.query("the first 2", previous=asked.query_id)
    assert answer.table.columns == ("year_month", "count")
    assert len(answer.table.rows) == 2
    assert answer.translation.follow_up_of is not None
    assert answer.translation.follow_up_of.question == "what about the shipped ones?"


def test_a_date_in_a_follow_up_is_as_of_the_question(service: Service) -> None:
    first = service.translate("How many orders are there?")
    answer = service.query("after March 2024", previous=first.query_id)
    assert answer.table.rows == ({"count": 2},)


def test_a_query_that_a_person_ran_can_be_followed_up(service: Service) -> None:
    ran = service.run("db.orders.find({status: 'new'}, {_id: 0, total: 1})")
    answer = service.query("how many are there?", previous=ran.query_id)
    assert answer.table.rows == ({"count": 2},)
    assert answer.translation.follow_up_of is not None
    assert "db.orders.find" in answer.translation.follow_up_of.question


def test_a_complete_question_is_read_by_itself(service: Service, journaled: Journaled) -> None:
    first = service.query("How many orders were shipped?").translation
    answer = service.query("How many orders are there?", previous=first.query_id)
    assert answer.table.rows == ({"count": 5},)
    assert answer.translation.source is Source.MODEL
    assert answer.translation.follow_up_of is None
    document = journaled("queries", answer.translation.query_id)
    assert document is not None
    assert document["follow_up_of"] is None


def test_without_a_question_before_nothing_is_a_follow_up(service: Service) -> None:
    with pytest.raises(CannotAnswer):
        service.query("only the shipped ones")


def test_a_question_that_had_no_answer_cannot_be_followed_up(service: Service) -> None:
    with pytest.raises(CannotAnswer) as caught:
        service.query("How is the weather?")
    with pytest.raises(CannotAnswer):
        service.query("only the shipped ones", previous=caught.value.query_id)


def test_an_unknown_question_or_one_of_another_database_is_refused(
    settings: Settings, release: Callable[..., str], catalog: Catalog
) -> None:
    other = Catalog(database="elsewhere", collections=catalog.collections)
    release("two", catalogs=(catalog, other))
    both = serve(settings)
    with pytest.raises(UnknownQuery):
        both.service.query("only the shipped ones", previous="nothing")
    first = both.service.query("How many orders are there?", catalog.database).translation
    with pytest.raises(FollowUpError, match="elsewhere"):
        both.service.query("only the shipped ones", "elsewhere", previous=first.query_id)
    answer = both.service.query("only the shipped ones", previous=first.query_id)
    assert answer.translation.database == catalog.database
    both.close()


def test_a_follow_up_names_no_private_field(service: Service) -> None:
    first = service.query("Show all customers").translation
    with pytest.raises(CannotAnswer):
        service.query("only their email", previous=first.query_id)


# --------------------------------------------------------------- corrections


def test_a_released_correction_answers_its_question(
    serving: Serving, release: Callable[..., str], catalog: Catalog
) -> None:
    correction = {
        "question": "Orders by status",
        "database": catalog.database,
        "plan": None,
        "command": "db.orders.countDocuments({status: 'new'})",
    }
    release("two", corrections=[correction])
    serving.releases.check()
    answer = serving.service.query("orders  by STATUS?")
    assert answer.translation.source is Source.CORRECTION
    assert answer.table.rows == ({"count": 2},)
    assert answer.translation.choices[0].probability == 1.0
    assert serving.service.query("Show all customers").translation.source is Source.MODEL


@pytest.mark.parametrize(
    "command",
    ["db.unicorns.find({})", "db.orders.aggregate([{$project: {x: {$divide: [1, 0]}}}])"],
)
def test_a_correction_that_no_longer_works_leaves_the_question_to_the_model(
    serving: Serving, release: Callable[..., str], catalog: Catalog, command: str
) -> None:
    correction = {"question": "Orders by status", "database": catalog.database, "command": command}
    release("two", corrections=[correction])
    serving.releases.check()
    answer = serving.service.query("Orders by status")
    assert answer.translation.source is Source.MODEL
    assert len(answer.table.rows) == 2


@pytest.mark.parametrize(("days_later", "database"), [(1, "library"), (-1, "shop"), (None, "shop")])
def test_without_a_database_the_newest_correction_of_any_answers(
    serving: Serving,
    release: Callable[..., str],
    catalog: Catalog,
    days_later: int | None,
    database: str,
) -> None:
    orders = catalog.collections[1].model_copy(update={"database": "library"})
    library = Catalog(database="library", collections=(orders,))
    released = {"question": "Orders by status", "database": "library", "command": COUNT}
    release("both", catalogs=(catalog, library), corrections=[released])
    serving.releases.check()
    at = datetime(2025, 6, 1, tzinfo=UTC)
    corrections = {catalog.database: at}
    if days_later is not None:
        corrections["library"] = at + timedelta(days=days_later)
    serving.service._interpreter._corrections.apply(
        {
            "_id": name,
            "question": "Orders by status",
            "database": name,
            "corrected_query": COUNT,
            "at": when,
            "status": "accepted",
        }
        for name, when in corrections.items()
    )
    translation = serving.service.translate("Orders by status")
    assert translation.source is Source.CORRECTION
    assert translation.database == (catalog.database if database == "shop" else database)
    assert serving.service.translate("Orders by status", "library").database == "library"


# ---------------------------------------------------------- queries by people


def test_a_written_query_runs_within_limits(service: Service, journaled: Journaled) -> None:
    ran = service.run("db.orders.find({status: 'new'}, {_id: 0, total: 1}).sort({total: 1})")
    assert [row["total"] for row in ran.table.rows] == ["12.00", "25.50"]
    document = journaled("queries", ran.query_id)
    assert document is not None
    assert (document["source"], document["outcome"]) == ("person", "ran")


def test_checking_explains_without_running(service: Service) -> None:
    checked = service.check("db.orders.countDocuments({status: 'new'})")
    assert checked.learnable
    assert "new" in checked.choice.meaning


def test_a_query_that_no_plan_can_say_is_explained_step_by_step(service: Service) -> None:
    checked = service.check("db.orders.aggregate([{$sample: {size: 2}}, {$limit: 1}])")
    assert not checked.learnable
    assert checked.choice.meaning == (
        "Go through the `orders`, step by step:\n1. keep 2 at random\n2. keep the first 1"
    )


# --------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "empty"),
        ("  \n\t ", "empty"),
        ("x" * 501, "501 characters, at most 500"),
        ("a\x00b", r"U\+0000"),
        ("\ud800 surrogate", r"U\+D800"),
        ("?!…", "no words"),
    ],
)
def test_what_cannot_be_a_question_is_refused(
    service: Service, question: str, message: str
) -> None:
    with pytest.raises(QuestionError, match=message):
        service.query(question)


def test_an_unknown_database_is_named_with_those_that_are_known(
    service: Service, catalog: Catalog
) -> None:
    with pytest.raises(UnknownDatabase, match=f"'nowhere'.*knows: {catalog.database}"):
        service.query("Orders by status", "nowhere")


def test_the_database_that_answers_best_is_found(
    serving: Serving, release: Callable[..., str], catalog: Catalog
) -> None:
    library = Catalog(
        database="library",
        collections=(
            CollectionSchema(
                database="library",
                collection="books",
                document_count=1,
                sampled=1,
                fields=(FieldSchema(path="title", types={BsonType.STRING: 1.0}, presence=1.0),),
            ),
        ),
    )
    table = {
        **TABLE_OF_QUESTIONS,
        "Titles": Entry((Ranked(Plan((Output(Field("books", "title")),)), 0.9),)),
    }
    release("both", table, catalogs=(catalog, library))
    serving.releases.check()
    assert serving.service.translate("Orders by status").database == catalog.database
    assert serving.service.translate("Titles").database == "library"
    with pytest.raises(CannotAnswer):
        serving.service.translate("Titles", catalog.database)


# -------------------------------------------------------------------- faults


def test_without_mongodb_questions_are_translated_but_not_run(
    settings: Settings, release: Callable[..., str]
) -> None:
    release("one")
    away = serve(settings, mongodb_uri=f"mongodb://127.0.0.1:{free_port()}")
    assert away.service.translate("Orders by status").choices
    with pytest.raises(ServiceUnavailable, match="MongoDB does not answer"):
        away.service.query("Orders by status")
    away.close()


def test_wrong_credentials_are_said_to_be_wrong(
    settings: Settings, release: Callable[..., str]
) -> None:
    release("one")
    address = settings.mongodb_uri.removeprefix("mongodb://")
    wrong = serve(settings, mongodb_uri=f"mongodb://nobody:hunter2@{address}")
    with pytest.raises(AuthenticationFailed) as caught:
        wrong.service.query("Orders by status")
    assert "hunter2" not in str(caught.value)
    wrong.close()


@pytest.mark.parametrize("uri", ["", "mongodb://bad host:port", "mongodb://host:99999"])
def test_an_unusable_address_does_not_keep_the_service_from_starting(
    settings: Settings, release: Callable[..., str], uri: str
) -> None:
    release("one")
    broken = serve(settings, mongodb_uri=uri)
    assert broken.service.translate("Orders by status").choices
    with pytest.raises(ServiceUnavailable):
        broken.service.query("Orders by status")
    broken.close()


def test_a_query_that_takes_too_long_is_stopped(
    settings: Settings, release: Callable[..., str], shop: Database[dict[str, Any]]
) -> None:
    shop.slow.insert_many({"n": n, "x": Decimal128(str(n))} for n in range(3000))
    slow = CollectionSchema(
        database=shop.name,
        collection="slow",
        document_count=3000,
        sampled=10,
        fields=(FieldSchema(path="n", types={BsonType.INT: 1.0}, presence=1.0),),
    )
    release("slow", catalogs=(Catalog(database=shop.name, collections=(slow,)),))
    hasty = serve(settings, max_time_ms=20)
    text = (
        "db.slow.aggregate([{$lookup: {from: 'slow', pipeline: [{$match: {n: {$gte: 0}}}], "
        "as: 'all'}}, {$unwind: '$all'}, {$group: {_id: '$all.n', count: {$sum: 1}}}])"
    )
    try:
        with pytest.raises(QueryTimeout, match="20 ms"):
            hasty.service.run(text)
    finally:
        hasty.close()
        shop.slow.drop()


# ------------------------------------------------------------------ releases


def test_before_the_first_release_it_says_what_to_do_and_becomes_ready_by_itself(
    serving: Serving, release: Callable[..., str]
) -> None:
    serving.releases.check()
    with pytest.raises(NoRelease, match="Materialize the `release` asset"):
        serving.service.query("Orders by status")
    serving.releases.start()
    release("one")
    deadline = time.monotonic() + 5
    while serving.releases.current is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert serving.service.query("Orders by status").translation.release_id == "one"


def test_the_pointer_is_followed_forth_and_back(
    serving: Serving, release: Callable[..., str], settings: Settings, recorder: Recorder
) -> None:
    for name in ("one", "two"):
        release(name)
        serving.releases.check()
    move_pointer(settings.releases_folder, Pointer(champion="one", previous="two"))
    serving.releases.check()
    assert serving.releases.require().id == "one"
    assert recorder.loaded == ["one", "two", "one"]


def test_a_request_keeps_the_release_it_began_with(
    serving: Serving, release: Callable[..., str]
) -> None:
    release("one")
    serving.releases.check()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(serving.service.query, "Take your time")
        time.sleep(0.1)
        release("two")
        serving.releases.check()
        assert serving.service.query("Orders by status").translation.release_id == "two"
        assert slow.result().translation.release_id == "one"


def test_no_request_fails_while_the_pointer_moves(
    serving: Serving, release: Callable[..., str], settings: Settings
) -> None:
    for name in ("one", "two"):
        release(name)
    serving.releases.check()
    stop = threading.Event()
    seen: list[str] = []

    def ask_on() -> None:
        while not stop.is_set():
            answer = serving.service.query("Orders by status")
            assert len(answer.table.rows) == 2
            seen.append(answer.translation.release_id)

    with ThreadPoolExecutor(4) as pool:
        askers = [pool.submit(ask_on) for _ in range(4)]
        for turn in range(12):
            champion = ("one", "two")[turn % 2]
            move_pointer(settings.releases_folder, Pointer(champion=champion))
            serving.releases.check()
            time.sleep(0.05)
        stop.set()
        for asker in askers:
            asker.result()
    assert set(seen) == {"one", "two"}


@pytest.mark.parametrize("harm", ["manifest", "file", "correction", "translator", "catalog"])
def test_a_bad_release_is_refused_and_the_old_one_serves_on(
    serving: Serving,
    release: Callable[..., str],
    settings: Settings,
    recorder: Recorder,
    catalog: Catalog,
    harm: str,
) -> None:
    release("one")
    serving.releases.check()
    correction = {"question": "q", "database": catalog.database, "command": "db.orders.drop("}
    folder = settings.releases_folder / "bad"
    release(
        "bad",
        corrections=[correction] if harm == "correction" else [],
        catalogs=() if harm == "catalog" else (catalog,),
        live=False,
    )
    if harm == "manifest":
        (folder / "manifest.json").write_text("{}")
    elif harm == "file":
        (folder / "translator" / "table.json").write_text("{}")
    elif harm == "translator":
        _rewrite(folder, "translator/table.json", '{"Orders by status": 7}')
    # The mover would have noticed; here the harm happens after it.
    pointer = Pointer(champion="bad", previous="one")
    (settings.releases_folder / POINTER).write_text(pointer.model_dump_json())
    serving.releases.check()
    assert serving.releases.require().id == "one"
    assert recorder.refused == ["bad"]
    assert "serving one" in serving.releases.refusal
    assert serving.service.query("Orders by status").translation.release_id == "one"
    serving.releases.check()
    assert recorder.refused == ["bad"]  # not hashed and reported again at every poll
    release("good")
    serving.releases.check()
    assert serving.releases.require().id == "good"
    assert serving.releases.refusal == ""


def test_an_unreadable_pointer_keeps_the_live_release(
    serving: Serving, release: Callable[..., str], settings: Settings, recorder: Recorder
) -> None:
    release("one")
    serving.releases.check()
    (settings.releases_folder / POINTER).write_text("{")
    serving.releases.check()
    assert serving.releases.require().id == "one"
    assert recorder.refused == [""]


def _rewrite(folder: Path, name: str, text: str) -> None:
    """A file that is wrong although its hash is right."""
    (folder / name).write_text(text)
    manifest = read_manifest(folder)
    files = {**manifest.files, name: sha256_of(folder / name)}
    changed = manifest.model_copy(update={"files": files})
    (folder / MANIFEST).write_text(changed.model_dump_json())
