"""Which examples a training can afford: all of the user's own, a bounded part of a corpus. Pure.

Preparing an example costs as much as training on it once, and so does each name of each database
that examples come from. So a corpus is taken database by database, one wording of each query.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from mqt_assets.evaluation.questions import first_wordings_first
from mqt_assets.training.examples import CORPUS_SOURCES, Example


def choose_training(examples: Sequence[Example], most_from_corpus: int) -> list[Example]:
    """All but a corpus's, of which at most so many, in the order given.

    Corpus databases come in an order that is as good as random and the same tomorrow. All first
    wordings come before any second one.
    """
    by_database: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        if example.source in CORPUS_SOURCES:
            by_database[example.database].append(example)
    first: list[Example] = []
    rest: list[Example] = []
    for database in sorted(by_database, key=_scattered):
        ordered = first_wordings_first(by_database[database])
        golds = len({example.command for example in ordered})
        first += ordered[:golds]
        rest += ordered[golds:]
    kept = {example.id for example in [*first, *rest][:most_from_corpus]}
    return [e for e in examples if e.source not in CORPUS_SOURCES or e.id in kept]


def _scattered(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
