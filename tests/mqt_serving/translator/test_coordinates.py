"""The ways in which people write where something is."""

from __future__ import annotations

import pytest

from mqt_serving.query.plan import Point
from mqt_serving.translator.coordinates import find_points


@pytest.mark.parametrize(
    ("written", "longitude", "latitude"),
    [
        ("51.46, -2.11", -2.11, 51.46),
        ("51.46,-2.11", -2.11, 51.46),
        ("(51.46, -2.11)", -2.11, 51.46),
        ("51.46 -2.11", -2.11, 51.46),
        ("51.46 / −2.11", -2.11, 51.46),
        ("48, 16.37", 16.37, 48.0),
        ("lat 48.2 lon 16.37", 16.37, 48.2),
        ("lat=48.2, lng=16.37", 16.37, 48.2),
        ("latitude 48.2 and longitude 16", 16.0, 48.2),
        ("longitude 16.37, latitude 48.2", 16.37, 48.2),
        ("51.9 N, 2.2 W", -2.2, 51.9),
        ("33 S 18 E", 18.0, -33.0),
        ("48.2°N 16.4°E", 16.4, 48.2),
        ("16.4° E, 48.2° N", 16.4, 48.2),
        ("40.7 degrees north, 74 degrees west", -74.0, 40.7),
        ("(lon, lat) 16.37, 48.2", 16.37, 48.2),
        ("16.37, 48.2 (longitude/latitude)", 16.37, 48.2),
        ("[16.37, 48.2], longitude first", 16.37, 48.2),
        ("151.2, -33.9", 151.2, -33.9),
    ],
)
def test_a_point_is_read(written: str, longitude: float, latitude: float) -> None:
    question = f"Which 5 depots are nearest to {written}?"
    [found] = find_points(question)
    assert found.point == Point(longitude, latitude)
    assert question[found.first : found.last].strip("()[]") in written


@pytest.mark.parametrize(
    "question",
    [
        "orders 12, 15 and 20",
        "totals over 12.5",
        "between 10 and 20.5 kg",
        "prices of 1,200.50, 300",
        "the 3 largest of 2025",
        "on 2025-03-04, 10:30",
        "version 1.2.3, 4.5",
        "lat 95.5 lon 10.5",
    ],
)
def test_what_is_no_point_is_left_alone(question: str) -> None:
    assert not list(find_points(question))
