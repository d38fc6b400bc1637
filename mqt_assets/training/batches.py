"""Examples as training data: linked arrays with gold steps, and padded batches of them.

A `Linker` links questions; `collate` pads a list into the tensors that
`TranslatorNetwork.loss` reads. Questions whose plan cannot be written with the linked items and
values are counted by reason, not trained on.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import torch
from torch import Tensor

from mqt_assets.training.examples import UNANSWERABLE, Example
from mqt_assets.training.network import MAX_STEPS
from mqt_serving.encoder import TextEncoder
from mqt_serving.schema import Catalog
from mqt_serving.translator.grammar import (
    INITIAL,
    Step,
    Symbol,
    Token,
    advance,
)
from mqt_serving.translator.items import SchemaItems, build_items
from mqt_serving.translator.linking import Linked, link, prepare_words
from mqt_serving.translator.masks import Mask, Masks, tokens_after, value_words
from mqt_serving.translator.sequence import CANNOT, NotExpressible, fields_of, texts_of, to_steps
from mqt_serving.translator.words import Word

NEGATIVE = -1e9
_BLOCK = 512
"""Examples whose questions the text encoder reads at once."""
_KNOWN = 50
"""So many values of a field serving is sure to know: it is asked about larger databases."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A linked question with its gold steps and the symbol expected at each."""

    example: Example
    schema: SchemaItems
    linked: Linked
    steps: tuple[Step, ...]
    symbols: tuple[Symbol, ...]
    item_masks: tuple[Mask, ...]  # (items,) at each step
    value_masks: tuple[Mask, ...]  # (values,) at each step
    early: np.ndarray | None = None  # (tokens, d) half precision: what a reader starts from
    spans: np.ndarray | None = None  # (words, tokens): how much of each token is in each word


@dataclass(frozen=True, slots=True)
class Preparation:
    prepared: list[Prepared]
    left_out: Counter[str]  # reason -> questions


def build_schemas(catalogs: Mapping[str, Catalog], encoder: TextEncoder) -> dict[str, SchemaItems]:
    """Schema items of each catalog; names shared between catalogs are encoded once."""
    memory: dict[str, np.ndarray] = {}

    def encode(texts: Sequence[str]) -> np.ndarray:
        fresh = [text for text in texts if text not in memory]
        if fresh:
            memory.update(zip(fresh, encoder.encode(fresh), strict=True))
        return np.stack([memory[text] for text in texts])

    return {name: build_items(catalog, encode) for name, catalog in catalogs.items()}


class Linker:
    """Links examples as they are asked for; `left_out` counts those that cannot be, by reason.

    Questions that don't say when they were asked are asked at `now`.

    `for_reader` keeps what a reader is trained on (17 kB a question), else its word vectors.
    """

    def __init__(
        self,
        schemas: Mapping[str, SchemaItems],
        encoder: TextEncoder,
        now: datetime,
        for_reader: bool = False,
    ) -> None:
        self._schemas, self._encoder, self._now = schemas, encoder, now
        self._for_reader = for_reader
        self._lone: dict[str, np.ndarray] = {}
        self.left_out: Counter[str] = Counter()

    def can_learn(self, example: Example) -> bool:
        """Whether the example has a plan, or rightly none, over a catalog that is at hand."""
        learnable = example.plan is not None or example.kind == UNANSWERABLE
        return learnable and example.database in self._schemas

    def link(self, examples: Sequence[Example]) -> list[Prepared | None]:
        """Each example prepared; None for those left out."""
        words = [prepare_words(example.question) for example in examples]
        self._know({word.text.lower() for row in words for word in row})
        questions = [example.question for example in examples]
        spans = [[(w.start, w.end) for w in row] for row in words]
        before = self._encoder.before_reading(questions, spans) if self._for_reader else None
        vectors = None if self._for_reader else self._encoder.encode_words(questions, spans)
        found: list[Prepared | None] = []
        for at, example in enumerate(examples):
            if not words[at]:
                self.left_out["no words"] += 1
                found.append(None)
                continue
            own = np.stack([self._lone[w.text.lower()] for w in words[at]])
            in_context = vectors[at] if vectors else own
            schema = self._schemas[example.database]
            try:
                now = example.asked_at or self._now
                one = _prepare_one(example, schema, words[at], in_context, own, now)
            except NotExpressible as reason:
                self.left_out[str(reason).split(" ", 3)[1] + ": " + str(reason)[:60]] += 1
                found.append(None)
                continue
            if before is not None:
                early, weights = before[at]
                one = replace(one, early=early.astype(np.float16), spans=weights)
            found.append(one)
        return found

    def _know(self, words: set[str]) -> None:
        fresh = sorted(words - self._lone.keys())
        if fresh:
            self._lone.update(zip(fresh, self._encoder.encode(fresh), strict=True))


