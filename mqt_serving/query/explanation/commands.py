"""A query that people wrote, step by step: for those that no plan can say.

`explain_command` words every stage from the operators' own English, steps that run one after the
other as a numbered list, sub-pipelines indented below their stage. Two different commands never
read the same, but for what has no meaning (the order of named arguments).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import assert_never

from mqt_serving.query.collation import Collation, collation_document
from mqt_serving.query.explanation.expressions import (
    expression_text,
    inner,
    named_text,
    order_text,
    plain_word,
    value_text,
)
from mqt_serving.query.explanation.filters import distance_text, filter_text, shape_text
from mqt_serving.query.explanation.names import code
from mqt_serving.query.explanation.templates import fill, filled
from mqt_serving.query.explanation.values import listed
from mqt_serving.query.operators import ACCUMULATORS, STAGES, WINDOW_FUNCTIONS, Operator
from mqt_serving.query.pipeline import (
    CURRENT,
    GEOMETRY,
    UNBOUNDED,
    Accumulator,
    AddFields,
    Aggregate,
    AllOf,
    ArrayExpression,
    Bound,
    Bucket,
    BucketAuto,
    Command,
    Count,
    CountDocuments,
    Densify,
    Distinct,
    EstimatedDocumentCount,
    Expression,
    Facet,
    Fill,
    Filter,
    Find,
    GeoNear,
    GraphLookup,
    Group,
    Limit,
    LiteralExpression,
    Lookup,
    Match,
    Meta,
    ObjectExpression,
    Project,
    ReplaceRoot,
    Sample,
    SetWindowFields,
    Skip,
    Sort,
    SortByCount,
    Stage,
    UnionWith,
    Unset,
    Unwind,
    Window,
    WindowOutput,
)

_INDENT = "   "
_FILL_METHODS = {"linear": "on a line between its neighbours", "locf": "as in the row before"}


def explain_command(command: Command) -> str:
    """What the command does, in English; several lines where it has several steps."""
    if isinstance(command, EstimatedDocumentCount) or command.collation is None:
        return _all(command)
    return f"{_all(command)}\n{_comparison(command.collation)}"


def _comparison(collation: Collation) -> str:
    options = collation_document(collation)
    language = options.pop("locale")
    said = ", ".join(f"{name} {json.dumps(value)}" for name, value in options.items())
    return f"Text compares and sorts by the rules of {code(str(language))}" + (
        f" ({said})." if said else "."
    )


def _all(command: Command) -> str:
    rows = code(command.collection)
    match command:
        case Find():
            return _find(command, rows)
        case Aggregate(stages=()):
            return f"Go through all {rows} and show all their fields."
        case Aggregate(stages=stages):
            return "\n".join([f"Go through the {rows}, step by step:", *_steps(stages, "")])
        case CountDocuments(filter=condition, skip=skip, limit=limit):
            skipped = "" if skip is None else f", the first {skip} left out"
            cut = "" if limit is None else f", up to {limit}"
            return f"Count {_those(rows, condition)}{skipped}{cut}."
        case EstimatedDocumentCount():
            return f"Take the number of all {rows} that MongoDB has noted: fast, perhaps not exact."
        case Distinct(path=path, filter=condition):
            return f"List the different values of {code(path)} in {_those(rows, condition)}."
        case _:
            assert_never(command)


def _find(find: Find, rows: str) -> str:
    steps = [f"Find {_those(rows, find.filter)}"]
    if find.sort is not None:
        steps.append(_stage(find.sort))
    if find.skip is not None:
        steps.append(_stage(Skip(find.skip)))
    if find.limit is not None:
        steps.append(_stage(Limit(find.limit)))
    if find.projection is not None:
        steps.append(_stage(find.projection))
    return f"{'; '.join(steps)}."


def _those(rows: str, condition: Filter) -> str:
    return f"all {rows}" if condition == AllOf(()) else f"the {rows} where {filter_text(condition)}"


# ---------------------------------------------------------------------- steps


def _steps(stages: Sequence[Stage], indent: str) -> list[str]:
    """The stages as numbered lines, each with the steps inside it below."""
    lines: list[str] = []
    for number, stage in enumerate(stages, 1):
        lines.append(f"{indent}{number}. {_stage(stage)}")
        lines += _inside(stage, indent + _INDENT)
    return lines


def _inside(stage: Stage, indent: str) -> list[str]:
    match stage:
        case Lookup(stages=tuple(stages)) | UnionWith(stages=stages) if stages:
            return _steps(stages, indent)
        case Facet(pipelines=pipelines):
            lines: list[str] = []
            for name, stages in pipelines:
                lines.append(f"{indent}{code(name)}:{'' if stages else ' the rows as they are'}")
                lines += _steps(stages, indent + _INDENT)
            return lines
        case _:
            return []


def _stage(stage: Stage) -> str:
    match stage:
        case Match(filter=condition):
            return _said("$match", {"0": filter_text(condition)})
        case Project(items=items):
            return _projection(items)
        case AddFields(items=items):
            return _said("$addFields", {"0": _definitions(items)})
        case Unset(paths=paths):
            return _said("$unset", {"0": _names(paths)})
        case Unwind(path=path, preserve=preserve, index=index):
            kept = "yes" if preserve else None
            position = None if index is None else code(index)
            phrases = {"includeArrayIndex": position, "preserveNullAndEmptyArrays": kept}
            return _said("$unwind", {"path": code(path), **phrases})
        case Group():
            return _group(stage)
        case Bucket() | BucketAuto():
            return _buckets(stage)
        case Sort():
            return _said("$sort", {"0": _order(stage)})
        case Limit(count=count):
            return _said("$limit", {"0": str(count)})
        case Skip(count=count):
            return _said("$skip", {"0": str(count)})
        case Count(name=name):
            return _said("$count", {"0": code(name)})
        case SortByCount(expression=expression):
            return _said("$sortByCount", {"0": inner(expression)})
        case ReplaceRoot(expression=expression):
            return _said("$replaceRoot", {"newRoot": inner(expression)})
        case Sample(size=size):
            return _said("$sample", {"size": str(size)})
        case Lookup() | GraphLookup() | UnionWith() | Facet():
            return _joining(stage)
        case SetWindowFields() | Densify() | Fill():
            return _neighbours(stage)
        case GeoNear():
            return _near(stage)
        case _:
            assert_never(stage)


def _said(operator: str, phrases: dict[str, str | None]) -> str:
    return filled(STAGES[operator].english, phrases)


def _names(paths: Sequence[str]) -> str:
    return listed([code(path) for path in paths]) if paths else "nothing"


def _definitions(items: Sequence[tuple[str, Expression]]) -> str:
    return "; ".join(f"{code(name)} = {expression_text(value)}" for name, value in items)


def _projection(items: Sequence[tuple[str, bool | Expression]]) -> str:
    """Kept fields by name, computed ones with how, left-out ones with `without`."""
    if items and all(value is False for _, value in items):
        return _said("$project", {"0": f"everything but {_names([name for name, _ in items])}"})
    said = []
    for name, value in items:
        if isinstance(value, bool):
            said.append(_kept(name) if value else f"without {code(name)}")
        else:
            said.append(f"{code(name)} = {expression_text(value)}")
    plain = all(isinstance(value, bool) for _, value in items)
    return _said("$project", {"0": (", " if plain else "; ").join(said) or "nothing"})


def _kept(name: str) -> str:
    if not name.endswith(".$"):
        return code(name)
    return f"the first element of {code(name.removesuffix('.$'))} that matched"


def _order(sort: Sort) -> str:
    said = []
    for name, way in sort.keys:
        match way:
            case Meta(keyword=keyword):
                said.append(f"{code(name)} (the {keyword} of the search)")
            case int():
                said.append(order_text([(name, way)]))
            case _:
                assert_never(way)
    return ", then ".join(said) or "nothing"


# --------------------------------------------------------------------- groups


def _group(group: Group) -> str:
    if group.key is None:
        text = "take all rows together as one group"
    else:
        text = _said("$group", {"0": inner(group.key)})
    computed = _accumulators(group.accumulators)
    return f"{text}; of each: {computed}" if computed else text


def _buckets(stage: Bucket | BucketAuto) -> str:
    output = _accumulators(stage.accumulators)
    of_each = f"of each: {output}" if output else None
    match stage:
        case Bucket(by=by, boundaries=boundaries, default=default):
            outside = None if default is None else inner(default)
            phrases = {"boundaries": value_text(boundaries), "default": outside}
            return _said("$bucket", {"groupBy": inner(by), "output": of_each, **phrases})
        case BucketAuto(by=by, buckets=number, granularity=granularity):
            series = None if granularity is None else value_text(granularity)
            phrases = {"buckets": str(number), "granularity": series}
            return _said("$bucketAuto", {"groupBy": inner(by), "output": of_each, **phrases})


def _accumulators(accumulators: Sequence[Accumulator]) -> str:
    return "; ".join(
        f"{code(a.name)} = {_accumulated(ACCUMULATORS[a.operator], a.argument)}"
        for a in accumulators
    )


def _accumulated(operator: Operator, argument: Expression) -> str:
    """An accumulator or window function with its argument."""
    if operator.name == "$sum" and argument == LiteralExpression(1):
        return "the number of rows (1 for each)"
    match argument:
        case ObjectExpression(items=items) if operator.shape.named:
            return named_text(operator, dict(items))
        case ArrayExpression(items=items) if operator.shape.least > 1:
            said = [inner(item) for item in items]
            return fill(operator.english, lambda name, _: said[int(name)])
        case _:
            return filled(operator.english, {"0": inner(argument)})


# -------------------------------------------------------------------- joining


def _joining(stage: Lookup | GraphLookup | UnionWith | Facet) -> str:
    match stage:
        case Lookup(stages=stages, let=let):
            return _said(
                "$lookup",
                {
                    "from": code(stage.collection),
                    "as": code(stage.name),
                    "localField": None if stage.local is None else code(stage.local),
                    "foreignField": None if stage.foreign is None else code(stage.foreign),
                    "let": _variables(let) if let else None,
                    "pipeline": None if stages is None else _these(stages),
                },
            )
        case GraphLookup(depth_field=depth, max_depth=most, restrict=restrict):
            return _said(
                "$graphLookup",
                {
                    "from": code(stage.collection),
                    "startWith": inner(stage.start),
                    "connectFromField": code(stage.connect_from),
                    "connectToField": code(stage.connect_to),
                    "as": code(stage.name),
                    "maxDepth": None if most is None else str(most),
                    "depthField": None if depth is None else code(depth),
                    "restrictSearchWithMatch": None
                    if restrict is None
                    else f"({filter_text(restrict)})",
                },
            )
        case UnionWith(collection=collection, stages=stages):
            pipeline = _these(stages) if stages else None
            return _said("$unionWith", {"coll": code(collection), "pipeline": pipeline})
        case Facet(pipelines=pipelines):
            return _said("$facet", {"0": f"{_names([name for name, _ in pipelines])}:"})


def _variables(let: Sequence[tuple[str, Expression]]) -> str:
    return listed([f"{code(f'$${name}')} is {inner(value)}" for name, value in let])


def _these(stages: Sequence[Stage]) -> str:
    return "these steps:" if stages else "no steps"


# ----------------------------------------------------------------- neighbours


def _neighbours(stage: SetWindowFields | Densify | Fill) -> str:
    match stage:
        case SetWindowFields(outputs=outputs, partition=partition, sort=sort):
            return _said(
                "$setWindowFields",
                {
                    "output": "; ".join(map(_window_output, outputs)) or "nothing",
                    "partitionBy": None if partition is None else inner(partition),
                    "sortBy": None if sort is None else _order(sort),
                },
            )
        case Densify(path=path, partition=partition_fields):
            fields = _names(partition_fields) if partition_fields else None
            phrases = {"range": _densify_range(stage), "partitionByFields": fields}
            return _said("$densify", {"field": code(path), **phrases})
        case Fill(outputs=filled_fields, partition=partition_of, sort=sort):
            by_fields = _names(partition_of) if isinstance(partition_of, tuple) else None
            by = None if by_fields or partition_of is None else partition_of
            return _said(
                "$fill",
                {
                    "output": "; ".join(_filled_field(name, how) for name, how in filled_fields),
                    "partitionBy": None if by is None or isinstance(by, tuple) else inner(by),
                    "partitionByFields": by_fields,
                    "sortBy": None if sort is None else _order(sort),
                },
            )


def _filled_field(name: str, how: str | Expression) -> str:
    return f"{code(name)} {_FILL_METHODS[how] if isinstance(how, str) else f'= {inner(how)}'}"


def _window_output(output: WindowOutput) -> str:
    said = _accumulated(WINDOW_FUNCTIONS[output.operator], output.argument)
    around = "" if output.window is None else f" over {_window(output.window)}"
    return f"{code(output.name)} = {said}{around}"


def _window(window: Window) -> str:
    unit = "" if window.unit is None else f", in units of a {plain_word(window.unit)}"
    of = "rows" if window.kind == "documents" else "rows with values"
    return f"the {of} from {_bound(window.low, 'first')} to {_bound(window.high, 'last')}{unit}"


def _bound(bound: Bound, end: str) -> str:
    match bound:
        case str() if bound == UNBOUNDED:
            return f"the {end}"
        case str() if bound == CURRENT:
            return "the current"
        case int() | float():
            return f"{value_text(abs(bound))} {'before' if bound < 0 else 'after'}"
    return code(bound)


def _densify_range(stage: Densify) -> str:
    match stage.bounds:
        case "full":
            bounds = "the range of all rows"
        case "partition":
            bounds = "the range of each partition"
        case (low, high):
            bounds = f"the range from {value_text(low)} up to but not including {value_text(high)}"
    unit = "" if stage.unit is None else f" {plain_word(stage.unit)}"
    return f"steps of {value_text(stage.step)}{unit} over {bounds}"


def _near(stage: GeoNear) -> str:
    on_globe = stage.spherical or stage.near.kind == GEOMETRY
    query = None if stage.query == AllOf(()) else f"({filter_text(stage.query)})"
    factor = stage.multiplier
    return _said(
        "$geoNear",
        {
            "near": shape_text(stage.near),
            "distanceField": code(stage.distance_field),
            "key": None if stage.key is None else code(stage.key),
            "query": query,
            "minDistance": distance_text(stage.min_distance, stage.near, on_globe),
            "maxDistance": distance_text(stage.max_distance, stage.near, on_globe),
            "distanceMultiplier": None if factor is None else value_text(factor),
            "includeLocs": None if stage.location_field is None else code(stage.location_field),
            "spherical": "yes" if stage.spherical else None,
        },
    )
