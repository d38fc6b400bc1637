"""The serving application: `uvicorn --factory mqt_serving.http.app:create_app`.

Starts without a release, without MongoDB and without a journal; each request that needs what
is away says so. Imports neither Dagster, MLflow, pandas nor torch (a test enforces it).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from mqt_serving.assembly import build_serving
from mqt_serving.http.asker import keep_session
from mqt_serving.http.edge import Edge, Workers
from mqt_serving.http.experiments import experiment_routes
from mqt_serving.http.insights import insights_routes
from mqt_serving.http.metrics import Metrics
from mqt_serving.http.problems import add_problem_handlers
from mqt_serving.http.reviewer import Reviewers
from mqt_serving.http.reviewing import review_routes
from mqt_serving.http.routes import api_routes, operation_routes
from mqt_serving.release_loading import Loaders
from mqt_serving.settings import Settings, redact

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"


def create_app(
    settings: Settings | None = None,
    *,
    loaders: Loaders | None = None,
    workers: Workers | None = None,
) -> FastAPI:
    """The application; without `settings` they are loaded from the environment.

    Raises `SettingError` when a setting is wrong. `loaders` and `workers` are for tests.
    """
    chosen = settings or Settings.load()
    metrics = Metrics()
    serving = build_serving(chosen, metrics, loaders)
    metrics.watch_spools(serving.spools)
    pool = workers or Workers()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        serving.start()
        log.info(
            "releases from %s, data from %s", chosen.releases_folder, redact(chosen.mongodb_uri)
        )
        yield
        pool.close()
        serving.close()

    app = FastAPI(
        title="MQT",
        summary="Questions in plain English, answered by a MongoDB database.",
        version="1",
        lifespan=lifespan,
        # Their pages load scripts from other hosts, which our content policy rightly refuses.
        docs_url=None,
        redoc_url=None,
    )
    add_problem_handlers(app)
    app.include_router(api_routes(serving.service, serving.feedback, pool))
    app.include_router(experiment_routes(chosen.releases_folder, pool))
    app.include_router(insights_routes(serving.insights, serving.releases, pool))
    reviewers = Reviewers(chosen)
    app.include_router(review_routes(serving.desk, serving.reviews, reviewers, pool))
    app.include_router(operation_routes(serving.releases, metrics))
    _add_page(app)
    app.add_middleware(Edge, metrics=metrics)
    return app


def _add_page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> FileResponse:
        return keep_session(request, FileResponse(STATIC / "index.html"))

    @app.get("/insights", include_in_schema=False)
    async def insights_page() -> FileResponse:
        return FileResponse(STATIC / "insights.html")

    @app.get("/experiments", include_in_schema=False)
    async def experiments(request: Request) -> FileResponse:
        return keep_session(request, FileResponse(STATIC / "experiments.html"))

    @app.get("/review", include_in_schema=False)
    async def review(request: Request) -> FileResponse:
        return keep_session(request, FileResponse(STATIC / "review.html"))

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
