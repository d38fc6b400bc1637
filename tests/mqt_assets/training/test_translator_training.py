"""Training, export and serving agree: what was learned is what answers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.batches import Linker, Prepared, build_schemas, collate, prepare
from mqt_assets.training.corrections import example_of
from mqt_assets.training.examples import Example, make_example
from mqt_assets.training.export import export_encoder, export_translator
from mqt_assets.training.network import Dropout, NetworkShape, TranslatorNetwork
from mqt_assets.training.reader import packaged_encoder
from mqt_assets.training.synthesis import synthesise
from mqt_assets.training.trainer import (
    Progress,
    TrainedModel,
    TrainingFailed,
    TrainingOptions,
    _Supply,
    train,
)
from mqt_resources.sample_database.generator import generate
from mqt_serving.choices import check_text
from mqt_serving.encoder import TextEncoder
from mqt_serving.errors import CannotAnswer, QuestionError, ReleaseCorrupt
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.query.plan import Comparator, Compare, Field, Output, Plan
from mqt_serving.schema import Catalog
from mqt_serving.translator import Translator
from mqt_serving.translator.decoding import Indices, Scores, search
from mqt_serving.translator.grammar import Token
from mqt_serving.translator.linking import prepare_words
from mqt_serving.translator.model import FORMAT
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


def test_what_no_search_could_give_is_not_learned(catalog: Catalog, encoder: TextEncoder) -> None:
    """Else nobody hears that the grammar lacks something: learned, and never answered."""
    linker = Linker(build_schemas({"small": catalog}, encoder), encoder, NOW)

    def asked(field: str) -> Example:
        where = Compare(Field("customers", field), Comparator.EQ, "Berlin")
        plan = Plan((Output(Field("customers", "age")),), where=where)
        return make_example("Age of those in Berlin", "small", plan, "", source="synthetic")

    found, left_out = linker.link([asked("city"), asked("name")])
    assert found is not None
    assert left_out is None  # all names are known, and none is Berlin
    ((reason, count),) = linker.left_out.items()
    assert (reason, count) == ("search: no search takes a value for RIGHT", 1)


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    layer = Dropout(0.1)
    torch.manual_seed(7)
    dropped = layer(torch.ones(100_003))
    assert float((dropped == 0).float().mean()) == pytest.approx(26 / 256, abs=0.005)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.005)
    assert torch.equal(layer.eval()(torch.ones(5)), torch.ones(5))


def test_most_codes_are_learned_as_values_that_serving_does_not_know(encoder: TextEncoder) -> None:
    people = [{"_id": i, "badge": f"B-{i:04}", "city": "Rome"} for i in range(600)]
    catalog = catalog_from_documents("big", {"people": people})
    field = catalog.field("people", "badge")
    assert field is not None
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


def test_a_correction_is_learned_at_the_time_when_its_question_was_asked(
    encoder: TextEncoder,
) -> None:
    """Through the form in which the journal keeps what a person wrote."""
    orders = [{"_id": n, "at": datetime(2025, n, 3)} for n in range(1, 13)]
    catalog = catalog_from_documents("small", {"orders": orders})
    may = "{at: {$gte: ISODate('2025-05-01'), $lt: ISODate('2025-06-01')}}"
    checked = check_text(f"db.orders.countDocuments({may})", catalog, Policy())
    said = {
        "question": "How many orders were there last month?",
        "database": "small",
        "corrected_query": checked.choice.mongosh,
        "plan": checked.choice.plan_json,
        "asked_at": datetime(2025, 6, 20, 9, tzinfo=UTC),
    }
    schemas = build_schemas({"small": catalog}, encoder)
    (learned,) = prepare([example_of(said)], schemas, encoder, NOW).prepared
    (pointed,) = (step.at for step in learned.steps if step.kind == 2)
    assert learned.linked.values[pointed].text == "last month"
    another_time = replace(learned.example, asked_at=None)
    assert prepare([another_time], schemas, encoder, NOW).prepared == []


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


def test_what_a_training_keeps_of_its_start_is_a_mean_of_weights(
    examples: list[Example], catalog: Catalog, encoder: TextEncoder
) -> None:
    options = TrainingOptions(max_steps=2, batch_size=8, shape=SMALL, now=NOW)

    def after(start: dict[str, torch.Tensor] | None, keep: float) -> dict[str, torch.Tensor]:
        kept = replace(options, keep=keep)
        model = train(examples, {"small": catalog}, encoder, kept, start=start)
        return dict(model.network.state_dict())

    start = after(None, 0.0)
    learned, kept = after(start, 0.0), after(start, 0.25)
    for name, value in kept.items():
        assert torch.allclose(value, 0.25 * start[name] + 0.75 * learned[name], atol=1e-6), name
    first = next(name for name in start if not torch.equal(start[name], learned[name]))
    assert not torch.allclose(kept[first], learned[first], atol=1e-6)
    scratch = after(None, 0.25)
    assert all(torch.equal(value, start[name]) for name, value in scratch.items())


def test_after_a_checkpoint_come_the_batches_that_were_left(
    examples: list[Example], catalog: Catalog, encoder: TextEncoder
) -> None:
    options = TrainingOptions(batch_size=8, now=NOW)

    def supply() -> _Supply:
        linker = Linker(build_schemas({"small": catalog}, encoder), encoder, NOW)
        return _Supply({"own": examples[:90], "practice": examples[90:]}, linker)

    def drawn(batches: Iterator[list[Prepared]], count: int) -> list[list[str]]:
        return [[one.example.id for one in batch] for batch in islice(batches, count)]

    whole = supply()
    expected = drawn(whole.batches(options), 30)
    for done in (1, 13, 16):  # in the middle and at the end of eight that are drawn together
        cut_off = supply()
        drawn(cut_off.batches(options), done)
        resumed = supply()
        resumed.recall(cut_off.lengths)
        assert drawn(resumed.batches(options, skip=done), 30 - done) == expected[done:]
        assert resumed.learned() == whole.learned()


def memory_of(network: TranslatorNetwork, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    memory: torch.Tensor = network.encoder(
        *(batch[name] for name in (
            "word_vectors", "word_features", "leaf_vectors", "path_vectors", "item_features",
            "value_features", "value_words", "relations", "padding",
        ))
    )  # fmt: skip
    return memory


def test_the_exported_graphs_score_as_the_network_does(
    trained: TrainedModel, folder: Path, catalog: Catalog, encoder: TextEncoder,
    examples: list[Example],
) -> None:  # fmt: skip
    schemas = build_schemas({"small": catalog}, encoder)
    translator = Translator.load(folder)
    for row in prepare(examples[:12], schemas, encoder, NOW).prepared:
        batch = collate([row])
        with torch.no_grad():
            expected = trained.network.decoder(
                memory_of(trained.network, batch), batch["padding"], batch["links"],
                batch["tokens"], batch["pointers"], batch["symbols"],
            )[0].numpy()  # fmt: skip
        score = translator.scorer(row.linked, row.schema)
        chosen = [int(Token.BEGIN), *batch["targets"][0].tolist()]
        ours = [
            score(np.array([0]), np.array([last]), np.array([symbol]))[0]
            for last, symbol in zip(chosen, row.symbols, strict=False)
        ]
        np.testing.assert_allclose(ours, expected, atol=2e-3)


class WholePrefixes:
    """The network of training as a scorer: whole prefixes at every step, as in teacher forcing."""

    def __init__(self, network: TranslatorNetwork, row: Prepared) -> None:
        self.network, self.batch = network, collate([row])
        self.memory = memory_of(network, self.batch)
        self.chosen = np.zeros((1, 0), np.int64)
        self.symbols = np.zeros((1, 0), np.int64)

    def __call__(self, parents: Indices, chosen: Indices, symbols: Indices) -> Scores:
        self.chosen = np.column_stack([self.chosen[parents], chosen])
        self.symbols = np.column_stack([self.symbols[parents], symbols])
        place = self.chosen - len(Token)
        scores: Scores = self.network.decoder(
            self.memory,
            self.batch["padding"],
            self.batch["links"],
            torch.from_numpy(np.where(place < 0, self.chosen, 0)),
            torch.from_numpy(np.maximum(place, -1)),
            torch.from_numpy(self.symbols),
        ).numpy()
        return scores[:, -1]


def test_a_search_with_remembered_keys_finds_the_beams_of_whole_prefixes(
    trained: TrainedModel, folder: Path, catalog: Catalog, encoder: TextEncoder,
    examples: list[Example],
) -> None:  # fmt: skip
    schemas = build_schemas({"small": catalog}, encoder)
    translator = Translator.load(folder)
    lengths = set()
    for row in prepare(examples[:30], schemas, encoder, NOW).prepared:
        with torch.no_grad():
            expected = search(row.linked, row.schema, WholePrefixes(trained.network, row), 8)
        ours = translator.beams(row.linked, row.schema, 8)
        assert [beam.steps for beam in ours] == [beam.steps for beam in expected]
        np.testing.assert_allclose(
            [beam.log_probability for beam in ours],
            [beam.log_probability for beam in expected],
            atol=1e-3,
        )
        lengths |= {len(beam.steps) for beam in ours}
    assert len(lengths) > 3


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


def answer(translator: Translator, question: str, catalog: Catalog) -> list[tuple[str, float]]:
    """Plans with the logarithms of their probabilities, or why there are none."""
    try:
        candidates = translator.translate(question, catalog, NOW)
    except (CannotAnswer, QuestionError) as error:
        return [(str(error), 0.0)]
    return [(repr(found.plan), math.log(found.probability)) for found in candidates]


def test_questions_asked_together_are_answered_as_one_by_one(
    folder: Path, catalog: Catalog, examples: list[Example]
) -> None:
    shop = catalog_from_documents("shop", generate(scale=0.01))
    asked = [
        (question, about)
        for small, large in zip(examples[:20], synthesise(shop, 20, seed=2), strict=True)
        for question, about in (
            (small.question, catalog),
            (large.question, shop),
            ("?!", shop),  # what is refused or declined must not disturb its neighbours
            ("Will it rain tomorrow?", catalog),
        )
    ]
    serial = Translator.load(folder, at_once=1)
    expected = [answer(serial, *each) for each in asked]
    crowded = Translator.load(folder, at_once=4)  # nothing is prepared, no word is known yet
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda each: answer(crowded, *each), asked))
    assert sum(len(answers) > 1 for answers in expected) >= 30
    for mine, theirs in zip(found, expected, strict=True):
        assert [plan for plan, _ in mine] == [plan for plan, _ in theirs]
        np.testing.assert_allclose([p for _, p in mine], [p for _, p in theirs], atol=1e-4)


def test_only_what_is_drawn_is_linked_and_progress_is_heard(
    examples: list[Example], catalog: Catalog, encoder: TextEncoder
) -> None:
    heard: list[Progress] = []
    options = TrainingOptions(max_steps=20, batch_size=4, shape=SMALL, now=NOW)
    model = train(examples[:20], {"small": catalog}, encoder, options, heard.append)
    assert heard[-1].step == 20
    assert model.examples == {"own": 20}  # four passes
    short = replace(options, max_steps=1, batch_size=1)
    model = train(examples[:20], {"small": catalog}, encoder, short)
    assert 0 < model.examples.total() <= 8


def test_nothing_to_train_on_is_an_error(encoder: TextEncoder) -> None:
    with pytest.raises(TrainingFailed, match="none of 0 examples"):
        train([], {}, encoder, OPTIONS)


@pytest.mark.parametrize("file", ["joint.onnx", "decoder.onnx", "translator.json", "lower.onnx"])
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
    text = (folder / "translator.json").read_text().replace(f'"format": {FORMAT}', '"format": 99')
    (tmp_path / "translator.json").write_text(text)
    with pytest.raises(ReleaseCorrupt, match="train and release again"):
        Translator.load(tmp_path)
