"""What names stand for as values of a plan: what can be shown, ordered or grouped by.

Bindings that are no single value raise `RaiseError` with the cause. Used by the `raising`
modules only.
"""

from __future__ import annotations

from mqt_serving.errors import RaiseError
from mqt_serving.query import graph
from mqt_serving.query.lowering.predicates import aggregates_of, fields_in, leaves, operands
from mqt_serving.query.plan import (
    Aggregate,
    Entity,
    Field,
    Function,
    PartOf,
    Predicate,
    Related,
)
from mqt_serving.query.raising.scope import (
    AnyMet,
    Before,
    Binding,
    Choice,
    Collected,
    CollectedRows,
    Constant,
    Fields,
    Filtered,
    FilteredValues,
    Found,
    InnerCount,
    InnerRows,
    InnerValue,
    Known,
    Listed,
    LookedUp,
    OverGroups,
    Position,
    Single,
    SizeOf,
    Stored,
    SubQueries,
    Test,
    TopRows,
    Unjoined,
    stored_field,
)
from mqt_serving.schema import Catalog


def as_values(binding: Binding, catalog: Catalog) -> Binding:
    """The binding with stored places as fields, where they hold single values."""
    match binding:
        case Stored():
            field = stored_field(binding, catalog)
            known = catalog.field(field.collection, field.path)
            assert known is not None
            if not known.is_value and any(
                other.path.startswith(field.path + ".")
                for other in catalog.by_name[field.collection].fields
            ):
                raise RaiseError("object-output", f"{field.path!r} is an object or array")
            return Known(field)
        case Fields(members=members):
            return Fields({name: as_values(inner, catalog) for name, inner in members.items()})
        case Known() | OverGroups():
            return binding
        case Position():
            raise RaiseError("position-output", "the position of a row is used as a value")
        case Before():
            raise RaiseError("before-output", "a value of the group before is used as it is")
        case TopRows():
            raise RaiseError("array-output", "the first rows of each are shown as an array")
        case Unjoined(cause=cause, message=message):
            raise RaiseError(cause, message)
        case LookedUp() | Found() | Filtered() | FilteredValues():
            raise RaiseError("array-output", "looked-up documents are used as a value")
        case Collected() | CollectedRows():
            raise RaiseError("array-output", "the collected values of a group are shown")
        case SizeOf(filtered=filtered):
            return Known(Aggregate(Function.COUNT, filtered.entity, where=filtered.where))
        case InnerRows() | InnerValue() | InnerCount():
            raise RaiseError("array-output", "the rows of a looked-up pipeline are used as a value")
        case SubQueries() | Listed() | Single():
            raise RaiseError("sub-query-output", "the value of a sub-query is shown")
        case Choice() | AnyMet():
            raise RaiseError("choice-output", "a value chosen by a test is shown")
        case Constant(value=value):
            raise RaiseError("constant-output", f"the constant {value!r} is used as a value")
        case Test():
            raise RaiseError("test-output", "the result of a test is shown")


def group_fields(binding: Binding) -> list[Field | PartOf]:
    match binding:
        case Known(operand=operand) if aggregates_of(operand):
            raise RaiseError("group-by-aggregate", "groups by something aggregated")
        case Known(operand=(Field() | PartOf()) as operand):
            return [operand]
        case Fields(members=members):
            return [field for inner in members.values() for field in group_fields(inner)]
        case _:
            raise RaiseError("group-key", "groups by something computed")


def entities_in(predicate: Predicate, catalog: Catalog) -> set[Entity]:
    """The entities that a predicate needs rows of."""
    found: set[Entity] = set()
    for leaf in leaves(predicate):
        if isinstance(leaf, Related):
            if not leaf.negated:
                found.add(leaf.entity)
            continue
        fields = [field for operand in operands(leaf) for field in fields_in(operand)]
        found.update(graph.entity_of(field, catalog) for field in fields)
    return found
