"""The text encoder of serving: a sentence-transformers model as an ONNX graph.

Turns texts into unit vectors (for semantic search and schema items) and questions into one
vector a word (for the translator). All go through the lower layers of the model first; then texts
go through its upper layers, questions through a reader of their own: those layers, trained on
questions. The folder is written by `mqt_assets.training.export` (`ENCODER_FILES`); no torch is
needed to read it. Unit vectors are those of sentence-transformers to within float
rounding (a test compares them).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from mqt_serving.errors import ReleaseCorrupt

Vectors = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Spans = Sequence[tuple[int, int]]
"""Character spans, each (start, end)."""

ENCODER_FILES = ("lower.onnx", "sentence.onnx", "reader.onnx", "tokenizer.json", "encoder.json")
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

    def __init__(
        self,
        lower: Any,
        sentence: Any,
        reader: Any,
        tokenizer: Tokenizer,
        name: str,
        dimension: int,
    ) -> None:
        self._lower, self._sentence, self._reader = lower, sentence, reader
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
        graphs = ("lower.onnx", "sentence.onnx", "reader.onnx")
        lower, sentence, reader = (open_session(folder / file, threads) for file in graphs)
        return cls(lower, sentence, reader, tokenizer, meta["name"], meta["dimension"])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, (len(texts), dimension)."""
        result = np.zeros((len(texts), self.dimension), dtype=np.float32)
        encodings = [self._tokenizer.encode(text) for text in texts]
        for chosen in _alike(encodings):
            early, mask = self._early([encodings[i].ids for i in chosen])
            (result[chosen],) = self._sentence.run(None, {"early": early, "mask": mask})
        return result

    def encode_words(self, texts: Sequence[str], spans: Sequence[Spans]) -> list[Vectors]:
        """The mean of the reader's token states over each character span.

        Per text (len(spans[i]), dimension).
        """
        encodings = [self._tokenizer.encode(text) for text in texts]
        result: list[Vectors] = [np.zeros((0, self.dimension), np.float32)] * len(texts)
        for chosen in _alike(encodings):
            early, mask = self._early([encodings[i].ids for i in chosen])
            (states,) = self._reader.run(None, {"early": early, "mask": mask})
            for row, i in enumerate(chosen):
                tokens = states[row, : len(encodings[i].ids)]
                result[i] = _span_weights(encodings[i].offsets, spans[i]) @ tokens
        return result

    def before_reading(
        self, texts: Sequence[str], spans: Sequence[Spans]
    ) -> list[tuple[Vectors, Vectors]]:
        """What a reader is trained on, per text of K tokens and W spans.

        The states it starts from, (K, dimension), and how much each token counts in each span's
        mean, (W, K).
        """
        encodings = [self._tokenizer.encode(text) for text in texts]
        nothing = np.zeros((0, self.dimension), np.float32)
        found: list[tuple[Vectors, Vectors]] = [(nothing, nothing)] * len(texts)
        for chosen in _alike(encodings):
            early, _ = self._early([encodings[i].ids for i in chosen])
            for row, i in enumerate(chosen):
                weights = _span_weights(encodings[i].offsets, spans[i])
                found[i] = (early[row, : len(encodings[i].ids)], weights)
        return found

    def pairs(self, first: str, seconds: Sequence[str], most: int) -> tuple[Integers, Integers]:
        """Tokens of `first` with each of `seconds`, (N, K), and where there are some.

        Each pair is cut to `most` tokens.
        """
        return _padded([self._tokenizer.encode(first, other).ids[:most] for other in seconds])

    def _early(self, ids: list[list[int]]) -> tuple[Vectors, Integers]:
        """The lower layers' states, (N, K, dimension), and the (N, K) mask of what is there."""
        tokens, mask = _padded(ids)
        (early,) = self._lower.run(None, {"ids": tokens, "mask": mask})
        return early, mask


def _padded(ids: Sequence[Sequence[int]]) -> tuple[Integers, Integers]:
    """(N, K) tokens and the mask of what is there."""
    longest = max(len(row) for row in ids)
    tokens = np.zeros((len(ids), longest), dtype=np.int64)
    mask = np.zeros((len(ids), longest), dtype=np.int64)
    for row, values in enumerate(ids):
        tokens[row, : len(values)] = values
        mask[row, : len(values)] = 1
    return tokens, mask


def _alike(encodings: Sequence[Any]) -> Iterator[list[int]]:
    """Batches of texts of similar length, so that little is spent on padding."""
    order = sorted(range(len(encodings)), key=lambda i: len(encodings[i].ids))
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]


def _span_weights(offsets: Sequence[tuple[int, int]], spans: Spans) -> Vectors:
    """(spans, tokens): each row averages the tokens that touch the span; zero where none does."""
    weights = np.zeros((len(spans), len(offsets)), np.float32)
    for index, (start, end) in enumerate(spans):
        for position, (left, right) in enumerate(offsets):
            weights[index, position] = right > left and left < end and right > start
    weights /= np.maximum(weights.sum(1, keepdims=True), 1.0)
    return weights
