"""Positioned nodes as stages and pipelines."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mqt_serving.query.operators import ACCUMULATORS, Kind
from mqt_serving.query.pipeline import (
    Accumulator,
    AddFields,
    Count,
    Expression,
    Facet,
    Group,
    Limit,
    Lookup,
    Match,
    ObjectExpression,
    ReplaceRoot,
    Sample,
    Skip,
    Sort,
    SortByCount,
    Stage,
    UnionWith,
    Unset,
    Unwind,
)
from mqt_serving.query.reading import (
    checked_name,
    flag_of,
    list_of,
    name_of,
    object_of,
    only_keys,
    shown,
    text_of,
    unknown_operator,
    whole_of,
)
from mqt_serving.query.reading_expressions import read_expression, read_projection
from mqt_serving.query.reading_filters import read_filter
from mqt_serving.query.syntax import Entry, ListNode, Node, ObjectNode, Scalar


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


def read_sort(node: Node) -> Sort:
    document = object_of(node, "A sort")
    if not document.entries:
        raise node.position.error("A sort needs at least one field")
    return Sort(tuple(_sort_key(entry) for entry in document.entries))


def _sort_key(entry: Entry) -> tuple[str, int]:
    name = checked_name(entry.key, "A sort field", entry.position)
    value = entry.value.value if isinstance(entry.value, Scalar) else None
    if isinstance(value, bool) or value not in (1, -1):
        raise entry.value.position.error(
            f"{name} must be 1 (ascending) or -1 (descending), not {shown(entry.value)}"
        )
    return name, 1 if value == 1 else -1


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
    only_keys(node, "$unwind", ["path"], ["preserveNullAndEmptyArrays", "includeArrayIndex"])
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


def _accumulator(entry: Entry) -> Accumulator:
    name = checked_name(entry.key, "An output of $group", entry.position)
    if "." in name:
        raise entry.position.error(f"An output of $group cannot have dots: {name}")
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
            f"{operation.key} takes one expression in $group, not a list"
        )
    return Accumulator(name, operation.key, read_expression(operation.value))


def _lookup(node: Node) -> Stage:
    document = object_of(node, "$lookup")
    options = ["localField", "foreignField", "let", "pipeline"]
    only_keys(document, "$lookup", ["from", "as"], options)
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


def _collection(node: Node, what: str) -> str:
    if isinstance(node, ObjectNode):
        raise node.position.error(f"{what} names a collection of this database, not of another")
    return name_of(node, what)


def _replace_root(node: Node) -> Stage:
    document = object_of(node, "$replaceRoot")
    only_keys(document, "$replaceRoot", ["newRoot"], [])
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
    only_keys(node, "$unionWith", ["coll"], ["pipeline"])
    pipeline = node.get("pipeline")
    collection = _collection(node.get("coll") or node, "coll")
    return UnionWith(collection, () if pipeline is None else read_pipeline(pipeline, "pipeline"))


def _sample(node: Node) -> Stage:
    document = object_of(node, "$sample")
    only_keys(document, "$sample", ["size"], [])
    return Sample(whole_of(document.get("size") or node, "size", 1))


_READERS: Mapping[str, Callable[[Node], Stage]] = {
    "$match": lambda node: Match(read_filter(node)),
    "$project": read_projection,
    "$addFields": _add_fields,
    "$set": _add_fields,
    "$unset": _unset,
    "$unwind": _unwind,
    "$group": _group,
    "$sort": read_sort,
    "$limit": lambda node: Limit(whole_of(node, "$limit", 1)),
    "$skip": lambda node: Skip(whole_of(node, "$skip", 0)),
    "$count": lambda node: Count(name_of(node, "$count")),
    "$sortByCount": lambda node: SortByCount(read_expression(node)),
    "$lookup": _lookup,
    "$replaceRoot": _replace_root,
    "$replaceWith": lambda node: ReplaceRoot(read_expression(node)),
    "$facet": _facet,
    "$unionWith": _union_with,
    "$sample": _sample,
}
