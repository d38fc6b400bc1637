"""The query in what a language model wrote: code fences, prose and reasoning around it go.

Pure. What is taken out is parsed and guarded by others: nothing here has to be trusted.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from mqt_serving.errors import QueryError

DECLINES = "CANNOT:"
"""How the prompt asks it to say that the data does not hold what is asked for."""

_REASONING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCED = re.compile(r"```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)
_START = re.compile(r"(?<![\w.])db(?=\s*[.\[])")
_MEMBER = re.compile(r"\s*\.[\w$]+")
_COMMANDS = frozenset({"find", "aggregate", "count", "distinct"})


@dataclass(frozen=True, slots=True)
class Declined:
    """The model says that the data does not hold what is asked for."""

    reason: str


def query_in(reply: str) -> str | Declined:
    """The first query of a reply; raises `QueryError` when there is none."""
    text = _REASONING.sub("", reply).strip()
    if text.lstrip("*_`\"' ").upper().startswith(DECLINES):
        return Declined(_reason(text))
    for part in (*_FENCED.findall(text), text):
        found = _statement(part) or _command(part)
        if found is not None:
            return found
    raise QueryError("There is no query in the reply: write one statement that starts with `db.`")


def _reason(text: str) -> str:
    after = text[text.upper().index(DECLINES) + len(DECLINES) :]
    return " ".join(after.split())[:300].strip("*_`\"' ") or "no reason given"


def _statement(text: str) -> str | None:
    """From `db` to the end of its last call, over as many lines as it takes."""
    for match in _START.finditer(text):
        end = _end_of_chain(text, match.end())
        if end is not None:
            return text[match.start() : end]
    return None


def _end_of_chain(text: str, at: int) -> int | None:
    """Where a chain of members and calls ends; None when nothing is called."""
    end = None
    while at < len(text):
        if member := _MEMBER.match(text, at):
            at = member.end()
        elif text[at] in "([":
            closed = _closing(text, at)
            if closed is None:
                break
            end = closed if text[at] == "(" else end
            at = closed
        else:
            break
    return end


def _closing(text: str, start: int) -> int | None:
    """The place after the bracket that closes the one at `start`; None when it stays open."""
    depth, quote, escaped = 0, "", False
    for at in range(start, len(text)):
        character = text[at]
        if quote:
            if escaped or character == "\\":
                escaped = not escaped
            elif character == quote:
                quote = ""
        elif character in "\"'`":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return at + 1
    return None


def _command(text: str) -> str | None:
    """A database command as JSON, or the query that is wrapped in JSON."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        body, length = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    if _COMMANDS & body.keys():
        return text[start : start + length]
    inner = (value for value in body.values() if isinstance(value, str))
    return next((found for value in inner if (found := _statement(value))), None)
