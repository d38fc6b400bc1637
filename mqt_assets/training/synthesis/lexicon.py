"""English that depends on what a field measures: comparatives, superlatives, verbs of dates.

Tables and look-ups by field word, with plain wording for everything they don't know. Pure.
"""

from __future__ import annotations

from typing import Final

from mqt_serving.query.plan import Comparator

PLACE_HEADS: Final = frozenset(
    "city country state region province town continent county location district neighborhood "
    "nation area hometown borough village".split()
)
ADJECTIVE_HEADS: Final = frozenset(
    "status state category type kind genre gender sex color colour material priority level tier "
    "segment condition class severity nationality size style sport species breed cuisine plan "
    "stage grade membership season rank form format".split()
)
BY_HEADS: Final = {
    "brand": ("by", "from", "made by"),
    "author": ("by", "written by", "from"),
    "writer": ("by", "written by"),
    "artist": ("by", "performed by"),
    "director": ("by", "directed by"),
    "manufacturer": ("by", "made by", "manufactured by"),
    "maker": ("by", "made by"),
    "publisher": ("by", "published by", "from"),
    "supplier": ("from", "supplied by"),
    "vendor": ("from", "sold by"),
    "company": ("by", "at", "from"),
    "airline": ("by", "of", "operated by"),
    "carrier": ("by", "via", "carried by"),
    "method": ("by", "via", "using"),
    "channel": ("via", "through", "from"),
    "source": ("from", "via"),
    "platform": ("on", "for"),
    "language": ("in", "written in"),
    "currency": ("in", "paid in"),
    "department": ("in", "in the department", "from"),
    "team": ("in", "on the team", "from"),
    "school": ("at", "from"),
    "university": ("at", "from"),
    "major": ("majoring in", "studying"),
    "position": ("playing as", "in the position"),
    "role": ("working as", "with the role"),
    "industry": ("in", "in the industry"),
    "sector": ("in", "in the sector"),
    "field": ("in", "in the field"),
}  # fmt: skip
RELATIONS: Final = {
    "category": ("in the {} category", "in category {}", "in {}"),
    "genre": ("in the {} genre", "of genre {}"),
    "type": ("of type {}", "of the {} type", "of the type {}"),
    "kind": ("of kind {}", "of the {} kind"),
    "status": ("with status {}", "with {} status", "in status {}", "marked as {}", "in {} state"),
    "priority": ("with {} priority", "of {} priority"),
    "level": ("at level {}", "with {} level"),
    "tier": ("in the {} tier", "on the {} tier"),
    "segment": ("in the {} segment",),
    "plan": ("on the {} plan", "with the {} plan"),
    "department": ("in the {} department", "of the {} department"),
    "color": ("in {}", "in color {}"),
    "size": ("in size {}", "of size {}"),
    "condition": ("in {} condition",),
    "format": ("in {} format",),
    "class": ("in class {}", "in {} class"),
    "method": ("with method {}", "paid with {}"),
}

COMPARATIVES: Final[dict[Comparator, tuple[str, ...]]] = {
    Comparator.GT: ("more than {}", "over {}", "above {}", "greater than {}", "higher than {}",
                    "> {}", "larger than {}", "exceeding {}", "bigger than {}"),
    Comparator.GTE: ("at least {}", "{} or more", "no less than {}", ">= {}", "{} or higher",
                     "greater than or equal to {}", "a minimum of {}", "{} and above"),
    Comparator.LT: ("less than {}", "under {}", "below {}", "lower than {}", "smaller than {}",
                    "< {}", "fewer than {}"),
    Comparator.LTE: ("at most {}", "{} or less", "no more than {}", "<= {}", "up to {}",
                     "less than or equal to {}", "{} or lower", "not more than {}"),
}  # fmt: skip
PERIODS: Final = {
    "in": ("in", "in", "during", "from", "in"),
    "before": ("before", "before", "earlier than", "prior to"),
    "after": ("after", "after", "later than"),
    "since": ("since", "from", "starting from", "on or after"),
    "until": ("until", "up to", "through", "on or before"),
}

_SPECIAL: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    # head word: (more than, less than)
    "price": (("that cost more than {}", "costing over {}", "priced above {}",
               "costing more than {}"),
              ("that cost less than {}", "cheaper than {}", "costing under {}", "priced below {}")),
    "age": (("older than {}", "over {} years old", "older than {}"),
            ("younger than {}", "under {} years old")),
    "weight": (("heavier than {}", "weighing more than {}"),
               ("lighter than {}", "weighing less than {}")),
    "height": (("taller than {}", "higher than {}"), ("shorter than {}",)),
    "length": (("longer than {}",), ("shorter than {}",)),
    "duration": (("longer than {}", "lasting more than {}"), ("shorter than {}",
                  "lasting under {}")),
    "salary": (("earning more than {}", "who earn over {}", "making more than {}"),
               ("earning less than {}", "who earn under {}")),
    "rating": (("rated above {}", "rated higher than {}"), ("rated below {}",
                "rated lower than {}")),
    "speed": (("faster than {}",), ("slower than {}",)),
    "area": (("bigger than {}", "larger than {}"), ("smaller than {}",)),
    "capacity": (("that hold more than {}", "with room for over {}"), ("that hold less than {}",)),
    "population": (("with more than {} inhabitants",), ("with fewer than {} inhabitants",)),
    "distance": (("farther than {}", "longer than {}"), ("closer than {}", "shorter than {}")),
}  # fmt: skip
_ALIKE: Final = {
    "cost": "price", "fare": "price", "rent": "price", "fee": "price", "wage": "salary",
    "pay": "salary", "income": "salary", "runtime": "duration", "minutes": "duration",
    "hours": "duration", "score": "rating", "stars": "rating", "kg": "weight", "pounds": "weight",
    "size": "area", "seats": "capacity", "surface": "area",
    "km": "distance", "miles": "distance", "amount": "amount", "total": "amount",
}  # fmt: skip


