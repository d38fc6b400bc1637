"""Linking: one question over one catalog as arrays for the network.

Finds candidate values, picks the schema items that the question may be about (large schemas do
not fit), and describes how words, items and values relate. Training and serving call the same
function, so that what the network learned on is what it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from mqt_serving.query.plan import Entity, Field
from mqt_serving.translator.items import STATIC_FEATURES, ItemRelation, SchemaItems
from mqt_serving.translator.values import Value, ValueKind, find_values
from mqt_serving.translator.words import Word, split_words

Vectors = npt.NDArray[np.float32]

MAX_WORDS = 64
MAX_ITEMS = 64
ITEM_FEATURES = STATIC_FEATURES + 10
VALUE_FEATURES = 5 + 6 + 1  # kinds, what is known of a value, kinds that came later
WORD_FEATURES = 6

# Relation ids: one table of biases, each block of pairs with its own range.
_DISTANCE = 0  # word-word: 9 clipped distances
_WORD_ITEM = 9  # 4 lexical grades x 4 similarity buckets
_ITEM_WORD = 25
_ITEM_ITEM = 41  # ItemRelation
_WORD_VALUE = 41 + len(ItemRelation)  # 6
_VALUE_WORD = _WORD_VALUE + 6
_ITEM_VALUE = _VALUE_WORD + 6  # 5
_VALUE_ITEM = _ITEM_VALUE + 5
_VALUE_VALUE = _VALUE_ITEM + 5  # 3
RELATIONS = _VALUE_VALUE + 3
# How a value fits an item; 0: not at all.
_SAME_FAMILY, _HELD_BUT_FOR_ENDINGS, _HELD_EXACTLY, _WRITTEN_ALIKE = 1, 2, 3, 4
_SIMILARITY_STEPS = np.array([0.35, 0.5, 0.7], np.float32)
_SUPERLATIVES = frozenset(
    """first last latest newest oldest earliest recent date dat when month year day week
    quarter""".split()
)


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """Arrays for one question: `w` words, `i` items, `v` values; relations are over w+i+v."""

    words: list[Word]
    values: list[Value]
    chosen: npt.NDArray[np.intp]  # (i,) indices into SchemaItems
    word_vectors: Vectors  # (w, d) contextual
    word_features: Vectors  # (w, WORD_FEATURES)
    item_features: Vectors  # (i, ITEM_FEATURES)
    value_features: Vectors  # (v, VALUE_FEATURES)
    value_spans: npt.NDArray[np.int64]  # (v, 2) words covered
    relations: npt.NDArray[np.uint8]  # (n, n)
    links: Vectors  # (w, i+v) how strongly a word names an item or stands in a value, 0..1
    best_match: float  # how well the question names anything in the schema, 0..1


def link(
    question: str,
    words: list[Word],
    word_vectors: Vectors,
    lone_vectors: Vectors,
    schema: SchemaItems,
    now: datetime,
    required: Iterable[Field | Entity] = (),
    unknown: frozenset[str] = frozenset(),
) -> Linked:
    """`word_vectors` are contextual, `lone_vectors` those of each word by itself (unit), (w, d).

    `required` items are always chosen (training must see the gold ones); texts in `unknown` are
    taken for values that no sample holds.
    """
    values = find_values(question, words, schema.value_index, schema.stems, now, unknown)
    leaf_hit, path_hit = _lexical(words, schema)
    similarity = lone_vectors @ schema.leaf_vectors.T
    stops = np.array([word.is_stop for word in words], bool)
    similarity[stops] = 0.0
    leaf_share = leaf_hit.sum(0) / schema.leaf_sizes
    path_share = np.minimum(1.0, path_hit.sum(0) / schema.path_sizes)
    np.minimum(leaf_share, 1.0, out=leaf_share)
    best = similarity.max(0) if len(words) else np.zeros(len(schema), np.float32)
    exact, loose = _held(values, schema)
    chosen = _choose(schema, words, values, leaf_share, path_share, best, exact, loose, required)
    grade = np.zeros((len(words), len(chosen)), np.uint8)
    grade[path_hit[:, chosen]] = 1
    grade[leaf_hit[:, chosen]] = 2
    grade[leaf_hit[:, chosen] & (leaf_share[chosen] >= 1.0)[None, :]] = 3
    bucket = np.searchsorted(_SIMILARITY_STEPS, similarity[:, chosen]).astype(np.uint8)
    telling = lone_vectors[~stops]
    whole = telling.mean(0) if len(telling) else np.zeros(schema.leaf_vectors.shape[1])
    norm = float(np.linalg.norm(whole)) or 1.0
    entity = schema.entity_of[chosen]
    dynamic = np.stack(
        [
            leaf_share[chosen],
            path_share[chosen],
            (leaf_share[chosen] >= 1.0).astype(np.float32),
            best[chosen],
            exact[chosen],
            loose[chosen],
            schema.path_vectors[chosen] @ (whole / norm).astype(np.float32),
            leaf_share[entity],
            best[entity],
            (leaf_share[chosen] >= leaf_share.max(initial=0.0)).astype(np.float32),
        ],
        axis=1,
    ).astype(np.float32)
    return Linked(
        words=words,
        values=values,
        chosen=chosen,
        word_vectors=word_vectors,
        word_features=_word_features(words, grade, bucket),
        item_features=np.concatenate([schema.features[chosen], dynamic], axis=1),
        value_features=_value_features(values),
        value_spans=np.array([(v.first, v.last) for v in values], np.int64).reshape(-1, 2),
        relations=_relations(words, values, chosen, schema, grade, bucket),
        links=_links(grade, leaf_share[chosen], similarity[:, chosen], values),
        best_match=max(float(signal.max(initial=0.0)) for signal in (leaf_share, exact, best)),
    )


_NAMED_FEATURES = STATIC_FEATURES + np.array([0, 1, 2, 7, 9])
"""Those of an item that say how far words of the question stand in names."""
_NEAR_OF_BUCKET = np.array([0.0, 0.0, 0.1, 0.3], np.float32)


def without_likeness(linked: Linked, blurred: npt.NDArray[np.bool_]) -> Linked:
    """The question as if no word of it stood in the names of the `blurred` items, (i,).

    How near words and names are in meaning stays as it was, to within a bucket.
    """
    w, i = len(linked.words), len(linked.chosen)
    relations, links = linked.relations.copy(), linked.links.copy()
    features = linked.item_features.copy()
    pairs = relations[:w, w : w + i]
    bucket = (pairs - _WORD_ITEM) % 4
    relations[:w, w : w + i] = np.where(blurred[None, :], _WORD_ITEM + bucket, pairs)
    back = relations[w : w + i, :w]
    relations[w : w + i, :w] = np.where(blurred[:, None], _ITEM_WORD + bucket.T, back)
    links[:, :i] = np.where(blurred[None, :], _NEAR_OF_BUCKET[bucket], links[:, :i])
    features[np.flatnonzero(blurred)[:, None], _NAMED_FEATURES] = 0.0
    return replace(linked, relations=relations, links=links, item_features=features)


def prepare_words(question: str) -> list[Word]:
    return split_words(question)[:MAX_WORDS]


def _lexical(
    words: Sequence[Word], schema: SchemaItems
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(w, n): the word stands in the item's last name / in the rest of its path."""
    leaf = np.zeros((len(words), len(schema)), bool)
    path = np.zeros((len(words), len(schema)), bool)
    for i, word in enumerate(words):
        rows = schema.leaf_table.get(word.stem)
        if rows is not None:
            leaf[i, rows] = True
        rows = schema.path_table.get(word.stem)
        if rows is not None and not word.is_stop:
            path[i, rows] = True
    return leaf, path


