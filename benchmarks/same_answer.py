"""Whether two results say the same to a person: execution accuracy, forgiving about two things.

Names of columns that no convention gives ("margin", "share", "running_total") may differ, and
numbers agree when their first ten significant digits do, since sums depend on the order of the
rows. Names of fields, counts and simple aggregates must be those of `mqt_serving.query.naming`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context
from itertools import permutations
from typing import Any

from bson import Decimal128

from mqt_assets.evaluation.execution_accuracy import equal_results
from mqt_serving.query.plan import DatePart, Function
from mqt_serving.schema import Catalog

_DIGITS = 10
_ROUNDED = Context(prec=_DIGITS)
_MOST_FREE = 5

Row = Mapping[str, Any]


def conventional_names(catalog: Catalog) -> frozenset[str]:
    """Every name that a column over this catalog gets by convention."""
    fields = [field for schema in catalog.collections for field in schema.fields]
    leaves = {field.leaf for field in fields}
    values = {field.leaf for field in fields if field.is_scalar}
    functions = [function.value for function in Function if function is not Function.COUNT]
    return frozenset(
        leaves
        | {part.value for part in DatePart}
        | {f"{name}_{leaf}" for name in (*functions, "count_distinct") for leaf in values}
        | {Function.COUNT.value}
    )


def same_answer(
    gold: Sequence[Row], found: Sequence[Row], ordered: bool, fixed: frozenset[str]
) -> bool:
    """Whether `found` is the answer `gold`; columns that are not in `fixed` match by content."""
    if len(gold) != len(found):
        return False
    expected, rows = [_rounded(row) for row in gold], [_rounded(row) for row in found]
    names, other = _columns(expected), _columns(rows)
    if len(names) != len(other):
        return False
    free = [name for name in names if name not in fixed and name not in other]
    rest = [name for name in other if name not in names]
    if len(free) != len(rest) or len(free) > _MOST_FREE:
        return False
    return any(
        equal_results(expected, _renamed(rows, dict(zip(order, free, strict=True))), ordered)
        for order in permutations(rest)
    )


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _renamed(rows: Sequence[Row], names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{names.get(name, name): value for name, value in row.items()} for row in rows]


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return float(f"{value:.{_DIGITS}g}")
        case Decimal128():
            number = value.to_decimal()
            return float(_ROUNDED.plus(number)) if number.is_finite() else number
        case Mapping():
            return {name: _rounded(item) for name, item in value.items()}
        case list():
            return [_rounded(item) for item in value]
        case _:
            return value
