"""Shapes with groups: counts and aggregates per key or per part of a date.

Conventions: outputs are the group keys, then the aggregates; "per month" means year and month.
Depends on `aggregates` for the words of figures.
"""

from __future__ import annotations

from dataclasses import dataclass

from mqt_assets.training.synthesis.aggregates import aggregate_words, some_function
from mqt_assets.training.synthesis.asking import SHOW
from mqt_assets.training.synthesis.draft import Draft, NotHere, date_range, span_around
from mqt_assets.training.synthesis.subjects import (
    Asked,
    Posed,
    Subject,
    group_field,
    measure,
    subject,
)
from mqt_assets.training.synthesis.things import EntityView, FieldView, Link, Noun, Role
from mqt_serving.english import participle_of, plural_phrase
from mqt_serving.query.plan import (
    Aggregate,
    Between,
    DatePart,
    Field,
    Function,
    Order,
    Output,
    PartOf,
    Plan,
    Predicate,
)


@dataclass(frozen=True, slots=True)
class Key:
    """What rows are grouped by, and its words ("customer city" / "customer cities").

    `per` is set where the key is the thing that owns the rows, called by its name ("customer").
    """

    fields: tuple[Field | PartOf, ...]
    one: str
    many: str
    owner: Link | None = None

    @property
    def outputs(self) -> tuple[Output, ...]:
        return tuple(Output(item) for item in self.fields)


@dataclass(frozen=True, slots=True)
class Figure:
    """An aggregate per group with its words; `of` is set when the words name no rows yet."""

    value: Aggregate
    words: str
    asked: Asked | None = None


def group_key(draft: Draft, view: EntityView, flags: bool = False) -> Key:
    owners = [link for link in view.owners if link.target.names]
    if owners and draft.chance(0.3):
        link = draft.pick(owners)
        return Key(
            tuple(item.field for item in link.target.names),
            link.noun.singular,
            link.noun.plural,
            link,
        )
    asked = group_field(draft, view, flags)
    one = asked.words(draft)
    if asked.view.role == Role.BOOL:
        return Key((asked.field,), draft.pick((one, f"{one} status", f"{one} flag")), "")
    head, of, tail = one.partition(" of the ")
    return Key((asked.field,), one, f"{plural_phrase(head)}{of}{tail}")


def expect_different(key: Key, about: Subject) -> None:
    """Nobody groups by what a condition has just fixed."""
    if any(field in about.about for field in key.fields):
        raise NotHere


_PARTS = {
    DatePart.YEAR_MONTH: (
        0.35,
        ("per month", "by month", "each month", "monthly", "for each month"),
    ),
    DatePart.YEAR: (
        0.3,
        ("per year", "by year", "each year", "yearly", "for each year", "annually"),
    ),
    DatePart.DATE: (0.1, ("per day", "by day", "each day", "daily", "for each day", "by date")),
    DatePart.WEEK: (
        0.08,
        ("per week", "by week", "each week", "weekly", "for each week", "week by week"),
    ),
    DatePart.WEEKDAY: (
        0.07,
        ("by day of the week", "per weekday", "by weekday", "for each day of the week"),
    ),
    DatePart.MONTH: (0.04, ("by month of the year", "per calendar month", "by calendar month")),
    DatePart.QUARTER: (0.05, ("per quarter", "by quarter", "for each quarter", "quarterly")),
    DatePart.HOUR: (
        0.04,
        ("by hour of the day", "per hour", "by hour", "for each hour of the day"),
    ),
}


def figure_of(draft: Draft, view: EntityView, about: Subject, share_count: float = 0.6) -> Figure:
    if draft.chance(share_count) or not view.of_role(Role.NUMBER):
        value = Aggregate(Function.COUNT, view.entity)
        word = draft.pick(("number of", "number of", "count of", "total number of"))
        return Figure(value, f"{word} {about.phrase(draft)}")
    asked = measure(draft, view)
    function = some_function(draft, asked)
    return Figure(Aggregate(function, asked.field), aggregate_words(draft, function, asked), asked)


def figure_of_rows(draft: Draft, figure: Figure, about: Subject, share: float = 0.7) -> str:
    """The figure with its rows named: `average price of active products`."""
    if figure.asked is None:
        return figure.words
    if about.said or draft.chance(share):
        every = draft.pick(("", "", "all ", "the "))
        return f"{figure.words} {draft.pick(('of', 'of', 'for'))} {every}{about.phrase(draft)}"
    return figure.words


