"""Positioned nodes as stages and pipelines."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mqt_serving.query.dialects.reading import (
    checked_name,
    constant_of,
    flag_of,
    list_of,
    name_of,
    number_of,
    object_of,
    only_keys,
    shown,
    stage_options,
    text_of,
    unknown_operator,
    whole_of,
)
from mqt_serving.query.dialects.reading_expressions import (
    read_argument,
    read_expression,
    read_projection,
)
from mqt_serving.query.dialects.reading_filters import read_filter
from mqt_serving.query.dialects.reading_geometry import read_point
from mqt_serving.query.dialects.reading_sorts import read_sort
from mqt_serving.query.dialects.reading_windows import read_densify, read_fill, read_window_fields
from mqt_serving.query.dialects.syntax import Entry, ListNode, Node, ObjectNode, Scalar
from mqt_serving.query.operators import ACCUMULATORS, Kind
from mqt_serving.query.pipeline import (
    Accumulator,
    AddFields,
    AllOf,
    Bucket,
    BucketAuto,
    Count,
    Expression,
    Facet,
    GeoNear,
    GraphLookup,
    Group,
    Limit,
    LiteralExpression,
    Lookup,
    Match,
    ObjectExpression,
    ReplaceRoot,
    Sample,
    Skip,
    SortByCount,
    Stage,
    UnionWith,
    Unset,
    Unwind,
)


def read_pipeline(node: Node, what: str = "A pipeline") -> tuple[Stage, ...]:
    """The stages that a list of stage objects writes."""
    return tuple(read_stage(item) for item in list_of(node, what).items)


def read_stage(node: Node) -> Stage:
    document = object_of(node, "A stage")
    if len(document.entries) != 1:
        raise node.position.error(
            f"A stage is an object with one operator, not {len(document.entries)} keys: "
            "each stage needs its own braces"
        )
    entry = document.entries[0]
    if not entry.key.startswith("$"):
        raise entry.position.error(f"A stage starts with a dollar: did you mean ${entry.key}?")
    reader = _READERS.get(entry.key)
    if reader is None:
        raise unknown_operator(entry.key, Kind.STAGE, entry.position)
    return reader(entry.value)


def _fields(node: Node, what: str) -> tuple[tuple[str, Expression], ...]:
    document = object_of(node, what)
    return tuple(
        (checked_name(entry.key, "A field", entry.position), read_expression(entry.value))
        for entry in document.entries
    )


def _add_fields(node: Node) -> Stage:
    fields = _fields(node, "$addFields")
    if not fields:
        raise node.position.error("$addFields needs at least one field")
    return AddFields(fields)


def _unset(node: Node) -> Stage:
    items = node.items if isinstance(node, ListNode) else (node,)
    if not items:
        raise node.position.error("$unset needs at least one field")
    return Unset(tuple(name_of(item, "A field to unset") for item in items))


def _unwind(node: Node) -> Stage:
    if not isinstance(node, ObjectNode):
        return Unwind(_dollar_path(node))
    stage_options(node, "$unwind")
    path, preserve = node.get("path"), node.get("preserveNullAndEmptyArrays")
    index = node.get("includeArrayIndex")
    return Unwind(
        _dollar_path(path or node),
        preserve is not None and flag_of(preserve, "preserveNullAndEmptyArrays"),
        None if index is None else name_of(index, "includeArrayIndex"),
    )


def _dollar_path(node: Node) -> str:
    path = text_of(node, "The path of $unwind")
    if not path.startswith("$") or path.startswith("$$") or len(path) == 1:
        raise node.position.error(
            f"The path of $unwind starts with one dollar: write {'$' + path.lstrip('$')!r}"
        )
    return path[1:]


def _group(node: Node) -> Stage:
    document = object_of(node, "$group")
    key = document.get("_id")
    if key is None:
        raise node.position.error("$group needs _id: what to group by, or null for all rows")
    is_null = isinstance(key, Scalar) and key.value is None
    accumulators = [_accumulator(entry) for entry in document.entries if entry.key != "_id"]
    return Group(None if is_null else read_expression(key), tuple(accumulators))


def _outputs(node: Node | None) -> tuple[Accumulator, ...]:
    entries = () if node is None else object_of(node, "output").entries
    return tuple(_accumulator(entry) for entry in entries)


def _bucket(node: Node) -> Stage:
    document = stage_options(node, "$bucket")
    boundaries = list_of(document.get("boundaries") or node, "boundaries")
    values = [read_expression(item) for item in boundaries.items]
    constants = [value.value for value in values if isinstance(value, LiteralExpression)]
    if len(values) < 2 or len(constants) < len(values):
        raise boundaries.position.error("$bucket needs two or more constant boundaries, ascending")
    default_node = document.get("default")
    default = None if default_node is None else read_expression(default_node)
    if default is not None and not isinstance(default, LiteralExpression):
        raise document.position.error("The default of $bucket is a constant")
    by = read_expression(document.get("groupBy") or node)
    return Bucket(by, tuple(constants), default, _outputs(document.get("output")))


def _bucket_auto(node: Node) -> Stage:
    document = stage_options(node, "$bucketAuto")
    granularity = document.get("granularity")
    return BucketAuto(
        by=read_expression(document.get("groupBy") or node),
        buckets=whole_of(document.get("buckets") or node, "buckets", 1),
        accumulators=_outputs(document.get("output")),
        granularity=None
        if granularity is None
        else constant_of(granularity, "granularity", _GRANULARITIES),
    )


_GRANULARITIES = (
    "R5", "R10", "R20", "R40", "R80", "1-2-5", "E6", "E12", "E24", "E48", "E96", "E192",
    "POWERSOF2",
)  # fmt: skip


def _accumulator(entry: Entry) -> Accumulator:
    name = checked_name(entry.key, "An output of a group", entry.position)
    if "." in name:
        raise entry.position.error(f"An output of a group cannot have dots: {name}")
    document = entry.value
    if not isinstance(document, ObjectNode) or len(document.entries) != 1:
        raise document.position.error(
            f"{name} needs one accumulator, such as {{$sum: 1}}, not {shown(document)}"
        )
    operation = document.entries[0]
    if operation.key not in ACCUMULATORS:
        raise unknown_operator(operation.key, Kind.ACCUMULATOR, operation.position)
    shape = ACCUMULATORS[operation.key].shape
    if shape.most == 0:
        if object_of(operation.value, operation.key).entries:
            raise operation.value.position.error(f"{operation.key} takes no argument: write {{}}")
        return Accumulator(name, operation.key, ObjectExpression(()))
    if shape.named:
        named = object_of(operation.value, operation.key)
        only_keys(named, operation.key, shape.required, shape.optional)
    if isinstance(operation.value, ListNode):
        raise operation.value.position.error(
            f"{operation.key} takes one expression here, not a list"
        )
    return Accumulator(name, operation.key, read_argument(operation.value))


def _lookup(node: Node) -> Stage:
    document = stage_options(node, "$lookup")
    local, foreign = document.get("localField"), document.get("foreignField")
    pipeline, variables = document.get("pipeline"), document.get("let")
    if (local is None) != (foreign is None):
        raise node.position.error("$lookup needs localField and foreignField together")
    if local is None and pipeline is None:
        raise node.position.error("$lookup needs localField and foreignField, or a pipeline")
    return Lookup(
        collection=_collection(document.get("from") or node, "from"),
        name=name_of(document.get("as") or node, "as"),
        local=None if local is None else name_of(local, "localField"),
        foreign=None if foreign is None else name_of(foreign, "foreignField"),
        let=() if variables is None else _fields(variables, "let"),
        stages=None if pipeline is None else read_pipeline(pipeline, "pipeline"),
    )


def _graph_lookup(node: Node) -> Stage:
    document = stage_options(node, "$graphLookup")
    depth, depth_field = document.get("maxDepth"), document.get("depthField")
    restrict = document.get("restrictSearchWithMatch")
    return GraphLookup(
        collection=_collection(document.get("from") or node, "from"),
        start=read_expression(document.get("startWith") or node),
        connect_from=name_of(document.get("connectFromField") or node, "connectFromField"),
        connect_to=name_of(document.get("connectToField") or node, "connectToField"),
        name=name_of(document.get("as") or node, "as"),
        max_depth=None if depth is None else whole_of(depth, "maxDepth", 0),
        depth_field=None if depth_field is None else name_of(depth_field, "depthField"),
        restrict=None if restrict is None else read_filter(restrict),
    )


def _geo_near(node: Node) -> Stage:
    document = stage_options(node, "$geoNear")
    query, spherical = document.get("query"), document.get("spherical")

    def number(name: str) -> int | float | None:
        value = document.get(name)
        return None if value is None else number_of(value, name)

    def name(option: str) -> str | None:
        value = document.get(option)
        return None if value is None else name_of(value, option)

    return GeoNear(
        near=read_point(document.get("near") or node, "near"),
        distance_field=name_of(document.get("distanceField") or node, "distanceField"),
        key=name("key"),
        query=AllOf(()) if query is None else read_filter(query),
        max_distance=number("maxDistance"),
        min_distance=number("minDistance"),
        multiplier=number("distanceMultiplier"),
        location_field=name("includeLocs"),
        spherical=spherical is not None and flag_of(spherical, "spherical"),
    )


def _collection(node: Node, what: str) -> str:
    if isinstance(node, ObjectNode):
        raise node.position.error(f"{what} names a collection of this database, not of another")
    return name_of(node, what)


def _replace_root(node: Node) -> Stage:
    document = stage_options(node, "$replaceRoot")
    return ReplaceRoot(read_expression(document.get("newRoot") or node))


def _facet(node: Node) -> Stage:
    document = object_of(node, "$facet")
    if not document.entries:
        raise node.position.error("$facet needs at least one pipeline")
    return Facet(
        tuple(
            (
                checked_name(entry.key, "An output of $facet", entry.position),
                read_pipeline(entry.value, entry.key),
            )
            for entry in document.entries
        )
    )


def _union_with(node: Node) -> Stage:
    if not isinstance(node, ObjectNode):
        return UnionWith(name_of(node, "$unionWith"))
    stage_options(node, "$unionWith")
    pipeline = node.get("pipeline")
    collection = _collection(node.get("coll") or node, "coll")
    return UnionWith(collection, () if pipeline is None else read_pipeline(pipeline, "pipeline"))


def _sample(node: Node) -> Stage:
    document = stage_options(node, "$sample")
    return Sample(whole_of(document.get("size") or node, "size", 1))


_READERS: Mapping[str, Callable[[Node], Stage]] = {
    "$match": lambda node: Match(read_filter(node)),
    "$project": read_projection,
    "$addFields": _add_fields,
    "$set": _add_fields,
    "$unset": _unset,
    "$unwind": _unwind,
    "$group": _group,
    "$bucket": _bucket,
    "$bucketAuto": _bucket_auto,
    "$sort": read_sort,
    "$limit": lambda node: Limit(whole_of(node, "$limit", 1)),
    "$skip": lambda node: Skip(whole_of(node, "$skip", 0)),
    "$count": lambda node: Count(name_of(node, "$count")),
    "$sortByCount": lambda node: SortByCount(read_expression(node)),
    "$lookup": _lookup,
    "$graphLookup": _graph_lookup,
    "$replaceRoot": _replace_root,
    "$replaceWith": lambda node: ReplaceRoot(read_expression(node)),
    "$facet": _facet,
    "$unionWith": _union_with,
    "$sample": _sample,
    "$setWindowFields": read_window_fields,
    "$densify": read_densify,
    "$fill": read_fill,
    "$geoNear": _geo_near,
}