def prepare(
    examples: Sequence[Example],
    schemas: Mapping[str, SchemaItems],
    encoder: TextEncoder,
    now: datetime,
    for_reader: bool = False,
) -> Preparation:
    """Link every example that can be learned from."""
    linker = Linker(schemas, encoder, now, for_reader)
    usable = [example for example in examples if linker.can_learn(example)]
    linker.left_out["no plan"] = len(examples) - len(usable)
    blocks = (usable[start : start + _BLOCK] for start in range(0, len(usable), _BLOCK))
    linked = [one for block in blocks for one in linker.link(block) if one is not None]
    return Preparation(linked, linker.left_out)


def _prepare_one(
    example: Example,
    schema: SchemaItems,
    words: list[Word],
    contextual: np.ndarray,
    own: np.ndarray,
    now: datetime,
) -> Prepared:
    required = fields_of(example.plan) if example.plan else set()
    missing = [ref for ref in required if ref not in schema.index]
    if missing:
        raise NotExpressible(f"no item for {missing[0]}")
    unknown = _taken_for_unknown(example, schema)
    linked = link(example.question, words, contextual, own, schema, now, required, unknown)
    steps = [CANNOT] if example.plan is None else to_steps(example.plan, linked, schema)
    if len(steps) > MAX_STEPS:
        raise NotExpressible(f"a plan of {len(steps)} steps")
    stack, symbols = INITIAL, []
    for step in steps:
        symbols.append(stack[-1])
        stack = advance(stack, Token(step.at) if step.kind == 0 else None)
    masks = Masks(linked, schema)
    at = range(len(steps))
    item_masks = tuple(masks.items(symbols[i], steps[:i]) for i in at)
    value_masks = tuple(masks.values(symbols[i], steps[:i]) for i in at)
    for i, (kind, place) in enumerate(steps):
        tokens = tokens_after(symbols[i], steps[i - 1] if i else None)
        if not (tokens, item_masks[i], value_masks[i])[kind][place]:
            what = (Token(place).name if kind == 0 else "", "an item", "a value")[kind]
            raise NotExpressible(f"no search takes {what} for {symbols[i].name}")
    return Prepared(example, schema, linked, tuple(steps), tuple(symbols), item_masks, value_masks)


