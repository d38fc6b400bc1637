"""Where a training starts: validation questions that nobody learns from, and the better weights."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import torch

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import Example
from mqt_assets.training.export import export_encoder, export_translator
from mqt_assets.training.network import NetworkShape
from mqt_assets.training.starting import (
    BASE,
    CHAMPION,
    SCRATCH,
    WEIGHTS,
    Choice,
    Score,
    Validation,
    champion_weights,
    choose,
    choose_validation,
    load_weights,
    save_weights,
    set_apart,
)
from mqt_assets.training.synthesis import synthesise
from mqt_assets.training.trainer import TrainedModel, TrainingOptions, train
from mqt_serving.encoder import TextEncoder
from mqt_serving.releases import Pointer, move_pointer, write_release
from mqt_serving.schema import Catalog

NOW = datetime(2026, 7, 1)
SMALL = NetworkShape(width=96, heads=4, encoder_layers=2, decoder_layers=1, hidden=192, dropout=0.0)
OPTIONS = TrainingOptions(
    max_steps=40, batch_size=8, learning_rate=2e-3, shape=SMALL, now=NOW, threads=1
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    cities = ("Berlin", "Paris", "Oslo", "Rome")
    customers = [
        {"_id": i, "name": f"Customer {i}", "city": cities[i % 4], "age": 20 + i} for i in range(40)
    ]
    return catalog_from_documents("small", {"customers": customers})


@pytest.fixture(scope="module")
def examples(catalog: Catalog) -> list[Example]:
    return synthesise(catalog, 1500, seed=1)


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    export_encoder(folder)
    return folder


@pytest.fixture(scope="module")
def trained(examples: list[Example], catalog: Catalog, encoder_folder: Path) -> TrainedModel:
    learned = set_apart(examples).training
    return train(learned, {"small": catalog}, TextEncoder.load(encoder_folder), OPTIONS)


@pytest.fixture
def translator(trained: TrainedModel, encoder_folder: Path, tmp_path: Path) -> Path:
    export_translator(trained, tmp_path / "translator", encoder_folder)
    save_weights(tmp_path / "translator", trained.network)
    return tmp_path / "translator"


def golds(examples: tuple[Example, ...] | list[Example]) -> set[tuple[str, str]]:
    return {(example.database, example.command) for example in examples}


def test_what_is_apart_stays_apart_whatever_comes_along(examples: list[Example]) -> None:
    few, all_of_them = set_apart(examples[:500]), set_apart(examples)
    assert few.validation
    assert not golds(all_of_them.validation) & golds(all_of_them.training)
    assert golds(few.validation) == golds(all_of_them.validation) & golds(examples[:500])
    assert 0.005 < len(golds(all_of_them.validation)) / len(golds(examples)) < 0.06


def test_corrections_are_learned_and_validate_nothing(examples: list[Example]) -> None:
    apart = set_apart(examples).validation[0]
    correction = replace(apart, id="c", source="correction")
    divided = set_apart([*examples, correction])
    assert correction in divided.training
    assert (apart.database, apart.command) not in golds(divided.validation)


def test_half_of_the_questions_are_replay(examples: list[Example]) -> None:
    own, replay = examples[:200], [replace(e, database="elsewhere") for e in examples[200:400]]
    chosen = choose_validation([*own, *replay], frozenset({"small"}), most=60)
    assert len(chosen) == 60
    assert sum(example.database == "small" for example in chosen) == 30
    assert choose_validation([*replay, *own], frozenset({"small"}), most=60) == chosen
    assert len(choose_validation(own, frozenset({"small"}), most=60)) == 60


@pytest.mark.parametrize(
    ("champion", "base", "start"), [(0.5, 0.6, CHAMPION), (0.6, 0.5, BASE), (0.5, 0.5, BASE)]
)
def test_the_start_has_the_least_loss(champion: float, base: float, start: str) -> None:
    scores = {CHAMPION: Score(champion, 0.5, 9), BASE: Score(base, 0.5, 9)}
    choice = choose(scores, BASE)
    assert choice.start == start
    assert Choice.from_json(json.loads(json.dumps(choice.to_json()))) == choice
    assert [row[0] for row in choice.rows if row[2] == "taken"] == [start]


def test_nothing_measured_starts_from_the_base() -> None:
    assert choose({}, SCRATCH).rows == [[SCRATCH, "not measured", "taken"]]


def test_weights_that_learned_score_better_than_weights_that_did_not(
    examples: list[Example], catalog: Catalog, encoder_folder: Path, translator: Path
) -> None:
    questions = choose_validation(set_apart(examples).validation, frozenset({"small"}))
    encoder = TextEncoder.load(encoder_folder)
    validation = Validation(questions, {"small": catalog}, encoder, OPTIONS)
    kept, problem = load_weights(translator, encoder_folder, SMALL)
    assert kept is not None, problem
    learned, first = validation.score(kept), validation.score(None)
    assert learned.questions == first.questions == len(questions) > 10
    assert learned.loss < 0.5 * first.loss
    assert learned.right >= first.right
    assert validation.score(kept) == learned


def test_what_serves_is_found_with_its_weights(
    trained: TrainedModel, translator: Path, encoder_folder: Path, tmp_path: Path
) -> None:
    releases = tmp_path / "releases"
    assert champion_weights(releases, encoder_folder, SMALL) == (None, "nothing is released yet")
    contents = tmp_path / "contents"
    contents.mkdir()
    translator.rename(contents / "translator")
    write_release(releases, contents, release_id="r1")
    move_pointer(releases, Pointer(champion="r1"))
    found, _ = champion_weights(releases, encoder_folder, SMALL)
    assert found is not None
    for name, tensor in trained.network.state_dict().items():
        assert torch.allclose(found[name], tensor, atol=2e-3), name


def test_weights_that_fit_no_more_are_refused_with_the_reason(
    translator: Path, encoder_folder: Path, tmp_path: Path
) -> None:
    other = NetworkShape(width=64)
    assert "another shape" in load_weights(translator, encoder_folder, other)[1]
    strange = tmp_path / "strange"
    strange.mkdir()
    described = json.loads((encoder_folder / "encoder.json").read_text())
    (strange / "encoder.json").write_text(json.dumps({**described, "reader": "of another base"}))
    assert "another text encoder" in load_weights(translator, strange, SMALL)[1]
    about = json.loads((translator / "translator.json").read_text())
    about["layout"]["tokens"] += 1
    (translator / "translator.json").write_text(json.dumps(about))
    assert "another layout" in load_weights(translator, encoder_folder, SMALL)[1]
    (translator / WEIGHTS).unlink()
    assert "older version" in load_weights(translator, encoder_folder, SMALL)[1]
