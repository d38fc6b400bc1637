"""Whatever a network prefers, the search ends with plans that hold together, or with none."""

from __future__ import annotations

import contextlib
import itertools
from datetime import datetime
from functools import lru_cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.errors import PlanError
from mqt_serving.translator.decoding import search
from mqt_serving.translator.grammar import ELAPSED, Symbol, Token
from mqt_serving.translator.items import SchemaItems, build_items
from mqt_serving.translator.linking import Linked, link, prepare_words
from mqt_serving.translator.sequence import NotExpressible, to_plan

CATALOG = catalog_from_documents(
    "shop",
    {
        "orders": [
            {
                "_id": n,
                "status": ("open", "paid")[n % 2],
                "at": datetime(2025, 1 + n % 12, 3),
                "sent": datetime(2025, 1 + n % 12, 9),
                "lines": [{"price": n + 0.5, "count": n}],
            }
            for n in range(24)
        ],
        "staff": [{"_id": n, "pay": n, "born": datetime(1990, 1, 1 + n)} for n in range(20)],
    },
)
QUESTION = "open orders over 20 in 2025, 3 a customer, until now"


@lru_cache
def question() -> tuple[Linked, SchemaItems]:
    schema = build_items(CATALOG, lambda texts: np.eye(len(texts), 40, dtype=np.float32))
    words = prepare_words(QUESTION)
    nothing = np.zeros((len(words), 40), np.float32)
    return link(QUESTION, words, nothing, nothing, schema, datetime(2026, 1, 1)), schema


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    liked=st.lists(st.sampled_from(list(Token)), max_size=4),
)
def test_any_scores_end_in_plans_that_can_be_read(seed: int, liked: list[Token]) -> None:
    linked, schema = question()
    choices = len(Token) + len(linked.words) + len(linked.chosen) + len(linked.values)
    random = np.random.default_rng(seed)

    def score(parents: np.ndarray, chosen: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        scores = random.normal(0, 3, (len(parents), choices)).astype(np.float32)
        scores[:, liked] += 6.0
        scores[:, Token.END] += 2.0
        return scores

    for beam in search(linked, schema, score, 4):
        assert beam.stack[-1] == Symbol.DONE
        # Sense that the grammar cannot see is dropped where plans are read.
        with contextlib.suppress(NotExpressible, PlanError):
            to_plan(beam.steps, linked, schema)


def test_no_time_is_asked_from_now_until_now() -> None:
    linked, schema = question()
    choices = len(Token) + len(linked.words) + len(linked.chosen) + len(linked.values)

    def score(parents: np.ndarray, chosen: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        scores = np.zeros((len(parents), choices), np.float32)
        scores[:, [Token.WHERE, Token.LT, Token.YEARS]] = 8.0
        scores[:, Token.NOW] = 12.0
        scores[:, Token.END] = 6.0
        return scores

    beams = search(linked, schema, score, 4)
    assert beams
    for beam in beams:
        tokens = [step.at if step.kind == 0 else None for step in beam.steps]
        assert any(token in ELAPSED for token in tokens)
        assert all(pair != (Token.NOW, Token.NOW) for pair in itertools.pairwise(tokens))
