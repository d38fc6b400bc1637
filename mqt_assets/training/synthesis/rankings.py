"""Shapes over groups that keep some: those that rank first, and those that meet a test.

Convention: "which 3 cities have the most ..." returns the city alone unless the count is asked
for too. Depends on `groups`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.aggregates import aggregate_words, some_function
from mqt_assets.training.synthesis.asking import SHOW, then_fields
from mqt_assets.training.synthesis.draft import Draft, NotHere, count_bound, number_value
from mqt_assets.training.synthesis.groups import (
    Figure,
    Key,
    expect_different,
    figure_of,
    figure_of_rows,
    group_key,
)
from mqt_assets.training.synthesis.lexicon import COMPARATIVES
from mqt_assets.training.synthesis.subjects import (
    Asked,
    Posed,
    Subject,
    measure,
    subject,
)
from mqt_assets.training.synthesis.things import EntityView, Role
from mqt_assets.training.wording import spell_count
from mqt_serving.query.plan import (
    Aggregate,
    Comparator,
    Compare,
    Field,
    Function,
    Order,
    Output,
    Plan,
    Predicate,
)


def top_groups(draft: Draft, view: EntityView) -> Posed:
    """Which 3 cities have the most customers."""
    about = subject(draft, view, most=1)
    key = group_key(draft, view)
    expect_different(key, about)
    figure = figure_of(draft, view, about, 0.62)
    descending = draft.chance(0.8)
    limit = 1 if draft.chance(0.5) else draft.weighted(((2, 1), (3, 3), (5, 4), (10, 3), (20, 0.4)))
    count = "" if limit == 1 else spell_count(limit, draft.rng)
    one, many = key.one, key.many
    keys = one if limit == 1 else f"{count} {many}"
    verb = "has" if limit == 1 else "have"
    lead = draft.pick(("which", "which", "what"))
    ask = draft.pick(("what is" if limit == 1 else "what are", "find", "name"))
    people = key.owner is not None and key.owner.target.is_person
    if figure.asked is None:
        rows = about.phrase(draft)
        most = draft.pick(
            ("most", "most", "largest number of", "highest number of", "greatest number of")
            if descending
            else ("fewest", "least", "smallest number of", "lowest number of")
        )
        forms = [
            f"{lead} {keys} {verb} the {most} {rows}",
            f"{lead} {keys} {verb} the {most} {rows}",
            f"{draft.pick(SHOW)} the {keys} with the {most} {rows}",
            f"{ask} the {keys} with the {most} {rows}",
            f"{keys} with the {most} {rows}",
            f"{keys} with {most} {rows}",
        ]
        if count and descending:
            forms += [
                f"top {count} {many} by number of {rows}",
                f"top {count} {many} by {rows}"
                if not about.said
                else f"top {count} {many} by count of {rows}",
                f"the top {count} {many} with the most {rows}",
            ]
        if limit == 1 and descending and key.owner is None and not about.said:
            forms += [
                f"most common {one} of {rows}",
                f"what is the most common {one} among {rows}",
                f"most frequent {one} of {rows}",
                f"which {one} is the most common among {rows}",
                f"what is the most popular {one} of {rows}",
            ]
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
        said = figure_of_rows(draft, figure, about, 0.55)
        forms = [
            f"{lead} {keys} {verb} the {best} {said}",
            f"{draft.pick(SHOW)} the {keys} with the {best} {said}",
            f"{keys} with the {best} {said}",
            f"{ask} the {keys} with the {best} {said}",
        ]
        if count:
            rank = "top" if descending else "bottom"
            forms += [
                f"{rank} {count} {many} by {said}",
                f"{draft.pick(SHOW)} the {rank} {count} {many} by {said}",
            ]
    text = draft.pick(forms)
    outputs = key.outputs
    if draft.chance(0.4):
        outputs = (*outputs, Output(figure.value))
        text = and_figure(draft, text, figure, about, key.one)
    plan = Plan(
        outputs,
        about.where,
        group_by=key.fields,
        order_by=(Order(figure.value, descending),),
        limit=limit,
    )
    return Posed(plan, text)


def and_figure(draft: Draft, text: str, figure: Figure, about: Subject, one: str) -> str:
    """The question with the wish to see the figure, too."""
    counts = figure.asked is None
    if draft.chance(0.5):
        short = (
            "count",
            "number",
            f"number of {about.noun.plural}",
            f"{about.noun.singular} count",
        )
        figures = ("figure", "value", "amount")
        what = draft.pick((figure.words, *short)) if counts else figure.words
        if not counts and draft.chance(0.3):
            assert figure.asked is not None
            what = draft.pick((*figures, figure.asked.words(draft)))
        return then_fields(draft, text, [one, what], text.startswith(("wh", "who")))
    if counts:
        return text + draft.pick(
            (
                " and how many",
                " and how many are there",
                f" and the number of {about.noun.plural}",
                ", with the count",
                ", and how many",
                f", including how many {about.noun.plural}",
                " and how often each occurs",
            )
        )
    return text + draft.pick(
        (
            f" and the {figure.words}",
            ", and what is it",
            f", with the {figure.words}",
            " and how much",
        )
    )


def having(draft: Draft, view: EntityView) -> Posed:
    """Categories with more than 10 products; cities where the average price is over 50."""
    about = subject(draft, view, most=1)
    key = group_key(draft, view)
    expect_different(key, about)
    op = draft.weighted(
        (
            (Comparator.GT, 0.42),
            (Comparator.GTE, 0.34),
            (Comparator.LT, 0.14),
            (Comparator.LTE, 0.06),
            (Comparator.EQ, 0.04),
        )
    )
    if draft.chance(0.68) or not view.of_role(Role.NUMBER):
        value = Aggregate(Function.COUNT, view.entity)
        predicate, test = _count_test(draft, value, op, view.rows)
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
        said = figure_of_rows(draft, figure, about, 0.5)
        text = draft.pick(
            (
                f"which {key.many} have {_a(words)} {said} {phrase}",
                f"{draft.pick(SHOW)} the {key.many} where the {said} is {phrase}",
                f"{key.many} whose {said} is {phrase}",
                f"{key.many} with {_a(words)} {said} {phrase}",
                f"which {key.many} have {_a(words)} {said} of {phrase}",
                f"{draft.pick(SHOW)} {key.many} with {said} {phrase}",
            )
        )
    outputs = key.outputs
    if draft.chance(0.35):
        outputs = (*outputs, Output(value))
        text = and_figure(draft, text, figure, about, key.one)
    return Posed(Plan(outputs, about.where, group_by=key.fields, having=predicate), text)


def _a(words: str) -> str:
    return "an" if words[:1] in "aeo" else "a"


def _count_test(draft: Draft, value: Aggregate, op: Comparator, rows: int) -> tuple[Predicate, str]:
    bound = count_bound(draft, rows)
    if op in (Comparator.LT, Comparator.LTE) and bound < 2:
        bound = 5
    spelled = draft.say(spell_count(bound, draft.rng) if bound > 1 else draft.pick(("1", "one")))
    phrase = {
        Comparator.GT: ("more than {}", "more than {}", "over {}", "> {}"),
        Comparator.GTE: (
            "at least {}",
            "{} or more",
            "no fewer than {}",
            ">= {}",
            "a minimum of {}",
        ),
        Comparator.LT: ("fewer than {}", "less than {}", "under {}"),
        Comparator.LTE: ("at most {}", "no more than {}", "up to {}", "{} or fewer"),
        Comparator.EQ: ("exactly {}", "exactly {}"),
        Comparator.NE: ("anything but {}",),
    }[op]
    return Compare(value, op, bound), draft.pick(phrase).format(spelled)


_HAD = ("got", "have had", "account for", "had", "saw")


def _having_words(draft: Draft, key: Key, test: str) -> str:
    people = key.owner is not None and key.owner.target.is_person
    who = "who" if people else "that"
    return draft.pick(
        (
            f"which {key.many} have {test}",
            f"{draft.pick(SHOW)} {draft.pick(('the ', 'all ', ''))}{key.many} with {test}",
            f"{key.many} with {test}",
            f"what are the {key.many} {who} have {test}",
            f"{key.many} {who} have {test}",
            f"which {key.many} have {test}",
            f"{draft.pick(SHOW)} the {key.many} having {test}",
            f"which {key.many} {draft.pick(_HAD)} {test}",
        )
    )


def _with_count(
    draft: Draft,
    view: EntityView,
    text: str,
    keys: tuple[Output, ...],
    value: Aggregate,
    parts: str,
) -> tuple[tuple[Output, ...], tuple[Field, ...], str]:
    """Outputs, group keys and question once the number of parts is asked for as well."""
    named = tuple(item.field for item in view.names)
    if draft.chance(0.5):
        text += draft.pick(
            (" and how many", f" and the number of {parts}", ", and how many do they have")
        )
        return (*keys, Output(value)), named, text
    count = draft.pick(("count", f"number of {parts}", f"{parts} count", f"number of {parts}"))
    asked = [item for item in (*view.names, *view.of_role(Role.CODE)) if draft.chance(0.6)][:2]
    asked = asked or list(view.names[:1])
    said = [*(Asked(item).words(draft) for item in asked), count]
    fields = tuple(item.field for item in asked)
    outputs = (*(Output(item) for item in fields), Output(value))
    return outputs, fields, then_fields(draft, text, said, text.startswith(("which", "who")))


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
            (
                f"how many {parts} does each {owners.singular} have",
                f"{parts} per {owners.singular}",
                f"number of {parts} per {owners.singular}",
                f"count of {parts} for each {owners.singular}",
                f"{draft.pick(SHOW)} each {owners.singular} with the number of {parts}",
                f"for each {owners.singular}, how many {parts} are there",
                f"{draft.pick(SHOW)} the {owners.plural} and their number of {parts}",
            )
        )
        return Posed(Plan((*keys, Output(value)), group_by=fields), text)
    if form < 0.68:
        op = draft.weighted(((Comparator.GT, 0.5), (Comparator.GTE, 0.4), (Comparator.EQ, 0.1)))
        predicate, test = _count_test(draft, value, op, link.target.rows)
        text = draft.pick(
            (
                f"which {owners.plural} have {test} {parts}",
                f"{owners.plural} with {test} {parts}",
                f"{draft.pick(SHOW)} {owners.plural} {who} have {test} {parts}",
                f"names of {owners.plural} with {test} {parts}"
                if view.names[0].head == "name"
                else f"{owners.plural} having {test} {parts}",
            )
        )
        if draft.chance(0.4):
            keys, fields, text = _with_count(draft, view, text, keys, value, parts)
        return Posed(Plan(keys, group_by=fields, having=predicate), text)
    descending = draft.chance(0.82)
    limit = 1 if draft.chance(0.5) else draft.weighted(((2, 1), (3, 3), (5, 4), (10, 3)))
    most = "most" if descending else "fewest"
    count = "" if limit == 1 else spell_count(limit, draft.rng)
    noun = owners.singular if limit == 1 else f"{count} {owners.plural}"
    verb = "has" if limit == 1 else "have"
    forms = [
        f"which {noun} {verb} the {most} {parts}",
        f"{draft.pick(SHOW)} the {noun} with the {most} {parts}",
        f"{noun} with the {most} {parts}",
    ]
    if view.is_person and limit == 1:
        forms.append(f"who has the {most} {parts}")
    if count and descending:
        forms.append(f"top {count} {owners.plural} by number of {parts}")
    text = draft.pick(forms)
    outputs = keys
    if draft.chance(0.4):
        outputs, fields, text = _with_count(draft, view, text, keys, value, parts)
    return Posed(
        Plan(outputs, group_by=fields, order_by=(Order(value, descending),), limit=limit), text
    )
