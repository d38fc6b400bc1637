"""Literals follow the stored type: what a question says becomes what the field holds.

`fit` turns "5f0c..." into an ObjectId, "2025-03-01" into a date, 19.99 into Decimal128 where the
field stores money so, 3000 into "3000" where numbers are kept as text, true into 1 or "yes" where
that is how it is written. A value that cannot be read as the stored type is returned as it is:
`plan_checking` refuses it, MongoDB finds nothing equal to it. Depends on `bson` and `schema`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bson import Decimal128, ObjectId

from mqt_serving.query.checking.bson_types import families_of
from mqt_serving.query.plan import TEXT_PARTS, DatePart, Scalar
from mqt_serving.schema import BsonType, FieldSchema

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_TRUE = frozenset({"true", "yes", "y", "t", "1"})
_FALSE = frozenset({"false", "no", "n", "f", "0"})
_DATE_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}")


def is_flag(field: FieldSchema) -> bool:
    """Whether the field writes true and false as text: `yes`, `N`, `T`."""
    written = {sample.casefold() for sample in field.samples}
    return (
        field.main_type is BsonType.STRING
        and 0 < len(written) <= 2
        and field.distinct <= len(field.samples)
        and written <= _TRUE | _FALSE
        and not field.numeric_text
    )


def bson_type(value: Scalar) -> BsonType:
    """The BSON type under which the value would be stored."""
    match value:
        case bool():
            return BsonType.BOOL
        case str():
            return BsonType.STRING
        case int():
            return BsonType.INT
        case float():
            return BsonType.DOUBLE
        case datetime():
            return BsonType.DATE
        case ObjectId():
            return BsonType.OBJECT_ID
        case Decimal128():
            return BsonType.DECIMAL


def fit(value: Scalar, field: FieldSchema) -> Scalar:
    """The value as the field would store it.

    Where the field holds several types and the value already is one of them, it stays.
    """
    value = plain(value)
    kind = field.main_type
    own = bson_type(value)
    if own == kind or (field.types.get(own, 0.0) > 0 and kind is not BsonType.DECIMAL):
        return value
    match kind:
        case BsonType.STRING:
            return _as_text(value, field)
        case BsonType.INT if isinstance(value, datetime):
            return _as_year(value, field)
        case BsonType.INT if isinstance(value, bool):
            return int(value) if field.samples and set(field.samples) <= {"0", "1"} else value
        case BsonType.INT:
            return _as_number(value, whole=True)
        case BsonType.DOUBLE:
            return _as_number(value, whole=False)
        case BsonType.DECIMAL:
            return fit_decimal(value)
        case BsonType.DATE:
            return _as_date(value)
        case BsonType.OBJECT_ID:
            is_id = isinstance(value, str) and ObjectId.is_valid(value)
            return ObjectId(value) if is_id else value  # type: ignore[arg-type]
        case BsonType.BOOL:
            return _as_bool(value)
        case _:
            return value


def fit_number(value: Scalar) -> Scalar:
    """Text that reads as a number as that number; anything else stays."""
    return _as_number(value, whole=True) if isinstance(value, str) else plain(value)


def fit_part(value: Scalar, part: DatePart) -> Scalar:
    """The value as a calendar part is computed: a number, or text for `TEXT_PARTS`."""
    if isinstance(value, datetime):
        moment = _utc(value)
        match part:
            case DatePart.YEAR_MONTH:
                return moment.strftime("%Y-%m")
            case DatePart.DATE:
                return moment.date().isoformat()
            case DatePart.WEEK:
                return moment.strftime("%G-W%V")
            case DatePart.YEAR:
                return moment.year
            case _:
                return moment
    if part in TEXT_PARTS or not isinstance(value, str):
        return plain(value)
    return _as_number(value, whole=True)


def plain(value: Scalar) -> Scalar:
    """The value as BSON can hold it: dates in UTC to the millisecond, huge integers as doubles."""
    if isinstance(value, datetime):
        return _utc(value)
    if isinstance(value, int) and not _INT64_MIN <= value <= _INT64_MAX:
        return float(value)
    return value


def sort_key(value: Scalar) -> Any:
    """What orders values of one family as MongoDB does: numbers of any width, dates of any zone."""
    match value:
        case datetime():
            return _utc(value)
        case bool() | str() | ObjectId():
            return value
        case _:
            number = Decimal(str(value))
            return Decimal("-Infinity") if number.is_nan() else number


def order_of(low: Scalar, high: Scalar) -> int | None:
    """-1, 0 or 1 as `low` is less than, equal to or more than `high`; None for two families."""
    if families_of([bson_type(low)]) != families_of([bson_type(high)]):
        return None
    first, second = sort_key(low), sort_key(high)
    return 0 if first == second else 1 if first > second else -1


def parse_date(text: str) -> datetime | None:
    """An ISO date or time as a datetime in UTC; None if the text is none."""
    try:
        return _utc(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None


def _utc(moment: datetime) -> datetime:
    """The moment aware and in UTC (a naive one is taken to be so), to the millisecond."""
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, fold=0)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_text(value: Scalar, field: FieldSchema) -> Scalar:
    if isinstance(value, datetime):
        return _date_text(_utc(value), field)
    if isinstance(value, bool):
        return _stored_spelling(value, field)
    if isinstance(value, int | float | Decimal128):
        return _number_text(value, field)
    return str(value)


def _date_text(moment: datetime, field: FieldSchema) -> str:
    """The date in the shape of the stored texts (`2025-03-01` or with a time of day)."""
    sample = next((text for text in field.samples if _DATE_TEXT.match(text)), "")
    if len(sample) > 10 or (not sample and moment.time() != datetime.min.time()):
        separator = sample[10] if len(sample) > 10 else "T"
        return moment.replace(tzinfo=None).isoformat(sep=separator, timespec="seconds")
    return moment.date().isoformat()


def _stored_spelling(value: bool, field: FieldSchema) -> str:
    """`True`, `yes` or `Y`, whichever the samples have."""
    words = _TRUE if value else _FALSE
    text = str(value).lower()
    known = {sample.strip().lower(): sample for sample in reversed(field.samples)}
    return next((known[word] for word in (text, *sorted(words)) if word in known), text)


def _number_text(value: int | float | Decimal128, field: FieldSchema) -> str:
    """The number as it is spelled in the collection when a sample equals it, else plainly."""
    number = _decimal(value)
    if number is None:
        return str(value)
    for sample in field.samples:
        if _decimal(sample) == number:
            return sample
    if number == number.to_integral_value() and abs(number) < Decimal(10) ** 15:
        return str(int(number))
    return format(number.normalize(), "f")


def _decimal(value: Scalar) -> Decimal | None:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _as_number(value: Scalar, whole: bool) -> Scalar:
    if isinstance(value, bool | datetime | ObjectId):
        return value
    number = _decimal(value.replace(",", "") if isinstance(value, str) else value)
    if number is None:
        return value
    if number == number.to_integral_value():
        return plain(int(number)) if whole or isinstance(value, int) else float(number)
    return float(number)


def fit_decimal(value: Scalar) -> Scalar:
    """A number, or text that reads as one, as Decimal128; anything else stays."""
    if isinstance(value, bool | datetime | ObjectId):
        return value
    number = _decimal(value.replace(",", "") if isinstance(value, str) else value)
    return value if number is None else Decimal128(number)


def _as_date(value: Scalar) -> Scalar:
    if isinstance(value, str):
        return parse_date(value) or value
    if isinstance(value, int) and not isinstance(value, bool) and 1000 <= value <= 9999:
        return datetime(value, 1, 1, tzinfo=UTC)
    return value


def _as_year(moment: datetime, field: FieldSchema) -> Scalar:
    """The first of January as its year where the field holds years."""
    moment = _utc(moment)
    start = moment == datetime(moment.year, 1, 1, tzinfo=UTC)
    held = [_decimal(text) for text in (field.minimum, field.maximum) if text is not None]
    years = bool(held) and all(number and 1000 <= number <= 2999 for number in held)
    return moment.year if start and years else moment


def _as_bool(value: Scalar) -> Scalar:
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    return False if text in _FALSE else value
