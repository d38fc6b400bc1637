"""Places in a ranking: the numbers of rows that words of rank skip or show.

"The second highest" and "number 2 in price" skip one row, "places 11 to 20" skip ten and show ten,
"page 3 with 10 per page" (in either order) skips twenty. Numbers that stand in the question as they
are do not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mqt_serving.english import NUMBER_WORDS

_ORDINALS = {
    word: number
    for number, word in enumerate(
        "second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        start=2,
    )
}
_ORDINAL = re.compile(
    rf"\b(?:({'|'.join(_ORDINALS)})|(\d{{1,3}})(?:st|nd|rd|th))\b(?!\s+quarters?\b)", re.IGNORECASE
)
_PLACES = re.compile(
    r"\b(?:places?|placed|ranks?|ranked|positions?|rows?|numbers?|entries|results?|records?)\s+"
    r"(\d{1,6})\s*(?:to|through|until|-|–)\s*(\d{1,6})\b"
    r"|(?<![\w.-])(\d{1,4})\s*(?:to|through|-|–)\s*(\d{1,4})\s+(?:by|ranked|sorted|ordered)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:\b(?:number|no\.?|nr\.?)\s*|#)(\d{1,3})\s+(?:in|by)\b", re.IGNORECASE)
_SIZES = {word: number for number, word in enumerate(NUMBER_WORDS) if number >= 5} | {
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "hundred": 100,
}
_SIZE = re.compile(
    rf"\b(\d{{1,4}}|{'|'.join(_SIZES)})\s+(?:\w+\s+)?(?:per|a|to a|on a|on each|on every)\s+page\b"
    rf"|\bpages of (\d{{1,4}}|{'|'.join(_SIZES)})\b",
    re.IGNORECASE,
)
_PAGE = re.compile(
    rf"\bpage\s+(?:number\s+|no\.?\s+)?(\d{{1,4}})\b"
    rf"|\b(?:({'|'.join(_ORDINALS)})|(\d{{1,3}})(?:st|nd|rd|th))\s+page\b",
    re.IGNORECASE,
)


def find_positions(question: str) -> Iterator[tuple[int, int, int]]:
    """(rows skipped or shown, first character, character after the last) of each rank."""
    for match in _ORDINAL.finditer(question):
        place = _ORDINALS[match[1].lower()] if match[1] else int(match[2])
        if place > 1:
            yield place - 1, *match.span()
    for match in _PLACES.finditer(question):
        at = 1 if match[1] else 3
        first, last = int(match[at]), int(match[at + 1])
        if 1 < first <= last:
            yield first - 1, *match.span(at)
            yield last - first + 1, match.start(at), match.end(at + 1)
    for match in _NUMBERED.finditer(question):
        if int(match[1]) > 1:
            yield int(match[1]) - 1, *match.span()
    sized = _SIZE.search(question)
    if sized is None:
        return
    written = (sized[1] or sized[2]).lower()
    size = _SIZES[written] if written in _SIZES else int(written)
    for match in _PAGE.finditer(question):
        page = _ORDINALS[match[2].lower()] if match[2] else int(match[1] or match[3])
        if page > 1 and size:
            yield (page - 1) * size, *match.span()
            if written in _SIZES:
                yield size, *sized.span()
