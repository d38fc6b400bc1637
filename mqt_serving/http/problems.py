"""Errors as RFC 9457 problem documents: stable `type`, what was wrong, what to do.

Every error response of the API has this form. What we did not foresee becomes `internal-error`
with a request id; the trace goes to the log and never to the client.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from mqt_serving.errors import MqtError, QueryError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2


class Problem(BaseModel):
    """RFC 9457, with our extensions: `code` is the last part of `type`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/problems/no-release"])
    title: str
    status: int
    detail: str
    instance: str = ""
    code: str
    line: int | None = Field(None, description="Of the query text, 1-based, where known.")
    column: int | None = None
    query_id: str | None = Field(None, description="The journaled question, for feedback.")
    errors: list[dict[str, str]] | None = Field(None, description="Fields that do not fit.")


class BodyTooLarge(HTTPException):
    """An `HTTPException`, since the framework turns any other one into a 400 while it reads."""

    code = "body-too-large"

    def __init__(self, most: int) -> None:
        super().__init__(413, f"The request body is larger than {most} bytes; send less.")


class ProblemResponse(JSONResponse):
    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        # Escaped to ASCII: names that a client made up may hold half a surrogate pair.
        return json.dumps(content).encode("ascii")


def problem(
    code: str, status: int, detail: str, *, instance: str = "", **extensions: Any
) -> ProblemResponse:
    """A response; extensions that are None are left out. A 503 says when to try again."""
    document = Problem(
        type=f"/problems/{code}",
        title=title_of(code),
        status=status,
        detail=detail,
        instance=instance,
        code=code,
        **extensions,
    )
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else None
    return ProblemResponse(document.model_dump(exclude_none=True), status, headers)


def title_of(code: str) -> str:
    return code.replace("-", " ").capitalize().replace("mongodb", "MongoDB")


def problem_of(error: MqtError, instance: str = "") -> ProblemResponse:
    where: dict[str, Any] = {}
    if isinstance(error, QueryError):
        where = {"line": error.line, "column": error.column}
    return problem(
        error.code,
        error.status,
        str(error) or title_of(error.code),
        instance=instance,
        query_id=error.query_id,
        **where,
    )


def problem_of_http(error: HTTPException, instance: str) -> ProblemResponse:
    """Of an HTTP error that the framework raises: no such path, method not allowed."""
    status = HTTPStatus(error.status_code)
    code = getattr(error, "code", status.phrase.lower().replace(" ", "-"))
    response = problem(code, status, str(error.detail or status.phrase), instance=instance)
    response.headers.update(error.headers or {})
    return response


def known_problems() -> dict[str, str]:
    """Code -> meaning, of every error that we raise on purpose."""
    return {
        kind.code: " ".join((kind.__doc__ or "").split()) or title_of(kind.code)
        for kind in _all_errors(MqtError)
        if "code" in vars(kind)
    }


def add_problem_handlers(app: FastAPI) -> None:
    @app.exception_handler(MqtError)
    async def on_mqt_error(request: Request, error: MqtError) -> ProblemResponse:
        return problem_of(error, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> ProblemResponse:
        found = [_fault(fault) for fault in error.errors()]
        broken = any(fault["type"] == "json_invalid" for fault in error.errors())
        first = found[0] if found else {"field": "body", "message": "invalid"}
        return problem(
            "invalid-json" if broken else "invalid-request",
            400 if broken else 422,
            f"{first['field']}: {first['message']}. Send JSON as /openapi.json describes, "
            "with the header Content-Type: application/json.",
            instance=request.url.path,
            errors=found,
        )

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> ProblemResponse:
        return problem_of_http(error, request.url.path)


def _fault(fault: dict[str, Any]) -> dict[str, str]:
    """Where and what, without the input: that may be long, private or unprintable."""
    where = [str(part) for part in fault["loc"] if part != "body"]
    return {"field": ".".join(where) or "body", "message": str(fault["msg"])}


def _all_errors(kind: type[MqtError]) -> Iterator[type[MqtError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _all_errors(child)
