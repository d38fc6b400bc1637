"""How differently people say the same: synonyms, spelling of values, style.

Pure functions over text; everything random takes a `random.Random`. Knows no schema and no plan
(see `synthesis` for those). Depends on `mqt_serving.english` and on the `Point` of plans.
"""

from __future__ import annotations

import re
from datetime import datetime
from random import Random
from typing import Final

from mqt_serving.english import MONTHS, NUMBER_WORDS
from mqt_serving.query.plan import Point

# ------------------------------------------------------------------ synonyms

_GROUPS: Final = """
price cost
customer client
customer buyer
employee worker
employee staff_member
category type
category kind
salary pay
salary wage
rating score
rating stars
order purchase
product article
quantity amount
quantity units
total sum
company firm
company business
doctor physician
movie film
student pupil
teacher instructor
car vehicle
city town
country nation
phone phone_number
phone telephone
email email_address
email mail
birth_date birthday
birth_date date_of_birth
job_title position
department division
department team
shop store
supplier vendor
manufacturer maker
brand make
author writer
description details
duration length
ticket case
review comment
address location
gender sex
stock inventory
stock units_in_stock
shipment delivery
zip_code postal_code
zip postal_code
state province
revenue income
discount reduction
member subscriber
apartment flat
flight trip
patient case
fee charge
status state
start_date beginning
end_date finish_date
username user_name
language tongue
nationality citizenship
capacity size
population number_of_inhabitants
year_founded founding_year
photo picture
lecture class
"""


def _synonym_table() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for line in _GROUPS.strip().splitlines():
        left, right = (word.replace("_", " ") for word in line.split())
        table.setdefault(left, []).append(right)
    # Only the general words also replace the special ones: "cost" is asked as "price", but a
    # field "type" is not asked as "category" when both may exist.
    for left, right in (("cost", "price"), ("client", "customer"), ("film", "movie"),
                        ("worker", "employee"), ("vehicle", "car"), ("wage", "salary"),
                        ("firm", "company"), ("physician", "doctor"), ("vendor", "supplier"),
                        ("pupil", "student"), ("sex", "gender"), ("score", "rating"),
                        ("units", "quantity"), ("store", "shop"), ("writer", "author"),
                        ("telephone", "phone")):  # fmt: skip
        table.setdefault(left, []).append(right)
    return {word: tuple(found) for word, found in table.items()}


SYNONYMS: Final = _synonym_table()


def synonym(phrase: str, rng: Random) -> str:
    """The phrase, or its last words replaced by a synonym where there is one."""
    if found := SYNONYMS.get(phrase):
        return rng.choice(found)
    first, space, last = phrase.rpartition(" ")
    found = SYNONYMS.get(last)
    return f"{first}{space}{rng.choice(found)}" if found else phrase


# -------------------------------------------------------------------- values

_NO_SHORT_MONTH: Final = ("May", "June", "July")


_COORDINATES: Final = (
    ("{lat}, {lon}", 6), ("({lat}, {lon})", 2), ("{lat},{lon}", 1), ("{lat} {lon}", 0.7),
    ("lat {lat} lon {lon}", 1), ("lat {lat}, lon {lon}", 1), ("lat: {lat}, lng: {lon}", 0.5),
    ("lat={lat}, lng={lon}", 0.3), ("latitude {lat}, longitude {lon}", 1),
    ("latitude {lat} and longitude {lon}", 1), ("longitude {lon}, latitude {lat}", 0.6),
    ("lon {lon} lat {lat}", 0.4), ("lat/lon {lat}, {lon}", 0.4), ("lon/lat {lon}, {lat}", 0.4),
    ("(lon, lat) {lon}, {lat}", 0.4), ("[{lon}, {lat}] (longitude, latitude)", 0.4),
    ("{north} {ns}, {east} {ew}", 1), ("{north}°{ns} {east}°{ew}", 0.6),
    ("{north}° {ns}, {east}° {ew}", 0.6), ("{north}{ns} {east}{ew}", 0.4),
    ("{east}°{ew}, {north}°{ns}", 0.2),
)  # fmt: skip


def spell_point(point: Point, rng: Random) -> str:
    """Coordinates in one of the ways in which people write them; see `coordinates`."""
    forms, weights = zip(*_COORDINATES, strict=True)
    form: str = rng.choices(forms, weights)[0]
    latitude, longitude = point.latitude, point.longitude
    return form.format(
        lat=latitude,
        lon=longitude,
        north=abs(latitude),
        east=abs(longitude),
        ns="N" if latitude >= 0 else "S",
        ew="E" if longitude >= 0 else "W",
    )


def spell_count(number: int, rng: Random) -> str:
    """A small whole number as people write counts: `3` or `three`."""
    if 1 < number <= 12 and rng.random() < 0.35:
        return NUMBER_WORDS[number]
    return spell_number(number, rng)


def spell_number(number: int | float, rng: Random) -> str:
    """`1500` as 1500, 1,500; floats as short as they are exact."""
    text = repr(number) if isinstance(number, float) else str(number)
    if isinstance(number, float) and number.is_integer() and rng.random() < 0.95:
        text = str(int(number))
    if abs(number) >= 1000 and "e" not in text and rng.random() < 0.3:
        whole, point, rest = text.partition(".")
        return f"{int(whole):,}{point}{rest}"
    return text


def ordinal(day: int) -> str:
    suffix = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def spell_month(month: int, rng: Random) -> str:
    name = MONTHS[month - 1]
    if name in _NO_SHORT_MONTH or rng.random() < 0.75:
        return name
    return name[:3] if rng.random() < 0.8 else name[:3] + "."


