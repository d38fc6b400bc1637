"""What the artifact store promises: whole files, immutable versions, nothing outside its root."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqt_resources.artifacts import ArtifactStore, folder_bytes, folder_digest


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts", keep_versions=2)


def fill(store: ArtifactStore, content: str) -> Path:
    with store.scratch("model") as scratch:
        source = scratch / "value"
        source.mkdir()
        (source / "weights").write_text(content)
        return store.publish("model", source)


def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(store: ArtifactStore) -> None:
    store.write("a/b.json", b"old")
    with pytest.raises(RuntimeError), store.replacing("a/b.json") as beside:
        beside.write_bytes(b"half")
        raise RuntimeError("disk gone")
    assert store.read("a/b.json") == b"old"
    assert [p.name for p in store.path("a").iterdir()] == ["b.json"]


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b"])
def test_a_name_cannot_leave_the_store(store: ArtifactStore, name: str) -> None:
    with pytest.raises(ValueError, match="leaves the store"):
        store.path(name)


def test_the_current_version_is_the_last_one_published(store: ArtifactStore) -> None:
    assert store.current("model") is None
    first = fill(store, "one")
    second = fill(store, "two")
    assert store.current("model") == second
    assert (first / "weights").read_text() == "one"


def test_the_same_content_is_one_version(store: ArtifactStore) -> None:
    assert fill(store, "one") == fill(store, "one")


def test_old_versions_go_but_never_the_current_one(store: ArtifactStore) -> None:
    first = fill(store, "one")
    fill(store, "two")
    third = fill(store, "three")
    assert not first.exists()
    assert store.current("model") == third


def test_a_pointer_to_a_lost_folder_is_an_error_not_an_absence(store: ArtifactStore) -> None:
    folder = fill(store, "one")
    (folder / "weights").unlink()
    folder.rmdir()
    with pytest.raises(FileNotFoundError, match="materialize model again"):
        store.current("model")


def test_digest_and_size_are_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "x" / "deep").mkdir(parents=True)
    (tmp_path / "x" / "deep" / "f").write_bytes(b"12345")
    before = folder_digest(tmp_path / "x")
    (tmp_path / "x").rename(tmp_path / "y")
    assert folder_digest(tmp_path / "y") == before
    assert folder_bytes(tmp_path / "y") == 5
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no files"):
        folder_digest(tmp_path / "empty")
