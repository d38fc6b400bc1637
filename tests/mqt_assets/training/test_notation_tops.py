"""Plans as text: what is written reads back as the same plan."""

from __future__ import annotations

from datetime import datetime

import pytest

from mqt_assets.training.notation import NotationError, PlanReader
from mqt_assets.training.notation_writing import write_plan
from mqt_serving.query.plan import Entity, Field, Plan, Running
from tests.mqt_serving.query.shop import catalog

CATALOG = catalog()
ARRAYS = {
    Entity(schema.collection, path)
    for schema in CATALOG.collections
    for path in ("", *schema.array_paths)
}


def read(text: str) -> Plan:
    def is_field(field: Field) -> bool:
        known = CATALOG.field(field.collection, field.path)
        return known is not None and known.is_scalar

    return PlanReader(ARRAYS.__contains__, is_field, datetime(2026, 1, 1)).read(text)


@pytest.mark.parametrize(
    "text",
    [
        "products.category, products.title order products.title desc limit 2 per products.category",
        "orders order orders.placed_at desc limit 1 per customers.name, year(orders.placed_at)",
        "customers.name order orders.total skip 1 limit 1 per customers.name rows orders",
        "year(orders.placed_at), running(sum(orders.total)) group year(orders.placed_at)",
        "running(count(orders only orders.total > 5)) group orders.placed_at",
    ],
)
def test_what_is_written_reads_back(text: str) -> None:
    plan = read(text)
    assert write_plan(plan) == text
    assert plan.per or any(isinstance(output.value, Running) for output in plan.outputs)


def test_only_aggregates_add_up() -> None:
    with pytest.raises(NotationError, match="running totals"):
        read("running(orders.total) group orders.placed_at")
