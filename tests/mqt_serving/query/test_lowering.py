"""What lowered plans return from a real mongod, and how they are written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from bson import Decimal128
from hypothesis import given, settings
from pymongo import MongoClient
from pymongo.database import Database

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.errors import MqtError, PlanError, UnknownCollection, UnknownField
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.execution import run
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.pipeline import Aggregate as AggregateCommand
from mqt_serving.query.pipeline import CountDocuments, Find, Lookup, Match, Unwind
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Between,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Exists,
    Field,
    Function,
    In,
    IsNull,
    Not,
    Or,
    Order,
    Output,
    PartOf,
    Plan,
    Predicate,
    Related,
    Text,
    TextMatch,
)
from mqt_serving.schema import Catalog
from tests.mqt_serving.query.plans import plans
from tests.mqt_serving.query.shop import (
    AGE,
    CATEGORY,
    CITY,
    CUSTOMERS,
    DOCUMENTS,
    ITEMS,
    NAME,
    NOTE,
    ORDERS,
    PLACED,
    PRICE,
    PRODUCTS,
    QUANTITY,
    STATUS,
    SUBJECT,
    TAGS,
    TITLE,
    TOTAL,
    catalog,
    count,
    is_equal,
    is_over,
    oid,
)

MINUTES = Field("customers", "phones.calls.minutes")
CALLS = Entity("customers", "phones.calls")


@pytest.fixture(scope="module")
def shop(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    name = f"test_{uuid4().hex[:12]}"
    for collection, documents in DOCUMENTS.items():
        mongo_client[name][collection].insert_many(documents)
    yield mongo_client[name]
    mongo_client.drop_database(name)


@pytest.fixture(scope="module")
def known() -> Catalog:
    return catalog()


def plan(*values: Any, where: Predicate | None = None, **more: Any) -> Plan:
    return Plan(tuple(Output(value) for value in values), where, **more)


class Ask:
    def __init__(self, shop: Database[dict[str, Any]], known: Catalog) -> None:
        self.shop, self.known = shop, known

    def rows(self, asked: Plan) -> list[dict[str, Any]]:
        return run(lower(asked, self.known), self.shop).rows

    def column(self, asked: Plan) -> list[Any]:
        """The values of the only column."""
        return [value for row in self.rows(asked) for value in row.values()]

    def names(self, where: Predicate) -> set[str]:
        """The customers that meet a predicate, each once."""
        found: list[str] = self.column(plan(NAME, where=where))
        assert len(found) == len(set(found))
        return set(found)

    def totals(self, where: Predicate) -> list[str]:
        return sorted(str(total) for total in self.column(plan(TOTAL, where=where)))


@pytest.fixture(scope="module")
def ask(shop: Database[dict[str, Any]], known: Catalog) -> Ask:
    return Ask(shop, known)


# ------------------------------------------------------------- find and projection


def test_top_level_fields_and_a_filter_become_a_find(ask: Ask, known: Catalog) -> None:
    asked = plan(NAME, where=is_equal(CITY, "Berlin"), order_by=(Order(NAME, True),), limit=1)
    assert isinstance(lower(asked, known), Find)
    assert ask.rows(asked) == [{"name": "Cleo"}]


def test_a_nested_field_is_shown_under_its_last_name(ask: Ask) -> None:
    zip_code = Field("customers", "address.zip")
    assert ask.rows(plan(zip_code, order_by=(Order(zip_code),), limit=1)) == [{"zip": "10115"}]


def test_whole_documents_are_shown_as_they_are(ask: Ask) -> None:
    asked = plan(PRODUCTS, where=is_equal(TITLE, "Pen"))
    assert ask.rows(asked) == [{"_id": oid(301), "title": "Pen", "category": "office"}]


def test_whole_documents_do_not_show_what_was_looked_up_for_a_test(ask: Ask) -> None:
    asked = plan(PRODUCTS, where=is_over(QUANTITY, 4))
    assert ask.rows(asked) == [{"_id": oid(302), "title": "Cup", "category": "kitchen"}]


def test_rows_of_an_array_are_shown_with_their_fields(ask: Ask) -> None:
    rows = ask.rows(plan(ITEMS, where=is_over(QUANTITY, 4)))
    assert rows == [{"price": 1.0, "product_id": oid(302), "quantity": 5}]


def test_skip_and_limit_cut_after_ordering(ask: Ask) -> None:
    assert ask.column(plan(TITLE, order_by=(Order(TITLE),), skip=1, limit=2)) == ["Fork", "Lamp"]


def test_names_that_clash_are_made_unique(ask: Ask) -> None:
    rows = ask.rows(plan(Field("orders", "_id"), Field("customers", "_id"), limit=1))
    assert set(rows[0]) == {"_id", "customers__id"}


def test_an_alias_names_the_column(ask: Ask) -> None:
    asked = Plan((Output(NAME, "who"),), is_equal(CITY, "Paris"))
    assert ask.rows(asked) == [{"who": "Bob"}]


# -------------------------------------------------------------------------- tests


def test_comparisons_fit_literals_to_the_stored_type(ask: Ask) -> None:
    assert ask.totals(is_equal(TOTAL, 30.5)) == ["30.50"]
    assert ask.totals(is_equal(Field("orders", "customer_id"), str(oid(102)))) == ["5.00", "7.25"]
    assert ask.totals(is_over(PLACED, "2025-04-01")) == ["99.00"]


def test_between_includes_both_ends_unless_half_open(ask: Ask) -> None:
    assert ask.totals(Between(TOTAL, 5, 30.5)) == ["30.50", "5.00", "7.25"]
    assert ask.totals(Between(TOTAL, 5, 30.5, half_open=True)) == ["5.00", "7.25"]


def test_a_month_is_a_half_open_range(ask: Ask) -> None:
    march = Between(
        PLACED, datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC), True
    )
    assert ask.totals(march) == ["30.50", "7.25"]


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        (DatePart.YEAR, 2024, ["5.00"]),
        (DatePart.QUARTER, 2, ["99.00"]),
        (DatePart.MONTH, 3, ["30.50", "5.00", "7.25"]),
        (DatePart.DAY, 31, ["7.25"]),
        (DatePart.WEEKDAY, 1, ["30.50"]),
        (DatePart.HOUR, 8, ["5.00"]),
        (DatePart.YEAR_MONTH, "2025-03", ["30.50", "7.25"]),
        (DatePart.DATE, "2025-04-09", ["99.00"]),
        (DatePart.WEEK, "2025-W09", ["30.50"]),
    ],
)
def test_calendar_parts(ask: Ask, part: DatePart, value: Any, expected: list[str]) -> None:
    assert ask.totals(Compare(PartOf(part, PLACED), Comparator.EQ, value)) == expected


def test_null_means_null_or_missing_and_exists_tells_them_apart(ask: Ask) -> None:
    assert ask.totals(IsNull(STATUS)) == ["7.25"]
    assert len(ask.totals(IsNull(NOTE))) == 3
    assert ask.totals(IsNull(NOTE, negated=True)) == ["5.00"]
    assert len(ask.totals(Exists(STATUS))) == 4
    assert len(ask.totals(Exists(NOTE, negated=True))) == 3


def test_text_is_matched_literally_unless_it_is_a_pattern(ask: Ask) -> None:
    assert ask.totals(Text(NOTE, TextMatch.CONTAINS, "(50.0%)")) == ["5.00"]
    assert ask.totals(Text(NOTE, TextMatch.CONTAINS, "(50.0.)")) == []
    assert ask.totals(Text(NOTE, TextMatch.STARTS, "FRAGILE")) == ["5.00"]
    assert ask.totals(Text(NOTE, TextMatch.STARTS, "FRAGILE", ignore_case=False)) == []
    assert ask.totals(Text(NOTE, TextMatch.ENDS, "%)")) == ["5.00"]
    assert ask.totals(Text(NOTE, TextMatch.REGEX, "^fra.*50")) == ["5.00"]
    assert ask.names(Text(NAME, TextMatch.CONTAINS, "b", negated=True)) == {"Ann", "Cleo"}


def test_membership_alternatives_and_negation(ask: Ask) -> None:
    assert ask.names(In(NAME, ("Ann", "Cleo"))) == {"Ann", "Cleo"}
    assert ask.names(In(NAME, ("Ann", "Cleo"), negated=True)) == {"Bob"}
    either = Or((is_equal(NAME, "Ann"), is_equal(CITY, "Paris")))
    assert ask.names(either) == {"Ann", "Bob"}
    assert ask.names(Not(either)) == {"Cleo"}
    assert ask.names(And((is_equal(CITY, "Berlin"), Not(is_equal(NAME, "Ann"))))) == {"Cleo"}


def test_numbers_kept_as_text_compare_and_order_as_numbers(ask: Ask) -> None:
    assert ask.names(is_over(AGE, 40)) == {"Ann", "Cleo"}
    assert ask.names(is_equal(AGE, 9)) == {"Bob"}
    assert ask.column(plan(NAME, order_by=(Order(AGE),))) == ["Bob", "Ann", "Cleo"]
    assert ask.column(plan(Aggregate(Function.AVG, AGE))) == [60.0]


def test_two_fields_of_one_row_compare(ask: Ask) -> None:
    same = Compare(PRICE, Comparator.LT, QUANTITY)
    assert ask.column(plan(QUANTITY, where=same)) == [5]


# ------------------------------------------------------------------ rows finer than asked


def test_a_test_on_elements_means_at_least_one(ask: Ask, known: Catalog) -> None:
    assert ask.totals(is_over(QUANTITY, 1)) == ["30.50", "5.00", "99.00"]
    assert isinstance(lower(plan(TOTAL, where=is_over(QUANTITY, 1)), known), Find)


def test_tests_under_one_and_meet_in_one_element(ask: Ask) -> None:
    assert ask.totals(And((is_equal(QUANTITY, 1), is_equal(PRICE, 10.0)))) == []
    assert ask.totals(And((is_equal(QUANTITY, 2), is_equal(PRICE, 10.0)))) == ["30.50"]


def test_tests_in_related_need_not_meet_in_one_element(ask: Ask) -> None:
    apart = And((Related(ITEMS, is_equal(QUANTITY, 1)), Related(ITEMS, is_equal(PRICE, 10.0))))
    assert ask.totals(apart) == ["30.50"]


def test_arrays_of_scalars_match_their_elements(ask: Ask) -> None:
    assert ask.names(is_equal(TAGS, "new")) == {"Ann", "Bob"}
    assert ask.names(Compare(TAGS, Comparator.NE, "new")) == {"Ann"}
    assert ask.names(Text(TAGS, TextMatch.STARTS, "v")) == {"Ann"}


def test_none_also_holds_for_empty_and_missing_arrays(ask: Ask) -> None:
    tags = Entity("customers", "tags")
    assert ask.names(Related(tags, negated=True)) == {"Cleo"}
    assert ask.names(Related(tags)) == {"Ann", "Bob"}
    new, vip = (Compare(TAGS, Comparator.EQ, text) for text in ("new", "vip"))
    other = (Compare(TAGS, Comparator.NE, text) for text in ("new", "old"))
    assert ask.names(Related(tags, And((new, vip)))) == set()  # no tag is both
    assert ask.names(Related(tags, And(tuple(other)))) == {"Ann"}
    assert ask.names(And((Related(tags, new), Related(tags, vip)))) == {"Ann"}
    assert ask.totals(Related(ITEMS, is_over(QUANTITY, 1), negated=True)) == ["7.25"]


def test_arrays_in_arrays_are_tested_in_depth(ask: Ask) -> None:
    assert ask.names(is_over(MINUTES, 6)) == {"Bob"}
    kind = Field("customers", "phones.kind")
    work = And((is_equal(kind, "work"), is_over(MINUTES, 4)))
    assert ask.names(work) == {"Bob"}
    assert ask.names(And((is_equal(kind, "work"), is_over(MINUTES, 6)))) == set()
    assert ask.names(Related(CALLS, Between(MINUTES, 1, 3))) == {"Ann", "Bob"}


def test_documents_that_refer_to_the_row_are_tested_across_collections(ask: Ask) -> None:
    assert ask.names(is_equal(STATUS, "open")) == {"Ann"}
    assert ask.names(And((is_equal(STATUS, "paid"), is_over(TOTAL, 20)))) == {"Ann"}
    assert ask.names(Related(Entity("tickets"), negated=True)) == {"Ann"}
    late = Related(Entity("tickets"), is_equal(SUBJECT, "broken"), negated=True)
    assert ask.names(late) == {"Ann", "Bob"}
    assert ask.names(Or((is_equal(SUBJECT, "broken"), is_over(TOTAL, 90)))) == {"Ann", "Cleo"}


def test_elements_and_what_they_refer_to_meet_in_one_element(ask: Ask) -> None:
    assert ask.totals(is_equal(CATEGORY, "kitchen")) == ["30.50", "5.00"]
    together = And((is_equal(CATEGORY, "kitchen"), is_equal(QUANTITY, 1)))
    assert ask.totals(together) == []
    assert ask.totals(And((is_equal(CATEGORY, "office"), is_equal(QUANTITY, 1)))) == ["30.50"]


def test_tests_reach_through_several_collections(ask: Ask) -> None:
    assert ask.names(is_equal(CATEGORY, "office")) == {"Ann"}
    assert ask.names(And((is_equal(TITLE, "Cup"), is_over(QUANTITY, 4)))) == {"Bob"}
    titles = ask.column(plan(TITLE, where=is_equal(CITY, "Paris")))
    assert titles == ["Cup"]


def test_products_that_nobody_ordered(ask: Ask) -> None:
    assert ask.column(plan(TITLE, where=Related(ITEMS, negated=True))) == ["Fork"]
    many = Related(ITEMS, is_over(QUANTITY, 2), negated=True)
    assert sorted(ask.column(plan(TITLE, where=many))) == ["Fork", "Pen"]


def test_documents_the_row_refers_to_are_tested_directly(ask: Ask) -> None:
    assert ask.totals(is_equal(CITY, "Paris")) == ["5.00", "7.25"]
    assert ask.totals(Or((is_equal(CITY, "Paris"), is_over(TOTAL, 90)))) == [
        "5.00",
        "7.25",
        "99.00",
    ]


def test_related_tests_siblings_also_when_rows_are_elements(ask: Ask) -> None:
    asked = plan(QUANTITY, where=Related(ITEMS, is_equal(QUANTITY, 1)))
    assert sorted(ask.column(asked)) == [1, 2]


# --------------------------------------------------------------------------- joins


def test_rows_join_the_documents_they_refer_to(ask: Ask) -> None:
    rows = ask.rows(plan(NAME, TOTAL, where=is_over(TOTAL, 20), order_by=(Order(TOTAL),)))
    assert rows == [
        {"name": "Ann", "total": Decimal128("30.50")},
        {"name": "Ann", "total": Decimal128("99.00")},
    ]


def test_fields_that_a_third_entity_links_are_joined_through_it(ask: Ask, known: Catalog) -> None:
    asked = plan(NAME, TITLE, distinct=True)
    found = {(row["name"], row["title"]) for row in ask.rows(asked)}
    assert found == {("Ann", "Pen"), ("Ann", "Cup"), ("Ann", "Lamp"), ("Bob", "Cup")}


def test_fields_joined_against_references_multiply_rows(ask: Ask) -> None:
    found = ask.column(plan(SUBJECT, where=is_equal(CITY, "Berlin")))
    assert sorted(found) == ["broken", "late"]
    pairs = ask.rows(plan(SUBJECT, TOTAL))
    assert len(pairs) == 2  # Bob's one ticket with each of his two orders


def test_root_fields_are_filtered_before_anything_is_joined(known: Catalog) -> None:
    command = lower(plan(NAME, TOTAL, where=is_over(TOTAL, 20)), known)
    assert isinstance(command, AggregateCommand)
    assert command.collection == "orders"
    kinds = [type(stage) for stage in command.stages[:3]]
    assert kinds == [Match, Lookup, Unwind]


def test_entities_without_a_way_between_them_are_refused(known: Catalog) -> None:
    with pytest.raises(PlanError, match="planets"):
        lower(plan(NAME, Field("planets", "radius")), known)


def test_what_is_not_in_the_schema_is_named(known: Catalog) -> None:
    with pytest.raises(UnknownField, match="colour"):
        lower(plan(Field("customers", "colour")), known)
    with pytest.raises(UnknownCollection, match="clients"):
        lower(plan(Field("clients", "name")), known)


# ---------------------------------------------------------------------- aggregates


def test_a_bare_count_counts_documents(ask: Ask, known: Catalog) -> None:
    asked = plan(count(CUSTOMERS), where=is_equal(CITY, "Berlin"))
    assert isinstance(lower(asked, known), CountDocuments)
    assert ask.rows(asked) == [{"count": 2}]
    assert ask.rows(plan(count(CUSTOMERS), where=is_equal(CITY, "Oslo"))) == [{"count": 0}]


def test_counts_of_elements_fields_and_different_values(ask: Ask) -> None:
    assert ask.rows(plan(count(ITEMS))) == [{"count": 4}]
    assert ask.rows(plan(count(NOTE))) == [{"count": 1}]
    assert ask.rows(plan(count(STATUS, True))) == [{"count_distinct_status": 2}]
    assert ask.rows(plan(count(STATUS, True), count(ORDERS))) == [
        {"count_distinct_status": 2, "count": 4}
    ]


def test_aggregates_over_all_rows(ask: Ask) -> None:
    asked = plan(*(Aggregate(function, PRICE) for function in list(Function)[1:]))
    assert ask.rows(asked) == [
        {"sum_price": 54.5, "avg_price": 13.625, "min_price": 1.0, "max_price": 33.0}
    ]


def test_groups_by_a_field_of_a_referenced_document(ask: Ask) -> None:
    by_count = Order(count(ORDERS), True)
    asked = plan(CITY, count(ORDERS), group_by=(CITY,), order_by=(by_count, Order(CITY)))
    assert ask.rows(asked) == [{"city": "Berlin", "count": 2}, {"city": "Paris", "count": 2}]


def test_groups_by_several_keys_with_having_and_limit(ask: Ask) -> None:
    year = PartOf(DatePart.YEAR, PLACED)
    asked = plan(
        NAME, year, count(ORDERS), group_by=(NAME, year), having=is_over_count(0),
        order_by=(Order(year), Order(NAME)), limit=2,
    )  # fmt: skip
    assert ask.rows(asked) == [
        {"name": "Bob", "year": 2024, "count": 1},
        {"name": "Ann", "year": 2025, "count": 2},
    ]


def is_over_count(least: int) -> Predicate:
    return Compare(count(ORDERS), Comparator.GT, least)


def test_having_may_use_aggregates_that_are_not_shown(ask: Ask) -> None:
    many = Compare(count(TITLE, True), Comparator.GTE, 2)
    asked = plan(CITY, group_by=(CITY,), having=many)
    assert ask.rows(asked) == [{"city": "Berlin"}]


def test_a_field_that_is_no_key_takes_the_first_value(ask: Ask) -> None:
    customer = Field("orders", "customer_id")
    asked = plan(NAME, count(ORDERS), group_by=(customer,), order_by=(Order(NAME),))
    assert ask.rows(asked) == [{"name": "Ann", "count": 2}, {"name": "Bob", "count": 2}]


def test_parents_counted_beside_finer_rows_count_once(ask: Ask) -> None:
    asked = plan(count(ORDERS), Aggregate(Function.SUM, QUANTITY))
    assert ask.rows(asked) == [{"count": 3, "sum_quantity": 11}]


def test_distinct_rows_with_an_order_that_is_not_shown(ask: Ask) -> None:
    assert ask.column(plan(CITY, distinct=True, order_by=(Order(CITY),))) == ["Berlin", "Paris"]
    asked = plan(CITY, distinct=True, order_by=(Order(AGE, True),), limit=1)
    assert ask.rows(asked) == [{"city": "Berlin"}]


def test_the_group_with_the_most(ask: Ask) -> None:
    asked = plan(
        TITLE,
        group_by=(TITLE,),
        order_by=(Order(Aggregate(Function.SUM, QUANTITY), True),),
        limit=1,
    )
    assert ask.rows(asked) == [{"title": "Cup"}]


# ----------------------------------------------------- aggregates over what belongs to rows


def test_without_grouping_aggregates_run_over_what_belongs_to_each_row(ask: Ask) -> None:
    asked = plan(NAME, count(ORDERS), order_by=(Order(NAME),))
    assert ask.rows(asked) == [
        {"name": "Ann", "count": 2},
        {"name": "Bob", "count": 2},
        {"name": "Cleo", "count": 0},
    ]
    tags = plan(NAME, count(Entity("customers", "tags")), order_by=(Order(NAME),))
    assert [row["count"] for row in ask.rows(tags)] == [2, 1, 0]


def test_aggregates_over_elements_of_elements(ask: Ask) -> None:
    asked = plan(NAME, count(CALLS), Aggregate(Function.SUM, MINUTES), order_by=(Order(NAME),))
    assert ask.rows(asked) == [
        {"name": "Ann", "count": 1, "sum_minutes": 3},
        {"name": "Bob", "count": 3, "sum_minutes": 14},
        {"name": "Cleo", "count": 0, "sum_minutes": 0},
    ]


def test_row_aggregates_across_collections_into_arrays(ask: Ask) -> None:
    total = Aggregate(Function.SUM, QUANTITY)
    asked = plan(TITLE, total, order_by=(Order(total, True), Order(TITLE)))
    assert [(row["title"], row["sum_quantity"]) for row in ask.rows(asked)] == [
        ("Cup", 7), ("Lamp", 3), ("Pen", 1), ("Fork", 0),
    ]  # fmt: skip
    through = plan(NAME, total, order_by=(Order(NAME),))
    assert [row["sum_quantity"] for row in ask.rows(through)] == [6, 5, 0]


def test_row_aggregates_can_be_tested(ask: Ask) -> None:
    asked = plan(NAME, having=Compare(count(Entity("tickets")), Comparator.GTE, 2))
    assert ask.rows(asked) == [{"name": "Cleo"}]


# ------------------------------------------------------------------------- promises


def test_lowering_is_deterministic(known: Catalog) -> None:
    asked = plan(NAME, TITLE, count(ITEMS), group_by=(NAME, TITLE), where=is_over(TOTAL, 1))
    assert lower(asked, known) == lower(asked, catalog())


@given(asked=plans())
@settings(max_examples=150, deadline=None)
def test_every_plan_runs_and_reads_back_or_is_refused_with_a_reason(
    asked: Plan, shop: Database[dict[str, Any]], known: Catalog
) -> None:
    try:
        command = lower(asked, known)
    except MqtError:
        return
    run(command, shop)
    assert parse_query(render_mongosh(command)) == command


def test_plans_that_make_no_sense_are_refused(known: Catalog) -> None:
    with pytest.raises(PlanError, match="at least one output"):
        lower(Plan(()), known)
    with pytest.raises(PlanError, match="aggregate"):
        lower(plan(NAME, having=is_over(AGE, 3)), known)
    with pytest.raises(PlanError, match="negative"):
        lower(plan(NAME, limit=-1), known)
    with pytest.raises(PlanError, match="two columns"):
        lower(Plan((Output(NAME, "x"), Output(CITY, "x"))), known)
    with pytest.raises(PlanError, match="name of a column"):
        lower(Plan((Output(NAME, "$x"),)), known)
    with pytest.raises(PlanError, match="regular expression"):
        lower(plan(NAME, where=Text(NAME, TextMatch.REGEX, "a(")), known)


def test_rows_behind_rows_must_be_there(ask: Ask) -> None:
    """An order without items gives its customer no items."""
    bought = {row["name"] for row in ask.rows(plan(NAME, QUANTITY))}
    assert ask.names(Related(ITEMS)) == bought
    assert ask.names(Related(ITEMS, negated=True)).isdisjoint(bought)


def test_rows_stay_without_what_is_optional_in_another_collection(ask: Ask) -> None:
    asked = plan(NAME, TOTAL, optional=(ORDERS,))
    everybody = set(ask.column(plan(NAME)))
    rows = ask.rows(asked)
    assert {row["name"] for row in rows} == everybody
    ordered = {row["name"] for row in ask.rows(plan(NAME, TOTAL))}
    assert {row["name"] for row in rows if row.get("total") is None} == everybody - ordered


def test_aggregates_over_rows_that_meet_a_test_on_decimals(ask: Ask) -> None:
    test = is_over(TOTAL, Decimal128("6.00"))
    dear = Aggregate(Function.COUNT, ORDERS, where=test)
    rows = ask.rows(plan(STATUS, dear, group_by=(STATUS,), order_by=(Order(dear, True),)))
    assert sum(row["count"] for row in rows) == len(ask.totals(test))


def test_fields_of_sibling_arrays_meet_in_no_row() -> None:
    two = catalog_from_documents("pair", {"pairs": [{"a": [{"x": 1}], "b": [{"y": 2}]}]})
    left, right = Field("pairs", "a.x"), Field("pairs", "b.y")
    where = Compare(left, Comparator.GT, right)
    with pytest.raises(PlanError):
        lower(plan(Aggregate(Function.COUNT, Entity("pairs")), where=where), two)