def _taken_for_unknown(example: Example, schema: SchemaItems) -> frozenset[str]:
    """Stored texts of the plan that serving would probably not know.

    Synthetic questions draw their values from the samples, which hold a few of a field's many
    values: as many questions as in serving must be learned with a value that no sample holds.
    The choice depends on the question alone.
    """
    if example.plan is None:
        return frozenset()
    draw = int(hashlib.sha256(example.question.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    found = set()
    for field, text in texts_of(example.plan):
        known = schema.catalog.field(field.collection, field.path)
        if known is not None and draw > min(len(known.samples), _KNOWN) / max(1, known.distinct):
            found.add(text)
    return frozenset(found)


def collate(rows: Sequence[Prepared]) -> dict[str, Tensor]:
    """Padded tensors for `TranslatorNetwork.loss`; the memory holds words, items, then values."""
    w = max(len(r.linked.words) for r in rows)
    i = max(len(r.linked.chosen) for r in rows)
    v = max(len(r.linked.values) for r in rows)
    t = max(len(r.steps) for r in rows)
    n, size = w + i + v, len(rows)
    arrays: dict[str, np.ndarray] = {
        "word_vectors": np.zeros((size, w, rows[0].linked.word_vectors.shape[1]), np.float32),
        "word_features": np.zeros((size, w, rows[0].linked.word_features.shape[1]), np.float32),
        "leaf_vectors": np.zeros((size, i, rows[0].schema.leaf_vectors.shape[1]), np.float32),
        "path_vectors": np.zeros((size, i, rows[0].schema.path_vectors.shape[1]), np.float32),
        "item_features": np.zeros((size, i, rows[0].linked.item_features.shape[1]), np.float32),
        "value_features": np.zeros((size, v, rows[0].linked.value_features.shape[1]), np.float32),
        "value_words": np.zeros((size, v, w), np.float32),
        "relations": np.zeros((size, n, n), np.int64),
        "links": np.zeros((size, w, i + v), np.float32),
        "padding": np.full((size, n), NEGATIVE, np.float32),
        "tokens": np.zeros((size, t), np.int64),
        "pointers": np.full((size, t), -1, np.int64),
        "symbols": np.zeros((size, t), np.int64),
        "allowed": np.zeros((size, t, len(Token) + n), bool),
        "targets": np.full((size, t), -100, np.int64),
    }
    for row, one in enumerate(rows):
        _fill(arrays, row, one, w, i)
    if rows[0].early is not None:
        arrays |= _before_reading(rows, w)
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _before_reading(rows: Sequence[Prepared], w: int) -> dict[str, np.ndarray]:
    early = [row.early for row in rows if row.early is not None]
    k = max(len(states) for states in early)
    arrays: dict[str, np.ndarray] = {
        "early": np.zeros((len(rows), k, early[0].shape[1]), np.float32),
        "tokens_there": np.zeros((len(rows), k), np.float32),
        "spans": np.zeros((len(rows), w, k), np.float32),
    }
    for at, row in enumerate(rows):
        assert row.early is not None and row.spans is not None
        words, tokens = row.spans.shape
        arrays["early"][at, :tokens] = row.early
        arrays["tokens_there"][at, :tokens] = 1.0
        arrays["spans"][at, :words, :tokens] = row.spans
    return arrays


def _fill(arrays: dict[str, np.ndarray], row: int, one: Prepared, w: int, i: int) -> None:
    linked, schema = one.linked, one.schema
    words, items, values = len(linked.words), len(linked.chosen), len(linked.values)
    places = np.concatenate([np.arange(words), w + np.arange(items), w + i + np.arange(values)])
    arrays["word_vectors"][row, :words] = linked.word_vectors
    arrays["word_features"][row, :words] = linked.word_features
    arrays["leaf_vectors"][row, :items] = schema.leaf_vectors[linked.chosen]
    arrays["path_vectors"][row, :items] = schema.path_vectors[linked.chosen]
    arrays["item_features"][row, :items] = linked.item_features
    arrays["value_features"][row, :values] = linked.value_features
    arrays["value_words"][row, :values, :words] = value_words(linked)
    arrays["relations"][row][np.ix_(places, places)] = linked.relations
    arrays["links"][row, :words, :items] = linked.links[:, :items]
    arrays["links"][row, :words, i : i + values] = linked.links[:, items:]
    arrays["padding"][row, places] = 0.0
    offsets = (0, len(Token) + w, len(Token) + w + i)
    for at, (step, symbol) in enumerate(zip(one.steps, one.symbols, strict=True)):
        arrays["symbols"][row, at] = symbol
        target = offsets[step.kind] + step.at
        arrays["targets"][row, at] = target
        if at + 1 < len(one.steps):
            if step.kind == 0:
                arrays["tokens"][row, at + 1] = step.at
            else:
                arrays["pointers"][row, at + 1] = target - len(Token)
        allowed = arrays["allowed"][row, at]
        allowed[: len(Token)] = tokens_after(symbol, one.steps[at - 1] if at else None)
        allowed[offsets[1] : offsets[1] + items] = one.item_masks[at]
        allowed[offsets[2] : offsets[2] + values] = one.value_masks[at]
