"""Queries that a person wrote, checked in the databases that they may be about; nothing runs."""

from __future__ import annotations

from mqt_serving.answers import CheckedQuery
from mqt_serving.choices import check_text
from mqt_serving.errors import UnknownCollection, UnknownDatabase
from mqt_serving.intake import check_query_text
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.release_loading import LoadedRelease
from mqt_serving.schema import Catalog


def check_written(
    text: str, release: LoadedRelease, database: str | None, policy: Policy
) -> CheckedQuery:
    """Parse, guard and explain; without `database`, in the first that has the collections.

    Raises `QueryError` (with line and column), `QueryNotReadOnly`, `QueryRefused`,
    `UnknownCollection`, `UnknownDatabase`, `TypeMismatch`.
    """
    check_query_text(text)
    failure: UnknownCollection | None = None
    for catalog in catalogs_meant(release, database):
        try:
            return check_text(text, catalog, policy)
        except UnknownCollection as error:  # another database may have it
            failure = failure or error
    assert failure is not None  # there is at least one catalog
    raise failure


def catalogs_meant(release: LoadedRelease, database: str | None) -> tuple[Catalog, ...]:
    """The named database's catalog, or all (by name) when none is named.

    Raises `UnknownDatabase`, naming those that the release knows.
    """
    if not database:
        return tuple(release.catalogs[name] for name in sorted(release.catalogs))
    if database not in release.catalogs:
        names = ", ".join(sorted(release.catalogs))
        raise UnknownDatabase(
            f"There is no database {database!r} in release {release.id}; it knows: {names}. "
            "A new database is asked about once discovery has found it and a release followed."
        )
    return (release.catalogs[database],)