def per_group(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view, most=2)
    key = group_key(draft, view, flags=True)
    expect_different(key, about)
    figure = figure_of(draft, view, about)
    values = [figure.value]
    said = figure_of_rows(draft, figure, about, 0.6)
    if draft.chance(0.13) and view.of_role(Role.NUMBER):
        asked = measure(draft, view)
        function = some_function(draft, asked)
        other = Aggregate(function, asked.field)
        if other not in values:
            values.append(other)
            words = aggregate_words(draft, function, asked)
            said = f"{said} and {draft.pick(('', 'the ', 'their '))}{words}"
    fields, one, many = key.fields, key.one, key.many
    if draft.chance(0.07) and key.owner is None:
        second = group_field(draft, view)
        if second.field not in fields:
            fields, one = (*fields, second.field), f"{one} and {second.words(draft)}"
            many = ""
    text = _grouped_words(draft, about, figure, said, one, many, len(values))
    order, words = _maybe_group_order(draft, values[0], fields, one)
    outputs = tuple(Output(item) for item in (*fields, *values))
    return Posed(Plan(outputs, about.where, group_by=fields, order_by=order), text + words)


def _grouped_words(
    draft: Draft, about: Subject, figure: Figure, said: str, one: str, many: str, figures: int
) -> str:
    show = draft.pick((*SHOW, "what is", "what's"))
    per = draft.pick(("per", "by", "for each", "per", "by", "for every", "in each", "grouped by"))
    forms = [
        f"{said} {per} {one}",
        f"{show} the {said} {per} {one}",
        f"{show} the {said} {per} {one}",
        f"for each {one}, {draft.pick(('show', 'give', 'what is', 'list', 'find'))} the {said}",
        f"{draft.pick(SHOW)} each {one} and the {said}",
        f"what is the {said} {draft.pick(('for each', 'in each', 'per', 'by'))} {one}",
    ]
    if many:
        every, link = draft.pick(("all ", "the ", "")), draft.pick(("and", "with", "along with"))
        forms += [f"{draft.pick(SHOW)} {every}{many} {link} {draft.pick(('the', 'their'))} {said}"]
    if figure.asked is None and figures == 1:
        rows = about.phrase(draft)
        plain = about.noun.plural
        forms += [
            f"how many {rows} are there {draft.pick(('per', 'for each', 'in each', 'by'))} {one}",
            f"how many {rows} {draft.pick(('per', 'for each', 'by'))} {one}",
            f"count {rows} {draft.pick(('by', 'per', 'for each', 'grouped by'))} {one}",
            f"count the {rows} {draft.pick(('by', 'per', 'for each'))} {one}",
        ]
        if not about.said:
            forms += [
                f"{plain} {draft.pick(('by', 'per', 'by'))} {one}",
                f"{about.noun.singular} count {per} {one}",
                f"break down {plain} by {one}",
                f"how many {plain} does each {one} have",
                f"{draft.pick(SHOW)} {plain} per {one}",
                f"number of {plain} in each {one}",
                f"distribution of {plain} by {one}",
            ]
        elif len(about.said) == 1 and about.said[0].form == "before":
            forms += [f"{rows} by {one}", f"how many {rows} does each {one} have"]
        elif about.said[0].form == "after":
            # The condition behind the key: "number of orders per city placed in 2025".
            tail = " ".join(item.text for item in about.said if item.form == "after")
            if len(about.said) == 1:
                forms += [
                    f"number of {plain} per {one} {tail}",
                    f"how many {plain} {tail} does each {one} have",
                ]
    return draft.pick(forms)


