"""How much larger than its input a computed value can get, judged before anything runs.

MongoDB bounds what a sort or a group keeps, not what one expression builds: twenty stages of
`{a: {$concat: ["$a", "$a"]}}` make a megabyte of one letter, forty a terabyte. Each expression
gets a size: 1 for a value as it is stored, the number of elements for a `$range` of constants,
sums and products for what builds on them. Pure; depends on the trees and the operator tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from mqt_serving.errors import QueryRefused
from mqt_serving.query.operators import EXPRESSIONS, Type
from mqt_serving.query.pipeline import (
    AddFields,
    Aggregate,
    ArrayExpression,
    Bucket,
    BucketAuto,
    Command,
    Expression,
    Facet,
    Fill,
    Group,
    LiteralExpression,
    Lookup,
    NamedOperation,
    ObjectExpression,
    Operation,
    PathExpression,
    Project,
    ReplaceRoot,
    SetWindowFields,
    SortByCount,
    Stage,
    UnionWith,
    VariableExpression,
)

_EXPRESSIONS = Expression.__args__
_SCALARS = frozenset({Type.BOOL, Type.INT, Type.NUMBER, Type.DATE, Type.OBJECT_ID})
_BUILDERS = frozenset({"$concat", "$concatArrays", "$setUnion", "$mergeObjects", "$zip"})
MAX_LOOP_DEPTH = 3  # loops over arrays inside loops over arrays


def check_growth(command: Command, limit: int) -> None:
    """Raises QueryRefused when a value can be more than `limit` times the size of a stored one."""
    if isinstance(command, Aggregate):
        _check_stages(command.stages, _Sizes(), limit)
    else:
        for expression in _expressions(command):
            _Measure(_Sizes(), limit).of(expression)


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Of the fields of a document by their first name, and of variables."""

    fields: tuple[tuple[str, int], ...] = ()
    others: int = 1
    variables: tuple[tuple[str, int], ...] = ()

    def field(self, path: str) -> int:
        return dict(self.fields).get(path.partition(".")[0], self.others)

    def variable(self, name: str) -> int:
        variable, _, path = name.partition(".")
        if variable in ("ROOT", "CURRENT"):
            return self.field(path) if path else self.whole
        return dict(self.variables).get(variable, 1)

    @property
    def whole(self) -> int:
        return self.others + sum(size for _, size in self.fields)

    def having(self, added: Mapping[str, int]) -> _Sizes:
        known = dict(self.fields)
        for name, size in added.items():
            root, dot, _ = name.partition(".")
            known[root] = size + (known.get(root, self.others) if dot else 0)
        return replace(self, fields=tuple(known.items()))

    def binding(self, bound: Mapping[str, int]) -> _Sizes:
        return replace(self, variables=tuple({**dict(self.variables), **bound}.items()))


@dataclass(frozen=True, slots=True)
class _Measure:
    """The size of expressions over a document; raises as soon as one is too large."""

    sizes: _Sizes
    limit: int
    depth: int = 0  # of loops around

    def of(self, expression: Expression) -> int:
        size = self._of(expression)
        if size > self.limit:
            raise QueryRefused(
                f"The query computes a value that can be over {self.limit:,} times as large as "
                "what it is made of: build smaller values."
            )
        return size

    def _of(self, expression: Expression) -> int:
        match expression:
            case PathExpression(path=path):
                return self.sizes.field(path)
            case VariableExpression(name=name):
                return self.sizes.variable(name)
            case LiteralExpression():
                return 1
            case ArrayExpression(items=items):
                return max(1, sum(map(self.of, items)))
            case ObjectExpression(items=named):
                return max(1, sum(self.of(value) for _, value in named))
            case Operation(operator="$range", arguments=arguments):
                return max(_constant_range(arguments), *map(self.of, arguments))
            case Operation(operator=operator, arguments=arguments):
                return self._combined(operator, [self.of(argument) for argument in arguments])
            case NamedOperation(operator=operator, arguments=arguments):
                return self._named(operator, dict(arguments))

    def _combined(self, operator: str, sizes: Sequence[int]) -> int:
        if EXPRESSIONS[operator].result in _SCALARS:
            return 1
        if operator in _BUILDERS:
            return max(1, sum(sizes))
        return max(1, *sizes) if sizes else 1

    def _named(self, operator: str, named: Mapping[str, Expression]) -> int:
        match operator:
            case "$let":
                variables = named["vars"]
                items = variables.items if isinstance(variables, ObjectExpression) else ()
                bound = {name: self.of(value) for name, value in items}
                return self._inside(bound).of(named["in"])
            case "$map" | "$filter":
                each = self._looping({_element_name(named): 1})
                elements = self.of(named["input"])
                if operator == "$filter":
                    each.of(named["cond"])
                    return elements
                return elements * each.of(named["in"])
            case "$reduce":
                return self._reduced(named)
            case "$replaceAll":
                return self.of(named["input"]) * _replacement_ratio(named)
            case _:
                return self._combined(operator, [self.of(value) for value in named.values()])

    def _reduced(self, named: Mapping[str, Expression]) -> int:
        once, twice = (
            self._looping({"this": 1, "value": value}).of(named["in"]) for value in (1, 2)
        )
        if twice - once > 1:
            raise QueryRefused(
                "$reduce uses $$value more than once to build the next $$value, which doubles "
                "with each element: use it once."
            )
        return self.of(named["initialValue"]) + self.of(named["input"]) * once

    def _inside(self, bound: Mapping[str, int]) -> _Measure:
        return replace(self, sizes=self.sizes.binding(bound))

    def _looping(self, bound: Mapping[str, int]) -> _Measure:
        if self.depth == MAX_LOOP_DEPTH:
            raise QueryRefused(
                f"$map, $filter and $reduce stand more than {MAX_LOOP_DEPTH} deep in each other: "
                "unwind the arrays instead."
            )
        return replace(self._inside(bound), depth=self.depth + 1)


