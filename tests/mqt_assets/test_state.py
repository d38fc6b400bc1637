"""What sensors read from files: collections that no release brought."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mqt_assets.release.publishing import go_live
from mqt_assets.release.rollback import serve_again
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.state import CATALOG, unreleased_collections
from mqt_resources.artifacts import ArtifactStore
from mqt_serving.releases import write_release
from mqt_serving.schema import Catalog


class Home:
    """An artifact store and releases."""

    def __init__(self, folder: Path) -> None:
        self.store = ArtifactStore(folder / "artifacts")
        self.root = folder / "releases"
        self._parts = folder / "parts"

    def read(self, **fields: str) -> None:
        """What a run leaves that read each collection with one field beside its key."""
        stored = catalog(**fields)
        self.store.write(CATALOG, json.dumps({"shop": stored.model_dump(mode="json")}).encode())

    def release(
        self, name: str, model: str = "a", instead_of: str | None = None, **fields: str
    ) -> None:
        brought, parts = catalog(**fields), self._parts / name
        for folder in ("catalogs", "translator"):
            (parts / folder).mkdir(parents=True)
        (parts / "catalogs" / "shop.json").write_text(brought.model_dump_json())
        (parts / "translator" / "weights").write_text(model)
        digests = {"shop": brought.digest}
        write_release(self.root, parts, release_id=name, catalog_digests=digests)
        go_live(self.root, name, instead_of=instead_of)

    @property
    def unreleased(self) -> frozenset[str]:
        return unreleased_collections(self.store, self.root)


def catalog(**fields: str) -> Catalog:
    return catalog_from_documents(
        "shop",
        {name: [{"_id": n, field: n} for n in range(3)] for name, field in fields.items()},
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path)
    found.read(orders="total", customers="age")
    return found


def test_before_the_first_release_nothing_is_missing_in_one(home: Home) -> None:
    assert not home.unreleased


def test_what_a_run_read_and_did_not_release_is_named(home: Home) -> None:
    home.release("one", orders="total", customers="age")
    assert not home.unreleased
    home.read(orders="sum", staff="pay")
    assert home.unreleased == {"shop.orders", "shop.customers", "shop.staff"}
    home.release("two", instead_of="one", orders="sum", staff="pay")
    assert not home.unreleased


def test_a_rollback_is_not_undone(home: Home) -> None:
    home.release("one", orders="total")
    home.release("two", "b", "one", orders="total", customers="age")
    serve_again(home.root, reason="older data, please")
    assert not home.unreleased
    home.read(orders="total", customers="age", staff="pay")
    assert home.unreleased == {"shop.staff"}


def test_a_last_release_that_is_gone_says_nothing(home: Home) -> None:
    home.release("one", orders="total")
    home.release("two", "b", "one", orders="total", customers="age")
    serve_again(home.root)
    shutil.rmtree(home.root / "two")
    assert not home.unreleased
