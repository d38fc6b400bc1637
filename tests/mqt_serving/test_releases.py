"""Releases on disk: complete or absent, verified before use, moved in one step."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mqt_serving.errors import NoRelease, ReleaseCorrupt, RollbackRefused
from mqt_serving.releases import (
    MANIFEST,
    POINTER,
    Pointer,
    list_releases,
    move_pointer,
    promote,
    prune,
    read_manifest,
    read_pointer,
    roll_back,
    verify,
    write_release,
)

NOON = datetime(2025, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    folder = tmp_path / "parts"
    (folder / "catalogs").mkdir(parents=True)
    (folder / "catalogs" / "shop.json").write_text('{"database": "shop"}')
    (folder / "corrections.json").write_text("[]")
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "releases"


def test_a_written_release_verifies_and_says_where_it_came_from(root: Path, parts: Path) -> None:
    written = write_release(
        root, parts, created_at=NOON, metrics={"accuracy": 0.9}, dagster_run_id="run-1"
    )
    assert verify(root / written.id) == written
    assert read_manifest(root / written.id).metrics == {"accuracy": 0.9}
    assert set(written.files) == {"catalogs/shop.json", "corrections.json"}
    assert written.id.startswith("20250309T120000Z-")


def test_writing_a_release_leaves_nothing_else_behind(root: Path, parts: Path) -> None:
    written = write_release(root, parts)
    assert [path.name for path in root.iterdir()] == [written.id]


def test_a_release_cannot_be_overwritten(root: Path, parts: Path) -> None:
    write_release(root, parts, release_id="one")
    with pytest.raises(FileExistsError, match="one exists already"):
        write_release(root, parts, release_id="one")
    assert [path.name for path in root.iterdir()] == ["one"]


def test_an_empty_folder_is_not_a_release(root: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no files"):
        write_release(root, tmp_path / "empty")


@pytest.mark.parametrize("name", ["../evil", ".hidden", "a/b", "x" * 200])
def test_an_id_that_is_not_a_plain_name_is_refused(root: Path, parts: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a plain name"):
        write_release(root, parts, release_id=name)


def test_a_changed_file_is_named(root: Path, parts: Path) -> None:
    written = write_release(root, parts)
    (root / written.id / "corrections.json").write_text("[ ]")
    with pytest.raises(ReleaseCorrupt, match=r"corrections\.json has SHA-256"):
        verify(root / written.id)


def test_a_missing_file_is_named(root: Path, parts: Path) -> None:
    written = write_release(root, parts)
    (root / written.id / "corrections.json").unlink()
    with pytest.raises(ReleaseCorrupt, match=r"corrections\.json is missing"):
        verify(root / written.id)


def test_a_file_that_the_manifest_does_not_list_is_refused(root: Path, parts: Path) -> None:
    written = write_release(root, parts)
    (root / written.id / "extra.bin").write_text("x")
    with pytest.raises(ReleaseCorrupt, match=r"extra\.bin is not in the manifest"):
        verify(root / written.id)


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", "\x00\xff"])
def test_an_unreadable_manifest_is_corrupt(root: Path, parts: Path, text: str) -> None:
    written = write_release(root, parts)
    (root / written.id / MANIFEST).write_text(text)
    with pytest.raises(ReleaseCorrupt, match="cannot be read"):
        verify(root / written.id)


def test_a_manifest_of_another_release_or_format_is_refused(root: Path, parts: Path) -> None:
    one = write_release(root, parts, release_id="one")
    path = root / "one" / MANIFEST
    path.write_text(one.model_copy(update={"id": "two"}).model_dump_json())
    with pytest.raises(ReleaseCorrupt, match="is of release two"):
        verify(root / "one")
    path.write_text(one.model_copy(update={"format": 99}).model_dump_json())
    with pytest.raises(ReleaseCorrupt, match="format 99"):
        verify(root / "one")


def test_a_manifest_cannot_name_files_outside_its_folder(root: Path, parts: Path) -> None:
    one = write_release(root, parts, release_id="one")
    body = json.loads(one.model_dump_json())
    body["files"]["../../etc/passwd"] = "0" * 64
    (root / "one" / MANIFEST).write_text(json.dumps(body))
    with pytest.raises(ReleaseCorrupt, match="not a path inside the release"):
        verify(root / "one")


def test_no_pointer_means_nothing_was_released(root: Path) -> None:
    assert read_pointer(root) is None


def test_promotion_keeps_the_old_champion_as_previous(root: Path, parts: Path) -> None:
    for name in ("one", "two"):
        write_release(root, parts, release_id=name)
        promote(root, name)
    assert read_pointer(root) == Pointer(champion="two", previous="one")
    assert promote(root, "two") == Pointer(champion="two", previous="one")


def test_rolling_back_swaps_champion_and_previous(root: Path, parts: Path) -> None:
    for name in ("one", "two"):
        write_release(root, parts, release_id=name)
        promote(root, name)
    first, second = Pointer(champion="two", previous="one"), Pointer(champion="one", previous="two")
    assert roll_back(root) == (first, second)
    assert roll_back(root) == (second, first)


def test_rolling_back_goes_to_any_release_that_is_there(root: Path, parts: Path) -> None:
    for name in ("one", "two", "three"):
        write_release(root, parts, release_id=name)
        promote(root, name)
    with pytest.raises(RollbackRefused, match="three serves already"):
        roll_back(root, "three")
    with pytest.raises(NoRelease, match="there are: one, two, three"):
        roll_back(root, "four")
    assert roll_back(root, "one")[1] == Pointer(champion="one", previous="three")


def test_a_rollback_that_is_not_allowed_moves_nothing(root: Path, parts: Path) -> None:
    for name in ("one", "two"):
        write_release(root, parts, release_id=name)
        promote(root, name)
    asked = []

    def refuse(current: Pointer, target: str) -> None:
        asked.append((current.champion, target))
        raise RollbackRefused("no")

    with pytest.raises(RollbackRefused):
        roll_back(root, allow=refuse)
    assert asked == [("two", "one")]
    assert read_pointer(root) == Pointer(champion="two", previous="one")


def test_there_is_nothing_to_roll_back_to_at_first(root: Path, parts: Path) -> None:
    with pytest.raises(NoRelease, match="nothing was released"):
        roll_back(root)
    write_release(root, parts, release_id="one")
    promote(root, "one")
    with pytest.raises(NoRelease, match="no previous release"):
        roll_back(root)


def test_the_pointer_does_not_move_to_a_release_that_is_absent_or_damaged(
    root: Path, parts: Path
) -> None:
    for name in ("one", "two"):
        write_release(root, parts, release_id=name)
    promote(root, "one")
    with pytest.raises(NoRelease, match="three does not exist"):
        promote(root, "three")
    (root / "two" / "corrections.json").write_text("broken")
    with pytest.raises(ReleaseCorrupt):
        move_pointer(root, Pointer(champion="two"))
    assert read_pointer(root) == Pointer(champion="one")


def test_a_damaged_champion_does_not_stand_in_the_way_of_its_replacement(
    root: Path, parts: Path
) -> None:
    for name in ("one", "two", "three"):
        write_release(root, parts, release_id=name)
    promote(root, "one")
    promote(root, "two")
    (root / "two" / "corrections.json").write_text("broken")
    assert promote(root, "three") == Pointer(champion="three", previous="one")
    (root / "one" / MANIFEST).write_text("broken")
    move_pointer(root, Pointer(champion="three"))
    assert promote(root, "three") == Pointer(champion="three", previous=None)
    assert set(list_releases(root)) == {"two", "three"}


def test_rolling_back_leaves_a_damaged_champion_behind(root: Path, parts: Path) -> None:
    for name in ("one", "two"):
        write_release(root, parts, release_id=name)
        promote(root, name)
    (root / "two" / "corrections.json").write_text("broken")
    assert roll_back(root)[1] == Pointer(champion="one", previous=None)


def test_an_unreadable_pointer_is_corrupt_not_absent(root: Path) -> None:
    root.mkdir()
    (root / POINTER).write_text("{")
    with pytest.raises(ReleaseCorrupt, match=r"pointer\.json cannot be read"):
        read_pointer(root)


def test_readers_never_see_half_a_pointer(root: Path, parts: Path) -> None:
    for name in ("one", "two"):
        write_release(root, parts, release_id=name)
    promote(root, "one")
    seen: set[str] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            pointer = read_pointer(root)
            assert pointer is not None
            seen.add(pointer.champion)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20):
        promote(root, "two")
        promote(root, "one")
    stop.set()
    reader.join()
    assert seen <= {"one", "two"}


def test_pruning_keeps_the_newest_and_whatever_the_pointer_names(root: Path, parts: Path) -> None:
    for day, name in enumerate(("a", "b", "c", "d", "e"), start=1):
        write_release(root, parts, release_id=name, created_at=NOON.replace(day=day))
    promote(root, "a")
    assert list_releases(root) == ["a", "b", "c", "d", "e"]
    assert prune(root, keep=2) == ["b", "c"]
    assert list_releases(root) == ["a", "d", "e"]
    assert verify(root / "a").id == "a"