def _element_name(named: Mapping[str, Expression]) -> str:
    match named.get("as"):
        case LiteralExpression(value=str(name)):
            return name
        case _:
            return "this"


def _constant_range(arguments: Sequence[Expression]) -> int:
    """The number of elements when all is constant; what comes from data is as large as data."""
    numbers = [a.value for a in arguments if isinstance(a, LiteralExpression)]
    if len(numbers) < len(arguments) or not all(isinstance(n, int | float) for n in numbers):
        return 1
    start, end, step = (*map(float, numbers), 1.0)[:3]  # type: ignore[arg-type]
    return max(1, int((end - start) / step)) if step else 1


def _replacement_ratio(named: Mapping[str, Expression]) -> int:
    match named["find"], named["replacement"]:
        case LiteralExpression(value=str(found)), LiteralExpression(value=str(put)) if found:
            return max(1, -(-len(put) // len(found)))
        case _:
            return 1


# --------------------------------------------------------------------- stages


def _check_stages(stages: Sequence[Stage], sizes: _Sizes, limit: int) -> _Sizes:
    for stage in stages:
        sizes = _after(stage, sizes, limit)
    return sizes


def _after(stage: Stage, sizes: _Sizes, limit: int) -> _Sizes:
    measure = _Measure(sizes, limit).of
    match stage:
        case AddFields(items=items):
            return sizes.having({name: measure(value) for name, value in items})
        case Project(items=items):
            computed = {
                name: sizes.field(name) if isinstance(value, bool) else measure(value)
                for name, value in items
            }
            return sizes.having(computed)
        case Group(key=key, accumulators=accumulators):
            made = {a.name: measure(a.argument) for a in accumulators}
            return _Sizes().having({"_id": 1 if key is None else measure(key), **made})
        case Bucket(by=by, accumulators=outputs) | BucketAuto(by=by, accumulators=outputs):
            made = {a.name: measure(a.argument) for a in outputs}
            return _Sizes().having({"_id": measure(by), **made})
        case SetWindowFields(outputs=windows):
            return sizes.having({w.name: measure(w.argument) for w in windows})
        case Fill(outputs=filled):
            made = {n: measure(v) for n, v in filled if not isinstance(v, str)}
            return sizes.having(made)
        case SortByCount(expression=expression):
            return _Sizes().having({"_id": measure(expression)})
        case ReplaceRoot(expression=expression):
            return _Sizes(others=measure(expression))
        case Lookup(let=variables, stages=inner, name=name):
            bound = _Sizes().binding({n: measure(value) for n, value in variables})
            joined = _check_stages(inner or (), bound, limit)
            return sizes.having({name: joined.whole})
        case UnionWith(stages=inner):
            other = _check_stages(inner, _Sizes(), limit)
            return replace(sizes, others=max(sizes.others, other.whole))
        case Facet(pipelines=pipelines):
            made = {n: _check_stages(inner, sizes, limit).whole for n, inner in pipelines}
            return _Sizes().having(made)
        case _:
            for expression in _expressions(stage):
                measure(expression)
            return sizes


def _expressions(node: Any) -> Iterator[Expression]:
    """The outermost expressions anywhere below a node."""
    if isinstance(node, _EXPRESSIONS):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from _expressions(item)
    elif is_dataclass(node):
        for field in fields(node):
            yield from _expressions(getattr(node, field.name))
