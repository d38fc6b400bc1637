"""Folders of base trainings: found again when cut off, left alone while in use, tidy at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqt_assets.training.base_runs import (
    ENCODER,
    REPORT_EVERY_SECONDS,
    STATE,
    Reporter,
    finish,
    training_folder,
)
from mqt_assets.training.trainer import Progress


def test_what_was_cut_off_is_found_again_whoever_asks(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), training_folder(tmp_path, "a", "first"):
        raise RuntimeError("killed")
    with training_folder(tmp_path, "a", "second") as folder:
        assert folder.name == "first"


def test_another_training_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    with training_folder(tmp_path, "a", "first"):
        pass
    with training_folder(tmp_path, "b", "second") as folder:
        assert folder.name == "second"


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    with (
        training_folder(tmp_path, "a", "first") as one,
        training_folder(tmp_path, "a", "second") as other,
    ):
        assert (one.name, other.name) == ("first", "second")


def test_a_finished_training_keeps_its_result_and_is_not_gone_on_with(tmp_path: Path) -> None:
    with training_folder(tmp_path, "a", "first") as folder:
        for name in ("weights.safetensors", STATE):
            (folder / name).write_bytes(b"1")
        (folder / ENCODER).mkdir()
        finish(folder)
    assert [path.name for path in folder.iterdir()] == ["weights.safetensors"]
    with training_folder(tmp_path, "a", "second") as folder:
        assert folder.name == "second"


def test_progress_is_told_every_half_minute_with_every_point_of_the_curve() -> None:
    now = 0.0
    lines: list[str] = []
    points: list[dict[int, float]] = []
    reporter = Reporter(lines.append, lambda new: points.append(dict(new)), lambda: now)
    for step in (20, 40, 60):
        reporter(Progress(step, 100, 1.0 / step, 5.0, now))
        now += REPORT_EVERY_SECONDS / 2
    reporter(Progress(100, 100, 0.5, 5.0, now))
    assert [line.split(",")[0] for line in lines] == [
        "training step 20 of about 100",
        "training step 60 of about 100",
        "training step 100 of about 100",
    ]
    assert [sorted(new) for new in points] == [[20], [40, 60], [100]]
    assert reporter.logged == {20, 40, 60, 100}
