"""Writes `docs/query-language.md`: `python -m docs.query_language` after a change of the language.

The tables come from the operator definitions; the examples are plans over the sample shop, shown
with their explanation and the query that they become, so that they cannot go stale. A test
compares the page with what this module gives.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_resources.sample_database.generator import generate
from mqt_serving.query.dialects.methods import CURSOR_ARGUMENTS, PARAMETERS, REFUSED
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import (
    render_json,
    render_mongosh,
    render_node,
    render_pymongo,
)
from mqt_serving.query.explanation import explain, explain_command
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.operators import (
    ACCUMULATORS,
    EXPRESSIONS,
    FILTERS,
    FORBIDDEN,
    NOT_YET,
    STAGES,
    WINDOW_FUNCTIONS,
    Operator,
    Shape,
    Types,
)
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Arithmetic,
    Between,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Field,
    Function,
    IsNull,
    Moving,
    Order,
    Output,
    PartOf,
    Plan,
    Point,
    Predicate,
    Rank,
    Related,
    Running,
    Text,
    TextMatch,
)
from mqt_serving.query.plan import Operator as Arithmetical
from mqt_serving.schema import Catalog

PAGE: Final = Path(__file__).with_name("query-language.md")

# ------------------------------------------------------------------- examples

_ORDERS, _ITEMS = Entity("orders"), Entity("orders", "items")
_CUSTOMERS, _TICKETS = Entity("customers"), Entity("support_tickets")
_TOTAL, _STATUS = Field("orders", "total"), Field("orders", "status")
_PLACED, _NUMBER = Field("orders", "placed_at"), Field("orders", "order_number")
_QUANTITY, _PRICE = Field("orders", "items.quantity"), Field("orders", "items.unit_price")
_LAST_NAME, _CITY = Field("customers", "last_name"), Field("customers", "address.city")
_PRODUCT, _BRAND = Field("products", "name"), Field("products", "brand")
_COUNT: Final = Aggregate(Function.COUNT, _ORDERS)
_MONTH: Final = PartOf(DatePart.YEAR_MONTH, _PLACED)
_MARCH: Final = Between(
    _PLACED, datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC), half_open=True
)


_DEPOT: Final = Field("depots", "name")
_FAR: Final = Arithmetic(
    Arithmetical.KILOMETRES, Field("depots", "location"), Point(longitude=16.37, latitude=48.2)
)
_DEPOTS: Final = [
    {"name": name, "location": {"type": "Point", "coordinates": place}}
    for name, place in (("Harbour Yard", [16.48, 48.17]), ("Mill Lane", [13.4, 52.52]))
]


def _is(field: Field, value: str | int) -> Compare:
    return Compare(field, Comparator.EQ, value)


def _over(field: Field, value: int) -> Compare:
    return Compare(field, Comparator.GT, value)


def _plan(*values: Any, where: Predicate | None = None, **more: Any) -> Plan:
    return Plan(tuple(Output(value) for value in values), where, **more)


RULES: Final[tuple[tuple[str, Plan], ...]] = (
    (
        "A plan that needs no more than a filter, top-level fields, an order and a limit becomes "
        "`find`. Literals follow the stored type (here: a decimal).",
        _plan(
            _NUMBER, _TOTAL, where=And((_is(_STATUS, "paid"), _over(_TOTAL, 500))),
            order_by=(Order(_TOTAL, descending=True),), limit=5,
        ),
    ),
    (
        "A count of documents becomes `countDocuments`. A period is a half-open range, so that "
        "its last moment is in it, whatever the precision.",
        _plan(_COUNT, where=_MARCH),
    ),
    (
        "What people call missing is null or missing: one test for null finds both.",
        _plan(Aggregate(Function.COUNT, _CUSTOMERS), where=IsNull(Field("customers", "phone"))),
    ),
    (
        "Plain text in a text test is escaped; upper and lower case are alike unless asked for.",
        _plan(_PRODUCT, where=Text(_PRODUCT, TextMatch.CONTAINS, "4.0 (new)")),
    ),
    (
        "Tests on an array that the rows are not unwound by mean at least one element; all of "
        "them must meet in the same one, hence `$elemMatch`.",
        _plan(_NUMBER, where=And((_over(_QUANTITY, 2), _over(_PRICE, 100)))),
    ),
    (
        "The finest thing shown is the row: fields of items unwind the items.",
        _plan(_NUMBER, _QUANTITY, where=_over(_QUANTITY, 2)),
    ),
    (
        "Fields of a referenced document are looked up, after the filters that need no look-up.",
        _plan(_NUMBER, _LAST_NAME, where=_is(_STATUS, "paid"), limit=10),
    ),
    (
        "A group's keys and aggregates are named by convention; an order by an aggregate sorts "
        "the groups.",
        _plan(
            _LAST_NAME, _COUNT, where=_MARCH, group_by=(_LAST_NAME,),
            order_by=(Order(_COUNT, descending=True),), limit=5,
        ),
    ),
    (
        "Calendar parts are computed in UTC; a test on groups follows `$group`.",
        _plan(
            _MONTH, Aggregate(Function.AVG, _TOTAL), group_by=(_MONTH,),
            having=Compare(_COUNT, Comparator.GTE, 10), order_by=(Order(_MONTH),),
        ),
    ),
    (
        "What rows repeat is counted once: orders, beside their items.",
        _plan(
            _BRAND, Aggregate(Function.SUM, _QUANTITY), Aggregate(Function.COUNT, _ORDERS, True),
            group_by=(_BRAND,),
        ),
    ),
    (
        "Fields beside aggregates, with nothing grouped: the aggregates are over what belongs to "
        "each row, and rows without any stay.",
        _plan(_LAST_NAME, _COUNT, where=_is(_CITY, "Lyon")),
    ),
    (
        "With `per`, order and limit are for each of its values: `$topN` keeps no more than these. "
        "Which value comes first is not part of the question.",
        _plan(
            _BRAND, _PRODUCT, order_by=(Order(Field("products", "price"), descending=True),),
            limit=2, per=(_BRAND,),
        ),
    ),
    (
        "A running total adds to a sum or count those of all groups before, in the order of their "
        "date or number; for each value of the other keys it starts anew.",
        _plan(_MONTH, Running(Aggregate(Function.SUM, _TOTAL)), group_by=(_MONTH,)),
    ),
    (
        "A moving average is over a group and so many before it, in the same order; a rank is the "
        "place of a group by a figure, largest first, and equals share one.",
        _plan(_MONTH, Moving(Aggregate(Function.SUM, _TOTAL), 3),
              Rank(Aggregate(Function.SUM, _TOTAL)), group_by=(_MONTH,)),
    ),
    (
        "The time from one date to another, or to now (`$$NOW`), in minutes, hours, days, weeks or "
        "years, with fractions; null where a date is missing.",
        _plan(Field("shipments", "carrier"), Aggregate(Function.AVG, Arithmetic(Arithmetical.DAYS,
              Field("shipments", "shipped_at"), Field("shipments", "delivered_at"))),
              group_by=(Field("shipments", "carrier"),)),
    ),
    (
        "How far places are apart, in kilometres or metres on a globe with MongoDB's radius: from "
        "coordinates, another field, or what a sub-query finds. No index is needed; what has no "
        "place comes last.",
        _plan(_DEPOT, _FAR, where=Compare(_FAR, Comparator.LTE, 20), order_by=(Order(_FAR),),
              limit=5),
    ),
    (
        "At least one, or no related document: a look-up that stops at the first.",
        _plan(_LAST_NAME, where=Related(_TICKETS, _is(Field("support_tickets", "status"), "open"),
              negated=True)),
    ),
)  # fmt: skip

_STEPS: Final = """db.orders.aggregate([
  { $match: { status: "paid" } },
  { $setWindowFields: { partitionBy: "$customer_id", sortBy: { placed_at: 1 }, output: {
    spent: { $sum: "$total", window: { documents: ["unbounded", "current"] } } } } },
  { $project: { order_number: 1, spent: { $round: ["$spent", 2] }, week: {
    $dateTrunc: { date: "$placed_at", unit: "week", timezone: "Europe/Paris" } } } }
])"""

# ----------------------------------------------------------------------- page


def sample_catalog() -> Catalog:
    return catalog_from_documents("shop", {**generate(scale=0.01), "depots": _DEPOTS})


def page(catalog: Catalog) -> str:
    """The whole page."""
    parts = [_INTRODUCTION, "## From plans to queries", _LOWERING]
    for number, (rule, plan) in enumerate(RULES, 1):
        parts += [f"{number}. {rule}", _example(explain(plan, catalog), lower(plan, catalog))]
    parts += ["## From queries to plans", _RAISING]
    parts += ["## In English", _ENGLISH, f"```js\n{_STEPS}\n```"]
    parts.append(f"```text\n{explain_command(parse_query(_STEPS))}\n```")
    parts += ["## Dialects", _DIALECTS, _dialects(lower(RULES[0][1], catalog))]
    parts += ["## What is refused, and why", _REFUSED, _reasons("operator", FORBIDDEN)]
    parts += [_reasons("method", REFUSED), _LATER, _reasons("operator", NOT_YET, "instead")]
    parts += ["## Operators", _OPERATORS]
    for title, table in _TABLES:
        parts += [f"### {title}", _table(table.values())]
    return "\n\n".join(parts) + "\n"


_INTRODUCTION: Final = """# The query language

