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


def text_of(node: SyntaxNode) -> str:
    return (node.text or b"").decode()


def string_value(node: SyntaxNode) -> str:
    """What a string or a template without substitutions stands for."""
    parts = []
    for child in node.named_children:
        text = text_of(child)
        parts.append(_unescaped(text[1:]) if child.type == "escape_sequence" else text)
    # Escapes can spell one character as two surrogates: \ud83d\ude00.
    return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(escape: str) -> str:
    if escape in _ESCAPES:
        return _ESCAPES[escape]
    if escape.startswith("u{"):
        return chr(int(escape[2:-1], 16))
    if len(escape) > 1 and escape[0] in "ux":
        return chr(int(escape[1:], 16))
    return escape


def regex_pattern(text: str) -> str:
    """The pattern of a regex literal: only the slash is escaped for JavaScript's sake."""
    return re.sub(r"\\(.)", lambda escape: "/" if escape[1] == "/" else escape[0], text)


def number_value(text: str) -> int | float:
    """A number as it is written: `3` and `3.0` stay apart, `5n` is a 64-bit integer.

    Raises ValueError for an integer that BSON cannot hold.
    """
    digits = text.replace("_", "").lower()
    if digits.endswith("n"):
        return Int64(_bounded(int(digits[:-1], 0)))
    if re.match(r"0[xob]", digits):
        return _bounded(int(digits, 0))
    if re.fullmatch(r"\d+", digits):
        return _bounded(int(digits))
    return float(digits)


def _bounded(number: int) -> int:
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
    """Plus, minus, times and divided by; ValueError for other operators."""
    if len(operands) == 1:
        if sign in ("-", "+"):
            number = operands[0]
            negated = -number if sign == "-" else number
            return Int64(negated) if isinstance(number, Int64) else negated
        raise ValueError(f"the operator {sign} cannot be computed here")
    left, right = operands
    if sign not in _BINARY or (sign == "/" and right == 0):
        raise ValueError(f"{left} {sign} {right} cannot be computed here")
    result = _BINARY[sign](left, right)
    whole = isinstance(result, float) and result.is_integer() and isinstance(left, int)
    return _bounded(int(result)) if whole or isinstance(result, int) else result
