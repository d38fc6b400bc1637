"""Operators of aggregation expressions."""

from __future__ import annotations

from collections.abc import Mapping

from mqt_serving.query.operators.definition import Kind, Operator, Type, shape, table


def _expression(name: str, takes: str, result: Type, english: str, since: str = "3.6") -> Operator:
    return Operator(name, Kind.EXPRESSION, shape(takes), result, english, since)


_MOMENT = "date|timestamp|objectId"


def _date_part(name: str, english: str) -> Operator:
    takes = f"{_MOMENT} / date: {_MOMENT}, timezone?: string"
    return _expression(name, takes, Type.INT, f"{english}[ in time zone {{timezone}}]")


def _calendar(name: str, names: str, result: Type, english: str) -> Operator:
    """$dateAdd and its like: MongoDB 5.0 brought them all."""
    return _expression(name, names, result, english, "5.0")


def _angle(name: str, english: str) -> Operator:
    return _expression(name, "number", Type.NUMBER, english, "4.2")


_ARITHMETIC = (
    _expression("$add", "number|date+", Type.SAME, "{all| plus }"),
    _expression("$subtract", "number|date number|date", Type.NUMBER, "{0} minus {1}"),
    _expression("$multiply", "number+", Type.NUMBER, "{all| times }"),
    _expression("$divide", "number number", Type.NUMBER, "{0} divided by {1}"),
    _expression("$mod", "number number", Type.NUMBER, "the remainder of {0} divided by {1}"),
    _expression("$abs", "number", Type.NUMBER, "the absolute value of {0}"),
    _expression("$ceil", "number", Type.NUMBER, "{0} rounded up"),
    _expression("$floor", "number", Type.NUMBER, "{0} rounded down"),
    _expression("$round", "number int?", Type.NUMBER, "{0} rounded[ to {1} decimal places]", "4.2"),
    _expression("$trunc", "number int?", Type.NUMBER, "{0} cut off[ after {1} decimal places]"),
    _expression("$pow", "number number", Type.NUMBER, "{0} to the power of {1}"),
    _expression("$sqrt", "number", Type.NUMBER, "the square root of {0}"),
    _expression("$exp", "number", Type.NUMBER, "e to the power of {0}"),
    _expression("$ln", "number", Type.NUMBER, "the natural logarithm of {0}"),
    _expression("$log", "number number", Type.NUMBER, "the logarithm of {0} to base {1}"),
    _expression("$log10", "number", Type.NUMBER, "the base-10 logarithm of {0}"),
    _angle("$sin", "the sine of {0}"),
    _angle("$cos", "the cosine of {0}"),
    _angle("$tan", "the tangent of {0}"),
    _angle("$asin", "the arcsine of {0}"),
    _angle("$acos", "the arccosine of {0}"),
    _angle("$atan", "the arctangent of {0}"),
    _expression("$atan2", "number number", Type.NUMBER, "the angle of {0} over {1}", "4.2"),
    _angle("$sinh", "the hyperbolic sine of {0}"),
    _angle("$cosh", "the hyperbolic cosine of {0}"),
    _angle("$tanh", "the hyperbolic tangent of {0}"),
    _angle("$asinh", "the inverse hyperbolic sine of {0}"),
    _angle("$acosh", "the inverse hyperbolic cosine of {0}"),
    _angle("$atanh", "the inverse hyperbolic tangent of {0}"),
    _angle("$degreesToRadians", "{0} degrees in radians"),
    _angle("$radiansToDegrees", "{0} radians in degrees"),
    _expression("$bitAnd", "int*", Type.INT, "the bits that {all} share", "6.3"),
    _expression("$bitOr", "int*", Type.INT, "the bits of any of {all}", "6.3"),
    _expression("$bitXor", "int*", Type.INT, "the bits that differ in {all}", "6.3"),
    _expression("$bitNot", "int", Type.INT, "the bits of {0} flipped", "6.3"),
)

_CONDITIONS = (
    _expression("$eq", "any any", Type.BOOL, "{0} equals {1}"),
    _expression("$ne", "any any", Type.BOOL, "{0} differs from {1}"),
    _expression("$gt", "any any", Type.BOOL, "{0} is more than {1}"),
    _expression("$gte", "any any", Type.BOOL, "{0} is at least {1}"),
    _expression("$lt", "any any", Type.BOOL, "{0} is less than {1}"),
    _expression("$lte", "any any", Type.BOOL, "{0} is at most {1}"),
    _expression("$cmp", "any any", Type.INT, "{0} compared with {1} (-1, 0 or 1)"),
    _expression("$and", "any*", Type.BOOL, "{all| and }"),
    _expression("$or", "any*", Type.BOOL, "{all| or }"),
    _expression("$not", "any", Type.BOOL, "it is not so that {0}"),
    _expression(
        "$cond",
        "any any any / if: any, then: any, else: any",
        Type.ANY,
        "{then} if {if}, otherwise {else}",
    ),
    _expression("$ifNull", "any any+", Type.ANY, "the first of {all} that is not null"),
    _expression(
        "$switch",
        "branches: array, default?: any",
        Type.ANY,
        "by case {branches}[, otherwise {default}]",
    ),
)

