"""Accumulators of `$group` and its like, and the functions of `$setWindowFields`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mqt_serving.query.operators.definition import Kind, Operator, Type, shape, table


def _accumulator(name: str, takes: str, result: Type, english: str, since: str = "3.6") -> Operator:
    return Operator(name, Kind.ACCUMULATOR, shape(takes), result, english, since)


def _window(name: str, takes: str, result: Type, english: str, since: str = "5.0") -> Operator:
    return Operator(name, Kind.WINDOW_FUNCTION, shape(takes), result, english, since)


ACCUMULATORS: Mapping[str, Operator] = table(
    _accumulator("$sum", "any", Type.NUMBER, "the sum of {0}"),
    _accumulator("$avg", "any", Type.NUMBER, "the average of {0}"),
    _accumulator("$min", "any", Type.SAME, "the least {0}"),
    _accumulator("$max", "any", Type.SAME, "the greatest {0}"),
    _accumulator("$first", "any", Type.SAME, "the first {0}"),
    _accumulator("$last", "any", Type.SAME, "the last {0}"),
    _accumulator("$push", "any", Type.ARRAY, "the list of all {0}"),
    _accumulator("$addToSet", "any", Type.ARRAY, "the set of all different {0}"),
    _accumulator("$count", "-", Type.INT, "the number of rows", "5.0"),
    _accumulator("$stdDevPop", "any", Type.NUMBER, "the standard deviation of {0}"),
    _accumulator("$stdDevSamp", "any", Type.NUMBER, "the sample standard deviation of {0}"),
    _accumulator("$mergeObjects", "object", Type.OBJECT, "{0} merged"),
    _accumulator(
        "$top",
        "sortBy: object, output: any",
        Type.ANY,
        "the first {output} by {sortBy:sort}",
        "5.2",
    ),
    _accumulator(
        "$bottom",
        "sortBy: object, output: any",
        Type.ANY,
        "the last {output} by {sortBy:sort}",
        "5.2",
    ),
    _accumulator(
        "$topN",
        "n: number, sortBy: object, output: any",
        Type.ARRAY,
        "the first {n} {output} by {sortBy:sort}",
        "5.2",
    ),
    _accumulator(
        "$bottomN",
        "n: number, sortBy: object, output: any",
        Type.ARRAY,
        "the last {n} {output} by {sortBy:sort}",
        "5.2",
    ),
    _accumulator("$firstN", "input: any, n: number", Type.ARRAY, "the first {n} {input}", "5.2"),
    _accumulator("$lastN", "input: any, n: number", Type.ARRAY, "the last {n} {input}", "5.2"),
    _accumulator("$maxN", "input: any, n: number", Type.ARRAY, "the {n} greatest {input}", "5.2"),
    _accumulator("$minN", "input: any, n: number", Type.ARRAY, "the {n} least {input}", "5.2"),
    _accumulator(
        "$median",
        "input: any, method: string",
        Type.NUMBER,
        "the median of {input} ({method:word})",
        "7.0",
    ),
    _accumulator(
        "$percentile",
        "input: any, p: array, method: string",
        Type.ARRAY,
        "the percentiles {p} of {input} ({method:word})",
        "7.0",
    ),
)
"""What `$group`, `$bucket` and `$bucketAuto` compute for each group."""

_OVER_WINDOWS = [
    replace(operator, kind=Kind.WINDOW_FUNCTION, since=max("5.0", operator.since))
    for name, operator in ACCUMULATORS.items()
    if name != "$mergeObjects"
]

WINDOW_FUNCTIONS: Mapping[str, Operator] = table(
    *_OVER_WINDOWS,
    _window("$rank", "-", Type.INT, "the rank, with gaps after ties"),
    _window("$denseRank", "-", Type.INT, "the rank, without gaps"),
    _window("$documentNumber", "-", Type.INT, "the position of the row"),
    _window(
        "$shift",
        "output: any, by: number, default?: any",
        Type.ANY,
        "{output} of the row {by} further[, or {default} where there is none]",
    ),
    _window(
        "$derivative",
        "input: number|date, unit?: string",
        Type.NUMBER,
        "the rate of change of {input}[ per {unit:word}]",
    ),
    _window(
        "$integral",
        "input: number|date, unit?: string",
        Type.NUMBER,
        "the area under {input}[ over {unit:word}s]",
    ),
    _window(
        "$expMovingAvg",
        "input: number, N?: number, alpha?: number",
        Type.NUMBER,
        "the exponential moving average of {input}[ over {N} rows][ with weight {alpha}]",
    ),
    _window("$covariancePop", "number number", Type.NUMBER, "the covariance of {0} and {1}"),
    _window(
        "$covarianceSamp", "number number", Type.NUMBER, "the sample covariance of {0} and {1}"
    ),
    _window("$linearFill", "number", Type.NUMBER, "{0}, gaps filled evenly", "5.3"),
    _window("$locf", "any", Type.SAME, "{0}, gaps filled with the value before", "5.2"),
)
"""What `$setWindowFields` computes for each row."""
