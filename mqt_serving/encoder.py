"""The text encoder of serving: a sentence-transformers model as an ONNX graph.

Turns texts into unit vectors (for semantic search and schema items) and questions into one
vector a word (for the translator). The folder is written by `mqt_assets.training.export`
(`encoder.onnx`, `tokenizer.json`, `encoder.json`); no torch is needed to read it. The vectors
are those of sentence-transformers to within float rounding (a test compares them).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from mqt_serving.errors import ReleaseCorrupt

Vectors = npt.NDArray[np.float32]

ENCODER_FILES = ("encoder.onnx", "tokenizer.json", "encoder.json")
_BATCH = 32
_MAX_TOKENS = 256


def open_session(path: Path, threads: int) -> Any:
    """An ONNX Runtime CPU session without spinning threads; `ReleaseCorrupt` if unreadable."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning workers would burn the second core between requests.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises classes of its own per cause
        raise ReleaseCorrupt(f"cannot load the graph {path}: {error}") from error


class TextEncoder:
    """Loaded once, shared by threads (ONNX Runtime sessions are thread-safe)."""

    def __init__(self, session: Any, tokenizer: Tokenizer, name: str, dimension: int) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self.name = name
        self.dimension = dimension

    @classmethod
    def load(cls, folder: Path, threads: int = 2) -> TextEncoder:
        for file in ENCODER_FILES:
            if not (folder / file).is_file():
                raise ReleaseCorrupt(f"{folder / file} is missing: the text encoder cannot load")
        meta = json.loads((folder / "encoder.json").read_text())
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(_MAX_TOKENS)
        session = open_session(folder / "encoder.onnx", threads)
        return cls(session, tokenizer, meta["name"], meta["dimension"])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, (len(texts), dimension)."""
        result = np.zeros((len(texts), self.dimension), dtype=np.float32)
        # Texts of similar length share a batch, so that little is spent on padding.
        encodings = [self._tokenizer.encode(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            _, vectors = self._run([encodings[i].ids for i in chosen])
            result[chosen] = vectors
        return result

    def encode_words(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[Vectors]:
        """The mean token vector of each character span: per text (len(spans[i]), dimension)."""
        encodings = [self._tokenizer.encode(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        result: list[Vectors] = [np.zeros((0, self.dimension), np.float32)] * len(texts)
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            tokens, _ = self._run([encodings[i].ids for i in chosen])
            for row, i in enumerate(chosen):
                result[i] = _pool(tokens[row], encodings[i].offsets, spans[i], self.dimension)
        return result

    def _run(self, ids: list[list[int]]) -> tuple[Vectors, Vectors]:
        longest = max(len(row) for row in ids)
        tokens = np.zeros((len(ids), longest), dtype=np.int64)
        mask = np.zeros((len(ids), longest), dtype=np.int64)
        for row, values in enumerate(ids):
            tokens[row, : len(values)] = values
            mask[row, : len(values)] = 1
        states, vectors = self._session.run(None, {"ids": tokens, "mask": mask})
        return states, vectors


def _pool(
    states: Vectors,
    offsets: Sequence[tuple[int, int]],
    spans: Sequence[tuple[int, int]],
    dimension: int,
) -> Vectors:
    pooled = np.zeros((len(spans), dimension), dtype=np.float32)
    for index, (start, end) in enumerate(spans):
        rows = [
            position
            for position, (left, right) in enumerate(offsets)
            if right > left and left < end and right > start
        ]
        if rows:
            pooled[index] = states[rows].mean(axis=0)
    return pooled
