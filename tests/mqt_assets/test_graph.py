"""The whole loop on a small real database: documents to a release, a correction to the next one.

One story in order, on one home folder, one mongod and one Dagster instance, as it would be lived;
each test is a chapter and says what is promised at its end. Training takes a handful of steps: it
is not good, and the gates are told to mind only what is broken.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from mqt_assets.bootstrap import bootstrap
from mqt_assets.definitions import build_defs
from mqt_assets.experiments.moves import start, stop
from mqt_assets.partitions import COLLECTIONS, range_tags
from mqt_assets.release.audit import entries
from mqt_assets.release.decisions import made
from mqt_assets.release.packaging import TRANSLATOR, Contents
from mqt_assets.release.publishing import offer
from mqt_assets.sensors import collection_discovery_sensor, retraining_sensor
from mqt_assets.state import decided_candidate, training_record
from mqt_resources.definitions import local_resources
from mqt_resources.gateways import SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.releases import list_releases, read_pointer
from mqt_serving.settings import JOURNAL_DATABASE
from tests.mqt_assets.small_world import SHOP, World, living, metadata_of
from tests.mqt_serving.llm.chat_server import Reply, chat_server

QUESTION = "Which customers are our darlings?"
CORRECTED = 'db.customers.find({"city": "Berlin"}, {"name": 1, "_id": 0})'


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, mongo_uri: str, redis_url: str
) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("world"), mongo_uri, redis_url) as world:
        yield world


def test_a_first_start_makes_everything_and_something_serves(world: World) -> None:
    lines: list[str] = []
    assert bootstrap(world.settings, lines.append, time.monotonic()) == 0
    assert "is live" in lines[-1]
    with world.instance() as instance:
        run = instance.get_runs(filters=dg.RunsFilter(job_name="everything_job"))[0]
        assert run.status is dg.DagsterRunStatus.SUCCESS
        graph = build_defs().resolve_asset_graph()
        for key in graph.get_all_asset_keys():
            made = instance.get_latest_materialization_event(key) is not None
            by_hand = graph.get(key).group_name in ("base_training", "prompts", "experiments")
            assert made != by_hand, key
        assert len(instance.get_materialized_partitions(dg.AssetKey("collection_schema"))) == 3
    release = world.load_champion()
    assert set(release.catalogs) == {SHOP}
    references = release.catalogs[SHOP].references
    assert [(r.from_collection, r.to_collection) for r in references] == [("orders", "customers")]
    assert release.search is not None
    assert "customers" in {hit.item.collection for hit in release.search.search("buyers' city", 5)}
    assert release.translator.translate("How many orders are there?", release.catalogs[SHOP])


def test_the_release_can_be_traced_to_run_model_and_data(world: World) -> None:
    manifest, report = world.champion().manifest, world.champion().report
    tracking = MlflowTracking(settings=SettingsResource())
    assert world.aliases() == {"champion": manifest.mlflow_model_version}
    run_id = tracking.run_of_version(manifest.mlflow_model_version)
    assert run_id == report.mlflow_run_id
    run = tracking.client.get_run(run_id)
    assert run.data.tags["dagster_run_id"] == manifest.dagster_run_id
    assert run.data.tags["dataset_digest"] == manifest.dataset_digest
    assert run.data.params["dataset_digest"] == manifest.dataset_digest
    assert run.data.params["seed"]
    used = {each.dataset.name: each.dataset.digest for each in run.inputs.dataset_inputs}
    assert used == {"training_set": manifest.dataset_digest, "holdout": report.holdout_digest}
    assert run.data.metrics["holdout_accuracy"] == pytest.approx(report.score)
    plots = {item.path for item in tracking.client.list_artifacts(run_id, "plots")}
    assert plots == {"plots/loss.png", "plots/accuracy_by_kind.png"}
    assert len(report.outcomes) == report.overall.total
    assert sum(outcome.right for outcome in report.outcomes) == report.overall.correct
    files = {item.path for item in tracking.client.list_artifacts(run_id)}
    assert {"evaluation.json", "outcomes.json", "failures.md"} <= files
    assert manifest.catalog_digests == {
        name: catalog.digest for name, catalog in world.load_champion().catalogs.items()
    }
    trained, released = entries(world.settings.releases_folder)
    assert (trained["action"], released["action"]) == ("train", "release")
    assert trained["details"]["reasons"].keys() == {"start of MQT"}
    assert run.data.tags["reason_start of MQT"].startswith("bootstrap:")


def test_metadata_shows_tables_and_plots(world: World) -> None:
    assert "| path |" in metadata_of(world, "collection_schema")["field_table"]
    assert "data:image/png;base64," in metadata_of(world, "candidate_evaluation")["accuracy_plot"]
    assert "data:image/png;base64," in metadata_of(world, "candidate_model")["loss"]
    assert "| accuracy |" in metadata_of(world, "release")["gates"]


def test_a_second_start_does_nothing_and_quickly(world: World) -> None:
    lines: list[str] = []
    started = time.monotonic()
    assert bootstrap(world.settings, lines.append, started) == 0
    assert time.monotonic() - started < 5
    (line,) = lines
    assert "up to date: 3 collections" in line


def test_a_new_collection_is_discovered_embedded_and_served(world: World) -> None:
    before = world.champion()
    world.shop["suppliers"].insert_many({"_id": n, "country": "IT"} for n in range(10))
    with (
        world.instance() as instance,
        dg.build_sensor_context(instance, resources=local_resources(SettingsResource())) as context,
    ):
        tick = collection_discovery_sensor.evaluate_tick(context)
        (request,) = tick.run_requests or ()
        (added,) = tick.dynamic_partitions_requests or ()
        instance.add_dynamic_partitions(COLLECTIONS, list(added.partition_keys))
    assert world.run(str(request.job_name), tags=dict(request.tags)).success
    after = world.champion()
    assert "suppliers" in world.load_champion().catalogs[SHOP].by_name
    assert after.manifest.id != before.manifest.id
    assert after.parts.translator == before.parts.translator


def test_the_same_again_releases_nothing_new(world: World) -> None:
    before = list_releases(world.settings.releases_folder)
    with world.instance() as instance:
        known = instance.get_dynamic_partitions(COLLECTIONS)
    assert world.run("embed_job", tags=range_tags(known, known)).success
    assert list_releases(world.settings.releases_folder) == before
    embedded = metadata_of(world, "collection_embeddings")
    assert embedded["cache_misses"] == 0


def test_a_dropped_collection_leaves_catalog_and_index(world: World) -> None:
    world.shop["suppliers"].drop()
    with (
        world.instance() as instance,
        dg.build_sensor_context(instance, resources=local_resources(SettingsResource())) as context,
    ):
        tick = collection_discovery_sensor.evaluate_tick(context)
        (request,) = tick.run_requests or ()
        (gone,) = tick.dynamic_partitions_requests or ()
        for key in gone.partition_keys:
            instance.delete_dynamic_partition(COLLECTIONS, key)
    assert request.asset_selection
    result = world.run(str(request.job_name), asset_selection=list(request.asset_selection))
    assert result.success
    assert "suppliers" not in world.load_champion().catalogs[SHOP].by_name


def test_a_correction_is_learned_and_answered_by_the_next_release(world: World) -> None:
    correction = {
        "_id": "f1",
        "query_id": "q1",
        "at": datetime.now(UTC),
        "question": QUESTION,
        "database": SHOP,
        "verdict": "down",
        "corrected_query": CORRECTED,
        "plan": plan_of(world, CORRECTED),
        "status": "accepted",
        "comment": "",
        "author": "",
        "release_id": "r",
    }
    # The second one is about a database that MQT looked at before and no longer does.
    world.client[JOURNAL_DATABASE]["feedback"].insert_many(
        [correction, correction | {"_id": "f2", "query_id": "q2", "database": "closed_shop"}]
    )
    with (
        world.instance() as instance,
        dg.build_sensor_context(instance, resources=local_resources(SettingsResource())) as context,
    ):
        (request,) = retraining_sensor.evaluate_tick(context).run_requests or ()
    assert request.run_key
    assert world.run("retrain_job", tags=dict(request.tags)).success
    candidate = training_record(world.artifacts())
    assert candidate is not None
    assert decided_candidate(world.artifacts()) == candidate["translator"]
    (*_, training) = (e for e in entries(world.settings.releases_folder) if e["action"] == "train")
    assert training["reason"] == "corrections"
    assert "2 new of 2 accepted" in training["details"]["reasons"]["corrections"]
    trained = metadata_of(world, "candidate_model")
    assert trained["started_from"] == "champion"
    assert "| scratch | loss" in trained["starts"] and "| champion | loss" in trained["starts"]
    assert not list(world.settings.artifacts_folder.glob("candidate_model/.training/*/"))
    release = world.load_champion()
    remembered = release.correction(QUESTION.lower(), SHOP)
    assert remembered is not None
    assert "Berlin" in render_mongosh(remembered.command)
    dataset = metadata_of(world, "feedback_dataset")
    assert (dataset["corrections"], dataset["conflicts"]) == (2, 0)
    assert len((Path(dataset["exported"]) / "examples.jsonl").read_text().splitlines()) == 2
    record = training_record(SettingsResource().artifacts())
    assert record is not None
    tracking = MlflowTracking(settings=SettingsResource())
    run = tracking.client.get_run(record["mlflow_run_id"])
    used = {each.dataset.name: each.dataset.digest for each in run.inputs.dataset_inputs}
    assert used["feedback_dataset"] == record["feedback_digest"] == dataset["digest"]
    version = tracking.client.get_model_version("mqt-translator", record["mlflow_model_version"])
    assert version.tags["feedback_digest"] == dataset["digest"]
    assert metadata_of(world, "training_set")["corrections"] == 1
    assert metadata_of(world, "training_set")["corrections_of_other_databases"] == 1
    with (
        world.instance() as instance,
        dg.build_sensor_context(instance, resources=local_resources(SettingsResource())) as context,
    ):
        tick = retraining_sensor.evaluate_tick(context)
        assert "0 new of 2 accepted" in (tick.skip_message or "")


def test_without_a_language_model_no_prompt_is_measured(world: World) -> None:
    before = world.champion().manifest.id
    result = world.run("prompt_job")
    assert result.success
    made = {event.asset_key for event in result.get_asset_materialization_events()}
    assert dg.AssetKey("prompt_variants") in made
    assert not made & {dg.AssetKey("prompt_evaluation"), dg.AssetKey("prompt_promotion")}
    (observed,) = result.get_asset_observation_events()
    why = observed.asset_observation_data.asset_observation.metadata["not measured"].value
    assert "MQT_LLM_URL is not set" in str(why)
    assert world.champion().manifest.id == before


def test_a_better_prompt_is_measured_promoted_and_served(world: World, monkeypatch: Any) -> None:
    """The model is a script: it only knows the answers when the prompt tells the usual shapes."""
    before = world.champion()
    stored = json.loads((world.settings.artifacts_folder / "holdout.json").read_text())
    golds = {member["question"]: member["command"] for member in stored["members"]}

    def reply(body: dict[str, Any]) -> Reply:
        rules, first, *_ = (message["content"] for message in body["messages"])
        question = first.rpartition("Question: ")[2]
        helped = "The usual shapes" in rules
        return Reply(golds[question] if helped else 'db.staff.find({"name": "nobody"})')

    with chat_server(by=reply) as server:
        monkeypatch.setenv("MQT_LLM_URL", server.url)
        monkeypatch.setenv("MQT_LLM_MODEL", "scripted")
        monkeypatch.setenv("MQT_LLM_EVALUATION_QUESTIONS", "20")
        assert world.run("prompt_job").success
        asked = len(server.requests)
        variants = metadata_of(world, "prompt_variants")["variants"]
        assert asked == metadata_of(world, "prompt_evaluation")["calls"] == 20 * variants
        promotion = metadata_of(world, "prompt_promotion")
        assert promotion["promoted"]
        assert promotion["prompt"] == "rules: with shapes"
        after, release = world.champion(), world.load_champion()
        assert after.manifest.id != before.manifest.id
        assert after.parts.translator == before.parts.translator
        assert "The usual shapes" in release.prompt.template.instructions
        assert release.prompt.probability("scripted") == promotion["probability"] > 0.8
        assert release.prompt.probability("another") == 0.5
        assert QUESTION not in {m["question"] for m in stored["members"]}
        # The next search starts from there, and finds nothing better.
        assert world.run("prompt_job").success
        assert not metadata_of(world, "prompt_promotion")["promoted"]
        assert world.champion().manifest.id == after.manifest.id
    # Rolled back, it returns with no refresh; named, it does.
    _serve_again(world, before.manifest.id)
    assert world.run("retrain_job", asset_selection=[dg.AssetKey("release")]).success
    assert world.champion().parts.prompt == before.parts.prompt
    _serve_again(world, after.manifest.id)
    assert world.run("retrain_job", asset_selection=[dg.AssetKey("release")]).success
    assert world.champion().parts.prompt == after.parts.prompt


def test_a_worse_candidate_stays_a_candidate(world: World, monkeypatch: Any) -> None:
    before = world.champion()
    monkeypatch.setenv("MQT_TRAINING_STEPS", "1")
    monkeypatch.setenv("MQT_TRAINING_START", "base")
    result = world.run("retrain_job")
    assert world.champion().manifest.id == before.manifest.id
    (check,) = (
        check
        for check in result.get_asset_check_evaluations()
        if check.check_name == "evaluation_gates"
    )
    assert not check.passed
    assert "right on the holdout; the champion" in (check.description or "")
    assert "95% interval" in (check.description or "")
    evaluation = metadata_of(world, "candidate_evaluation")
    assert "| all |" in evaluation["paired_table"]
    assert "data:image/png;base64," in evaluation["paired_plot"]
    # Nothing right at all is taken for something broken: then the run stops before the release.
    assert result.success == (check.severity is dg.AssetCheckSeverity.WARN)
    assert world.run("retrain_job", asset_selection=[dg.AssetKey("release")]).success
    assert world.champion().manifest.id == before.manifest.id
    metadata = metadata_of(world, "release")
    assert metadata["pointer"] == "not moved: nothing changed"
    assert "the champion" in metadata["reasons"]
    candidate = training_record(world.artifacts())
    assert candidate is not None
    *_, last = made(world.artifacts(), candidate["translator"])
    assert last["verdict"] == check.metadata["candidate"].value
    assert last["verdict"] != "passed"
    assert last["champion"] == before.manifest.id
    tracking = MlflowTracking(settings=SettingsResource())
    tags = tracking.client.get_run(candidate["mlflow_run_id"]).data.tags
    assert tags["verdict"] == last["verdict"]
    assert "the champion" in tags["reasons"]


def test_something_broken_stops_the_run_before_the_release(world: World, monkeypatch: Any) -> None:
    before = world.champion().manifest.id
    monkeypatch.setenv("MQT_MAX_RELEASE_MB", "1")
    result = world.run(
        "retrain_job", asset_selection=[dg.AssetKey("candidate_evaluation"), dg.AssetKey("release")]
    )
    assert not result.success
    assert world.champion().manifest.id == before
    # In a run of its own the check doesn't bind, so the release decides again.
    assert world.run("retrain_job", asset_selection=[dg.AssetKey("release")]).success
    assert world.champion().manifest.id == before
    assert "size" in metadata_of(world, "release")["reasons"]


def test_a_rollback_is_a_run_with_an_audit_entry(world: World) -> None:
    pointer = read_pointer(world.settings.releases_folder)
    assert pointer is not None
    assert pointer.previous is not None
    asked = {"release_id": pointer.previous, "reason": "numbers look odd"}
    config = {"ops": {"move_release_pointer": {"config": asked}}}
    result = world.run("rollback_job", run_config=config)
    assert result.success
    assert world.champion().manifest.id == pointer.previous
    last = entries(world.settings.releases_folder)[-1]
    assert last["action"] == "rollback"
    assert last["dagster_run_id"] == result.run_id
    assert last["reason"] == "numbers look odd"
    assert world.aliases()["champion"] == world.champion().manifest.mlflow_model_version
    _serve_again(world, pointer.champion)
    assert world.champion().manifest.id == pointer.champion


def test_a_rollback_to_nothing_says_so_and_moves_nothing(world: World) -> None:
    before = world.champion().manifest.id
    config = {"ops": {"move_release_pointer": {"config": {"release_id": "no-such"}}}}
    assert not world.run("rollback_job", run_config=config).success
    assert world.champion().manifest.id == before


def test_a_candidate_can_have_to_prove_itself_as_a_challenger(world: World) -> None:
    """The candidate is the one of a single step: whatever it answers, it is another model."""
    config = world.settings
    root, champion = config.releases_folder, world.champion()
    store = SettingsResource().artifacts()
    candidate = store.current("candidate_model")
    index = store.current("semantic_index")
    assert candidate is not None and index is not None
    corrections = "[]"
    tried = Contents(
        candidate / TRANSLATOR,
        world.load_champion().catalogs,
        index,
        corrections,
        champion.report,
    )
    by_hand = config.model_copy(update={"experiment_auto": False})
    name = offer(by_hand, tried, [], "run")
    waiting = read_pointer(root)
    assert waiting is not None
    assert (waiting.champion, waiting.challenger) == (champion.manifest.id, name)
    assert waiting.experiment == ""
    assert offer(config, tried, [], "run") == f"{name} holds this candidate already"
    started = start(root, 0.05)
    assert started.challenger == name
    again = replace(tried, translator=champion.folder / TRANSLATOR)
    assert "is running" in offer(config, again, [], "run")
    assert read_pointer(root) == started
    stop(root)
    assert f"the experiment of {name} was stopped" in offer(config, tried, [], "run")
    assert read_pointer(root) == waiting.without_challenger()


def test_a_damaged_champion_is_replaced_at_the_next_start(world: World) -> None:
    damaged = world.champion()
    (damaged.folder / "corrections.json").write_text("[]")
    lines: list[str] = []
    assert bootstrap(world.settings, lines.append, time.monotonic()) == 0
    champion = world.champion()
    assert champion.is_live
    assert champion.manifest.id != damaged.manifest.id
    assert world.load_champion().correction(QUESTION, SHOP)


def test_artifacts_are_never_pickles(world: World) -> None:
    suffixes = {path.suffix for path in world.settings.home.rglob("*") if path.is_file()}
    assert not suffixes & {".pkl", ".pickle", ".joblib", ".pt", ".pth"}


def test_an_unreachable_server_is_one_clear_sentence(world: World) -> None:
    import subprocess
    import sys

    environment = {
        "MONGODB_URI": "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300",
        "MQT_HOME": str(world.folder / "other"),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PATH": "/usr/bin:/bin",
    }
    result = subprocess.run(
        [sys.executable, "-m", "mqt_assets.bootstrap"],
        env=environment,
        cwd=world.folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 1
    assert "does not answer" in result.stderr
    assert "Traceback" not in result.stderr


def _serve_again(world: World, release_id: str) -> None:
    to = {"ops": {"move_release_pointer": {"config": {"release_id": release_id}}}}
    assert world.run("rollback_job", run_config=to).success


def plan_of(world: World, text: str) -> dict[str, Any]:
    """As serving stores it with the correction."""
    from mqt_serving.query.dialects.parsing import parse_query
    from mqt_serving.query.plan_json import plan_to_json
    from mqt_serving.query.raising.commands import raise_command

    catalog = world.load_champion().catalogs[SHOP]
    body: dict[str, Any] = json.loads(
        json.dumps(plan_to_json(raise_command(parse_query(text), catalog)))
    )
    return body
