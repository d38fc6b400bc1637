"""Stages of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping

from mqt_serving.query.operators.definition import Kind, Operator, Type, shape, table


def _stage(name: str, takes: str, english: str, since: str = "3.6") -> Operator:
    return Operator(name, Kind.STAGE, shape(takes), Type.NONE, english, since)


STAGES: Mapping[str, Operator] = table(
    _stage("$match", "object", "keep those where {0}"),
    _stage("$project", "object", "show {0}"),
    _stage("$addFields", "object", "add {0}"),
    _stage("$set", "object", "add {0}", "4.2"),
    _stage("$unset", "string|array", "drop {0}", "4.2"),
    _stage(
        "$unwind",
        "string / path: string, preserveNullAndEmptyArrays?: bool, includeArrayIndex?: string",
        "take each element of {path}[, its position as {includeArrayIndex}]"
        "[, rows without any too: {preserveNullAndEmptyArrays}]",
    ),
    _stage("$group", "object", "group by {0}"),
    _stage(
        "$bucket",
        "groupBy: any, boundaries: array, default?: any, output?: object",
        "group by {groupBy} in the ranges between {boundaries}[, what lies outside as {default}]"
        "[; {output}]",
    ),
    _stage(
        "$bucketAuto",
        "groupBy: any, buckets: int, output?: object, granularity?: string",
        "group by {groupBy} in {buckets} ranges of about as many rows each"
        "[, with limits from the series {granularity}][; {output}]",
    ),
    _stage("$sort", "object", "sort by {0}"),
    _stage("$limit", "int", "keep the first {0}"),
    _stage("$skip", "int", "skip the first {0}"),
    _stage("$count", "string", "count them as {0}"),
    _stage("$sortByCount", "any", "count the rows by {0}, the most first"),
    _stage(
        "$lookup",
        "from: string, as: string, localField?: string, foreignField?: string, let?: object, "
        "pipeline?: array",
        "add as {as} the rows of {from}[ whose {foreignField} equals {localField}][, where {let}]"
        "[, after {pipeline}]",
    ),
    _stage(
        "$graphLookup",
        "from: string, startWith: any, connectFromField: string, connectToField: string, "
        "as: string, maxDepth?: int, depthField?: string, restrictSearchWithMatch?: object",
        "add as {as} the rows of {from} that are reached from {startWith} through "
        "{connectToField}, and on from their {connectFromField}"
        "[, at most {maxDepth} steps on][, the number of steps as {depthField}]"
        "[, only through those where {restrictSearchWithMatch}]",
    ),
    _stage("$replaceRoot", "newRoot: object", "go on with {newRoot} in place of each row"),
    _stage("$replaceWith", "object", "go on with {0} in place of each row", "4.2"),
    _stage("$facet", "object", "compute side by side {0}"),
    _stage(
        "$unionWith",
        "string / coll: string, pipeline?: array",
        "add the rows of {coll}[, after {pipeline}]",
        "4.4",
    ),
    _stage("$sample", "size: int", "keep {size} at random"),
    _stage(
        "$setWindowFields",
        "output: object, partitionBy?: any, sortBy?: object",
        "add to each row {output}[, within those of the same {partitionBy}]"
        "[, in the order of {sortBy}]",
        "5.0",
    ),
    _stage(
        "$densify",
        "field: string, range: object, partitionByFields?: array",
        "add rows so that {field} has no gaps in {range}[, for each {partitionByFields}]",
        "5.1",
    ),
    _stage(
        "$fill",
        "output: object, partitionBy?: any, partitionByFields?: array, sortBy?: object",
        "give null and missing fields a value: {output}[, within those of the same {partitionBy}]"
        "[, for each {partitionByFields}][, in the order of {sortBy}]",
        "5.3",
    ),
    _stage(
        "$geoNear",
        "near: object|array, distanceField: string, key?: string, query?: object, "
        "maxDistance?: number, minDistance?: number, distanceMultiplier?: number, "
        "includeLocs?: string, spherical?: bool",
        "take the nearest to {near} first, their distance as {distanceField}"
        "[, by the field {key}][, only where {query}][, at least {minDistance} away]"
        "[, at most {maxDistance} away][, distances times {distanceMultiplier}]"
        "[, the place as {includeLocs}][, on the globe: {spherical}]",
    ),
)
