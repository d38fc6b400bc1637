"""SQL over the tables that a document database was made of, as plans over its documents. Pure.

`plan_of_sql` reads one query; several that are combined become tests of the first. Depends on
sqlglot, the plan and `sql_select`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import exp

from mqt_assets.training.sql_places import NotTranslated, Places
from mqt_assets.training.sql_reading import joined, outside_subqueries, read_sql
from mqt_assets.training.sql_select import Select
from mqt_serving.errors import MqtError
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.graph import entity_of, path
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import And, Entity, Field, In, Or, Plan, Predicate, Related, walk


def plan_of_sql(sql: str, places: Places) -> Plan | str:
    """The plan, checked against the catalog, or why there is none."""
    try:
        plan = query(read_sql(sql), places)
        plan = check_plan(plan, places.catalog).plan
        lower(plan, places.catalog)
    except NotTranslated as error:
        return str(error)
    except MqtError as error:
        return error.code
    return plan


def query(tree: exp.Expr, places: Places) -> Plan:
    """The plan of a query or sub-query; raises `NotTranslated`."""
    match tree:
        case exp.Select():
            return Select(tree, places, lambda inner: query(inner, places)).plan()
        case exp.Subquery():
            return query(tree.this, places)
        case exp.Intersect() | exp.Except() | exp.Union():
            return _combined(tree, places)
    raise NotTranslated(f"a query that is {tree.key}")


def _combined(tree: exp.Expr, places: Places) -> Plan:
    """UNION, EXCEPT and INTERSECT of one column, as tests of the first query."""
    if not (isinstance(tree.this, exp.Select) and isinstance(tree.expression, exp.Select)):
        raise NotTranslated("more than two queries")
    first, second = query(tree.this, places), query(tree.expression, places)
    if tree.args.get("limit") or tree.args.get("order"):
        raise NotTranslated("an order of several queries")
    if isinstance(tree, exp.Union):
        bare = replace(first, where=None, distinct=True, rows=None)
        if bare != replace(second, where=None, distinct=True, rows=None) or first.limit:
            raise NotTranslated("a union of different things")
        if first.where is None or second.where is None or first.group_by:
            raise NotTranslated("a union of different things")
        return replace(bare, where=joined(Or, first.where, second.where))
    negated = isinstance(tree, exp.Except)
    related = _some_or_none(first, second, negated, places)
    if related is not None:
        return related
    if len(first.outputs) != 1 or len(second.outputs) != 1:
        raise NotTranslated("a combination of several columns")
    value = first.outputs[0].value
    if not isinstance(value, Field) or first.limit:
        raise NotTranslated("a combination of something computed")
    test = In(value, second, negated=negated)
    where = test if first.where is None else joined(And, first.where, test)
    return replace(first, where=where, distinct=not first.group_by)


def _some_or_none(first: Plan, second: Plan, negated: bool, places: Places) -> Plan | None:
    """The first query with "and (no) such row of ...", where the second shows the same things.

    None unless the second only asks for a row of one entity that is finer than what is shown, and
    what is shown tells its rows apart.
    """
    plans = (first, second)
    if any(p.group_by or p.limit or p.order_by for p in plans) or first.outputs != second.outputs:
        return None
    shown = {
        entity_of(o.value, places.catalog) for o in first.outputs if isinstance(o.value, Field)
    }
    named = [
        o.value for o in first.outputs
        if isinstance(o.value, Field) and places.names_rows(o.value)
    ]  # fmt: skip
    if len(shown) != 1 or not named:
        return None
    [home] = shown
    tested = _Tested(places, home)
    theirs = tested.finer(second)
    if theirs is None:
        return None
    where: list[Predicate] = [replace(theirs, negated=negated)]
    if first.where is not None or first.rows is not None:
        ours = tested.finer(first)
        mine = first.where if ours is None else ours
        if ours is None and first.rows is not None:
            return None
        where = [mine, *where] if mine is not None else where
    return replace(first, where=joined(And, *where), rows=None, distinct=False)


@dataclass(frozen=True)
class _Tested:
    """What plans that show `home` ask of finer entities."""

    places: Places
    home: Entity

    def finer(self, plan: Plan) -> Related | None:
        """All that the plan asks, where that is one row of one finer entity."""
        where = plan.where
        if isinstance(where, Related) and where.entity != self.home and plan.rows is None:
            return where
        catalog = self.places.catalog
        entities = {
            entity_of(item, catalog)
            for item in outside_subqueries(where)
            if isinstance(item, Field)
        }
        if any(isinstance(item, Related | Plan) for item in walk(where)):
            return None
        if where is None:
            return None if plan.rows is None else Related(plan.rows)
        if len(entities) != 1:
            return None
        [entity] = entities
        if entity == self.home or self.home in self._below(entity):
            return None
        return Related(entity, where)

    def _below(self, entity: Entity) -> tuple[Entity, ...]:
        """What has exactly one row of the entity: asking it is no question of "some"."""
        upward = path([self.home], entity, self.places.catalog, upward_only=True)
        return () if upward is None else (self.home,)
