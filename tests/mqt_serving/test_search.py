"""Semantic search: exact, filtered, and loud about damaged files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mqt_assets.embeddings.index import EmbeddedTexts, build_index
from mqt_serving.errors import ReleaseCorrupt
from mqt_serving.search import IndexText, Kind, SemanticIndex, Vectors


def item(kind: Kind, name: str, database: str = "shop") -> IndexText:
    return IndexText(kind, database, "orders", name, name, name if kind == "value" else None)


def random_vectors(count: int, dimension: int = 16) -> Vectors:
    vectors = np.random.default_rng(0).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def index() -> SemanticIndex:
    kinds: tuple[Kind, ...] = ("collection", "field", "value")
    items = tuple(item(kinds[n % 3], f"i{n}", f"d{n % 2}") for n in range(300))
    return SemanticIndex(items, random_vectors(300), "model")


def test_the_nearest_come_first_with_their_cosines(index: SemanticIndex) -> None:
    hits = index.search(index.vectors[42] * 7, 10)
    expected = np.sort(index.vectors @ index.vectors[42])[::-1][:10]
    assert hits[0].item == index.items[42]
    assert np.allclose([hit.score for hit in hits], expected, atol=1e-6)


def test_search_can_be_restricted_to_kinds_and_a_database(index: SemanticIndex) -> None:
    hits = index.search(index.vectors[0], 300, kinds=["field", "value"], database="d1")
    assert len(hits) == 100
    assert {hit.item.kind for hit in hits} == {"field", "value"}
    assert {hit.item.database for hit in hits} == {"d1"}
    assert index.search(index.vectors[0], 5, database="none") == []


def test_equal_scores_keep_the_order_of_the_index() -> None:
    items = tuple(item("field", name) for name in "abcd")
    same = SemanticIndex(items, np.ones((4, 1), dtype=np.float32), "model")
    assert [hit.item.path for hit in same.search([1.0], 3)] == ["a", "b", "c"]


def test_more_than_there_is_gives_all_and_zero_gives_none(index: SemanticIndex) -> None:
    assert len(index.search(index.vectors[0], 1_000)) == 300
    assert index.search(index.vectors[0], 0) == []


def test_a_vector_of_another_model_is_refused(index: SemanticIndex) -> None:
    with pytest.raises(ValueError, match="embed it with the same model"):
        index.search([1.0, 2.0], 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts = [item("field", "status"), item("value", "shipped")]
    build_index([EmbeddedTexts(texts, random_vectors(2))], "model", tmp_path)
    return tmp_path


def test_what_was_built_is_loaded(folder: Path) -> None:
    index = SemanticIndex.load(folder)
    assert (len(index), index.dimension, index.model) == (2, 16, "model")
    assert {entry.value for entry in index.items} == {None, "shipped"}


@pytest.mark.parametrize("name", ["vectors.npz", "items.json"])
def test_missing_and_damaged_files_are_named(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"{}", b"\x80\x04N."):
        (folder / name).write_bytes(damaged)
        with pytest.raises(ReleaseCorrupt, match="Build"):
            SemanticIndex.load(folder)
    (folder / name).unlink()
    with pytest.raises(ReleaseCorrupt, match="Build"):
        SemanticIndex.load(folder)


def test_vectors_of_another_index_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    texts = [item("field", "status"), item("value", "shipped")]
    build_index([EmbeddedTexts(texts, random_vectors(2)[::-1])], "model", other)
    (other / "vectors.npz").replace(folder / "vectors.npz")
    with pytest.raises(ReleaseCorrupt, match="does not belong"):
        SemanticIndex.load(folder)


def test_search_needs_numpy_and_nothing_heavier() -> None:
    check = (
        "import sys, mqt_serving.search; "
        "heavy = {'torch', 'pandas', 'dagster', 'mlflow', 'sentence_transformers', 'onnxruntime', "
        "'pydantic', 'mqt_assets', 'mqt_resources'}; "
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)"
    )
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run(
        [sys.executable, "-c", check], cwd=root, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
