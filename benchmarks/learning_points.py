"""Points of a learning curve, kept in a file as they are measured: hours of work survive a kill.

The first line says what was measured, each other one holds the points of one database, as JSON.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.learning_report import Point
from mqt_serving.errors import SettingError


@dataclass(frozen=True, slots=True)
class PointsFile:
    """`about` is what all points have in common: base weights, shares, settings."""

    path: Path
    about: Mapping[str, Any]

    def read(self) -> tuple[Point, ...]:
        """Those of the databases that are done; a line that was cut off does not count.

        Raises `SettingError` for a file about something else.
        """
        if not self.path.is_file():
            return ()
        first, *rest = self.path.read_text(encoding="utf-8").split("\n")
        if first != json.dumps(self.about):
            raise SettingError(
                f"{self.path} holds points of another measurement ({first[:200]}): name another "
                "file with --points, or delete it"
            )
        whole = rest[:-1]  # what follows the last end of a line was cut off
        return tuple(Point.from_json(point) for line in whole for point in json.loads(line))

    def add(self, points: Sequence[Point]) -> None:
        """All of one database."""
        done = self.read()
        lines = [self.about, *_by_database(done), [point.as_json() for point in points]]
        partial = self.path.with_name(f"{self.path.name}.partial")
        partial.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        os.replace(partial, self.path)


def _by_database(points: Sequence[Point]) -> list[list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for point in points:
        found.setdefault(point.database, []).append(point.as_json())
    return list(found.values())