def per_date_part(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view, most=1)
    dates = view.of_role(Role.DATE)
    owned: Noun | None = None
    if not dates:
        link = draft.pick([link for link in view.owners if link.target.of_role(Role.DATE)])
        dates, owned = link.target.of_role(Role.DATE), link.noun
    date = draft.pick(dates)
    part = draft.weighted([(part, weight) for part, (weight, _) in _PARTS.items()])
    key = PartOf(part, date.field)
    per = draft.pick(_PARTS[part][1])
    figure = figure_of(draft, view, about, 0.55)
    said = figure_of_rows(draft, figure, about, 0.6)
    done = participle_of(date.words) if owned is None else None
    # Among several dates the question must say which one it means.
    if len(dates) > 1 or owned is not None or draft.chance(0.3):
        name = Asked(date, owned).words(draft)
        if done and figure.asked is None and draft.chance(0.6):
            per = f"{done.split()[-1]} {per}"
        elif per.startswith(("per ", "by ")) and part in (
            DatePart.YEAR,
            DatePart.YEAR_MONTH,
            DatePart.WEEK,
            DatePart.DATE,
        ):
            unit = per.split(" ", 1)[1]
            per = draft.pick(
                (f"by {name} {unit}", f"per {unit} of the {name}", f"by {unit} of {name}")
            )
        else:
            per = (
                f"{per} of the {name}"
                if per.startswith(("per", "by", "for"))
                else f"{per} by {name}"
            )
    show = draft.pick((*SHOW, "what is"))
    forms = [
        f"{said} {per}",
        f"{show} the {said} {per}",
        f"what is the {said} {per}",
        f"the {said} {per}",
    ]
    if figure.asked is None:
        rows = about.phrase(draft)
        forms += [
            f"how many {rows} {per}",
            f"count {rows} {per}",
            f"how many {rows} were there {per}",
            f"{rows} {per}",
        ]
        if done and " " not in done and not about.said:
            forms += [f"how many {rows} were {done} {per.removeprefix(f'{done} ')}"]
    text, where = draft.pick(forms), about.where
    if part not in (DatePart.YEAR, DatePart.DATE) and where is None and draft.chance(0.45):
        within, text = _within_year(draft, date, text)
        where = within
    order: tuple[Order, ...] = ()
    words = ""
    if draft.chance(0.22):
        order, words = _chronological(draft, key, figure.value)
    plan = Plan((Output(key), Output(figure.value)), where, group_by=(key,), order_by=order)
    return Posed(plan, text + words)


def _within_year(draft: Draft, date: FieldView, text: str) -> tuple[Predicate, str]:
    """Parts of the dates of one year: `orders per month in 2025`."""
    low, high = date_range(date)
    span = span_around(draft, low + (high - low) * draft.rng.random(), "year")
    inside = Between(date.field, span.start, span.end, half_open=True)
    if draft.chance(0.25):
        return inside, f"in {span.text}, {text}"
    return inside, f"{text} {draft.pick(('in', 'of', 'for', 'in', 'during'))} {span.text}"


def _chronological(draft: Draft, key: PartOf, value: Aggregate) -> tuple[tuple[Order, ...], str]:
    form = draft.rng.random()
    if form < 0.6:
        return (Order(key),), draft.pick(
            (
                ", in chronological order",
                " over time",
                ", sorted by date",
                " in order",
                ", oldest first",
            )
        )
    if form < 0.75:
        return (Order(key, True),), draft.pick(
            (", most recent first", ", newest first", ", latest first")
        )
    return (Order(value, True),), draft.pick(
        (", highest first", ", from most to least", ", sorted descending")
    )


def _maybe_group_order(
    draft: Draft, value: Aggregate, fields: tuple[Field | PartOf, ...], one: str
) -> tuple[tuple[Order, ...], str]:
    if not draft.chance(0.2):
        return (), ""
    counts = value.function == Function.COUNT
    form = draft.rng.random()
    if form < 0.5:
        words = draft.pick(
            (
                ", highest first",
                ", from highest to lowest",
                ", in descending order",
                ", sorted descending",
                " in descending order",
                ", largest first",
            )
            + (
                (
                    " from most to least",
                    ", most first",
                    " sorted by count descending",
                    ", sorted by the number descending",
                )
                if counts
                else ()
            )
        )
        return (Order(value, True),), words
    if form < 0.72:
        words = draft.pick(
            (
                ", lowest first",
                ", from lowest to highest",
                ", in ascending order",
                ", smallest first",
                " in ascending order",
            )
            + ((" from least to most", " sorted by count") if counts else ())
        )
        return (Order(value),), words
    words = draft.pick((f", sorted by {one}", f" ordered by {one}", f", in order of {one}"))
    return tuple(Order(item) for item in fields), words
