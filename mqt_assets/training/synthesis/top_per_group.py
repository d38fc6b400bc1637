"""Shapes that rank within groups: the two most expensive products in each category.

Convention: the key of the groups is shown first, then the thing; "show the ..." means whole
rows, which hold their own key. Depends on `groups`, `rankings` and `superlatives`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.asking import SHOW, outputs_of, stands_for
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.groups import (
    Key,
    expect_different,
    figure_of,
    figure_of_rows,
    group_key,
)
from mqt_assets.training.synthesis.rankings import and_figure
from mqt_assets.training.synthesis.subjects import Asked, Posed, Subject, some_fields, subject
from mqt_assets.training.synthesis.superlatives import EXTREMES, orderable, ranked_rows
from mqt_assets.training.synthesis.things import EntityView, Role
from mqt_assets.training.wording import join_words, spell_count
from mqt_serving.english import plural_phrase
from mqt_serving.query.plan import (
    Aggregate,
    DatePart,
    Field,
    Function,
    Order,
    Output,
    PartOf,
    Plan,
)

_UNITS = ((DatePart.YEAR, "year"), (DatePart.YEAR_MONTH, "month"))
_IN_EACH = ("in each", "in every", "per", "for each", "for every", "of each", "within each", "by")
_OF_EACH = ("of each", "of every", "per", "for each", "for every", "by")


def top_rows(draft: Draft, view: EntityView) -> Posed:
    """The two most expensive products in each category."""
    key = _key(draft, view)
    by = orderable(draft, view)
    return _top_rows(draft, view, key, by, descending=draft.chance(0.7))


def newest_of_each(draft: Draft, view: EntityView) -> Posed:
    """The latest order of each customer: by a date, mostly of what the thing belongs to."""
    owners = [link for link in view.owners if link.target.names]
    if owners and draft.chance(0.8):
        link = draft.pick(owners)
        fields = tuple(item.field for item in link.target.names)
        key = Key(fields, link.noun.singular, link.noun.plural, link)
    else:
        key = _key(draft, view)
    by = Asked(draft.pick(view.of_role(Role.DATE, Role.TEXT_DATE)))
    return _top_rows(draft, view, key, by, descending=draft.chance(0.75))


def _conditions(draft: Draft) -> int:
    return 1 if draft.chance(0.55) else 0


def _key(draft: Draft, view: EntityView) -> Key:
    """What the groups are by; sometimes a year or a month."""
    dates = view.of_role(Role.DATE)
    if len(dates) != 1 or not draft.chance(0.12):
        return group_key(draft, view)
    part, unit = draft.pick(_UNITS)
    return Key((PartOf(part, dates[0].field),), unit, plural_phrase(unit))


def _top_rows(draft: Draft, view: EntityView, key: Key, by: Asked, descending: bool) -> Posed:
    about = subject(draft, view, most=_conditions(draft))
    expect_different(key, about)
    if by.field in key.fields or by.field in about.about:
        raise NotHere
    limit = 1 if draft.chance(0.5) else draft.weighted(((2, 4), (3, 4), (5, 2), (10, 0.7)))
    words = by.words(draft)
    ranked = ranked_rows(draft, about, by, words, descending, limit)
    forms = _asked_of_each(draft, about, key, ranked, limit)
    forms += _by_words(draft, about, key, by, words, descending, limit)
    text, whole = draft.pick(forms)
    own = (Output(view.entity),)
    outputs = (*key.outputs, *(own if whole else stands_for(view)))
    if outputs[len(key.fields) :] == own and key.owner is None and _is_held(key, view):
        outputs = own
    elif not whole and not text.startswith(("who", "which")) and draft.chance(0.4):
        outputs, text = _with_fields(draft, view, key, by, words, ranked, text)
    order = (Order(by.field, descending),)
    plan = Plan(_once(outputs), about.where, order_by=order, limit=limit, per=key.fields)
    return Posed(plan, text)


def _is_held(key: Key, view: EntityView) -> bool:
    """Whether whole rows hold the key."""
    held = {item.field for item in view.fields}
    return all(field in held or isinstance(field, PartOf) for field in key.fields)


def _asked_of_each(
    draft: Draft, about: Subject, key: Key, ranked: str, limit: int
) -> list[tuple[str, bool]]:
    """Questions, and whether each asks for whole rows."""
    one = key.one
    each = draft.pick(_OF_EACH if key.owner is not None and not key.owner.inside else _IN_EACH)
    every = draft.pick(("each", "every"))
    are = "is" if limit == 1 else "are"
    its = draft.pick(("its", "the", "their"))
    show, verb = draft.pick(SHOW), draft.pick(("show", "list", "give me", "return", "find"))
    which = "who" if about.view.is_person and draft.chance(0.6) else draft.pick(("which", "what"))
    forms = [
        (f"the {ranked} {each} {one}", False),
        (f"{ranked} {each} {one}", False),
        (f"what {are} the {ranked} {each} {one}", False),
        (f"{which} {are} the {ranked} {each} {one}", False),
        (f"name the {ranked} {each} {one}", False),
        (f"for {every} {one}, the {ranked}", False),
        (f"for {every} {one}, what {are} the {ranked}", False),
        (f"for {every} {one}, {which} {are} the {ranked}", False),
        (f"{every} {one} with {its} {ranked}", False),
        (f"{every} {one} and {its} {ranked}", False),
        (f"per {one}, the {ranked}", False),
        (f"per {one}: the {ranked}", False),
        (f"within each {one}, {which} {are} the {ranked}", False),
        (f"{show} the {ranked} {each} {one}", True),
        (f"{show} the {ranked} {each} {one}", True),
        (f"for {every} {one}, {verb} the {ranked}", True),
        (f"for {every} {one} {verb} the {ranked}", True),
        (f"group the {about.noun.plural} by {one} and {verb} the {ranked} {every[:4]} time", True)
        if not about.said and every == "each"
        else (f"{verb} {every} {one}'s {ranked}", True),
    ]
    if limit == 1:
        forms.append((f"the {ranked}, one for {every} {one}", False))
    if key.owner is not None:
        forms += [
            (f"{every} {one}'s {ranked}", False),
            (f"what {are} {every} {one}'s {ranked}", False),
        ]
    return forms


def _by_words(
    draft: Draft, about: Subject, key: Key, by: Asked, words: str, descending: bool, limit: int
) -> list[tuple[str, bool]]:
    """Questions that say what the rows are ranked by apart from the rows."""
    is_date = by.view.role in (Role.DATE, Role.TEXT_DATE)
    best = draft.pick(EXTREMES[is_date, descending])
    each = draft.pick(("in each", "per", "for each", "in every", "for every", "of each"))
    if limit == 1:
        rows = about.phrase(draft, plural=False)
        return [
            (f"which {rows} has the {best} {words} {each} {key.one}", False),
            (f"for each {key.one}, which {rows} has the {best} {words}", False),
            (f"in each {key.one}, which {rows} has the {best} {words}", False),
        ]
    count, rows = spell_count(limit, draft.rng), about.phrase(draft)
    rank = "top" if descending else "bottom"
    return [
        (f"{rank} {count} {rows} {each} {key.one} by {words}", False),
        (f"the {rank} {count} {rows} by {words} {each} {key.one}", False),
        (f"{draft.pick(SHOW)} the {rank} {count} {rows} {each} {key.one} by {words}", True),
        (f"which {count} {rows} have the {best} {words} {each} {key.one}", False),
        (f"{rank} {count} {rows} by {words}, {each} {key.one}", False),
    ]


def _with_fields(
    draft: Draft, view: EntityView, key: Key, by: Asked, words: str, ranked: str, text: str
) -> tuple[tuple[Output, ...], str]:
    """The question with what is wanted of each row: `the name and price of the ...`."""
    if draft.chance(0.5) or ranked not in text or f"the {ranked}" not in text:
        outputs = (*key.outputs, *stands_for(view), Output(by.field))
        link = draft.pick(("and", "with", "along with", "together with", "including"))
        return outputs, f"{text}, {link} {draft.pick(('its', 'the', 'their'))} {words}"
    asked = [
        item
        for item in some_fields(draft, view, draft.weighted(((1, 0.4), (2, 0.45), (3, 0.15))))
        if item.field not in key.fields
    ]
    if not asked:
        raise NotHere
    fields = join_words([item.words(draft) for item in asked], draft.rng)
    outputs = (*key.outputs, *outputs_of(asked))
    return outputs, text.replace(f"the {ranked}", f"the {fields} of the {ranked}", 1)


def _once(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    return tuple(dict.fromkeys(outputs))


def top_groups_of_each(draft: Draft, view: EntityView) -> Posed:
    """For every city the customer with the most orders."""
    about = subject(draft, view, most=_conditions(draft))
    inner = group_key(draft, view)
    outer = _outer_key(draft, view, inner)
    if set(inner.fields) & set(outer.fields) or inner.one == outer.one:
        raise NotHere
    for key in (inner, outer):
        expect_different(key, about)
    figure = figure_of(draft, view, about, 0.6)
    descending = draft.chance(0.85)
    limit = 1 if draft.chance(0.65) else draft.weighted(((2, 3), (3, 4), (5, 2)))
    said = about.phrase(draft) if figure.asked is None else figure_of_rows(draft, figure, about)
    most = _most(draft, figure.asked is None, descending)
    few = inner.one if limit == 1 else f"{spell_count(limit, draft.rng)} {inner.many}"
    has = "has" if limit == 1 else "have"
    are, top, each = "is" if limit == 1 else "are", f"{few} with the {most} {said}", outer.one
    every, show = draft.pick(("each", "every")), draft.pick(SHOW)
    in_each = draft.pick(("in each", "in every", "for each", "for every", "per", "within each"))
    forms = [
        f"for {every} {each}, the {top}",
        f"for {every} {each} the {top}",
        f"for {every} {each}, which {few} {has} the {most} {said}",
        f"for {every} {each}, {draft.pick(('show', 'find', 'list', 'give'))} the {top}",
        f"which {few} {has} the {most} {said} {in_each} {each}",
        f"which {few} {has} the {most} {said} {in_each} {each}",
        f"in {every} {each}, which {few} {has} the {most} {said}",
        f"{show} the {top} {in_each} {each}",
        f"{show} the {top} by {each}",
        f"the {top} {in_each} {each}",
        f"{top} {in_each} {each}",
        f"what {are} the {top} {in_each} {each}",
        f"{every} {each} with the {top}",
        f"{show} {every} {each} together with the {top}",
        f"within each {each}, the {top}",
    ]
    if limit > 1 and descending:
        forms += [f"{show} the top {few} by {figure.words} {in_each} {each}"]
        forms += [f"top {few} by {figure.words} {in_each} {each}"]
    if figure.asked is not None and _is_sold(figure.value) and descending and not about.said:
        best_selling = draft.pick(("best-selling", "top-selling", "best selling"))
        forms += [f"the {few.replace(inner.one, f'{best_selling} {inner.one}')} {in_each} {each}"]
        forms += [f"{show} the {best_selling} {inner.one} {in_each} {each}"] if limit == 1 else []
    people = inner.owner is not None and inner.owner.target.is_person
    if people and limit == 1:
        forms += [f"who has the {most} {said} {in_each} {each}"] * 2
        forms += [f"for {every} {each}, who has the {most} {said}"]
    if figure.asked is None and limit == 1 and descending and inner.owner is None:
        common = draft.pick(("most common", "most frequent", "commonest"))
        forms += [f"the {common} {inner.one} of {said} {in_each} {each}"]
        forms += [f"what is the {common} {inner.one} of {said} {in_each} {each}"]
    text = draft.pick(forms)
    outputs = (*outer.outputs, *inner.outputs)
    if draft.chance(0.35):
        outputs = (*outputs, Output(figure.value))
        text = and_figure(draft, text, figure, about, inner.one)
    return Posed(
        Plan(
            outputs,
            about.where,
            group_by=(*outer.fields, *inner.fields),
            order_by=(Order(figure.value, descending),),
            limit=limit,
            per=outer.fields,
        ),
        text,
    )


def _is_sold(value: Aggregate) -> bool:
    argument = value.argument
    sold = isinstance(argument, Field) and {"quantity", "units"} & {argument.path.split(".")[-1]}
    return bool(sold) and value.function is Function.SUM


def _outer_key(draft: Draft, view: EntityView, inner: Key) -> Key:
    """Coarser groups: often of the thing that the inner ones are."""
    if inner.owner is None or not draft.chance(0.55):
        return _key(draft, view)
    target = inner.owner.target
    own = [item for item in target.fields if item.groups and item not in target.names]
    asked = Asked(draft.pick([item for item in own if item.role != Role.BOOL]))
    one = asked.words(draft)
    if draft.chance(0.4):
        one = f"{inner.owner.noun.singular} {one}"
    return Key((asked.field,), one, plural_phrase(one))


def _most(draft: Draft, counts: bool, descending: bool) -> str:
    if counts:
        return draft.pick(
            ("most", "most", "highest number of", "largest number of")
            if descending
            else ("fewest", "least", "lowest number of", "smallest number of")
        )
    return draft.pick(("highest", "largest", "greatest") if descending else ("lowest", "smallest"))
