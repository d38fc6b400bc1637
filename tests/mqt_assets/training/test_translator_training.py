"""Training, export and serving agree: what was learned is what answers."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import torch

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.batches import build_schemas, collate, prepare
from mqt_assets.training.examples import Example, make_example
from mqt_assets.training.export import export_encoder, export_translator, packaged_encoder
from mqt_assets.training.network import Dropout, NetworkShape
from mqt_assets.training.synthesis import synthesise
from mqt_assets.training.trainer import (
    Progress,
    TrainedModel,
    TrainingFailed,
    TrainingOptions,
    train,
)
from mqt_serving.encoder import TextEncoder
from mqt_serving.errors import CannotAnswer, QuestionError, ReleaseCorrupt
from mqt_serving.query.plan import Comparator, Compare, Field, Output, Plan
from mqt_serving.schema import Catalog
from mqt_serving.translator import Translator
from mqt_serving.translator.linking import prepare_words
from mqt_serving.translator.values import ValueKind

NOW = datetime(2026, 7, 1)
SMALL = NetworkShape(width=96, heads=4, encoder_layers=2, decoder_layers=1, hidden=192, dropout=0.0)
OPTIONS = TrainingOptions(max_steps=150, batch_size=16, learning_rate=2e-3, shape=SMALL, now=NOW)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    cities = ("Berlin", "Paris", "Oslo", "Rome")
    customers = [
        {"_id": i, "name": f"Customer {i}", "city": cities[i % 4], "age": 20 + i} for i in range(40)
    ]
    return catalog_from_documents("small", {"customers": customers})


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    export_encoder(folder)
    return folder


@pytest.fixture(scope="module")
def encoder(encoder_folder: Path) -> TextEncoder:
    return TextEncoder.load(encoder_folder)


@pytest.fixture(scope="module")
def examples(catalog: Catalog) -> list[Example]:
    return synthesise(catalog, 150, seed=1)


@pytest.fixture(scope="module")
def trained(examples: list[Example], catalog: Catalog, encoder: TextEncoder) -> TrainedModel:
    return train(examples, {"small": catalog}, encoder, OPTIONS)


@pytest.fixture(scope="module")
def folder(
    trained: TrainedModel, encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    target = tmp_path_factory.mktemp("translator")
    export_translator(trained, target, encoder_folder)
    return target


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    layer = Dropout(0.1)
    torch.manual_seed(7)
    dropped = layer(torch.ones(100_003))
    assert float((dropped == 0).float().mean()) == pytest.approx(26 / 256, abs=0.005)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.005)
    assert torch.equal(layer.eval()(torch.ones(5)), torch.ones(5))


def test_most_codes_are_learned_as_values_that_no_sample_holds(encoder: TextEncoder) -> None:
    people = [{"_id": i, "badge": f"B-{i:04}", "city": "Rome"} for i in range(600)]
    catalog = catalog_from_documents("big", {"people": people})
    field = catalog.field("people", "badge")
    assert field is not None
    assert len(field.samples) < field.distinct / 2
    asked = [
        make_example(
            f"who has badge {badge}",
            "big",
            Plan(
                (Output(Field("people", "city")),),
                Compare(Field("people", "badge"), Comparator.EQ, badge),
            ),
            "",
            source="synthetic",
        )
        for badge in field.samples[:20]
    ]
    schemas = build_schemas({"big": catalog}, encoder)
    kinds = Counter(
        value.kind
        for one in prepare(asked, schemas, encoder, NOW).prepared
        for value in one.linked.values
        if value.literal in field.samples
    )
    assert kinds[ValueKind.TEXT] > 3 * kinds[ValueKind.STORED] > 0


def test_the_exported_encoder_gives_the_vectors_of_sentence_transformers(
    encoder: TextEncoder,
) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["How many orders were placed in March 2025?", "price", "shipping address city"]
    expected = SentenceTransformer(str(packaged_encoder())).encode(texts, normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(texts), expected, atol=1e-5)


def test_word_vectors_follow_the_spans(encoder: TextEncoder) -> None:
    question = "orders by status"
    words = prepare_words(question)
    (vectors,) = encoder.encode_words([question], [[(w.start, w.end) for w in words]])
    assert vectors.shape == (3, encoder.dimension)
    assert np.linalg.norm(vectors, axis=1).min() > 0.1


def test_loss_falls_while_training(trained: TrainedModel) -> None:
    assert trained.losses[-1][1] < 0.6 * trained.losses[0][1]


def test_the_same_seed_gives_the_same_weights(
    examples: list[Example], catalog: Catalog, encoder: TextEncoder
) -> None:
    options = TrainingOptions(max_steps=3, batch_size=8, shape=SMALL, now=NOW)
    first, second = (train(examples, {"small": catalog}, encoder, options) for _ in range(2))
    for a, b in zip(first.network.parameters(), second.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_exported_graphs_score_as_the_network_does(
    trained: TrainedModel, folder: Path, catalog: Catalog, encoder: TextEncoder,
    examples: list[Example],
) -> None:  # fmt: skip
    schemas = build_schemas({"small": catalog}, encoder)
    rows = prepare(examples[:12], schemas, encoder, NOW).prepared
    translator = Translator.load(folder)
    for row in rows:
        batch = collate([row])
        network = trained.network
        memory = network.encoder(
            *(batch[name] for name in (
                "word_vectors", "word_features", "leaf_vectors", "path_vectors", "item_features",
                "value_features", "value_words", "relations", "padding",
            ))
        )  # fmt: skip
        scores = network.decoder(
            memory, batch["padding"], batch["links"], batch["tokens"], batch["pointers"],
            batch["symbols"],
        )  # fmt: skip
        ours = translator._decoder.run(
            None,
            {
                "memory": memory.detach().numpy(),
                "padding": batch["padding"].numpy(),
                "links": batch["links"].numpy(),
                "tokens": batch["tokens"].numpy(),
                "pointers": batch["pointers"].numpy(),
                "symbols": batch["symbols"].numpy(),
            },
        )[0]
        np.testing.assert_allclose(ours, scores.detach().numpy(), atol=2e-3)


def test_the_loaded_translator_answers_what_it_was_trained_on(
    folder: Path, catalog: Catalog, examples: list[Example]
) -> None:
    translator = Translator.load(folder)
    asked = [example for example in examples if example.plan is not None][:40]
    right = 0
    for example in asked:
        try:
            candidates = translator.translate(example.question, catalog, NOW)
        except CannotAnswer:
            continue
        probabilities = [candidate.probability for candidate in candidates]
        assert probabilities == sorted(probabilities, reverse=True)
        assert sum(probabilities) <= 1.0 + 1e-6
        right += candidates[0].plan == example.plan
    assert right >= 16


def test_a_question_about_nothing_in_the_data_is_declined(folder: Path, catalog: Catalog) -> None:
    with pytest.raises(CannotAnswer, match="customers"):
        Translator.load(folder).translate("Will it rain tomorrow?", catalog, NOW)


def test_a_question_without_words_is_refused(folder: Path, catalog: Catalog) -> None:
    with pytest.raises(QuestionError, match="no words"):
        Translator.load(folder).translate("?!", catalog, NOW)


def test_progress_is_heard_in_both_phases(
    examples: list[Example], catalog: Catalog, encoder: TextEncoder
) -> None:
    heard: list[Progress] = []
    options = TrainingOptions(max_steps=20, batch_size=4, shape=SMALL, now=NOW)
    train(examples[:20], {"small": catalog}, encoder, options, heard.append)
    assert {one.phase for one in heard} == {"linking", "training"}
    assert heard[-1].step == 20


def test_nothing_to_train_on_is_an_error(encoder: TextEncoder) -> None:
    with pytest.raises(TrainingFailed, match="none of 0 examples"):
        train([], {}, encoder, OPTIONS)


@pytest.mark.parametrize("file", ["joint.onnx", "decoder.onnx", "translator.json", "encoder.onnx"])
def test_a_missing_file_fails_loudly(folder: Path, tmp_path: Path, file: str) -> None:
    for source in folder.iterdir():
        if source.name != file:
            (tmp_path / source.name).symlink_to(source)
    with pytest.raises(ReleaseCorrupt, match=file):
        Translator.load(tmp_path)


def test_a_broken_graph_fails_loudly(folder: Path, tmp_path: Path) -> None:
    for source in folder.iterdir():
        (tmp_path / source.name).symlink_to(source)
    (tmp_path / "joint.onnx").unlink()
    (tmp_path / "joint.onnx").write_bytes((folder / "joint.onnx").read_bytes()[:1000])
    with pytest.raises(ReleaseCorrupt, match=r"joint\.onnx"):
        Translator.load(tmp_path)


def test_another_layout_is_refused(folder: Path, tmp_path: Path) -> None:
    for source in folder.iterdir():
        (tmp_path / source.name).symlink_to(source)
    (tmp_path / "translator.json").unlink()
    text = (folder / "translator.json").read_text().replace('"format": 2', '"format": 99')
    (tmp_path / "translator.json").write_text(text)
    with pytest.raises(ReleaseCorrupt, match="train and release again"):
        Translator.load(tmp_path)
