"""The code location as Dagster starts it, and what a newcomer sees in it."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg

from mqt_assets.definitions import ASSETS, build_defs, defs
from mqt_assets.training.base_assets import GROUP
from mqt_resources.gateways import SettingsResource

PROJECT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "mlflow", "sentence_transformers", "transformers", "matplotlib", "onnxruntime")


def test_dagster_loads_and_validates_the_code_location(tmp_path: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MQT_") and name != "MONGODB_URI"
    }
    environment |= {"DAGSTER_HOME": str(tmp_path), "MQT_HOME": str(tmp_path / "home")}
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    command = [str(Path(sys.executable).parent / "dagster"), "definitions", "validate"]
    result = subprocess.run(
        [*command, "-w", str(PROJECT / "workspace.yaml")],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    # Loading a code location writes nothing and needs no server.
    assert not (tmp_path / "home").exists()


def test_loading_imports_nothing_heavy() -> None:
    code = (
        "import sys, mqt_assets.definitions as d; d.defs.resolve_all_job_defs();"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=120
    )
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_every_asset_says_what_it_is() -> None:
    groups = {
        "schemas", "embeddings", "feedback", "training", "evaluation", "release", "base_training",
        "prompts", "experiments", "drift",
    }  # fmt: skip
    seen = set()
    for asset in ASSETS:
        for spec in asset.specs:
            assert spec.description, spec.key
            assert spec.owners == ["team:mqt"], spec.key
            assert spec.kinds, spec.key
            assert spec.group_name in groups, spec.key
            assert spec.tags["mqt/domain"] == spec.group_name
            seen.add(spec.group_name)
    assert seen == groups


def test_what_runs_by_itself_is_on() -> None:
    repository = defs.get_repository_def()
    assert {job.name for job in repository.get_all_jobs()} >= {
        "embed_job", "retrain_job", "everything_job", "query_log_job", "rollback_job",
        "train_base_model", "experiment_job", "prompt_job",
        "experiment_report_job",
    }  # fmt: skip
    assert {s.name: s.default_status for s in repository.schedule_defs} == {
        "daily_refresh_schedule": dg.DefaultScheduleStatus.RUNNING,
        "daily_query_log_schedule": dg.DefaultScheduleStatus.RUNNING,
        "hourly_experiment_report_schedule": dg.DefaultScheduleStatus.RUNNING,
    }
    assert {s.name: s.default_status for s in repository.sensor_defs} == {
        "collection_discovery_sensor": dg.DefaultSensorStatus.RUNNING,
        "retraining_sensor": dg.DefaultSensorStatus.RUNNING,
        "experiment_sensor": dg.DefaultSensorStatus.RUNNING,
        "rollback_sensor": dg.DefaultSensorStatus.RUNNING,
    }


def test_only_a_person_starts_a_base_training() -> None:
    graph = defs.resolve_asset_graph()
    alone = {key for key in graph.get_all_asset_keys() if graph.get(key).group_name == GROUP}
    assert {key.to_user_string() for key in alone} == {
        "base_corpus", "base_weights", "shipped_base_model",
    }  # fmt: skip
    for job in defs.resolve_all_job_defs():
        if not job.name.startswith("__"):
            made = job.asset_layer.selected_asset_keys & alone
            assert bool(made) == (job.name == "train_base_model"), job.name
    assert not any(graph.get(key).automation_condition for key in alone)
    repository = defs.get_repository_def()
    started = {schedule.job_name for schedule in repository.schedule_defs}
    started |= {job.name for sensor in repository.sensor_defs for job in sensor.jobs}
    assert started and "train_base_model" not in started


def test_what_must_not_pass_blocks() -> None:
    blocking = {
        spec.name
        for check in defs.asset_checks or ()
        for spec in check.check_specs
        if spec.blocking
    }
    assert blocking == {
        "catalog_has_data", "every_item_has_a_vector", "no_holdout_leakage", "evaluation_gates",
    }  # fmt: skip


def test_overriding_the_settings_points_every_resource_at_them(tmp_path: Path) -> None:
    settings = SettingsResource(overrides={"home": str(tmp_path)})
    found = build_defs({"settings": settings}).resources or {}
    for name, resource in found.items():
        if name != "settings":
            assert resource.settings == settings, name


def test_a_nightly_refresh_covers_every_known_collection() -> None:
    from mqt_assets.partitions import COLLECTIONS, RANGE_END, RANGE_START
    from mqt_assets.schedules import daily_refresh_schedule

    with dg.instance_for_test() as instance:
        context = dg.build_schedule_context(instance)
        assert daily_refresh_schedule.evaluate_tick(context).skip_message
        instance.add_dynamic_partitions(COLLECTIONS, ["a.x", "a.y", "b.z"])
        (request,) = daily_refresh_schedule.evaluate_tick(context).run_requests or ()
        assert (request.tags[RANGE_START], request.tags[RANGE_END]) == ("a.x", "b.z")
