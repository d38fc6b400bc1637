"""Shapes with groups: counts and aggregates per key, having, and the groups that rank first.

Conventions: outputs are the group keys, then the aggregates; "which 3 cities have the most ..."
returns the city alone unless the count is asked for; "per month" means year and month. Depends
on `shapes` for the words of aggregates.
"""

from __future__ import annotations

from dataclasses import dataclass

from mqt_assets.training.synthesis.draft import Draft, NotHere, count_bound, number_value
from mqt_assets.training.synthesis.lexicon import COMPARATIVES, participle_of
from mqt_assets.training.synthesis.shapes import SHOW, aggregate_words, some_function
from mqt_assets.training.synthesis.subjects import (
    Asked,
    Posed,
    Subject,
    group_field,
    measure,
    subject,
)
from mqt_assets.training.synthesis.view import EntityView, Link, Noun, Role
from mqt_assets.training.wording import plural_phrase, spell_count
from mqt_serving.query.plan import (
    Aggregate,
    Comparator,
    Compare,
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


def _key(draft: Draft, view: EntityView, flags: bool = False) -> Key:
    owners = [link for link in view.owners if link.target.names]
    if owners and draft.chance(0.3):
        link = draft.pick(owners)
        return Key(tuple(item.field for item in link.target.names), link.noun.singular,
                   link.noun.plural, link)  # fmt: skip
    asked = group_field(draft, view, flags)
    one = asked.words(draft)
    if asked.view.role == Role.BOOL:
        return Key((asked.field,), draft.pick((one, f"{one} status", f"{one} flag")), "")
    head, of, tail = one.partition(" of the ")
    return Key((asked.field,), one, f"{plural_phrase(head)}{of}{tail}")


def _expect_different(key: Key, about: Subject) -> None:
    """Nobody groups by what a condition has just fixed."""
    if any(field in about.about for field in key.fields):
        raise NotHere


_PARTS = {
    DatePart.YEAR_MONTH: (0.4, ("per month", "by month", "each month", "monthly", "for each month")),
    DatePart.YEAR: (0.3, ("per year", "by year", "each year", "yearly", "for each year", "annually")),
    DatePart.DATE: (0.1, ("per day", "by day", "each day", "daily", "for each day", "by date")),
    DatePart.WEEKDAY: (0.07, ("by day of the week", "per weekday", "by weekday", "for each day of the week")),
    DatePart.MONTH: (0.04, ("by month of the year", "per calendar month", "by calendar month")),
    DatePart.QUARTER: (0.05, ("per quarter", "by quarter", "for each quarter", "quarterly")),
    DatePart.HOUR: (0.04, ("by hour of the day", "per hour", "by hour", "for each hour of the day")),
}  # fmt: skip


def _figure(draft: Draft, view: EntityView, about: Subject, share_count: float = 0.6) -> Figure:
    if draft.chance(share_count) or not view.of_role(Role.NUMBER):
        value = Aggregate(Function.COUNT, view.entity)
        word = draft.pick(("number of", "number of", "count of", "total number of"))
        return Figure(value, f"{word} {about.phrase(draft)}")
    asked = measure(draft, view)
    function = some_function(draft, asked)
    return Figure(Aggregate(function, asked.field), aggregate_words(draft, function, asked), asked)


def _of_rows(draft: Draft, figure: Figure, about: Subject, share: float = 0.7) -> str:
    """The figure with its rows named: `average price of active products`."""
    if figure.asked is None:
        return figure.words
    if about.said or draft.chance(share):
        every = draft.pick(("", "", "all ", "the "))
        return f"{figure.words} {draft.pick(('of', 'of', 'for'))} {every}{about.phrase(draft)}"
    return figure.words


# -------------------------------------------------------------------- groups


def per_group(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view, most=2)
    key = _key(draft, view, flags=True)
    _expect_different(key, about)
    figure = _figure(draft, view, about)
    values = [figure.value]
    said = _of_rows(draft, figure, about, 0.6)
    if draft.chance(0.13) and view.of_role(Role.NUMBER):
        asked = measure(draft, view)
        function = some_function(draft, asked)
        other = Aggregate(function, asked.field)
        if other not in values:
            values.append(other)
            said = f"{said} and {draft.pick(('', 'the ', 'their '))}{aggregate_words(draft, function, asked)}"
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
    forms = [f"{said} {per} {one}", f"{show} the {said} {per} {one}", f"{show} the {said} {per} {one}",
             f"for each {one}, {draft.pick(('show', 'give', 'what is', 'list', 'find'))} the {said}",
             f"{draft.pick(SHOW)} each {one} and the {said}",
             f"what is the {said} {draft.pick(('for each', 'in each', 'per', 'by'))} {one}"]  # fmt: skip
    if many:
        forms += [f"{draft.pick(SHOW)} {draft.pick(('all ', 'the ', ''))}{many} {draft.pick(('and', 'with', 'along with'))} "
                  f"{draft.pick(('the', 'their'))} {said}"]  # fmt: skip
    if figure.asked is None and figures == 1:
        rows = about.phrase(draft)
        plain = about.noun.plural
        forms += [f"how many {rows} are there {draft.pick(('per', 'for each', 'in each', 'by'))} {one}",
                  f"how many {rows} {draft.pick(('per', 'for each', 'by'))} {one}",
                  f"count {rows} {draft.pick(('by', 'per', 'for each', 'grouped by'))} {one}",
                  f"count the {rows} {draft.pick(('by', 'per', 'for each'))} {one}"]  # fmt: skip
        if not about.said:
            forms += [f"{plain} {draft.pick(('by', 'per', 'by'))} {one}", f"{about.noun.singular} count {per} {one}",
                      f"break down {plain} by {one}", f"how many {plain} does each {one} have",
                      f"{draft.pick(SHOW)} {plain} per {one}", f"number of {plain} in each {one}",
                      f"distribution of {plain} by {one}"]  # fmt: skip
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
    figure = _figure(draft, view, about, 0.55)
    said = _of_rows(draft, figure, about, 0.6)
    done = participle_of(date.words) if owned is None else None
    # Among several dates the question must say which one it means.
    if len(dates) > 1 or owned is not None or draft.chance(0.3):
        name = Asked(date, owned).words(draft)
        if done and figure.asked is None and draft.chance(0.6):
            per = f"{done.split()[-1]} {per}"
        elif per.startswith(("per ", "by ")) and part in (
            DatePart.YEAR,
            DatePart.YEAR_MONTH,
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
        forms += [f"how many {rows} {per}", f"count {rows} {per}", f"how many {rows} were there {per}",
                  f"{rows} {per}"]  # fmt: skip
        if done and " " not in done and not about.said:
            forms += [f"how many {rows} were {done} {per.removeprefix(f'{done} ')}"]
    order: tuple[Order, ...] = ()
    words = ""
    if draft.chance(0.22):
        order, words = _chronological(draft, key, figure.value)
    plan = Plan((Output(key), Output(figure.value)), about.where, group_by=(key,), order_by=order)
    return Posed(plan, draft.pick(forms) + words)


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
        words = draft.pick((", highest first", ", from highest to lowest", ", in descending order",
                            ", sorted descending", " in descending order", ", largest first")
                           + ((" from most to least", ", most first", " sorted by count descending",
                               ", sorted by the number descending") if counts else ()))  # fmt: skip
        return (Order(value, True),), words
    if form < 0.72:
        words = draft.pick((", lowest first", ", from lowest to highest", ", in ascending order",
                            ", smallest first", " in ascending order")
                           + ((" from least to most", " sorted by count") if counts else ()))  # fmt: skip
        return (Order(value),), words
    words = draft.pick((f", sorted by {one}", f" ordered by {one}", f", in order of {one}"))
    return tuple(Order(item) for item in fields), words


# ------------------------------------------------------------------- ranking


def top_groups(draft: Draft, view: EntityView) -> Posed:
    """Which 3 cities have the most customers."""
    about = subject(draft, view, most=1)
    key = _key(draft, view)
    _expect_different(key, about)
    figure = _figure(draft, view, about, 0.62)
    descending = draft.chance(0.8)
    limit = 1 if draft.chance(0.5) else draft.weighted(((2, 1), (3, 3), (5, 4), (10, 3), (20, 0.4)))
    count = "" if limit == 1 else spell_count(limit, draft.rng)
    one, many = key.one, key.many
    keys = one if limit == 1 else f"{count} {many}"
    verb = "has" if limit == 1 else "have"
    lead = draft.pick(("which", "which", "what"))
    people = key.owner is not None and key.owner.target.is_person
    if figure.asked is None:
        rows = about.phrase(draft)
        most = draft.pick(("most", "most", "largest number of", "highest number of", "greatest number of")
                          if descending else ("fewest", "least", "smallest number of", "lowest number of"))  # fmt: skip
        forms = [f"{lead} {keys} {verb} the {most} {rows}", f"{lead} {keys} {verb} the {most} {rows}",
                 f"{draft.pick(SHOW)} the {keys} with the {most} {rows}",
                 f"{draft.pick(('what is', 'find', 'name') if limit == 1 else ('what are', 'find', 'name'))} "
                 f"the {keys} with the {most} {rows}",
                 f"{keys} with the {most} {rows}", f"{keys} with {most} {rows}"]  # fmt: skip
        if count and descending:
            forms += [f"top {count} {many} by number of {rows}", f"top {count} {many} by {rows}" if not about.said
                      else f"top {count} {many} by count of {rows}",
                      f"the top {count} {many} with the most {rows}"]  # fmt: skip
        if limit == 1 and descending and key.owner is None and not about.said:
            forms += [f"most common {one} of {rows}", f"what is the most common {one} among {rows}",
                      f"most frequent {one} of {rows}", f"which {one} is the most common among {rows}",
                      f"what is the most popular {one} of {rows}"]  # fmt: skip
        if people and descending:
            forms += [
                f"who has the most {rows}" if limit == 1 else f"which {keys} have the most {rows}"
            ]
    else:
        best = draft.pick(
            ("highest", "largest", "greatest", "highest")
            if descending
            else ("lowest", "smallest", "lowest")
        )
        said = _of_rows(draft, figure, about, 0.55)
        forms = [f"{lead} {keys} {verb} the {best} {said}", f"{draft.pick(SHOW)} the {keys} with the {best} {said}",
                 f"{keys} with the {best} {said}",
                 f"{draft.pick(('what is', 'find') if limit == 1 else ('what are', 'find'))} the {keys} with the {best} {said}"]  # fmt: skip
        if count:
            rank = "top" if descending else "bottom"
            forms += [
                f"{rank} {count} {many} by {said}",
                f"{draft.pick(SHOW)} the {rank} {count} {many} by {said}",
            ]
    text = draft.pick(forms)
    outputs = key.outputs
    if draft.chance(0.2):
        outputs = (*outputs, Output(figure.value))
        text += _and_figure(draft, figure, about)
    plan = Plan(
        outputs,
        about.where,
        group_by=key.fields,
        order_by=(Order(figure.value, descending),),
        limit=limit,
    )
    return Posed(plan, text)


def _and_figure(draft: Draft, figure: Figure, about: Subject) -> str:
    if figure.asked is None:
        return draft.pick((" and how many", " and how many are there", f" and the number of {about.noun.plural}",
                           ", with the count", ", and how many", f", including how many {about.noun.plural}"))  # fmt: skip
    return draft.pick(
        (
            f" and the {figure.words}",
            ", and what is it",
            f", with the {figure.words}",
            " and how much",
        )
    )


# -------------------------------------------------------------------- having


def having(draft: Draft, view: EntityView) -> Posed:
    """Categories with more than 10 products; cities where the average price is over 50."""
    about = subject(draft, view, most=1)
    key = _key(draft, view)
    _expect_different(key, about)
    op = draft.weighted(
        ((Comparator.GT, 0.42), (Comparator.GTE, 0.34), (Comparator.LT, 0.14), (Comparator.LTE, 0.06),
         (Comparator.EQ, 0.04))
    )  # fmt: skip
    if draft.chance(0.68) or not view.of_role(Role.NUMBER):
        value = Aggregate(Function.COUNT, view.entity)
        predicate, test = _count_test(draft, value, op)
        rows = about.phrase(draft)
        text = _having_words(draft, key, f"{test} {rows}")
        figure = Figure(value, f"number of {rows}")
    else:
        asked = measure(draft, view)
        function = draft.weighted(
            ((Function.AVG, 0.6), (Function.SUM, 0.2), (Function.MAX, 0.1), (Function.MIN, 0.1))
        )
        if function == Function.SUM and some_function(draft, asked) == Function.MAX:
            function = Function.AVG
        value = Aggregate(function, asked.field)
        stored, spelled, _ = number_value(draft, asked.view)
        words = aggregate_words(draft, function, asked)
        op = op if op != Comparator.EQ else Comparator.GT
        phrase = draft.pick(COMPARATIVES[op]).format(spelled)
        predicate = Compare(value, op, stored)
        figure = Figure(value, words, asked)
        said = _of_rows(draft, figure, about, 0.5)
        text = draft.pick(
            (f"which {key.many} have {_a(words)} {said} {phrase}", f"{draft.pick(SHOW)} the {key.many} where the {said} is {phrase}",
             f"{key.many} whose {said} is {phrase}", f"{key.many} with {_a(words)} {said} {phrase}",
             f"which {key.many} have {_a(words)} {said} of {phrase}", f"{draft.pick(SHOW)} {key.many} with {said} {phrase}")
        )  # fmt: skip
    outputs = key.outputs
    if draft.chance(0.15):
        outputs = (*outputs, Output(value))
        text += _and_figure(draft, figure, about)
    return Posed(Plan(outputs, about.where, group_by=key.fields, having=predicate), text)


def _a(words: str) -> str:
    return "an" if words[:1] in "aeo" else "a"


def _count_test(draft: Draft, value: Aggregate, op: Comparator) -> tuple[Predicate, str]:
    bound = count_bound(draft)
    if op in (Comparator.LT, Comparator.LTE) and bound < 2:
        bound = 5
    spelled = draft.say(spell_count(bound, draft.rng) if bound > 1 else draft.pick(("1", "one")))
    phrase = {
        Comparator.GT: ("more than {}", "more than {}", "over {}", "> {}"),
        Comparator.GTE: ("at least {}", "{} or more", "no fewer than {}", ">= {}", "a minimum of {}"),
        Comparator.LT: ("fewer than {}", "less than {}", "under {}"),
        Comparator.LTE: ("at most {}", "no more than {}", "up to {}", "{} or fewer"),
        Comparator.EQ: ("exactly {}", "exactly {}"),
        Comparator.NE: ("anything but {}",),
    }[op]  # fmt: skip
    return Compare(value, op, bound), draft.pick(phrase).format(spelled)


def _having_words(draft: Draft, key: Key, test: str) -> str:
    people = key.owner is not None and key.owner.target.is_person
    who = "who" if people else "that"
    return draft.pick(
        (f"which {key.many} have {test}", f"{draft.pick(SHOW)} {draft.pick(('the ', 'all ', ''))}{key.many} with {test}",
         f"{key.many} with {test}", f"what are the {key.many} {who} have {test}", f"{key.many} {who} have {test}",
         f"which {key.many} have {test}", f"{draft.pick(SHOW)} the {key.many} having {test}",
         f"which {key.many} {'placed' if people and draft.chance(0.3) else 'have'} {test}")
    )  # fmt: skip


def owners_by_parts(draft: Draft, view: EntityView) -> Posed:
    """Ranked or filtered by how many parts each has, asked from the owner's side."""
    link = draft.pick([link for link in view.parts if link.hops == 1])
    if not view.names:
        raise NotHere
    fields = tuple(item.field for item in view.names)
    value = Aggregate(Function.COUNT, link.target.entity)
    parts, owners = link.noun.plural, draft.pick(view.nouns)
    keys: tuple[Output, ...] = tuple(Output(item) for item in fields)
    who = draft.pick(("who", "that")) if view.is_person else "that"
    form = draft.rng.random()
    if form < 0.35:
        text = draft.pick(
            (f"how many {parts} does each {owners.singular} have", f"{parts} per {owners.singular}",
             f"number of {parts} per {owners.singular}", f"count of {parts} for each {owners.singular}",
             f"{draft.pick(SHOW)} each {owners.singular} with the number of {parts}",
             f"for each {owners.singular}, how many {parts} are there",
             f"{draft.pick(SHOW)} the {owners.plural} and their number of {parts}")
        )  # fmt: skip
        return Posed(Plan((*keys, Output(value)), group_by=fields), text)
    if form < 0.68:
        op = draft.weighted(((Comparator.GT, 0.5), (Comparator.GTE, 0.4), (Comparator.EQ, 0.1)))
        predicate, test = _count_test(draft, value, op)
        text = draft.pick(
            (f"which {owners.plural} have {test} {parts}", f"{owners.plural} with {test} {parts}",
             f"{draft.pick(SHOW)} {owners.plural} {who} have {test} {parts}",
             f"names of {owners.plural} with {test} {parts}" if view.names[0].head == "name" else
             f"{owners.plural} having {test} {parts}")
        )  # fmt: skip
        return Posed(Plan(keys, group_by=fields, having=predicate), text)
    descending = draft.chance(0.82)
    limit = 1 if draft.chance(0.5) else draft.weighted(((2, 1), (3, 3), (5, 4), (10, 3)))
    most = "most" if descending else "fewest"
    count = "" if limit == 1 else spell_count(limit, draft.rng)
    noun = owners.singular if limit == 1 else f"{count} {owners.plural}"
    verb = "has" if limit == 1 else "have"
    forms = [f"which {noun} {verb} the {most} {parts}", f"{draft.pick(SHOW)} the {noun} with the {most} {parts}",
             f"{noun} with the {most} {parts}"]  # fmt: skip
    if view.is_person and limit == 1:
        forms.append(f"who has the {most} {parts}")
    if count and descending:
        forms.append(f"top {count} {owners.plural} by number of {parts}")
    text = draft.pick(forms)
    outputs = keys
    if draft.chance(0.2):
        outputs = (*keys, Output(value))
        text += draft.pick(
            (" and how many", f" and the number of {parts}", ", and how many do they have")
        )
    return Posed(
        Plan(outputs, group_by=fields, order_by=(Order(value, descending),), limit=limit), text
    )
