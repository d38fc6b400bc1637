"""Releases on disk: immutable folders that serving loads, and the pointer that names the live one.

`<root>/<id>/` holds `manifest.json` (every file with its SHA-256) and what serving needs:
`catalogs/<database>.json`, `translator/`, `index/`, `corrections.json`. `<root>/pointer.json` names
champion, challenger and previous. A folder or a pointer appears in one step (rename), so a reader
never sees half of either. Loading is in `release_loading`. Depends on pydantic only.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mqt_serving.durable_files import locked, sync_folder, write_durably
from mqt_serving.errors import NoRelease, ReleaseCorrupt, RollbackRefused

log = logging.getLogger(__name__)

FORMAT = 1
"""Raised when the layout of a release folder changes; serving refuses what it can't read."""

MANIFEST = "manifest.json"
POINTER = "pointer.json"
PROMPT = "prompt.json"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Manifest(BaseModel):
    """What a release is made of and where it came from.

    `files` maps each file's path inside the folder (posix, the manifest itself excepted) to its
    SHA-256. `catalog_digests` maps a database to its catalog's digest.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    id: str
    created_at: datetime
    files: dict[str, str]
    metrics: dict[str, float] = Field(default_factory=dict)
    dataset_digest: str = ""
    catalog_digests: dict[str, str] = Field(default_factory=dict)
    index_version: str = ""
    dagster_run_id: str = ""
    mlflow_model_version: str = ""
    code_version: str = ""

    @field_validator("id")
    @classmethod
    def _id_is_a_folder_name(cls, value: str) -> str:
        if not _ID.fullmatch(value):
            raise ValueError(f"release id {value!r} is not a plain name (letters, digits, . _ -)")
        return value

    @field_validator("files")
    @classmethod
    def _files_stay_inside(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or str(path) != name:
                raise ValueError(f"file {name!r} is not a path inside the release")
        return value


class Pointer(BaseModel):
    """Which releases serve: `challenger_share` is the share of askers the challenger gets.

    A challenger without an `experiment` is loaded but given to nobody (a test may ask for it).
    `salt` deals the askers of the experiment (see `assignment`).
    """

    model_config = ConfigDict(frozen=True)

    champion: str
    challenger: str | None = None
    challenger_share: float = Field(default=0.0, ge=0.0, le=1.0)
    previous: str | None = None
    experiment: str = ""
    salt: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Every release that the pointer names."""
        return frozenset(n for n in (self.champion, self.challenger, self.previous) if n)

    def promoting(self, release_id: str) -> Pointer:
        """The pointer after `release_id` has become champion; the old champion is previous."""
        if release_id == self.champion:
            return self
        return Pointer(champion=release_id, previous=self.champion)

    def with_new_data(self, release_id: str) -> Pointer:
        """As `promoting`, and the experiment goes on: champion's model is the same."""
        if release_id in (self.champion, self.challenger):
            return self.promoting(release_id)
        return self.model_copy(update={"champion": release_id, "previous": self.champion})

    def without_challenger(self) -> Pointer:
        return Pointer(champion=self.champion, previous=self.previous)


