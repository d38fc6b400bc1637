"""The commands that a query can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mqt_serving.query.collation import Collation
from mqt_serving.query.pipeline.filters import EVERYTHING, Filter
from mqt_serving.query.pipeline.stages import Project, Sort, Stage


@dataclass(frozen=True, slots=True)
class Find:
    """A projection may name `array.$`: the first element that the filter matched."""

    collection: str
    filter: Filter = EVERYTHING
    projection: Project | None = None
    sort: Sort | None = None
    skip: int | None = None
    limit: int | None = None
    collation: Collation | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    collection: str
    stages: tuple[Stage, ...]
    collation: Collation | None = None


@dataclass(frozen=True, slots=True)
class CountDocuments:
    """How many documents match; after `skip`, and at most `limit`."""

    collection: str
    filter: Filter = EVERYTHING
    skip: int | None = None
    limit: int | None = None
    collation: Collation | None = None


@dataclass(frozen=True, slots=True)
class EstimatedDocumentCount:
    """How many documents the collection has by its metadata: fast, and near enough."""

    collection: str


@dataclass(frozen=True, slots=True)
class Distinct:
    collection: str
    path: str
    filter: Filter = EVERYTHING
    collation: Collation | None = None


Command: TypeAlias = Find | Aggregate | CountDocuments | EstimatedDocumentCount | Distinct
