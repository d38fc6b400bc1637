"""Hypothesis strategies for plans over the small shop (well-formed, not always sensible)."""

from __future__ import annotations

from datetime import UTC, datetime

from bson import Decimal128, ObjectId
from hypothesis import strategies as st

from mqt_serving.query.literals import sort_key
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Arithmetic,
    Between,
    Change,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Exists,
    Field,
    Function,
    In,
    IsNull,
    Moving,
    Not,
    Now,
    Operand,
    Operator,
    Or,
    Order,
    Output,
    PartOf,
    Plan,
    Point,
    Predicate,
    Rank,
    Related,
    Running,
    Scalar,
    Text,
    TextMatch,
    Top,
)
from mqt_serving.schema import BsonType
from tests.mqt_serving.query.shop import catalog

_CATALOG = catalog()
FIELDS = tuple(
    Field(schema.collection, field.path)
    for schema in _CATALOG.collections
    for field in schema.fields
    if field.is_scalar
)
ENTITIES = tuple(
    Entity(schema.collection, path)
    for schema in _CATALOG.collections
    for path in ("", *schema.array_paths)
)

fields = st.sampled_from(FIELDS)
entities = st.sampled_from(ENTITIES)
parts = st.builds(PartOf, st.sampled_from(DatePart), fields)
scalars: st.SearchStrategy[Scalar] = st.one_of(
    st.text(max_size=12),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)),
    st.binary(min_size=12, max_size=12).map(ObjectId),
    st.decimals(-1000, 1000, places=2).map(Decimal128),
)


@st.composite
def aggregates(draw: st.DrawFn) -> Aggregate:
    function = draw(st.sampled_from(Function))
    if function is Function.COUNT:
        argument = draw(st.one_of(fields, entities))
        return Aggregate(function, argument, isinstance(argument, Field) and draw(st.booleans()))
    return Aggregate(function, draw(fields), draw(st.booleans()))


keys = st.one_of(fields, parts)
running = st.one_of(
    *(st.builds(kind, aggregates()) for kind in (Running, Change, Rank)),
    st.builds(Moving, aggregates(), st.integers(2, 50)),
)
operands: st.SearchStrategy[Operand] = st.one_of(fields, fields, parts, aggregates())


def leaves() -> st.SearchStrategy[Predicate]:
    return st.one_of(
        st.builds(Compare, operands, st.sampled_from(Comparator), st.one_of(scalars, fields)),
        st.builds(Between, operands, scalars, scalars, st.booleans()),
        st.builds(In, fields, st.lists(scalars, min_size=1, max_size=3).map(tuple), st.booleans()),
        st.builds(IsNull, fields, st.booleans()),
        st.builds(Exists, fields, st.booleans()),
        st.builds(
            Text, fields, st.sampled_from(TextMatch), st.text("ab. %(é$", max_size=8),
            st.booleans(), st.booleans(),
        ),
    )  # fmt: skip


def _compound(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    def several(kind: type[And] | type[Or]) -> st.SearchStrategy[Predicate]:
        items = inner.filter(lambda item: not isinstance(item, kind))
        return st.lists(items, min_size=2, max_size=3).map(tuple).map(kind)

    return st.one_of(
        several(And),
        several(Or),
        st.builds(Not, inner),
        st.builds(Related, entities, st.one_of(st.none(), inner), st.booleans()),
    )


predicates: st.SearchStrategy[Predicate] = st.recursive(leaves(), _compound, max_leaves=5)


def plans() -> st.SearchStrategy[Plan]:
    counts = st.one_of(st.none(), st.integers(1, 100))
    names = st.one_of(st.none(), st.text("abc_", min_size=1, max_size=5))
    return st.builds(
        Plan,
        st.lists(
            st.builds(Output, st.one_of(operands, entities, running), names),
            min_size=1,
            max_size=3,
        ).map(tuple),
        st.one_of(st.none(), predicates),
        st.lists(keys, max_size=2, unique=True).map(tuple),
        st.one_of(st.none(), predicates),
        st.lists(st.builds(Order, operands, st.booleans()), max_size=2).map(tuple),
        counts,
        counts,
        st.booleans(),
        per=st.one_of(st.just(()), st.lists(keys, max_size=2, unique=True).map(tuple)),
    )


# ------------------------------------------------------------------- well-typed plans

_LITERALS: dict[str, st.SearchStrategy[Scalar]] = {
    "number": st.one_of(st.integers(-1000, 1000), st.decimals(-9, 9, places=2).map(Decimal128)),
    "text": st.text("abc ", max_size=5),
    "date": st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),
    "objectId": st.binary(min_size=12, max_size=12).map(ObjectId),
}
_KINDS = {
    BsonType.INT: "number",
    BsonType.DOUBLE: "number",
    BsonType.DECIMAL: "number",
    BsonType.STRING: "text",
    BsonType.DATE: "date",
    BsonType.OBJECT_ID: "objectId",
}


