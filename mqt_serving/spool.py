"""A durable queue in a folder, for what must not be lost while the journal is away.

One file an entry, on disk whole before `put` returns; oldest first; deleted only after it was
handed over. Threads and processes may share the folder. Depends on the file system only.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from mqt_serving.durable_files import locked, locked_if_free, write_durably
from mqt_serving.errors import SpoolUnwritable

log = logging.getLogger(__name__)

ASIDE = "aside"
"""Folder in the spool for entries that cannot be read or handed over."""

_ENTRY = re.compile(r"(\d{20})-([0-9A-Za-z-]{1,64})\.entry")  # nanoseconds since 1970, key


class Spool:
    def __init__(self, folder: Path, clock: Callable[[], int] = time.time_ns) -> None:
        self._folder = folder
        self._clock = clock

    def put(self, key: str, content: bytes) -> bytes:
        """What is on disk under this key from now on: `content`, or an earlier one that waits.

        Raises `SpoolUnwritable`, with nothing kept.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with locked(self._folder / "put.lock"):
                self._remove_unfinished()
                entries = self._entries()
                earlier = next((path for path in entries if _key(path) == key), None)
                if earlier is not None:
                    return earlier.read_bytes()
                newest = _nanoseconds(entries[-1]) if entries else 0
                order = max(self._clock(), newest + 1)  # a clock that was set back changes nothing
                write_durably(self._folder / f"{order:020d}-{key}.entry", content)
                return content
        except OSError as error:
            raise SpoolUnwritable(
                f"The journal is away, and the spool {self._folder} cannot be written "
                f"({error.strerror or error}), so nothing was kept. Make room or correct "
                "MQT_SPOOL, then send it again."
            ) from error

    def find(self, key: str) -> bytes | None:
        """What waits under this key."""
        for path in self._entries():
            if _key(path) == key:
                try:
                    return path.read_bytes()
                except FileNotFoundError:  # handed over just now
                    return None
        return None

    def drain(
        self,
        hand_over: Callable[[bytes], None],
        stop_at: tuple[type[Exception], ...],
        pass_over: tuple[type[Exception], ...] = (),
    ) -> None:
        """Hand over what waits, oldest first, each until it succeeded once; again after a crash.

        Returns at once while another thread or process does it. An exception of `stop_at` leaves
        its entry and those after it, and is raised; one of `pass_over` leaves its entry alone; any
        other sets it aside.
        """
        if self.is_empty:
            return
        with locked_if_free(self._folder / "drain.lock") as mine:
            if not mine:
                return
            for path in self._entries():
                try:
                    hand_over(path.read_bytes())
                except stop_at:
                    raise
                except pass_over:
                    continue
                except Exception:
                    self._set_aside(path)
                else:
                    path.unlink()

    @property
    def is_empty(self) -> bool:
        return not self._entries()

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest entry has been waiting; 0 when there is none."""
        entries = self._entries()
        return max(0, self._clock() - _nanoseconds(entries[0])) / 1e9 if entries else 0.0

    @property
    def set_aside(self) -> int:
        """How many entries could not be read or handed over, and wait for a person."""
        return len(_names(self._folder / ASIDE))

    def __len__(self) -> int:
        return len(self._entries())

    def _entries(self) -> list[Path]:
        return [self._folder / name for name in sorted(_names(self._folder))]

    def _remove_unfinished(self) -> None:
        """What a killed process had not finished was never acknowledged."""
        for path in self._folder.glob(".*.entry-*"):
            path.unlink(missing_ok=True)

    def _set_aside(self, path: Path) -> None:
        aside = self._folder / ASIDE
        aside.mkdir(exist_ok=True)
        path.rename(aside / path.name)
        log.exception(
            "%s cannot be read or handed over: it is kept in %s and the rest goes on. Look at it; "
            "moved back to %s it is tried again.",
            path.name,
            aside,
            self._folder,
        )


def _names(folder: Path) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if _ENTRY.fullmatch(name)]
    except FileNotFoundError:
        return []
    except OSError as error:  # answers and the journal need no spool; `put` says what is wrong
        log.error("what waits in %s cannot be seen: %s", folder, error)
        return []


def _nanoseconds(path: Path) -> int:
    return int(path.name[:20])


def _key(path: Path) -> str:
    return path.name[21:].removesuffix(".entry")
