"""Vectors that were computed once, kept in Redis by model and content hash.

The cache only saves time. When Redis is away, slow or holds something unreadable, vectors are
computed again: one warning, counted errors, the same result. Vectors are written batch by batch,
so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from mqt_serving.settings import redact

Vectors = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float32]

log = logging.getLogger(__name__)

_BATCH = 256
_LIFETIME_S = 90 * 24 * 3600  # of a vector that nobody writes again: texts go out of use
_PAUSE_S = 30.0
_TIMEOUT_S = 2.0


class TextEncoder(Protocol):
    """What computes vectors: `mqt_resources.embedder.Embedder`, or the encoder of serving."""

    name: str

    def encode(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True)
class CachedEmbeddings:
    """Vectors (len(texts), dimension) with how they came about, in different texts."""

    vectors: Vectors
    hits: int
    misses: int
    errors: int


class EmbeddingCache:
    """Get and put vectors of one model. An empty `url` is a cache that never has anything.

    After an error Redis is left alone for half a minute: a server that is away would otherwise
    cost its time-out with every batch.
    """

    def __init__(
        self, url: str, model_name: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.hits = 0
        self.misses = 0
        self.errors = 0
        self._address = redact(url)
        self._prefix = f"mqt:embedding:{model_name}:"
        self._clock = clock
        self._resume_at = 0.0
        self._warned = False
        self._redis = (
            Redis.from_url(
                url,
                socket_timeout=_TIMEOUT_S,
                socket_connect_timeout=_TIMEOUT_S,
                # One reconnect: a connection that idled too long is no outage.
                retry=Retry(NoBackoff(), 1),
            )
            if url
            else None
        )

    def get(self, texts: Sequence[str]) -> dict[str, Vector]:
        """The known vectors by text; fewer than asked for, or none, is no error."""
        found: dict[str, Vector] = {}
        redis = self._available()
        if redis is not None and texts:
            try:
                values = cast(Sequence[Any], redis.mget([self._key(text) for text in texts]))
            except (RedisError, OSError) as error:
                self._failed(error)
                values = ()
            for text, value in zip(texts, values, strict=False):
                vector = _read(value)
                if vector is not None:
                    found[text] = vector
        self.hits += len(found)
        self.misses += len(texts) - len(found)
        return found

    def put(self, vectors: Mapping[str, Vector]) -> None:
        """Keep the vectors, if Redis is there."""
        redis = self._available()
        if redis is None or not vectors:
            return
        try:
            pipeline = redis.pipeline(transaction=False)
            for text, vector in vectors.items():
                pipeline.set(self._key(text), vector.astype("<f4").tobytes(), ex=_LIFETIME_S)
            pipeline.execute()
        except (RedisError, OSError) as error:
            self._failed(error)

    def close(self) -> None:
        if self._redis is not None:
            self._redis.close()

    def _available(self) -> Redis | None:
        return None if self._clock() < self._resume_at else self._redis

    def _failed(self, error: Exception) -> None:
        self.errors += 1
        self._resume_at = self._clock() + _PAUSE_S
        if not self._warned:
            self._warned = True
            log.warning(
                "Redis at %s does not answer (%s): embeddings are computed without the cache, "
                "which is slower. Check MQT_REDIS_URL.",
                self._address,
                error,
            )

    def _key(self, text: str) -> str:
        return self._prefix + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def embed_cached(
    texts: Sequence[str], embedder: TextEncoder, cache: EmbeddingCache
) -> CachedEmbeddings:
    """Vectors in the order of `texts`, each different text computed at most once, ever.

    What `embedder` raises is passed on; batches before it are already kept.
    """
    before = (cache.hits, cache.misses, cache.errors)
    different = list(dict.fromkeys(texts))
    known: dict[str, Vector] = {}
    for start in range(0, len(different), _BATCH):
        batch = different[start : start + _BATCH]
        known.update(cache.get(batch))
        missing = [text for text in batch if text not in known]
        if missing:
            computed = dict(zip(missing, embedder.encode(missing), strict=True))
            cache.put(computed)
            known.update(computed)
    vectors = (
        np.stack([known[text] for text in texts]) if texts else np.zeros((0, 0), dtype=np.float32)
    )
    return CachedEmbeddings(
        vectors.astype(np.float32, copy=False),
        hits=cache.hits - before[0],
        misses=cache.misses - before[1],
        errors=cache.errors - before[2],
    )


def _read(value: object) -> Vector | None:
    """The vector of a stored value; None when there is none or it is damaged."""
    if not isinstance(value, bytes) or not value or len(value) % 4:
        return None
    vector = np.frombuffer(value, dtype="<f4").astype(np.float32)
    return vector if abs(float(np.linalg.norm(vector)) - 1.0) < 1e-3 else None
