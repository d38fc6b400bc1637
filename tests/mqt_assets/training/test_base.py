"""Base weights: kept whole, refused when damaged or strange, and a start that pays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.base import find_base, load_base, save_base
from mqt_assets.training.base_export import base_translator
from mqt_assets.training.base_folder import (
    DESCRIPTION,
    SHIPPED,
    WEIGHTS,
    base_digest,
    base_folder,
)
from mqt_assets.training.base_recipe import SHARES
from mqt_assets.training.base_training import group_of
from mqt_assets.training.examples import ASKED_AT, make_example
from mqt_assets.training.export import export_encoder
from mqt_assets.training.network import NetworkShape, TranslatorNetwork
from mqt_assets.training.notation import PlanReader
from mqt_assets.training.practice import practice_catalogs, practice_examples
from mqt_assets.training.reader import Reader, packaged_encoder
from mqt_assets.training.trainer import Checkpoint, TrainingOptions, train
from mqt_serving.encoder import TextEncoder
from mqt_serving.errors import CannotAnswer, SettingError
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.lowering.plans import lower
from mqt_serving.settings import Settings

SHAPE = NetworkShape(width=64, heads=4, encoder_layers=1, decoder_layers=1, hidden=96, dropout=0.0)


@pytest.fixture(scope="module")
def network() -> TranslatorNetwork:
    """With weights that half precision holds exactly."""
    torch.manual_seed(3)
    made = TranslatorNetwork(SHAPE, Reader.untrained(packaged_encoder()))
    return made.half().float()


@pytest.fixture
def folder(network: TranslatorNetwork, tmp_path: Path) -> Path:
    save_base(tmp_path / "base", network, {"steps": 12, "held_out": []})
    return tmp_path / "base"


def test_what_is_saved_is_what_is_loaded(network: TranslatorNetwork, folder: Path) -> None:
    base = load_base(folder)
    assert base.shape == SHAPE
    assert base.description["steps"] == 12
    again = TranslatorNetwork(base.shape, base.reader)
    again.load_state_dict({**base.network, **_reader_weights(base.reader)})
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def _reader_weights(reader: Reader) -> dict[str, torch.Tensor]:
    return {f"reader.{name}": tensor for name, tensor in reader.state_dict().items()}


def test_damaged_weights_are_refused(folder: Path) -> None:
    body = bytearray((folder / WEIGHTS).read_bytes())
    body[-1] ^= 1
    (folder / WEIGHTS).write_bytes(body)
    with pytest.raises(SettingError, match="damaged"):
        load_base(folder)


def test_weights_of_another_layout_are_refused_with_what_to_do(folder: Path) -> None:
    described = json.loads((folder / DESCRIPTION).read_text())
    described["layout"]["tokens"] += 1
    (folder / DESCRIPTION).write_text(json.dumps(described))
    with pytest.raises(SettingError, match="MQT_BASE_MODEL=none"):
        load_base(folder)


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"weights\.safetensors is missing"):
        base_folder(str(tmp_path), "")


def test_none_and_other_encoders_start_from_scratch(folder: Path) -> None:
    assert base_folder("none", "") is None
    assert base_folder(str(folder), "/models/another") is None
    assert base_folder(str(folder), "") == folder
    assert base_digest(None) == "scratch"
    assert base_digest(folder) == load_base(folder).digest


def test_a_killed_training_goes_on_where_it_was(tmp_path: Path) -> None:
    catalogs = practice_catalogs(5, 2)
    examples = practice_examples(catalogs, 40, 5)
    export_encoder(tmp_path / "encoder")
    encoder = TextEncoder.load(tmp_path / "encoder")
    kept = Checkpoint(tmp_path / "state.pt", every_seconds=0.0)

    def trained(steps: int) -> int:
        options = TrainingOptions(max_steps=steps, batch_size=4, shape=SHAPE)
        reader = Reader.untrained(packaged_encoder())
        model = train(examples, catalogs, encoder, options, reader=reader, checkpoint=kept)
        return model.steps

    assert trained(4) == 4
    before = kept.load()
    assert before is not None and before["step"] == 4
    assert trained(7) == 7
    after = kept.load()
    assert after is not None and after["step"] == 7 and after["spent"] > before["spent"]


QUESTIONS = {
    "How many vessels are there?": "countDocuments",
    "Show the names of all captains": "captains",
    "Which vessels were built after 1990?": "1990",
    "What is the average tonnage of the vessels?": "$avg",
    "Count the vessels of each flag": "$group",
    "List the three heaviest vessels by tonnage": "$sort",
    "Show the names of vessels that sail under the flag Norway": "Norway",
    "Give the number of different ports": "port",
}


@pytest.mark.skipif(not (SHIPPED / DESCRIPTION).is_file(), reason="no base weights are shipped")
def test_the_shipped_weights_read_a_schema_that_they_never_saw(tmp_path: Path) -> None:
    documents = {
        "vessels": [
            {
                "_id": n,
                "name": f"Vessel {n}",
                "flag": ("Norway", "Malta", "Panama")[n % 3],
                "built": 1980 + n,
                "tonnage": 1000.5 * n,
                "captain_id": n % 7,
                "port": ("Oslo", "Valletta")[n % 2],
            }
            for n in range(40)
        ],
        "captains": [{"_id": n, "name": f"Captain {n}", "age": 40 + n} for n in range(7)],
    }
    catalog = catalog_from_documents("fleet", documents)
    translator = base_translator(load_base(SHIPPED), tmp_path)
    missed = []
    for question, sign in QUESTIONS.items():
        try:
            first = translator.translate(question, catalog)[0]
        except CannotAnswer as declined:
            missed.append(f"{question} {declined}")
            continue
        if sign not in (command := render_mongosh(lower(first.plan, catalog))):
            missed.append(f"{question} {command}")
    assert len(missed) <= 1, missed
    with pytest.raises(CannotAnswer):
        translator.translate("What is the salary of each of the engineers on board?", catalog)


@pytest.mark.skipif(not (SHIPPED / DESCRIPTION).is_file(), reason="no base weights are shipped")
def test_the_shipped_weights_are_small_and_described() -> None:
    assert (SHIPPED / WEIGHTS).stat().st_size < 40e6
    base = find_base(Settings())
    assert base is not None
    assert base.description["held_out"], "the development databases are what it was measured on"
    assert set(base.description["ranking"])


@pytest.mark.parametrize(
    ("plan", "group"),
    [
        ("customers.name", "handwritten"),
        ("count(orders only orders.paid = true)", "conditional"),
        ("count(orders only orders.paid = true) / count(orders)", "conditional"),
        ("sum(orders.price * orders.pieces)", "arithmetic"),
        ("orders.city, running(sum(orders.price)) group orders.city", "across"),
        ("orders.city order orders.price desc skip 1 limit 1", "across"),
        ("cannot", "handwritten"),
    ],
)
def test_handwritten_examples_are_drawn_by_what_their_plans_need(plan: str, group: str) -> None:
    known = {"customers", "orders"}
    reader = PlanReader(lambda e: e.collection in known and not e.path, lambda f: True, ASKED_AT)
    read = None if plan == "cannot" else reader.read(plan)
    example = make_example("?", "shop", read, "", source="handwritten", kind="")
    assert group_of(example) == group
    assert group in SHARES