def _kind(field: Field) -> str:
    known = _CATALOG.field(field.collection, field.path)
    assert known is not None
    return "number" if known.numeric_text else _KINDS[known.main_type]


def _of_kind(kind: str) -> st.SearchStrategy[Field]:
    return st.sampled_from([field for field in FIELDS if _kind(field) == kind])


def _well_typed_operands(kind: str) -> st.SearchStrategy[Operand]:
    if kind != "number":
        return _of_kind(kind)
    numbers = st.sampled_from([DatePart.YEAR, DatePart.MONTH, DatePart.HOUR])
    return st.one_of(_of_kind(kind), st.builds(PartOf, numbers, _of_kind("date")))


@st.composite
def _well_typed_leaves(draw: st.DrawFn) -> Predicate:
    kind = draw(st.sampled_from(sorted(_LITERALS)))
    literals = _LITERALS[kind]
    operand = draw(_well_typed_operands(kind))
    form = draw(st.sampled_from(["compare", "between", "in", "presence", "text", "fields"]))
    if form == "compare":
        return Compare(operand, draw(st.sampled_from(Comparator)), draw(literals))
    if form == "between":
        low, high = sorted((draw(literals), draw(literals)), key=sort_key)
        return Between(operand, low, high)
    if form == "in":
        return In(operand, tuple(draw(st.lists(literals, min_size=1))), draw(st.booleans()))
    if form == "text":
        match = draw(st.sampled_from([TextMatch.CONTAINS, TextMatch.STARTS, TextMatch.ENDS]))
        return Text(draw(_of_kind("text")), match, "a", negated=draw(st.booleans()))
    if form == "fields":
        return Compare(operand, draw(st.sampled_from(Comparator)), draw(_of_kind(kind)))
    test = draw(st.sampled_from([IsNull, Exists]))
    return test(draw(fields), draw(st.booleans()))


@st.composite
def _well_typed_aggregates(draw: st.DrawFn) -> Aggregate:
    function = draw(st.sampled_from(Function))
    if function is Function.COUNT:
        return Aggregate(function, draw(st.one_of(fields, entities)))
    if function in (Function.MIN, Function.MAX):
        return Aggregate(function, draw(fields))
    return Aggregate(function, draw(_of_kind("number")))


def well_typed_plans() -> st.SearchStrategy[Plan]:
    """Plans whose every operator and literal suits the fields (not all can be lowered)."""
    number = _LITERALS["number"]
    values = st.one_of(
        fields, entities, _well_typed_aggregates(), st.builds(PartOf, st.sampled_from(DatePart),
        _of_kind("date")),
    )  # fmt: skip
    where = st.recursive(_well_typed_leaves(), _compound, max_leaves=4)
    counted = st.builds(Aggregate, st.just(Function.COUNT), entities)
    having = st.builds(Compare, counted, st.sampled_from(Comparator), number)
    return st.builds(
        Plan,
        st.lists(st.builds(Output, values), min_size=1, max_size=3).map(tuple),
        st.one_of(st.none(), where),
        st.lists(fields, max_size=2, unique=True).map(tuple),
        st.one_of(st.none(), having),
        st.lists(st.builds(Order, fields, st.booleans()), max_size=2).map(tuple),
    )


def wider_plans() -> st.SearchStrategy[Plan]:
    """Plans with sub-queries, conditional aggregates, arithmetic, cuts and optional entities."""
    points = st.builds(Point, st.floats(-180, 180), st.floats(-90, 90))
    terms = st.one_of(fields, st.integers(-9, 9), aggregates(), points, plans(), st.just(Now()))
    computed = st.builds(Arithmetic, st.sampled_from(Operator), operands, terms)
    counted = st.builds(Aggregate, st.just(Function.COUNT), entities, where=predicates)
    order = st.lists(st.builds(Order, operands, st.booleans()), max_size=2).map(tuple)
    tests = st.one_of(
        st.builds(Compare, operands, st.sampled_from(Comparator), plans()),
        st.builds(In, fields, plans(), st.booleans()),
        st.builds(Top, entities, order, st.integers(1, 9), st.one_of(st.none(), predicates)),
    )
    return st.builds(
        Plan,
        st.lists(st.builds(Output, st.one_of(computed, counted)), min_size=1, max_size=2).map(
            tuple
        ),
        tests,
        rows=st.one_of(st.none(), entities),
        optional=st.lists(entities, max_size=2).map(tuple),
    )
