"""Reads question and meaning together: how well a plan, said in English, answers the question.

The decoder writes a plan step by step; this network sees the whole sentence beside the question (a
cross-encoder as in Nogueira and Cho 2019). The graph is written by `mqt_assets.training.export`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mqt_serving.encoder import TextEncoder

CROSS_ENCODER_FILE: Final = "cross_encoder.onnx"
MAX_TOKENS: Final = 128
"""Of question and meaning together; what is longer loses its end."""


class CrossEncoder:
    def __init__(self, encoder: TextEncoder, session: Any) -> None:
        self._encoder = encoder
        self._session = session

    def scores(self, question: str, meanings: Sequence[str]) -> npt.NDArray[np.float64]:
        """(len(meanings),) the higher the better, only to be compared for one question."""
        ids, mask = self._encoder.pairs(question, [plain(m) for m in meanings], MAX_TOKENS)
        (scores,) = self._session.run(None, {"ids": ids, "mask": mask})
        result: npt.NDArray[np.float64] = scores.astype(np.float64)
        return result


def plain(meaning: str) -> str:
    """Without the marks around names: words as a question has them."""
    return meaning.replace("`", "")
