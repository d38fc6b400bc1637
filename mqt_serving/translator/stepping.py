"""The exported decoder as a scorer of beams: one step a call, with a cache of keys and values.

Reads what `joint.onnx` computed once for the question; the cache is reordered by parent, so that
a step costs the same however long its beams are. One scorer serves one search.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mqt_serving.translator.decoding import Indices, Scores

REMEMBERED = ("choices", "cross", "pointer_keys", "link_keys")
"""Outputs of `joint.onnx`, and inputs of the same names of `decoder.onnx`."""


class StepScorer:
    """`remembered` are the outputs of `joint.onnx`, `links` those of `Linked`."""

    def __init__(
        self, decoder: Any, remembered: Sequence[npt.NDArray[np.float32]], links: Scores
    ) -> None:
        self._decoder = decoder
        self._question = {
            **dict(zip(REMEMBERED, remembered, strict=True)),
            "links": links[None],
        }
        layers, pair, _beams, heads, _steps, size = decoder.get_inputs()[-1].shape
        self._own = np.zeros((layers, pair, 1, heads, 0, size), np.float32)

    def __call__(self, parents: Indices, chosen: Indices, symbols: Indices) -> Scores:
        scores: Scores
        scores, self._own = self._decoder.run(
            None,
            {
                **self._question,
                "chosen": chosen,
                "symbols": symbols,
                "position": np.array(self._own.shape[4]),
                "own": self._own.take(parents, axis=2),
            },
        )
        return scores
