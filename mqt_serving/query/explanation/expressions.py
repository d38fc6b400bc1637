"""Values and expressions of a pipeline in English, from the operators' own wording.

An operation inside another stands in brackets. What is a name in the data is marked by backticks.
Two different expressions never read the same. Depends on the tree and the operator tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, assert_never

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from mqt_serving.query.dialects.printing import base64_text, is_uuid, uuid_text
from mqt_serving.query.explanation.names import code
from mqt_serving.query.explanation.templates import fill, is_infix
from mqt_serving.query.explanation.values import instant, quoted, zone
from mqt_serving.query.operators import EXPRESSIONS, Operator
from mqt_serving.query.pipeline import (
    ArrayExpression,
    Document,
    Expression,
    LiteralExpression,
    NamedOperation,
    ObjectExpression,
    Operation,
    PathExpression,
    Value,
    VariableExpression,
)

_VARIABLES: Final = {
    "ROOT": "the whole row",
    "NOW": "the present moment",
    "REMOVE": "nothing (which leaves the field out)",
}
_FLAGS: Final = {
    "i": "upper and lower case alike",
    "m": "line by line",
    "s": "a dot for line breaks too",
    "x": "spaces in it ignored",
}
_WORD: Final = re.compile("[a-z]+")


def value_text(value: Value) -> str:
    """A literal; lists in square brackets, documents in curly ones."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case datetime():
            return f"{instant(value)} {zone(value)}"
        case ObjectId():
            return f"id {value}"
        case Decimal128():
            return f"{value} (decimal)"
        case Regex(pattern=pattern):
            return f"the pattern {quoted(pattern)}{_flags(value)}"
        case tuple():
            return f"[{', '.join(map(value_text, value))}]"
        case Document(items=items):
            return f"{{{', '.join(f'{quoted(key)}: {value_text(item)}' for key, item in items)}}}"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
        case Int64() | int():
            return str(int(value))
        case Binary() if is_uuid(value):
            return f"the UUID {uuid_text(value)}"
        case Binary():
            return f"the bytes {base64_text(value)} (base64, subtype {value.subtype})"
        case Timestamp():
            return f"the timestamp {value.time} ({value.inc})"
        case MinKey():
            return "the least of all values"
        case MaxKey():
            return "the greatest of all values"
        case _:
            assert_never(value)


def _flags(regex: Regex[str]) -> str:
    bits = {"i": re.I, "m": re.M, "s": re.S, "x": re.X}
    said = [_FLAGS[letter] for letter, bit in bits.items() if regex.flags & bit]
    return f" ({', '.join(said)})" if said else ""


def expression_text(expression: Expression) -> str:
    """The expression where it stands alone."""
    match expression:
        case PathExpression(path=path):
            return code(path)
        case VariableExpression(name=name):
            return _VARIABLES.get(name) or code(f"$${name}")
        case LiteralExpression(value=tuple() | Document() as value):
            return f"the constant {value_text(value)}"
        case LiteralExpression(value=value):
            return value_text(value)
        case Operation(operator=name, arguments=arguments):
            return _operation(EXPRESSIONS[name], arguments)
        case NamedOperation(operator=name, arguments=named):
            return named_text(EXPRESSIONS[name], dict(named))
        case ObjectExpression(items=items):
            return f"{{{', '.join(f'{code(key)}: {inner(item)}' for key, item in items)}}}"
        case ArrayExpression(items=items):
            return f"[{', '.join(map(inner, items))}]"
        case _:
            assert_never(expression)


def inner(expression: Expression) -> str:
    """The expression as a part of another: operations in brackets."""
    text = expression_text(expression)
    return f"({text})" if isinstance(expression, Operation | NamedOperation) else text


def named_text(operator: Operator, arguments: Mapping[str, Expression]) -> str:
    """An operator with arguments by name: $filter, $cond, $topN..."""

    def phrase(name: str, manner: str) -> str | None:
        found = arguments.get(name)
        if found is None:
            return None
        match manner:
            case "word":
                return _word(found)
            case "sort":
                return _order_or_value(found)
            case _:
                return inner(found)

    if operator.name == "$switch" and (cases := _cases(arguments["branches"])):
        otherwise = phrase("default", "")
        return "; ".join([*cases, *([f"otherwise {otherwise}"] if otherwise else [])])
    return fill(operator.english, phrase)


def _operation(operator: Operator, arguments: Sequence[Expression]) -> str:
    if operator.shape.named:
        return named_text(operator, dict(zip(operator.shape.required, arguments, strict=True)))
    said = [inner(argument) for argument in arguments]
    if len(said) < 2 and is_infix(operator.english):
        return f"{code(operator.name)} of {f'only {said[0]}' if said else 'nothing'}"

    def phrase(name: str, _manner: str) -> str | None:
        return said[int(name)] if int(name) < len(said) else None

    return fill(operator.english, phrase, said)


def _cases(branches: Expression) -> list[str] | None:
    """`x if y` for each branch of a `$switch`; None where they are written in another way."""
    if not isinstance(branches, ArrayExpression) or not branches.items:
        return None
    said: list[str] = []
    for branch in branches.items:
        match branch:
            case ObjectExpression(items=(("case", condition), ("then", result))):
                said.append(f"{inner(result)} if {inner(condition)}")
            case _:
                return None
    return said


def _word(expression: Expression) -> str:
    """A plain word without quotes: units, names of variables."""
    match expression:
        case LiteralExpression(value=str() as word):
            return plain_word(word)
        case _:
            return inner(expression)


def plain_word(word: str) -> str:
    return word if _WORD.fullmatch(word) else quoted(word)


def _order_or_value(expression: Expression) -> str:
    """`{total: -1}` as an order."""
    match expression:
        case ObjectExpression(items=items) if items:
            keys: list[tuple[str, int]] = []
            for name, way in items:
                if way not in (LiteralExpression(1), LiteralExpression(-1)):
                    return inner(expression)
                keys.append((name, 1 if way == LiteralExpression(1) else -1))
            return f"({order_text(keys)})"
        case _:
            return inner(expression)


def order_text(keys: Sequence[tuple[str, int]]) -> str:
    """`total` descending, then `name` ascending."""
    return ", then ".join(
        f"{code(name)} {'ascending' if way == 1 else 'descending'}" for name, way in keys
    )