<!-- Written by `python -m docs.query_language`: change that, not this page. -->

MQT speaks of queries on two levels. A *plan* says what is wanted: outputs with aggregates, \
filters, groups, order and limit over field paths. A *command* is what MongoDB runs: `find`, \
`aggregate`, `countDocuments` or `distinct`, as a typed tree. The translator predicts plans, \
people write commands; lowering turns a plan into a command, raising goes back. Neither can \
express a write or JavaScript on the server."""

_LOWERING: Final = """A plan names no root collection, no `$unwind` and no `$lookup`: these \
follow from the schema's nesting and references. The rules, each with a plan over the sample shop \
(`python -m mqt_resources.sample_database`, and depots with their places) in English and the \
query that it becomes:"""

_RAISING: Final = """What people write is raised to the plan that it means, by following what each \
name stands for through the stages. Raising refuses, with the cause, what a plan would say \
otherwise: the first of each group by an order, counts of rows that may stand for nothing, joins \
by other fields than those that a plan is joined by, text that is read as numbers. What a plan \
lowers to is raised to that plan again: a test tries plans of all kinds, sub-queries, totals of \
some rows, computed values, cuts, finer and optional rows among them. Not \
tried, because they come back in other words or not at all: tests on array elements that look \
documents up or compute something (`$anyElementTrue`), counts of documents beside rows that repeat \
them (as different ids), and totals for each row over arrays inside arrays or inside what is \
looked up.

`python -m benchmarks.query_language --data FOLDER` measures it. Of TEND's 2,849 gold queries, \
95.2 to 95.3 % come back from their plan with the same result (95.5 % with those where the limit \
keeps other rows that tie on the sort keys, which the query leaves open: run twice, such queries \
differ from themselves). Of the 2,712 that name only what is in the data it is 96.1 to 96.3 %. The \
other 137 name collections or fields that the data lacks: 75.9 %, but nine in ten of these return \
nothing on both sides, which proves little.

That is with the schema widened by what each query tells itself \
(`mqt_serving.query.raising.assuming`): what is unwound is an array, a dotted path is nested, what \
is looked up is referred to. A schema is a sample, and a correction about what it missed is one \
too. It has to be asked for: by the schema alone unknown names, and joins by fields that no \
reference connects (19 of those with the same result), are refused, and 91.4 % come back.

What has no plan: a collection that is joined with itself (19 of 2,849), names that are not there \
any more at their stage (16), joins that a plan would make by other fields (9), arrays shown as \
they are (8), one element of an array by its position (6), and some thirty causes with four or \
fewer each."""

