"""Filling in the `english` of an operator (see `operators.definition.Operator`). Pure.

The phrases that go in are closed: a name, a literal, or something in brackets; so two different
sets of arguments never give the same text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mqt_serving.query.explanation.values import listed

_OPTIONAL: Final = re.compile(r"\[([^\]]*)\]")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)(?::(\w+))?(?:\|([^}]*))?\}")


def fill(english: str, phrase: Callable[[str, str], str | None], all_of: Sequence[str] = ()) -> str:
    """The template with its arguments.

    `phrase` gives the text of an argument by its name, said in a manner ("" when none is asked
    for), or None when it is not given: the bracket around it is then left out. `all_of` are the
    texts of a variable number of arguments.
    """

    def argument(found: re.Match[str]) -> str:
        name, manner, between = found[1], found[2] or "", found[3]
        if name == "all":
            return (
                between.join(all_of) if between else listed(list(all_of)) if all_of else "nothing"
            )
        return phrase(name, manner) or ""

    def optional(found: re.Match[str]) -> str:
        names = [name for name, _, _ in _PLACEHOLDER.findall(found[1])]
        return found[1] if all(phrase(name, "") is not None for name in names) else ""

    return _PLACEHOLDER.sub(argument, _OPTIONAL.sub(optional, english))


def filled(english: str, phrases: Mapping[str, str | None]) -> str:
    """The template with texts that are ready."""
    return fill(english, lambda name, _: phrases.get(name))


def is_infix(english: str) -> bool:
    """Whether the template is only what stands between its arguments."""
    return english.startswith("{all|") and english.endswith("}")
