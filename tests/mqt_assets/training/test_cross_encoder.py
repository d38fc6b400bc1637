"""The cross-encoder: what it learns from, that it learns, goes on, and serves what was trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from mqt_assets.training.base import load_base, save_base, save_cross_encoder
from mqt_assets.training.base_folder import DESCRIPTION, SHIPPED
from mqt_assets.training.base_runs import JUDGED
from mqt_assets.training.cross_encoder import CrossEncoderNetwork, loss_of
from mqt_assets.training.cross_encoder_training import (
    Choice,
    CrossEncoderFitting,
    batches,
    choices_of,
    train_cross_encoder,
)
from mqt_assets.training.export import export_encoder
from mqt_assets.training.handwritten import is_held_out, load_sheets
from mqt_assets.training.network import NetworkShape, TranslatorNetwork
from mqt_assets.training.ranking_fit import JudgedBeams
from mqt_assets.training.reader import LowerLayers, Reader, packaged_encoder
from mqt_assets.training.trainer import Checkpoint
from mqt_serving.encoder import TextEncoder, open_session
from mqt_serving.translator.cross_encoder import CROSS_ENCODER_FILE, CrossEncoder
from mqt_serving.translator.ranking import FEATURES, NOTHING

SHAPE = NetworkShape(width=64, heads=4, encoder_layers=1, decoder_layers=1, hidden=96, dropout=0.0)
QUESTION = "How many orders does each city have?"
MEANINGS = (
    "For each `city`, count the orders.",
    "Count all orders.",
    "Show the `city` and the `total` of all orders, which are sorted by `total`, highest first.",
)


def judged(*verdicts: tuple[str, bool]) -> JudgedBeams:
    described = np.zeros((len(verdicts), len(FEATURES)))
    right = np.array([ok for _, ok in verdicts], bool)
    meanings = tuple(meaning for meaning, _ in verdicts)
    return JudgedBeams(
        "shop", described, np.zeros(len(NOTHING)), right, question=QUESTION, meanings=meanings
    )


def test_only_questions_with_both_right_and_wrong_candidates_teach() -> None:
    both = judged(("b", True), ("a", True), ("c", False), ("c", False))
    found = choices_of([both, judged(("a", True)), judged(("c", False)), judged()])
    assert found == [Choice(QUESTION, ("a", "b"), ("c",))]


def test_a_meaning_that_is_right_and_wrong_is_taken_for_right() -> None:
    """Two plans may read alike of which one alone returns what was asked for."""
    assert choices_of([judged(("a", True), ("a", False), ("b", False))]) == [
        Choice(QUESTION, ("a",), ("b",))
    ]


def test_the_loss_is_of_choosing_the_first_among_those_there() -> None:
    scores = torch.tensor([[0.0, 0.0, 50.0], [3.0, 0.0, 0.0]])
    there = torch.tensor([[True, True, False], [True, True, True]])
    expected = (np.log(2) + np.log(1 + 2 * np.exp(-3))) / 2
    assert float(loss_of(scores, there)) == pytest.approx(expected, abs=1e-5)


def test_serving_scores_as_the_network_does_but_for_eight_bits(tmp_path: Path) -> None:
    torch.manual_seed(4)
    network = CrossEncoderNetwork().eval()
    export_encoder(tmp_path, cross_encoder=network)
    encoder = TextEncoder.load(tmp_path)
    served = CrossEncoder(encoder, open_session(tmp_path / CROSS_ENCODER_FILE, 1))
    found = served.scores(QUESTION, MEANINGS)
    alone = np.concatenate([served.scores(QUESTION, [meaning]) for meaning in MEANINGS])
    plain = [meaning.replace("`", "") for meaning in MEANINGS]
    ids, mask = encoder.pairs(QUESTION, plain, 128)
    with torch.no_grad():
        there = torch.from_numpy(mask)
        states = LowerLayers.packaged().eval()(torch.from_numpy(ids), there)
        expected = network(states, there).numpy()
    np.testing.assert_allclose(found, expected, atol=0.05)
    np.testing.assert_allclose(found, alone, atol=0.05)
    assert expected.std() > 0.01, "three meanings that score alike would show nothing"
    assert (tmp_path / CROSS_ENCODER_FILE).stat().st_size < 25e6


def test_an_encoder_is_exported_again_when_a_cross_encoder_comes_or_goes(tmp_path: Path) -> None:
    export_encoder(tmp_path)
    assert not (tmp_path / CROSS_ENCODER_FILE).exists()
    export_encoder(tmp_path, cross_encoder=CrossEncoderNetwork())
    assert (tmp_path / CROSS_ENCODER_FILE).is_file()
    export_encoder(tmp_path)
    assert not (tmp_path / CROSS_ENCODER_FILE).exists()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    network = TranslatorNetwork(SHAPE, Reader.untrained(packaged_encoder()))
    save_base(tmp_path / "base", network, {"steps": 12, "held_out": []})
    return tmp_path / "base"


def test_it_is_kept_beside_the_base_weights(base: Path) -> None:
    before = load_base(base)
    assert before.cross_encoder is None
    network = CrossEncoderNetwork().half().float()
    save_cross_encoder(base, network, {"questions": 1})
    after = load_base(base)
    assert after.cross_encoder is not None
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, after.cross_encoder.state_dict()[name]), name
    assert after.digest != before.digest
    assert all(torch.equal(before.network[name], after.network[name]) for name in before.network)
    assert after.network.keys() == before.network.keys()
    assert after.description["cross_encoder"] == {"questions": 1}
    assert after.description["steps"] == 12


CHOICES = [
    Choice(f"{cue} {noun}", (f"{right} {noun}.",), (f"{wrong} {noun}.", f"Show {noun}."))
    for noun in ("orders", "cities", "ships", "people", "songs", "books")
    for cue, right, wrong in (
        ("How many", "Count all", "Show the names of"),
        ("Which", "Show the names of", "Count all"),
    )
]


def test_it_learns_what_tells_right_from_wrong(tmp_path: Path) -> None:
    fitting = CrossEncoderFitting(1, Checkpoint(tmp_path / "state.pt"), print)
    rows = batches(CHOICES)
    for _ in range(40):
        fitting.take_step(next(rows), 1.0)
    export_encoder(tmp_path, cross_encoder=fitting.network.eval())
    graph = open_session(tmp_path / CROSS_ENCODER_FILE, 1)
    served = CrossEncoder(TextEncoder.load(tmp_path), graph)
    unseen = ("horses", "bridges", "teams")
    for noun in unseen:
        for cue, right in (("How many", 0), ("Which", 1)):
            meanings = [f"Count all {noun}.", f"Show the names of {noun}."]
            assert served.scores(f"{cue} {noun}", meanings).argmax() == right, (cue, noun)


def test_a_training_goes_on_after_a_kill(tmp_path: Path) -> None:
    kept = Checkpoint(tmp_path / "state.pt", every_seconds=0.0)
    fitting = CrossEncoderFitting(1, kept, print)
    fitting.started_from = {"steps": 7}
    fitting.run(CHOICES, 1.0)
    again = CrossEncoderFitting(1, kept, print)
    assert (again.step, again.spent) == (fitting.step, fitting.spent)
    assert again.started_from == {"steps": 7}
    for name, tensor in fitting.network.state_dict().items():
        assert torch.equal(tensor, again.network.state_dict()[name]), name
    again.run(CHOICES, fitting.spent + 1.0)
    assert again.step > fitting.step


def test_weights_that_know_nothing_get_no_cross_encoder(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it on a real mongod: two sheets, asked of weights whose candidates are all wrong."""
    few = [sheet for sheet in load_sheets() if not is_held_out(sheet)][:2]
    monkeypatch.setattr("mqt_assets.training.judging.load_sheets", lambda: few)
    said: list[str] = []
    assert train_cross_encoder(base, None, None, 0.01, 1, said.append, share=0.02) == {}
    assert (base / JUDGED).is_file()
    assert "0 questions with right and wrong candidates" in said
    assert load_base(base).cross_encoder is None


@pytest.mark.skipif(not (SHIPPED / DESCRIPTION).is_file(), reason="no base weights are shipped")
def test_from_judged_candidates_to_base_weights_with_a_cross_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [sheet for sheet in load_sheets() if not is_held_out(sheet)][:2]
    monkeypatch.setattr("mqt_assets.training.judging.load_sheets", lambda: few)
    folder = tmp_path / "base"
    shutil.copytree(SHIPPED, folder)
    before = load_base(folder).description["cross_encoder"]
    losses = train_cross_encoder(folder, None, None, 0.02, 1, print, share=0.1)
    after = load_base(folder)
    assert after.description["cross_encoder"]["questions"] > 0
    assert after.digest != load_base(SHIPPED).digest
    assert losses.keys() <= {50 * n for n in range(100)}
    assert after.description["cross_encoder"]["started_from"] == before
    kept = json.loads((folder / JUDGED).read_text())
    assert all(one["right"] and one["wrong"] for one in kept)
