"""`mqt rollback` and `mqt releases` as a person runs them, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from mqt_assets.release.audit import entries, withdrawn
from mqt_assets.release.packaging import mirror_is_owed, mirror_pointer, translator_of
from mqt_assets.release.rollback import serve_again
from mqt_resources.gateways import SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.errors import RollbackRefused
from mqt_serving.releases import Pointer, promote, read_pointer, write_release


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Releases one, two, three, each of another model, the last one live."""
    return _released(tmp_path, ("", "", ""))


@pytest.fixture
def tracked(tmp_path: Path) -> Path:
    """As `home`, with the models registered in MLflow."""
    versions, tracking = [], _mlflow(tmp_path / "home")
    for number in range(3):
        with tracking.run("train", dagster_run_id=f"d{number}") as run:
            run.log_params({"a": 1})
        versions.append(tracking.register(run.run_id, run.artifact_uri, {}))
    return _released(tmp_path, versions)


def _released(folder: Path, versions: Sequence[str]) -> Path:
    root = folder / "home" / "releases"
    for number, name in enumerate(("one", "two", "three")):
        parts = folder / name
        (parts / "translator").mkdir(parents=True)
        (parts / "translator" / "weights").write_text(name)
        write_release(
            root,
            parts,
            release_id=name,
            metrics={"holdout_accuracy": 0.5 + number / 10},
            mlflow_model_version=versions[number],
            dagster_run_id=f"r{number}",
        )
        promote(root, name)
    return folder / "home"


def _mlflow(home: Path, uri: str = "") -> MlflowTracking:
    overrides = {"home": str(home), **({"mlflow_uri": uri} if uri else {})}
    return MlflowTracking(settings=SettingsResource(overrides=overrides))


def _mqt(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MQT_HOME": str(home), **more}
    command = [sys.executable, "-m", "mqt_serving.cli", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_one_command_serves_the_release_before_and_says_who_and_why(tracked: Path) -> None:
    home = tracked
    done = _mqt(home, "rollback", "--reason", "wrong sums", LOGNAME="ada")
    assert done.returncode == 0, done.stderr
    assert "two serves again, instead of three" in done.stdout
    root = home / "releases"
    assert read_pointer(root) == Pointer(champion="two", previous="three")
    last = entries(root)[-1]
    assert (last["action"], last["from"], last["to"]) == ("rollback", "three", "two")
    assert (last["reason"], last["author"]) == ("wrong sums", "ada")
    assert withdrawn(entries(root)) == {translator_of(root, "three")}
    tracking = _mlflow(home)
    assert tracking.aliases() == {"champion": "2", "previous": "3"}
    tags = tracking.client.get_model_version(tracking.model_name, "2").tags
    assert (tags["release_id"], tags["release_run_id"]) == ("two", "r1")

    listed = {row["release"]: row for row in json.loads(_mqt(home, "releases", "--json").stdout)}
    assert {name: row["states"] for name, row in listed.items()} == {
        "one": [],
        "two": ["champion"],
        "three": ["previous", "withdrawn"],
    }
    assert listed["two"]["score"] == pytest.approx(0.6)
    assert "60.0%" in _mqt(home, "releases").stdout


def test_it_says_what_is_wrong_and_moves_nothing(home: Path, tmp_path: Path) -> None:
    before = read_pointer(home / "releases")
    for arguments, message in (
        (("rollback", "four"), "four does not exist"),
        (("rollback", "three"), "three serves already"),
    ):
        done = _mqt(home, *arguments)
        assert done.returncode == 1
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    assert read_pointer(home / "releases") == before
    assert not entries(home / "releases")
    assert "nothing was released" in _mqt(tmp_path / "new", "rollback").stderr


def test_what_was_rolled_back_itself_has_to_be_named(home: Path) -> None:
    root = home / "releases"
    serve_again(root)
    with pytest.raises(RollbackRefused, match="mqt rollback three"):
        serve_again(root)
    assert serve_again(root, "three")[1] == Pointer(champion="three", previous="two")
    assert translator_of(root, "three") not in withdrawn(entries(root))


def test_a_sensor_only_moves_what_it_judged(home: Path) -> None:
    root = home / "releases"
    serve_again(root, "one", author="ada")
    with pytest.raises(RollbackRefused, match="one serves by now"):
        serve_again(root, "two", judged="three")
    with pytest.raises(RollbackRefused, match="was rolled back itself"):
        serve_again(root, "three", judged="one")


def test_without_mlflow_the_rollback_happens_and_is_shown_later(tracked: Path) -> None:
    home = tracked
    root = home / "releases"
    done = _mqt(home, "rollback", MQT_MLFLOW_URI="http://127.0.0.1:9")
    assert done.returncode == 0
    assert "MLflow's aliases could not be updated" in done.stderr
    pointer = read_pointer(root)
    assert pointer == Pointer(champion="two", previous="three")
    assert entries(root)[-1]["action"] == "rollback"
    assert mirror_is_owed(root)
    assert mirror_pointer(root, pointer, _mlflow(home)) == ""
    assert not mirror_is_owed(root)
    assert _mlflow(home).aliases()["champion"] == "2"
