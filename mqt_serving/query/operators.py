"""Every operator of the query language, defined once: arguments, result, version, English.

Parser, printer, guard and explanation read these tables; a name that is in none of them cannot
be put into a tree. `FORBIDDEN` names what will never be in the language (it writes or runs
JavaScript), `NOT_YET` what MongoDB has and we refuse for now. Depends on nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class Kind(StrEnum):
    FILTER = "filter"
    EXPRESSION = "expression"
    ACCUMULATOR = "accumulator"
    STAGE = "stage"


class Result(StrEnum):
    """What an expression or accumulator yields; `SAME` is the type of its (first) argument."""

    ANY = "any"
    SAME = "same"
    BOOL = "bool"
    INT = "int"
    NUMBER = "number"
    STRING = "string"
    DATE = "date"
    ARRAY = "array"
    OBJECT = "object"
    OBJECT_ID = "objectId"
    NONE = "none"  # filters and stages


@dataclass(frozen=True, slots=True)
class Shape:
    """How an operator takes its arguments.

    Positional: between `least` and `most` of them (`most` None: any number; both 0: `{}`).
    Named: `required` and `optional` names. An operator can allow both forms ($cond, $month).
    """

    least: int = 0
    most: int | None = -1  # -1: no positional form
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def positional(self) -> bool:
        return self.most != -1

    @property
    def named(self) -> bool:
        return bool(self.required or self.optional)

    def accepts_count(self, count: int) -> bool:
        return self.positional and self.least <= count and (self.most is None or count <= self.most)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.required + self.optional)


@dataclass(frozen=True, slots=True)
class Operator:
    """`english` has `{0}`, `{1}`... or `{name}` for arguments; `{all}` joins a variable number."""

    name: str
    kind: Kind
    shape: Shape
    result: Result
    english: str
    since: str = "3.6"


def _takes(least: int, most: int | None = -1) -> Shape:
    return Shape(least, least if most == -1 else most)


def _named(required: str, optional: str = "") -> Shape:
    return Shape(required=tuple(required.split()), optional=tuple(optional.split()))


def _date_part(name: str, result: Result, english: str) -> Operator:
    shape = Shape(1, 1, ("date",), ("timezone",))
    return Operator(name, Kind.EXPRESSION, shape, result, english)


def _table(*operators: Operator) -> Mapping[str, Operator]:
    return {operator.name: operator for operator in operators}


def _filter(name: str, english: str) -> Operator:
    return Operator(name, Kind.FILTER, _takes(1), Result.NONE, english)


def _expression(
    name: str, shape: Shape, result: Result, english: str, since: str = "3.6"
) -> Operator:
    return Operator(name, Kind.EXPRESSION, shape, result, english, since)


def _accumulator(
    name: str, result: Result, english: str, shape: Shape | None = None, since: str = "3.6"
) -> Operator:
    return Operator(name, Kind.ACCUMULATOR, shape or _takes(1), result, english, since)


def _stage(name: str, english: str, since: str = "3.6") -> Operator:
    return Operator(name, Kind.STAGE, _takes(1), Result.NONE, english, since)


FIELD_TESTS: Mapping[str, Operator] = _table(
    _filter("$eq", "is {0}"),
    _filter("$ne", "is not {0}"),
    _filter("$gt", "is more than {0}"),
    _filter("$gte", "is at least {0}"),
    _filter("$lt", "is less than {0}"),
    _filter("$lte", "is at most {0}"),
    _filter("$in", "is one of {0}"),
    _filter("$nin", "is none of {0}"),
    _filter("$exists", "exists: {0}"),
    _filter("$type", "is of type {0}"),
    _filter("$regex", "matches {0}"),
    _filter("$size", "has {0} elements"),
    _filter("$all", "contains all of {0}"),
    _filter("$mod", "divided by {0} leaves {1}"),
)
"""Operators of a `FieldTest`."""

FILTER_FORMS: Mapping[str, Operator] = _table(
    _filter("$and", "all of {all}"),
    _filter("$or", "any of {all}"),
    _filter("$nor", "none of {all}"),
    _filter("$not", "not {0}"),
    _filter("$elemMatch", "has an element for which {0}"),
    _filter("$expr", "{0}"),
)
"""Filter operators that have a node of their own in the tree."""

FILTERS: Mapping[str, Operator] = {**FIELD_TESTS, **FILTER_FORMS}

EXPRESSIONS: Mapping[str, Operator] = _table(
    # arithmetic
    _expression("$add", _takes(1, None), Result.NUMBER, "{all} added"),
    _expression("$subtract", _takes(2), Result.NUMBER, "{0} minus {1}"),
    _expression("$multiply", _takes(1, None), Result.NUMBER, "{all} multiplied"),
    _expression("$divide", _takes(2), Result.NUMBER, "{0} divided by {1}"),
    _expression("$mod", _takes(2), Result.NUMBER, "the remainder of {0} divided by {1}"),
    _expression("$abs", _takes(1), Result.NUMBER, "the absolute value of {0}"),
    _expression("$ceil", _takes(1), Result.NUMBER, "{0} rounded up"),
    _expression("$floor", _takes(1), Result.NUMBER, "{0} rounded down"),
    _expression("$round", _takes(1, 2), Result.NUMBER, "{0} rounded", "4.2"),
    _expression("$trunc", _takes(1, 2), Result.NUMBER, "{0} truncated"),
    _expression("$pow", _takes(2), Result.NUMBER, "{0} to the power of {1}"),
    _expression("$sqrt", _takes(1), Result.NUMBER, "the square root of {0}"),
    _expression("$exp", _takes(1), Result.NUMBER, "e to the power of {0}"),
    _expression("$ln", _takes(1), Result.NUMBER, "the natural logarithm of {0}"),
    _expression("$log", _takes(2), Result.NUMBER, "the logarithm of {0} to base {1}"),
    _expression("$log10", _takes(1), Result.NUMBER, "the base-10 logarithm of {0}"),
    # comparison, boolean, conditional
    _expression("$eq", _takes(2), Result.BOOL, "{0} equals {1}"),
    _expression("$ne", _takes(2), Result.BOOL, "{0} differs from {1}"),
    _expression("$gt", _takes(2), Result.BOOL, "{0} is more than {1}"),
    _expression("$gte", _takes(2), Result.BOOL, "{0} is at least {1}"),
    _expression("$lt", _takes(2), Result.BOOL, "{0} is less than {1}"),
    _expression("$lte", _takes(2), Result.BOOL, "{0} is at most {1}"),
    _expression("$cmp", _takes(2), Result.INT, "{0} compared with {1}"),
    _expression("$and", _takes(0, None), Result.BOOL, "all of {all}"),
    _expression("$or", _takes(0, None), Result.BOOL, "any of {all}"),
    _expression("$not", _takes(1), Result.BOOL, "not {0}"),
    _expression(
        "$cond", Shape(3, 3, ("if", "then", "else")), Result.ANY, "{then} if {if}, else {else}"
    ),
    _expression("$ifNull", _takes(2, None), Result.ANY, "{0}, or {1} when there is none"),
    _expression("$switch", _named("branches", "default"), Result.ANY, "by case {branches}"),
    # strings
    _expression("$concat", _takes(0, None), Result.STRING, "{all} joined"),
    _expression("$toLower", _takes(1), Result.STRING, "{0} in lower case"),
    _expression("$toUpper", _takes(1), Result.STRING, "{0} in upper case"),
    _expression("$substr", _takes(3), Result.STRING, "{2} bytes of {0} from {1}"),
    _expression("$substrBytes", _takes(3), Result.STRING, "{2} bytes of {0} from {1}"),
    _expression("$substrCP", _takes(3), Result.STRING, "{2} characters of {0} from {1}"),
    _expression("$strLenBytes", _takes(1), Result.INT, "the length of {0} in bytes"),
    _expression("$strLenCP", _takes(1), Result.INT, "the length of {0}"),
    _expression("$strcasecmp", _takes(2), Result.INT, "{0} compared with {1} without case"),
    _expression("$split", _takes(2), Result.ARRAY, "{0} split at {1}"),
    _expression("$indexOfBytes", _takes(2, 4), Result.INT, "the position of {1} in {0}"),
    _expression("$indexOfCP", _takes(2, 4), Result.INT, "the position of {1} in {0}"),
    _expression("$trim", _named("input", "chars"), Result.STRING, "{input} trimmed", "4.0"),
    _expression("$ltrim", _named("input", "chars"), Result.STRING, "{input} trimmed", "4.0"),
    _expression("$rtrim", _named("input", "chars"), Result.STRING, "{input} trimmed", "4.0"),
    _expression(
        "$regexMatch",
        _named("input regex", "options"),
        Result.BOOL,
        "{input} matches {regex}",
        "4.2",
    ),
    _expression(
        "$regexFind",
        _named("input regex", "options"),
        Result.OBJECT,
        "the first match of {regex} in {input}",
        "4.2",
    ),
    _expression(
        "$regexFindAll",
        _named("input regex", "options"),
        Result.ARRAY,
        "the matches of {regex} in {input}",
        "4.2",
    ),
    _expression(
        "$replaceOne",
        _named("input find replacement"),
        Result.STRING,
        "{input} with the first {find} replaced by {replacement}",
        "4.4",
    ),
    _expression(
        "$replaceAll",
        _named("input find replacement"),
        Result.STRING,
        "{input} with every {find} replaced by {replacement}",
        "4.4",
    ),
    # dates
    _date_part("$year", Result.INT, "the year of {date}"),
    _date_part("$month", Result.INT, "the month of {date}"),
    _date_part("$dayOfMonth", Result.INT, "the day of the month of {date}"),
    _date_part("$dayOfWeek", Result.INT, "the weekday of {date} (1 is Sunday)"),
    _date_part("$dayOfYear", Result.INT, "the day of the year of {date}"),
    _date_part("$hour", Result.INT, "the hour of {date}"),
    _date_part("$minute", Result.INT, "the minute of {date}"),
    _date_part("$second", Result.INT, "the second of {date}"),
    _date_part("$millisecond", Result.INT, "the millisecond of {date}"),
    _date_part("$week", Result.INT, "the week of {date}"),
    _date_part("$isoWeek", Result.INT, "the ISO week of {date}"),
    _date_part("$isoWeekYear", Result.INT, "the ISO week year of {date}"),
    _date_part("$isoDayOfWeek", Result.INT, "the weekday of {date} (1 is Monday)"),
    _expression(
        "$dateToString",
        _named("date", "format timezone onNull"),
        Result.STRING,
        "{date} as text in the form {format}",
    ),
    _expression(
        "$dateFromString",
        _named("dateString", "format timezone onError onNull"),
        Result.DATE,
        "{dateString} read as a date",
    ),
    _expression(
        "$dateToParts", _named("date", "timezone iso8601"), Result.OBJECT, "the parts of {date}"
    ),
    _expression(
        "$dateFromParts",
        _named(
            "",
            "year isoWeekYear month isoWeek day isoDayOfWeek hour minute second millisecond "
            "timezone",
        ),
        Result.DATE,
        "the date of {year}, {month}, {day}",
    ),
    _expression(
        "$dateTrunc",
        _named("date unit", "binSize timezone startOfWeek"),
        Result.DATE,
        "{date} cut to the {unit}",
        "5.0",
    ),
    _expression(
        "$dateDiff",
        _named("startDate endDate unit", "timezone startOfWeek"),
        Result.INT,
        "the number of {unit}s from {startDate} to {endDate}",
        "5.0",
    ),
    _expression(
        "$dateAdd",
        _named("startDate unit amount", "timezone"),
        Result.DATE,
        "{startDate} plus {amount} {unit}s",
        "5.0",
    ),
    _expression(
        "$dateSubtract",
        _named("startDate unit amount", "timezone"),
        Result.DATE,
        "{startDate} minus {amount} {unit}s",
        "5.0",
    ),
    # arrays and sets
    _expression("$size", _takes(1), Result.INT, "the number of {0}"),
    _expression("$isArray", _takes(1), Result.BOOL, "{0} is an array"),
    _expression("$arrayElemAt", _takes(2), Result.ANY, "element {1} of {0}"),
    _expression("$first", _takes(1), Result.ANY, "the first of {0}", "4.4"),
    _expression("$last", _takes(1), Result.ANY, "the last of {0}", "4.4"),
    _expression("$in", _takes(2), Result.BOOL, "{0} is in {1}"),
    _expression("$indexOfArray", _takes(2, 4), Result.INT, "the position of {1} in {0}"),
    _expression("$slice", _takes(2, 3), Result.ARRAY, "part of {0}"),
    _expression("$concatArrays", _takes(0, None), Result.ARRAY, "{all} joined"),
    _expression("$reverseArray", _takes(1), Result.ARRAY, "{0} reversed"),
    _expression("$range", _takes(2, 3), Result.ARRAY, "the numbers from {0} to {1}"),
    _expression(
        "$filter", _named("input cond", "as limit"), Result.ARRAY, "those of {input} where {cond}"
    ),
    _expression("$map", _named("input in", "as"), Result.ARRAY, "{in} for each of {input}"),
    _expression("$reduce", _named("input initialValue in"), Result.ANY, "{input} reduced by {in}"),
    _expression(
        "$sortArray", _named("input sortBy"), Result.ARRAY, "{input} sorted by {sortBy}", "5.2"
    ),
    _expression(
        "$zip", _named("inputs", "useLongestLength defaults"), Result.ARRAY, "{inputs} zipped"
    ),
    _expression("$firstN", _named("input n"), Result.ARRAY, "the first {n} of {input}", "5.2"),
    _expression("$lastN", _named("input n"), Result.ARRAY, "the last {n} of {input}", "5.2"),
    _expression("$maxN", _named("input n"), Result.ARRAY, "the {n} largest of {input}", "5.2"),
    _expression("$minN", _named("input n"), Result.ARRAY, "the {n} smallest of {input}", "5.2"),
    _expression("$setUnion", _takes(0, None), Result.ARRAY, "the union of {all}"),
    _expression("$setIntersection", _takes(0, None), Result.ARRAY, "what {all} share"),
    _expression("$setDifference", _takes(2), Result.ARRAY, "{0} without {1}"),
    _expression("$setEquals", _takes(2, None), Result.BOOL, "{all} hold the same"),
    _expression("$setIsSubset", _takes(2), Result.BOOL, "{0} is part of {1}"),
    _expression("$anyElementTrue", _takes(1), Result.BOOL, "any of {0} is true"),
    _expression("$allElementsTrue", _takes(1), Result.BOOL, "all of {0} are true"),
    # objects
    _expression("$mergeObjects", _takes(0, None), Result.OBJECT, "{all} merged"),
    _expression("$objectToArray", _takes(1), Result.ARRAY, "the entries of {0}"),
    _expression("$arrayToObject", _takes(1), Result.OBJECT, "an object of {0}"),
    _expression(
        "$getField", Shape(1, 1, ("field",), ("input",)), Result.ANY, "field {field}", "5.0"
    ),
    _expression(
        "$setField",
        _named("field input value"),
        Result.OBJECT,
        "{input} with {field} set to {value}",
        "5.0",
    ),
    _expression(
        "$unsetField", _named("field input"), Result.OBJECT, "{input} without {field}", "5.0"
    ),
    # types
    _expression("$type", _takes(1), Result.STRING, "the type of {0}"),
    _expression("$isNumber", _takes(1), Result.BOOL, "{0} is a number", "4.4"),
    _expression(
        "$convert",
        _named("input to", "onError onNull format"),
        Result.ANY,
        "{input} as {to}",
        "4.0",
    ),
    _expression("$toBool", _takes(1), Result.BOOL, "{0} as a boolean", "4.0"),
    _expression("$toDate", _takes(1), Result.DATE, "{0} as a date", "4.0"),
    _expression("$toDecimal", _takes(1), Result.NUMBER, "{0} as a number", "4.0"),
    _expression("$toDouble", _takes(1), Result.NUMBER, "{0} as a number", "4.0"),
    _expression("$toInt", _takes(1), Result.INT, "{0} as a whole number", "4.0"),
    _expression("$toLong", _takes(1), Result.INT, "{0} as a whole number", "4.0"),
    _expression("$toObjectId", _takes(1), Result.OBJECT_ID, "{0} as an ObjectId", "4.0"),
    _expression("$toString", _takes(1), Result.STRING, "{0} as text", "4.0"),
    # variables, misc
    _expression("$let", _named("vars in"), Result.ANY, "{in}"),
    _expression("$rand", _takes(0), Result.NUMBER, "a random number", "4.4.2"),
    # accumulators used as expressions, over arrays or over several arguments
    _expression("$sum", _takes(0, None), Result.NUMBER, "the sum of {all}"),
    _expression("$avg", _takes(0, None), Result.NUMBER, "the average of {all}"),
    _expression("$min", _takes(0, None), Result.SAME, "the least of {all}"),
    _expression("$max", _takes(0, None), Result.SAME, "the greatest of {all}"),
    _expression("$stdDevPop", _takes(0, None), Result.NUMBER, "the standard deviation of {all}"),
    _expression(
        "$stdDevSamp", _takes(0, None), Result.NUMBER, "the sample standard deviation of {all}"
    ),
)

ACCUMULATORS: Mapping[str, Operator] = _table(
    _accumulator("$sum", Result.NUMBER, "the sum of {0}"),
    _accumulator("$avg", Result.NUMBER, "the average of {0}"),
    _accumulator("$min", Result.SAME, "the least {0}"),
    _accumulator("$max", Result.SAME, "the greatest {0}"),
    _accumulator("$first", Result.SAME, "the first {0}"),
    _accumulator("$last", Result.SAME, "the last {0}"),
    _accumulator("$push", Result.ARRAY, "all {0}"),
    _accumulator("$addToSet", Result.ARRAY, "the different {0}"),
    _accumulator("$count", Result.INT, "the number of rows", _takes(0), "5.0"),
    _accumulator("$stdDevPop", Result.NUMBER, "the standard deviation of {0}"),
    _accumulator("$stdDevSamp", Result.NUMBER, "the sample standard deviation of {0}"),
    _accumulator("$mergeObjects", Result.OBJECT, "{0} merged"),
    _accumulator(
        "$top", Result.SAME, "the first {output} by {sortBy}", _named("sortBy output"), "5.2"
    ),
    _accumulator(
        "$bottom", Result.SAME, "the last {output} by {sortBy}", _named("sortBy output"), "5.2"
    ),
    _accumulator(
        "$topN",
        Result.ARRAY,
        "the first {n} {output} by {sortBy}",
        _named("n sortBy output"),
        "5.2",
    ),
    _accumulator(
        "$bottomN",
        Result.ARRAY,
        "the last {n} {output} by {sortBy}",
        _named("n sortBy output"),
        "5.2",
    ),
    _accumulator("$firstN", Result.ARRAY, "the first {n} {input}", _named("input n"), "5.2"),
    _accumulator("$lastN", Result.ARRAY, "the last {n} {input}", _named("input n"), "5.2"),
    _accumulator("$maxN", Result.ARRAY, "the {n} greatest {input}", _named("input n"), "5.2"),
    _accumulator("$minN", Result.ARRAY, "the {n} least {input}", _named("input n"), "5.2"),
)

STAGES: Mapping[str, Operator] = _table(
    _stage("$match", "keep those where {0}"),
    _stage("$project", "show {0}"),
    _stage("$addFields", "add {0}", "3.4"),
    _stage("$set", "add {0}", "4.2"),
    _stage("$unset", "drop {0}", "4.2"),
    _stage("$unwind", "take each of {0}"),
    _stage("$group", "group by {0}"),
    _stage("$sort", "sort by {0}"),
    _stage("$limit", "keep the first {0}"),
    _stage("$skip", "skip the first {0}"),
    _stage("$count", "count them as {0}"),
    _stage("$sortByCount", "count by {0}, the most first"),
    _stage("$lookup", "join {0}"),
    _stage("$replaceRoot", "take {0} instead", "3.4"),
    _stage("$replaceWith", "take {0} instead", "4.2"),
    _stage("$facet", "compute side by side {0}"),
    _stage("$unionWith", "add the rows of {0}", "4.4"),
    _stage("$sample", "keep {0} at random"),
)

_WRITES = "it writes, and queries here are read-only"
_JAVASCRIPT = "it runs JavaScript on the server"
_ADMINISTERS = "it reads the state of the server, not data"

FORBIDDEN: Mapping[str, str] = {
    "$out": _WRITES,
    "$merge": _WRITES,
    "$where": _JAVASCRIPT,
    "$function": _JAVASCRIPT,
    "$accumulator": _JAVASCRIPT,
    "$collStats": _ADMINISTERS,
    "$indexStats": _ADMINISTERS,
    "$currentOp": _ADMINISTERS,
    "$listSessions": _ADMINISTERS,
    "$listLocalSessions": _ADMINISTERS,
    "$planCacheStats": _ADMINISTERS,
    "$changeStream": _ADMINISTERS,
}
"""Operators that can never be part of a query, with the reason."""

_NOT_YET = """
    $text $search $geoWithin $geoIntersects $near $nearSphere $jsonSchema $comment
    $bitsAllSet $bitsAnySet $bitsAllClear $bitsAnyClear
    $bucket $bucketAuto $graphLookup $geoNear $redact $setWindowFields $densify $fill
    $documents $searchMeta $vectorSearch
    $sampleRate $meta $toUUID $toHashedIndexKey $binarySize $bsonSize $bitAnd $bitOr $bitXor
    $bitNot $sin $cos $tan $asin $acos $atan $atan2 $sinh $cosh $tanh $asinh $acosh $atanh
    $degreesToRadians $radiansToDegrees $median $percentile $tsSecond $tsIncrement
    $denseRank $rank $documentNumber $shift $derivative $integral $expMovingAvg
    $covariancePop $covarianceSamp $linearFill $locf
"""

NOT_YET: frozenset[str] = frozenset(_NOT_YET.split())
"""MongoDB operators that the language does not have yet."""


def suggestion(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`, or None when nothing is near."""
    by_folded = {candidate.lower(): candidate for candidate in known}
    near = get_close_matches(name.lower(), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None
