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
        "take each of {path}",
    ),
    _stage("$group", "object", "group by {0}"),
    _stage(
        "$bucket",
        "groupBy: any, boundaries: array, default?: any, output?: object",
        "group by ranges of {groupBy}: {boundaries}",
    ),
    _stage(
        "$bucketAuto",
        "groupBy: any, buckets: int, output?: object, granularity?: string",
        "group by {buckets} even ranges of {groupBy}",
    ),
    _stage("$sort", "object", "sort by {0}"),
    _stage("$limit", "int", "keep the first {0}"),
    _stage("$skip", "int", "skip the first {0}"),
    _stage("$count", "string", "count them as {0}"),
    _stage("$sortByCount", "any", "count by {0}, the most first"),
    _stage(
        "$lookup",
        "from: string, as: string, localField?: string, foreignField?: string, let?: object, "
        "pipeline?: array",
        "join {from} as {as}",
    ),
    _stage(
        "$graphLookup",
        "from: string, startWith: any, connectFromField: string, connectToField: string, "
        "as: string, maxDepth?: int, depthField?: string, restrictSearchWithMatch?: object",
        "follow {connectFromField} to {connectToField} in {from} from {startWith} on, as {as}",
    ),
    _stage("$replaceRoot", "newRoot: object", "take {newRoot} instead"),
    _stage("$replaceWith", "object", "take {0} instead", "4.2"),
    _stage("$facet", "object", "compute side by side {0}"),
    _stage(
        "$unionWith", "string / coll: string, pipeline?: array", "add the rows of {coll}", "4.4"
    ),
    _stage("$sample", "size: int", "keep {size} at random"),
    _stage(
        "$setWindowFields",
        "output: object, partitionBy?: any, sortBy?: object",
        "add for each row {output}",
        "5.0",
    ),
    _stage(
        "$densify",
        "field: string, range: object, partitionByFields?: array",
        "add rows where {field} has gaps",
        "5.1",
    ),
    _stage(
        "$fill",
        "output: object, partitionBy?: any, partitionByFields?: array, sortBy?: object",
        "fill gaps: {output}",
        "5.3",
    ),
    _stage(
        "$geoNear",
        "near: object|array, distanceField: string, key?: string, query?: object, "
        "maxDistance?: number, minDistance?: number, distanceMultiplier?: number, "
        "includeLocs?: string, spherical?: bool",
        "take the nearest to {near} first, their distance as {distanceField}",
    ),
)