_STRINGS = (
    _expression("$concat", "string*", Type.STRING, "{all} joined as text"),
    _expression("$toLower", "any", Type.STRING, "{0} in lower case"),
    _expression("$toUpper", "any", Type.STRING, "{0} in upper case"),
    _expression("$substr", "any number number", Type.STRING, "{2} bytes of {0} from byte {1} on"),
    _expression(
        "$substrBytes",
        "any number number",
        Type.STRING,
        "{2} bytes of {0}, beginning with byte {1}",
    ),
    _expression(
        "$substrCP", "any number number", Type.STRING, "{2} characters of {0} from character {1} on"
    ),
    _expression("$strLenBytes", "string", Type.INT, "the length of {0} in bytes"),
    _expression("$strLenCP", "string", Type.INT, "the length of {0}"),
    _expression(
        "$strcasecmp", "any any", Type.INT, "{0} compared with {1} regardless of case (-1, 0 or 1)"
    ),
    _expression("$split", "string string", Type.ARRAY, "{0} split at {1}"),
    _expression(
        "$indexOfBytes",
        "string string int? int?",
        Type.INT,
        "the position of {1} in {0} in bytes[, from {2} on][ and before {3}]",
    ),
    _expression(
        "$indexOfCP",
        "string string int? int?",
        Type.INT,
        "the position of {1} in {0}[, from {2} on][ and before {3}]",
    ),
    _expression(
        "$trim", "input: string, chars?: string", Type.STRING, "{input} trimmed[ of {chars}]", "4.0"
    ),
    _expression(
        "$ltrim",
        "input: string, chars?: string",
        Type.STRING,
        "{input} trimmed on the left[ of {chars}]",
        "4.0",
    ),
    _expression(
        "$rtrim",
        "input: string, chars?: string",
        Type.STRING,
        "{input} trimmed on the right[ of {chars}]",
        "4.0",
    ),
    _expression(
        "$regexMatch",
        "input: string, regex: string|regex, options?: string",
        Type.BOOL,
        "{input} matches {regex}[ with the options {options}]",
        "4.2",
    ),
    _expression(
        "$regexFind",
        "input: string, regex: string|regex, options?: string",
        Type.OBJECT,
        "the first match of {regex} in {input}[ with the options {options}]",
        "4.2",
    ),
    _expression(
        "$regexFindAll",
        "input: string, regex: string|regex, options?: string",
        Type.ARRAY,
        "the matches of {regex} in {input}[ with the options {options}]",
        "4.2",
    ),
    _expression(
        "$replaceOne",
        "input: string, find: string, replacement: string",
        Type.STRING,
        "{input} with the first {find} replaced by {replacement}",
        "4.4",
    ),
    _expression(
        "$replaceAll",
        "input: string, find: string, replacement: string",
        Type.STRING,
        "{input} with every {find} replaced by {replacement}",
        "4.4",
    ),
)

