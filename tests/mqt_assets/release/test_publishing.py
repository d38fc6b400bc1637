"""The last step of a release: what moved the pointer meanwhile is not undone."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from mqt_assets.experiments.moves import start, stop
from mqt_assets.release.audit import entries, stopped, withdrawn
from mqt_assets.release.gates import EvaluationReport, Share
from mqt_assets.release.listing import rows
from mqt_assets.release.packaging import Contents, translator_of
from mqt_assets.release.publishing import go_live, offer
from mqt_assets.release.rollback import serve_again
from mqt_serving.releases import Pointer, list_releases, read_pointer, write_release
from mqt_serving.settings import Settings

REPORT = EvaluationReport(
    translator="t",
    holdout_digest="h",
    overall=Share(correct=8, total=10),
    milliseconds_p50=1,
    milliseconds_p95=2,
    megabytes=1,
)


def write(root: Path, name: str, model: str) -> None:
    parts = root.parent / f"parts-{name}"
    (parts / "translator").mkdir(parents=True)
    (parts / "translator" / "weights").write_text(model)
    (parts / "corrections.json").write_text(name)
    write_release(root, parts, release_id=name)


def test_a_refresh_that_began_before_a_rollback_does_not_undo_it(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    for name, model in (("one", "a"), ("two", "b"), ("two-with-new-data", "b")):
        write(root, name, model)
    go_live(root, "one", instead_of=None)
    go_live(root, "two", instead_of="one")
    serve_again(root, author="ada")
    moved = entries(root)
    with pytest.raises(dg.RetryRequested) as caught:
        go_live(root, "two-with-new-data", instead_of="two")
    assert isinstance(caught.value.__cause__, dg.Failure)
    assert "The pointer moved meanwhile" in str(caught.value.__cause__.description)
    assert read_pointer(root) == Pointer(champion="one", previous="two")
    assert entries(root) == moved
    assert withdrawn(moved) == {translator_of(root, "two")}


def test_of_two_first_releases_the_slower_one_is_made_again(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    for name in ("one", "other"):
        write(root, name, name)
    go_live(root, "one", instead_of=None)
    with pytest.raises(dg.RetryRequested):
        go_live(root, "other", instead_of=None)
    assert read_pointer(root) == Pointer(champion="one")


def test_the_step_runs_once_more_and_then_says_why(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    for name in ("one", "two"):
        write(root, name, name)
    go_live(root, "one", instead_of=None)
    champions: list[str | None] = []

    @dg.op
    def step() -> None:
        go_live(root, "two", instead_of=champions.pop())

    @dg.job
    def release() -> None:
        step()

    champions[:] = ["one", "gone"]
    assert release.execute_in_process().success
    champions[:] = ["gone", "gone"]
    failed = release.execute_in_process(raise_on_error=False)
    assert "The pointer moved meanwhile" in str(failed.failure_data_for_node("step"))


def test_a_candidate_whose_experiment_was_stopped_is_offered_no_other(tmp_path: Path) -> None:
    config = Settings.from_environment(home=tmp_path)
    root = config.releases_folder
    for name, model in (("one", "a"), ("two", "b")):
        write(root, name, model)
    go_live(root, "one", instead_of=None)
    start(root, 0.05, challenger="two")
    stop(root)
    candidate = Contents(root / "two" / "translator", {}, root / "two", "[]", REPORT)
    said = offer(config, candidate, [], "run")
    assert said.startswith("not again: the experiment of two was stopped")
    assert read_pointer(root) == Pointer(champion="one")
    assert set(list_releases(root)) == {"one", "two"}
    assert {row.release: row.states for row in rows(root)}["two"] == ("stopped",)
    # A person may: then nothing is held against it.
    start(root, 0.05, challenger="two", author="ada")
    assert stopped(entries(root)) == {}
