"""The routes: each takes its input apart, hands blocking work to the workers, shapes the reply."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from mqt_serving.errors import ServiceUnavailable
from mqt_serving.feedback.receiving import FeedbackReceiver
from mqt_serving.http.asker import AskerOf, author_key
from mqt_serving.http.edge import Workers, cancelled_when_gone
from mqt_serving.http.metrics import Metrics
from mqt_serving.http.models import (
    AnswerBody,
    CheckedBody,
    DatabaseBody,
    Feedback,
    HealthBody,
    HitBody,
    QueryText,
    Question,
    ReadyBody,
    ReceiptBody,
    RunBody,
    SchemasBody,
    SearchBody,
    TranslationBody,
)
from mqt_serving.http.problems import Problem, known_problems, problem, title_of
from mqt_serving.intake import clean_question
from mqt_serving.privacy import covers, private_paths
from mqt_serving.release_loading import LoadedRelease, ReleaseWatcher
from mqt_serving.search import Hit
from mqt_serving.service import Service
from mqt_serving.written import catalogs_meant

_MOST_SEARCH_TEXT = 500

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem document (RFC 9457).",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
        "model": Problem,
    }
}


_WAITING: dict[int | str, dict[str, Any]] = {
    202: {"description": "Kept on disk until the journal is back.", "model": ReceiptBody}
}


def api_routes(service: Service, receiver: FeedbackReceiver, workers: Workers) -> APIRouter:
    router = APIRouter(prefix="/v1", responses=PROBLEMS)

    @router.post("/translate", tags=["questions"])
    async def translate(body: Question, asker: AskerOf) -> TranslationBody:
        """Turn a question into queries, best first; nothing runs."""
        work = partial(service.translate, body.question, body.database, body.previous, asker)
        return await workers.run(lambda: TranslationBody.of(work()))

    @router.post("/query", tags=["questions"])
    async def query(body: Question, request: Request, asker: AskerOf) -> AnswerBody:
        """Translate, run read-only within limits, return rows."""
        work = partial(
            service.query, body.question, body.database, previous=body.previous, asker=asker
        )
        async with cancelled_when_gone(request) as cancellation:
            return await workers.run(lambda: AnswerBody.of_answer(work(cancellation)))

    @router.post("/check", tags=["queries"])
    async def check(body: QueryText) -> CheckedBody:
        """Parse, guard and explain a query that a person wrote; nothing runs."""
        return await workers.run(lambda: CheckedBody.of(service.check(body.query, body.database)))

    @router.post("/run", tags=["queries"])
    async def run(body: QueryText, request: Request) -> RunBody:
        """Run a query that a person wrote or picked, read-only within limits."""
        work = partial(service.run, body.query, body.database)
        async with cancelled_when_gone(request) as cancellation:
            return await workers.run(lambda: RunBody.of_run(work(cancellation)))

    @router.post("/feedback", tags=["feedback"], status_code=201, responses=_WAITING)
    async def feedback(body: Feedback, asker: AskerOf, response: Response) -> ReceiptBody:
        """Say what is right or wrong about an answer; a correction is checked and becomes training
        data. Acknowledged only when it is durable: 202 while it waits for the journal."""
        said = replace(body.said(), author_key=author_key(asker))
        work = partial(receiver.receive, said)
        receipt = await workers.run(lambda: ReceiptBody.of(work()))
        if receipt.status == "waiting":
            response.status_code = 202
        return receipt

    @router.get("/schemas", tags=["data"])
    async def schemas(database: str | None = None) -> SchemasBody:
        """The collections and fields that can be asked about, without private ones."""
        return await workers.run(lambda: _schemas(service.release(), database))

    @router.get("/search", tags=["data"])
    async def search(
        q: Annotated[str, Query(description="What to look for, in plain words.")],
        k: Annotated[int, Query(ge=1, le=50)] = 10,
        database: str | None = None,
    ) -> SearchBody:
        """Fields and values whose meaning is nearest to the text."""
        return await workers.run(lambda: _search(service.release(), q, k, database))

    return router


def operation_routes(releases: ReleaseWatcher, metrics: Metrics) -> APIRouter:
    """For probes and Prometheus: never blocked by questions, so not handed to the workers."""
    router = APIRouter(tags=["operation"])

    @router.get("/healthz")
    async def healthz() -> HealthBody:
        """The process is alive."""
        return HealthBody()

    @router.get("/readyz", responses=PROBLEMS)
    async def readyz() -> ReadyBody:
        """A release is loaded, so questions can be asked."""
        return ReadyBody.of(releases.require(), releases.refusal)

    @router.get("/metrics", response_class=Response)
    async def series() -> Response:
        """Prometheus text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @router.get("/problems/{code}", responses=PROBLEMS, response_model=None)
    async def describe_problem(code: str) -> dict[str, str] | Response:
        """What a problem type means."""
        meaning = known_problems().get(code)
        if meaning is None:
            return problem("not-found", 404, f"There is no problem type {code!r}.")
        return {"code": code, "title": title_of(code), "meaning": meaning}

    return router


def _schemas(release: LoadedRelease, database: str | None) -> SchemasBody:
    return SchemasBody(
        release_id=release.id,
        databases=[
            DatabaseBody.of(catalog, release.examples[catalog.database])
            for catalog in catalogs_meant(release, database)
        ],
    )


def _search(release: LoadedRelease, text: str, count: int, database: str | None) -> SearchBody:
    catalogs_meant(release, database)
    wanted = clean_question(text, _MOST_SEARCH_TEXT)
    if release.search is None:
        raise ServiceUnavailable(
            f"Release {release.id} holds no semantic index; materialize `semantic_index` and "
            "release again."
        )
    # Some may be private by now (marked so after the index was built): look a bit further.
    found = release.search.search(wanted, count * 2, database)
    hits = [hit for hit in found if _is_open(hit, release)]
    return SearchBody(release_id=release.id, hits=[HitBody.of(hit) for hit in hits[:count]])


def _is_open(hit: Hit, release: LoadedRelease) -> bool:
    catalog = release.catalogs.get(hit.item.database)
    schema = catalog.by_name.get(hit.item.collection) if catalog else None
    if schema is None or covers(private_paths(schema), hit.item.path):
        return False
    field = schema.by_path.get(hit.item.path)
    # Values are taken out of the catalog where they may be of documents that may not be read.
    return hit.item.kind != "value" or (field is not None and bool(field.samples))
