"""The query is found in what models really write around it."""

from __future__ import annotations

import pytest

from mqt_serving.errors import QueryError
from mqt_serving.llm.reply import Declined, query_in

QUERY = 'db.orders.find({status: "shipped"}, {_id: 0}).sort({total: -1}).limit(3)'


@pytest.mark.parametrize(
    "reply",
    [
        QUERY,
        f"{QUERY};",
        f"```\n{QUERY}\n```",
        f"```javascript\n{QUERY}\n```",
        f"Sure! Here is the query:\n\n```js\n{QUERY}\n```\n\nIt sorts (by total).",
        f"```js\n{QUERY}",  # cut off before the fence ends
        f"The query is: {QUERY} (sorted by total). It's what you asked for.",
        f"{QUERY}\n\nThis finds all orders (shipped).",
        f"<think>Perhaps db.customers.find({{}})?</think>\n{QUERY}",
        f"use shop\n{QUERY}",
        f"const rows = {QUERY};\nprintjson(rows)",
        f"print(list({QUERY}))",
        f"{QUERY}\ndb.orders.drop()",
    ],
)
def test_the_query_is_found_whatever_is_around_it(reply: str) -> None:
    assert query_in(reply) == QUERY


@pytest.mark.parametrize(
    "query",
    [
        "db.orders\n  .aggregate([\n    {$match: {total: {$gt: 5}}},\n  ])",
        "db['order items'].countDocuments({})",
        'db.getCollection("orders").find({note: "a) b] c} \\" d"})',
        "db.orders.find({name: 'It\\'s (here'})",
        '{"find": "orders", "filter": {"status": "shipped"}}',
    ],
)
def test_every_form_of_a_query_is_taken_whole(query: str) -> None:
    assert query_in(f"Here:\n{query}\nDone.") == query


def test_a_query_wrapped_in_json_is_unwrapped() -> None:
    assert query_in('```json\n{"query": "db.orders.find({})"}\n```') == "db.orders.find({})"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("CANNOT: there are no salaries.", "there are no salaries."),
        ("**CANNOT:** no salaries", "no salaries"),
        ("cannot: no\nsalaries", "no salaries"),
        ("CANNOT:", "no reason given"),
    ],
)
def test_a_refusal_comes_with_its_reason(reply: str, reason: str) -> None:
    assert query_in(reply) == Declined(reason)


@pytest.mark.parametrize(
    "reply",
    ["", "I would look at the orders.", "db", "db.orders", "db.orders.find({", "{]", "{" * 5000],
)
def test_where_there_is_no_query_the_model_is_told_what_to_write(reply: str) -> None:
    with pytest.raises(QueryError, match=r"starts with `db\.`"):
        query_in(reply)
