"""Running a command on the owner's MongoDB: guarded, its cost judged, read-only, bounded, timed.

Every query that serving runs goes through `QueryRunner.run`. Thread-safe.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pymongo.database import Database
from pymongo.errors import PyMongoError

from mqt_serving.answers import Table
from mqt_serving.choices import table_of
from mqt_serving.connections import LazyClient
from mqt_serving.errors import UnknownCollection
from mqt_serving.observing import Observer
from mqt_serving.query import execution
from mqt_serving.query.cancellation import Cancellation
from mqt_serving.query.execution import Reading
from mqt_serving.query.guarding.costing import check_cost
from mqt_serving.query.guarding.guard import check
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.query.pipeline import Command
from mqt_serving.schema import Catalog

log = logging.getLogger(__name__)


class QueryRunner:
    def __init__(
        self,
        mongodb: LazyClient,
        policy: Policy,
        reading: Reading,
        observer: Observer,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._mongodb = mongodb
        self._policy = policy
        self._reading = reading
        self._observer = observer
        self._timer = timer

    def run(
        self,
        command: Command,
        catalog: Catalog,
        cancellation: Cancellation | None = None,
        limits: Limits | None = None,
    ) -> tuple[Table, float]:
        """The rows and how long MongoDB took, in milliseconds; `limits` replace the policy's.

        Raises `QueryRefused`, `UnknownCollection` (also when the collection is gone since the
        catalog was made), `ServiceUnavailable`, `AuthenticationFailed`, `QueryTimeout`,
        `QueryCancelled`, `QueryCostUnknown`, `QueryFailed`.
        """
        policy = self._policy if limits is None else replace(self._policy, limits=limits)
        guarded = check(command, catalog, policy)
        database = self._mongodb.get()[catalog.database]
        started = self._timer()
        try:
            _check_cost(guarded, database, catalog, policy, self._reading)
            result = execution.run(guarded, database, policy.limits, self._reading, cancellation)
            if _is_blank(result.rows):
                _check_still_there(command.collection, database)
        finally:
            seconds = self._timer() - started
            self._observer.executed(seconds)
        return table_of(result.rows, result.truncated, command, catalog), round(seconds * 1000, 2)


def _check_cost(
    command: Command,
    database: Database[dict[str, Any]],
    catalog: Catalog,
    policy: Policy,
    reading: Reading,
) -> None:
    try:
        check_cost(command, execution.reading_as(database, reading), catalog, policy.limits)
    except PyMongoError as error:
        raise execution.mapped_error(error, policy.limits) from error


def _check_still_there(collection: str, database: Database[dict[str, Any]]) -> None:
    """MongoDB answers a query on a collection that is gone with nothing: say so instead."""
    try:
        found = database.list_collection_names(filter={"name": collection})
    except PyMongoError as error:  # not everybody may list collections
        log.info("cannot tell whether %s is there: %s", collection, error)
        return
    if not found:
        raise UnknownCollection(
            f"The collection {collection!r} is no longer in {database.name}; "
            "the next discovery run retires it from what can be asked."
        )


def _is_blank(rows: Sequence[dict[str, Any]]) -> bool:
    """No rows, or the single row of a count of nothing."""
    return not rows or (len(rows) == 1 and all(value in (0, None) for value in rows[0].values()))
