"""`GET /v1/insights`: what the pipeline found in people's feedback."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from mqt_serving.http.edge import Workers
from mqt_serving.http.routes import PROBLEMS
from mqt_serving.insights import Insights, InsightsReader, as_catalogs_leave
from mqt_serving.release_loading import ReleaseWatcher

MOST_DAYS = 90


def insights_routes(
    reader: InsightsReader, releases: ReleaseWatcher, workers: Workers
) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/insights", tags=["feedback"], responses=PROBLEMS)
    async def insights(
        days: Annotated[
            int, Query(ge=1, le=MOST_DAYS, description="How many days the trend holds at most.")
        ] = 28,
        day: Annotated[
            date | None, Query(description="Whose report to give; left out: the newest one's.")
        ] = None,
    ) -> Insights:
        """What failed on a day, where, and how comments sound; the days before in numbers."""
        return await workers.run(lambda: _readable(reader.read(days, day), releases))

    return router


def _readable(found: Insights, releases: ReleaseWatcher) -> Insights:
    """Without what may not be read by now. The live release says what that is: raises `NoRelease`
    when there is none."""
    if found.report is None:
        return found
    report = as_catalogs_leave(found.report, releases.require().catalogs)
    return found.model_copy(update={"report": report})
