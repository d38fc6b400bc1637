"""`feedback_insights` on a real journal, in a real Dagster instance: what a day's report says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pytest
from pymongo import MongoClient

from mqt_assets.definitions import build_defs
from mqt_assets.feedback.clusters import MOST_CLUSTERED
from mqt_assets.feedback.insights import Day, report_of
from mqt_assets.feedback.query_log import to_table
from mqt_assets.feedback.redaction import redaction_of
from mqt_assets.state import CATALOG
from mqt_resources.gateways import SettingsResource
from mqt_serving.insights import INSIGHTS, InsightsReport
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema
from mqt_serving.settings import JOURNAL_DATABASE
from tests.mqt_assets.feedback.synthetic_day import SECRET, SyntheticDay

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NOON = datetime(2026, 11, 10, tzinfo=UTC)
DAY, NEXT, EMPTY = "2026-11-10", "2026-11-11", "2026-11-12"


def collection(name: str, *fields: str) -> CollectionSchema:
    return CollectionSchema(
        database="shop",
        collection=name,
        document_count=9,
        sampled=9,
        fields=tuple(FieldSchema(path=f, types={BsonType.STRING: 1}, presence=1) for f in fields),
    )


SHOP = Catalog(
    database="shop",
    collections=(
        collection("customers", "nickname", "phone"),
        collection("deliveries", "carrier", "late"),
        collection("orders", "status"),
    ),
)


@dataclass
class World:
    settings: SettingsResource
    journal: Any
    instance: dg.DagsterInstance

    def materialize(self, day: str) -> dg.ExecuteInProcessResult:
        job = build_defs({"settings": self.settings}).resolve_job_def("query_log_job")
        return job.execute_in_process(
            instance=self.instance, partition_key=day, raise_on_error=False
        )

    def report(self, day: str) -> InsightsReport:
        return InsightsReport.model_validate(
            self.journal[INSIGHTS].find_one({"_id": day})["report"]
        )

    def metadata(self) -> dict[str, Any]:
        event = self.instance.get_latest_materialization_event(dg.AssetKey("feedback_insights"))
        assert event is not None
        assert event.asset_materialization is not None
        return {name: value.value for name, value in event.asset_materialization.metadata.items()}


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory,
    mongo_uri: str,
    redis_url: str,
    mongo_client: MongoClient[dict[str, Any]],
) -> Iterator[World]:
    home = tmp_path_factory.mktemp("insights")
    settings = SettingsResource(
        overrides={
            "home": str(home),
            "mongodb_uri": mongo_uri,
            "journal_uri": mongo_uri,
            "redis_url": redis_url,
            "private_fields": "shop.customers.nickname",
        }
    )
    settings.artifacts().write(CATALOG, json.dumps({"shop": SHOP.model_dump(mode="json")}).encode())
    mongo_client.drop_database(JOURNAL_DATABASE)
    for start, seed in ((NOON, 3), (NOON + timedelta(days=1), 4)):
        made = SyntheticDay(start, seed=seed)
        mongo_client[JOURNAL_DATABASE].queries.insert_many(made.queries)
        mongo_client[JOURNAL_DATABASE].feedback.insert_many(made.feedback)
    with dg.instance_for_test() as instance:
        yield World(settings, mongo_client[JOURNAL_DATABASE], instance)
    mongo_client.drop_database(JOURNAL_DATABASE)


def test_a_day_says_what_failed_and_where(world: World) -> None:
    assert world.materialize(DAY).success
    report = world.report(DAY)
    made = SyntheticDay(NOON)
    figures = report.figures
    assert (figures.day, figures.asked) == (date(2026, 11, 10), len(made.queries))
    assert figures.failed == len(set(made.failing()))
    assert figures.errors == sum(q["outcome"] != "answered" for q in made.queries)
    assert figures.low < figures.rate < figures.high
    assert (figures.voted_up, figures.ratings, figures.mean_rating) == (1, 1, 5.0)

    worst = report.patterns[0]
    assert worst.stands_out
    assert worst.value in ("deliveries", "deliveries.carrier")
    assert worst.lift is not None
    assert worst.lift > 4
    stands_out = {p.value for p in report.patterns if p.stands_out}
    assert {"deliveries", "deliveries.carrier"} <= stands_out
    assert not stands_out & {"orders", "customers", "r1", "r2"}

    labels = " ".join(cluster.label for cluster in report.clusters[:2])
    assert "carrier" in labels
    assert {"voted down", "cannot-answer"} <= set(report.clusters[0].why) | set(
        report.clusters[1].why
    )
    assert report.sentiment.negative > report.sentiment.positive == 1
    assert report.sentiment.worst
    assert report.reasons["unclear"] == len(made.feedback)
    assert report.signals == {"copied": 1}


def test_values_of_private_fields_are_nowhere(world: World) -> None:
    stored = json.dumps(world.journal[INSIGHTS].find_one({"_id": DAY}), default=str)
    artifacts = [p for p in world.settings.artifacts().path("feedback_insights").rglob("*.json")]
    assert len(artifacts) == 1
    for text in (stored, artifacts[0].read_text(), json.dumps(world.metadata(), default=str)):
        assert "carrier" in text
        assert SECRET.lower() not in text.lower()
    assert "customers.nickname" in str(world.report(DAY).hidden)


def test_dagster_shows_tables_and_plots(world: World) -> None:
    metadata = world.metadata()
    assert "| cluster |" in metadata["clusters"]
    assert "deliveries" in metadata["patterns"]
    assert "data:image/png;base64," in metadata["trend_plot"]
    assert "data:image/png;base64," in metadata["patterns_plot"]
    assert "could be values" in metadata["notes"]


def test_the_same_day_again_is_the_same_report_in_the_same_place(world: World) -> None:
    before = world.report(DAY)
    assert world.materialize(DAY).success
    assert world.report(DAY) == before
    assert world.journal[INSIGHTS].count_documents({}) == 1


def test_feedback_of_the_days_after_still_counts(world: World) -> None:
    before = world.report(DAY).figures
    late = SyntheticDay(NOON).feedback[-2]  # the praise, of an answer that nobody complained about
    world.journal.feedback.insert_one(
        late | {"_id": "late", "verdict": "down", "at": NOON + timedelta(days=2), "signals": []}
    )
    assert world.materialize(DAY).success
    after = world.report(DAY).figures
    assert after.failed == before.failed + 1
    assert after.comments == before.comments


def test_the_trend_holds_the_days_before(world: World) -> None:
    assert world.materialize(NEXT).success
    rows = [line for line in world.metadata()["trend"].splitlines() if line.startswith("| 2026")]
    assert [row.split("|")[1].strip() for row in rows] == [NEXT, DAY]


def test_an_empty_day_is_an_empty_report(world: World) -> None:
    assert world.materialize(EMPTY).success
    report = world.report(EMPTY)
    assert report.figures.asked == report.figures.failed == 0
    assert (report.clusters, report.patterns) == ((), ())
    assert (report.figures.low, report.figures.high) == (0.0, 1.0)


def test_a_journal_that_is_away_is_said_to_be(world: World, tmp_path: Path) -> None:
    away = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300"
    overrides = {**world.settings.overrides, "journal_uri": away, "home": str(tmp_path)}
    result = World(SettingsResource(overrides=overrides), None, world.instance).materialize(DAY)
    assert not result.success
    failures = [e for e in result.all_events if e.event_type_value == "STEP_FAILURE"]
    assert "does not answer" in str(failures[0].step_failure_data.error)


def test_a_huge_day_is_bounded_and_says_what_was_left_out() -> None:
    start = NOON.replace(tzinfo=None)
    documents = [
        {"_id": f"q{n}", "at": start, "question": f"Question {n}?", "outcome": "cannot-answer"}
        for n in range(MOST_CLUSTERED + 500)
    ]
    rows = to_table(documents).to_pylist()
    embedded: list[int] = []

    def embed(texts: Any) -> Any:
        embedded.append(len(texts))
        vectors = np.random.default_rng(1).normal(size=(len(texts), 16)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    end = NOON + timedelta(days=1)
    day = Day(NOON, end, rows, len(rows), len(rows) + 7, [])
    report = report_of(day, redaction_of({}, Policy(), ()), embed)
    assert embedded == [MOST_CLUSTERED]
    assert len(report.clusters) <= 20
    assert f"newest {len(rows)} of {len(rows) + 7} queries" in report.notes[0]
    assert f"{MOST_CLUSTERED} of {len(rows)} different failing questions" in report.notes[1]
    assert report.alone + sum(c.asked for c in report.clusters) == len(rows)
