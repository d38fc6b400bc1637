"""Prepared questions varied as they are drawn, so that no schema is learned by heart. Pure.

Items that the answer doesn't need go missing, and items stop looking like the words that name
them, as if the question had used synonyms: what is left is what names mean.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt

from mqt_assets.training.batches import Prepared
from mqt_serving.translator.grammar import Step
from mqt_serving.translator.linking import Linked, without_likeness

_THIN: Final = 0.4
"""How often items go missing."""
_MOST_MISSING: Final = 0.5
_BLUR: Final = 0.3
"""How often items stop looking like the words."""


def varied(one: Prepared, rng: Random) -> Prepared:
    """The question over fewer items, some of which no longer look named; or as it is."""
    if rng.random() < _THIN:
        one = _thinned(one, rng)
    if rng.random() < _BLUR:
        share = rng.uniform(0.2, 1.0)
        blurred = np.array([rng.random() < share for _ in one.linked.chosen], bool)
        one = replace(one, linked=without_likeness(one.linked, blurred))
    return one


def _thinned(one: Prepared, rng: Random) -> Prepared:
    linked, schema = one.linked, one.schema
    if not any(step.kind == 1 for step in one.steps):
        return one  # what is missing says that there is no answer: that must stay true
    count = len(linked.chosen)
    share = rng.uniform(0.0, _MOST_MISSING)
    kept = np.array([rng.random() >= share for _ in range(count)], bool)
    row_of = {int(index): row for row, index in enumerate(linked.chosen)}
    needed = {step.at for step in one.steps if step.kind == 1}
    for row in sorted(needed | set(np.flatnonzero(kept).tolist())):
        kept[row] = True
        kept[row_of[int(schema.entity_of[linked.chosen[row]])]] = True
    for row in range(count):
        if schema.items[int(linked.chosen[row])].is_entity:
            kept[row] = True  # entities are few, and what they hold hangs on them
    if kept.all():
        return one
    place = np.cumsum(kept) - 1
    return replace(
        one,
        linked=_with_items(linked, kept),
        steps=tuple(Step(1, int(place[s.at])) if s.kind == 1 else s for s in one.steps),
        item_masks=tuple(mask[kept] for mask in one.item_masks),
    )


def _with_items(linked: Linked, kept: npt.NDArray[np.bool_]) -> Linked:
    words, values = len(linked.words), len(linked.values)
    places = np.concatenate([np.ones(words, bool), kept, np.ones(values, bool)])
    return replace(
        linked,
        chosen=linked.chosen[kept],
        item_features=linked.item_features[kept],
        relations=linked.relations[np.ix_(places, places)],
        links=linked.links[:, np.concatenate([kept, np.ones(values, bool)])],
    )