def _held(values: Sequence[Value], schema: SchemaItems) -> tuple[Vectors, Vectors]:
    """Per item: whether it holds a value that the question names exactly / nearly."""
    exact = np.zeros(len(schema), np.float32)
    loose = np.zeros(len(schema), np.float32)
    for value in values:
        for i, fit in _fields_for(value, schema):
            (exact if fit == _HELD_EXACTLY else loose)[i] = 1.0
    return exact, loose


def _fields_for(value: Value, schema: SchemaItems) -> Iterator[tuple[int, int]]:
    """Items that the value may belong to, by what is stored there, each with how well it fits."""
    for place in value.holders:
        i = schema.index.get(Field(*place))
        if i is not None:
            yield i, _HELD_EXACTLY if value.exact else _HELD_BUT_FOR_ENDINGS
    if value.kind == ValueKind.TEXT:
        for place in schema.value_index.alike(value.text):
            i = schema.index.get(Field(*place))
            if i is not None:
                yield i, _WRITTEN_ALIKE


def _choose(
    schema: SchemaItems,
    words: Sequence[Word],
    values: Sequence[Value],
    leaf_share: Vectors,
    path_share: Vectors,
    best: Vectors,
    exact: Vectors,
    loose: Vectors,
    required: Iterable[Field | Entity],
) -> npt.NDArray[np.intp]:
    """Indices of at most MAX_ITEMS items in schema order, each with its entities above it."""
    count = len(schema)
    if count <= MAX_ITEMS:
        return np.arange(count)
    own = 2.0 * leaf_share + best + 1.5 * exact + 0.7 * loose
    is_entity = schema.entity_of == np.arange(count)
    entity_score = np.where(is_entity, own, 0.0)[schema.entity_of]
    score = own + 0.6 * path_share + 0.8 * entity_score
    # Features: bit 8 of the type block is date; dates matter when the question speaks of time.
    wants_date = any(v.kind == ValueKind.DATE for v in values) or any(
        w.text.lower() in _SUPERLATIVES for w in words
    )
    if wants_date:
        score = score + 0.8 * schema.features[:, 3 + 5]
    score = score + 0.3 * schema.features[:, STATIC_FEATURES - 2]  # name-like fields
    chosen: set[int] = set()

    def include(i: int) -> None:
        while i not in chosen:
            chosen.add(i)
            parent = int(schema.entity_of[i])
            if parent == i:
                ref = schema.items[i].ref
                if not ref.path:
                    return
                parent = schema.index[Entity(ref.collection)]
            i = parent

    for ref in required:
        include(schema.index[ref])
    for i in np.argsort(-score, kind="stable"):
        if len(chosen) >= MAX_ITEMS - 2:
            break
        include(int(i))
    return np.array(sorted(chosen), np.intp)


