"""How result columns are named when the plan does not say.

The convention of the gold queries people wrote for public corpora: the leaf of the path,
`count`, `count_distinct_<leaf>`, `sum_<leaf>`, `avg_<leaf>`, `min_<leaf>`, `max_<leaf>`, the
calendar part (`year`), `sum_`, `difference_`, `product_` and `ratio_` with what is computed,
`distance_km` or `distance_m`, `running_` with what is added up, `change_` with what changed,
`moving_avg_` with what is averaged over neighbours, `rank`.
Names of one plan are unique: a name that is taken gets the name of what holds the field in front
of it, then a number. Depends on `plan` only.
"""

from __future__ import annotations

from collections.abc import Collection

from mqt_serving.query.plan import (
    DISTANCES,
    ELAPSED,
    Aggregate,
    Arithmetic,
    Change,
    Entity,
    Field,
    Function,
    Moving,
    Operator,
    Output,
    PartOf,
    Plan,
    Rank,
    Running,
    Shown,
)

_DISTANCES = {Operator.KILOMETRES: "distance_km", Operator.METRES: "distance_m"}
_NAMED = (Field, PartOf, Arithmetic, Aggregate)
_RESULTS = {
    Operator.ADD: "sum",
    Operator.SUBTRACT: "difference",
    Operator.MULTIPLY: "product",
    Operator.DIVIDE: "ratio",
    **{operator: operator.value for operator in ELAPSED},
}


def convention(value: Shown) -> str:
    """The conventional name of a value, before it is made unique."""
    match value:
        case Field():
            return leaf(value)
        case PartOf(part=part):
            return part.value
        case Arithmetic(operator=operator) if operator in DISTANCES:
            return _DISTANCES[operator]
        case Arithmetic(operator=operator, left=left, right=right):
            sides = [convention(side) for side in (left, right) if isinstance(side, _NAMED)]
            return "_".join([_RESULTS[operator], *sides])
        case Running(aggregate=aggregate):
            return f"running_{convention(aggregate)}"
        case Change(aggregate=aggregate):
            return f"change_{convention(aggregate)}"
        case Moving(aggregate=aggregate):
            return f"moving_avg_{convention(aggregate)}"
        case Rank():
            return "rank"
        case Entity():
            return value.path.rpartition(".")[2] or value.collection
        case Aggregate(function=Function.COUNT, argument=argument, distinct=True):
            return f"count_distinct_{convention(argument)}"
        case Aggregate(function=Function.COUNT):
            return "count"
        case Aggregate(function=function, argument=argument):
            return f"{function.value}_{convention(argument)}"


def leaf(field: Field) -> str:
    """The last name of the path; `id` of `_id` reached through an object stays `_id`."""
    return field.path.rpartition(".")[2]


def output_name(output: Output, taken: Collection[str] = ()) -> str:
    """The name of one output, different from those taken unless it has an alias."""
    if output.alias is not None:
        return output.alias
    return unique_name(output.value, taken)


def unique_name(value: Shown, taken: Collection[str]) -> str:
    """The conventional name, qualified or numbered until it is not taken."""
    plain = convention(value)
    if plain not in taken:
        return plain
    qualified = _qualified(value, plain)
    if qualified not in taken:
        return qualified
    number = 2
    while f"{qualified}_{number}" in taken:
        number += 1
    return f"{qualified}_{number}"


def output_names(plan: Plan) -> tuple[str, ...]:
    """One name for each output, in order; aliases are given out first."""
    taken = {output.alias for output in plan.outputs if output.alias is not None}
    names: list[str] = []
    for output in plan.outputs:
        name = output_name(output, taken)
        taken.add(name)
        names.append(name)
    return tuple(names)


def _qualified(value: Shown, plain: str) -> str:
    match value:
        case Field(collection=collection, path=path):
            parent = path.rpartition(".")[0].rpartition(".")[2]
            return f"{parent or collection}_{plain}"
        case PartOf(field=field):
            return f"{leaf(field)}_{plain}"
        case Arithmetic():
            return plain
        case Running(aggregate=aggregate):
            return f"running_{_qualified(aggregate, convention(aggregate))}"
        case Change(aggregate=aggregate):
            return f"change_{_qualified(aggregate, convention(aggregate))}"
        case Moving(aggregate=aggregate):
            return f"moving_avg_{_qualified(aggregate, convention(aggregate))}"
        case Rank(aggregate=aggregate):
            return f"rank_{convention(aggregate)}"
        case Aggregate(argument=argument):
            if plain == "count":
                return f"count_{convention(argument)}"
            return _qualified_argument(argument, plain)
        case Entity(collection=collection):
            return f"{collection}_{plain}"


def _qualified_argument(argument: Field | PartOf | Arithmetic | Entity, plain: str) -> str:
    prefix = plain.removesuffix(convention(argument))
    return prefix + _qualified(argument, convention(argument))