def new_release_id(now: datetime, digest: str) -> str:
    """Sortable by time, recognisable by content: `20250309T101500Z-1a2b3c4d`."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:8]}"


def write_release(
    root: Path,
    files_from: Path,
    *,
    release_id: str | None = None,
    created_at: datetime | None = None,
    metrics: Mapping[str, float] | None = None,
    dataset_digest: str = "",
    catalog_digests: Mapping[str, str] | None = None,
    index_version: str = "",
    dagster_run_id: str = "",
    mlflow_model_version: str = "",
    code_version: str = "",
) -> Manifest:
    """Copy everything under `files_from` into a new release folder and return its manifest.

    The folder is built beside its final place and renamed, so it is complete or absent. The
    pointer does not move (see `move_pointer`). Without `release_id` one is made from the time
    and the content. Raises FileExistsError when the release exists: releases are immutable.
    """
    now = created_at or datetime.now(UTC)
    root.mkdir(parents=True, exist_ok=True)
    incoming = Path(tempfile.mkdtemp(prefix=".incoming-", dir=root))
    try:
        # Links are followed: a release must not depend on files outside it.
        shutil.copytree(
            files_from, incoming, dirs_exist_ok=True, ignore=shutil.ignore_patterns(MANIFEST)
        )
        files = {name: sha256_of(incoming / name) for name in _file_names(incoming)}
        if not files:
            raise ValueError(f"{files_from} holds no files: there is nothing to release")
        manifest = Manifest(
            id=release_id or new_release_id(now, _digest_of_files(files)),
            created_at=now,
            files=files,
            metrics=dict(metrics or {}),
            dataset_digest=dataset_digest,
            catalog_digests=dict(catalog_digests or {}),
            index_version=index_version,
            dagster_run_id=dagster_run_id,
            mlflow_model_version=mlflow_model_version,
            code_version=code_version,
        )
        write_durably(incoming / MANIFEST, manifest.model_dump_json(indent=2).encode())
        incoming.chmod(0o755)  # mkdtemp makes it private; serving may run as another user
        target = root / manifest.id
        if target.exists():
            raise FileExistsError(f"release {manifest.id} exists already in {root}")
        incoming.rename(target)
        sync_folder(root)
        return manifest
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of one release folder; raises ReleaseCorrupt when it can't be read."""
    path = folder / MANIFEST
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise ReleaseCorrupt(f"{path} is missing: {folder.name} is not a release") from error
    except (OSError, ValidationError) as error:
        raise ReleaseCorrupt(f"{path} cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise ReleaseCorrupt(
            f"release {manifest.id} has format {manifest.format}, this version reads {FORMAT}: "
            "release again with the code that serves"
        )
    if manifest.id != folder.name:
        raise ReleaseCorrupt(f"{path} is of release {manifest.id}, not of {folder.name}")
    return manifest


def verify(folder: Path) -> Manifest:
    """Compare every file with the manifest; raises ReleaseCorrupt naming the first difference.

    A file that the manifest doesn't list is a difference too: something would load it.
    """
    manifest = read_manifest(folder)
    present = set(_file_names(folder)) - {MANIFEST}
    missing = sorted(set(manifest.files) - present)
    if missing:
        raise ReleaseCorrupt(f"release {manifest.id}: {missing[0]} is missing")
    unlisted = sorted(present - set(manifest.files))
    if unlisted:
        raise ReleaseCorrupt(f"release {manifest.id}: {unlisted[0]} is not in the manifest")
    for name, expected in manifest.files.items():
        actual = sha256_of(folder / name)
        if actual != expected:
            raise ReleaseCorrupt(
                f"release {manifest.id}: {name} has SHA-256 {actual[:12]}..., "
                f"the manifest says {expected[:12]}...; release again or roll back"
            )
    return manifest


def read_pointer(root: Path) -> Pointer | None:
    """What serves now, or None when nothing was released; ReleaseCorrupt when it can't be read."""
    path = root / POINTER
    try:
        return Pointer.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ReleaseCorrupt(f"{path} cannot be read: {error}") from error


def move_pointer(root: Path, pointer: Pointer) -> None:
    """Make `pointer` the live one, in one step; every release that it names is verified first.

    Raises NoRelease when a named release doesn't exist, ReleaseCorrupt when one is damaged; the
    pointer is then untouched.
    """
    with _lock(root):
        _move(root, pointer)


def change_pointer(root: Path, change: Callable[[Pointer], Pointer]) -> tuple[Pointer, Pointer]:
    """Move to what `change` makes of the live pointer, with no move between; (before, after)."""
    with _lock(root):
        before = read_pointer(root)
        if before is None:
            raise NoRelease(f"nothing was released in {root}; release first")
        after = change(before)
        _move(root, after)
        return before, after


def promote(
    root: Path, release_id: str, allow: Callable[[Pointer | None], None] | None = None
) -> Pointer:
    """Make `release_id` champion (the old one becomes previous); returns the new pointer.

    A damaged old champion doesn't stand in the way of its replacement: the last release that is
    whole becomes previous instead. A challenger stays when the new release only brings new data
    for the champion's translator. `allow` is asked under the lock, with the live pointer; what it
    raises stops the move. Raises `NoRelease` or `ReleaseCorrupt` about the new one.
    """
    with _lock(root):
        current = read_pointer(root)
        if allow is not None:
            allow(current)
        pointer = _promoting(root, current, release_id)
        before = current.previous if current else None
        pointer = _with_whole_previous(root, pointer, before)
        _move(root, pointer)
        return pointer


