"""How follow-ups are worded: the forms of words that are read, and what each of them does.

A form covers the whole of a follow-up, or of one of its parts; `MOVES` names the method of
`changes.Changes` that it stands for. Conditions have no form of their own but a beginning
(`FORMS`) and an end (`ENDINGS`), which say how they go with the conditions before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mqt_serving.query.plan import DatePart, Function
from mqt_serving.translator.follow_ups.merging import Mode

_NUMBERS = dict(
    zip("one two three four five six seven eight nine ten".split(), range(1, 11), strict=True)
) | {"dozen": 12, "twenty": 20}
_N = r"(?P<n>[1-9]\d{0,3}|" + "|".join(_NUMBERS) + ")"
_THEM = r"(?:them|those|these|it|that|the results?|the list|the rows|the answer)"
_LEAD = re.compile(
    r"(?:and|but|now|ok|okay|then|so|well|great|thanks|thank you|please|hm+|can you|could you|"
    r"would you|now please|i (?:only |just )?(?:want|need|meant?)|let's|let us)\b[,:]?\s+",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[\s?.!,;]+$|[\s,]+(?:please|then|now|thanks)$", re.IGNORECASE)
PARTS = {
    "day": DatePart.DATE, "date": DatePart.DATE, "week": DatePart.WEEK,
    "month": DatePart.YEAR_MONTH, "quarter": DatePart.QUARTER, "year": DatePart.YEAR,
    "weekday": DatePart.WEEKDAY, "day of the week": DatePart.WEEKDAY,
    "day of week": DatePart.WEEKDAY, "hour": DatePart.HOUR, "hour of the day": DatePart.HOUR,
    "calendar week": DatePart.WEEK, "calendar month": DatePart.MONTH,
    "month of the year": DatePart.MONTH, "day of the month": DatePart.DAY,
}  # fmt: skip
ADVERBS = {
    "daily": DatePart.DATE, "weekly": DatePart.WEEK, "monthly": DatePart.YEAR_MONTH,
    "yearly": DatePart.YEAR, "annually": DatePart.YEAR, "quarterly": DatePart.QUARTER,
    "hourly": DatePart.HOUR,
}  # fmt: skip
FUNCTIONS = {
    "total": Function.SUM, "sum": Function.SUM, "average": Function.AVG, "mean": Function.AVG,
    "avg": Function.AVG, "minimum": Function.MIN, "lowest": Function.MIN, "smallest": Function.MIN,
    "min": Function.MIN, "maximum": Function.MAX, "highest": Function.MAX,
    "largest": Function.MAX, "biggest": Function.MAX, "max": Function.MAX,
}  # fmt: skip
OF_MONEY = {"cheapest": False, "dearest": True, "priciest": True, "most expensive": True,
          "least expensive": False}  # fmt: skip
OF_DATES = {"newest": True, "latest": True, "most recent": True, "oldest": False, "earliest": False}
OF_FIGURES = {"highest": True, "largest": True, "biggest": True, "greatest": True, "most": True,
            "lowest": False, "smallest": False, "least": False, "fewest": False}  # fmt: skip
_BEST = "|".join(sorted((*OF_MONEY, *OF_DATES, *OF_FIGURES), key=len, reverse=True))
_DOWN = r"(?:descending|desc|downwards?|(?:highest|largest|biggest|latest|newest|most) first)"
_UP = r"(?:ascending|asc|upwards?|(?:lowest|smallest|earliest|oldest|least|fewest) first)"


def trimmed(text: str) -> tuple[str, bool]:
    """Without the words around it, and whether such words lead to it."""
    led = False
    while True:
        cut = _TAIL.sub("", text)
        lead = _LEAD.match(cut)
        if lead is not None:
            led = True
            cut = cut[lead.end() :]
        if cut == text:
            return text, led
        text = cut


def number_in(text: str) -> int:
    return _NUMBERS.get(text.lower()) or int(text)


_BOUNDARY = re.compile(
    r"\s*[,;]\s*(?:and\s+|but\s+|then\s+)*|\s+(?:and|but|then)\s+"
    r"|\s+(?=(?:by|per|for each|grouped by|sort(?:ed)? by|order(?:ed)? by|top \d|with the)\b)",
    re.IGNORECASE,
)


_QUESTION = re.compile(r"(?:how|what|which|who|where|when)\b", re.IGNORECASE)
_BEFORE_QUESTIONS = re.compile(r"(?:for|per|by|in|of|from|with|among|on)\b", re.IGNORECASE)


def splits(text: str) -> Iterator[tuple[str, str]]:
    for match in _BOUNDARY.finditer(text):
        first, rest = text[: match.start()].strip(), text[match.end() :].strip()
        turned = _QUESTION.match(rest) and _BEFORE_QUESTIONS.match(first)
        if first and rest and not turned:  # "for each type, how many ...?" is one question
            yield first, rest


@dataclass(frozen=True, slots=True)
class Form:
    """How a condition begins."""

    pattern: re.Pattern[str]
    mode: Mode
    negated: bool = False
    cue: bool = True  # the name of an entity may follow: "only orders over 100"


def _form(pattern: str, mode: Mode, negated: bool = False, cue: bool = True) -> Form:
    return Form(re.compile(rf"(?:{pattern})\s+", re.IGNORECASE), mode, negated, cue)


ASKED = re.compile(r"\b(?:show|give|list|display|see|find|get|count)\b", re.IGNORECASE)
"""Beside the name of an entity these make a question of its own: "only show orders from Berlin"."""
_SHOW = r"(?:show|give|list|keep|take|see|display)(?:\s+me)?"
FORMS = (
    _form(
        r"(?:exclude|excluding|leave out|leaving out|hide|remove|drop|ignore|ignoring|skip|"
        r"without|except(?: for)?|but not|not|other than|apart from|just not|only not|minus)",
        Mode.NARROW, negated=True,
    ),
    _form(r"(?:what about|how about|what if|same (?:thing )?(?:but )?|the same(?: thing)?"
          r"(?: but)?(?: only)?|make (?:it|that)|change (?:it|that) to|switch to|try)",
          Mode.REPLACE),
    _form(r"(?:also|including|include|add|together with|as well as|plus)(?: the)?", Mode.WIDEN),
    _form(rf"(?:{_SHOW}\s+)?(?:only|just)(?:\s+{_SHOW})?\s+(?:the ones|those|these|ones|the)",
          Mode.NARROW),
    _form(rf"(?:{_SHOW}\s+)(?:only|just)", Mode.NARROW),
    _form(r"(?:only|just)(?!\s+(?:show|give|list|display|see|count))", Mode.NARROW),
    _form(rf"(?:{_SHOW}\s+)?(?:the ones|those|the rows)", Mode.NARROW),
    _form(r"(?:which|who) (?:ones |of (?:them|those|these) )?(?:is|are|were|was|have|has)(?= )",
          Mode.NARROW, cue=False),
    _form(rf"(?:limit|restrict|narrow|filter)(?: {_THEM})?(?: down)?(?: to| by| for| on)",
          Mode.NARROW),
)  # fmt: skip
ENDINGS = (
    (re.compile(r"\s+(?:only|ones only|ones)$", re.IGNORECASE), Mode.NARROW),
    (re.compile(r"\s+instead$", re.IGNORECASE), Mode.REPLACE),
    (re.compile(r"\s+(?:too|as well|also)$", re.IGNORECASE), Mode.WIDEN),
)

_ALSO = r"(?P<also>also\s+|additionally\s+|add\s+)?"
_TOO = r"(?P<too>\s+(?:too|as well|also))?"


def _move(pattern: str, change: str) -> tuple[re.Pattern[str], str]:
    return re.compile(pattern, re.IGNORECASE), change


_FN = r"(?P<function>" + "|".join(FUNCTIONS) + r")"
MOVES = (
    # how many
    _move(
        rf"(?:(?:just\s+|only\s+)?count(?:\s+{_THEM})?|how many(?:\s+(?:are|were|is|was)\s+"
        rf"(?:there|they|that|those|it|these))?(?:\s+in (?:total|all))?|how many of {_THEM}"
        r"(?:\s+are there)?|(?:what(?:'s| is) )?(?:the|their) (?:count|number)"
        r"|(?:just |only )?the (?:count|number)(?: of them)?|how many results|how many is that)",
        "count",
    ),
    _move(rf"how many (?:of {_THEM}\s+)?(?:are|were|is|was|have|had)\s+(?P<rest>.+)", "count"),
    _move(rf"how many of {_THEM}\s+(?P<rest>.+)", "count"),
    _move(r"how many (?P<rest>(?:from|in|over|above|under|below|with|without) .+)", "count"),
    # figures
    _move(
        r"(?:in total|overall|all together|altogether|all in all|in all|in sum)",
        "all_in_all",
    ),
    _move(
        rf"{_ALSO}(?P<asked>{_SHOW}\s+)?(?:also\s+)?"
        r"(?:(?P<what>what(?:'s| is| was| are)\s+the\s+)|the\s+"
        rf"|(?:what(?:'s| is| was| are)\s+)?(?:their|its)\s+){_FN}"
        rf"(?:\s+of {_THEM})?(?:\s+(?!of {_THEM})(?P<field>.+?))??{_TOO}(?:\s+instead)?",
        "figure",
    ),
    _move(rf"(?P<verb>sum|add|total|average)(?:\s+{_THEM})?(?:\s+up)?", "sum_up"),
    # groups
    _move(
        rf"{_ALSO}(?P<group>(?:group(?:ed)?|split|break|broken|divide[d]?|show|break down)"
        rf"(?:\s+{_THEM})?(?:\s+(?:down|up))?\s+)?"
        r"(?P<by>by|per|for each|for every|in each|for all|each)\s+"
        rf"(?P<keys>.+?){_TOO}(?:\s+instead)?",
        "regroup",
    ),
    _move(rf"{_ALSO}(?:the\s+)?(?P<adverb>{'|'.join(ADVERBS)}){_TOO}(?:\s+instead)?", "regroup"),
    # order and size
    _move(
        rf"(?:sort|order|rank|arrange)(?:ed)?(?:\s+{_THEM})?\s+by\s+(?P<by>.+?)"
        rf"(?:,?\s+(?:in\s+)?(?:(?P<down>{_DOWN})|{_UP})(?:\s+order)?)?(?:\s+instead)?",
        "sort",
    ),
    _move(rf"(?:sort\s+{_THEM}\s+)?(?:in\s+)?(?:(?P<down>desc(?:ending)?)|asc(?:ending)?)"
          r"(?:\s+order)?",
          "direction"),
    _move(rf"(?:(?:in\s+)?(?:the\s+)?reverse(?:d)?(?:\s+(?:the\s+)?order)?|reverse\s+{_THEM}"
          r"|(?:the\s+)?other way (?:a)?round)", "reverse"),
    _move(rf"(?:(?:with |show |put )?the\s+)?(?P<best>{_BEST})(?:\s+(?P<by>[\w ]+?))?\s+first",
          "best_first"),
    _move(
        rf"(?P<cut>(?:{_SHOW}\s+)?(?:(?:only|just)\s+)?(?:which (?:one )?(?:is|was|are)\s+)?the\s+)"
        rf"(?:{_N}\s+)?(?P<best>{_BEST})(?:\s+{_N.replace('?P<n>', '?P<m>')})?(?:\s+ones?)?"
        rf"(?:\s+of {_THEM})?(?:\s+by\s+(?P<by>.+))?",
        "best_first",
    ),
    _move(
        rf"(?:{_SHOW}\s+)?(?:only\s+|just\s+)?(?:the\s+)?(?P<word>top|first|best|last|bottom)\s+{_N}"
        rf"(?:\s+(?:ones|of {_THEM}|rows|results))?(?:\s+only)?(?:\s+by\s+(?P<by>.+))?",
        "top",
    ),
    _move(rf"(?:{_SHOW}\s+)?(?:the\s+)?next(?:\s+{_N})?(?:\s+(?:ones|rows|results|page))?", "next"),
    _move(rf"(?:{_SHOW}\s+)?all(?: of {_THEM})?", "all"),
    # columns and rows
    _move(rf"(?:{_SHOW}\s+(?:all of\s+)?{_THEM}|which ones(?: are (?:they|those|these))?"
          r"|(?:who|what) are (?:they|those))", "list_rows"),
    _move(
        rf"(?:{_SHOW}\s+)?(?:with|include|including|add|also)(?:\s+{_SHOW})?(?:\s+also)?\s+"
        r"(?:the|their|its|a column (?:for|with) (?:the|their|its))\s+(?P<columns>.+?)"
        r"(?:\s+(?:too|as well|also))?",
        "columns",
    ),
    _move(
        rf"(?:{_SHOW}\s+)?(?P<only>only\s+|just\s+)?(?:what(?:'s| is| are)\s+)?(?:their|its)\s+"
        r"(?P<columns>.+?)(?:\s+(?:too|as well|also|(?P<instead>instead)))?",
        "columns",
    ),
    _move(rf"(?:{_SHOW}\s+)?(?P<only>only|just)\s+the\s+(?P<columns>.+)", "columns"),
    _move(r"(?:without|drop|leave out|hide|remove)\s+(?:the|their)\s+(?P<columns>.+)",
          "drop_columns"),
    # conditions
    _move(
        r"(?:regardless of|irrespective of|whatever|ignoring|ignore|without|drop|remove"
        r"|(?:for|in|of) (?:any|all|every))\s+(?:the\s+)?(?P<field>[\w ]+?)"
        r"(?:\s+(?:filter|condition|restriction))?",
        "drop_condition",
    ),
    _move(r"(?:what about\s+|how about\s+|in\s+)?(?:the\s+)?(?P<unit>year|quarter|month)\s+"
          r"(?P<way>before|after)(?:\s+that)?", "move_span"),
)  # fmt: skip
