"""Hypothesis strategies for plans over the small shop (well-formed, not always sensible)."""

from __future__ import annotations

from datetime import UTC, datetime

from bson import Decimal128, ObjectId
from hypothesis import strategies as st

from mqt_serving.query.plan import (
    Aggregate,
    And,
    Between,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Exists,
    Field,
    Function,
    In,
    IsNull,
    Not,
    Operand,
    Or,
    Order,
    Output,
    PartOf,
    Plan,
    Predicate,
    Related,
    Scalar,
    Text,
    TextMatch,
)
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
            st.builds(Output, st.one_of(operands, entities), names), min_size=1, max_size=3
        ).map(tuple),
        st.one_of(st.none(), predicates),
        st.lists(st.one_of(fields, parts), max_size=2, unique=True).map(tuple),
        st.one_of(st.none(), predicates),
        st.lists(st.builds(Order, operands, st.booleans()), max_size=2).map(tuple),
        counts,
        counts,
        st.booleans(),
    )
