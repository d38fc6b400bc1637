"""Hypothesis strategies for whole commands: every node, operator and literal of the language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import strategies as st

from mqt_serving.query.collation import Collation
from mqt_serving.query.operators import ACCUMULATORS, EXPRESSIONS, WINDOW_FUNCTIONS, Shape
from mqt_serving.query.pipeline import (
    Accumulator,
    AddFields,
    Aggregate,
    AllOf,
    AnyOf,
    ArrayExpression,
    Bucket,
    BucketAuto,
    Count,
    CountDocuments,
    Densify,
    Distinct,
    Document,
    ElementMatch,
    EstimatedDocumentCount,
    Expression,
    ExpressionFilter,
    Facet,
    FieldTest,
    Fill,
    Filter,
    Find,
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
    WindowOutput,
)

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[T]], T]

_AWKWARD = ["__proto__", "constructor", "0", "if", "get", "async", "a b", "né", 'q"uote', "a-b"]
names = st.one_of(
    st.sampled_from(["a", "b", "total", "_id", *_AWKWARD]),
    st.text(min_size=1, max_size=6).filter(lambda t: t[0] != "$" and not set(t) & {".", "\0"}),
)
paths = st.lists(names, min_size=1, max_size=3).map(".".join)
collections = st.sampled_from(
    ["orders", "a.b", "stats", "find", "with space", "日本", "getCollection", "x1", "toString"]
)
texts = st.text(max_size=12)
moments = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(
    lambda m: m.replace(microsecond=m.microsecond // 1000 * 1000, tzinfo=UTC, fold=0)
)
patterns = st.one_of(
    st.sampled_from(["", "a/b", "a\\/b", "[/]", "[\\/]", "\\\\", "*a", "^x.*$", "\n", "\\d+", "["]),
    st.text(max_size=8).filter(lambda t: "\0" not in t),
)
regexes = st.builds(
    Regex, patterns, st.sets(st.sampled_from("imsx")).map(lambda flags: "".join(sorted(flags)))
)
numbers = st.one_of(
    st.integers(-(2**53), 2**53),
    st.integers(-(2**63), 2**63 - 1).map(Int64),
    st.floats(),
    st.sampled_from(["1.50", "0", "-3E+10", "NaN", "Infinity", "12345678901234567890.1"]).map(
        Decimal128
    ),
)
plain_scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    texts,
    st.sampled_from(["$a", "$$ROOT", "$", "</script>", "<!-- x", "\u2028", "😀", "'"]),
    moments,
    st.binary(min_size=12, max_size=12).map(ObjectId),
    st.builds(Binary, st.binary(max_size=9), st.sampled_from([0, 5, 128])),
    st.binary(min_size=16, max_size=16).map(lambda data: Binary(data, 4)),
    st.builds(Timestamp, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.sampled_from([MinKey(), MaxKey()]),
)
_keys = st.text(max_size=5).filter(lambda t: t[:1] != "$" and "\0" not in t)


def _documents(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.dictionaries(_keys, inner, max_size=3).map(lambda d: Document(tuple(d.items())))


values: st.SearchStrategy[Value] = st.recursive(
    plain_scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3).map(tuple), _documents(inner)),
    max_leaves=4,
)
members = st.lists(st.one_of(values, regexes), max_size=3).map(tuple)


# -------------------------------------------------------------------- expressions


def _named(inner: st.SearchStrategy[T], least: int = 1) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.dictionaries(names, inner, min_size=least, max_size=3).map(lambda d: tuple(d.items()))


def _arguments(
    draw: st.DrawFn, shape: Shape, inner: st.SearchStrategy[Expression]
) -> tuple[tuple[str, Expression], ...]:
    optional = draw(st.sets(st.sampled_from(shape.optional))) if shape.optional else set()
    chosen = [name for name in (*shape.required, *shape.optional) if name not in shape.optional]
    order = draw(st.permutations([*chosen, *sorted(optional)]))
    return tuple((name, draw(inner)) for name in order)


@st.composite
def operations(draw: st.DrawFn, inner: st.SearchStrategy[Expression]) -> Expression:
    operator = draw(st.sampled_from(sorted(EXPRESSIONS)))
    shape = EXPRESSIONS[operator].shape
    if shape.positional and (not shape.named or draw(st.booleans())):
        most = shape.least + 2 if shape.most is None else shape.most
        count = draw(st.integers(shape.least, most))
        return Operation(operator, tuple(draw(inner) for _ in range(count)))
    arguments = _arguments(draw, shape, inner)
    return NamedOperation(operator, arguments or ((shape.optional[0], draw(inner)),))


leaves: st.SearchStrategy[Expression] = st.one_of(
    paths.map(PathExpression),
    st.sampled_from(["ROOT", "this", "this.a", "NOW"]).map(VariableExpression),
    st.one_of(values, regexes).map(LiteralExpression),
)
expressions: st.SearchStrategy[Expression] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        operations(inner),
        st.lists(inner, max_size=3).map(lambda items: ArrayExpression(tuple(items))),
        _named(inner).map(ObjectExpression),
    ),
    max_leaves=6,
)

# ------------------------------------------------------------------------ filters


def _tests(path: st.SearchStrategy[str]) -> st.SearchStrategy[FieldTest]:
    comparisons = st.sampled_from(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"])
    return st.one_of(
        st.builds(FieldTest, path, comparisons, values),
        st.builds(FieldTest, path, st.sampled_from(["$in", "$nin", "$all"]), members),
        st.builds(FieldTest, path, st.sampled_from(["$regex", "$eq"]), regexes),
        st.builds(FieldTest, path, st.just("$exists"), st.booleans()),
        st.builds(FieldTest, path, st.just("$size"), st.integers(0, 9)),
        st.builds(FieldTest, path, st.just("$type"), st.sampled_from(["string", 2, ("int", 10)])),
        st.builds(FieldTest, path, st.just("$mod"), st.sampled_from([(4, 0), (2.5, 1)])),
        st.builds(FieldTest, path, st.sampled_from(_BIT_TESTS), st.sampled_from([5, (0, 2)])),
    )


_BIT_TESTS = ["$bitsAllSet", "$bitsAnySet", "$bitsAllClear", "$bitsAnyClear"]
_coordinates = st.one_of(st.integers(-180, 180), st.floats(-180, 180))
_pairs = st.tuples(_coordinates, _coordinates)
_distances = st.one_of(st.none(), st.integers(0, 9999), st.floats(0, 9999))
_points = st.one_of(
    _pairs.map(lambda pair: GeoShape("point", pair)),
    _pairs.map(lambda p: GeoShape("$geometry", Document((("type", "Point"), ("coordinates", p))))),
)
_polygons = st.lists(_pairs, min_size=3, max_size=4).map(tuple)
_areas = st.one_of(
    _polygons.map(
        lambda p: GeoShape("$geometry", Document((("type", "Polygon"), ("coordinates", (p,)))))
    ),
    st.tuples(_pairs, _pairs).map(lambda corners: GeoShape("$box", corners)),
    _polygons.map(lambda points: GeoShape("$polygon", points)),
    st.tuples(_pairs, st.integers(1, 9)).map(lambda circle: GeoShape("$center", circle)),
    st.tuples(_pairs, st.integers(1, 9)).map(lambda circle: GeoShape("$centerSphere", circle)),
)
within = st.builds(GeoTest, paths, st.just("$geoWithin"), _areas)
near = st.builds(
    GeoTest, paths, st.sampled_from(["$near", "$nearSphere"]), _points, _distances, _distances
)
intersects = st.builds(
    GeoTest,
    paths,
    st.just("$geoIntersects"),
    _areas.filter(lambda shape: shape.kind == "$geometry"),
)
searches = st.builds(
    TextSearch, texts, st.one_of(st.none(), st.just("none")), st.booleans(), st.booleans()
)


def _on_element() -> st.SearchStrategy[Filter]:
    """Tests of an element itself: different operators, one or several."""
    several = st.lists(_tests(st.just("")), min_size=2, max_size=3, unique_by=lambda t: t.operator)
    single = _tests(st.just(""))
    return st.one_of(single, single.map(NotTest), several.map(lambda t: AllOf(tuple(t))))


def _combined(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    elements = st.builds(ElementMatch, paths, st.one_of(inner, _on_element()))
    return st.one_of(
        some.map(AllOf), some.map(AnyOf), some.map(NoneOf), elements, elements.map(NotTest)
    )


filters: st.SearchStrategy[Filter] = st.recursive(
    st.one_of(
        _tests(paths),
        _tests(paths).map(NotTest),
        st.just(AllOf(())),
        expressions.map(ExpressionFilter),
        st.one_of(within, near, intersects, searches, within.map(NotTest)),
    ),
    _combined,
    max_leaves=5,
)

# ------------------------------------------------------------------------- stages

projections = _named(st.one_of(st.booleans(), expressions)).map(Project)
sorts = _named(st.sampled_from([1, -1, Meta("textScore")])).map(Sort)


@st.composite
def accumulators(draw: st.DrawFn) -> Accumulator:
    operator = draw(st.sampled_from(sorted(ACCUMULATORS)))
    shape = ACCUMULATORS[operator].shape
    argument: Expression
    if shape.most == 0:
        argument = ObjectExpression(())
    elif shape.named:
        argument = ObjectExpression(_arguments(draw, shape, expressions))
    else:
        argument = draw(expressions.filter(lambda e: not isinstance(e, ArrayExpression)))
    return Accumulator(draw(names.filter(lambda n: n != "_id")), operator, argument)


groups = st.builds(
    Group,
    st.one_of(st.none(), st.just(ObjectExpression(())), expressions),
    st.lists(accumulators(), max_size=3, unique_by=lambda a: a.name).map(tuple),
)


_outputs = st.lists(accumulators(), max_size=3, unique_by=lambda a: a.name).map(tuple)
_optional_names = st.one_of(st.none(), names)
_units = st.one_of(st.none(), st.sampled_from(["day", "month"]))
_steps = st.one_of(st.integers(1, 9), st.sampled_from([0.5, 2.5]))
_bounds = st.one_of(st.sampled_from(["unbounded", "current"]), st.integers(-9, 9))
_windows = st.one_of(
    st.none(),
    st.builds(Window, st.sampled_from(["documents", "range"]), _bounds, _bounds, _units),
)


@st.composite
def window_outputs(draw: st.DrawFn) -> WindowOutput:
    operator = draw(st.sampled_from(sorted(WINDOW_FUNCTIONS)))
    shape = WINDOW_FUNCTIONS[operator].shape
    argument: Expression
    if shape.most == 0:
        argument = ObjectExpression(())
    elif shape.named:
        argument = ObjectExpression(_arguments(draw, shape, expressions))
    elif shape.least > 1:
        argument = ArrayExpression(tuple(draw(expressions) for _ in range(shape.least)))
    else:
        argument = draw(expressions.filter(lambda e: not isinstance(e, ArrayExpression)))
    return WindowOutput(draw(names), operator, argument, draw(_windows))


neighbours = st.one_of(
    st.builds(
        SetWindowFields,
        st.lists(window_outputs(), min_size=1, max_size=2, unique_by=lambda o: o.name).map(tuple),
        st.one_of(st.none(), expressions),
        st.one_of(st.none(), sorts),
    ),
    st.builds(
        Densify,
        paths,
        _steps,
        st.one_of(st.sampled_from(["full", "partition"]), st.tuples(values, values)),
        _units,
        st.lists(paths, max_size=2).map(tuple),
    ),
    st.builds(
        Fill,
        _named(st.one_of(st.sampled_from(["linear", "locf"]), expressions)),
        st.one_of(st.none(), st.lists(paths, min_size=1, max_size=2).map(tuple), expressions),
        st.one_of(st.none(), sorts),
    ),
)
buckets = st.one_of(
    st.builds(
        Bucket,
        expressions,
        st.lists(values, min_size=2, max_size=3).map(tuple),
        st.one_of(st.none(), st.one_of(values, regexes).map(LiteralExpression)),
        _outputs,
    ),
    st.builds(
        BucketAuto,
        expressions,
        st.integers(1, 9),
        _outputs,
        st.one_of(st.none(), st.just("1-2-5")),
    ),
)
reaching = st.one_of(
    st.builds(
        GraphLookup,
        collections,
        expressions,
        paths,
        paths,
        names,
        st.one_of(st.none(), st.integers(0, 5)),
        _optional_names,
        st.one_of(st.none(), filters),
    ),
    st.builds(
        GeoNear,
        _points,
        paths,
        st.one_of(st.none(), paths),
        filters,
        _distances,
        _distances,
        _distances,
        st.one_of(st.none(), paths),
        st.booleans(),
    ),
)


def _nesting(inner: st.SearchStrategy[Stage]) -> st.SearchStrategy[Stage]:
    pipelines = st.lists(inner, max_size=2).map(tuple)
    let = _named(expressions, 0)
    return st.one_of(
        st.builds(Lookup, collections, names, paths, paths),
        st.builds(Lookup, collections, names, st.none(), st.none(), let, pipelines),
        st.builds(Lookup, collections, names, paths, paths, let, pipelines),
        st.builds(UnionWith, collections, pipelines),
        _named(pipelines).map(Facet),
    )


stages: st.SearchStrategy[Stage] = st.recursive(
    st.one_of(
        filters.map(Match),
        projections,
        _named(expressions).map(AddFields),
        st.lists(paths, min_size=1, max_size=2).map(lambda p: Unset(tuple(p))),
        st.builds(Unwind, paths, st.booleans(), st.one_of(st.none(), names)),
        groups,
        sorts,
        st.integers(1, 99).map(Limit),
        st.integers(0, 99).map(Skip),
        names.map(Count),
        expressions.map(SortByCount),
        expressions.map(ReplaceRoot),
        st.integers(1, 99).map(Sample),
        neighbours,
        buckets,
        reaching,
    ),
    _nesting,
    max_leaves=3,
)

_counts = st.one_of(st.none(), st.integers(1, 999))
collations = st.one_of(
    st.none(),
    st.just(Collation("simple")),
    st.builds(
        Collation,
        st.sampled_from(["en", "de", "fr_CA", "de@collation=phonebook"]),
        st.one_of(st.none(), st.integers(1, 5)),
        st.one_of(st.none(), st.booleans()),
        st.one_of(st.none(), st.sampled_from(["upper", "lower", "off"])),
        st.one_of(st.none(), st.booleans()),
        st.one_of(st.none(), st.sampled_from(["non-ignorable", "shifted"])),
    ),
)
_positional = st.one_of(
    projections, paths.map(lambda path: Project(((f"{path}.$", True), ("_id", False))))
)
commands = st.one_of(
    st.builds(
        Find, collections, filters, st.one_of(st.none(), _positional),
        st.one_of(st.none(), sorts), _counts, _counts, collations,
    ),
    st.builds(Aggregate, collections, st.lists(stages, max_size=4).map(tuple), collations),
    st.builds(CountDocuments, collections, filters, _counts, _counts, collations),
    st.builds(EstimatedDocumentCount, collections),
    st.builds(Distinct, collections, paths, filters, collations),
)  # fmt: skip
