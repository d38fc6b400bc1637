"""What drift is looked for in: questions of the journal, documents of the collections. Bounded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mqt_assets.drift.profiles import Profile, counts_in, profile_of
from mqt_assets.drift.report import Baseline, Counts
from mqt_assets.retraining.quality import NOT_ANSWERED
from mqt_assets.training.examples import normal_question
from mqt_serving.journal import ANSWERED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.database import Database

    from mqt_resources.gateways import JournalResource
    from mqt_resources.mongodb import MongoGateway
    from mqt_serving.schema import Catalog, CollectionSchema
    from mqt_serving.settings import Settings

RECENT: Final = timedelta(days=7)
BEFORE: Final = timedelta(days=90)
MOST_QUESTIONS: Final = 400
_MOST_READ: Final = 4_000
_FIRST_TIMES: Final = 2  # as many of the first questions as are needed, when there are none before


class Asked(NamedTuple):
    """A question, and the database that it was asked of or answered from."""

    question: str
    database: str


def questions_around(
    journal: JournalResource, trained_at: datetime, end: datetime, least: int
) -> tuple[list[Asked], list[Asked]]:
    """Different questions of the last seven days up to `end`, since the training, and before them.

    Where hardly any were asked before (the first model), the first ones after it take their place.
    Raises what reading the journal does.
    """
    with journal.reading() as database:
        start = max(trained_at, end - RECENT)
        before, _ = _different(database, start - BEFORE, start, -1, MOST_QUESTIONS)
        if len(before) < least:
            before, last = _different(database, trained_at, end, 1, _FIRST_TIMES * least)
            if last is not None:
                start = max(start, last + timedelta(milliseconds=1))
        now, _ = _different(database, start, end, -1, MOST_QUESTIONS)
    return before, now


def _different(
    database: Database[dict[str, Any]], start: datetime, end: datetime, order: int, most: int
) -> tuple[list[Asked], datetime | None]:
    """Questions in their order of time (1, or -1 from the newest on), each once, and the time of
    the last one that was read."""
    asked = {
        "at": {"$gte": start, "$lt": end},
        "outcome": {"$in": [*ANSWERED, *NOT_ANSWERED]},
    }
    shown = {"at": 1, "question": 1, "database": 1}
    found: dict[tuple[str, str], Asked] = {}
    last = None
    for entry in database["queries"].find(asked, shown).sort("at", order).limit(_MOST_READ):
        one = Asked(str(entry["question"]), str(entry.get("database") or ""))
        found.setdefault((one.database, normal_question(one.question)), one)
        last = entry["at"]
        if len(found) == most:
            break
    return list(found.values()), last


def profiles_now(
    gateway: MongoGateway, catalogs: Mapping[str, Catalog], settings: Settings
) -> dict[str, dict[str, Any]]:
    """The profile of each collection that the catalogs hold, from the sample schemas come from."""
    referring: dict[tuple[str, str], set[str]] = {}
    for catalog in catalogs.values():
        for reference in catalog.references:
            place = catalog.database, reference.from_collection
            referring.setdefault(place, set()).add(reference.from_path)
    return {
        f"{database}.{schema.collection}": dict(
            profile_of(
                _sample(gateway, database, schema, settings),
                schema,
                referring.get((database, schema.collection), ()),
            )
        )
        for database, schema in _collections(catalogs)
    }


def counts_now(
    gateway: MongoGateway, catalogs: Mapping[str, Catalog], baseline: Baseline, settings: Settings
) -> dict[str, Counts]:
    """Documents of now in the bins of the baseline, of what it and the catalogs have in common.

    Collections and fields that came or went are the schema's business; private ones nobody's.
    """
    found: dict[str, Counts] = {}
    for database, schema in _collections(catalogs):
        name = f"{database}.{schema.collection}"
        profiles: Profile = {
            path: profile
            for path, profile in baseline.collections.get(name, {}).items()
            if path in schema.by_path and not schema.by_path[path].private
        }
        if profiles:
            documents = _sample(gateway, database, schema, settings)
            found[name] = {
                path: counts_in(profile, path, documents) for path, profile in profiles.items()
            }
    return found


def _collections(catalogs: Mapping[str, Catalog]) -> Iterable[tuple[str, CollectionSchema]]:
    return (
        (catalog.database, schema)
        for catalog in catalogs.values()
        for schema in catalog.collections
    )


def _sample(
    gateway: MongoGateway, database: str, schema: CollectionSchema, settings: Settings
) -> list[dict[str, Any]]:
    return gateway.sample(database, schema.collection, settings.sample_size, settings.seed)
