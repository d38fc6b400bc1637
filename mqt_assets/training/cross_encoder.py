"""The cross-encoder: reads a question beside what a plan means, and says how well they fit
(PyTorch).

The lower layers of the text encoder stay as they are, as below the reader; its upper ones are
trained on candidates that were judged by running them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mqt_assets.training.reader import Reader, mean_state, packaged_encoder

_DIMENSION, _HIDDEN = 384, 128


class CrossEncoderNetwork(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.reader = Reader.untrained(packaged_encoder())
        self.head = nn.Sequential(nn.Linear(_DIMENSION, _HIDDEN), nn.GELU(), nn.Linear(_HIDDEN, 1))

    def forward(self, early: Tensor, mask: Tensor) -> Tensor:
        """(B, K, d) states and the (B, K) mask of what is there -> (B,) scores."""
        scores: Tensor = self.head(mean_state(self.reader(early, mask), mask)).squeeze(-1)
        return scores


def loss_of(scores: Tensor, there: Tensor) -> Tensor:
    """Of (B, N) scores, the first of each row right: of choosing it among those there (mean)."""
    choosing = torch.log_softmax(scores.masked_fill(~there, -1e9), dim=1)
    return -choosing[:, 0].mean()
