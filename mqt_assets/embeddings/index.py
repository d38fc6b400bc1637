"""Writes the semantic index: the texts of all collections with their vectors, in one folder.

`mqt_serving.search` reads it. Both files are written beside and renamed, and `items.json`, the
last, holds the digest of the vectors: a reader sees a whole index or refuses it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mqt_serving.schema import digest_of
from mqt_serving.search import FORMAT, ITEMS_FILE, VECTORS_FILE, IndexText, Vectors


@dataclass(frozen=True)
class EmbeddedTexts:
    """Texts with their vectors (float32, length 1), (len(texts), dimension)."""

    texts: Sequence[IndexText]
    vectors: Vectors

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.texts) != len(self.vectors):
            raise ValueError(f"{len(self.texts)} texts but vectors of shape {self.vectors.shape}")


@dataclass(frozen=True)
class IndexReport:
    """What was written; `version` is a content hash, for manifests and data versions."""

    version: str
    model: str
    size: int
    dimension: int
    by_kind: dict[str, int]


def build_index(parts: Iterable[EmbeddedTexts], model: str, folder: Path) -> IndexReport:
    """Join the parts, sorted by database, collection and path, and write them into `folder`.

    The same texts and vectors give the same version and the same bytes. `ValueError` when the
    parts have vectors of different dimensions, that is, of different models.
    """
    kept = [part for part in parts if len(part.texts)]
    dimensions = {part.vectors.shape[1] for part in kept}
    if len(dimensions) > 1:
        raise ValueError(
            f"vectors of dimensions {sorted(dimensions)} cannot share an index: embed all "
            f"collections with {model}"
        )
    texts = [text for part in kept for text in part.texts]
    dimension = dimensions.pop() if dimensions else 0
    stacked = (
        np.vstack([part.vectors for part in kept]) if kept else np.zeros((0, dimension), np.float32)
    )
    order = sorted(range(len(texts)), key=lambda position: _sort_key(texts[position]))
    items = [texts[position] for position in order]
    vectors = np.ascontiguousarray(stacked[order], dtype=np.float32)

    buffer = io.BytesIO()
    np.savez(buffer, vectors=vectors)
    content = buffer.getvalue()
    rows = [asdict(item) for item in items]
    described = {
        "format": FORMAT,
        "model": model,
        "dimension": dimension,
        "vectors_sha256": hashlib.sha256(content).hexdigest(),
        "items": rows,
    }
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / VECTORS_FILE, content)
    _write(folder / ITEMS_FILE, json.dumps(described, ensure_ascii=False).encode())
    by_kind: dict[str, int] = {}
    for item in items:
        by_kind[item.kind] = by_kind.get(item.kind, 0) + 1
    version = digest_of([model, rows, hashlib.sha256(vectors.tobytes()).hexdigest()])
    return IndexReport(version, model, len(items), dimension, dict(sorted(by_kind.items())))


def _sort_key(text: IndexText) -> tuple[str, ...]:
    return text.database, text.collection, text.path, text.kind, text.value or ""


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    os.replace(beside, path)