_DATES = (
    _date_part("$year", "the year of {date}"),
    _date_part("$month", "the month of {date}"),
    _date_part("$dayOfMonth", "the day of the month of {date}"),
    _date_part("$dayOfWeek", "the weekday (1 is Sunday) of {date}"),
    _date_part("$dayOfYear", "the day of the year of {date}"),
    _date_part("$hour", "the hour of {date}"),
    _date_part("$minute", "the minute of {date}"),
    _date_part("$second", "the second of {date}"),
    _date_part("$millisecond", "the millisecond of {date}"),
    _date_part("$week", "the week of {date}"),
    _date_part("$isoWeek", "the ISO week of {date}"),
    _date_part("$isoWeekYear", "the ISO week year of {date}"),
    _date_part("$isoDayOfWeek", "the weekday (1 is Monday) of {date}"),
    _expression(
        "$dateToString",
        f"date: {_MOMENT}, format?: string, timezone?: string, onNull?: any",
        Type.STRING,
        "{date} as text[ in the form {format}][ in time zone {timezone}]"
        "[, or {onNull} if there is none]",
    ),
    _expression(
        "$dateFromString",
        "dateString: string, format?: string, timezone?: string, onError?: any, onNull?: any",
        Type.DATE,
        "{dateString} read as a date[ of the form {format}][ in time zone {timezone}]"
        "[, or {onError} if it cannot be][, or {onNull} if there is none]",
    ),
    _expression(
        "$dateToParts",
        f"date: {_MOMENT}, timezone?: string, iso8601?: bool",
        Type.OBJECT,
        "the parts of {date}[ in time zone {timezone}][, by ISO 8601: {iso8601}]",
    ),
    _expression(
        "$dateFromParts",
        "year?: number, isoWeekYear?: number, month?: number, isoWeek?: number, day?: number, "
        "isoDayOfWeek?: number, hour?: number, minute?: number, second?: number, "
        "millisecond?: number, timezone?: string",
        Type.DATE,
        "the date of[ year {year}][ ISO week year {isoWeekYear}][ month {month}]"
        "[ ISO week {isoWeek}][ day {day}][ ISO weekday {isoDayOfWeek}][ hour {hour}]"
        "[ minute {minute}][ second {second}][ millisecond {millisecond}]"
        "[ in time zone {timezone}]",
    ),
    _calendar(
        "$dateTrunc",
        f"date: {_MOMENT}, unit: string, binSize?: number, timezone?: string, startOfWeek?: string",
        Type.DATE,
        "the start of the {unit:word} of {date}[, in steps of {binSize}]"
        "[ in time zone {timezone}][, weeks beginning on {startOfWeek:word}]",
    ),
    _calendar(
        "$dateDiff",
        f"startDate: {_MOMENT}, endDate: {_MOMENT}, unit: string, timezone?: string, "
        "startOfWeek?: string",
        Type.INT,
        "the time from {startDate} to {endDate} in {unit:word}s[ in time zone {timezone}]"
        "[, weeks beginning on {startOfWeek:word}]",
    ),
    _calendar(
        "$dateAdd",
        f"startDate: {_MOMENT}, unit: string, amount: number, timezone?: string",
        Type.DATE,
        "{startDate} plus {amount} {unit:word}s[ in time zone {timezone}]",
    ),
    _calendar(
        "$dateSubtract",
        f"startDate: {_MOMENT}, unit: string, amount: number, timezone?: string",
        Type.DATE,
        "{startDate} minus {amount} {unit:word}s[ in time zone {timezone}]",
    ),
    _expression("$tsSecond", "timestamp", Type.INT, "the second of {0}", "5.1"),
    _expression("$tsIncrement", "timestamp", Type.INT, "the increment of {0}", "5.1"),
)

_ARRAYS = (
    _expression("$size", "array", Type.INT, "the number of elements of {0}"),
    _expression("$isArray", "any", Type.BOOL, "{0} is an array"),
    _expression("$arrayElemAt", "array int", Type.ANY, "element {1} of {0} (counted from 0)"),
    _expression("$first", "array", Type.ANY, "the first of {0}", "4.4"),
    _expression("$last", "array", Type.ANY, "the last of {0}", "4.4"),
    _expression("$in", "any array", Type.BOOL, "{0} is in {1}"),
    _expression(
        "$indexOfArray",
        "array any int? int?",
        Type.INT,
        "the index of {1} among the elements of {0}[, from {2} on][ and before {3}]",
    ),
    _expression("$slice", "array int int?", Type.ARRAY, "{0} sliced at {1}[, {2} elements long]"),
    _expression("$concatArrays", "array*", Type.ARRAY, "the elements of {all} one after the other"),
    _expression("$reverseArray", "array", Type.ARRAY, "{0} reversed"),
    _expression(
        "$range",
        "number number number?",
        Type.ARRAY,
        "the numbers from {0} up to but not including {1}[ in steps of {2}]",
    ),
    _expression(
        "$filter",
        "input: array, cond: any, as?: string, limit?: number",
        Type.ARRAY,
        "those of {input}[, each called {as:word},] where {cond}[, at most {limit}]",
    ),
    _expression(
        "$map",
        "input: array, in: any, as?: string",
        Type.ARRAY,
        "{in} for each of {input}[, called {as:word}]",
    ),
    _expression(
        "$reduce",
        "input: array, initialValue: any, in: any",
        Type.ANY,
        "{input} reduced from {initialValue} on by {in}",
    ),
    _expression(
        "$sortArray",
        "input: array, sortBy: any",
        Type.ARRAY,
        "{input} sorted by {sortBy:sort}",
        "5.2",
    ),
    _expression(
        "$zip",
        "inputs: array, useLongestLength?: bool, defaults?: array",
        Type.ARRAY,
        "{inputs} zipped[, to the longest: {useLongestLength}][, gaps filled from {defaults}]",
    ),
    _expression(
        "$firstN", "input: array, n: number", Type.ARRAY, "the first {n} of {input}", "5.2"
    ),
    _expression("$lastN", "input: array, n: number", Type.ARRAY, "the last {n} of {input}", "5.2"),
    _expression(
        "$maxN", "input: array, n: number", Type.ARRAY, "the {n} largest of {input}", "5.2"
    ),
    _expression(
        "$minN", "input: array, n: number", Type.ARRAY, "the {n} smallest of {input}", "5.2"
    ),
    _expression("$setUnion", "array*", Type.ARRAY, "the different elements of {all}"),
    _expression("$setIntersection", "array*", Type.ARRAY, "the elements that {all} share"),
    _expression(
        "$setDifference", "array array", Type.ARRAY, "the elements of {0} that are not in {1}"
    ),
    _expression("$setEquals", "array array+", Type.BOOL, "{all} hold the same elements"),
    _expression("$setIsSubset", "array array", Type.BOOL, "all elements of {0} are in {1}"),
    _expression("$anyElementTrue", "array", Type.BOOL, "any element of {0} is true"),
    _expression("$allElementsTrue", "array", Type.BOOL, "all elements of {0} are true"),
)

