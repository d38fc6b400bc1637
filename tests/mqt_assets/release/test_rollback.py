"""Where a rollback goes when nobody names a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqt_assets.release.audit import entries, withdrawn, withdrawn_prompts
from mqt_assets.release.packaging import prompt_version_of, translator_of
from mqt_assets.release.publishing import go_live
from mqt_assets.release.rollback import serve_again
from mqt_assets.release.watching import case_of
from mqt_serving.errors import RollbackRefused
from mqt_serving.llm.template import Prompt, Template
from mqt_serving.releases import Pointer, list_releases, read_pointer, write_release

OTHER_PROMPT = Prompt(template=Template(values=1)).model_dump_json()


def release(root: Path, name: str, model: str, prompt: str = "") -> None:
    parts = root.parent / f"parts-{name}"
    (parts / "translator").mkdir(parents=True)
    (parts / "translator" / "weights").write_text(model)
    (parts / "corrections.json").write_text(name)
    if prompt:
        (parts / "prompt.json").write_text(prompt)
    before = read_pointer(root)
    write_release(root, parts, release_id=name)
    go_live(root, name, instead_of=before.champion if before else None)


def test_after_refreshes_it_goes_to_the_model_before(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    for name, model in (("r1", "a"), ("r2", "a"), ("r3", "b"), ("r4", "b"), ("r5", "b")):
        release(root, name, model)
    assert serve_again(root)[1] == Pointer(champion="r2", previous="r5")
    assert withdrawn(entries(root)) == {translator_of(root, "r5")}


def test_without_another_model_it_says_so_and_moves_nothing(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    for name in ("r1", "r2"):
        release(root, name, "a")
    with pytest.raises(RollbackRefused, match=r"r1 is the model that serves.*mqt rollback r1"):
        serve_again(root)
    assert read_pointer(root) == Pointer(champion="r2", previous="r1")
    assert serve_again(root, "r1")[1] == Pointer(champion="r1", previous="r2")


def test_another_prompt_is_a_way_back(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    release(root, "r1", "a")
    release(root, "r2", "b")
    release(root, "r3", "b", prompt="{}")
    assert serve_again(root)[1] == Pointer(champion="r2", previous="r3")


def test_a_prompt_that_was_rolled_back_is_only_taken_again_by_name(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    release(root, "r1", "a")
    release(root, "r2", "a", prompt=OTHER_PROMPT)
    serve_again(root)
    assert withdrawn_prompts(entries(root)) == {prompt_version_of(root, "r2")}
    with pytest.raises(RollbackRefused, match="r2 was rolled back itself"):
        serve_again(root)
    assert serve_again(root, "r2")[1] == Pointer(champion="r2", previous="r1")
    assert withdrawn_prompts(entries(root)) == {prompt_version_of(root, "r1")}


def test_after_refreshes_it_goes_to_the_prompt_before(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    release(root, "r1", "a")
    release(root, "r2", "b")
    for name in ("r3", "r4"):
        release(root, name, "b", prompt=OTHER_PROMPT)
    assert serve_again(root)[1] == Pointer(champion="r2", previous="r4")
    assert not withdrawn(entries(root))
    release(root, "r5", "b")
    assert serve_again(root)[1] == Pointer(champion="r1", previous="r5")


def test_a_sensor_that_judged_the_model_leaves_its_prompt(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    release(root, "r1", "a")
    release(root, "r2", "b", prompt=OTHER_PROMPT)
    serve_again(root, "r1", judged="r2")
    assert withdrawn(entries(root)) == {translator_of(root, "r2")}
    assert not withdrawn_prompts(entries(root))


def test_serving_a_release_by_hand_that_never_served_withdraws_nothing(tmp_path: Path) -> None:
    """So that what served before is a way back when that was a mistake."""
    root = tmp_path / "releases"
    release(root, "r1", "a")
    parts = tmp_path / "parts-r2"
    (parts / "translator").mkdir(parents=True)
    (parts / "translator" / "weights").write_text("b")
    write_release(root, parts, release_id="r2")
    serve_again(root, "r2", reason="looked fine to me", author="hasty")
    assert entries(root)[-1]["action"] == "release"
    assert not withdrawn(entries(root))
    case = case_of(read_pointer(root), entries(root), list_releases(root))
    assert not isinstance(case, str), case
    assert (case.champion, case.target) == ("r2", "r1")
