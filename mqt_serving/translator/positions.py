"""Places in a ranking: the numbers of rows that words of rank skip or show.

"The second highest", "the runner-up" and "number 2 in price" skip one row, "places 11 to 20" skip
ten and show ten, "the 3rd to 5th" show three, "page 3 with 10 per page" (in either order) skips
twenty. Numbers that stand in the question as they are do not belong here.
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
_SMALL = {word: number for number, word in enumerate(NUMBER_WORDS) if number}
_COUNT = rf"\d{{1,6}}|{'|'.join(_SMALL)}"
_PLACES = re.compile(
    r"\b(?:places?|placed|ranks?|ranked|positions?|rows?|lines?|numbers?|entries|results?|records?)\s+"
    rf"({_COUNT})\s*(?:to|through|until|till|-|–)\s*({_COUNT})\b"
    r"|(?<![\w.-])(\d{1,4})\s*(?:to|through|-|–)\s*(\d{1,4})\s+"
    r"(?:by|(?:when\s+)?(?:ranked|sorted|ordered)|in\s+(?:alphabetical\s+)?order)\b",
    re.IGNORECASE,
)
_ORDINALS_BETWEEN = re.compile(
    r"\b(\d{1,3})(?:st|nd|rd|th)?\s*(?:to|through|-|–)\s*(?:the\s+)?(\d{1,3})(?:st|nd|rd|th)\b"
    rf"|\b({'|'.join(_ORDINALS)})\s+(?:to|through)\s+(?:the\s+)?({'|'.join(_ORDINALS)})\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:\b(?:number|no\.?|nr\.?)\s*|#)(\d{1,3})\s+(?:in|by)\b"
    rf"|\b(?:number|no\.?|nr\.?)\s+({'|'.join(_SMALL)})\b(?!\s*(?:to|through|until|-|–)\s)",
    re.IGNORECASE,
)
_SECOND = re.compile(
    r"\brunners?[- ]up\b|\bskip(?:ping)?\s+the\s+(?:very\s+)?(?:first|top|best)(?:\s+(?:one|row))?"
    r"(?=\s*(?:[,.;?!)]|$))"
    r"|\b(?:except|but|skip(?:ping)?|without|excluding|omitting|after|behind|not)\s+(?:for\s+)?the\s+"
    r"(?:very\s+|single\s+)?(?:\w{2,}est|top|best|worst|leader|winner)\b(?!\s+\d)"
    r"|\bthe\s+\w{2,}est\s+(?:one\s+)?(?:skipped|left out|excluded|omitted)\b",
    re.IGNORECASE,
)
_SIZES = {word: number for number, word in enumerate(NUMBER_WORDS) if number >= 5} | {
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "hundred": 100,
}
_PAGE_SIZE = rf"\d{{1,4}}|{'|'.join(_SIZES)}"
_SIZE = re.compile(
    rf"\b({_PAGE_SIZE})\s+(?:\w+\s+)?(?:per|a|to a|each|on a|on each|on every)\s+page\b"
    rf"|\bpages? of ({_PAGE_SIZE})\b"
    rf"|\b(?:page\s+\d{{1,4}}|(?:{'|'.join(_ORDINALS)})\s+page)\s+(?:of|with|at|by)\s+({_PAGE_SIZE})(?:\s+each\b|(?=\s*(?:[,.;:?!)]|$)))",
    re.IGNORECASE,
)
_PAGES_PASSED = re.compile(
    rf"\bskip(?:ping)?\s+(?:the\s+first\s+)?({_COUNT})\s+pages\b", re.IGNORECASE
)
_PAGE = re.compile(
    rf"\bpage\s+(?:number\s+|no\.?\s+)?(\d{{1,4}}|{'|'.join(_SMALL)})\b"
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
        yield from _between(match, at, _small(match[at]), _small(match[at + 1]))
    for match in _ORDINALS_BETWEEN.finditer(question):
        at = 1 if match[1] else 3
        first, last = (_ORDINALS.get(match[i].lower()) or int(match[i]) for i in (at, at + 1))
        if 1 <= first < last:
            yield last - first + 1, *match.span()
    for match in _NUMBERED.finditer(question):
        if (place := _small(match[1] or match[2])) > 1:
            yield place - 1, *match.span()
    for match in _SECOND.finditer(question):
        yield 1, *match.span()
    yield from _pages(question)


def _between(
    match: re.Match[str], at: int, first: int, last: int
) -> Iterator[tuple[int, int, int]]:
    """Rows skipped before place `first`, and shown from it to `last`."""
    if 1 < first <= last:
        yield first - 1, *match.span(at)
        yield last - first + 1, match.start(at), match.end(at + 1)


def _pages(question: str) -> Iterator[tuple[int, int, int]]:
    """Rows skipped before a page, where the question says how long pages are."""
    sized = _SIZE.search(question)
    if sized is None:
        return
    written = (sized[1] or sized[2] or sized[3]).lower()
    size = _SIZES[written] if written in _SIZES else int(written)
    for match in _PAGE.finditer(question):
        page = _ORDINALS[match[2].lower()] if match[2] else _small(match[1] or match[3])
        if page > 1 and size:
            yield (page - 1) * size, *match.span()
            if written in _SIZES:
                yield size, *sized.span()
    for match in _PAGES_PASSED.finditer(question):
        if size:
            yield _small(match[1]) * size, *match.span()


def _small(written: str) -> int:
    return _SMALL.get(written.lower()) or int(written)
