"""Base training in Dagster: seconds of it on tiny data, killed and gone on with, and what it shows.

The base weights are no good after seconds; what is promised here is that they are whole, described,
and that nothing done is lost. Without the shipped weights' own quality: only that they are whole.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import torch

from mqt_assets.definitions import build_defs
from mqt_assets.training import base_training
from mqt_assets.training.base import find_base
from mqt_assets.training.base_folder import DESCRIPTION, LOSSES, SHIPPED, WEIGHTS
from mqt_assets.training.base_recipe import Amounts
from mqt_assets.training.handwritten import is_held_out, load_sheets
from mqt_assets.training.network import NetworkShape
from mqt_assets.training.practice import DATABASES
from mqt_serving.settings import Settings

PROJECT = Path(__file__).resolve().parents[3]
SHAPE = NetworkShape(width=64, heads=4, encoder_layers=1, decoder_layers=1, hidden=96, dropout=0.0)
TINY = {"practice_databases": 2, "practice_questions": 6, "handwritten_versions": 0}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def mlflow_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One for all: to make its tables takes as long as a test."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mlflow_uri: str) -> Iterator[Path]:
    """No corpus, no server: nothing but a home."""
    for name in list(os.environ):
        if name.startswith("MQT_") or name == "MONGODB_URI":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MQT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MQT_MLFLOW_URI", mlflow_uri)
    monkeypatch.setattr(base_training, "SHAPE", SHAPE)
    yield tmp_path / "home"


def config(minutes: float, **of_corpus: Any) -> dict[str, Any]:
    weights = {
        "minutes": minutes,
        "cross_encoder_minutes": 0.0,
        "threads": 1,
        "keep_every_seconds": 0.5,
    }
    return {
        "ops": {
            "base_corpus": {"config": {**TINY, **of_corpus}},
            "base_weights": {"config": weights},
        }
    }


def run(instance: dg.DagsterInstance, run_config: dict[str, Any]) -> dg.ExecuteInProcessResult:
    job = build_defs().resolve_job_def("train_base_model")
    return job.execute_in_process(instance=instance, run_config=run_config)


def metadata_of(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node(asset)
    return {name: value.value for name, value in event.metadata.items()}


def test_a_training_without_corpora_makes_weights_and_says_what_it_left_out(home: Path) -> None:
    with dg.instance_for_test() as instance:
        result = run(instance, config(0.05))
        corpus, weights = metadata_of(result, "base_corpus"), metadata_of(result, "base_weights")
    assert corpus["databases"] >= 2
    assert "MQT_TEND_FOLDER is not set" in corpus["tend"]
    assert "| practice | 12 | 2 |" in corpus["by_source"]
    assert "practice_" in corpus["by_database"]
    assert "data:image/png;base64," in corpus["sources"]
    assert "data:image/png;base64," in weights["learning_curve"]
    assert "MQT_TEND_FOLDER is not set" in weights["ranking"]
    assert weights["steps"] > 0
    assert weights["went_on_from_step"] == 0
    (folder,) = (path for path in (home / "base").iterdir() if path.is_dir())
    assert {path.name for path in folder.iterdir()} == {WEIGHTS, DESCRIPTION, LOSSES}
    assert weights["to_use_it"] == f"MQT_BASE_MODEL={folder}"
    base = find_base(Settings.load(base_model=str(folder)))
    assert base is not None
    assert base.digest == weights["sha256"]
    assert base.shape == SHAPE
    value = json.loads((home / "artifacts" / "base_weights.json").read_text())
    assert value["folder"] == str(folder)
    assert value["ranking_figures"] is None


def test_a_killed_training_goes_on_when_it_is_run_again(home: Path) -> None:
    asked = home.parent / "asked.json"
    asked.write_text(json.dumps(config(30)))
    code = (
        "from mqt_assets.training import base_training as b; from mqt_assets.training.network "
        f"import NetworkShape; b.SHAPE = NetworkShape(**{SHAPE.as_dict()!r});"
        "import json, sys, dagster as dg; from mqt_assets.definitions import defs;"
        "defs.resolve_job_def('train_base_model').execute_in_process("
        f"run_config=json.load(open({str(asked)!r})))"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 600
    try:
        while not (states := list((home / "base").glob("*/state.pt"))):
            assert process.poll() is None, "the training ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    state = torch.load(states[0], weights_only=True)
    with dg.instance_for_test() as instance:
        result = run(instance, config((state["spent"] + 1.5) / 60))
    weights = metadata_of(result, "base_weights")
    assert weights["went_on_from_step"] == state["step"] > 0
    assert weights["steps"] > state["step"]
    assert weights["folder"] == str(states[0].parent)
    assert not states[0].exists()


def test_weights_that_lack_only_their_ranking_are_not_trained_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mqt_assets.training import ranking_training

    def cut_off(*_: object) -> str:
        raise RuntimeError("cut off")

    with dg.instance_for_test() as instance:
        with monkeypatch.context() as patch:
            patch.setattr(ranking_training, "why_no_ranking", cut_off)
            with pytest.raises(RuntimeError, match="cut off"):
                run(instance, config(0.03))
        (described,) = (home / "base").glob(f"*/{DESCRIPTION}")
        before = described.stat().st_mtime_ns
        weights = metadata_of(run(instance, config(0.03)), "base_weights")
    assert weights["folder"] == str(described.parent)
    assert weights["went_on_from_step"] == weights["steps"]
    assert described.stat().st_mtime_ns == before


def test_a_corpus_gives_a_ranking_from_databases_that_were_held_out(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQT_TEND_FOLDER", str(tiny_tend(home.parent / "tend")))
    few = [sheet for sheet in load_sheets() if is_held_out(sheet)][:2]
    monkeypatch.setattr("mqt_assets.training.judging.load_sheets", lambda: few)
    with dg.instance_for_test() as instance:
        result = run(instance, config(0.3))
        weights = metadata_of(result, "base_weights")
        corpus = metadata_of(result, "base_corpus")
    assert corpus["held_out"] == "boats, trains"
    assert "| tend |" in corpus["by_source"] and "| boats |" not in corpus["by_database"]
    assert "of 12 questions" in weights["ranking"]
    described = json.loads((Path(weights["folder"]) / DESCRIPTION).read_text())
    assert described["ranking"]
    assert described["ranking_figures"]["questions"] == 12


def test_the_shipped_weights_show_card_checksum_and_curve(home: Path) -> None:
    """Right for whatever is shipped: whether this code can start from it is the check's to say."""
    with dg.instance_for_test() as instance:
        result = dg.materialize(
            [asset for asset in build_defs().assets or () if is_named(asset, "shipped_base_model")],
            instance=instance,
            resources=build_defs().resources,
        )
    shown = metadata_of(result, "shipped_base_model")
    described = json.loads((SHIPPED / DESCRIPTION).read_text())
    assert shown["checksum"] == f"verified: {described['sha256']}"
    assert shown["model_card"].startswith("# Model card")
    assert "data:image/png;base64," in shown["learning_curve"]
    assert "| cross validated |" in shown["ranking"]
    assert shown["held_out"]


def is_named(asset: Any, name: str) -> bool:
    return dg.AssetKey(name) in asset.keys


def test_the_recipe_is_three_of_each_domain() -> None:
    assert Amounts().practice_databases == 3 * DATABASES


def tiny_tend(folder: Path) -> Path:
    """Three databases, two of them set apart."""
    records = []
    for name in ("cars", "boats", "trains"):
        place = folder / "databases" / name
        place.mkdir(parents=True)
        rows = [{"_id": n, "name": f"{name} {n}", "weight": 10 * n} for n in range(8)]
        (place / f"{name}.json").write_text(json.dumps(rows))
        for query, question in (
            (f"db.{name}.countDocuments({{}})", f"How many {name} are there?"),
            (f"db.{name}.find({{}}, {{name: 1, _id: 0}})", f"Show the names of all {name}."),
        ):
            records.append(
                {
                    "record_id": len(records),
                    "db_id": name,
                    "nl_queries": [f"{question[:-1]}{end}" for end in ("?", " please", " now")],
                    "ref_sql": "SELECT",
                    "MQL": query,
                }
            )
    (folder / "train.json").write_text(json.dumps(records))
    (folder / "dev_databases.json").write_text(json.dumps(["boats", "trains"]))
    return folder
