"""Places in words: finds the coordinates that a question names, in degrees.

Understands `51.46, -2.11`, `(51.46, -2.11)`, `lat 48.2 lon 16.37`, `51.9 N, 2.2 W`,
`48.2°N 16.4°E`. Latitude comes first unless the question says otherwise (`lon/lat 16.37, 48.2`) or
only the other order is possible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mqt_serving.query.plan import Point

_NUMBER = r"([+\-−–]?\d{1,3}(?:\.\d+)?)(?![\d.]*\d)"
_DEGREES = r"\s*(?:°|º|degrees?|deg\b)?\s*"
_BETWEEN = r"\s*(?:,|;|/|and\b|by\b)?\s*"
_IS = r"\s*(?:[:=]|is\b|of\b)?\s*"
_LATITUDE = r"\blat(?:itude)?\b\.?"
_LONGITUDE = r"\b(?:lon|lng|long|longitude)\b\.?"
_NORTH_SOUTH = r"(n|s|north|south)\b"
_EAST_WEST = r"(e|w|east|west)\b"
_LABELLED = (
    re.compile(
        f"{_LATITUDE}{_IS}{_NUMBER}{_DEGREES}{_BETWEEN}{_LONGITUDE}{_IS}{_NUMBER}", re.IGNORECASE
    ),
    re.compile(
        f"{_LONGITUDE}{_IS}{_NUMBER}{_DEGREES}{_BETWEEN}{_LATITUDE}{_IS}{_NUMBER}", re.IGNORECASE
    ),
)
_SIDES = (
    re.compile(
        rf"(?<![\w.]){_NUMBER}{_DEGREES}{_NORTH_SOUTH}{_BETWEEN}{_NUMBER}{_DEGREES}{_EAST_WEST}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![\w.]){_NUMBER}{_DEGREES}{_EAST_WEST}{_BETWEEN}{_NUMBER}{_DEGREES}{_NORTH_SOUTH}",
        re.IGNORECASE,
    ),
)
_PAIR = re.compile(rf"(?<![\w.,]){_NUMBER}{_DEGREES}(?:\s*[,;/]\s*|\s+){_NUMBER}(?![\w%])")
_LONGITUDE_FIRST = re.compile(
    rf"{_LONGITUDE}\s*(?:,|/|;|-|and\b|then\b|first\b|before\b)+\s*(?:the\s+)?{_LATITUDE}"
    rf"|{_LONGITUDE}\s+first\b",
    re.IGNORECASE,
)
_BEHIND = frozenset({"s", "south", "w", "west"})


@dataclass(frozen=True, slots=True)
class PointSpan:
    """A point, and the characters that named it; `label` is where the name begins of the place that
    the coordinates stand for: "Vienna (48.2, 16.4)". Where there is none, `label` is `first`."""

    point: Point
    first: int
    last: int
    label: int


_LABEL = re.compile(
    r"(?:[A-Z][\w'’-]*\s+)*[A-Z][\w'’-]*(?:\s+(?!(?:to|from|of|near|nearest|within|and|or)\b)[a-z]+)?"
    r"(?:[\s,:;(–-]|\b(?:at|is|that's|that is|i\.e\.|coordinates|lat|latitude|lon|longitude)\b)*$"
)


def _label(question: str, first: int) -> int:
    match = _LABEL.search(question[:first])
    return first if match is None or match.start() == 0 else match.start()


def find_points(question: str) -> Iterator[PointSpan]:
    """The points that the question names, none inside another."""
    taken: list[tuple[int, int]] = []
    for match, longitude, latitude in _readings(question):
        first, last = match.span()
        inside = any(first < b and last > a for a, b in taken)
        if not inside and abs(longitude) <= 180 and abs(latitude) <= 90:
            taken.append((first, last))
            yield PointSpan(Point(longitude, latitude), first, last, _label(question, first))


def _readings(question: str) -> Iterator[tuple[re.Match[str], float, float]]:
    """Each match with longitude and latitude; the plainest ways to say them first."""
    for pattern, latitude_first in zip(_LABELLED, (True, False), strict=True):
        for match in pattern.finditer(question):
            yield match, *_ordered(_degrees(match[1]), _degrees(match[2]), latitude_first)
    for pattern, latitude_first in zip(_SIDES, (True, False), strict=True):
        for match in pattern.finditer(question):
            one, other = (
                -_degrees(match[at]) if match[at + 1].lower() in _BEHIND else _degrees(match[at])
                for at in (1, 3)
            )
            yield match, *_ordered(one, other, latitude_first)
    latitude_first = _LONGITUDE_FIRST.search(question) is None
    for match in _PAIR.finditer(question):
        one, other = _degrees(match[1]), _degrees(match[2])
        separated = any(mark in question[match.end(1) : match.start(2)] for mark in ",;/°º")
        fractions = ("." in match[1]) + ("." in match[2])
        if fractions == 2 or (separated and fractions):
            yield match, *_ordered(one, other, latitude_first and abs(one) <= 90)


def _ordered(one: float, other: float, latitude_first: bool) -> tuple[float, float]:
    """Longitude and latitude."""
    return (other, one) if latitude_first else (one, other)


def _degrees(text: str) -> float:
    return float(re.sub("[−–]", "-", text))