def roll_back(
    root: Path, release_id: str = "", allow: Callable[[Pointer, str], None] | None = None
) -> tuple[Pointer, Pointer]:
    """Make `release_id`, else the previous release, champion again; (before, after).

    The champion becomes previous, so that rolling back twice is a no-op. `allow` is asked under the
    lock, with the live pointer and the release that would serve; what it raises stops the move.
    Raises `NoRelease` when there is no such release, `RollbackRefused` when it serves already.
    """
    with _lock(root):
        current = read_pointer(root)
        if current is None:
            raise NoRelease(f"nothing was released in {root}: there is nothing to roll back")
        target = release_id or current.previous
        if target is None:
            raise NoRelease(
                f"release {current.champion} has no previous release to roll back to; "
                "release again to change what is served"
            )
        if target == current.champion:
            raise RollbackRefused(f"Release {target} serves already: nothing to roll back.")
        if not (root / target).is_dir():
            known = ", ".join(list_releases(root))
            raise NoRelease(f"release {target} does not exist in {root}; there are: {known}")
        if allow is not None:
            allow(current, target)
        pointer = _with_whole_previous(root, _promoting(root, current, target), None)
        _move(root, pointer)
        return current, pointer


def list_releases(root: Path) -> list[str]:
    """Ids of the releases in `root`, oldest first (by creation time, then id).

    A folder whose manifest can't be read is no release: it is left out, with a warning.
    """
    manifests = []
    for path in root.glob(f"[!.]*/{MANIFEST}"):
        try:
            manifests.append(read_manifest(path.parent))
        except ReleaseCorrupt as error:
            log.warning("not a release: %s", error)
    return [m.id for m in sorted(manifests, key=lambda m: (m.created_at, m.id))]


def prune(root: Path, keep: int, also: frozenset[str] = frozenset()) -> list[str]:
    """Delete all but the newest `keep` releases, those the pointer names and those of `also`;
    returns what went.

    A process that serves a deleted release goes on: it reads nothing after loading.
    """
    with _lock(root):
        pointer = read_pointer(root)
        named = pointer.names if pointer else frozenset()
        everything = list_releases(root)
        kept = named | also | set(everything[-keep:] if keep > 0 else [])
        gone = [name for name in everything if name not in kept]
        for name in gone:
            # Renamed first, so that no half-deleted folder ever has a release's name.
            leaving = root / f".leaving-{name}"
            (root / name).rename(leaving)
            shutil.rmtree(leaving)
        return gone


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def same_translator(root: Path, one: str, other: str) -> bool:
    """Whether two releases translate alike, by network and by prompt; False when either can't be
    read."""
    try:
        files = [read_manifest(root / name).files for name in (one, other)]
    except ReleaseCorrupt:
        return False
    first, second = (
        {n: d for n, d in f.items() if n.startswith("translator/") or n == PROMPT} for f in files
    )
    return bool(first) and first == second


def _promoting(root: Path, current: Pointer | None, release_id: str) -> Pointer:
    if current is None:
        return Pointer(champion=release_id)
    if current.challenger is None or not same_translator(root, current.champion, release_id):
        return current.promoting(release_id)
    try:
        verify(root / current.challenger)
    except ReleaseCorrupt as error:
        log.warning("the challenger is dropped: %s", error)
        return current.promoting(release_id)
    return current.with_new_data(release_id)


def _with_whole_previous(root: Path, pointer: Pointer, other: str | None) -> Pointer:
    """The pointer with the first of its `previous` and `other` that could serve again."""
    for name in (pointer.previous, other):
        if name is None or name == pointer.champion:
            continue
        try:
            verify(root / name)
        except ReleaseCorrupt as error:
            log.warning("release %s cannot be rolled back to: %s", name, error)
            continue
        return pointer.model_copy(update={"previous": name})
    return pointer.model_copy(update={"previous": None})


def _move(root: Path, pointer: Pointer) -> None:
    for name in sorted(pointer.names):
        if not (root / name).is_dir():
            raise NoRelease(f"release {name} does not exist in {root}")
        verify(root / name)
    write_durably(root / POINTER, pointer.model_dump_json(indent=2).encode())


def _file_names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _digest_of_files(files: Mapping[str, str]) -> str:
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """One writer at a time: read-decide-move must not interleave between two runs."""
    root.mkdir(parents=True, exist_ok=True)
    with locked(root / ".lock"):
        yield
