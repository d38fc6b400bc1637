"""MLflow through its real client and a real SQLite store."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from mqt_resources.gateways import SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> MlflowTracking:
    home = tmp_path_factory.mktemp("home")
    return MlflowTracking(settings=SettingsResource(overrides={"home": str(home)}))


def test_a_run_keeps_what_was_logged_and_names_its_dagster_run(
    tracking: MlflowTracking, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_text("w")
    with tracking.run("train", dagster_run_id="d-1", tags={"dataset": "abc"}) as run:
        run.log_params({"seed": 7, "nothing": None})
        run.log_metrics({"score": 0.5})
        run.log_curve("loss", {step: 1 / (step + 1) for step in range(1500)})
        run.log_bytes("plots/loss.png", b"png")
        source = run.log_folder("translator", tmp_path / "model")
    stored = tracking.client.get_run(run.run_id)
    assert stored.info.status == "FINISHED"
    assert stored.data.tags["dagster_run_id"] == "d-1"
    assert stored.data.params == {"seed": "7", "nothing": ""}
    assert stored.data.metrics["score"] == 0.5
    assert len(tracking.client.get_metric_history(run.run_id, "loss")) == 1500
    assert {f.path for f in tracking.client.list_artifacts(run.run_id)} == {"plots", "translator"}

    version = tracking.register(run.run_id, source, {"k": "v"})
    assert tracking.run_of_version(version) == run.run_id


def test_a_run_names_the_dataset_that_it_used(tracking: MlflowTracking, tmp_path: Path) -> None:
    frame = pd.DataFrame({"question": ["How many?", "Which?"], "ordered": [False, True]})
    source = tmp_path / "corrections.json"
    with tracking.run("train", dagster_run_id="d-5") as run:
        run.log_dataset(
            frame, name="corrections", digest="0123456789abcdef", source=source, context="training"
        )
    (used,) = tracking.client.get_run(run.run_id).inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("corrections", "0123456789abcdef")
    assert json.loads(used.dataset.source) == {"uri": str(source)}
    assert [column["name"] for column in json.loads(used.dataset.schema)["mlflow_colspec"]] == [
        "question", "ordered"
    ]  # fmt: skip
    assert json.loads(used.dataset.profile)["num_rows"] == 2
    assert {tag.key: tag.value for tag in used.tags} == {"mlflow.data.context": "training"}


def test_a_block_that_raises_leaves_a_failed_run_with_the_reason(tracking: MlflowTracking) -> None:
    with pytest.raises(ValueError, match="bad"), tracking.run("t", dagster_run_id="d-2") as run:
        raise ValueError("bad luck")
    stored = tracking.client.get_run(run.run_id)
    assert stored.info.status == "FAILED"
    assert stored.data.tags["error"] == "ValueError: bad luck"


def test_aliases_follow_the_pointer_and_go_when_it_names_nothing(tracking: MlflowTracking) -> None:
    with tracking.run("t", dagster_run_id="d-3") as run:
        run.log_params({"a": 1})
    first = tracking.register(run.run_id, run.artifact_uri, {})
    second = tracking.register(run.run_id, run.artifact_uri, {})
    tracking.mirror_aliases({"champion": second, "previous": first, "challenger": None})
    assert tracking.aliases() == {"champion": second, "previous": first}
    tracking.mirror_aliases({"champion": first})
    assert tracking.aliases() == {"champion": first}


def test_a_finished_run_can_be_added_to(tracking: MlflowTracking) -> None:
    with tracking.run("t", dagster_run_id="d-4") as run:
        pass
    with tracking.resume(run.run_id) as again:
        again.log_metrics({"later": 1.0})
    assert tracking.client.get_run(run.run_id).data.metrics == {"later": 1.0}
