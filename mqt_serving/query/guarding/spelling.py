"""Names that read otherwise than they are: invisible characters, look-alike letters, operators.

A person approves a query by its looks, so a name must not look like another. What the catalog
knows is let through as it is. Depends on nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
BROKEN = "\N{REPLACEMENT CHARACTER}"
_REFERENCE_PARTS = frozenset({"$id", "$ref", "$db"})  # of a DBRef


def deception(name: str, known: Collection[str]) -> str | None:
    """Why a dotted name, each part of which may be `known`, cannot stand in a query; or None."""
    for part in name.split("."):
        reason = None if part in known else _part_deception(part)
        if reason is not None:
            return reason
    return None


def _part_deception(part: str) -> str | None:
    if not part:
        return "has an empty part: two dots, or one at an end"
    if part.startswith("$") and part not in _REFERENCE_PARTS:
        return f"has the operator {part} in it: only fields can stand there"
    for character in part:
        if character == BROKEN:
            return f"holds U+{ord(BROKEN):04X}, which stands for a broken character: write it anew"
        if _is_invisible(character):
            return f"holds the invisible character U+{ord(character):04X}: leave it out"
        plain = unicodedata.normalize("NFKC", character)
        if character.isalpha() and plain != unicodedata.normalize("NFC", character):
            return f"holds {character!r}, which looks like {plain!r}: write plain letters"
    scripts = sorted({s for s in map(_script, part) if s})
    if len(scripts) > 1:
        return f"mixes {' and '.join(s.capitalize() for s in scripts)} letters that look alike"
    return None


def _is_invisible(character: str) -> bool:
    category = unicodedata.category(character)
    return category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} or (
        category == "Zs" and character != " "
    )


def _script(character: str) -> str | None:
    first = unicodedata.name(character, "").partition(" ")[0]
    return first if first in _SCRIPTS and character.isalpha() else None
