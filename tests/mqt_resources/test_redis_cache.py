"""The embedding cache against a real Redis: nothing computed twice, nothing lost without it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from redis import Redis

from mqt_resources.redis_cache import EmbeddingCache, Vectors, embed_cached
from mqt_serving.platform.servers import RedisServer


class CountingEncoder:
    """A deterministic encoder that remembers what it was asked."""

    def __init__(self) -> None:
        self.name = f"model-{uuid4().hex[:8]}"
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked.extend(texts)
        rows = [np.random.default_rng(list(text.encode())).normal(size=8) for text in texts]
        vectors = np.array(rows, dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


def test_a_text_is_computed_once_and_comes_back_the_same(
    redis_url: str, encoder: CountingEncoder
) -> None:
    texts = ["orders", "customers", "orders"]
    first = embed_cached(texts, encoder, EmbeddingCache(redis_url, encoder.name))
    second = embed_cached(texts, encoder, EmbeddingCache(redis_url, encoder.name))
    assert encoder.asked == ["orders", "customers"]
    assert np.array_equal(first.vectors, second.vectors)
    assert np.array_equal(first.vectors[0], first.vectors[2])
    assert (first.hits, first.misses, first.errors) == (0, 2, 0)
    assert (second.hits, second.misses, second.errors) == (2, 0, 0)


def test_models_do_not_share_vectors(redis_url: str, encoder: CountingEncoder) -> None:
    other = CountingEncoder()
    embed_cached(["orders"], encoder, EmbeddingCache(redis_url, encoder.name))
    embed_cached(["orders"], other, EmbeddingCache(redis_url, other.name))
    assert other.asked == ["orders"]


def test_an_interrupted_run_goes_on_where_it_stopped(
    redis_url: str, encoder: CountingEncoder
) -> None:
    class Failing(CountingEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            if self.asked:
                raise RuntimeError("interrupted")
            return super().encode(texts)

    failing = Failing()
    failing.name = encoder.name
    texts = [f"text {number}" for number in range(600)]
    with pytest.raises(RuntimeError, match="interrupted"):
        embed_cached(texts, failing, EmbeddingCache(redis_url, encoder.name))
    embed_cached(texts, encoder, EmbeddingCache(redis_url, encoder.name))
    assert encoder.asked == texts[len(failing.asked) :]


def test_damaged_entries_are_computed_again(redis_url: str, encoder: CountingEncoder) -> None:
    whole = embed_cached(["a", "b"], encoder, EmbeddingCache(redis_url, encoder.name))
    client = Redis.from_url(redis_url)
    keys = sorted(client.scan_iter(f"mqt:embedding:{encoder.name}:*"))
    client.set(keys[0], b"123")
    client.set(keys[1], np.zeros(8, dtype="<f4").tobytes())
    client.close()
    again = embed_cached(["a", "b"], encoder, EmbeddingCache(redis_url, encoder.name))
    assert np.array_equal(again.vectors, whole.vectors)
    assert again.misses == 2


def test_without_redis_there_are_vectors_one_warning_and_counted_errors(
    encoder: CountingEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    cache = EmbeddingCache("redis://:hush@127.0.0.1:1/0", encoder.name)
    with caplog.at_level(logging.WARNING):
        result = embed_cached([f"text {n}" for n in range(600)], encoder, cache)
    assert result.vectors.shape == (600, 8)
    assert (result.hits, result.misses, result.errors) == (0, 600, 1)
    assert len(caplog.records) == 1
    assert "MQT_REDIS_URL" in caplog.text
    assert "hush" not in caplog.text


def test_redis_going_away_midway_costs_time_only_and_coming_back_is_noticed(
    tmp_path: Path, encoder: CountingEncoder
) -> None:
    now = [0.0]
    with RedisServer(tmp_path) as server:
        cache = EmbeddingCache(server.uri, encoder.name, clock=lambda: now[0])
        embed_cached(["a"], encoder, cache)
        assert embed_cached(["a"], encoder, cache).hits == 1
    gone = embed_cached(["a", "b"], encoder, cache)
    assert (gone.vectors.shape, gone.misses, gone.errors) == ((2, 8), 2, 1)
    assert embed_cached(["a", "b"], encoder, cache).errors == 0  # left alone for a while
    now[0] = 60.0
    assert embed_cached(["a", "b"], encoder, cache).errors == 1


def test_no_redis_configured_is_no_error(encoder: CountingEncoder) -> None:
    result = embed_cached(["a"], encoder, EmbeddingCache("", encoder.name))
    assert (result.misses, result.errors) == (1, 0)


def test_no_texts_need_nothing(encoder: CountingEncoder) -> None:
    assert len(embed_cached([], encoder, EmbeddingCache("", encoder.name)).vectors) == 0
    assert not encoder.asked
