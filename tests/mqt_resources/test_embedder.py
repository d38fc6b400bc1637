"""The packaged model: unit vectors that know what words mean."""

from __future__ import annotations

import numpy as np
import pytest

from mqt_resources.embedder import Embedder
from mqt_serving.errors import SettingError


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def test_vectors_have_length_one_and_their_texts_order(embedder: Embedder) -> None:
    texts = ["customers by country", "a", "the price of an article " * 40]
    vectors = embedder.encode(texts)
    assert vectors.shape == (3, embedder.dimension) == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(embedder.encode(texts[:1])[0], vectors[0], atol=1e-5)


def test_what_means_the_same_is_near(embedder: Embedder) -> None:
    question, near, far = embedder.encode(["who are our clients", "customers name", "stock bin"])
    assert question @ near > question @ far + 0.1


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, 384)


def test_the_name_is_known_without_loading_the_model() -> None:
    assert Embedder().name == "all-MiniLM-L6-v2"
    assert Embedder("some/model").name == "some/model"


def test_a_model_that_is_not_there_is_a_setting_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SettingError, match="MQT_EMBEDDING_MODEL=/no/such/model"):
        Embedder("/no/such/model").encode(["a"])
