"""Building the semantic index from the parts that collections contribute."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mqt_assets.embeddings.index import EmbeddedTexts, build_index
from mqt_assets.embeddings.texts import schema_texts
from mqt_assets.schemas.inference import infer_collection
from mqt_resources.embedder import Embedder
from mqt_serving.search import IndexText, SemanticIndex, Vectors


def part(collection: str, *values: str, dimension: int = 4) -> EmbeddedTexts:
    texts = [IndexText("value", "shop", collection, "x", value, value) for value in values]
    vectors: Vectors = np.random.default_rng(len(collection)).normal(size=(len(values), dimension))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return EmbeddedTexts(texts, vectors)


def test_parts_join_whatever_their_order_into_the_same_index(tmp_path: Path) -> None:
    parts = [part("orders", "b", "a"), part("customers", "c")]
    first = build_index(parts, "model", tmp_path / "one")
    second = build_index(parts[::-1], "model", tmp_path / "two")
    assert first == second
    assert (first.size, first.dimension, first.by_kind) == (3, 4, {"value": 3})
    for name in ("vectors.npz", "items.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    loaded = SemanticIndex.load(tmp_path / "one")
    assert [item.value for item in loaded.items] == ["c", "a", "b"]
    assert np.array_equal(loaded.vectors[1], parts[0].vectors[1])


def test_another_model_is_another_version(tmp_path: Path) -> None:
    parts = [part("orders", "a")]
    versions = {build_index(parts, model, tmp_path).version for model in ("one", "two")}
    assert len(versions) == 2


def test_vectors_of_two_models_do_not_join(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="embed all collections"):
        build_index([part("a", "x"), part("b", "y", dimension=5)], "model", tmp_path)


def test_texts_and_vectors_must_match_in_number() -> None:
    with pytest.raises(ValueError, match="2 texts"):
        EmbeddedTexts(part("a", "x", "y").texts, part("a", "x").vectors)


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    assert build_index([], "model", tmp_path).size == 0
    assert SemanticIndex.load(tmp_path).search([1.0, 0.0], 5) == []


def test_a_question_finds_the_field_that_it_means(tmp_path: Path) -> None:
    documents = [
        {"full_name": "Ada Moore", "e_mail": "ada@example.org", "birth_date": "x", "city": "Berlin"}
    ]
    schema = infer_collection(documents, "shop", "customers", 1)
    texts = schema_texts(schema)
    embedder = Embedder()
    vectors = embedder.encode([text.text for text in texts])
    build_index([EmbeddedTexts(texts, vectors)], embedder.name, tmp_path)
    index = SemanticIndex.load(tmp_path)
    asked = embedder.encode(["when were our clients born"])[0]
    assert index.search(asked, 1, kinds=["field"])[0].item.path == "birth_date"
    assert index.search(embedder.encode(["berlin"])[0], 1)[0].item.value == "Berlin"
