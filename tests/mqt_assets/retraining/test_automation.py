"""The retraining sensor on a real Dagster instance and a real journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pymongo import MongoClient

from mqt_assets.definitions import defs
from mqt_assets.drift.flags import DriftFlag, write_flags
from mqt_assets.release.audit import record
from mqt_assets.release.decisions import write
from mqt_assets.release.gates import Decision, EvaluationReport, Gate, Share
from mqt_assets.retraining.automation import retraining_sensor
from mqt_assets.retraining.reading import look_at_quality, served_model
from mqt_assets.retraining.schema_change import write_shape
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.state import CANDIDATE, CATALOG, RELEASE, TRAINING
from mqt_resources.artifacts import ArtifactStore
from mqt_resources.definitions import local_resources
from mqt_resources.gateways import JournalResource, SettingsResource
from mqt_serving.releases import Pointer, move_pointer, write_release
from mqt_serving.settings import JOURNAL_DATABASE

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@dataclass
class Place:
    """A home with a candidate, its journal and a Dagster instance."""

    home: Path
    uri: str
    journal: Any
    instance: dg.DagsterInstance
    cursor: str | None = None

    @property
    def store(self) -> ArtifactStore:
        return ArtifactStore(self.home / "artifacts")

    @property
    def settings(self) -> SettingsResource:
        return SettingsResource(
            overrides={
                "home": str(self.home),
                "journal_uri": self.uri,
                "retrain_calendar": "never",
                "retrain_after_corrections": "3",
                "retrain_quality_questions": "20",
            }
        )

    def tick(self) -> Any:
        resources = local_resources(self.settings)
        with dg.build_sensor_context(self.instance, self.cursor, resources=resources) as context:
            data = retraining_sensor.evaluate_tick(context)
        self.cursor = data.cursor
        return data

    def train(
        self, feedback: list[str], at: datetime = YESTERDAY, by: str = "", decided: bool = True
    ) -> None:
        """What a training in the run `by` leaves; `decided`: its run went on to the release."""
        with self.store.scratch(CANDIDATE) as scratch:
            folder = scratch / "value"
            (folder / "translator").mkdir(parents=True)
            write_shape(folder / "translator", [catalog("total")])
            about = {"feedback": feedback, "trained_at": at.isoformat()}
            about |= {"translator": f"t{by}", "dagster_run_id": by}
            (folder / TRAINING).write_text(json.dumps(about))
            self.store.publish(CANDIDATE, folder)
        if decided:
            self.store.write(RELEASE, json.dumps({"candidate": f"t{by}"}).encode())

    def accept(self, *ids: str) -> None:
        self.journal["feedback"].insert_many(
            {"_id": name, "at": datetime.now(UTC), "status": "accepted"} for name in ids
        )

    def run(
        self, status: dg.DagsterRunStatus, job: str = "retrain_job", **options: Any
    ) -> dg.DagsterRun:
        """A run in Dagster's books; nothing is executed."""
        return self.instance.create_run_for_job(defs.resolve_job_def(job), status=status, **options)


def catalog(*fields: str) -> Any:
    documents = [{"_id": n, **dict.fromkeys(fields, n)} for n in range(3)]
    return catalog_from_documents("shop", {"orders": documents})


@pytest.fixture
def place(
    tmp_path: Path, mongo_uri: str, mongo_client: MongoClient[dict[str, Any]]
) -> Iterator[Place]:
    mongo_client.drop_database(JOURNAL_DATABASE)
    with dg.instance_for_test() as instance:
        found = Place(tmp_path, mongo_uri, mongo_client[JOURNAL_DATABASE], instance)
        found.train([])
        found.store.write(
            CATALOG, json.dumps({"shop": catalog("total").model_dump(mode="json")}).encode()
        )
        yield found
    mongo_client.drop_database(JOURNAL_DATABASE)


def test_enough_new_corrections_start_one_run_that_says_why(place: Place) -> None:
    place.accept("f1", "f2")
    assert "2 new of 2 accepted, 3 start a training" in place.tick().skip_message
    place.accept("f3")
    (request,) = place.tick().run_requests
    assert request.tags["mqt/reasons"] == "corrections"
    (same,) = place.tick().run_requests
    assert same.run_key == request.run_key  # Dagster starts it once
    place.run(dg.DagsterRunStatus.NOT_STARTED, tags=dict(request.tags))
    assert "a training runs or waits already" in place.tick().skip_message


def test_corrections_that_contradict_each_other_start_no_training_until_that_is_settled(
    place: Place,
) -> None:
    place.accept("f1")
    place.journal["feedback"].insert_many(
        {
            "_id": f"f{number}",
            "query_id": f"q{number}",
            "at": datetime.now(UTC),
            "status": "accepted",
            "question": "Large orders",
            "database": "shop",
            "corrected_query": f"db.orders.find({{total: {number}}})",
            "plan": None,
        }
        for number in (2, 3, 4)
    )
    skipped = place.tick().skip_message
    assert "1 new of 4 accepted, 3 start a training; 3 are disputed" in skipped
    place.journal["feedback"].update_many(
        {"_id": {"$in": ["f2", "f3"]}}, {"$set": {"status": "revoked"}}
    )
    place.accept("f5")
    assert place.tick().run_requests


