"""Golds for questions that come with SQL only: the query as a plan over the documents. Pure.

Each query is translated once, however many questions ask it. Depends on `sql_plans`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mqt_assets.training.sql_places import Places, Tables
from mqt_assets.training.sql_plans import plan_of_sql
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import Plan
from mqt_serving.schema import Catalog

_ORDER_BY: Final = re.compile(r"\border\s+by\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SqlGold:
    """What answers a query over the documents, as `Example` has it."""

    plan: Plan
    command: str
    ordered: bool


class SqlGolds:
    """Translates SQL over the databases of which both tables and documents are known."""

    def __init__(self, tables: Mapping[str, Tables], catalogs: Mapping[str, Catalog]) -> None:
        self._places = {
            database: Places(catalog, tables[database])
            for database, catalog in catalogs.items()
            if database in tables
        }
        self._found: dict[tuple[str, str], SqlGold | str] = {}

    def knows(self, database: str) -> bool:
        return database in self._places

    def gold(self, database: str, sql: str) -> SqlGold | None:
        """The gold of a query over a known database, if it has one."""
        key = database, " ".join(sql.split())
        if key not in self._found:
            self._found[key] = _translated(sql, self._places[database])
        found = self._found[key]
        return None if isinstance(found, str) else found

    @property
    def refused(self) -> dict[str, int]:
        """Different queries that got no gold so far by reason, most frequent first."""
        reasons = Counter(found for found in self._found.values() if isinstance(found, str))
        return dict(reasons.most_common())


def _translated(sql: str, places: Places) -> SqlGold | str:
    plan = plan_of_sql(sql, places)
    if isinstance(plan, str):
        return plan
    command = render_mongosh(lower(plan, places.catalog))
    return SqlGold(plan, command, ordered=bool(_ORDER_BY.search(sql)))
