"""Look-ups: joins along references of the schema, and rows that are found beside a single row.

The values of a single row (totals of everything, the first of an order) are sub-queries of the
pipeline beside it. Used by `raising` only.
"""

from __future__ import annotations

from collections.abc import Mapping

from mqt_serving.errors import RaiseError
from mqt_serving.query import graph, naming
from mqt_serving.query.graph import Direction, Edge
from mqt_serving.query.pipeline import (
    Lookup,
)
from mqt_serving.query.plan import (
    Comparator,
    Compare,
    Field,
    Plan,
)
from mqt_serving.query.raising.combining import all_of
from mqt_serving.query.raising.correlation import without_correlation
from mqt_serving.query.raising.plans import plan_of
from mqt_serving.query.raising.scope import (
    Binding,
    Environment,
    Fields,
    Filtered,
    Found,
    InnerRows,
    InnerValue,
    Known,
    LookedUp,
    Single,
    Stored,
    SubQueries,
    Unjoined,
    stored_field,
)
from mqt_serving.query.raising.state import State
from mqt_serving.query.raising.values import as_values

_CAUSES_OF_JOINS = frozenset(
    {"self-join", "no-reference", "other-reference", "lookup-after-group", "lookup-pipeline"}
)


class LookUps(State):
    """The state, with the stages that look documents up."""

    def _look_up(self, stage: Lookup) -> None:
        """Bind the documents; ones that a plan cannot join are refused once they are used."""
        if stage.collection not in self.catalog.by_name:
            raise RaiseError("unknown-collection", f"no collection {stage.collection!r}")
        try:
            self._look_up_any(stage)
        except RaiseError as error:
            if error.cause not in _CAUSES_OF_JOINS:
                raise
            unjoined = Unjoined(error.cause, str(error))
            self.environment = self.environment.with_names({stage.name: unjoined})

    def _look_up_any(self, stage: Lookup) -> None:
        if stage.stages is not None or stage.let:
            self._look_up_inner(stage)
            return
        assert stage.local is not None and stage.foreign is not None
        if self._is_single_row():
            kept = self.copied()
            try:
                self._look_up_equal(stage)
                self.before_lookup = (stage, kept)
                return
            except RaiseError:
                self.become(kept)
                self._look_up_for_single_row(stage)
                return
        self._look_up_equal(stage)

    def _looks_up_again(self, path: str) -> bool:
        """Before an array is unwound in the document looked up last for a single row: go on with
        that document's rows, where nothing but its unwinding came between."""
        if self.before_lookup is None:
            return False
        stage, kept = self.before_lookup
        found = self.environment.find(stage.name)
        names = {**self.environment.names, stage.name: None}
        same = names == {**kept.environment.names, stage.name: None} and kept.order == self.order
        if not path.startswith(f"{stage.name}.") or not isinstance(found, Stored) or not same:
            return False
        self.become(kept)
        self._look_up_for_single_row(stage)
        self._continue_with(len(self.inner) - 1, stage.name)
        return True

    def _is_single_row(self) -> bool:
        one = self.limit == 1 and not self.per
        return one or (self.grouping is not None and not self.grouping.keys)

    def _look_up_inner(self, stage: Lookup) -> None:
        """A pipeline beside a single row, whose values are sub-queries of that pipeline."""
        if stage.local is not None or not self._is_single_row():
            self._look_up_for_each_row(stage)
            return
        variables = {name: self._single(self._bind(value)) for name, value in stage.let}
        inner = type(self)(self.catalog, stage.collection, variables, beside=True)
        inner.run(stage.stages or ())
        self.inner.append(inner)
        rows = InnerRows(len(self.inner) - 1)
        self.environment = self.environment.with_names({stage.name: rows})

    def _look_up_for_each_row(self, stage: Lookup) -> None:
        """A pipeline that finds documents by one value of each row, and then tests them.

        By none, its rows are the same for all: they are what sub-queries list.
        """
        outer = {name: self._bind(value) for name, value in stage.let}
        stages, links = without_correlation(stage.stages or (), outer)
        if stage.local is not None and stage.foreign is not None:
            link = (stage.foreign, self.environment.find(stage.local))
            links = (link, *(other for other in links if other != link))
        inner = type(self)(self.catalog, stage.collection)
        inner.run(stages)
        if not links and not stage.let and inner.environment.base is None:
            queries = SubQueries({name: _listing(inner, name) for name in inner.environment.names})
            self.environment = self.environment.with_names({stage.name: queries})
            return
        if self.grouping is not None or len(links) != 1 or not _only_tests(inner):
            raise RaiseError("lookup-pipeline", "$lookup with a pipeline for each of several rows")
        ((foreign, local),) = links
        edge = self._edge_to(stage, local, foreign)
        if set(inner.joined) != set(graph.with_parents(edge.target, self.catalog)):
            raise RaiseError("lookup-pipeline", f"{foreign!r} is not unwound, or more than it is")
        cut = inner.limit is not None
        rows = Filtered(edge.target, _shape_of(inner), all_of(inner.where), cut)
        self.environment = self.environment.with_names({stage.name: rows})

    def _look_up_for_single_row(self, stage: Lookup) -> None:
        """Documents that have the value of the single row: that value is a sub-query."""
        assert stage.local is not None and stage.foreign is not None
        local = self.environment.find(stage.local)
        if local is None:
            raise RaiseError("unknown-name", f"nothing is called {stage.local!r} to look up by")
        value = self._single(local)
        assert isinstance(value, Single)
        key = stored_field(Stored(stage.collection, stage.foreign), self.catalog)
        inner = type(self)(self.catalog, stage.collection, beside=True)
        inner.where.append(Compare(key, Comparator.EQ, value.plan))
        inner.matched = (local, key)
        self.inner.append(inner)
        rows = InnerRows(len(self.inner) - 1)
        self.environment = self.environment.with_names({stage.name: rows})

    def _single(self, binding: Binding) -> Binding:
        """The value of the single row, as a sub-query that gives it."""
        value = as_values(binding, self.catalog)
        if not isinstance(value, Known):
            raise RaiseError("lookup-pipeline", "a variable that is no single value")
        outer = self.copied()
        outer.environment = Environment(None, {naming.convention(value.operand): value})
        return Single(plan_of(outer))

    def _continue_with(self, number: int, name: str | None) -> None:
        """Go on with the rows of an inner pipeline, found under the name."""
        values: dict[str, Binding] = {}
        for other, binding in self.environment.names.items():
            if other != name and isinstance(binding, Known):
                values[other] = self._of_inner(binding, self.inner[number])
        self.become(self.inner[number])
        if name is None:
            return
        self.environment = Environment(None, {**values, name: _shape_of(self)})

    def _of_inner(self, binding: Binding, inner: State) -> Binding:
        """A value of the single row beside inner rows: theirs, where these were found by it."""
        if inner.matched is not None and binding == inner.matched[0]:
            return Known(inner.matched[1])
        return self._single(binding)

    def _show_only_row(self, values: Mapping[str, Binding]) -> None:
        """Go on with the only row of an inner pipeline, from which values are shown."""
        numbers = {value.number for value in values.values() if isinstance(value, InnerValue)}
        inner = self.inner[min(numbers)]
        shown: dict[str, Binding] = {}
        for name, value in values.items():
            if not isinstance(value, InnerValue):
                shown[name] = self._of_inner(value, inner)
                continue
            found = inner.environment.find(value.path)
            if len(numbers) > 1 or not value.is_single or not self._has_one_row(inner):
                raise RaiseError("array-output", "values of several looked-up rows are shown")
            if found is None:
                raise RaiseError("unknown-name", f"nothing is called {value.path!r} there")
            shown[name] = found
        self.become(inner)
        self.environment = Environment(None, shown)

    @staticmethod
    def _has_one_row(inner: State) -> bool:
        one = inner.limit == 1 and not inner.per
        one = one or (inner.grouping is not None and not inner.grouping.keys)
        return one or (inner.matched is not None and inner.is_unique(inner.matched[1]))

    def _look_up_equal(self, stage: Lookup) -> None:
        assert stage.local is not None and stage.foreign is not None
        local = self.environment.find(stage.local)
        if self.grouping is not None:
            self._look_up_for_groups(stage, _place_of(local))
            return
        edge = self._edge_to(stage, local, stage.foreign)
        self.looked_up.append(edge)
        self.environment = self.environment.with_names({stage.name: LookedUp(edge)})

    def _edge_to(self, stage: Lookup, local: Binding | None, foreign: str) -> Edge:
        """The edge from what rows have to documents that are looked up by it."""
        source = stored_field(_place_of(local), self.catalog)
        target = stored_field(Stored(stage.collection, foreign), self.catalog)
        used = {entity.collection for entity in self.joined}
        if stage.collection in used:
            raise RaiseError("self-join", f"{stage.collection} is joined twice")
        return self._edge(source, target)

    def _look_up_for_groups(self, stage: Lookup, local: Stored) -> None:
        """Documents looked up by a group key: there is one for each group, or it is no plan."""
        assert stage.foreign is not None
        foreign = Field(stage.collection, stage.foreign)
        source = stored_field(local, self.catalog)
        target = stored_field(Stored(stage.collection, stage.foreign), self.catalog)
        if source == target:
            if not self.is_unique(source):
                raise RaiseError("lookup-after-group", f"{source.path} names several documents")
        elif not self._edge(source, target).is_upward:
            raise RaiseError("lookup-after-group", "$lookup of several documents for each group")
        place = Found(foreign.collection)
        self.environment = self.environment.with_names({stage.name: place})

    def _edge(self, local: Field, foreign: Field) -> Edge:
        source = graph.entity_of(local, self.catalog)
        target = graph.entity_of(foreign, self.catalog)
        for reference in self.catalog.references:
            one = Field(reference.from_collection, reference.from_path)
            other = Field(reference.to_collection, reference.to_path)
            if (one, other) == (local, foreign):
                return self._chosen(Edge(source, target, Direction.FOLLOW, reference))
            if (other, one) == (local, foreign):
                return self._chosen(Edge(source, target, Direction.REFERRERS, reference))
        raise RaiseError(
            "no-reference",
            f"{local.collection}.{local.path} = {foreign.collection}.{foreign.path} is no "
            "reference of the schema",
        )

    def _chosen(self, edge: Edge) -> Edge:
        """The edge, when a plan that names both ends is joined along its reference."""
        sources = graph.with_parents(edge.source, self.catalog)
        steps = graph.path(sources, edge.target, self.catalog) or ()
        if edge.source.collection == edge.target.collection or any(
            step.reference == edge.reference for step in steps
        ):
            return edge
        raise RaiseError(
            "other-reference",
            f"{edge.source.collection} and {edge.target.collection} are joined by other fields "
            f"than {edge.local.path} and {edge.foreign.path}: a plan cannot say by which",
        )


def _place_of(binding: Binding | None) -> Stored:
    """The place in the data that documents are looked up by."""
    if isinstance(binding, Fields) and len(binding.members) == 1:
        (binding,) = binding.members.values()
    match binding:
        case Stored():
            return binding
        case Known(operand=Field(collection=collection, path=path)):
            return Stored(collection, path)
        case _:
            raise RaiseError("lookup-computed", "documents are looked up by no field of the data")


def _listing(inner: State, name: str) -> Plan:
    """The plan that lists one column of a pipeline."""
    alone = inner.copied()
    alone.environment = Environment(None, {name: inner.environment.names[name]})
    return plan_of(alone)


def _only_tests(inner: State) -> bool:
    """Whether a pipeline only unwinds, tests and projects, or keeps some of what it finds."""
    plain = inner.grouping is None and not inner.having and not inner.optional
    return plain and not inner.skip and not inner.order and not inner.looked_up


def _shape_of(state: State) -> Stored | Fields:
    """What the rows of a pipeline stand for."""
    shown = state.environment
    if shown.base is None:
        return Fields(dict(shown.names))
    if not shown.names and not shown.hidden - {"_id"}:
        return shown.base
    raise RaiseError("lookup-pipeline", "whole documents with fields added or left out")