def _word_features(
    words: Sequence[Word], grade: npt.NDArray[np.uint8], bucket: npt.NDArray[np.uint8]
) -> Vectors:
    features = np.zeros((len(words), WORD_FEATURES), np.float32)
    for i, word in enumerate(words):
        features[i, 0] = word.is_stop
        features[i, 1] = word.text[0].isupper()
        features[i, 2] = word.text[0].isdigit()
        features[i, 3] = not word.text[0].isalnum()
    if grade.shape[1]:
        features[:, 4] = grade.max(1) / 3
        features[:, 5] = bucket.max(1) / 3
    return features


def _value_features(values: Sequence[Value]) -> Vectors:
    features = np.zeros((len(values), VALUE_FEATURES), np.float32)
    for i, value in enumerate(values):
        features[i, 11 if value.kind == ValueKind.POINT else int(value.kind)] = 1.0
        features[i, 5] = value.exact
        features[i, 6] = min(4, value.last - value.first) / 4
        features[i, 7] = isinstance(value.literal, float) or value.literal is True
        features[i, 8] = isinstance(value.literal, int) and 0 <= value.literal <= 20
        features[i, 9] = min(4, len(value.holders)) / 4
        features[i, 10] = value.literal in (0, False) and value.kind == ValueKind.CONSTANT
    return features


def _relations(
    words: Sequence[Word],
    values: Sequence[Value],
    chosen: npt.NDArray[np.intp],
    schema: SchemaItems,
    grade: npt.NDArray[np.uint8],
    bucket: npt.NDArray[np.uint8],
) -> npt.NDArray[np.uint8]:
    w, i, v = len(words), len(chosen), len(values)
    result = np.zeros((w + i + v, w + i + v), np.uint8)
    positions = np.arange(w)
    result[:w, :w] = _DISTANCE + 4 + np.clip(positions[None, :] - positions[:, None], -4, 4)
    pair = grade * 4 + bucket
    result[:w, w : w + i] = _WORD_ITEM + pair
    result[w : w + i, :w] = _ITEM_WORD + pair.T
    result[w : w + i, w : w + i] = _ITEM_ITEM + schema.relations[np.ix_(chosen, chosen)]
    first = np.array([x.first for x in values], np.int64)
    last = np.array([x.last for x in values], np.int64)
    constant = last == first
    around = np.zeros((w, v), np.uint8)
    p = positions[:, None]
    around[(p == first - 2) & ~constant] = 1
    around[(p == first - 1) & ~constant] = 2
    around[(p >= first) & (p < last)] = 3
    around[(p == last) & ~constant] = 4
    around[:, constant] = 5
    result[:w, w + i :] = _WORD_VALUE + around
    result[w + i :, :w] = _VALUE_WORD + around.T
    fits = np.zeros((i, v), np.uint8)
    where = {int(index): row for row, index in enumerate(chosen)}
    families = np.array([schema.families[int(index)] for index in chosen])
    for column, value in enumerate(values):
        family = _value_family(value)
        fits[families == family, column] = _SAME_FAMILY
        if family == "number":
            fits[families == "text-number", column] = _SAME_FAMILY
        for index, fit in _fields_for(value, schema):
            if index in where:
                fits[where[index], column] = fit
    result[w : w + i, w + i :] = _ITEM_VALUE + fits
    result[w + i :, w : w + i] = _VALUE_ITEM + fits.T
    overlap = (first[:, None] < last[None, :]) & (first[None, :] < last[:, None])
    block = overlap.astype(np.uint8)
    np.fill_diagonal(block, 2)
    result[w + i :, w + i :] = _VALUE_VALUE + block
    return result


def _links(
    grade: npt.NDArray[np.uint8], leaf_share: Vectors, similarity: Vectors, values: Sequence[Value]
) -> Vectors:
    """(w, i+v): a whole name counts 1, a part of it its share, a near synonym up to 0.6."""
    named = np.where(grade >= 2, 0.4 + 0.6 * leaf_share[None, :], np.where(grade == 1, 0.25, 0.0))
    near = np.clip((similarity - 0.4) / 0.6, 0.0, 1.0) * 0.6
    covered = np.zeros((len(grade), len(values)), np.float32)
    for column, value in enumerate(values):
        covered[value.first : value.last, column] = 1.0
    return np.concatenate([np.maximum(named, near), covered], axis=1).astype(np.float32)


def _value_family(value: Value) -> str:
    if value.kind == ValueKind.DATE:
        return "date"
    if value.kind == ValueKind.POINT:
        return "point"
    if isinstance(value.literal, bool):
        return "bool"
    return "text" if isinstance(value.literal, str) else "number"
