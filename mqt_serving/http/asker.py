"""Whom a request comes from, for experiments: a session from a header or the page's cookie.

Nothing is proven by it and nothing is allowed by it: it only keeps the same person with the same
variant.
"""

from __future__ import annotations

from typing import Annotated, TypeVar
from uuid import uuid4

from fastapi import Cookie, Depends, Header, Request, Response

from mqt_serving.assignment import Asker, Variant, hash_of

SESSION_COOKIE = "mqt_session"
SESSION_DAYS = 90

R = TypeVar("R", bound=Response)


def _asker(
    x_mqt_session: Annotated[
        str | None, Header(max_length=200, description="Any text that stays the same for a user.")
    ] = None,
    x_mqt_variant: Annotated[
        Variant | None, Header(description="For tests: the variant to answer; not analysed.")
    ] = None,
    mqt_session: Annotated[str | None, Cookie(include_in_schema=False, max_length=200)] = None,
) -> Asker:
    return Asker(session=x_mqt_session or mqt_session or "", variant=x_mqt_variant)


def author_key(asker: Asker) -> str:
    """Stands for who corrects, so that they can take it back; empty for who cannot be told.

    The cookie of a session is random and no script reads it. Who sends a session of their own
    (`X-MQT-Session`) should keep it as secret.
    """
    if not (asker.principal or asker.session):
        return ""
    return hash_of("author", asker.unit(""))


AskerOf = Annotated[Asker, Depends(_asker)]


def keep_session(request: Request, response: R) -> R:
    """Give the browser a random session where it has none; no script can read it."""
    if SESSION_COOKIE not in request.cookies:
        response.set_cookie(
            SESSION_COOKIE,
            uuid4().hex,
            max_age=SESSION_DAYS * 24 * 3600,
            httponly=True,
            samesite="strict",
        )
    return response
