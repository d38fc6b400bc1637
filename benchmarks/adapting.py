"""Adapts base weights to a database as a release's training does, without the pipeline around it.

Composes, trains and exports by the functions that the assets of the group `training` use. What
does not depend on the database (text encoder, practice) is made once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mqt_assets.training.base import BaseModel
from mqt_assets.training.composing import (
    compose,
    databases_of,
    own_questions,
    practice_databases,
    practice_questions,
)
from mqt_assets.training.examples import Example
from mqt_assets.training.export import export_encoder
from mqt_assets.training.fitting import export_fitted, fit, options_from
from mqt_assets.training.holdout import Holdout, freeze
from mqt_assets.training.selection import choose_training
from mqt_resources.embedder import Embedder
from mqt_serving.schema import Catalog
from mqt_serving.settings import Settings


@dataclass(frozen=True, slots=True)
class Adapted:
    """`folder` holds the exported translator; `seconds` go from the examples to it."""

    folder: Path
    learned: int  # corrections among the examples
    seconds: float
    steps: int


@dataclass(frozen=True, slots=True)
class Own:
    """A database with the questions made from it, and those of them that are held out."""

    catalog: Catalog
    questions: tuple[Example, ...]
    holdout: Holdout


class Adapting:
    """Everything that is written goes into `place`."""

    def __init__(
        self, settings: Settings, base: BaseModel, place: Path, say: Callable[[str], object]
    ) -> None:
        self._settings, self._base, self._place, self._say = settings, base, place, say
        self._embedder = Embedder()
        self._encoder = place / "encoder"
        export_encoder(self._encoder, settings.embedding_model, base.reader, base.cross_encoder)
        self._practice_catalogs = practice_databases(settings.seed)
        made = practice_questions(
            self._practice_catalogs, settings.practice_questions, settings.seed
        )
        self._practice = [*made.made, *made.written]

    def own(self, catalog: Catalog) -> Own:
        """What a release makes of a database before anyone has corrected anything."""
        settings = self._settings
        made = own_questions([catalog], settings.synthetic_questions, settings.seed)
        return Own(catalog, tuple(made), freeze(made, catalogs={catalog.database: catalog}))

    def adapt(self, own: Own, corrections: Sequence[Example]) -> Adapted:
        """Train with these corrections and export; the translator of before is overwritten."""
        name = own.catalog.database
        composed = compose(
            [*own.questions, *self._practice],
            corrections,
            own.holdout,
            {name},
            self._embedder.encode,
        )
        examples = choose_training(composed.examples, self._settings.corpus_questions)
        started = time.monotonic()
        catalogs = databases_of(examples, self._practice_catalogs, {name: own.catalog})
        practice = frozenset(self._practice_catalogs) - {name}
        options = options_from(self._settings, self._base)
        start, say = self._base.network, self._say
        model = fit(examples, catalogs, self._encoder, options, practice, say, start=start)
        folder = self._place / "translator"
        export_fitted(model, folder, self._encoder, self._base)
        seconds = time.monotonic() - started
        return Adapted(folder, composed.corrections, seconds, model.steps)