_OBJECTS = (
    _expression("$mergeObjects", "object*", Type.OBJECT, "{all} merged"),
    _expression("$objectToArray", "object", Type.ARRAY, "the entries of {0}"),
    _expression("$arrayToObject", "array", Type.OBJECT, "an object of {0}"),
    _expression(
        "$getField",
        "string / field: string, input?: any",
        Type.ANY,
        "the field {field}[ of {input}]",
        "5.0",
    ),
    _expression(
        "$setField",
        "field: string, input: object, value: any",
        Type.OBJECT,
        "{input} with {field} set to {value}",
        "5.0",
    ),
    _expression(
        "$unsetField",
        "field: string, input: object",
        Type.OBJECT,
        "{input} without {field}",
        "5.0",
    ),
)

_TYPES = (
    _expression("$type", "any", Type.STRING, "the type of {0}"),
    _expression("$isNumber", "any", Type.BOOL, "{0} is a number", "4.4"),
    _expression(
        "$convert",
        "input: any, to: any, onError?: any, onNull?: any, format?: string",
        Type.ANY,
        "{input} converted to {to}[ in the format {format}][, or {onError} if it cannot be]"
        "[, or {onNull} if there is none]",
        "4.0",
    ),
    _expression("$toBool", "any", Type.BOOL, "{0} as a boolean", "4.0"),
    _expression("$toDate", "any", Type.DATE, "{0} as a date", "4.0"),
    _expression("$toDecimal", "any", Type.NUMBER, "{0} as a decimal number", "4.0"),
    _expression("$toDouble", "any", Type.NUMBER, "{0} as a double", "4.0"),
    _expression("$toInt", "any", Type.INT, "{0} as a whole number", "4.0"),
    _expression("$toLong", "any", Type.INT, "{0} as a long whole number", "4.0"),
    _expression("$toObjectId", "any", Type.OBJECT_ID, "{0} as an ObjectId", "4.0"),
    _expression("$toString", "any", Type.STRING, "{0} as text", "4.0"),
    _expression("$toUUID", "string|binary", Type.BINARY, "{0} as a UUID", "8.0"),
    _expression("$bsonSize", "object", Type.INT, "the size of the document {0} in bytes", "4.4"),
    _expression("$binarySize", "string|binary", Type.INT, "the size of {0} in bytes", "4.4"),
)

_OTHERS = (
    _expression("$let", "vars: object, in: any", Type.ANY, "{in}, where {vars}"),
    _expression("$rand", "-", Type.NUMBER, "a random number", "4.4.2"),
    _expression("$meta", "string", Type.ANY, "the {0} of the search"),
)

_ACCUMULATING = (
    # Accumulators used as expressions, over an array or over several arguments.
    _expression("$sum", "any*", Type.NUMBER, "the sum of {all}"),
    _expression("$avg", "any*", Type.NUMBER, "the average of {all}"),
    _expression("$min", "any*", Type.SAME, "the least of {all}"),
    _expression("$max", "any*", Type.SAME, "the greatest of {all}"),
    _expression("$stdDevPop", "any*", Type.NUMBER, "the standard deviation of {all}"),
    _expression("$stdDevSamp", "any*", Type.NUMBER, "the sample standard deviation of {all}"),
    _expression(
        "$median",
        "input: any, method: string",
        Type.NUMBER,
        "the median of {input} ({method:word})",
        "7.0",
    ),
    _expression(
        "$percentile",
        "input: any, p: array, method: string",
        Type.ARRAY,
        "the percentiles {p} of {input} ({method:word})",
        "7.0",
    ),
)

EXPRESSIONS: Mapping[str, Operator] = table(
    *_ARITHMETIC,
    *_CONDITIONS,
    *_STRINGS,
    *_DATES,
    *_ARRAYS,
    *_OBJECTS,
    *_TYPES,
    *_OTHERS,
    *_ACCUMULATING,
)
