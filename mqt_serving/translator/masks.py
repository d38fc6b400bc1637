"""Which linked items and values a grammar symbol may point at, and the words a value covers.

Used alike by training (batches) and by decoding, so that both mask the same way.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mqt_serving.translator.grammar import ITEM_CLASSES, VALUE_CLASSES, Items, Symbol, Values
from mqt_serving.translator.items import SchemaItems
from mqt_serving.translator.linking import Linked
from mqt_serving.translator.values import ValueKind


def item_mask(linked: Linked, schema: SchemaItems, symbol: Symbol) -> npt.NDArray[np.bool_]:
    """(items,) which linked items may stand where the grammar expects `symbol`."""
    kind = Items(ITEM_CLASSES[symbol])
    if kind == Items.NONE:
        return np.zeros(len(linked.chosen), bool)
    if kind == Items.ALL:
        return np.ones(len(linked.chosen), bool)
    entities = np.array([schema.items[int(i)].is_entity for i in linked.chosen], bool)
    return entities if kind == Items.ENTITIES else ~entities


def value_mask(linked: Linked, symbol: Symbol) -> npt.NDArray[np.bool_]:
    """(values,) which candidate values may stand where the grammar expects `symbol`."""
    kind = Values(VALUE_CLASSES[symbol])
    match kind:
        case Values.NONE:
            return np.zeros(len(linked.values), bool)
        case Values.ANY:
            return np.ones(len(linked.values), bool)
        case Values.DATES:
            return np.array([v.kind == ValueKind.DATE for v in linked.values], bool)
        case Values.NUMBERS:
            return np.array(
                [v.kind == ValueKind.NUMBER and isinstance(v.literal, int) for v in linked.values],
                bool,
            )
        case Values.TEXTS:
            return np.array([v.kind != ValueKind.CONSTANT for v in linked.values], bool)


def value_words(linked: Linked) -> npt.NDArray[np.float32]:
    """(values, words): each row averages the words that the value covers; zero for constants."""
    result = np.zeros((len(linked.values), len(linked.words)), np.float32)
    for row, (first, last) in enumerate(linked.value_spans):
        if last > first:
            result[row, first:last] = 1.0 / (last - first)
    return result
