"""A challenger may differ by its prompt: it translates with its own, and takes it along."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mqt_assets.experiments.moves import promote_challenger, start, stop
from mqt_serving.errors import ExperimentError
from mqt_serving.llm.template import Prompt, Template
from mqt_serving.release_loading import read_prompt
from mqt_serving.releases import (
    PROMPT,
    Pointer,
    move_pointer,
    promote,
    read_pointer,
    write_release,
)

BETTER = Prompt(template=Template(values=1), right={"tiny": 0.8})


def write(root: Path, name: str, prompt: Prompt | None = None, corrections: str = "[]") -> None:
    parts = root.parent / f"parts-{name}"
    (parts / "translator").mkdir(parents=True)
    (parts / "translator" / "graph").write_text("the same network")
    (parts / "catalogs").mkdir()
    (parts / "catalogs" / "shop.json").write_text("{}")
    (parts / "corrections.json").write_text(corrections)
    if prompt is not None:
        (parts / PROMPT).write_text(prompt.model_dump_json())
    write_release(root, parts, release_id=name)


def test_a_promoted_challenger_brings_its_prompt_and_the_champions_data(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    write(root, "champion", corrections=json.dumps(["newer"]))
    write(root, "challenger", BETTER)
    promote(root, "champion")
    start(root, 0.5, challenger="challenger")
    after = promote_challenger(root, lambda folder: None)
    assert read_prompt(root / after.champion) == BETTER
    assert json.loads((root / after.champion / "corrections.json").read_text()) == ["newer"]


def test_new_data_leaves_an_experiment_running_but_a_new_prompt_ends_it(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    write(root, "champion")
    write(root, "challenger", BETTER)
    write(root, "new-data", corrections=json.dumps(["newer"]))
    write(root, "new-prompt", Prompt(template=Template(values=2)))
    move_pointer(root, Pointer(champion="champion", challenger="challenger"))
    assert promote(root, "new-data").challenger == "challenger"
    assert promote(root, "new-prompt").challenger is None


def test_what_moves_while_the_challenger_is_tried_out_stops_its_promotion(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    write(root, "champion")
    write(root, "challenger", BETTER)
    promote(root, "champion")
    start(root, 0.5, challenger="challenger")
    with pytest.raises(ExperimentError, match="moved meanwhile"):
        promote_challenger(root, lambda folder: stop(root))
    assert read_pointer(root) == Pointer(champion="champion")
