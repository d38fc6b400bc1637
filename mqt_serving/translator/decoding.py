"""Beam search: the likeliest well-formed step sequences for one linked question.

Pure of ONNX: a `Scorer` remembers the beams and scores what may follow them. The grammar and the
types of the items mask what cannot follow, so every finished beam reads into a plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mqt_serving.translator.grammar import (
    INITIAL,
    Stack,
    Step,
    Symbol,
    Token,
    advance,
)
from mqt_serving.translator.items import SchemaItems
from mqt_serving.translator.linking import Linked
from mqt_serving.translator.masks import Masks, tokens_after

MAX_DECODED_STEPS = 48
_TOKENS = tuple(Token)
_NEGATIVE = np.float32(-1e9)
Scores = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


class Scorer(Protocol):
    """Scores beams step by step, remembering what each has read so far."""

    def __call__(self, parents: Indices, chosen: Indices, symbols: Indices) -> Scores:
        """Scores of the next step of each beam, (beams, tokens + places).

        Beam `i` goes on from beam `parents[i]` of the call before with the choice `chosen[i]`, a
        column of that call's scores, and the grammar now expects `symbols[i]` of it. In the first
        call one beam begins: parent 0, `Token.BEGIN`.
        """


@dataclass(frozen=True, slots=True)
class Beam:
    steps: tuple[Step, ...]
    stack: Stack
    log_probability: float


def search(linked: Linked, schema: SchemaItems, score: Scorer, width: int) -> list[Beam]:
    """At most `width` finished beams, likeliest first; unfinished ones are dropped."""
    masks = Masks(linked, schema)
    beams: list[Beam] = [Beam((), INITIAL, 0.0)]
    parents, chosen = [0], [int(Token.BEGIN)]
    finished: list[Beam] = []
    for _ in range(MAX_DECODED_STEPS):
        symbols = [int(beam.stack[-1]) for beam in beams]
        scores = score(np.array(parents), np.array(chosen), np.array(symbols))
        allowed = _allowed(masks, beams, scores.shape[1])
        extended = _best(scores, allowed, np.array([beam.log_probability for beam in beams]), width)
        following: list[Beam] = []
        parents, chosen = [], []
        for total, row, place in extended[: 2 * width]:
            beam = _extend(beams[row], place, total, linked)
            if beam.stack[-1] == Symbol.DONE:
                finished.append(beam)
            elif len(following) < width:
                following.append(beam)
                parents.append(row)
                chosen.append(place)
        finished.sort(key=lambda beam: -beam.log_probability)
        beams = following
        enough = len(finished) >= width
        if not beams or (enough and finished[width - 1].log_probability > beams[0].log_probability):
            break
    return finished[:width]


def _allowed(masks: Masks, beams: list[Beam], choices: int) -> npt.NDArray[np.bool_]:
    """(beams, choices) what may follow each; nothing may in a dead end, and words never."""
    allowed = np.zeros((len(beams), choices), bool)
    for row, beam in enumerate(beams):
        symbol = beam.stack[-1]
        items, values = masks.items(symbol, beam.steps), masks.values(symbol, beam.steps)
        allowed[row, : len(Token)] = tokens_after(symbol, beam.steps[-1] if beam.steps else None)
        allowed[row, choices - len(items) - len(values) : choices - len(values)] = items
        allowed[row, choices - len(values) :] = values
    return allowed


def _best(
    scores: Scores, allowed: npt.NDArray[np.bool_], totals: npt.NDArray[np.float64], width: int
) -> list[tuple[float, int, int]]:
    """Log-probability, beam and choice of the extensions, likeliest first.

    One choice more of each beam than fits: the likeliest of them may be the beam's end.
    """
    masked = np.where(allowed, scores, _NEGATIVE)
    shifted = masked - masked.max(axis=1, keepdims=True)
    log = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    places = np.argsort(-log, axis=1)[:, : width + 1]
    rows = np.arange(len(scores))[:, None]
    grown = totals[:, None] + log[rows, places]
    extended = [
        (total, row, place)
        for row, of_row in enumerate(zip(grown.tolist(), places.tolist(), strict=True))
        for total, place in zip(*of_row, strict=True)
        if allowed[row, place]
    ]
    extended.sort(key=lambda entry: -entry[0])
    return extended


def _extend(beam: Beam, place: int, total: float, linked: Linked) -> Beam:
    words, items = len(linked.words), len(linked.chosen)
    if place < len(Token):
        step, token = Step(0, place), _TOKENS[place]
        return Beam((*beam.steps, step), advance(beam.stack, token), total)
    at = place - len(Token) - words
    step = Step(1, at) if at < items else Step(2, at - items)
    return Beam((*beam.steps, step), advance(beam.stack, None), total)
