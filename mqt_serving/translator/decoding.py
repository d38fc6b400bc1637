"""Beam search: the likeliest well-formed step sequences for one linked question.

Pure of ONNX: a `score` function gives next-step scores for a batch of prefixes. The grammar and
the types of the items mask what cannot follow, so every finished beam reads into a plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mqt_serving.schema import BsonType
from mqt_serving.translator.grammar import INITIAL, TOKEN_MASKS, Stack, Symbol, Token, advance
from mqt_serving.translator.items import SchemaItems, is_numeric
from mqt_serving.translator.linking import Linked
from mqt_serving.translator.masks import item_mask, value_mask
from mqt_serving.translator.sequence import Step

MAX_DECODED_STEPS = 48
_NEGATIVE = -1e9
_TEXT_TOKENS = (Token.CONTAINS, Token.NOT_CONTAINS, Token.STARTS, Token.ENDS)
_DATE_TOKENS = (
    Token.RANGE, Token.YEAR, Token.QUARTER, Token.MONTH, Token.DAY, Token.WEEKDAY, Token.HOUR,
    Token.YEAR_MONTH, Token.DATE,
)  # fmt: skip

_CLAUSE_STARTS = (Token.BEGIN, Token.DISTINCT, Token.GROUP)

Scores = npt.NDArray[np.float32]
Score = Callable[
    [npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]], Scores
]
"""(tokens, pointers, symbols), each (beams, T) -> scores of the last step, (beams, T + N)."""


@dataclass(frozen=True, slots=True)
class Beam:
    steps: tuple[Step, ...]
    stack: Stack
    log_probability: float


class _Masks:
    """Masks over tokens + memory places, cached by symbol and by the token just taken."""

    def __init__(self, linked: Linked, schema: SchemaItems) -> None:
        self.linked, self.schema = linked, schema
        self.words, self.items = len(linked.words), len(linked.chosen)
        chosen = [schema.items[int(i)] for i in linked.chosen]
        fields = [None if item.is_entity else item.schema for item in chosen]
        self.numeric = np.array([is_numeric(f) for f in fields], bool)
        self.dates = np.array([f is not None and f.main_type == BsonType.DATE for f in fields], bool)
        self.texts = np.array([f is not None and BsonType.STRING in f.types for f in fields], bool)
        self.cache: dict[tuple[Symbol, Token | None], npt.NDArray[np.bool_]] = {}

    def get(self, beam: Beam) -> npt.NDArray[np.bool_]:
        symbol = beam.stack[-1]
        last = beam.steps[-1] if beam.steps else Step(0, Token.BEGIN)
        key = (symbol, Token(last.index) if last.kind == 0 else None)
        if key not in self.cache:
            self.cache[key] = self._build(*key)
        if symbol not in (Symbol.AFTER_OUT, Symbol.AFTER_KEY):
            return self.cache[key]
        # A column or a group key never comes twice.
        mask = self.cache[key].copy()
        for step in _direct(beam):
            mask[len(Token) + self.words + step.index] = False
        return mask

    def _build(self, symbol: Symbol, last: Token | None) -> npt.NDArray[np.bool_]:
        items = item_mask(self.linked, self.schema, symbol)
        if symbol == Symbol.ARGUMENT and last in (Token.SUM, Token.AVG):
            items &= self.numeric
        elif symbol == Symbol.FIELD and last in _DATE_TOKENS:
            items &= self.dates
        elif symbol == Symbol.FIELD and last in _TEXT_TOKENS:
            items &= self.texts
        words = np.zeros(self.words, bool)
        return np.concatenate(
            [TOKEN_MASKS[symbol], words, items, value_mask(self.linked, symbol)]
        )


def _direct(beam: Beam) -> list[Step]:
    """Items of the clause being written (columns or group keys) that stand by themselves."""
    found: list[Step] = []
    for before, step in zip((Step(0, Token.BEGIN), *beam.steps), beam.steps, strict=False):
        if step == Step(0, Token.GROUP):
            found = []
        elif step.kind == 1 and (before.kind == 1 or before.index in _CLAUSE_STARTS):
            found.append(step)
    return found


def search(linked: Linked, schema: SchemaItems, score: Score, width: int) -> list[Beam]:
    """At most `width` finished beams, likeliest first; unfinished ones are dropped."""
    masks = _Masks(linked, schema)
    beams, finished = [Beam((), INITIAL, 0.0)], []
    for _ in range(MAX_DECODED_STEPS):
        scores = score(*_prefixes(beams, len(linked.words), len(linked.chosen)))
        extended: list[tuple[float, int, int]] = []
        for row, beam in enumerate(beams):
            allowed = masks.get(beam)
            masked = np.where(allowed, scores[row], _NEGATIVE)
            log = masked - _log_sum_exp(masked)
            for place in np.argsort(-log)[: width + 1]:
                if allowed[place]:
                    extended.append((beam.log_probability + float(log[place]), row, int(place)))
        extended.sort(key=lambda entry: -entry[0])
        following: list[Beam] = []
        for total, row, place in extended[: 2 * width]:
            beam = _extend(beams[row], place, total, linked)
            if beam.stack[-1] == Symbol.DONE:
                finished.append(beam)
            elif len(following) < width:
                following.append(beam)
        finished.sort(key=lambda beam: -beam.log_probability)
        beams = following
        enough = len(finished) >= width
        if not beams or (enough and finished[width - 1].log_probability > beams[0].log_probability):
            break
    return finished[:width]


def _extend(beam: Beam, place: int, total: float, linked: Linked) -> Beam:
    words, items = len(linked.words), len(linked.chosen)
    if place < len(Token):
        step, token = Step(0, place), Token(place)
        return Beam((*beam.steps, step), advance(beam.stack, token), total)
    at = place - len(Token) - words
    step = Step(1, at) if at < items else Step(2, at - items)
    return Beam((*beam.steps, step), advance(beam.stack, None), total)


def _prefixes(
    beams: list[Beam], words: int, items: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Inputs of the decoder: previous tokens and pointers, and the symbols expected."""
    length = len(beams[0].steps) + 1
    tokens = np.zeros((len(beams), length), np.int64)
    pointers = np.full((len(beams), length), -1, np.int64)
    symbols = np.zeros((len(beams), length), np.int64)
    offsets = (0, words, words + items)
    for row, beam in enumerate(beams):
        stack: Stack = INITIAL
        for at, step in enumerate(beam.steps):
            symbols[row, at] = stack[-1]
            if step.kind == 0:
                tokens[row, at + 1] = step.index
                stack = advance(stack, Token(step.index))
            else:
                pointers[row, at + 1] = offsets[step.kind] + step.index
                stack = advance(stack, None)
        symbols[row, length - 1] = stack[-1]
    return tokens, pointers, symbols


def _log_sum_exp(values: Scores) -> float:
    top = float(values.max())
    return top + float(np.log(np.exp(values - top).sum()))
