"""Made-up values for practice databases: one generator per type of the domain tables. Seeded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, TypeAlias

Make: TypeAlias = Callable[[Random], Any]

FIRST: Final = """
Ada Bruno Carla Dmitri Elif Fatima George Hana Igor Julia Kofi Lena Marco Nadia Oscar Priya Quentin
Rosa Samuel Tariq Uma Viktor Wanda Ximena Yusuf Zoe Alice Ben Chloe Daniel Emma Felix Grace Hugo
Irene Jonas Karin Leo Mila Noah Olga Paul Rita Simon Tina Umar Vera Walter Yara Zeno
""".split()
LAST: Final = """
Abbott Becker Castillo Duarte Eriksen Fischer Garcia Haddad Ivanov Jensen Kowalski Laurent Moreau
Nakamura Okafor Petrov Quinn Rossi Schmidt Tanaka Ueda Vargas Weber Xu Yilmaz Zhang Adams Brown
Clark Davis Evans Foster Green Hill Jackson King Lopez Miller Nelson Owens Parker Reed Stone Turner
Underwood Vance White Young
""".split()
CITIES: Final = (
    "Amsterdam", "Athens", "Barcelona", "Berlin", "Boston", "Brussels", "Cairo", "Chicago",
    "Cologne", "Dublin", "Geneva", "Hamburg", "Helsinki", "Istanbul", "Kyoto", "Lagos", "Lima",
    "Lisbon", "London", "Lyon", "Madrid", "Melbourne", "Milan", "Montreal", "Mumbai", "Nairobi",
    "New York", "Oslo", "Paris", "Porto", "Prague", "Rome", "San Francisco", "Seoul", "Stockholm",
    "Sydney", "Toronto", "Vienna", "Warsaw", "Zurich",
)  # fmt: skip
COUNTRIES: Final = (
    "Argentina", "Australia", "Austria", "Belgium", "Brazil", "Canada", "Chile", "Denmark", "Egypt",
    "Finland", "France", "Germany", "Greece", "India", "Ireland", "Italy", "Japan", "Kenya",
    "Mexico", "Netherlands", "Norway", "Poland", "Portugal", "Spain", "Sweden", "Switzerland",
    "Turkey", "United Kingdom", "United States", "South Korea",
)  # fmt: skip
STATES: Final = (
    "Bavaria", "California", "Catalonia", "Florida", "Lombardy", "Normandy", "Ohio", "Ontario",
    "Queensland", "Saxony", "Texas", "Tuscany", "Tyrol", "Victoria", "Washington", "Andalusia",
)  # fmt: skip
NATIONALITIES: Final = (
    "American", "Brazilian", "British", "Canadian", "Chinese", "Danish", "Dutch", "French",
    "German", "Greek", "Indian", "Irish", "Italian", "Japanese", "Kenyan", "Mexican", "Polish",
    "Spanish", "Swedish", "Turkish",
)  # fmt: skip
LANGUAGES: Final = "English French German Spanish Italian Portuguese Dutch Japanese Arabic".split()
COLORS: Final = "red blue green black white silver yellow orange purple brown grey pink".split()
_ADJECTIVES: Final = """
Amber Bright Calm Deep Early Fading Golden Hidden Iron Jolly Keen Lost Misty Noble Old Pale Quiet
Royal Silent Tall Urban Velvet Wild Young Blue Crimson Silver Eastern Northern Grand
""".split()
_NOUNS: Final = """
Anchor Bridge Canyon Dawn Ember Forest Garden Harbor Island Journey Kettle Lantern Meadow Night Oak
Pearl Quarry River Summit Tower Valley Wave Winter Yard Compass Falcon Mirror Orchard Signal Thread
""".split()
_TRADES: Final = (
    "Logistics Partners Industries Systems Foods Media Labs Group Works Trading".split()
)
_CENTRES: Final = (
    (-0.12, 51.5), (-2.6, 51.45), (2.35, 48.85), (4.9, 52.37), (9.19, 45.46), (13.4, 52.52),
    (16.37, 48.2), (-74.0, 40.71), (139.69, 35.68), (151.2, -33.87),
)  # fmt: skip
"""Longitude and latitude of a few cities."""
_COORDINATES: Final = (("lat", "lng"), ("lat", "lon"), ("latitude", "longitude"))
_STREETS: Final = "Street Avenue Lane Road Square Way".split()
_SENTENCES: Final = (
    "Arrived late but in good shape.", "Very satisfied with everything.",
    "Needs another look next week.",
    "No problems were reported.", "The customer asked for a refund.", "Please call before coming.",
    "Better than last year, still too expensive.", "Works well after the second repair.",
    "Great value for the money.", "Something was missing from the box.",
    "Would recommend to a friend.",
    "The staff were friendly and quick.", "Not what we had agreed on.",
    "Second visit, all fine now.",
)  # fmt: skip


def maker(kind: str, rng: Random, money: str, dates: str, flags: tuple[Any, Any]) -> Make:
    """The generator for a type of the tables, its own details drawn once from `rng`.

    `money` is `double`, `int` or `decimal`; `dates` is `date` or `text`: how this database
    stores them; `flags` are what it writes for false and true. Raises ValueError for a type that
    the tables don't have.
    """
    name, _, inside = kind.partition("(")
    inside = inside.removesuffix(")")
    if name in _PLAIN:
        return _PLAIN[name]
    if name == "enum":
        options = [option.replace("~", " ") for option in inside.split("|")]
        weights = [rng.random() + 0.1 for _ in options]
        return lambda r: r.choices(options, weights)[0]
    if name in ("int", "year"):
        low, high = _bounds(inside)
        return lambda r: r.randint(int(low), int(high))
    if name == "num":
        low, high = _bounds(inside)
        digits = rng.choice((1, 1, 2))
        return lambda r: round(r.uniform(low, high), digits)
    if name == "money":
        return _money(*_bounds(inside), money)
    if name == "bool":
        share = rng.uniform(0.15, 0.85)
        return lambda r: flags[r.random() < share]
    if name in ("date", "birth"):
        first, last = (2019, 2025) if name == "date" else (1940, 2012)
        return _dates(first, last, dates, with_time=name == "date" and rng.random() < 0.6)
    if name == "code":
        return _codes(rng)
    if name == "point":
        return _points(rng)
    raise ValueError(f"unknown type {kind!r} in the practice tables")


def _bounds(inside: str) -> tuple[float, float]:
    sign, rest = ("-", inside[1:]) if inside.startswith("-") else ("", inside)
    low, _, high = rest.partition("-")
    return float(sign + low), float(high)


def _money(low: float, high: float, stored: str) -> Make:
    from bson import Decimal128

    def make(r: Random) -> Any:
        # Most prices are small: the square keeps the middle away from the maximum.
        value = low + (high - low) * r.random() ** 2
        if stored == "int":
            return round(value)
        rounded = round(value, 2)
        return Decimal128(f"{rounded:.2f}") if stored == "decimal" else rounded

    return make


def _dates(first: int, last: int, stored: str, with_time: bool) -> Make:
    start = datetime(first, 1, 1)
    days = (datetime(last, 12, 31) - start).days

    def make(r: Random) -> Any:
        moment = start + timedelta(days=r.randint(0, days))
        if stored == "text":
            return f"{moment:%Y-%m-%d}"
        return moment + timedelta(seconds=r.randint(0, 86_399)) if with_time else moment

    return make


def _codes(rng: Random) -> Make:
    letters = "".join(rng.choice("ABCDEFGHKLMNPRSTVWX") for _ in range(rng.choice((2, 2, 3))))
    width = rng.choice((3, 4, 5))
    form = rng.choice(("{0}-{1}", "{0}{1}", "{1}-{0}", "{0}/{1}"))
    return lambda r: form.format(letters, str(r.randrange(10**width)).zfill(width))


def _points(rng: Random) -> Make:
    """Points in and around a few cities: GeoJSON, or in some databases a latitude and longitude."""
    digits = rng.choice((2, 3, 4, 5))
    plain = rng.choice(_COORDINATES) if rng.random() < 0.2 else None

    def make(r: Random) -> Any:
        longitude, latitude = r.choice(_CENTRES)
        longitude = round(longitude + r.gauss(0, 0.15), digits)
        latitude = round(latitude + r.gauss(0, 0.1), digits)
        if plain is not None:
            return {plain[0]: latitude, plain[1]: longitude}
        return {"type": "Point", "coordinates": [longitude, latitude]}

    return make


def _email(r: Random) -> str:
    host = r.choice(("mail.example", "post.example", "inbox.example"))
    return f"{r.choice(FIRST)}.{r.choice(LAST)}{r.randrange(100)}@{host}".lower()


def _title(r: Random) -> str:
    form = r.choice(("The {0} {1}", "{0} {1}", "{1} of the {2}", "A {0} {1}", "{0} {2} and {1}"))
    return form.format(r.choice(_ADJECTIVES), r.choice(_NOUNS), r.choice(_NOUNS))


_PLAIN: Final[dict[str, Make]] = {
    "person": lambda r: f"{r.choice(FIRST)} {r.choice(LAST)}",
    "first": lambda r: r.choice(FIRST),
    "last": lambda r: r.choice(LAST),
    "city": lambda r: r.choice(CITIES),
    "country": lambda r: r.choice(COUNTRIES),
    "state": lambda r: r.choice(STATES),
    "nationality": lambda r: r.choice(NATIONALITIES),
    "language": lambda r: r.choice(LANGUAGES),
    "color": lambda r: r.choice(COLORS),
    "company": lambda r: f"{r.choice(LAST)} {r.choice(_TRADES)}",
    "label": lambda r: f"{r.choice(_ADJECTIVES)} {r.choice(_NOUNS)}",
    "title": _title,
    "sentence": lambda r: r.choice(_SENTENCES),
    "email": _email,
    "phone": lambda r: f"+{r.randint(1, 99)} {r.randrange(100, 999)} {r.randrange(100000, 999999)}",
    "street": lambda r: f"{r.randint(1, 200)} {r.choice(_NOUNS)} {r.choice(_STREETS)}",
    "zip": lambda r: str(r.randrange(10000, 99999)),
}
