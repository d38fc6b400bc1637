"""A whole experiment: real serving, journal in a real mongod, looks and moves as the sensor's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from mqt_assets.experiments.assets import experiment_report
from mqt_assets.experiments.automation import experiment_job, experiment_sensor
from mqt_assets.experiments.decision import Action
from mqt_assets.experiments.moves import ramp, start, stop
from mqt_assets.experiments.running import Look, act, look
from mqt_assets.release.audit import entries, withdrawn
from mqt_assets.release.packaging import translator_of
from mqt_assets.schedules import hourly_experiment_report_schedule
from mqt_resources.definitions import local_resources
from mqt_resources.gateways import JournalResource, SettingsResource
from mqt_serving.assembly import Serving
from mqt_serving.assignment import Asker
from mqt_serving.errors import CannotAnswer, ExperimentError, ReleaseCorrupt
from mqt_serving.experiment_reports import find_report, list_reports
from mqt_serving.feedback.records import Said
from mqt_serving.release_loading import LoadedRelease
from mqt_serving.releases import Pointer, read_pointer
from mqt_serving.settings import Settings
from tests.mqt_serving.small_shop import SHIPPED, TABLE_OF_QUESTIONS
from tests.mqt_serving.table_translator import LOADERS, Entry, Ranked

QUESTION = "How many orders are there?"
OTHER = {**TABLE_OF_QUESTIONS, QUESTION: Entry((Ranked(SHIPPED, 0.9),))}
MUTE = {name: entry for name, entry in TABLE_OF_QUESTIONS.items() if name != QUESTION}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"experiment_steps": (0.3, 0.5), "experiment_min_units": 60})


@pytest.fixture
def looking(settings: Settings) -> Callable[..., Look]:
    resource = SettingsResource(overrides={"journal_uri": settings.journal_uri})

    def now(later: timedelta = timedelta()) -> Look:
        found = look(settings, JournalResource(settings=resource), datetime.now(UTC) + later)
        assert found is not None
        return found

    return now


def _load(folder: Path) -> LoadedRelease:
    return LoadedRelease.load(folder, LOADERS)


def _people(serving: Serving, count: int, prefix: str, down_for: str = "") -> None:
    """Each asks once; they vote down what release `down_for` answers."""
    serving.releases.check()
    for number in range(count):
        try:
            answer = serving.service.query(QUESTION, asker=Asker(session=f"{prefix}{number}"))
        except CannotAnswer:
            continue
        if answer.translation.release_id == down_for:
            serving.feedback.receive(Said(answer.translation.query_id, "down"))


def test_a_better_challenger_is_ramped_up_and_promoted_with_the_newest_data(
    serving: Serving, settings: Settings, release: Callable[..., str], looking: Callable[..., Look]
) -> None:
    root = settings.releases_folder
    release("one")
    release("two", table=OTHER, live=False)
    start(root, 0.3, challenger="two", reason="test")
    _people(serving, 10, "a")
    assert looking().verdict.action is Action.CONTINUE
    _people(serving, 250, "b", down_for="one")
    verdict = looking().verdict
    assert (verdict.action, verdict.share) == (Action.RAMP, 0.5)
    act(root, verdict.action, _load, share=verdict.share or 0.0, reason=verdict.reason)
    fixed: dict[str, Any] = {"question": "How many in all?", "plan": None}
    fixed |= {"command": "db.orders.countDocuments({})"}
    fixed["database"] = next(iter(serving.service.release().catalogs))
    release("nightly", corrections=[fixed])
    _people(serving, 200, "c", down_for="nightly")
    found = looking()
    assert found.verdict.action is Action.PROMOTE
    assert find_report(root, found.report.experiment) == found.report
    assert {point.share for point in found.report.points} == {0.3, 0.5}
    act(root, "promote", _load, share=1.0, reason=found.verdict.reason)
    (report,) = list_reports(root)
    assert report.ended is not None
    assert (report.ended.move, report.ended.reason) == ("promote", found.verdict.reason)
    pointer = read_pointer(root)
    assert pointer is not None
    assert pointer == Pointer(champion=pointer.champion, previous="nightly")
    assert translator_of(root, pointer.champion) == translator_of(root, "two")
    serving.releases.check()
    answer = serving.service.query("How many in all?")
    assert (answer.translation.release_id, answer.translation.source) == (
        pointer.champion,
        "correction",
    )
    assert [e["action"] for e in entries(root)] == [
        "experiment-start",
        "experiment-ramp",
        "experiment-promote",
    ]
    assert not withdrawn(entries(root))


def test_a_challenger_that_fails_is_withdrawn_and_may_not_come_back(
    serving: Serving, settings: Settings, release: Callable[..., str], looking: Callable[..., Look]
) -> None:
    root = settings.releases_folder
    release("one")
    release("two", table=MUTE, live=False)
    start(root, 0.5, challenger="two")
    _people(serving, 200, "d")
    verdict = looking().verdict
    assert verdict.action is Action.WITHDRAW
    assert "guardrail: success" in verdict.reason
    act(root, verdict.action, _load, share=0.0, reason=verdict.reason)
    assert read_pointer(root) == Pointer(champion="one")
    assert withdrawn(entries(root)) == {translator_of(root, "two")}
    assert entries(root)[-1]["reason"] == verdict.reason


def test_moves_that_make_no_sense_are_refused(
    settings: Settings, release: Callable[..., str]
) -> None:
    root = settings.releases_folder
    release("one")
    for move in (lambda: stop(root), lambda: ramp(root, 0.5), lambda: start(root, 0.1)):
        with pytest.raises(ExperimentError):
            move()
    with pytest.raises(ExperimentError, match="not the champion"):
        start(root, 0.1, challenger="one")
    with pytest.raises(ReleaseCorrupt, match="nowhere"):
        start(root, 0.1, challenger="nowhere")
    assert read_pointer(root) == Pointer(champion="one")
    release("two", table=OTHER, live=False)
    first = start(root, 0.1, challenger="two")
    with pytest.raises(ExperimentError, match="is running"):
        start(root, 0.1, challenger="two")
    stop(root)
    assert not withdrawn(entries(root))
    second = start(root, 0.1, challenger="two")
    assert first.experiment != second.experiment
    assert first.salt != second.salt


def test_a_move_of_an_experiment_that_is_over_moves_no_other(
    settings: Settings, release: Callable[..., str]
) -> None:
    root = settings.releases_folder
    release("one")
    release("two", table=OTHER, live=False)
    over = start(root, 0.1, challenger="two").experiment
    stop(root)
    running = start(root, 0.1, challenger="two")
    for action in ("ramp", "stop", "withdraw", "promote"):
        with pytest.raises(ExperimentError, match="is over"):
            act(root, action, _load, share=0.5, experiment=over)
    assert read_pointer(root) == running
    after = act(root, "ramp", _load, share=0.5, experiment=running.experiment)
    assert after.challenger_share == 0.5


def test_the_sensor_asks_and_the_job_moves(
    serving: Serving, settings: Settings, release: Callable[..., str]
) -> None:
    root = settings.releases_folder
    uri = settings.journal_uri
    overrides = {"home": str(settings.home), "mongodb_uri": uri, "journal_uri": uri}
    resources = local_resources(SettingsResource(overrides=overrides))
    with dg.DagsterInstance.ephemeral() as instance:

        def tick() -> Any:
            with dg.build_sensor_context(instance, resources=resources) as context:
                return experiment_sensor.evaluate_tick(context)

        assert tick().skip_message == "Nothing is released yet."
        release("one")
        release("two", table=MUTE, live=False)
        assert "no challenger waits" in tick().skip_message
        start(root, 0.5, challenger="two")
        assert not tick().run_requests
        _people(serving, 200, "e")
        running = read_pointer(root)
        (request,) = tick().run_requests
        asked = request.run_config["ops"]["move_experiment"]["config"]
        assert running is not None and asked["experiment"] == running.experiment
        done = experiment_job.execute_in_process(
            run_config=request.run_config, resources=resources, instance=instance
        )
    assert done.success
    assert read_pointer(root) == Pointer(champion="one")
    last = entries(root)[-1]
    assert (last["action"], last["dagster_run_id"]) == ("experiment-withdraw", done.run_id)


def test_the_report_asset_shows_tables_and_plots(
    serving: Serving, settings: Settings, release: Callable[..., str]
) -> None:
    root = settings.releases_folder
    uri = settings.journal_uri
    overrides = {"home": str(settings.home), "mongodb_uri": uri, "journal_uri": uri}
    resources = local_resources(SettingsResource(overrides=overrides))

    def report() -> Any:
        with dg.DagsterInstance.ephemeral() as instance:
            done = dg.materialize([experiment_report], instance=instance, resources=resources)
            (event,) = done.get_asset_materialization_events()
            return event.materialization.metadata

    def scheduled() -> Any:
        with dg.build_schedule_context(resources=resources) as context:
            return hourly_experiment_report_schedule.evaluate_tick(context)

    assert report()["experiments"].value == 0
    assert "No experiment is running" in scheduled().skip_message
    release("one")
    release("two", table=MUTE, live=False)
    start(root, 0.5, challenger="two", reason="try it", author="ada")
    assert len(scheduled().run_requests) == 1
    _people(serving, 200, "f")
    found = report()
    assert found["running"].value == found["newest"].value
    assert found["verdict"].value.startswith("withdraw: guardrail: success")
    assert "| challenger |" in found["arms"].value
    assert "| success | more | guardrail |" in found["outcomes"].value
    assert "| start | 50% | ada | try it |" in found["moves"].value
    for plot in ("effect", "exposure", "mismatch", "guardrails"):
        assert "data:image/png;base64," in found[plot].value
    stop(root, withdraw=True, reason="as it says")
    assert report()["verdict"].value == "withdraw: as it says"
    assert len(scheduled().run_requests) == 1
    experiments = list_reports(root)
    assert len(experiments) == 1