_ENGLISH: Final = """Every query that MQT shows is explained, so that a person who cannot read it \
can tell a right one from a wrong one. A plan is explained as above: what is looked at, what is \
shown, what is kept, which come first. A thing is called by its words, with its exact name when \
it comes up first. Dates say that they are in UTC; "no value" is null or missing, \
"missing" only that. Two different plans never read the same, and no two different commands: \
tests look for counter-examples.

A query that people wrote and that no plan can say is explained step by step, from the wording of \
its operators (in the tables below). This one:"""

_DIALECTS: Final = f"""MQT reads what people write for mongosh: unquoted keys, both kinds of \
quotes, comments, regular expressions, `ISODate(...)` and its like, Extended JSON in place of \
these, `db.orders` in all its forms; code for the Node.js driver and for PyMongo, with the names \
and imports around it; and database commands in Extended JSON. It finds out which it is by \
itself, and evaluates none of it. Methods of a collection: \
{", ".join(f"`{name}`" for name in sorted(PARAMETERS))}; of a cursor: \
{", ".join(f"`{name}`" for name in sorted(CURSOR_ARGUMENTS))}. It prints each query in every \
dialect below; reading it again gives the same query."""

_REFUSED: Final = """What writes, runs JavaScript on the server or looks into the server is not in \
the language: it cannot be put into a tree, and reading it gives an error that names it. In a \
query that could be read, the guard refuses what the limits and the catalog forbid: private \
fields, unknown collections, regular expressions that may take for ever, too many stages."""

