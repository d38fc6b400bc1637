"""Which examples a training can afford: all of the user's own, a bounded part of a corpus. Pure.

Preparing an example costs as much as training on it once, and a corpus has many wordings of each
query: some of each serve better than all of a few.
"""

from __future__ import annotations

from collections.abc import Sequence

from mqt_assets.evaluation.questions import first_wordings_first
from mqt_assets.training.examples import Example


def choose_training(examples: Sequence[Example], most_from_corpus: int) -> list[Example]:
    """Those with a plan (the others can be evaluated, not learned), at most so many of a corpus."""
    learnable = [example for example in examples if example.plan is not None]
    corpus = [example for example in learnable if example.source == "tend"]
    kept = {example.id for example in first_wordings_first(corpus)[:most_from_corpus]}
    return [e for e in learnable if e.source != "tend" or e.id in kept]