def spell_day(day: datetime, rng: Random) -> str:
    """One calendar day in one of the unambiguous English forms."""
    month = spell_month(day.month, rng)
    form = rng.random()
    if form < 0.4:
        return f"{day:%Y-%m-%d}"
    if form < 0.6:
        return f"{month} {day.day}, {day.year}"
    if form < 0.7:
        return f"{month} {ordinal(day.day)}, {day.year}"
    if form < 0.83:
        return f"{day.day} {month} {day.year}"
    if form < 0.9:
        return f"the {ordinal(day.day)} of {month} {day.year}"
    return f"{month} {day.day} {day.year}"


def spell_year_month(moment: datetime, rng: Random) -> str:
    form = rng.random()
    if form < 0.75:
        return f"{spell_month(moment.month, rng)} {moment.year}"
    if form < 0.85:
        return f"{moment:%Y-%m}"
    if form < 0.93:
        return f"{spell_month(moment.month, rng)} of {moment.year}"
    return f"{spell_month(moment.month, rng)}, {moment.year}"


def spell_quarter(moment: datetime, rng: Random) -> str:
    number = (moment.month - 1) // 3 + 1
    word = ("first", "second", "third", "fourth")[number - 1]
    return rng.choice(
        (f"Q{number} {moment.year}", f"Q{number} of {moment.year}",
         f"the {word} quarter of {moment.year}")
    )  # fmt: skip


def spell_half(moment: datetime, rng: Random) -> str:
    number, word = (1, "first") if moment.month < 7 else (2, "second")
    return rng.choice(
        (f"the {word} half of {moment.year}", f"H{number} {moment.year}",
         f"the {word} half of {moment.year}")
    )  # fmt: skip


def spell_without_year(start: datetime, unit: str, rng: Random) -> str:
    """The first of two days or months of a year that is said with the second."""
    month = spell_month(start.month, rng)
    if unit == "month":
        return month
    return rng.choice(
        (f"{start.day} {month}", f"{month} {start.day}", f"{month} {ordinal(start.day)}")
    )


def quoted(text: str, rng: Random) -> str:
    """Text values stand bare, or in quotes that the value itself doesn't contain.

    Sentences and lists always do: nobody could tell where they end.
    """
    form = rng.random()
    if form < 0.6 and not _SENTENCE.search(text):
        return text
    if form < 0.85 and '"' not in text:
        return f'"{text}"'
    if "'" not in text:
        return f"'{text}'"
    return text if '"' in text else f'"{text}"'


_SENTENCE: Final = re.compile(r"[,;:?!]|\.$|(?: [a-z]+){3}")


# --------------------------------------------------------------------- style


def join_words(items: list[str], rng: Random, last: str = "and") -> str:
    """`a, b and c`, with or without the comma before the last."""
    if len(items) < 2:
        return "".join(items)
    comma = "," if len(items) > 2 and rng.random() < 0.5 else ""
    return f"{', '.join(items[:-1])}{comma} {last} {items[-1]}"


_OPTIONAL: Final = re.compile(r"\b(?:the|all|of the|please|our|are there) ", re.IGNORECASE)


def in_style(text: str, literals: list[str], rng: Random) -> str:
    """The question as one person would type it: case, punctuation, dropped words, seldom typos.

    `literals` are the spelled values inside it: they stay as they are, but for lower case in a
    question that is all lower case (values are matched without regard to case).
    """
    text = " ".join(text.split())
    asks = text.lower().startswith(_ASKING)
    form = rng.random()
    if form < 0.1 and not any(_OPTIONAL.search(f"{literal} ") for literal in literals):
        text = _drop_words(text, rng)
    elif form < 0.14:
        text = _typo(text, literals, rng)
    form = rng.random()
    if form < 0.12:
        return text.lower()
    if form < 0.2:
        return text[:1].lower() + text[1:]
    if rng.random() < 0.05 and not asks:
        text = rng.choice((f"{text}, please", f"please {text}", f"{text} please"))
    elif rng.random() < 0.04 and text.lower().startswith("how many"):
        text = rng.choice(("I'd like to know ", "we want to know ", "can you tell me ")) + text
    text = text[:1].upper() + text[1:]
    if form < 0.35:
        return text
    return text + ("?" if asks else rng.choice((".", "", "")))


_ASKING: Final = (
    "what", "which", "who", "how", "when", "where", "is ", "are ", "do ", "does ", "can ", "could",
    "in which", "for which", "on which", "from which",
)  # fmt: skip


def _drop_words(text: str, rng: Random) -> str:
    return _OPTIONAL.sub(lambda found: "" if rng.random() < 0.6 else found.group(), text)


def _typo(text: str, literals: list[str], rng: Random) -> str:
    words = text.split(" ")
    taken = " ".join(literals).lower()
    open_to_it = [
        i for i, word in enumerate(words)
        if len(word) > 4 and word.isalpha() and word.lower() not in taken
    ]  # fmt: skip
    if not open_to_it:
        return text
    at = rng.choice(open_to_it)
    word = words[at]
    spot = rng.randrange(1, len(word) - 1)
    match rng.randrange(3):
        case 0:
            word = word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :]
        case 1:
            word = word[:spot] + word[spot + 1 :]
        case _:
            word = word[:spot] + word[spot] + word[spot:]
    words[at] = word
    return " ".join(words)