def measure_of(words: tuple[str, ...]) -> str:
    """The kind of measure a field is, by its words: `price`, `age`, ... or its last word."""
    for word in reversed(words):
        if word in _SPECIAL or word in _SUPERLATIVES:
            return word
        if word in _ALIKE:
            return _ALIKE[word]
    return words[-1]


def comparative_of(words: tuple[str, ...], op: Comparator) -> tuple[str, ...]:
    """Ways to say `op` with the measure's own words; empty when it has none."""
    measure = measure_of(words)
    more, less = _SPECIAL.get(measure, ((), ()))
    match op:
        case Comparator.GT:
            return more
        case Comparator.LT:
            return less
        case Comparator.GTE:
            return tuple(f"{verb} at least {{}}" for verb in _VERBS.get(measure, ()))
        case Comparator.LTE:
            return tuple(f"{verb} at most {{}}" for verb in _VERBS.get(measure, ()))
    return ()


def between_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """Verbs to which a stretch of numbers can be added: `costing` between 5 and 10."""
    return _VERBS.get(measure_of(words), ())


_VERBS: Final[dict[str, tuple[str, ...]]] = {
    "price": ("costing", "priced", "that cost", "priced at"),
    "age": ("aged",),
    "weight": ("weighing", "that weigh"),
    "salary": ("earning", "paid", "who earn", "who are paid", "making"),
    "rating": ("rated",),
    "duration": ("lasting", "that take"),
    "capacity": ("that hold", "holding"),
}


_SUPERLATIVES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    # head word: (greatest first, least first)
    "price": (("most expensive", "priciest", "costliest", "most expensive"),
              ("cheapest", "least expensive", "most affordable", "cheapest")),
    "age": (("oldest",), ("youngest",)),
    "weight": (("heaviest",), ("lightest",)),
    "height": (("tallest", "highest"), ("shortest", "lowest")),
    "length": (("longest",), ("shortest",)),
    "duration": (("longest",), ("shortest",)),
    "salary": (("best paid", "highest paid", "top earning"), ("lowest paid", "worst paid")),
    "rating": (("best rated", "highest rated", "top rated", "best"),
               ("worst rated", "lowest rated", "worst")),
    "speed": (("fastest",), ("slowest",)),
    "area": (("largest", "biggest"), ("smallest",)),
    "capacity": (("largest", "biggest"), ("smallest",)),
    "population": (("most populous", "largest", "most populated"),
                   ("least populous", "smallest")),
    "distance": (("longest", "farthest"), ("shortest", "closest")),
    "temperature": (("hottest", "warmest"), ("coldest",)),
    "depth": (("deepest",), ("shallowest",)),
    "amount": (("largest", "biggest", "highest"), ("smallest", "lowest")),
    "birth": (("youngest",), ("oldest",)),
    "date": (("latest", "most recent", "newest", "last"), ("earliest", "oldest", "first")),
    "year": (("newest", "most recent", "latest"), ("oldest", "earliest")),
}  # fmt: skip


def superlatives_of(words: tuple[str, ...], descending: bool, is_date: bool) -> tuple[str, ...]:
    """Adjectives for the greatest (descending) or least by the field; empty without any."""
    if is_date or "birth" in words:
        key = "birth" if "birth" in words or "dob" in words else "date"
        # Only dates of coming into being rank the thing itself: a due date doesn't make it new.
        if key == "date" and not set(words) & _DATES_OF_BEING:
            return ()
    else:
        key = measure_of(words)
        if key == "date":
            return ()
    pair = _SUPERLATIVES.get(key)
    return () if pair is None else pair[0 if descending else 1]


_DATES_OF_BEING: Final = frozenset(
    "created ordered placed date order published release released opened start hired hire joined "
    "join registered registration signup added posted sent received issued built founded made "
    "produced invoice visited booked started timestamp time purchase purchased sold submitted "
    "reviewed recorded taken".split()
)


def people_place(is_person: bool) -> tuple[str, ...]:
    common = ("in", "in", "from", "located in", "based in", "in")
    return ("in", "from", "living in", "who live in", "based in", "from") if is_person else common
