"""Tests on dates, years and calendar parts; a span means its near or far edge (see `draft`)."""

from __future__ import annotations

from typing import Final

from mqt_assets.training.synthesis.draft import (
    Draft,
    Span,
    number_range,
    number_value,
    span_pair,
    span_value,
)
from mqt_assets.training.synthesis.lexicon import PERIODS
from mqt_assets.training.synthesis.phrases import Said, field_words
from mqt_assets.training.synthesis.things import EntityView, FieldView, Noun, Role
from mqt_serving.english import MONTHS, participle_of, with_article
from mqt_serving.query.plan import (
    Between,
    Comparator,
    Compare,
    DatePart,
    In,
    PartOf,
    Predicate,
)


def date_test(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    if draft.chance(0.05):
        return _calendar(draft, item, owner)
    predicate, stretch = date_stretch(draft, item)
    done = participle_of(item.words)
    if owner is None and done and draft.chance(0.72):
        lead = draft.pick((done, done, f"that were {done}", f"which were {done}"))
        return Said(predicate, "after", f"{lead} {stretch}")
    only = len(view.of_role(Role.DATE)) == 1
    if owner is None and (only or done is not None) and draft.chance(0.25):
        return Said(predicate, "after", stretch)
    name = field_words(draft, item, owner)
    if draft.chance(0.45):
        return Said(predicate, "after", f"with {with_article(name)} {stretch}")
    return Said(predicate, "clause", f"{name} is {stretch}")


def date_stretch(draft: Draft, item: FieldView) -> tuple[Predicate, str]:
    """A date test in words; before/since a span mean its start, after/until its end."""
    kind = draft.weighted(
        (
            ("in", 0.4),
            ("before", 0.14),
            ("after", 0.16),
            ("since", 0.1),
            ("until", 0.05),
            ("between", 0.15),
        )
    )
    if kind == "between":
        first, last = span_pair(draft, item)
        form = draft.pick(
            (
                "between {} and {}",
                "between {} and {}",
                "from {} to {}",
                "from {} until {}",
                "from {} through {}",
            )
        )
        stretch = form.format(first.text, last.text)
        return Between(item.field, first.start, last.end, half_open=True), stretch
    span = span_value(draft, item)
    if kind in ("since", "until") and draft.chance(0.5):
        return _open_ended(draft, item, span, kind)
    word = draft.pick(PERIODS[kind])
    match kind:
        case "in":
            word = draft.pick(("on", "on", "from")) if span.unit == "day" else word
            found: Predicate = Between(item.field, span.start, span.end, half_open=True)
        case "before":
            found = Compare(item.field, Comparator.LT, span.start)
        case "after":
            found = Compare(item.field, Comparator.GTE, span.end)
        case "since":
            found = Compare(item.field, Comparator.GTE, span.start)
        case _:
            found = Compare(item.field, Comparator.LT, span.end)
    return found, f"{word} {span.text}"


def _open_ended(draft: Draft, item: FieldView, span: Span, kind: str) -> tuple[Predicate, str]:
    """The span itself and what comes after (since) or before it (until)."""
    lead = "on " if span.unit == "day" else "in "
    if kind == "since":
        text = draft.pick(
            (
                f"{lead}{span.text} or later",
                f"{lead}{span.text} or after",
                f"from {span.text} on",
                f"from {span.text} onwards",
                f"{lead}{span.text} and later",
            )
        )
        return Compare(item.field, Comparator.GTE, span.start), text
    text = draft.pick(
        (
            f"{lead}{span.text} or earlier",
            f"{lead}{span.text} or before",
            f"by the end of {span.text}" if span.unit != "day" else f"by {span.text}",
            f"no later than {span.text}",
        )
    )
    return Compare(item.field, Comparator.LT, span.end), text


_WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def _calendar(draft: Draft, item: FieldView, owner: Noun | None) -> Said:
    """In any March, on any Monday: a part of the date rather than a stretch of time."""
    name = field_words(draft, item, owner)
    done = participle_of(item.words)
    if draft.chance(0.12):
        return _weekend(draft, item, name, owner is None and done)
    if draft.chance(0.5):
        number = draft.rng.randrange(1, 13)
        part, stretch = DatePart.MONTH, f"in {draft.say(MONTHS[number - 1])}"
    else:
        number = draft.rng.randrange(1, 8)
        day = draft.say(_WEEKDAYS[number - 1])
        part, stretch = DatePart.WEEKDAY, draft.pick((f"on a {day}", f"on {day}s"))
    predicate = Compare(PartOf(part, item.field), Comparator.EQ, number)
    if owner is None and done:
        return Said(predicate, "after", f"{done} {stretch}")
    return Said(predicate, "clause", f"{name} is {stretch}")


def _weekend(draft: Draft, item: FieldView, name: str, done: str | bool | None) -> Said:
    within = draft.chance(0.7)
    day = draft.say(draft.pick(("weekend", "weekends") if within else ("weekday", "weekdays")))
    on = draft.pick(("on", "at") if within else ("on",))
    stretch = f"{on} {day}" if day.endswith("s") else f"{on} a {day}"
    predicate = In(PartOf(DatePart.WEEKDAY, item.field), (1, 7), not within)
    if isinstance(done, str) and done:
        return Said(predicate, "after", f"{done} {stretch}")
    return Said(predicate, "clause", f"{name} is {stretch}")


def text_date_test(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    stored = draft.pick(item.schema.samples)
    name = field_words(draft, item, owner)
    done = participle_of(item.words)
    word, op = draft.pick(
        (
            ("after", Comparator.GT),
            ("before", Comparator.LT),
            ("on", Comparator.EQ),
            ("later than", Comparator.GT),
        )
    )
    predicate = Compare(item.field, op, stored)
    spelled = draft.say(draft.pick((stored, f'"{stored}"', stored)))
    if owner is None and done and draft.chance(0.6):
        return Said(predicate, "after", f"{done} {word} {spelled}")
    verb = "is" if op == Comparator.EQ else f"is {word}"
    return Said(predicate, "clause", f"{name} {verb} {spelled}")


def year_test(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    name = field_words(draft, item, owner)
    done = participle_of(item.words)
    lead = done if owner is None and done and draft.chance(0.7) else None
    kind = draft.weighted((("equal", 0.38), ("compare", 0.42), ("between", 0.2)))
    if kind == "between":
        low, high, low_text, high_text = number_range(draft, item)
        predicate: Predicate = Between(item.field, low, high)
        stretch = f"between {low_text} and {high_text}"
    elif kind == "equal":
        stored, spelled, _ = number_value(draft, item, exact=True)
        predicate = Compare(item.field, Comparator.EQ, stored)
        stretch = f"in {spelled}"
    else:
        stored, spelled, _ = number_value(draft, item)
        word, op = draft.pick(
            (
                ("after", Comparator.GT),
                ("before", Comparator.LT),
                ("since", Comparator.GTE),
                ("later than", Comparator.GT),
            )
        )
        predicate = Compare(item.field, op, stored)
        stretch = f"{word} {spelled}"
    if lead:
        return Said(predicate, "after", f"{lead} {stretch}")
    if draft.chance(0.4):
        return Said(predicate, "after", f"with {with_article(name)} {stretch}")
    if kind == "equal":
        return Said(predicate, "clause", f"{name} is {stretch.removeprefix('in ')}")
    return Said(predicate, "clause", f"{name} is {stretch}")
