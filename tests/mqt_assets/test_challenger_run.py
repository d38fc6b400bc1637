"""A candidate that has to prove itself (MQT_PROMOTE_TO=challenger), from its training to its end.

One story in order, with nothing replaced: the retraining job releases the challenger and starts its
experiment, a server in a process of its own deals it to people and journals that, they ask a
question that the challenger answers rightly and the champion does not, and the sensor ramps up and
promotes. The champion is a network of a few steps, the candidate the base weights that come with
MQT: it passes the gates because it is better.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import pytest

from mqt_assets.bootstrap import bootstrap
from mqt_assets.experiments.automation import experiment_job, experiment_sensor
from mqt_assets.experiments.moves import stop
from mqt_assets.release.audit import AUDIT_FILE, entries, withdrawn
from mqt_assets.release.automatic import rollback_sensor
from mqt_assets.release.packaging import translator_of
from mqt_assets.release.rollback import serve_again
from mqt_resources.artifacts import folder_digest
from mqt_resources.definitions import local_resources
from mqt_resources.gateways import SettingsResource
from mqt_serving.experiment_reports import list_reports
from mqt_serving.platform.processes import free_port
from mqt_serving.releases import POINTER, Pointer, list_releases, read_pointer
from mqt_serving.settings import JOURNAL_DATABASE
from tests.mqt_assets.small_world import SHOP, World, living, metadata_of
from tests.mqt_serving.http.running import answers, until

PROJECT = Path(__file__).resolve().parents[2]
SHARES = (0.4, 0.5)
PEOPLE = 130  # at a time: 50 in each arm are needed

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, mongo_uri: str, redis_url: str
) -> Iterator[World]:
    more = {
        "MQT_PROMOTE_TO": "challenger",
        "MQT_EXPERIMENT_STEPS": ",".join(map(str, SHARES)),
        "MQT_EXPERIMENT_MIN_UNITS": "50",
        "MQT_RELEASE_POLL_SECONDS": "0.1",
        # The champion's confidences were fitted on a handful of questions, and without a
        # cross-encoder it takes less than half of the candidate's time.
        "MQT_MOST_CALIBRATION_LOSS": "1",
        "MQT_EXPERIMENT_LATENCY_RATIO": "20",
    }
    with living(tmp_path_factory.mktemp("world"), mongo_uri, redis_url, **more) as world:
        yield world


@pytest.fixture(scope="module")
def served(world: World) -> Iterator[httpx.Client]:
    """What `mqt serve` runs, following the pointer; from the first test that asks for it on."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "mqt_serving.http.app:create_app"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    server = subprocess.Popen([*command, "--port", str(port)], cwd=world.folder, env=environment)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            until(lambda: answers(client), 120)
            yield client
    finally:
        server.terminate()
        server.wait(timeout=30)


def pointer_of(world: World) -> Pointer:
    pointer = read_pointer(world.settings.releases_folder)
    assert pointer is not None
    return pointer


def release_again(world: World) -> dict[str, Any]:
    """The last step of a refresh; what it says."""
    assert world.run("retrain_job", asset_selection=[dg.AssetKey("release")]).success
    return metadata_of(world, "release")


def candidate_of(world: World) -> str:
    folder = world.artifacts().current("candidate_model")
    assert folder is not None
    return folder_digest(folder / "translator")


def tick(world: World, sensor: dg.SensorDefinition) -> Any:
    resources = local_resources(SettingsResource())
    with (
        world.instance() as instance,
        dg.build_sensor_context(instance, resources=resources) as context,
    ):
        return sensor.evaluate_tick(context)


def told_apart(world: World) -> str:
    """A question of the holdout that the candidate answered rightly and the champion did not."""
    stored = world.settings.artifacts_folder
    evaluation = json.loads((stored / "candidate_evaluation.json").read_text())
    members = json.loads((stored / "holdout.json").read_text())["members"]
    texts = {member["id"]: member["question"] for member in members}
    wrong = {row[0] for row in evaluation["champion_outcomes"] if not row[5]}
    return next(texts[row[0]] for row in evaluation["outcomes"] if row[5] and row[0] in wrong)


def ask(client: httpx.Client, question: str, session: str) -> httpx.Response:
    body = {"question": question, "database": SHOP}
    return client.post("/v1/query", json=body, headers={"X-MQT-Session": session})


def people_ask(world: World, client: httpx.Client, question: str, step: str) -> Counter[str]:
    """Each once; who got the champion's answer votes it down, since it is wrong. How many got
    which release."""
    pointer, got = pointer_of(world), Counter[str]()
    for number in range(PEOPLE):
        reply = ask(client, question, f"{step}{number}")
        body = reply.json()
        release = body["release_id"] if reply.status_code == 200 else "none"
        got[release] += 1
        if release == pointer.champion:
            said = {"query_id": body["query_id"], "verdict": "down"}
            assert client.post("/v1/feedback", json=said).status_code < 300
    return got


