"""Finds fields of array elements that only repeat a value of an enclosing object.

Flattened relational data and many hand-made models keep the parent's key in every child
(`orders.items.order_id` equals `orders.order_id`). Such a field refers to nothing but the document
that it is in; following it with a `$lookup` would fetch the document once more. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

Document: TypeAlias = Mapping[str, object]

_DOCUMENTS = 300
_ELEMENTS = 1_000  # per document, all arrays together


def copied_paths(documents: Sequence[Document], candidates: Collection[str]) -> frozenset[str]:
    """Those of `candidates` (scalar paths inside arrays) that repeat an enclosing object's field.

    A path counts when one and the same enclosing field equals it in every element seen, and that
    field took at least two values: equality with a constant says nothing.
    """
    alive: dict[str, set[str]] = {}
    values: dict[str, set[Hashable]] = {}
    for document in documents[:_DOCUMENTS]:
        for element, prefix, enclosing in islice(_elements(document, "", {}), _ELEMENTS):
            for key, value in element.items():
                path = prefix + key
                if path not in candidates or value is None:
                    continue
                equal = {outer for outer, known in enclosing.items() if _same(known, value)}
                known = alive.get(path)
                alive[path] = equal if known is None else known & equal
                if isinstance(value, Hashable):
                    values.setdefault(path, set()).add(value)
    return frozenset(path for path, outer in alive.items() if outer and len(values[path]) > 1)


def _same(known: object, value: object) -> bool:
    """Also where one side is kept as text, as happens to keys that went through a CSV file."""
    if isinstance(known, bool):
        return False
    return known == value or (
        isinstance(known, str) != isinstance(value, str) and str(known) == str(value)
    )


def _elements(
    content: Document, prefix: str, enclosing: Mapping[str, object]
) -> Iterator[tuple[Document, str, Mapping[str, object]]]:
    """Objects inside arrays, with their path prefix and the scalars of the objects around them."""
    scope = {
        **enclosing,
        **{
            prefix + key: value
            for key, value in content.items()
            if value is not None and not isinstance(value, Mapping | list)
        },
    }
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _elements(value, f"{prefix}{key}.", scope)
        elif isinstance(value, list):
            inner = f"{prefix}{key}."
            for element in value:
                if isinstance(element, Mapping):
                    yield element, inner, scope
                    yield from _elements(element, inner, scope)
