"""JavaScript tokens as Python values: strings with escapes, numbers, arithmetic on numbers."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence

from bson import Int64
from tree_sitter import Node as SyntaxNode

_ESCAPES = {
    "n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0",
    "\n": "", "\r\n": "", "\u2028": "", "\u2029": "",
}  # fmt: skip
_INT64 = range(-(2**63), 2**63)
_LAST_CHARACTER = 0x10FFFF
_MOST_DIGITS = 400


def text_of(node: SyntaxNode) -> str:
    return (node.text or b"").decode()


def string_value(node: SyntaxNode) -> str:
    """What a string or a template without substitutions stands for.

    Raises ValueError for escapes that name no character.
    """
    parts = []
    for child in node.named_children:
        text = text_of(child)
        parts.append(_unescaped(text[1:]) if child.type == "escape_sequence" else text)
    return checked_text("".join(parts))


def checked_text(text: str) -> str:
    """Escapes can spell one character as two surrogates (\\ud83d\\ude00); ValueError for a half."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise ValueError("half of a surrogate pair is not a character") from error


def _unescaped(escape: str) -> str:
    if escape in _ESCAPES:
        return _ESCAPES[escape]
    digits = escape[2:-1] if escape.startswith("u{") else escape[1:]
    if escape[0] in "ux" and digits:
        code = int(digits, 16)
        if code > _LAST_CHARACTER:
            raise ValueError(f"\\{escape[:12]} is not a character")
        return chr(code)
    if escape[0].isdigit():
        raise ValueError(f"the octal escape \\{escape} is not read: write \\x and two hex digits")
    return escape


def regex_pattern(text: str) -> str:
    """The pattern of a regex literal: only the slash is escaped for JavaScript's sake."""
    return re.sub(r"\\(.)", lambda escape: "/" if escape[1] == "/" else escape[0], text)


def number_value(text: str, sign: str = "") -> int | float:
    """A number as it is written: `3` and `3.0` stay apart, `5n` is a 64-bit integer.

    Raises ValueError for an integer that BSON cannot hold.
    """
    digits = text.replace("_", "").lower()
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits cannot be read")
    if re.fullmatch(r"0\d+", digits):
        raise ValueError(f"{text} could be octal: leave out the zero in front")
    if re.fullmatch(r"(0[xob][0-9a-f]+|\d+)n?", digits):
        number = int(sign + digits.removesuffix("n"), 0)
        return Int64(bounded(number)) if digits.endswith("n") else bounded(number)
    return float(sign + digits)


def bounded(number: int) -> int:
    """The number, if BSON can hold it; else ValueError."""
    if number not in _INT64:
        raise ValueError(f"{number} does not fit a 64-bit integer: write it as NumberDecimal")
    return number


_BINARY: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def calculate(sign: str, operands: Sequence[int | float]) -> int | float:
    """Plus, minus, times and divided by; ValueError for other operators and for results that
    BSON cannot hold."""
    if len(operands) == 1:
        if sign in ("-", "+"):
            number = operands[0]
            signed = -number if sign == "-" else number
            if isinstance(signed, int):
                bounded(signed)
            return Int64(signed) if isinstance(number, Int64) else signed
        raise ValueError(f"the operator {sign} cannot be computed here")
    left, right = operands
    if sign not in _BINARY or (sign == "/" and right == 0):
        raise ValueError(f"{left} {sign} {right} cannot be computed here")
    result = _BINARY[sign](left, right)
    whole = isinstance(result, float) and result.is_integer() and isinstance(left, int)
    return bounded(int(result)) if whole or isinstance(result, int) else result
