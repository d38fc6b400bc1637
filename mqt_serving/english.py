"""How English names things: identifiers as words, inflection, what happened at a date.

What explanations of queries and the questions of the training set have in common. Pure functions
over text; knows no schema and no plan. Depends on nothing of ours.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# --------------------------------------------------------------- identifiers

_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

ABBREVIATIONS: Final = {
    "qty": "quantity", "addr": "address", "num": "number", "nbr": "number", "no": "number",
    "desc": "description", "amt": "amount", "avg": "average", "pct": "percent",
    "dept": "department", "emp": "employee", "cust": "customer", "prod": "product",
    "cat": "category", "yr": "year", "fname": "first name", "lname": "last name",
    "tel": "phone", "dob": "date of birth", "msg": "message", "img": "image", "org": "organization",
    "mgr": "manager", "acct": "account", "stu": "student", "inv": "invoice", "dt": "date",
    "ts": "time", "lat": "latitude", "lng": "longitude", "lon": "longitude", "max": "maximum",
    "min": "minimum", "temp": "temperature", "dist": "distance", "dur": "duration",
    "est": "estimated",
    "pos": "position", "abbr": "abbreviation", "ref": "reference", "loc": "location",
    "wt": "weight", "ht": "height", "cnt": "count", "ctry": "country", "lang": "language",
    "info": "information", "stat": "status", "sal": "salary", "mfr": "manufacturer",
}  # fmt: skip
"""Short forms that people spell out when they ask."""


@lru_cache(maxsize=65536)
def words_of(name: str) -> tuple[str, ...]:
    """`shippingAddress` -> shipping, address; `order_items2` -> order, items, 2; lower case."""
    return tuple(word.lower() for word in _WORD.findall(name)) or (name.lower(),)


@lru_cache(maxsize=65536)
def spelled_out(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for word in words for part in ABBREVIATIONS.get(word, word).split())


# ---------------------------------------------------------------- inflection

_IRREGULAR: Final = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "foot": "feet",
    "tooth": "teeth", "mouse": "mice", "goose": "geese", "leaf": "leaves", "life": "lives",
    "wife": "wives", "shelf": "shelves", "half": "halves", "knife": "knives", "datum": "data",
    "medium": "media", "criterion": "criteria", "analysis": "analyses", "index": "indexes",
    "matrix": "matrices", "staff": "staff", "series": "series", "species": "species",
    "aircraft": "aircraft", "news": "news", "equipment": "equipment", "furniture": "furniture",
    "sheep": "sheep", "fish": "fish", "bus": "buses", "gas": "gases", "quiz": "quizzes",
    "hero": "heroes", "potato": "potatoes", "tomato": "tomatoes", "chassis": "chassis",
    "diagnosis": "diagnoses", "crisis": "crises", "basis": "bases", "stock": "stock",
    "inventory": "inventory", "software": "software", "music": "music", "history": "history",
    "salesman": "salesmen", "saleswoman": "saleswomen", "crew": "crew", "attendance": "attendance",
}  # fmt: skip
_SINGULAR: Final = {plural: singular for singular, plural in _IRREGULAR.items()} | {
    "indices": "index", "statuses": "status", "addresses": "address", "movies": "movie",
    "cookies": "cookie", "calories": "calorie", "caches": "cache", "axes": "axis", "shoes": "shoe",
    "horses": "horse", "courses": "course", "nurses": "nurse", "houses": "house",
    "warehouses": "warehouse", "expenses": "expense", "licenses": "license", "leases": "lease",
    "purchases": "purchase", "releases": "release", "responses": "response", "cases": "case",
    "databases": "database", "diseases": "disease", "exercises": "exercise",
    "franchises": "franchise",
    "premises": "premise", "causes": "cause", "bases": "base", "phases": "phase",
    "analyses": "analysis", "diagnoses": "diagnosis",
}  # fmt: skip
_NOT_PLURAL: Final = frozenset(
    "status address class boss glass process access success progress business campus bus gas "
    "bonus census lens series species news chassis basis analysis diagnosis crisis axis yes "
    "congress illness loss mass pass press stress virus focus corpus surplus tennis address "
    "physics mathematics economics sales details sms gps us dress mattress canvas atlas".split()
)


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    if word in _SINGULAR:
        return _SINGULAR[word]
    if word in _NOT_PLURAL or len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("us") or word.endswith("is"):
        return word
    return word[:-1]


@lru_cache(maxsize=65536)
def plural(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if singular(word) != word:
        return word
    if word.endswith("y") and len(word) > 2 and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word if word in ("sales", "details", "news") else word + "es"
    return word + "s"


_PARTICLES: Final = frozenset("at on in by to for from until since far up out so".split())


def plural_phrase(phrase: str) -> str:
    """The last word in the plural, or the word before "of"/"in": `dates of birth`.

    Phrases that end in a particle have no plural ("created at").
    """
    head, of, tail = phrase.partition(" in " if " in " in phrase else " of ")
    first, space, last = head.rpartition(" ")
    if last in _PARTICLES:
        return phrase
    return f"{first}{space}{plural(last)}{of}{tail}"


def singular_phrase(phrase: str) -> str:
    first, space, last = phrase.rpartition(" ")
    return f"{first}{space}{singular(last)}"


_MASS: Final = frozenset("stock inventory staff equipment weight information pay".split())


def with_article(phrase: str) -> str:
    """`an order date`, but `loyalty points` and `stock` as they are."""
    last = phrase.partition(" of ")[0].rpartition(" ")[2]
    if last in _MASS or (singular(last) != last and not phrase.endswith("'s")):
        return phrase
    return f"{article(phrase)} {phrase}"


def article(phrase: str) -> str:
    return "an" if phrase[:1].lower() in "aeiou" and not phrase.startswith(("uni", "use")) else "a"


# -------------------------------------------------------------------- dates

_PARTICIPLES: Final = {
    "order": "placed", "ordered": "placed", "birth": "born", "hire": "hired", "release": "released",
    "registration": "registered", "signup": "registered", "joined": "who joined",
    "join": "who joined",
    "creation": "created", "publication": "published", "purchase": "purchased",
    "delivery": "delivered",
    "shipping": "shipped", "ship": "shipped", "shipment": "shipped", "payment": "paid",
    "start": "starting", "end": "ending", "due": "due", "opening": "opened",
    "foundation": "founded",
    "founding": "founded", "build": "built", "construction": "built", "departure": "departing",
    "arrival": "arriving", "update": "updated", "modification": "modified", "issue": "issued",
    "return": "returned", "sale": "sold", "loan": "lent", "booking": "booked",
    "enrollment": "enrolled",
    "admission": "admitted", "appointment": "scheduled", "manufacture": "made", "death": "who died",
    "graduation": "graduating", "expiry": "expiring", "expiration": "expiring",
    "established": "established",
    "departed": "that departed", "arrived": "that arrived", "expires": "expiring",
    "starts": "starting",
    "ends": "ending", "started": "started", "ended": "ended", "died": "who died", "dob": "born",
}  # fmt: skip
_IRREGULAR_PARTICIPLES: Final = frozenset(
    "built sold paid sent made bought held written taken given born shown won lost begun lent left "
    "driven flown spent".split()
)


def participle_of(words: tuple[str, ...]) -> str | None:
    """What happened at the date or in the year: `created_at` created, `order_date` placed."""
    core = [word for word in words if word not in ("date", "time", "at", "on", "year", "of", "day")]
    if not core:
        return None
    last = core[-1]
    if last in _PARTICIPLES:
        return _PARTICIPLES[last]
    if (len(last) > 4 and last.endswith("ed")) or last in _IRREGULAR_PARTICIPLES:
        return last
    return None


# -------------------------------------------------------------------- values

NUMBER_WORDS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
)  # fmt: skip

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
