"""The translator of serving: a question and a catalog in, ranked candidate plans out.

Loads what `mqt_assets.training.export` wrote (ONNX graphs and JSON); needs neither torch nor
training code. Thread-safe: sessions are shared, caches only grow up to a bound.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mqt_serving.encoder import TextEncoder, open_session
from mqt_serving.errors import CannotAnswer, MqtError, QuestionError, ReleaseCorrupt
from mqt_serving.query.explanation import explain
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import Entity, Field, Plan
from mqt_serving.schema import Catalog
from mqt_serving.translator.cross_encoder import CROSS_ENCODER_FILE, CrossEncoder
from mqt_serving.translator.decoding import Beam, search
from mqt_serving.translator.grammar import Symbol, Token
from mqt_serving.translator.items import SchemaItems, build_items
from mqt_serving.translator.linking import (
    ITEM_FEATURES,
    RELATIONS,
    VALUE_FEATURES,
    WORD_FEATURES,
    Linked,
    link,
    prepare_words,
)
from mqt_serving.translator.masks import value_words
from mqt_serving.translator.ranking import NAMES, UNFITTED, Ranking, describe, near
from mqt_serving.translator.sequence import CANNOT, NotExpressible, to_plan
from mqt_serving.translator.stepping import StepScorer
from mqt_serving.translator.turns import Turns, processors
from mqt_serving.translator.words import Word, natural_name

GRAPH_FILES = ("joint.onnx", "decoder.onnx", "translator.json")
FORMAT = 5
_LONE_CACHE = 50_000
_NEAREST = 5
SPARE_BEAMS = 7
"""Searched beyond those asked for, so that re-ranking has something to bring forward."""

Floats = npt.NDArray[np.float32]
Described = npt.NDArray[np.float64]


def layout() -> dict[str, int]:
    """What graphs and code must agree on; written at export, compared at load."""
    return {
        "format": FORMAT,
        "tokens": len(Token),
        "symbols": len(Symbol),
        "relations": RELATIONS,
        "word_features": WORD_FEATURES,
        "item_features": ITEM_FEATURES,
        "value_features": VALUE_FEATURES,
    }


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan and the probability that it gives the right answer.

    Several plans may give it: the probabilities of all candidates can add up to more than 1.
    """

    plan: Plan
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What a search found: its beams, and of those that lower on the catalog the plans.

    `described` is (plans, FEATURES), None where there are no plans.
    """

    beams: list[Beam]
    plans: list[Plan]
    linked: Linked
    described: Described | None


class Translator:
    def __init__(
        self,
        encoder: TextEncoder,
        joint: Any,
        decoder: Any,
        minimum_match: float,
        refusal: float,
        ranking: Ranking = UNFITTED,
        at_once: int | None = None,
        cross_encoder: CrossEncoder | None = None,
    ) -> None:
        self.encoder = encoder
        self._joint, self._decoder = joint, decoder
        self._minimum_match = minimum_match
        self._refusal = refusal
        self._ranking = ranking
        self._cross_encoder = cross_encoder
        self._schemas: dict[str, SchemaItems] = {}
        self._last: tuple[Catalog, SchemaItems] | None = None
        self._lone: dict[str, Floats] = {}
        self._lock = threading.Lock()
        self._turns = Turns(processors() if at_once is None else at_once)

    @classmethod
    def load(cls, folder: Path, threads: int = 2, at_once: int | None = None) -> Translator:
        """`threads` are those of the larger graphs; `at_once` is how many questions are translated
        at a time, None for as many as there are processors. Raises `ReleaseCorrupt` when a file is
        missing, unreadable or of another layout.
        """
        for file in GRAPH_FILES:
            if not (folder / file).is_file():
                raise ReleaseCorrupt(f"{folder / file} is missing: the translator cannot load")
        meta = json.loads((folder / "translator.json").read_text())
        if meta.get("layout") != layout():
            raise ReleaseCorrupt(
                f"{folder} was exported with layout {meta.get('layout')}, this code needs "
                f"{layout()}: train and release again"
            )
        encoder = TextEncoder.load(folder, threads)
        return cls(
            encoder,
            open_session(folder / "joint.onnx", threads),
            # A step of a few beams is over before a second thread has woken up.
            open_session(folder / "decoder.onnx", 1),
            float(meta["minimum_match"]),
            float(meta["refusal"]),
            Ranking(meta["ranking"]) if meta["ranking"] else UNFITTED,
            at_once,
            _cross_encoder(folder, encoder, threads),
        )

    def prepare(self, catalog: Catalog) -> SchemaItems:
        """Encode the names of a catalog, once; `translate` does it on first use otherwise."""
        last = self._last
        if last is not None and last[0] is catalog:
            return last[1]  # its digest costs a millisecond
        key = f"{catalog.database}:{catalog.digest}"
        with self._lock:
            if key not in self._schemas:
                self._schemas[key] = build_items(catalog, self.encoder.encode)
            self._last = (catalog, self._schemas[key])
            return self._schemas[key]

    def translate(
        self, question: str, catalog: Catalog, now: datetime | None = None, width: int = 5
    ) -> list[Candidate]:
        """At most `width` candidates that lower on the catalog, likeliest first.

        Raises `QuestionError` for a question without words, `CannotAnswer` when it names
        nothing in the data, asks for what the data does not hold, or no plan for it can be
        lowered.
        """
        with self._turns.taken():
            return self._translate(question, catalog, now, width)

    def _translate(
        self, question: str, catalog: Catalog, now: datetime | None, width: int
    ) -> list[Candidate]:
        words = prepare_words(question)
        if not any(word.text[0].isalnum() for word in words):
            raise QuestionError(f"the question {question!r} has no words: ask in English")
        schema = self.prepare(catalog)
        moment = now or datetime.now(UTC).replace(tzinfo=None)
        linked = self.link(question, words, schema, moment)
        if linked.best_match < self._minimum_match:
            raise CannotAnswer(_nothing_found(catalog, linked))
        beams = self.beams(linked, schema, width + SPARE_BEAMS)
        if doubt_of(beams) >= self._refusal:
            raise CannotAnswer(_not_held(catalog, linked, schema))
        candidates = self._ranked(self._readings(beams, question, linked, schema))[:width]
        if not candidates:
            raise CannotAnswer(
                f"no query over the database {catalog.database!r} could be formed for this "
                "question: name the collection and the fields that you mean"
            )
        return candidates

    def read(self, question: str, catalog: Catalog, now: datetime, width: int) -> Readings:
        """What `translate` ranks, declining nothing; for those who fit a ranking."""
        schema = self.prepare(catalog)
        linked = self.link(question, prepare_words(question), schema, now)
        beams = self.beams(linked, schema, width)
        return self._readings(beams, question, linked, schema)

    def link(self, question: str, words: list[Word], schema: SchemaItems, now: datetime) -> Linked:
        contextual = self.encoder.encode_words([question], [[(w.start, w.end) for w in words]])[0]
        lone = self._lone_vectors([word.text.lower() for word in words])
        return link(question, words, contextual, lone, schema, now)

    def beams(self, linked: Linked, schema: SchemaItems, width: int) -> list[Beam]:
        return search(linked, schema, self.scorer(linked, schema), width)

    def scorer(self, linked: Linked, schema: SchemaItems) -> StepScorer:
        """Reads the question once; serves one search."""
        remembered = self._joint.run(
            None,
            {
                "word_vectors": linked.word_vectors[None],
                "word_features": linked.word_features[None],
                "leaf_vectors": schema.leaf_vectors[linked.chosen][None],
                "path_vectors": schema.path_vectors[linked.chosen][None],
                "item_features": linked.item_features[None],
                "value_features": linked.value_features[None],
                "value_words": value_words(linked)[None],
                "relations": linked.relations[None].astype(np.int64),
            },
        )
        return StepScorer(self._decoder, remembered, linked.links)

    def cross_scores(
        self, question: str, beams: Sequence[Beam], plans: Sequence[Plan], catalog: Catalog
    ) -> list[float | None]:
        """Of each beam's plan; None where it is not near the likeliest, or nothing is."""
        if self._cross_encoder is None:
            return [None] * len(plans)
        texts = [repr(plan) for plan in plans]  # plans that hold a Decimal128 cannot be hashed
        read = {
            text: explain(plan, catalog)
            for text, plan, close in zip(texts, plans, near(beams, texts), strict=True)
            if close
        }
        different = sorted(set(read.values()))
        if len(different) < 2:
            return [None] * len(plans)
        scores = self._cross_encoder.scores(question, different)
        known = dict(zip(different, scores.tolist(), strict=True))
        return [known[read[text]] if text in read else None for text in texts]

    def _readings(
        self, beams: list[Beam], question: str, linked: Linked, schema: SchemaItems
    ) -> Readings:
        # Keyed by text: plans that hold a Decimal128 cannot be hashed.
        known: dict[str, Plan] = {}
        plans: list[Plan] = []
        usable: list[Beam] = []
        for beam in beams:
            try:
                plan = to_plan(beam.steps, linked, schema)
                if repr(plan) not in known:
                    lower(plan, schema.catalog)
            except (NotExpressible, MqtError):
                continue  # well formed, but it makes no sense on this schema: not a candidate
            plans.append(known.setdefault(repr(plan), plan))
            usable.append(beam)
        if not usable:
            return Readings(beams, [], linked, None)
        scores = self.cross_scores(question, usable, plans, schema.catalog)
        return Readings(beams, plans, linked, describe(usable, linked, schema, scores))

    def _ranked(self, readings: Readings) -> list[Candidate]:
        if readings.described is None:
            return []
        plans: dict[str, Plan] = {}
        found: dict[str, float] = {}
        shares = self._ranking.probabilities(readings.described, readings.linked)
        for plan, share in zip(readings.plans, shares, strict=True):
            plans[repr(plan)] = plan
            found[repr(plan)] = found.get(repr(plan), 0.0) + share
        ranked = sorted(found.items(), key=lambda entry: -entry[1])
        return [Candidate(plans[key], self._ranking.confidence(share)) for key, share in ranked]

    def _lone_vectors(self, words: list[str]) -> Floats:
        """Vectors of the words by themselves, (words, d); remembered up to a bound."""
        with self._lock:
            known = {word: self._lone[word] for word in words if word in self._lone}
        fresh = sorted({word for word in words if word not in known})
        if fresh:
            known.update(zip(fresh, self.encoder.encode(fresh), strict=True))
            with self._lock:
                if len(self._lone) + len(fresh) > _LONE_CACHE:
                    self._lone = {}
                self._lone.update({word: known[word] for word in fresh})
        return np.stack([known[word] for word in words])