def test_a_candidate_that_passes_every_gate_becomes_the_challenger_of_an_experiment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bootstrap(world.settings, lambda line: None, time.monotonic()) == 0
    champion = world.champion()
    monkeypatch.setenv("MQT_BASE_MODEL", "")  # those that come with MQT
    monkeypatch.setenv("MQT_TRAINING_START", "base")
    monkeypatch.setenv("MQT_TRAINING_STEPS", "1")
    result = world.run("retrain_job")
    assert result.success
    said, pointer = metadata_of(world, "release"), pointer_of(world)
    assert said["candidate"] == "passed", said["gates"]
    assert pointer.challenger is not None and said["challenger"] == pointer.challenger
    assert (pointer.challenger_share, bool(pointer.experiment)) == (SHARES[0], True)
    root = world.settings.releases_folder
    assert translator_of(root, pointer.challenger) == candidate_of(world)
    assert translator_of(root, pointer.champion) == champion.parts.translator
    last = entries(root)[-1]
    assert (last["action"], last["dagster_run_id"]) == ("experiment-start", result.run_id)
    assert set(world.aliases()) >= {"champion", "challenger"}


def test_the_next_refresh_leaves_it_running(world: World) -> None:
    before = pointer_of(world)
    said = release_again(world)
    assert said["challenger"] == f"{before.challenger} holds this candidate already"
    assert pointer_of(world) == before


def test_stopped_by_a_person_it_is_not_started_again_by_a_refresh(world: World) -> None:
    """Then told as if it had not been stopped."""
    root, before = world.settings.releases_folder, pointer_of(world)
    kept = {name: (root / name).read_bytes() for name in (POINTER, AUDIT_FILE)}
    stop(root, reason="not this week", author="ada")
    said = release_again(world)
    assert f"the experiment of {before.challenger} was stopped" in said["challenger"]
    assert pointer_of(world) == before.without_challenger()
    assert before.challenger in list_releases(root)
    assert "No experiment is running" in tick(world, experiment_sensor).skip_message
    for name, content in kept.items():
        (root / name).write_bytes(content)


def test_it_is_dealt_to_people_and_each_question_says_so(
    world: World, served: httpx.Client
) -> None:
    pointer, question = pointer_of(world), told_apart(world)
    assert pointer.challenger is not None
    until(lambda: ask(served, question, "").status_code in (200, 422), 60)
    headers = {"X-MQT-Variant": "challenger"}  # a test's, which no analysis counts
    body = {"question": question, "database": SHOP}

    def challenger_serves() -> bool:
        reply = served.post("/v1/query", json=body, headers=headers)
        return reply.status_code == 200 and reply.json()["release_id"] == pointer.challenger

    until(challenger_serves, 60)
    assert "of 50 units" in tick(world, experiment_sensor).skip_message
    people_ask(world, served, question, "first")
    journal = world.client[JOURNAL_DATABASE]["queries"]
    dealt = list(journal.find({"exposure.experiment": pointer.experiment}))
    exposures = [q["exposure"] for q in dealt if not q["exposure"]["overridden"]]
    variants = Counter(exposure["variant"] for exposure in exposures)
    assert sum(variants.values()) >= PEOPLE
    assert min(variants["champion"], variants["challenger"]) >= 30
    assert {exposure["share"] for exposure in exposures} == {SHARES[0]}
    releases = {"champion": pointer.champion, "challenger": pointer.challenger}
    for query in dealt:
        assert query["release_id"] == releases[query["exposure"]["variant"]]


def test_the_sensor_ramps_it_up_and_promotes_it(world: World, served: httpx.Client) -> None:
    root, question, before = world.settings.releases_folder, told_apart(world), pointer_of(world)
    for step, action in enumerate(("ramp", "promote")):
        while not (asked := tick(world, experiment_sensor)).run_requests:
            people_ask(world, served, question, f"more{step}{time.monotonic()}")
        (request,) = asked.run_requests
        config = request.run_config["ops"]["move_experiment"]["config"]
        assert (config["action"], config["experiment"]) == (action, before.experiment)
        with world.instance() as instance:
            done = experiment_job.execute_in_process(
                run_config=request.run_config,
                resources=local_resources(SettingsResource()),
                instance=instance,
            )
        assert done.success
    after = pointer_of(world)
    assert (after.challenger, after.experiment, after.previous) == (None, "", before.champion)
    assert world.champion().parts.translator == candidate_of(world)
    assert [entry["action"] for entry in entries(root)[-3:]] == [
        "experiment-start",
        "experiment-ramp",
        "experiment-promote",
    ]
    (report,) = list_reports(root)
    assert report.ended is not None and report.ended.move == "promote"
    assert "more are satisfied" in report.ended.reason
    assert world.aliases()["champion"] == world.champion().manifest.mlflow_model_version
    journal = world.client[JOURNAL_DATABASE]["queries"]

    def served_to_all() -> bool:
        """Until the server has read the pointer, the same release answers as the challenger."""
        ask(served, question, "after")
        last = journal.find_one(sort=[("at", -1)])
        return last is not None and (last["release_id"], last["exposure"]) == (after.champion, None)

    until(served_to_all, 60)
    # From here on it is judged as any model that serves, and the way back is the one before.
    assert "questions" in tick(world, rollback_sensor).skip_message
    assert release_again(world)["pointer"] == "not moved: nothing changed"


def test_turned_away_from_it_is_tried_no_more(world: World) -> None:
    root, served = world.settings.releases_folder, pointer_of(world)
    assert served.previous is not None
    serve_again(root, author="ada")
    assert withdrawn(entries(root)) == {candidate_of(world)}
    said = release_again(world)
    assert "was rolled back" in said["reasons"]
    assert pointer_of(world) == Pointer(champion=served.previous, previous=served.champion)
