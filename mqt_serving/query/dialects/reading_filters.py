"""Positioned nodes as filters.

One form for each meaning: `{a: 1, b: 2}` and `{$and: [{a: 1}, {b: 2}]}` read alike, several
operators on a field are several tests, `$all` of `$elemMatch` is their conjunction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bson import Decimal128, Regex

from mqt_serving.query.dialects import constructors
from mqt_serving.query.dialects.reading import (
    checked_name,
    flag_of,
    list_of,
    object_of,
    only_keys,
    read_value,
    shown,
    text_of,
    unknown_operator,
    whole_of,
)
from mqt_serving.query.dialects.reading_expressions import read_expression
from mqt_serving.query.dialects.reading_geometry import DISTANCES, read_geo_test
from mqt_serving.query.dialects.syntax import Entry, ListNode, Node, ObjectNode, Scalar
from mqt_serving.query.operators import FIELD_TESTS, FILTERS, GEO_TESTS, Kind
from mqt_serving.query.pipeline import (
    AllOf,
    AnyOf,
    ElementMatch,
    ExpressionFilter,
    FieldTest,
    Filter,
    GeoTest,
    NoneOf,
    NotTest,
    TextSearch,
    Value,
)

_CLAUSES: Mapping[str, Callable[[tuple[Filter, ...]], Filter]] = {
    "$and": AllOf,
    "$or": AnyOf,
    "$nor": NoneOf,
}

_WHOLE = {*_CLAUSES, "$expr", "$text"}
_ON_FIELDS = {*FIELD_TESTS, *GEO_TESTS, "$not", "$elemMatch"}


def read_filter(node: Node) -> Filter:
    """The filter that a query document writes."""
    document = object_of(node, "A filter")
    if document.keys == ("$and",):
        return AllOf(_clause(document.entries[0]))
    items: list[Filter] = []
    for entry in document.entries:
        if entry.key in _CLAUSES:
            items.append(_CLAUSES[entry.key](_clause(entry)))
        elif entry.key == "$expr":
            items.append(ExpressionFilter(read_expression(entry.value)))
        elif entry.key == "$text":
            items.append(_text_search(object_of(entry.value, "$text")))
        elif entry.key == "$comment":
            continue
        elif entry.key.startswith("$"):
            if (
                entry.key in FIELD_TESTS
                or entry.key in GEO_TESTS
                or entry.key in ("$not", "$elemMatch")
            ):
                raise entry.position.error(
                    f"{entry.key} tests a field: write {{field: {{{entry.key}: ...}}}}"
                )
            raise unknown_operator(entry.key, Kind.FILTER, entry.position)
        else:
            path = checked_name(entry.key, "A field", entry.position)
            items.extend(_tests(path, entry.value))
    return items[0] if len(items) == 1 else AllOf(tuple(items))


def _clause(entry: Entry) -> tuple[Filter, ...]:
    filters = list_of(entry.value, entry.key).items
    if not filters:
        raise entry.position.error(f"{entry.key} needs at least one filter")
    return tuple(read_filter(item) for item in filters)


def _tests(path: str, node: Node) -> list[Filter]:
    """The tests that `{path: node}` makes: an equality, or one for each operator."""
    if isinstance(node, Scalar) and isinstance(node.value, Regex):
        return [FieldTest(path, "$regex", node.value)]
    if not isinstance(node, ObjectNode) or not any(key.startswith("$") for key in node.keys):
        return [FieldTest(path, "$eq", read_value(node))]
    tests: list[Filter] = []
    for entry in node.entries:
        if not entry.key.startswith("$"):
            raise entry.position.error(
                f"{entry.key} stands beside operators: an object holds either fields or operators"
            )
        if entry.key == "$options" and node.get("$regex") is not None:
            continue
        if entry.key in DISTANCES and (node.get("$near") or node.get("$nearSphere")):
            continue
        tests.extend(_operator_tests(path, entry, node))
    return tests


def _operator_tests(path: str, entry: Entry, siblings: ObjectNode) -> list[Filter]:
    match entry.key:
        case "$not":
            return [_negated(path, entry.value)]
        case "$elemMatch":
            return [ElementMatch(path, _element_filter(entry.value))]
        case "$all" if _is_all_elements(entry.value):
            elements = list_of(entry.value, "$all").items
            return [test for element in elements for test in _tests(path, element)]
        case "$regex":
            return [FieldTest(path, "$regex", _regex(entry, siblings.get("$options")))]
        case "$options":
            raise entry.position.error("$options stands beside $regex only")
        case operator if operator in GEO_TESTS:
            return [read_geo_test(path, entry, siblings)]
        case operator if operator in FIELD_TESTS:
            return [FieldTest(path, operator, _operand(entry))]
        case operator:
            raise unknown_operator(operator, Kind.FILTER, entry.position)


def _negated(path: str, node: Node) -> Filter:
    if not isinstance(node, ObjectNode) and not (
        isinstance(node, Scalar) and isinstance(node.value, Regex)
    ):
        raise node.position.error(
            f"$not needs an operator, not {shown(node)}: write {{$ne: {shown(node)}}}"
        )
    if isinstance(node, ObjectNode) and not all(key.startswith("$") for key in node.keys):
        raise node.position.error("$not needs operators, not fields: use $ne or $nor")
    tests = _tests(path, node)
    if len(tests) == 1 and isinstance(tests[0], FieldTest | ElementMatch | GeoTest):
        if isinstance(node, ObjectNode) and not node.entries:
            raise node.position.error("$not needs an operator")
        try:
            return NotTest(tests[0])
        except ValueError as error:
            raise node.position.error(str(error)) from error
    if path == "":
        raise node.position.error("$not of several operators cannot stand in $elemMatch")
    return NoneOf((tests[0] if len(tests) == 1 else AllOf(tuple(tests)),))


def _text_search(node: ObjectNode) -> TextSearch:
    shape = FILTERS["$text"].shape
    required = [f"${name}" for name in shape.required]
    only_keys(node, "$text", required, [f"${name}" for name in shape.optional])
    language = node.get("$language")
    case, diacritic = node.get("$caseSensitive"), node.get("$diacriticSensitive")
    return TextSearch(
        text_of(node.get("$search") or node, "$search"),
        None if language is None else text_of(language, "$language"),
        case is not None and flag_of(case, "$caseSensitive"),
        diacritic is not None and flag_of(diacritic, "$diacriticSensitive"),
    )


def _element_filter(node: Node) -> Filter:
    """A filter on the fields of the element, or tests of the element itself (path "")."""
    document = object_of(node, "$elemMatch")
    keys = document.keys
    if not keys or not keys[0].startswith("$") or keys[0] in _WHOLE:
        return read_filter(document)
    tests = _tests("", document)
    return tests[0] if len(tests) == 1 else AllOf(tuple(tests))


def _is_all_elements(node: Node) -> bool:
    return (
        isinstance(node, ListNode)
        and bool(node.items)
        and all(isinstance(i, ObjectNode) and i.keys == ("$elemMatch",) for i in node.items)
    )


def _regex(entry: Entry, options: Node | None) -> Regex[str]:
    flags = "" if options is None else text_of(options, "$options")
    try:
        match entry.value:
            case Scalar(value=Regex() as pattern) if options is None:
                return pattern
            case Scalar(value=Regex() as pattern):
                return constructors.regex(str(pattern.pattern), flags)
            case _:
                return constructors.regex(text_of(entry.value, "$regex"), flags)
    except ValueError as error:
        raise entry.position.error(str(error)) from error


def _operand(entry: Entry) -> Value:
    """The operand of a comparison, membership, `$exists`, `$type`, `$size` or `$mod`."""
    operator, node = entry.key, entry.value
    match operator:
        case "$in" | "$nin" | "$all":
            return read_value(list_of(node, operator))
        case "$exists":
            return flag_of(node, operator)
        case "$size":
            return whole_of(node, operator, 0)
        case "$type":
            return _type_operand(node)
        case "$bitsAllSet" | "$bitsAnySet" | "$bitsAllClear" | "$bitsAnyClear":
            if isinstance(node, ListNode):
                return tuple(whole_of(item, "A bit position", 0) for item in node.items)
            return whole_of(node, operator, 0)
        case "$mod":
            numbers = list_of(node, operator)
            values = tuple(read_value(item) for item in numbers.items)
            if len(values) != 2 or not all(_is_number(value) for value in values):
                raise node.position.error("$mod needs two numbers: [divisor, remainder]")
            return values
        case _:
            value = read_value(node)
            if isinstance(value, Regex) and operator != "$eq":
                raise entry.position.error(
                    f"{operator} cannot take a regular expression: use $not: /.../"
                )
            return value


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float | Decimal128) and not isinstance(value, bool)


def _type_operand(node: Node) -> Value:
    value = read_value(node)
    names = value if isinstance(value, tuple) else (value,)
    if not names or not all(isinstance(name, str) or _is_number(name) for name in names):
        raise node.position.error('$type needs the name of a BSON type, such as "string"')
    return value
