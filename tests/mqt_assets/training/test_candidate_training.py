"""The training of a candidate: its start, killed and gone on with, deterministic."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import torch

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.candidate_training import Task, Trained, choose_start, trained_candidate
from mqt_assets.training.export import export_encoder
from mqt_assets.training.network import NetworkShape
from mqt_assets.training.starting import CHAMPION, SCRATCH
from mqt_assets.training.synthesis import synthesise
from mqt_assets.training.trainer import TrainingOptions

PROJECT = Path(__file__).resolve().parents[3]
SMALL = NetworkShape(width=96, heads=4, encoder_layers=2, decoder_layers=1, hidden=192, dropout=0.1)
OPTIONS = TrainingOptions(
    max_steps=60, batch_size=8, learning_rate=2e-3, shape=SMALL, now=datetime(2026, 7, 1), threads=1
)


def task(encoder_folder: Path, steps: int = 60) -> Task:
    cities = ("Berlin", "Paris", "Oslo", "Rome")
    customers = [
        {"_id": i, "name": f"Customer {i}", "city": cities[i % 4], "age": 20 + i} for i in range(40)
    ]
    catalog = catalog_from_documents("small", {"customers": customers})
    return Task(
        synthesise(catalog, 800, seed=1),
        {"small": catalog},
        encoder_folder,
        replace(OPTIONS, max_steps=steps),
        frozenset(),
        frozenset({"small"}),
    )


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    export_encoder(folder)
    return folder


@pytest.fixture(scope="module")
def whole(encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A training that nothing cut off."""
    root = tmp_path_factory.mktemp("whole")
    with trained_candidate(root, "t", task(encoder_folder), lambda _: None) as trained:
        assert (root / "t").is_dir()
    assert not (root / "t").exists()
    return trained


def killed(root: Path, encoder_folder: Path) -> dict[str, object]:
    """What a training process that was killed in the middle leaves."""
    code = (
        "import runpy, sys; from pathlib import Path;"
        f"given = runpy.run_path({__file__!r});"
        "with_ = given['trained_candidate'](Path(sys.argv[1]), 't',"
        " given['task'](Path(sys.argv[2])), print, 0.0);"
        "with_.__enter__()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(root), str(encoder_folder)],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 300
    state = root / "t" / "state.pt"
    try:
        while not state.exists():
            assert process.poll() is None, "the training ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    found: dict[str, object] = torch.load(state, weights_only=True)
    return found


def test_a_killed_training_goes_on_and_ends_as_if_nothing_had_happened(
    encoder_folder: Path, whole: Trained, tmp_path: Path
) -> None:
    state = killed(tmp_path, encoder_folder)
    said: list[str] = []
    with trained_candidate(tmp_path, "again", task(encoder_folder), said.append) as trained:
        pass
    assert trained.went_on_from == state["step"]
    assert 0 < trained.went_on_from < 60
    assert f"going on from step {state['step']}" in said[0]
    assert trained.model.steps == 60
    assert trained.model.examples == whole.model.examples
    assert [step for step, _ in trained.model.losses] == [step for step, _ in whole.model.losses]
    assert trained.model.losses[-1][1] == pytest.approx(whole.model.losses[-1][1], rel=0.02)
    assert not any(path.is_dir() for path in tmp_path.iterdir())


def test_another_training_does_not_go_on_with_it(encoder_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "unfinished.json").write_text('{"identity": "of other corrections"}')
    with trained_candidate(tmp_path, "new", task(encoder_folder, 5), lambda _: None) as trained:
        assert not (tmp_path / "t").exists()
    assert trained.went_on_from == 0


def test_an_export_that_fails_leaves_a_training_to_go_on_with(
    encoder_folder: Path, tmp_path: Path
) -> None:
    asked = task(encoder_folder, 10)
    with (
        pytest.raises(OSError, match="disk is full"),
        trained_candidate(tmp_path, "t", asked, lambda _: None),
    ):
        raise OSError("disk is full")
    with trained_candidate(tmp_path, "again", asked, lambda _: None) as trained:
        assert (trained.went_on_from, trained.model.steps) == (10, 10)


def test_the_same_seed_gives_the_same_candidate(
    encoder_folder: Path, whole: Trained, tmp_path: Path
) -> None:
    with trained_candidate(tmp_path, "t", task(encoder_folder), lambda _: None) as again:
        pass
    first, second = whole.model.network.state_dict(), again.model.network.state_dict()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name


class TestStart:
    def test_the_champion_where_it_is_better(self, encoder_folder: Path, whole: Trained) -> None:
        asked = task(encoder_folder)
        better = replace(asked, champion=whole.model.network.state_dict())
        choice = choose_start(better)
        assert choice.start == CHAMPION
        assert choice.scores[CHAMPION].loss < choice.scores[SCRATCH].loss
        ruined = {n: torch.randn_like(t) for n, t in whole.model.network.state_dict().items()}
        assert choose_start(replace(asked, champion=ruined)).start == SCRATCH

    def test_as_it_is_set(self, encoder_folder: Path, whole: Trained) -> None:
        asked = replace(task(encoder_folder), champion=whole.model.network.state_dict())
        assert choose_start(replace(asked, wanted="base")).start == SCRATCH
        assert choose_start(replace(asked, wanted="champion")).start == CHAMPION

    def test_without_a_champion_it_says_why(self, encoder_folder: Path) -> None:
        choice = choose_start(replace(task(encoder_folder), no_champion="nothing is released yet"))
        assert (choice.start, choice.note) == (SCRATCH, "nothing is released yet")

    def test_a_training_that_goes_on_keeps_its_start(
        self, encoder_folder: Path, whole: Trained, tmp_path: Path
    ) -> None:
        asked = replace(task(encoder_folder, 5), champion=whole.model.network.state_dict())
        with (
            pytest.raises(OSError, match="cut off"),
            trained_candidate(tmp_path, "t", asked, lambda _: None) as trained,
        ):
            assert trained.choice.start == CHAMPION
            raise OSError("cut off")
        ruined = {n: torch.randn_like(t) for n, t in whole.model.network.state_dict().items()}
        with trained_candidate(
            tmp_path, "t2", replace(asked, champion=ruined), lambda _: None
        ) as again:
            assert again.choice == trained.choice
