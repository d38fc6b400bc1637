"""Insights as serving reads them: bounded, clear when unreadable, never more than is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from pymongo import MongoClient

from mqt_serving.connections import LazyClient
from mqt_serving.errors import InsightsUnreadable, JournalUnavailable, UnknownDay
from mqt_serving.insights import (
    INSIGHTS,
    Cluster,
    DayFigures,
    InsightsReader,
    InsightsReport,
    Pattern,
    Remark,
    Sentiment,
    as_catalogs_leave,
    document_of,
)
from mqt_serving.privacy import with_private_fields
from mqt_serving.schema import Catalog

MONDAY = date(2026, 11, 2)


def report(day: date = MONDAY, **parts: Any) -> InsightsReport:
    return InsightsReport(figures=DayFigures(day=day, asked=10, failed=2), **parts)


def pattern(database: str, collection: str, path: str = "") -> Pattern:
    return Pattern(
        dimension="field" if path else "collection",
        value=f"{collection}.{path}",
        database=database,
        collection=collection,
        path=path,
        asked=20,
        failed=9,
        rate=0.45,
        low=0.2,
        high=0.7,
        rest=0.1,
        lift=4.5,
        excess=2,
        stands_out=True,
    )


@pytest.fixture
def name(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    yield "insights_test"
    mongo_client.drop_database("insights_test")


@pytest.fixture
def reader(mongo_uri: str, name: str) -> Iterator[InsightsReader]:
    client = LazyClient(lambda: mongo_uri, "the journal", selection_ms=2000, socket_ms=5000)
    yield InsightsReader(client, name)
    client.close()


def test_the_newest_days_in_order_and_the_newest_report(
    reader: InsightsReader, mongo_client: MongoClient[dict[str, Any]], name: str
) -> None:
    for offset in range(5):
        document = document_of(report(MONDAY + timedelta(days=offset)), "run")
        mongo_client[name][INSIGHTS].insert_one(document)
    found = reader.read(3)
    assert [figures.day.day for figures in found.trend] == [4, 5, 6]
    assert found.report is not None
    assert found.report.day == date(2026, 11, 6)
    earlier = reader.read(1, MONDAY)
    assert earlier.report is not None
    assert earlier.report.day == MONDAY
    assert [figures.day.day for figures in earlier.trend] == [6]


def test_nothing_yet_is_empty_and_a_day_without_a_report_is_named(reader: InsightsReader) -> None:
    assert reader.read(7).trend == ()
    assert reader.read(7).report is None
    with pytest.raises(UnknownDay, match="2026-11-02"):
        reader.read(7, MONDAY)


def test_what_another_version_wrote_is_said_to_be_so(
    reader: InsightsReader, mongo_client: MongoClient[dict[str, Any]], name: str
) -> None:
    mongo_client[name][INSIGHTS].insert_one(
        {"_id": "2026-11-02", "report": {"figures": {"day": "2026-11-02"}, "clusters": [1]}}
    )
    with pytest.raises(InsightsUnreadable, match="materialize"):
        reader.read(7)
    mongo_client[name][INSIGHTS].replace_one({}, {"other": 1})
    with pytest.raises(InsightsUnreadable, match="materialize"):
        reader.read(7)


def test_a_journal_that_is_away_is_said_to_be() -> None:
    client = LazyClient(
        lambda: "mongodb://127.0.0.1:9", "the journal", selection_ms=200, socket_ms=200
    )
    with pytest.raises(JournalUnavailable):
        InsightsReader(client).read(7)
    client.close()


def test_patterns_of_what_may_not_be_read_are_left_out(catalog: Catalog) -> None:
    shop = catalog.database
    written = report(
        patterns=(
            pattern(shop, "orders"),
            pattern(shop, "orders", "total"),
            pattern(shop, "customers", "email"),
            pattern(shop, "withheld"),
            pattern("elsewhere", "orders"),
        ),
        hidden=(f"{shop}.customers.email",),
    )
    left = as_catalogs_leave(written, {shop: catalog})
    assert [p.value for p in left.patterns] == ["orders.", "orders.total"]


def test_texts_go_when_more_is_private_than_when_they_were_written(catalog: Catalog) -> None:
    shop = catalog.database
    written = report(
        clusters=(
            Cluster(
                label="ada, orders",
                asked=3,
                questions=1,
                share=1,
                databases=(shop,),
                why={"voted down": 3},
                examples=("Orders of Ada",),
            ),
        ),
        sentiment=Sentiment(comments=1, negative=1, worst=(Remark(text="Ada", sentiment=-0.5),)),
        hidden=(f"{shop}.customers.email",),
    )
    same = as_catalogs_leave(written, {shop: catalog})
    assert same.clusters == written.clusters
    now = {shop: with_private_fields(catalog, ("customers.name",))}
    left = as_catalogs_leave(written, now)
    assert "ada" not in left.model_dump_json().lower()
    assert (left.clusters[0].label, left.clusters[0].asked) == ("Cluster 1", 3)
    assert "made private since" in left.notes[-1]
