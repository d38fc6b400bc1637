"""Places in a ranking: the numbers of rows that words of rank skip or show.

"The second highest" skips one row, "places 11 to 20" skip ten and show ten, "page 3 with 10 per
page" skips twenty. Numbers that stand in the question as they are do not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
    r"\b(?:places?|ranks?|ranked|positions?|rows?|numbers?|entries|results?|records?)\s+"
    r"(\d{1,6})\s*(?:to|through|until|-|–)\s*(\d{1,6})\b",
    re.IGNORECASE,
)
_PAGE = re.compile(
    r"\bpage\s+(\d{1,4})\b.*?\b(\d{1,4})\s+(?:\w+\s+)?(?:per|a|on each|on every)\s+page\b",
    re.IGNORECASE,
)


def find_positions(question: str) -> Iterator[tuple[int, int, int]]:
    """(rows skipped or shown, first character, character after the last) of each rank."""
    for match in _ORDINAL.finditer(question):
        place = _ORDINALS[match[1].lower()] if match[1] else int(match[2])
        if place > 1:
            yield place - 1, *match.span()
    for match in _PLACES.finditer(question):
        first, last = int(match[1]), int(match[2])
        if 1 < first <= last:
            yield first - 1, *match.span(1)
            yield last - first + 1, match.start(1), match.end(2)
    for match in _PAGE.finditer(question):
        page, size = int(match[1]), int(match[2])
        if page > 1 and size:
            yield (page - 1) * size, *match.span()
