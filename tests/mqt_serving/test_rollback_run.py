"""A worse model rolled back by itself: real serving, journal in a real mongod, sensor and job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
import pytest
from pymongo import MongoClient

from mqt_assets.experiments.moves import start
from mqt_assets.release.audit import entries, record, withdrawn
from mqt_assets.release.automatic import AUTHOR, PATIENCE, rollback_sensor, way_back
from mqt_assets.release.packaging import translator_of
from mqt_assets.release.rollback import rollback_job
from mqt_resources.definitions import local_resources
from mqt_resources.gateways import SettingsResource
from mqt_serving.assembly import Serving, build_serving
from mqt_serving.errors import MqtError
from mqt_serving.experiment_reports import list_reports, write_report
from mqt_serving.query.plan import Field, Output, Plan
from mqt_serving.releases import Pointer, prune, read_pointer
from mqt_serving.settings import JOURNAL_DATABASE, Settings
from tests.mqt_serving.small_shop import Recorder, count_of
from tests.mqt_serving.table_translator import LOADERS, Entry, Ranked

QUESTIONS = [f"How many orders are there in place {number}?" for number in range(150)]
GOOD = {question: Entry((Ranked(count_of("orders"), 0.9),)) for question in QUESTIONS}
NO_SUCH_FIELD = Plan((Output(Field("orders", "nothing")),))
WORSE = {
    question: Entry((Ranked(NO_SUCH_FIELD, 0.9),)) if number % 2 else GOOD[question]
    for number, question in enumerate(QUESTIONS)
}
BETTER = {**GOOD, "One more?": Entry((Ranked(count_of("customers"), 0.9),))}


class World:
    """Releases with an audit trail, and the sensor's ticks."""

    def __init__(self, settings: Settings, instance: dg.DagsterInstance, release: Any) -> None:
        self.root = settings.releases_folder
        self._instance = instance
        self._release = release
        uri = settings.journal_uri
        overrides = {"home": str(settings.home), "mongodb_uri": uri, "journal_uri": uri}
        self.resources = local_resources(SettingsResource(overrides=overrides))

    def release(self, name: str, table: Any) -> None:
        before = read_pointer(self.root)
        left = before.champion if before else None
        self._release(name, table=table)
        record(
            self.root,
            action="release",
            dagster_run_id="d",
            before=left,
            after=name,
            translators=(translator_of(self.root, left), translator_of(self.root, name)),
        )

    def tick(self, **resources: Any) -> Any:
        given = {**self.resources, **resources}
        with dg.build_sensor_context(self._instance, resources=given) as context:
            return rollback_sensor.evaluate_tick(context)

    def run(self, request: Any) -> dg.ExecuteInProcessResult:
        return rollback_job.execute_in_process(
            run_config=request.run_config,
            resources=self.resources,
            instance=self._instance,
            raise_on_error=False,
        )


@pytest.fixture
def world(
    settings: Settings,
    release: Callable[..., str],
    mongo_client: MongoClient[dict[str, Any]],
) -> Iterator[World]:
    for name in ("queries", "feedback"):
        mongo_client[JOURNAL_DATABASE][name].delete_many({})
    with dg.DagsterInstance.ephemeral() as instance:
        yield World(settings, instance, release)


def _ask(serving: Serving, questions: list[str] = QUESTIONS) -> None:
    serving.releases.check()
    for question in questions:
        try:
            serving.service.query(question)
        except MqtError:
            continue


def test_a_model_with_more_errors_is_rolled_back_and_stays_away(
    serving: Serving, world: World
) -> None:
    assert world.tick().skip_message == "Nothing is released yet."
    world.release("one", GOOD)
    _ask(serving)
    assert "none to go back to" in world.tick().skip_message
    world.release("two", WORSE)
    assert "0 of 100 questions" in world.tick().skip_message
    _ask(serving)

    (request,) = world.tick().run_requests
    done = world.run(request)
    assert done.success
    assert read_pointer(world.root) == Pointer(champion="one", previous="two")
    last = entries(world.root)[-1]
    assert (last["action"], last["author"], last["dagster_run_id"]) == (
        "rollback",
        AUTHOR,
        done.run_id,
    )
    assert "errors: 50.0% of 150 questions" in last["reason"]
    assert withdrawn(entries(world.root)) == {translator_of(world.root, "two")}

    # The pointer stays: the one before is withdrawn, whatever its successor does.
    assert "none to go back to" in world.tick().skip_message
    assert not world.run(request).success
    assert read_pointer(world.root) == Pointer(champion="one", previous="two")
    _ask(serving)
    assert "none to go back to" in world.tick().skip_message


