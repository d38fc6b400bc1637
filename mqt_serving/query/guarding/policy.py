"""What one principal may read: which collections, fields and documents, and how much of them.

Plain values; `guard` enforces them. Depends on the trees and `limits` only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.pipeline import AllOf, Filter

Paths = frozenset[str]
"""Field paths without array positions; each stands for everything below it too."""


@dataclass(frozen=True, slots=True)
class CollectionPolicy:
    """`allowed` None: every field that is not denied; otherwise these alone, minus the denied.

    `mandatory` is added to whatever reads the collection (the tenant's documents only).
    """

    allowed: Paths | None = None
    denied: Paths = frozenset()
    mandatory: Filter = field(default_factory=lambda: AllOf(()))

    def __post_init__(self) -> None:
        if self.allowed is not None and not self.allowed:
            raise ValueError("name at least one allowed field, or leave the collection out")


@dataclass(frozen=True, slots=True)
class Policy:
    """`others` holds for collections without a policy of their own; None: they may not be read.

    `private` are paths as `collection.path` or `database.collection.path`, denied whether a
    catalog knows them or not.
    """

    limits: Limits = field(default_factory=Limits)
    collections: tuple[tuple[str, CollectionPolicy], ...] = ()
    others: CollectionPolicy | None = field(default_factory=CollectionPolicy)
    private: tuple[str, ...] = ()

    def of(self, collection: str) -> CollectionPolicy | None:
        """The policy of a collection, None when it may not be read."""
        return dict(self.collections).get(collection, self.others)

    def denied(self, database: str, collection: str) -> Paths:
        """The denied paths of a collection, those of `private` included."""
        own = self.of(collection)
        prefixes = (f"{database}.{collection}.", f"{collection}.")
        private = {
            path.removeprefix(prefix)
            for path in self.private
            for prefix in prefixes
            if path.startswith(prefix)
        }
        return (own.denied if own else frozenset()) | private
