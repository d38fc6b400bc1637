"""What people's feedback says about a day: the report that the pipeline writes and the page shows.

The contract between the two halves: `feedback_insights` puts one document a day into the journal's
database, serving reads it. That database is where both already meet, durably; a release would show
insights only when something else is released. Depends on pydantic and pymongo.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pymongo import DESCENDING
from pymongo.errors import PyMongoError

from mqt_serving.connections import LazyClient
from mqt_serving.errors import (
    InsightsUnreadable,
    JournalUnavailable,
    ServiceUnavailable,
    UnknownDay,
)
from mqt_serving.privacy import covers, private_paths
from mqt_serving.schema import Catalog
from mqt_serving.settings import JOURNAL_DATABASE

INSIGHTS = "insights"
"""The collection: `_id` is the day as ISO text, so that writing a day again replaces it."""

_Model = TypeVar("_Model", bound=BaseModel)

Dimension = Literal["query kind", "collection", "field", "release"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class DayFigures(_Part):
    """One day in numbers. A question failed when it ended in an error, or its answer was voted
    down, corrected, rated 1 or 2, or said to be wrong; `low` and `high` bound the share that failed
    (Wilson, 95 %)."""

    day: date
    asked: int = 0
    failed: int = 0
    low: float = 0.0
    high: float = 1.0
    errors: int = 0
    voted_down: int = 0
    corrected: int = 0
    rated_low: int = 0
    voted_up: int = 0
    ratings: int = 0
    mean_rating: float | None = None
    comments: int = 0
    sentiment: float | None = None  # mean of the comments, -1 to 1

    @property
    def rate(self) -> float:
        return self.failed / self.asked if self.asked else 0.0


class Remark(_Part):
    """A comment that may be shown, and how it sounds: -1 (bad) to 1 (good)."""

    text: str
    sentiment: float


class Sentiment(_Part):
    """`comments` were read; `worst` are the most negative of them, worst first."""

    comments: int = 0
    positive: int = 0
    neutral: int = 0
    negative: int = 0
    mean: float | None = None
    worst: tuple[Remark, ...] = ()


class Cluster(_Part):
    """Failing questions that are alike. `questions` are different ones, `asked` counts repetitions;
    `why` counts what went wrong; the first example is the most central one."""

    label: str
    asked: int
    questions: int
    share: float  # of all failing questions of the day
    databases: tuple[str, ...]
    why: dict[str, int]
    examples: tuple[str, ...]


class Pattern(_Part):
    """How often questions of one sort fail, beside all others of the day.

    `low` and `high` bound `rate` (Wilson, 95 %); `lift` is `rate` by `rest`, None where nothing
    else failed. `excess` is how many failures more than elsewhere are certain (at `low`).
    `stands_out`: the difference is significant among all patterns looked at.
    """

    dimension: Dimension
    value: str
    database: str = ""
    collection: str = ""
    path: str = ""
    asked: int
    failed: int
    rate: float
    low: float
    high: float
    rest: float
    lift: float | None
    excess: float
    stands_out: bool


class InsightsReport(_Part):
    """All about one day (UTC). Bounded lists; `notes` say what was left out, and why.

    `hidden` are the fields (`database.collection.path`) whose values were kept out of all texts.
    """

    figures: DayFigures
    sentiment: Sentiment = Sentiment()
    clusters: tuple[Cluster, ...] = ()
    alone: int = 0  # failing questions (repetitions counted) in no cluster
    patterns: tuple[Pattern, ...] = ()
    reasons: dict[str, int] = {}
    signals: dict[str, int] = {}
    notes: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def day(self) -> date:
        return self.figures.day


class Insights(_Part):
    """`trend` in order of days, days without a report left out; `report` of one of the days."""

    trend: tuple[DayFigures, ...]
    report: InsightsReport | None


class InsightsReader:
    """Thread-safe; the caller closes `client`."""

    def __init__(self, client: LazyClient, database: str = JOURNAL_DATABASE) -> None:
        self._client = client
        self._database = database

    def read(self, days: int, day: date | None = None) -> Insights:
        """The newest `days` days with a report, and the report of `day` (None: the newest).

        Raises `JournalUnavailable`, `UnknownDay`, and `InsightsUnreadable` for what another
        version wrote.
        """
        try:
            insights = self._client.get()[self._database][INSIGHTS]
            only = {"report.figures": True}
            newest = list(insights.find({}, only).sort("_id", DESCENDING).limit(days))
            wanted = day.isoformat() if day else newest[0]["_id"] if newest else None
            found = insights.find_one({"_id": wanted}) if wanted else None
        except (PyMongoError, ServiceUnavailable) as error:
            raise JournalUnavailable(
                "Insights are kept with the journal, which cannot be reached now. "
                "Try again in a moment; `mqt doctor` shows what is wrong."
            ) from error
        if day and found is None:
            raise UnknownDay(
                f"There are no insights of {day}: materialize `feedback_insights` for that day."
            )
        trend = [_figures(document) for document in reversed(newest)]
        report = _parsed(InsightsReport, found["_id"], found.get("report")) if found else None
        return Insights(trend=tuple(trend), report=report)


def document_of(report: InsightsReport, run_id: str) -> dict[str, Any]:
    """As it is kept, with the run that made it."""
    return {
        "_id": report.day.isoformat(),
        "run_id": run_id,
        "report": report.model_dump(mode="json"),
    }


def hidden_fields(catalogs: Mapping[str, Catalog]) -> frozenset[str]:
    """`database.collection.path` of every private field."""
    return frozenset(
        f"{name}.{schema.collection}.{path}"
        for name, catalog in catalogs.items()
        for schema in catalog.collections
        for path in private_paths(schema)
    )


def as_catalogs_leave(report: InsightsReport, catalogs: Mapping[str, Catalog]) -> InsightsReport:
    """The report without what may not be read any more.

    Patterns go with their collection or field. Texts were written with the private fields of then:
    when more are private by now, none is shown.
    """
    patterns = tuple(p for p in report.patterns if _is_open(p, catalogs))
    if hidden_fields(catalogs) <= frozenset(report.hidden):
        return report.model_copy(update={"patterns": patterns})
    clusters = tuple(
        cluster.model_copy(update={"label": f"Cluster {number}", "examples": ()})
        for number, cluster in enumerate(report.clusters, 1)
    )
    note = (
        "Questions and comments are not shown: fields were made private since. Materialize "
        f"feedback_insights for {report.day} again."
    )
    return report.model_copy(
        update={
            "patterns": patterns,
            "clusters": clusters,
            "sentiment": report.sentiment.model_copy(update={"worst": ()}),
            "notes": (*report.notes, note),
        }
    )


def _is_open(pattern: Pattern, catalogs: Mapping[str, Catalog]) -> bool:
    if not pattern.collection:
        return True
    catalog = catalogs.get(pattern.database)
    schema = catalog.by_name.get(pattern.collection) if catalog else None
    return schema is not None and not covers(private_paths(schema), pattern.path)


def _figures(document: Mapping[str, Any]) -> DayFigures:
    body = document.get("report") or {}
    return _parsed(DayFigures, document["_id"], body.get("figures"))


def _parsed(model: type[_Model], day: str, body: object) -> _Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise InsightsUnreadable(
            f"The insights of {day} were written by another version of MQT: materialize "
            "`feedback_insights` for that day again."
        ) from error
