"""Examples survive being a table."""

from __future__ import annotations

from mqt_assets.training.examples import make_example
from mqt_assets.training.tables import counts, from_table, to_table
from mqt_serving.query.plan import Comparator, Compare, Entity, Field, Output, Plan

PLAN = Plan((Output(Entity("orders")),), where=Compare(Field("orders", "n"), Comparator.GT, 3))
EXAMPLES = [
    make_example("Orders above 3?", "shop", PLAN, "db.orders.find({n: {$gt: 3}})", source="tend"),
    make_example("Odd?", "shop", None, "db.orders.find({})", source="correction", ordered=True),
]


def test_a_table_gives_the_examples_back() -> None:
    assert from_table(to_table(EXAMPLES)) == EXAMPLES
    assert from_table(to_table([])) == []
    assert to_table([]).schema == to_table(EXAMPLES).schema


def test_counts_are_by_source_and_kind() -> None:
    assert counts(EXAMPLES) == {("correction", "unraised"): 1, ("tend", "find"): 1}
