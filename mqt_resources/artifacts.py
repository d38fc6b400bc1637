"""Where assets keep what they make: a local folder, written atomically and free of pickles.

Files are replaced in one step, so a reader sees the old content or the new one. Folders (a model,
an index) are immutable: each version lies under its content digest, and a small `current.json`
beside them names the live one. Depends on the standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

CURRENT = "current.json"


class ArtifactStore:
    """Named files and versioned folders under `root`; names are relative paths with `/`."""

    def __init__(self, root: Path, keep_versions: int = 3) -> None:
        self.root = root
        self.keep_versions = keep_versions

    def path(self, name: str) -> Path:
        """Where a name lies; raises ValueError for a name that would leave the store."""
        path = self.root / name
        if name.startswith("/") or ".." in Path(name).parts:
            raise ValueError(f"artifact name {name!r} leaves the store {self.root}")
        return path

    def exists(self, name: str) -> bool:
        return self.path(name).is_file()

    def read(self, name: str) -> bytes:
        """Raises FileNotFoundError naming the file when it was never written."""
        return self.path(name).read_bytes()

    def write(self, name: str, content: bytes) -> Path:
        path = self.path(name)
        with self.replacing(name) as beside:
            beside.write_bytes(content)
        return path

    @contextmanager
    def replacing(self, name: str) -> Iterator[Path]:
        """A path to write to; it becomes `name` when the block ends without an error."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        os.close(descriptor)
        try:
            yield Path(beside)
            Path(beside).chmod(0o644)  # mkstemp makes it private; other users' tools read artifacts
            Path(beside).replace(path)
        finally:
            Path(beside).unlink(missing_ok=True)

    # ------------------------------------------------------------ versioned folders

    def publish(self, name: str, source: Path) -> Path:
        """Move the folder `source` in as the current version of `name`; returns where it lies.

        The same content twice is one version. Older versions than the last `keep_versions` go,
        and `source` no longer exists afterwards.
        """
        version = folder_digest(source)
        versions = self.path(name)
        target = versions / version
        versions.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            shutil.rmtree(source)
        else:
            shutil.move(str(source), str(target))
        target.touch()  # newest by use: an old version that is made again must not be pruned
        self.write(f"{name}/{CURRENT}", json.dumps({"version": version}).encode())
        self._prune(versions, current=version)
        return target

    def current(self, name: str) -> Path | None:
        """The current version's folder, or None when nothing was published under `name`."""
        pointer = f"{name}/{CURRENT}"
        if not self.exists(pointer):
            return None
        folder = self.path(name) / str(json.loads(self.read(pointer))["version"])
        if not folder.is_dir():
            raise FileNotFoundError(
                f"{folder} is gone although {self.path(pointer)} names it: materialize {name} again"
            )
        return folder

    @contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """An empty folder on the store's file system, so that `publish` can rename it."""
        parent = self.path(name)
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".incoming-", dir=parent))
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _prune(self, versions: Path, current: str) -> None:
        folders = [p for p in versions.iterdir() if p.is_dir() and not p.name.startswith(".")]
        newest = sorted(folders, key=lambda p: p.stat().st_mtime, reverse=True)
        for folder in newest[self.keep_versions :]:
            if folder.name != current:
                shutil.rmtree(folder)


def artifact_name(asset: str, partition: str | None, suffix: str) -> str:
    """The store's name for an asset's value; partition keys are made safe for file systems."""
    if partition is None:
        return asset + suffix
    return f"{asset}/{quote(partition, safe='')}{suffix}"


def link_or_copy(source: str, target: str) -> str:
    """For `shutil.copytree` between immutable folders: a hard link where the file system allows."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def folder_digest(folder: Path) -> str:
    """Content hash over relative names and bytes of every file, 16 hex digits.

    Raises ValueError for a folder without files: nothing was made.
    """
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    if not files:
        raise ValueError(f"{folder} holds no files")
    total = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return total.hexdigest()[:16]


def folder_bytes(folder: Path) -> int:
    """Size of all files in bytes."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