def test_what_was_learned_starts_no_other_training(place: Place) -> None:
    place.accept("f1", "f2", "f3")
    place.train(["f1", "f2", "f3"])
    assert "0 new of 3 accepted" in place.tick().skip_message
    # As many, but others: a count would not tell.
    place.journal["feedback"].delete_many({})
    place.accept("f4", "f5", "f6")
    assert place.tick().run_requests


def test_all_reasons_go_into_one_run(place: Place) -> None:
    place.accept("f1", "f2", "f3")
    write_flags(
        place.store, [DriftFlag(id="d", kind="data", subject="shop.orders", at=datetime.now(UTC))]
    )
    changed = {"shop": catalog("total", "city", "status").model_dump(mode="json")}
    place.store.write(CATALOG, json.dumps(changed).encode())
    (request,) = place.tick().run_requests
    assert request.tags["mqt/reasons"] == "corrections, schema, drift"
    assert "2 of 4 fields changed" in request.tags["mqt/reason_schema"]


@pytest.mark.parametrize(
    ("job", "options", "counts"),
    [
        ("retrain_job", {}, True),  # by a person
        ("everything_job", {}, True),
        ("retrain_job", {"asset_selection": frozenset({dg.AssetKey("release")})}, False),
        ("__ASSET_JOB", {"asset_selection": frozenset({dg.AssetKey(CANDIDATE)})}, True),
        ("train_base_model", {}, False),
        ("embed_job", {}, False),
    ],
)
def test_trainings_of_people_count_for_the_cool_down(
    place: Place, job: str, options: dict[str, Any], counts: bool
) -> None:
    place.accept("f1", "f2", "f3")
    run = place.run(dg.DagsterRunStatus.STARTED, job, **options)
    place.instance.report_run_canceled(run)
    assert ("cooling down until" in (place.tick().skip_message or "")) == counts


def test_a_base_training_that_runs_is_waited_for(place: Place) -> None:
    place.accept("f1", "f2", "f3")
    place.run(dg.DagsterRunStatus.STARTED, "train_base_model")
    assert "a training runs or waits already" in place.tick().skip_message


def test_trainings_that_fail_are_not_tried_again_at_once(place: Place) -> None:
    place.accept("f1", "f2", "f3")
    for _ in range(3):
        place.instance.report_run_failed(place.run(dg.DagsterRunStatus.STARTED))
    assert "3 trainings in a row failed: the next try is at" in place.tick().skip_message


def test_without_a_model_there_is_nothing_to_train_again(place: Place) -> None:
    (place.store.path(CANDIDATE) / "current.json").unlink()
    place.accept("f1", "f2", "f3")
    assert "no model yet" in place.tick().skip_message


def test_a_journal_that_is_away_starts_nothing(place: Place) -> None:
    place.uri = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200"
    assert "could not be read. MongoDB for the journal does not answer" in place.tick().skip_message


