"""How embedded texts are kept between assets: plain arrays, nothing pickled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from mqt_assets.embeddings.index import EmbeddedTexts
from mqt_serving.search import IndexText


def to_arrays(embedded: EmbeddedTexts, model: str) -> dict[str, npt.NDArray[Any]]:
    """`vectors` as they are, the texts as UTF-8 JSON; inverse of `from_arrays`."""
    described = {"model": model, "texts": [asdict(text) for text in embedded.texts]}
    content = json.dumps(described, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return {"vectors": embedded.vectors, "described": np.frombuffer(content, dtype=np.uint8)}


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[EmbeddedTexts, str]:
    """The texts with their vectors, and the model that made them."""
    content = arrays["described"].tobytes().decode("utf-8", "surrogatepass")
    described = json.loads(content)
    texts = [IndexText(**text) for text in described["texts"]]
    return EmbeddedTexts(texts, arrays["vectors"].astype(np.float32)), described["model"]