_LATER: Final = "These have no place in the language yet:"

_OPERATORS: Final = """Arguments stand in their order, or by name; `?` marks those that can be \
left out, `...` any number of the last one. In the English, text in brackets is said when its \
argument is given. *Since* is the first MongoDB version that has the operator."""

_TABLES: Final[tuple[tuple[str, Mapping[str, Operator]], ...]] = (
    ("Filters", FILTERS),
    ("Stages", STAGES),
    ("Expressions", EXPRESSIONS),
    ("Accumulators", ACCUMULATORS),
    ("Window functions", WINDOW_FUNCTIONS),
)


def _example(english: str, command: Any) -> str:
    return f"   > {english}\n\n   ```js\n{_indented(render_mongosh(command))}\n   ```"


def _indented(text: str) -> str:
    return "\n".join(f"   {line}".rstrip() for line in text.splitlines())


def _dialects(command: Any) -> str:
    rendered = (
        ("mongosh", "js", render_mongosh(command)),
        ("PyMongo", "python", render_pymongo(command)),
        ("Node.js", "js", render_node(command)),
        ("Extended JSON", "json", render_json(command)),
    )
    return "\n\n".join(f"{name}:\n\n```{code}\n{text}\n```" for name, code, text in rendered)


def _reasons(what: str, reasons: Mapping[str, str], why: str = "because") -> str:
    names: dict[str, list[str]] = defaultdict(list)
    for name, reason in reasons.items():
        names[reason].append(f"`{name}`")
    rows = [f"| {', '.join(found)} | {reason} |" for reason, found in names.items()]
    return "\n".join([f"| {what} | {why} |", "| --- | --- |", *rows])


def _table(operators: Iterable[Operator]) -> str:
    rows = [
        f"| `{o.name}` | {_arguments(o.shape)} | {o.result.value} | {o.since} | {_english(o)} |"
        for o in operators
    ]
    head = ["| name | arguments | result | since | in English |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])


def _arguments(shape: Shape) -> str:
    """`number, int?`, or `date: date or timestamp, timezone?: string`, or both."""
    forms = []
    if shape.positional:
        types = [_types(found) for found in shape.positional_types]
        said = [f"{t}{'' if place < shape.least else '?'}" for place, t in enumerate(types)]
        if shape.most is None:
            said[-1] = f"{types[-1]} ..."
        forms.append(", ".join(said) or "none")
    if shape.named:
        named = dict(shape.named_types)
        marks = {name: "" if name in shape.required else "?" for name in named}
        forms.append(", ".join(f"{name}{marks[name]}: {_types(t)}" for name, t in named.items()))
    return "; or ".join(forms)


def _types(types: Types) -> str:
    return " or ".join(sorted(found.value for found in types))


def _english(operator: Operator) -> str:
    """The template with arguments as *a*, *b*... or by name."""
    letters = "abcdefgh"

    def shown(found: re.Match[str]) -> str:
        name, between = found[1], found[2]
        if name == "all":
            joint = between or ", "
            return f"*a*{joint}*b*{joint}..."
        return f"*{letters[int(name)] if name.isdigit() else name}*"

    text = re.sub(r"\{(\w+)(?::\w+)?(?:\|([^}]*))?\}", shown, operator.english)
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(sample_catalog()), encoding="utf-8")
