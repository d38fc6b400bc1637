"""What the triggers go by, read from where it lies: artifacts, releases and the journal.

Each reading is bounded, however much there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mqt_assets.release.audit import entries
from mqt_assets.release.watching import Tenure, tenures
from mqt_assets.retraining.quality import (
    NOT_ANSWERED,
    QualityLook,
    Rates,
    compare,
    rates_of,
)
from mqt_assets.retraining.schema_change import Shape, read_shape
from mqt_assets.state import CANDIDATE
from mqt_resources.artifacts import ArtifactStore
from mqt_serving.journal import ANSWERED
from mqt_serving.releases import read_pointer
from mqt_serving.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from pymongo.database import Database

    from mqt_resources.gateways import JournalResource

TRANSLATOR: Final = "translator"
RECENT: Final = timedelta(days=7)
_BASELINE_TIMES, _RECENT_TIMES = 2, 5
"""How many times the least number of questions are read, at most."""


def served_shape(settings: Settings) -> Shape | None:
    """What the served model was trained on; None where nothing serves, or it does not say."""
    pointer = read_pointer(settings.releases_folder)
    if pointer is None:
        return None
    return read_shape(settings.releases_folder / pointer.champion / TRANSLATOR)


def trained_shape(store: ArtifactStore) -> Shape | None:
    """What the last candidate was trained on."""
    folder = store.current(CANDIDATE)
    return None if folder is None else read_shape(folder / TRANSLATOR)


def served_model(releases_folder: Path) -> Tenure | None:
    """The translator that serves with all the releases in a row that had it; None when nothing
    serves, or the audit trail does not say since when."""
    pointer = read_pointer(releases_folder)
    served = tenures(entries(releases_folder))
    if pointer is None or not served or pointer.champion not in served[-1].releases:
        return None
    return served[-1]


def look_at_quality(
    journal: JournalResource,
    model: Tenure,
    trained_at: datetime,
    now: datetime,
    least_questions: int,
    least_drop: float,
) -> QualityLook:
    """The served model's newest questions up to midnight beside its first ones.

    What was asked before the last training began is no news. Raises what reading the journal does.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    with journal.reading() as database:
        first = _questions(
            database, model, model.since, midnight, 1, _BASELINE_TIMES * least_questions
        )
        start = max(midnight - RECENT, trained_at)
        if first:
            start = max(start, first[-1]["at"] + timedelta(milliseconds=1))
        recent = _questions(database, model, start, midnight, -1, _RECENT_TIMES * least_questions)
        rates = _rates(database, first), _rates(database, recent)
    key = f"{model.releases[0]}:{midnight:%Y-%m-%d}"
    return compare(*rates, least_questions, least_drop, key)


def _questions(
    database: Database[dict[str, Any]],
    model: Tenure,
    start: datetime,
    end: datetime,
    direction: int,
    most: int,
) -> list[dict[str, Any]]:
    asked = {
        "at": {"$gte": start, "$lt": end},
        "release_id": {"$in": list(model.releases)},
        "outcome": {"$in": [*ANSWERED, *NOT_ANSWERED]},
    }
    found = database["queries"].find(asked, {"at": 1, "outcome": 1}).sort("at", direction)
    return list(found.limit(most))


def _rates(database: Database[dict[str, Any]], queries: Sequence[Mapping[str, Any]]) -> Rates:
    ids = [query["_id"] for query in queries]
    asked = {"query_id": {"$in": ids}, "corrected_query": {"$ne": None}}
    corrected = database["feedback"].distinct("query_id", asked)
    return rates_of(queries, frozenset(map(str, corrected)))
