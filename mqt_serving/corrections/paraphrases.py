"""Corrections of questions that ask the same in other words, found among the live ones.

Everything about a correction that does not depend on the question is computed once per release and
remembered. Thread-safe.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from mqt_serving.corrections.likeness import NEAREST_COSINE, Reading, likeness
from mqt_serving.corrections.live import LiveCorrection
from mqt_serving.corrections.moving import brought_to
from mqt_serving.corrections.wording import (
    Vocabulary,
    Wording,
    difference,
    literals_of,
    wording_of,
)
from mqt_serving.query.plan import Entity, Field, Plan, walk
from mqt_serving.release_loading import LoadedRelease
from mqt_serving.schema import Catalog
from mqt_serving.translator.words import name_stems

_MOST_COMPARED = 5
_MOST_RELEASES = 3
"""That are remembered, those used last: the live one, a challenger, the one before."""

Vector = npt.NDArray[np.float32]
Read = Callable[[str], Reading]


@dataclass(frozen=True, slots=True)
class Near:
    """`likeness`, 0 to 1, is how likely the two questions ask for the same."""

    correction: LiveCorrection
    likeness: float


@dataclass(frozen=True, slots=True)
class _Known:
    correction: LiveCorrection
    wording: Wording
    vector: Vector
    literals: frozenset[tuple[str, ...]]
    names: frozenset[str]


@dataclass(slots=True)
class _Place:
    """What is remembered of one database in one release."""

    vocabulary: Vocabulary
    known: dict[str, _Known] = field(default_factory=dict)  # by id of the correction
    readings: dict[str, tuple[LiveCorrection, Reading]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Paraphrases:
    def __init__(self) -> None:
        self._places: dict[str, dict[str, _Place]] = {}  # by release, by database
        self._lock = threading.Lock()

    def nearest(
        self,
        question: str,
        corrections: Sequence[LiveCorrection],
        release: LoadedRelease,
        catalog: Catalog,
        reading_of: Read,
        now: datetime,
    ) -> Near | None:
        """The correction likeliest to be of the same question; None when none comes near.

        `reading_of` gives what the translator makes of a question. All corrections are of the
        database of `catalog`. The one that is found is brought to `now` (UTC, no zone); one that
        cannot be is none.
        """
        if release.encoder is None or not corrections:
            return None
        place = self._place(release, catalog)
        known = self._prepared(corrections, release, place)
        wording = wording_of(question, place.vocabulary)
        vector = release.encoder.encode([question])[0]
        cosines = np.stack([one.vector for one in known]) @ vector
        best: Near | None = None
        read: Reading | None = None
        compared = 0
        for at in np.argsort(-cosines, kind="stable"):
            one, cosine = known[int(at)], float(cosines[at])
            if cosine < NEAREST_COSINE or compared == _MOST_COMPARED:
                break
            if difference(wording, one.wording, one.literals) is not None:
                continue
            correction = brought_to(one.correction, now)
            if correction is None:
                continue
            compared += 1
            read = read or reading_of(question)
            its = _remembered(place, correction, reading_of)
            found = likeness(cosine, wording, one.wording, one.names, read, its)
            if best is None or found > best.likeness:
                best = Near(correction, found)
        return best

    def prepare(
        self, corrections: Mapping[str, Sequence[LiveCorrection]], release: LoadedRelease
    ) -> None:
        """Encode what is new ahead of the first question that needs it."""
        for database, ones in corrections.items():
            catalog = release.catalogs.get(database)
            if catalog is not None and release.encoder is not None:
                self._prepared(ones, release, self._place(release, catalog))

    def _place(self, release: LoadedRelease, catalog: Catalog) -> _Place:
        with self._lock:
            places = self._places.pop(release.id, {})
            self._places[release.id] = places  # the one used last stands last
            if len(self._places) > _MOST_RELEASES:
                del self._places[next(iter(self._places))]
            if catalog.database not in places:
                places[catalog.database] = _Place(Vocabulary(catalog))
            return places[catalog.database]

    def _prepared(
        self, corrections: Sequence[LiveCorrection], release: LoadedRelease, place: _Place
    ) -> list[_Known]:
        assert release.encoder is not None
        with place.lock:
            fresh = [one for one in corrections if not _is_known(place, one)]
            if fresh:
                vectors = release.encoder.encode([one.question for one in fresh])
                for one, vector in zip(fresh, vectors, strict=True):
                    place.known[one.id] = _known(one, vector, place.vocabulary)
            return [place.known[one.id] for one in corrections]


def _is_known(place: _Place, correction: LiveCorrection) -> bool:
    """An edited correction keeps its id."""
    known = place.known.get(correction.id)
    return known is not None and (known.correction is correction or known.correction == correction)


def _known(correction: LiveCorrection, vector: Vector, vocabulary: Vocabulary) -> _Known:
    plan = correction.plan
    return _Known(
        correction,
        wording_of(correction.question, vocabulary),
        vector,
        literals_of(plan) if plan is not None else frozenset(),
        _names_of(plan) if plan is not None else frozenset(),
    )


def _names_of(plan: Plan) -> frozenset[str]:
    """Stems of the names of what the plan is about."""
    stems: set[str] = set()
    for node in walk(plan):
        if isinstance(node, Field | Entity):
            stems.update(name_stems(node.collection), name_stems(node.path))
    return frozenset(stems)


def _remembered(place: _Place, correction: LiveCorrection, reading_of: Read) -> Reading:
    """Read again once the question means other dates: the reading holds them."""
    known = place.readings.get(correction.id)
    if known is None or known[0] != correction:
        known = place.readings[correction.id] = correction, reading_of(correction.question)
    return known[1]
