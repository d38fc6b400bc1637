"""Beam search: the likeliest well-formed step sequences for one linked question.

Pure of ONNX: a `score` function gives next-step scores for a batch of prefixes. The grammar and
the types of the items mask what cannot follow, so every finished beam reads into a plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mqt_serving.translator.grammar import (
    INITIAL,
    TOKEN_MASKS,
    Stack,
    Step,
    Symbol,
    Token,
    advance,
)
from mqt_serving.translator.items import SchemaItems
from mqt_serving.translator.linking import Linked
from mqt_serving.translator.masks import Masks

MAX_DECODED_STEPS = 48
_NEGATIVE = -1e9
Scores = npt.NDArray[np.float32]
Score = Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]], Scores]
"""(tokens, pointers, symbols), each (beams, T) -> scores of the last step, (beams, T + N)."""


@dataclass(frozen=True, slots=True)
class Beam:
    steps: tuple[Step, ...]
    stack: Stack
    log_probability: float


def search(linked: Linked, schema: SchemaItems, score: Score, width: int) -> list[Beam]:
    """At most `width` finished beams, likeliest first; unfinished ones are dropped."""
    masks = Masks(linked, schema)
    words = np.zeros(len(linked.words), bool)
    beams, finished = [Beam((), INITIAL, 0.0)], []
    for _ in range(MAX_DECODED_STEPS):
        scores = score(*_prefixes(beams, len(linked.words), len(linked.chosen)))
        extended: list[tuple[float, int, int]] = []
        for row, beam in enumerate(beams):
            symbol = beam.stack[-1]
            allowed = np.concatenate(
                [
                    TOKEN_MASKS[symbol],
                    words,
                    masks.items(symbol, beam.steps),
                    masks.values(symbol, beam.steps),
                ]
            )
            if not allowed.any():
                continue  # a dead end: nothing in the question fits here
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
                tokens[row, at + 1] = step.at
                stack = advance(stack, Token(step.at))
            else:
                pointers[row, at + 1] = offsets[step.kind] + step.at
                stack = advance(stack, None)
        symbols[row, length - 1] = stack[-1]
    return tokens, pointers, symbols


def _log_sum_exp(values: Scores) -> float:
    top = float(values.max())
    return top + float(np.log(np.exp(values - top).sum()))