def test_a_refresh_of_the_data_is_judged_with_its_model_and_the_way_back_is_kept(
    serving: Serving, world: World, release: Callable[..., str]
) -> None:
    world.release("one", GOOD)
    _ask(serving)
    world.release("two", WORSE)
    _ask(serving, QUESTIONS[:75])
    for name in ("three", "four"):
        world.release(name, WORSE)
    _ask(serving, QUESTIONS[75:])
    assert read_pointer(world.root) == Pointer(champion="four", previous="three")
    assert set(prune(world.root, 1, way_back(world.root))) == {"two"}
    (request,) = world.tick().run_requests
    assert world.run(request).success
    assert read_pointer(world.root) == Pointer(champion="one", previous="four")


def test_mongodb_or_the_journal_being_away_rolls_nothing_back(
    serving: Serving, settings: Settings, world: World
) -> None:
    world.release("one", GOOD)
    _ask(serving)
    world.release("two", BETTER)
    _ask(serving, QUESTIONS[:120])
    assert "errors: 0.0% of 120 questions" in world.tick().skip_message
    with _without_mongodb(settings) as cut_off:
        _ask(cut_off, QUESTIONS[:4])
    skipped = world.tick().skip_message
    assert "0 of 100 questions" in skipped
    assert "124 asked while MongoDB was away are left out" in skipped

    nowhere = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100"
    overrides = {"home": str(settings.home), "journal_uri": nowhere, "mongodb_uri": nowhere}
    away = local_resources(SettingsResource(overrides=overrides))
    assert "could not be judged" in world.tick(**away).skip_message


def test_what_serves_by_now_is_left_alone(serving: Serving, world: World) -> None:
    world.release("one", GOOD)
    _ask(serving)
    world.release("two", WORSE)
    _ask(serving)
    (request,) = world.tick().run_requests
    world.release("three", BETTER)
    assert not world.run(request).success
    assert read_pointer(world.root) == Pointer(champion="three", previous="two")


def test_an_experiment_that_ends_by_itself_comes_first(
    serving: Serving, world: World, release: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.release("one", GOOD)
    _ask(serving)
    world.release("two", WORSE)
    release("three", table={}, live=False)
    start(world.root, 0.5, challenger="three")
    _ask(serving, QUESTIONS * 2)
    assert "The experiment moves first: guardrail" in world.tick().skip_message
    monkeypatch.setenv("MQT_EXPERIMENT_AUTO", "false")  # nobody may ever move it
    assert len(world.tick().run_requests) == 1


def test_an_experiment_whose_end_fails_again_and_again_is_not_waited_for(
    serving: Serving, world: World, release: Callable[..., str]
) -> None:
    world.release("one", GOOD)
    _ask(serving)
    world.release("two", WORSE)
    release("three", table={}, live=False)
    start(world.root, 0.5, challenger="three")
    _ask(serving, QUESTIONS * 2)
    assert "The experiment moves first" in world.tick().skip_message
    (report,) = list_reports(world.root)
    asked = report.asked_since
    assert asked is not None
    assert "The experiment moves first" in world.tick().skip_message
    assert list_reports(world.root)[0].asked_since == asked
    write_report(world.root, report.model_copy(update={"asked_since": asked - PATIENCE}))
    (request,) = world.tick().run_requests
    assert world.run(request).success
    assert read_pointer(world.root) == Pointer(champion="one", previous="two")


def test_an_experiment_that_only_ramps_up_is_not_waited_for(
    serving: Serving, world: World, release: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQT_EXPERIMENT_MIN_UNITS", "50")
    world.release("one", GOOD)
    _ask(serving)
    world.release("two", WORSE)
    _ask(serving)
    release("three", table=WORSE, live=False)
    start(world.root, 0.49, challenger="three")
    _ask(serving)
    assert len(world.tick().run_requests) == 1
    (report,) = list_reports(world.root)
    assert report.action == "ramp"


def test_it_can_be_left_to_people(serving: Serving, world: World, monkeypatch: Any) -> None:
    world.release("one", GOOD)
    _ask(serving)
    world.release("two", WORSE)
    _ask(serving)
    monkeypatch.setenv("MQT_ROLLBACK_AUTO", "false")
    assert "MQT_ROLLBACK_AUTO is off" in world.tick().skip_message


@contextmanager
def _without_mongodb(settings: Settings) -> Iterator[Serving]:
    nowhere = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=20"
    built = build_serving(settings.model_copy(update={"mongodb_uri": nowhere}), Recorder(), LOADERS)
    yield built
    built.close()
