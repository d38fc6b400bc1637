"""Trees as the plain documents that MongoDB reads: filters, expressions and stages.

Dicts keep the order of the tree; values are BSON values as PyMongo takes them. `rendering` prints
what is built here, `parsing` is its inverse. Depends on the trees and the operator tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from bson import Decimal128, Regex

from mqt_serving.query.operators import ACCUMULATORS, EXPRESSIONS, WINDOW_FUNCTIONS
from mqt_serving.query.pipeline import (
    LEGACY_POINT,
    Accumulator,
    AddFields,
    AllOf,
    AnyOf,
    ArrayExpression,
    Bucket,
    BucketAuto,
    Count,
    Densify,
    Document,
    ElementMatch,
    Expression,
    ExpressionFilter,
    Facet,
    FieldTest,
    Fill,
    Filter,
    GeoNear,
    GeoShape,
    GeoTest,
    GraphLookup,
    Group,
    Limit,
    LiteralExpression,
    Lookup,
    Match,
    Meta,
    NamedOperation,
    NoneOf,
    NotTest,
    ObjectExpression,
    Operation,
    PathExpression,
    Project,
    ReplaceRoot,
    Sample,
    SetWindowFields,
    Skip,
    Sort,
    SortByCount,
    Stage,
    TextSearch,
    UnionWith,
    Unset,
    Unwind,
    Value,
    VariableExpression,
    Window,
)

Mongo = dict[str, Any]
"""A document as PyMongo takes it."""


def bson_value(value: Value) -> Any:
    """A literal as PyMongo takes it: lists for tuples, dicts for documents."""
    match value:
        case tuple():
            return [bson_value(item) for item in value]
        case Document(items=items):
            return {key: bson_value(item) for key, item in items}
        case _:
            return value


# -------------------------------------------------------------------- filters


def filter_document(condition: Filter) -> Mongo:
    """The filter document; ValueError where MQL has no way to write it."""
    match condition:
        case AllOf(items=()):
            return {}
        case AllOf(items=items) if len(items) > 1 and (merged := _merged(items)) is not None:
            return merged
        case AllOf(items=items):
            return {"$and": [filter_document(item) for item in items]}
        case _:
            key, value = _entry(condition)
            _require_path(key)
            return {key: _short(value) if isinstance(condition, _TESTS) else value}


_TESTS = (FieldTest, NotTest, ElementMatch, GeoTest)


def _entry(condition: Filter) -> tuple[str, Any]:
    """The one entry of a filter document that says `condition`, in long form."""
    match condition:
        case FieldTest(path=path, operator=operator, value=value):
            return path, {operator: bson_value(value)}
        case NotTest(test=test):
            path, operand = _entry(test)
            is_regex = isinstance(test, FieldTest) and test.operator == "$regex"
            return path, {"$not": operand["$regex"] if is_regex else operand}
        case ElementMatch(path=path, filter=inner):
            return path, {"$elemMatch": _element_document(inner)}
        case GeoTest(path=path):
            return path, _geo_operand(condition)
        case TextSearch():
            return "$text", _text_operand(condition)
        case AllOf(items=items):
            return "$and", [filter_document(item) for item in items]
        case AnyOf(items=items):
            return "$or", [filter_document(item) for item in items]
        case NoneOf(items=items):
            return "$nor", [filter_document(item) for item in items]
        case ExpressionFilter(expression=expression):
            return "$expr", expression_document(expression)
        case _:
            assert_never(condition)


def _geo_operand(test: GeoTest) -> Mongo:
    limits = {"$maxDistance": test.max_distance, "$minDistance": test.min_distance}
    distances = {name: value for name, value in limits.items() if value is not None}
    shape = shape_document(test.shape)
    # MongoDB wants the distances of a legacy point beside it, those of a GeoJSON one inside.
    if test.shape.kind == LEGACY_POINT:
        return {test.operator: shape, **distances}
    return {test.operator: {**shape, **distances}}


def shape_document(shape: GeoShape) -> Any:
    value = bson_value(shape.value)
    return value if shape.kind == LEGACY_POINT else {shape.kind: value}


def _text_operand(search: TextSearch) -> Mongo:
    operand: Mongo = {"$search": search.search}
    if search.language is not None:
        operand["$language"] = search.language
    if search.case_sensitive:
        operand["$caseSensitive"] = True
    if search.diacritic_sensitive:
        operand["$diacriticSensitive"] = True
    return operand


def _require_path(key: str) -> None:
    if not key:
        raise ValueError(
            "the element itself (an empty path) can be tested only directly in $elemMatch, by "
            "operators that differ"
        )


def _short(operand: Mongo) -> Any:
    """`{$eq: v}` and `{$regex: /x/}` as people write them, where that means the same."""
    if len(operand) == 1:
        if "$regex" in operand:
            return operand["$regex"]
        if "$eq" in operand and not isinstance(operand["$eq"], Regex):
            return operand["$eq"]
    return operand


def _merged(items: Sequence[Filter]) -> Mongo | None:
    """All items in one document in their order, or None when they need a `$and`.

    Only neighbours share a key: `{a: {$gt: 1, $lt: 5}}`. A key that comes back later cannot.
    """
    merged: Mongo = {}
    previous = None
    for item in items:
        if item == AllOf(()):
            return None
        key, value = _entry(item)
        _require_path(key)
        if key not in merged:
            merged[key] = value
        elif key == previous and isinstance(item, _TESTS) and not merged[key].keys() & value.keys():
            merged[key] = merged[key] | value
        else:
            return None
        previous = key
    tested = {_entry(item)[0] for item in items if isinstance(item, _TESTS)}
    return {key: _short(value) if key in tested else value for key, value in merged.items()}


def _element_document(inner: Filter) -> Mongo:
    """The operand of `$elemMatch`: a filter on fields, or operators on the element itself."""
    items = inner.items if isinstance(inner, AllOf) else (inner,)
    on_element = [item for item in items if isinstance(item, _TESTS) and _entry(item)[0] == ""]
    if not on_element:
        return filter_document(inner)
    operand: Mongo = {}
    for item in on_element:
        operators = _entry(item)[1]
        if operand.keys() & operators.keys():
            raise ValueError(f"$elemMatch cannot test {', '.join(operators)} twice on one element")
        operand |= operators
    if len(on_element) < len(items):
        raise ValueError("$elemMatch cannot test the element itself and its fields at once")
    return operand


# ---------------------------------------------------------------- expressions


def expression_document(expression: Expression) -> Any:
    """The expression as MongoDB reads it."""
    match expression:
        case PathExpression(path=path):
            return f"${path}"
        case VariableExpression(name=name):
            return f"$${name}"
        case LiteralExpression(value=value):
            needs_quoting = isinstance(value, tuple | Document) or (
                isinstance(value, str) and value.startswith("$")
            )
            return {"$literal": bson_value(value)} if needs_quoting else value
        case Operation(operator=operator, arguments=arguments):
            return {operator: _positional(operator, arguments)}
        case NamedOperation(operator=operator, arguments=named):
            return {operator: {name: expression_document(value) for name, value in named}}
        case ObjectExpression(items=fields):
            return {name: expression_document(value) for name, value in fields}
        case ArrayExpression(items=elements):
            return [expression_document(element) for element in elements]
        case _:
            assert_never(expression)


def _positional(operator: str, arguments: Sequence[Expression]) -> Any:
    shape = EXPRESSIONS[operator].shape
    if not arguments and shape.most == 0:
        return {}
    printed = [expression_document(argument) for argument in arguments]
    # A lone list would read as the argument list, a lone object as named arguments.
    ambiguous = shape.named and isinstance(arguments[0], ObjectExpression) if arguments else False
    if len(printed) == 1 and not isinstance(printed[0], list) and not ambiguous:
        return printed[0]
    return printed


def projected_document(expression: Expression) -> Any:
    """The expression inside a projection, where a bare number or boolean means in or out."""
    match expression:
        case LiteralExpression(value=value) if value is None or isinstance(
            value, bool | int | float | Decimal128
        ):
            return {"$literal": value}
        case ObjectExpression(items=fields):
            return {name: projected_document(value) for name, value in fields}
        case _:
            return expression_document(expression)


def projection_document(projection: Project) -> Mongo:
    return {
        name: int(item) if isinstance(item, bool) else projected_document(item)
        for name, item in projection.items
    }


# --------------------------------------------------------------------- stages


def stage_document(stage: Stage) -> Mongo:
    """The stage as MongoDB reads it."""
    match stage:
        case Match(filter=condition):
            return {"$match": filter_document(condition)}
        case Project():
            return {"$project": projection_document(stage)}
        case AddFields(items=fields):
            return {"$addFields": {name: expression_document(value) for name, value in fields}}
        case Unset(paths=paths):
            return {"$unset": paths[0] if len(paths) == 1 else list(paths)}
        case Unwind():
            return {"$unwind": _unwind_operand(stage)}
        case Group():
            return {"$group": _group_operand(stage)}
        case Bucket():
            return {"$bucket": _bucket_operand(stage)}
        case BucketAuto():
            return {"$bucketAuto": _bucket_auto_operand(stage)}
        case Sort():
            return {"$sort": sort_document(stage)}
        case Limit(count=count):
            return {"$limit": count}
        case Skip(count=count):
            return {"$skip": count}
        case Count(name=name):
            return {"$count": name}
        case SortByCount(expression=expression):
            return {"$sortByCount": expression_document(expression)}
        case Lookup():
            return {"$lookup": _lookup_operand(stage)}
        case GraphLookup():
            return {"$graphLookup": _graph_lookup_operand(stage)}
        case ReplaceRoot(expression=expression):
            return {"$replaceRoot": {"newRoot": expression_document(expression)}}
        case Facet(pipelines=pipelines):
            return {"$facet": {name: pipeline_documents(inner) for name, inner in pipelines}}
        case UnionWith(collection=collection, stages=()):
            return {"$unionWith": collection}
        case UnionWith(collection=collection, stages=inner):
            return {"$unionWith": {"coll": collection, "pipeline": pipeline_documents(inner)}}
        case Sample(size=size):
            return {"$sample": {"size": size}}
        case SetWindowFields():
            return {"$setWindowFields": _window_operand(stage)}
        case Densify():
            return {"$densify": _densify_operand(stage)}
        case Fill():
            return {"$fill": _fill_operand(stage)}
        case GeoNear():
            return {"$geoNear": _geo_near_operand(stage)}
        case _:
            assert_never(stage)


def pipeline_documents(stages: Sequence[Stage]) -> list[Mongo]:
    return [stage_document(stage) for stage in stages]


def _unwind_operand(stage: Unwind) -> Any:
    if not stage.preserve and stage.index is None:
        return f"${stage.path}"
    operand: Mongo = {"path": f"${stage.path}"}
    if stage.index is not None:
        operand["includeArrayIndex"] = stage.index
    if stage.preserve:
        operand["preserveNullAndEmptyArrays"] = True
    return operand


def sort_document(sort: Sort) -> Mongo:
    return {
        name: {"$meta": way.keyword} if isinstance(way, Meta) else way for name, way in sort.keys
    }


def _group_operand(stage: Group) -> Mongo:
    match stage.key:
        case None:
            key = None
        case LiteralExpression(value=None):
            key = {"$literal": None}  # tells a constant null from "no key"
        case _:
            key = expression_document(stage.key)
    return {"_id": key, **_accumulator_documents(stage.accumulators)}


def _accumulator_documents(accumulators: Sequence[Accumulator]) -> Mongo:
    documents: Mongo = {}
    for accumulator in accumulators:
        shape = ACCUMULATORS[accumulator.operator].shape
        argument = {} if shape.most == 0 else expression_document(accumulator.argument)
        documents[accumulator.name] = {accumulator.operator: argument}
    return documents


def _bucket_operand(stage: Bucket) -> Mongo:
    operand: Mongo = {
        "groupBy": expression_document(stage.by),
        "boundaries": [expression_document(LiteralExpression(v)) for v in stage.boundaries],
    }
    if stage.default is not None:
        operand["default"] = expression_document(stage.default)
    if stage.accumulators:
        operand["output"] = _accumulator_documents(stage.accumulators)
    return operand


def _bucket_auto_operand(stage: BucketAuto) -> Mongo:
    operand: Mongo = {"groupBy": expression_document(stage.by), "buckets": stage.buckets}
    if stage.accumulators:
        operand["output"] = _accumulator_documents(stage.accumulators)
    if stage.granularity is not None:
        operand["granularity"] = stage.granularity
    return operand


def _graph_lookup_operand(stage: GraphLookup) -> Mongo:
    operand: Mongo = {
        "from": stage.collection,
        "startWith": expression_document(stage.start),
        "connectFromField": stage.connect_from,
        "connectToField": stage.connect_to,
        "as": stage.name,
    }
    if stage.max_depth is not None:
        operand["maxDepth"] = stage.max_depth
    if stage.depth_field is not None:
        operand["depthField"] = stage.depth_field
    if stage.restrict is not None:
        operand["restrictSearchWithMatch"] = filter_document(stage.restrict)
    return operand


def _window_operand(stage: SetWindowFields) -> Mongo:
    operand: Mongo = {}
    if stage.partition is not None:
        operand["partitionBy"] = expression_document(stage.partition)
    if stage.sort is not None:
        operand["sortBy"] = sort_document(stage.sort)
    outputs: Mongo = {}
    for output in stage.outputs:
        shape = WINDOW_FUNCTIONS[output.operator].shape
        argument = {} if shape.most == 0 else expression_document(output.argument)
        outputs[output.name] = {output.operator: argument}
        if output.window is not None:
            outputs[output.name]["window"] = _window_document(output.window)
    return {**operand, "output": outputs}


def _window_document(window: Window) -> Mongo:
    document: Mongo = {window.kind: [window.low, window.high]}
    return document if window.unit is None else {**document, "unit": window.unit}


def _densify_operand(stage: Densify) -> Mongo:
    bounds = stage.bounds if isinstance(stage.bounds, str) else bson_value(stage.bounds)
    unit = {} if stage.unit is None else {"unit": stage.unit}
    partition = {"partitionByFields": list(stage.partition)} if stage.partition else {}
    return {
        "field": stage.path,
        **partition,
        "range": {"step": stage.step, **unit, "bounds": bounds},
    }


def _fill_operand(stage: Fill) -> Mongo:
    operand: Mongo = {}
    if isinstance(stage.partition, tuple):
        operand["partitionByFields"] = list(stage.partition)
    elif stage.partition is not None:
        operand["partitionBy"] = expression_document(stage.partition)
    if stage.sort is not None:
        operand["sortBy"] = sort_document(stage.sort)
    operand["output"] = {
        name: {"method": output}
        if isinstance(output, str)
        else {"value": expression_document(output)}
        for name, output in stage.outputs
    }
    return operand


def _geo_near_operand(stage: GeoNear) -> Mongo:
    near = bson_value(stage.near.value)
    operand: Mongo = {"near": near, "distanceField": stage.distance_field}
    options = {
        "key": stage.key,
        "query": filter_document(stage.query) or None,
        "maxDistance": stage.max_distance,
        "minDistance": stage.min_distance,
        "distanceMultiplier": stage.multiplier,
        "includeLocs": stage.location_field,
        "spherical": stage.spherical or None,
    }
    return operand | {name: value for name, value in options.items() if value is not None}


def _lookup_operand(stage: Lookup) -> Mongo:
    operand: Mongo = {"from": stage.collection}
    if stage.local is not None:
        operand["localField"] = stage.local
    if stage.foreign is not None:
        operand["foreignField"] = stage.foreign
    if stage.let:
        operand["let"] = {name: expression_document(value) for name, value in stage.let}
    if stage.stages is not None:
        operand["pipeline"] = pipeline_documents(stage.stages)
    operand["as"] = stage.name
    return operand
