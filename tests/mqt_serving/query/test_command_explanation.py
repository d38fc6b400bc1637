"""Queries that people write are explained step by step, whatever they use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.explanation import explain_command
from mqt_serving.query.operators import (
    ACCUMULATORS,
    EXPRESSIONS,
    FIELD_TESTS,
    FILTER_FORMS,
    GEO_TESTS,
    STAGES,
    WINDOW_FUNCTIONS,
    Operator,
)
from mqt_serving.query.pipeline import Command
from tests.mqt_serving.query.command_mutations import in_one_form, mutations
from tests.mqt_serving.query.command_strategies import commands

TABLES = (FIELD_TESTS, GEO_TESTS, FILTER_FORMS, EXPRESSIONS, ACCUMULATORS, WINDOW_FUNCTIONS, STAGES)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("db.orders.find()", "Find all `orders`."),
        ("db.orders.aggregate([])", "Go through all `orders` and show all their fields."),
        (
            "db.orders.countDocuments({total: {$gt: 5}, $or: [{status: null}, {note: /x/i}]})",
            "Count the `orders` where `total` is more than 5 and (`status` is null or missing or "
            '`note` matches the pattern "x" (upper and lower case alike)).',
        ),
        (
            "db.orders.distinct('status', {items: {$elemMatch: {price: {$gt: 5}, quantity: 2}}})",
            "List the different values of `status` in the `orders` where `items` has an element "
            "where (`price` is more than 5 and `quantity` is 2).",
        ),
        (
            "db.orders.find({}, {total: 1, _id: 0}).sort({total: -1, _id: 1}).skip(10).limit(5)",
            "Find all `orders`; sort by `total` descending, then `_id` ascending; skip the first "
            "10; keep the first 5; show `total`, without `_id`.",
        ),
        (
            """db.orders.aggregate([
                {$match: {placed_at: {$gte: ISODate("2025-03-01"), $lt: ISODate("2025-04-01")}}},
                {$unwind: {path: "$items", includeArrayIndex: "i"}},
                {$lookup: {from: "products", let: {p: "$items.product_id"}, as: "product", pipeline:
                    [{$match: {$expr: {$eq: ["$_id", "$$p"]}}}, {$project: {title: 1}}]}},
                {$group: {_id: {$dateTrunc: {date: "$placed_at", unit: "week",
                    timezone: "Europe/Berlin"}}, n: {$sum: 1},
                    worth: {$sum: {$multiply: ["$items.price", "$items.quantity"]}}}},
                {$facet: {top: [{$sort: {worth: -1}}, {$limit: 3}], all: []}}
            ])""",
            "Go through the `orders`, step by step:\n"
            "1. keep those where `placed_at` is at least 1 March 2025 00:00 UTC and `placed_at` is "
            "less than 1 April 2025 00:00 UTC\n"
            "2. take each element of `items`, its position as `i`\n"
            "3. add as `product` the rows of `products`, where `$$p` is `items.product_id`, after "
            "these steps:\n"
            "   1. keep those where by computation (`_id` equals `$$p`)\n"
            "   2. show `title`\n"
            "4. group by (the start of the week of `placed_at` in time zone \"Europe/Berlin\"); of "
            "each: `n` = the number of rows (1 for each); `worth` = the sum of (`items.price` "
            "times `items.quantity`)\n"
            "5. compute side by side `top` and `all`:\n"
            "   `top`:\n"
            "      1. sort by `worth` descending\n"
            "      2. keep the first 3\n"
            "   `all`: the rows as they are",
        ),
        (
            """db.sales.aggregate([{$setWindowFields: {partitionBy: "$city", sortBy: {day: 1},
                output: {running: {$sum: "$total", window: {documents: ["unbounded", "current"]}}}
            }}])""",
            "Go through the `sales`, step by step:\n"
            "1. add to each row `running` = the sum of `total` over the rows from the first to the "
            "current, within those of the same `city`, in the order of `day` ascending",
        ),
        (
            """db.sales.aggregate([{$project: {band: {$switch: {branches: [
                {case: {$gt: ["$n", 9]}, then: "many"}], default: "few"}},
                late: {$filter: {input: "$items", as: "item", cond: {$lt: ["$$item.n", 2]}}}}}])""",
            "Go through the `sales`, step by step:\n"
            '1. show `band` = "many" if (`n` is more than 9); otherwise "few"; `late` = those of '
            "`items`, each called item, where (`$$item.n` is less than 2)",
        ),
    ],
)  # fmt: skip
def test_a_command_reads_as_steps(query: str, text: str) -> None:
    assert explain_command(parse_query(query)) == text


@pytest.mark.parametrize("operator", [o for table in TABLES for o in table.values()], ids=repr)
def test_the_english_of_an_operator_says_every_argument(operator: Operator) -> None:
    said = [name for name, _ in re.findall(r"\{(\w+)(:\w+)?", operator.english)]
    assert len(said) == len(set(said))
    shape = operator.shape
    if "all" in said:
        return
    if shape.named:
        assert set(said) - {"0"} == shape.names or said == ["0"]
    else:
        assert shape.most is not None
        assert {int(name) for name in said if name.isdigit()} == set(range(shape.most))


@pytest.mark.parametrize("table", TABLES)
def test_no_two_operators_read_the_same(table: dict[str, Operator]) -> None:
    operators = [o for name, o in table.items() if name not in ("$set", "$replaceWith")]
    assert len({operator.english for operator in operators}) == len(operators)


# ------------------------------------------------------ different commands differ


def assert_no_two_read_the_same(asked: Iterable[Command]) -> None:
    seen: dict[str, Command] = {}
    for command in asked:
        text = explain_command(command)
        one = in_one_form(command)
        assert seen.setdefault(text, one) == one, text


@given(commands, commands, st.randoms(use_true_random=True))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_commands_that_differ_in_one_place_never_read_the_same(
    one: Command, other: Command, rng: Random
) -> None:
    near = list(islice(mutations(one), 400))
    assert_no_two_read_the_same([one, other, *rng.sample(near, min(len(near), 40))])
