"""What a pass over sampled documents sees at each path: a bounded tree of counts and values.

`inference` turns the tree into a schema. Bounds (constants below) keep a strange collection, such
as one with vectors, huge arrays or objects used as dictionaries, from costing time or memory.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from mqt_assets.schemas.values import bson_type_of, hashable
from mqt_serving.schema import BsonType

MAX_DEPTH = 16
MAX_ARRAY_ELEMENTS = 1_000
VALUES_IN_ALL = 1_500_000
VALUES_PER_DOCUMENT = 750  # at least, however many documents there are
MAX_KEYS = 1_000  # of one object, before it counts as a dictionary whatever its keys

_MANY_KEYS = 30
_SPARSE = 0.25
_FEW_DATA_KEYS = 4
_DATA_KEY = re.compile(
    r"\d+([-_/:.T]\d+)*Z?|[0-9a-fA-F]{24}|[0-9a-fA-F]{32}"
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]{22}|[^@\s]+@[^@\s]+"
)
_WITHOUT_VALUES = frozenset(
    {BsonType.OBJECT, BsonType.ARRAY, BsonType.NULL, BsonType.REGEX, BsonType.OTHER}
)


class Node:
    """One path. `present` counts parents that have it, `objects` the objects found there."""

    __slots__ = ("children", "dictionary", "is_array", "objects", "present", "private", "types",
                 "values")  # fmt: skip

    def __init__(self, private: bool) -> None:
        self.private = private
        self.present = 0
        self.objects = 0
        self.is_array = False
        self.dictionary = False
        self.types: Counter[BsonType] = Counter()
        self.values: dict[BsonType, Counter[Hashable]] = {}
        self.children: dict[str, Node] = {}


def observe(documents: Sequence[Mapping[str, object]], private: frozenset[str]) -> Node:
    """The tree of all documents; its root stands for the documents themselves."""
    root = Node(private=False)
    budget = max(VALUES_PER_DOCUMENT, VALUES_IN_ALL // max(1, len(documents)))
    for document in documents:
        _Walk(private, budget).visit_object(root, document, "", 0)
    return root


def children_of(node: Node) -> Mapping[str, Node]:
    """The children worth a path each: none where the keys are data, not names."""
    return {} if node.dictionary or _is_dictionary(node) else node.children


class _Walk:
    """One document. Once its budget is spent, no further array elements are entered.

    Objects are always counted completely, so presence stays right for what was visited.
    """

    def __init__(self, private: frozenset[str], budget: int) -> None:
        self.private = private
        self.left = budget

    def visit_object(
        self, node: Node, content: Mapping[str, object], prefix: str, depth: int
    ) -> None:
        node.objects += 1
        if node.dictionary or depth >= MAX_DEPTH:
            return
        children = node.children
        for key, value in content.items():
            child = children.get(key)
            if child is None:
                if not key or "." in key or key.startswith("$"):
                    continue  # no query can name such a key as a path
                if len(children) >= MAX_KEYS:
                    if depth:
                        node.dictionary = True
                        children.clear()
                        return
                    continue
                child = Node(node.private or prefix + key in self.private)
                children[key] = child
            child.present += 1
            self._visit_value(child, value, prefix + key, depth)

    def _visit_value(self, node: Node, value: object, path: str, depth: int) -> None:
        kind = bson_type_of(value)
        self.left -= 1
        node.types[kind] += 1
        if kind not in _WITHOUT_VALUES:
            if not node.private:
                _count(node, kind, value)
        elif isinstance(value, Mapping):
            self.visit_object(node, value, path + ".", depth + 1)
        elif isinstance(value, list | tuple):
            node.is_array = True
            self._visit_elements(node, value, path, depth)

    def _visit_elements(
        self, node: Node, elements: Sequence[object], path: str, depth: int
    ) -> None:
        """Objects are entered, scalars counted; arrays in arrays have no path of their own."""
        for element in elements[:MAX_ARRAY_ELEMENTS]:
            if self.left <= 0:
                return
            if isinstance(element, Mapping):
                self.visit_object(node, element, path + ".", depth + 1)
                continue
            kind = bson_type_of(element)
            self.left -= 1
            node.types[kind] += 1
            if kind not in _WITHOUT_VALUES and not node.private:
                _count(node, kind, element)


def _count(node: Node, kind: BsonType, value: object) -> None:
    counter = node.values.get(kind)
    if counter is None:
        counter = node.values[kind] = Counter()
    counter[hashable(value)] += 1


def _is_dictionary(node: Node) -> bool:
    """Whether an object's keys are data: they look generated, or are many and mostly absent."""
    keys = node.children
    if len(keys) < _FEW_DATA_KEYS or not node.types:  # the root is never a dictionary
        return False
    looking_like_data = sum(1 for key in keys if _DATA_KEY.fullmatch(key))
    if looking_like_data >= 0.9 * len(keys):
        return True
    mean_presence = sum(child.present for child in keys.values()) / (len(keys) * node.objects)
    return len(keys) > _MANY_KEYS and mean_presence < _SPARSE
