"""How base weights are trained, as plain values: no torch, so that the code location loads fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MINUTES: Final = 90.0
CROSS_ENCODER_MINUTES: Final = 90.0
THREADS: Final = 2
SEED: Final = 7
BATCH_SIZE: Final = 32
LEARNING_RATE: Final = 8e-4  # the highest
KEEP_EVERY_SECONDS: Final = 120.0  # the state to go on from
SHARES: Final = {
    "tend": 0.22, "spider_syn": 0.17, "handwritten": 0.25, "conditional": 0.12, "arithmetic": 0.07,
    "across": 0.07, "practice": 0.08, "thinned": 0.10, "merged": 0.05,
}  # fmt: skip
"""How much of each batch comes from each group of examples, before normalising.

Handwritten ones with conditional totals, arithmetic, and totals across groups (or rows passed over)
are groups of their own, since those are what goes wrong most."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is made up: databases, questions for each, versions of each handwritten database."""

    practice_databases: int = 108  # three of each domain
    practice_questions: int = 80
    handwritten_versions: int = 2  # 0: none, merged ones neither