class TestFinishing:
    """A candidate whose run died before it was evaluated and released."""

    @pytest.fixture
    def died(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> str:
        """The id of the run, for which nobody has to wait."""
        monkeypatch.setattr("mqt_assets.retraining.finishing.FIRST_BACK_OFF", timedelta(0))
        run = place.run(dg.DagsterRunStatus.STARTED)
        place.train(["f1", "f2", "f3"], by=run.run_id, decided=False)
        place.accept("f1", "f2", "f3")
        assert not place.tick().run_requests  # it may go on to the release
        place.instance.report_run_failed(run)
        return run.run_id

    def test_evaluation_and_release_are_asked_for_once_and_say_why(
        self, place: Place, died: str
    ) -> None:
        (request,) = place.tick().run_requests
        assert request.asset_selection == [
            dg.AssetKey("candidate_evaluation"),
            dg.AssetKey("release"),
        ]
        assert request.tags["mqt/reasons"] == "unfinished"
        assert request.tags["mqt/reason_unfinished"].startswith(
            f"the run that trained t{died} died"
        )
        (same,) = place.tick().run_requests
        assert same.run_key == request.run_key  # Dagster starts it once
        finishing = place.run(
            dg.DagsterRunStatus.STARTED,
            tags=dict(request.tags),
            asset_selection=frozenset(request.asset_selection),
        )
        assert f"run {finishing.run_id} does that" in place.tick().skip_message
        place.instance.report_run_failed(finishing)
        skipped = place.tick().skip_message
        assert f"so did run {finishing.run_id}" in skipped
        assert "of retrain_job by hand" in skipped
        assert "0 new of 3 accepted" in skipped  # and what else is due is looked at

    def test_a_training_that_is_due_waits_for_it_but_not_for_its_failure(
        self, place: Place, died: str
    ) -> None:
        (request,) = place.tick().run_requests
        finishing = place.run(
            dg.DagsterRunStatus.STARTED,
            tags=dict(request.tags),
            asset_selection=frozenset(request.asset_selection),
        )
        place.accept("f4", "f5", "f6")
        assert "a training runs or waits already" in place.tick().skip_message
        place.instance.report_run_failed(finishing)
        skipped = place.tick().skip_message
        assert "runs or waits" not in skipped
        assert "cooling down" in skipped  # after the training, as after any

    def test_what_was_decided_is_not_decided_again(self, place: Place, died: str) -> None:
        place.store.write(RELEASE, json.dumps({"candidate": f"t{died}"}).encode())
        assert not place.tick().run_requests
        # A release of other data, by an evaluation of the candidate before.
        place.store.write(RELEASE, json.dumps({"candidate": "another"}).encode())
        assert place.tick().run_requests
        # A home of before, whose releases do not say.
        place.store.write(RELEASE, json.dumps({"release": "r1"}).encode())
        assert not place.tick().run_requests

    def test_a_check_that_stopped_the_run_was_a_decision(self, place: Place, died: str) -> None:
        report = EvaluationReport(
            translator=f"t{died}",
            holdout_digest="h",
            overall=Share(correct=1, total=2),
            milliseconds_p50=1,
            milliseconds_p95=2,
            megabytes=1,
        )
        slow = Decision((Gate("latency", False, True, "too slow"),))
        write(place.store, report, slow, by="evaluation_gates", dagster_run_id=died)
        assert not place.tick().run_requests


class TestQuality:
    """Of one model over its releases: a new release of the same translator is not another model."""

    @pytest.fixture
    def served(self, place: Place) -> Place:
        root = place.home / "releases"
        for name, translator, days in (("r0", "old", 30), ("r1", "t", 20), ("r2", "t", 9)):
            folder = place.home / name
            folder.mkdir()
            (folder / "text").write_text(name)
            write_release(root, folder, release_id=name)
            record(
                root,
                action="release",
                dagster_run_id="",
                before=None,
                after=name,
                translators=("", translator),
                now=datetime.now(UTC) - timedelta(days=days),
            )
        move_pointer(root, Pointer(champion="r2"))
        place.train([], at=datetime.now(UTC) - timedelta(days=8))
        return place

    @staticmethod
    def ask(
        place: Place, days_ago: float, count: int, failed: int, corrected: int = 0, by: str = "r2"
    ) -> None:
        at = datetime.now(UTC) - timedelta(days=days_ago)
        names = [f"{by}:{days_ago}:{n}" for n in range(count)]
        place.journal["queries"].insert_many(
            {
                "_id": name,
                "at": at + timedelta(seconds=n),
                "release_id": by,
                "outcome": "cannot-answer" if n < failed else "answered",
            }
            for n, name in enumerate(names)
        )
        if corrected:
            place.journal["feedback"].insert_many(
                {"_id": f"f:{name}", "query_id": name, "corrected_query": "x", "status": "noted"}
                for name in names[:corrected]
            )

    def test_a_loss_starts_a_training_once_a_day(self, served: Place) -> None:
        self.ask(served, 19, 40, failed=2, by="r1")
        self.ask(served, 25, 40, failed=40, by="r0")  # another model's
        self.ask(served, 1.5, 60, failed=30)
        (request,) = served.tick().run_requests
        assert "fewer are answered" in request.tags["mqt/reason_quality"]
        assert "95% answered and 0% corrected of 40 questions" in request.tags["mqt/reason_quality"]
        served.train([], at=datetime.now(UTC))  # asked before it: no news
        assert "0 recent questions" in served.tick().skip_message

    def test_corrections_count_too(self, served: Place) -> None:
        self.ask(served, 19, 40, failed=2, by="r1")
        self.ask(served, 1.5, 60, failed=2, corrected=30)
        (request,) = served.tick().run_requests
        assert request.tags["mqt/reason_quality"].startswith("more are corrected")

    def test_it_is_looked_at_once_a_day(self, served: Place) -> None:
        assert "0 first and 0 recent questions" in served.tick().skip_message
        self.ask(served, 19, 40, failed=2, by="r1")
        self.ask(served, 1.5, 60, failed=30)
        assert "0 first and 0 recent questions" in served.tick().skip_message
        served.cursor = None
        assert served.tick().run_requests

    def test_what_is_read_is_bounded(self, served: Place) -> None:
        self.ask(served, 19, 300, failed=2, by="r1")
        self.ask(served, 1.5, 300, failed=30)
        model = served_model(served.home / "releases")
        assert model is not None
        assert model.releases == ("r1", "r2")
        journal = JournalResource(settings=served.settings)
        now = datetime.now(UTC)
        look = look_at_quality(journal, model, now - timedelta(days=8), now, 20, 0.05)
        assert "of 100 questions, at first" in look.state
        assert look.state.endswith("of 40 questions")
