"""How field and collection names suggest what a field refers to: pure functions on strings.

`customer_id` names the entity "customer"; `Customers`, `Ref_Document_Types` and the array
`Member_of_club` are entities; `stuid` and `StuID` are the same name. `references` weighs this
against the values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_KEY_WORDS = frozenset(
    {"id", "ids", "uid", "uuid", "guid", "oid", "code", "codes", "key", "keys", "no", "nr", "num",
     "number", "ref", "refs", "sku", "ssn", "isbn", "iata", "icao", "abbreviation"}
)  # fmt: skip
_NOT_IDS = frozenset(
    {"paid", "valid", "grid", "said", "bid", "solid", "void", "fluid", "android", "mid", "covid",
     "hybrid", "rapid", "unpaid", "invalid", "liquid", "aid", "kid", "avoid", "acid", "humid"}
)  # fmt: skip
_MEASURES = frozenset(
    {"age", "amount", "area", "avg", "average", "balance", "budget", "capacity", "cost", "count",
     "date", "day", "days", "discount", "distance", "duration", "height", "high", "hour", "hours",
     "latitude", "length", "level", "longitude", "low", "max", "min", "minute", "month", "months",
     "percent", "percentage", "points", "population", "position", "price", "quantity", "rank",
     "rate", "rating", "salary", "score", "share", "size", "speed", "stars", "time", "total",
     "value", "volume", "week", "weight", "width", "year", "years", "priority", "version", "sum",
     "attempts", "line", "sequence", "stock", "floor", "round", "zip", "postcode"}
)  # fmt: skip
_OWN_KIND = frozenset(
    {"manager", "parent", "supervisor", "boss", "superior", "mentor", "leader", "reports",
     "spouse", "partner", "friend", "sibling", "previous", "next", "replaced", "replaces",
     "replacement", "duplicate", "original", "predecessor", "successor", "root", "related",
     "referrer", "referred", "head", "lead", "follows", "follower"}
)  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A field's or collection's last name part, taken apart.

    `words` are lower-case and singular, `plain` all of it together (`stuid` for `Stu_ID`),
    `base` is `plain` without what says "key" (`customer` for `customer_id` and `customerIDs`).
    """

    words: tuple[str, ...]
    plain: str
    base: str
    is_key: bool

    @property
    def is_identifier(self) -> bool:
        """Whether it identifies one thing, rather than numbering or classifying it."""
        return self.is_key and bool(self.words) and self.words[-1].endswith("id")

    @property
    def is_generic(self) -> bool:
        """Whether the name alone says nothing of what it identifies (`_id`, `code`, `name`)."""
        return not self.base or self.base in ("name", "title", "type", "status", "value")

    @property
    def is_measure(self) -> bool:
        """Whether it names a quantity, which happens to equal an identifier but refers to none."""
        if self.words[:2] in (("number", "of"), ("num", "of"), ("no", "of")):
            return True
        return not self.is_key and any(
            word in _MEASURES or word + "s" in _MEASURES for word in self.words
        )

    @property
    def names_own_kind(self) -> bool:
        """Whether it names another thing of the same kind: a manager of staff, a parent task."""
        return any(word in _OWN_KIND for word in self.words)


@lru_cache(maxsize=20_000)
def name_of(text: str) -> Name:
    """The name of a dotted path's leaf, or of a collection."""
    leaf = text.rsplit(".", 1)[-1]
    words = tuple(singular(word.lower()) for word in _WORD.findall(leaf))
    if len(words) > 1 and words[-1].isdigit():
        words = words[:-1]  # Club_ID_1 and Club_ID_2 are two references to a club
    plain = "".join(words)
    last = words[-1] if words else ""
    if last in _KEY_WORDS:
        return Name(words, plain, "".join(words[:-1]), True)
    # A glued suffix as in `dormid`; the stem needs three letters so that `void` stays a word.
    if len(last) >= 5 and last.endswith("id") and last not in _NOT_IDS:
        return Name(words, plain, plain[:-2], True)
    return Name(words, plain, plain, False)


def readable(path: str) -> str:
    """A path in words: `items.unitPrice` reads "items unit price", `_id` reads "id"."""
    words = _WORD.findall(path)
    # A script without letter case has no words for the pattern above: keep the path as it is.
    return " ".join(word if word.isupper() else word.lower() for word in words) or path


def singular(word: str) -> str:
    """A rough English singular, good enough to compare names with."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2:
        return word[:-1]
    return word


def entity_match(source: Name, entity: Name) -> float:
    """How well `source` names `entity`: 1 the same, lower for a part of a name, 0 not at all."""
    base, target = source.base, entity.plain
    if not base or not target:
        return 0.0
    without_prefix = "".join(w for w in entity.words if w not in ("ref", "lookup", "tbl", "dim"))
    if base in (target, without_prefix):
        return 1.0
    words = source.words[:-1] if source.is_key and len(source.words) > 1 else source.words
    if any("".join(words[start:]) in (target, without_prefix) for start in range(1, len(words))):
        return 0.9  # end_station_id -> station, DestAirport -> airport
    if len(entity.words) > 1 and base == entity.words[-1]:
        return 0.7  # station_id -> train_station
    if len(base) >= 3 and len(entity.words) == 1 and target.startswith(base):
        return 0.6  # emp_id -> employees
    return 0.0