def _cross_encoder(folder: Path, encoder: TextEncoder, threads: int) -> CrossEncoder | None:
    """None for a model that was released without one."""
    file = folder / CROSS_ENCODER_FILE
    return CrossEncoder(encoder, open_session(file, threads)) if file.is_file() else None


def doubt_of(beams: Sequence[Beam]) -> float:
    """The probability that the data does not hold what is asked for."""
    return sum(math.exp(beam.log_probability) for beam in beams if beam.steps == (CANNOT,))


def _not_held(catalog: Catalog, linked: Linked, schema: SchemaItems) -> str:
    """Names the telling words that nothing is named after, and what comes nearest to the rest."""
    named = linked.links.max(axis=1, initial=0.0)
    unnamed = [
        word.text
        for word, strength in zip(linked.words, named, strict=True)
        if strength < NAMES and not word.is_stop
    ]
    items = linked.links[:, : len(linked.chosen)]
    order = np.argsort(-items.max(axis=0, initial=0.0), kind="stable")[:_NEAREST]
    near = [
        _written(schema.items[int(linked.chosen[at])].ref)
        for at in order
        if items[:, at].max(initial=0.0) > 0.0
    ]
    said = f"nothing there is called {_listed(unnamed[:4])}" if unnamed else "something is missing"
    nearest = f"; nearest to your words are {', '.join(near)}" if near else ""
    return (
        f"the database {catalog.database!r} does not seem to hold what this asks for: "
        f"{said}{nearest}"
    )


def _written(ref: Field | Entity) -> str:
    return f"{ref.collection}.{ref.path}" if ref.path else ref.collection


def _listed(words: Sequence[str]) -> str:
    return " or ".join(repr(word) for word in words)


def _nothing_found(catalog: Catalog, linked: Linked) -> str:
    content = [word.text for word in linked.words if not word.is_stop]
    names = ", ".join(natural_name(schema.collection) for schema in catalog.collections[:8])
    about = ", ".join(repr(word) for word in content[:6]) or "the question"
    return (
        f"found nothing about {about} in the database {catalog.database!r}: "
        f"its collections are {names}"
    )
