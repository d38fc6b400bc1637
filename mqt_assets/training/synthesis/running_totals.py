"""Shapes that look at other groups: revenue by month, cumulative, smoothed; branches ranked.

Convention: the keys come first, then the plain figure where it is asked for, then the running
total or the change; "per month" means year and month. Depends on `groups`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mqt_assets.training.synthesis.aggregates import NOT_ADDED
from mqt_assets.training.synthesis.asking import SHOW
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.groups import (
    expect_different,
    figure_of,
    figure_of_rows,
    group_key,
)
from mqt_assets.training.synthesis.subjects import Asked, Posed, Subject, measure, subject
from mqt_assets.training.synthesis.things import EntityView, FieldView, Role
from mqt_serving.english import participle_of
from mqt_serving.query.plan import (
    Aggregate,
    Change,
    DatePart,
    Field,
    Function,
    Moving,
    Order,
    Output,
    PartOf,
    Plan,
    Rank,
    Running,
)

_UNITS = (
    (DatePart.YEAR_MONTH, "month", "monthly", 0.45),
    (DatePart.WEEK, "week", "weekly", 0.1),
    (DatePart.YEAR, "year", "yearly", 0.3),
    (DatePart.DATE, "day", "daily", 0.15),
)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What the groups follow each other by: `unit` is one step of it, `name` tells which date."""

    key: Field | PartOf
    unit: str
    every: str  # "monthly"; empty for what is no time
    name: str = ""
    done: str = ""  # what happened then: "placed"

    def per(self, draft: Draft) -> str:
        words = draft.pick(("per", "by", "for each", "by", "per", "for every"))
        if not self.name:
            return f"{words} {self.unit}"
        of = draft.pick((f"{self.unit} of the {self.name}", f"{self.unit} of {self.name}"))
        return f"{words} {of}"


@dataclass(frozen=True, slots=True)
class _Total:
    """What is added up; `plain` are its words beside "cumulative": `price of orders`."""

    value: Aggregate
    plain: str
    counted: str = ""  # the rows, where these are counted


def running_total(draft: Draft, view: EntityView) -> Posed:
    """The running total of revenue by month."""
    about = _about(draft, view)
    turn, total = _turn(draft, view, about), _total(draft, view, about)
    text = draft.pick(_forms(draft, total, turn, about))
    outputs = (Output(turn.key), Output(Running(total.value)))
    text, order = _in_order(draft, text, turn)
    return Posed(Plan(outputs, about.where, group_by=(turn.key,), order_by=order), text)


def beside_running_total(draft: Draft, view: EntityView) -> Posed:
    """Orders per month and the running total: the figure of each group, and all so far."""
    about = _about(draft, view)
    turn, total = _turn(draft, view, about), _total(draft, view, about)
    per, show, figure = turn.per(draft), draft.pick(SHOW), _figure(draft, total)
    running = draft.pick(("running total", "cumulative total", "total so far", "running sum"))
    if total.counted:
        running = draft.pick((running, "running count", "cumulative count", "cumulative number"))
    text = draft.pick(
        (
            f"{figure} {per} with a {running}",
            f"{figure} {per} and the {running}",
            f"{figure} {per}, with the {running}",
            f"{show} the {figure} {per} along with the {running}",
            f"{show} the {figure} {per} and its {running}",
            f"{show} the {figure} and the {running} {per}",
            f"the {figure} and {running} {per}",
            f"{per}, the {figure} and the {running}",
            f"{figure} {per} plus {running}",
            f"what are the {figure} and the {running} {per}",
            f"{figure} {per}, and how it adds up over time",
            f"{show} both the {figure} {per} and the {running}",
        )
    )
    outputs = (Output(turn.key), Output(total.value), Output(Running(total.value)))
    text, order = _in_order(draft, text, turn)
    return Posed(Plan(outputs, about.where, group_by=(turn.key,), order_by=order), text)


def running_total_of_each(draft: Draft, view: EntityView) -> Posed:
    """The running total of revenue by month for each category, each starting at nothing."""
    about = _about(draft, view)
    turn, total = _turn(draft, view, about), _total(draft, view, about)
    key = group_key(draft, view)
    expect_different(key, about)
    if turn.key in key.fields or key.one == turn.unit:
        raise NotHere
    plain = draft.pick(_forms(draft, total, turn, about))
    each = draft.pick(("each", "every"))
    text = draft.pick(
        (
            f"{plain} for {each} {key.one}",
            f"{plain}, for {each} {key.one}",
            f"for {each} {key.one}, {plain}",
            f"for {each} {key.one}: {plain}",
            f"per {key.one}, {plain}",
            f"{plain}, separately for {each} {key.one}",
            f"{plain}, starting over for {each} {key.one}",
            f"{plain}, split by {key.one}",
            f"{plain}, broken down by {key.one}",
            f"{plain} within {each} {key.one}",
            f"{plain} and {key.one}",
            f"{plain}, one series per {key.one}",
        )
    )
    keys = (*key.fields, turn.key)
    outputs = (*(Output(item) for item in keys), Output(Running(total.value)))
    return Posed(Plan(outputs, about.where, group_by=keys), text)


def change_from_before(draft: Draft, view: EntityView) -> Posed:
    """The change in the number of orders from month to month."""
    about = _about(draft, view)
    turn = _turn(draft, view, about)
    if not turn.every or turn.name:
        raise NotHere
    figure = figure_of(draft, view, about, 0.5)
    said, unit, show = figure_of_rows(draft, figure, about), turn.unit, draft.pick(SHOW)
    before = draft.pick((f"the {unit} before", f"the previous {unit}", f"the prior {unit}"))
    change = draft.pick(("change", "difference", "change"))
    alone = [
        f"{change} in the {said} from {unit} to {unit}",
        f"{show} the {change} in the {said} from {unit} to {unit}",
        f"{unit}-over-{unit} change in the {said}",
        f"{show} the {unit}-on-{unit} change in the {said}",
        f"how much did the {said} change from {unit} to {unit}",
        f"how much did the {said} change from one {unit} to the next",
        f"{turn.every} change in the {said}",
        f"by how much did the {said} go up or down each {unit}",
        f"for each {unit}, the {change} in the {said} from {before}",
        f"for every {unit}, how much higher or lower was the {said} than in {before}",
        f"difference of the {said} of each {unit} to {before}",
        f"{turn.every} growth in the {said} in absolute terms",
        f"increase or decrease of the {said} each {unit} against {before}",
    ]
    beside = [
        f"{said} per {unit} and the {change} from {before}",
        f"{said} by {unit} with the {change} to {before}",
        f"{show} the {said} per {unit} and how much it changed from {before}",
        f"{show} the {said} for each {unit} along with the {change} compared to {before}",
        f"the {said} of each {unit}, and the {unit}-over-{unit} change",
        f"{said} per {unit} compared with {before}",
    ]
    both = draft.chance(0.4)
    text = draft.pick(beside if both else alone)
    values = (figure.value, Change(figure.value)) if both else (Change(figure.value),)
    text, order = _in_order(draft, text, turn)
    outputs = (Output(turn.key), *(Output(value) for value in values))
    return Posed(Plan(outputs, about.where, group_by=(turn.key,), order_by=order), text)


_ROLLING = ("moving average", "rolling average", "moving mean", "rolling mean", "running average")
_NUMBERS = ("two", "three", "four", "five", "six", "seven")


def moving_average(draft: Draft, view: EntityView) -> Posed:
    """The 3-month moving average of the number of orders."""
    about = _about(draft, view)
    turn = _turn(draft, view, about)
    if not turn.every or turn.name:
        raise NotHere
    figure = figure_of(draft, view, about, 0.5)
    said, unit, show = figure_of_rows(draft, figure, about), turn.unit, draft.pick(SHOW)
    groups = draft.pick((3, 3, 3, 2, 4, 5, 6, 7, 7, 12, 30))
    number = draft.say(str(groups))
    if groups <= len(_NUMBERS) + 1 and draft.chance(0.4):
        number = draft.say(_NUMBERS[groups - 2])
    mean = draft.pick(_ROLLING)
    sized = draft.pick((f"{number}-{unit} {mean}", f"{mean} over {number} {unit}s"))
    alone = [
        f"{sized} of the {said}",
        f"{show} the {sized} of the {said}",
        f"{show} the {said} per {unit} as a {sized}",
        f"{said} by {unit}, smoothed by a {sized}",
        f"for each {unit}, the {said} averaged over {number} {unit}s up to it",
        f"the {said}: average of each {unit} and those before it, {number} {unit}s in all",
        f"what is the {sized} of the {said}",
    ]
    beside = [
        f"{said} per {unit} and the {sized}",
        f"{said} by {unit} with its {sized}",
        f"{show} the {said} for each {unit} next to the {sized}",
        f"{said} per {unit} together with the {sized}",
        f"{show} {unit}, {said} and {sized}",
    ]
    both = draft.chance(0.5)
    text = draft.pick(beside if both else alone)
    values = (
        (figure.value, Moving(figure.value, groups)) if both else (Moving(figure.value, groups),)
    )
    text, order = _in_order(draft, text, turn)
    outputs = (Output(turn.key), *(Output(value) for value in values))
    return Posed(Plan(outputs, about.where, group_by=(turn.key,), order_by=order), text)


def ranked_groups(draft: Draft, view: EntityView) -> Posed:
    """Branches ranked by revenue: the place of each, its name, the figure."""
    about = _about(draft, view)
    key = group_key(draft, view)
    expect_different(key, about)
    figure = figure_of(draft, view, about, 0.5)
    said, show = figure_of_rows(draft, figure, about), draft.pick(SHOW)
    if not key.many:
        raise NotHere
    with_figure = [
        f"rank the {key.many} by {said}: rank, {key.one} and the figure",
        f"{show} each {key.one} with its rank by {said} and the {said}",
        f"{key.many} ranked by {said}, with rank and {said}",
        f"rank of every {key.one} by {said}, beside the {said}",
        f"give {key.many} a rank by {said}; {show} rank, {key.one}, {said}",
    ]
    alone = [
        f"rank the {key.many} by {said}: rank and {key.one}",
        f"{show} the rank of each {key.one} by {said}",
        f"which rank does each {key.one} have by {said}",
        f"what place does every {key.one} take by {said}",
    ]
    both = draft.chance(0.65)
    text, rank = draft.pick(with_figure if both else alone), Output(Rank(figure.value))
    shown = (*key.outputs, rank) if not text.startswith(("rank the", "give")) else (
        rank, *key.outputs,
    )  # fmt: skip
    outputs = (*shown, Output(figure.value)) if both else shown
    order = (Order(figure.value, True),) if text.startswith(("rank the", "give")) else ()
    return Posed(Plan(outputs, about.where, group_by=key.fields, order_by=order), text)


def _about(draft: Draft, view: EntityView) -> Subject:
    return subject(draft, view, most=1 if draft.chance(0.55) else 0)


def _turn(draft: Draft, view: EntityView, about: Subject) -> _Turn:
    dates, years = view.of_role(Role.DATE), view.of_role(Role.YEAR)
    if years and (not dates or draft.chance(0.12)):
        year = draft.pick(years)
        if year.field in about.about:
            raise NotHere
        return _Turn(year.field, Asked(year).words(draft), "")
    date: FieldView = draft.pick(dates)
    part, unit, every = draft.weighted(
        [((part, unit, every), weight) for part, unit, every, weight in _UNITS]
    )
    done = participle_of(date.words) or ""
    name = Asked(date).words(draft) if len(dates) > 1 or draft.chance(0.2) else ""
    return _Turn(PartOf(part, date.field), unit, every, name, "" if " " in done else done)


def _total(draft: Draft, view: EntityView, about: Subject) -> _Total:
    rows = about.phrase(draft)
    if draft.chance(0.5) or not view.of_role(Role.NUMBER):
        return _Total(Aggregate(Function.COUNT, view.entity), f"number of {rows}", rows)
    asked = measure(draft, view)
    if set(asked.view.words) & NOT_ADDED:
        raise NotHere
    words = asked.words(draft)
    if set(asked.view.words) & {"amount", "price", "total"} and draft.chance(0.25):
        words = draft.pick(("revenue", "sales", "turnover"))
    if about.said or draft.chance(0.4):
        words = f"{words} {draft.pick(('of', 'of', 'for', 'from'))} {rows}"
    return _Total(Aggregate(Function.SUM, asked.field), words)


def _figure(draft: Draft, total: _Total) -> str:
    if total.counted:
        return draft.pick((total.plain, f"count of {total.counted}"))
    if total.plain.startswith("total"):
        return total.plain
    return f"{draft.pick(('total', 'sum of', 'total'))} {total.plain}"


def _forms(draft: Draft, total: _Total, turn: _Turn, about: Subject) -> list[str]:
    per, show = turn.per(draft), draft.pick((*SHOW, "what is", "calculate", "compute"))
    plain, unit = total.plain, turn.unit
    running = draft.pick(("running total", "cumulative total", "running sum", "cumulative sum"))
    forms = [
        f"{running} of {plain} {per}",
        f"{show} the {running} of {plain} {per}",
        f"the {running} of the {plain} {per}",
        f"cumulative {plain} {per}",
        f"{show} the cumulative {plain} {per}",
        f"{show} the accumulated {plain} {per}",
        f"{plain} {per}, cumulative",
        f"{plain} {per}, as a {running}",
        f"{plain} {per}, added up over time",
        f"{show} the {plain} {per}, each including everything before",
        f"{show} the {plain} so far {per}",
        f"{plain} to date {per}",
    ]
    if total.counted:
        rows = total.counted
        forms += [
            f"running count of {rows} {per}",
            f"{show} the running count of {rows} {per}",
            f"cumulative count of {rows} {per}",
            f"cumulative {rows} {per}",
            f"{show} cumulative {rows} {per}",
        ]
    if turn.every and not turn.name:
        forms += [
            f"how does the {plain} add up {unit} by {unit}",
            f"how did the {plain} grow cumulatively from {unit} to {unit}",
            f"{turn.every} {running} of {plain}",
            f"{turn.every} cumulative {plain}",
            f"{running} of {plain}, {unit} by {unit}",
            f"what was the total {plain} up to and including each {unit}"
            if not plain.startswith("total")
            else f"what was the {plain} up to and including each {unit}",
            f"{plain} up to the end of each {unit}",
        ]
        if total.counted:
            forms += [
                f"how many {total.counted} were there in all by the end of each {unit}",
                f"how many {total.counted} had there been up to each {unit}",
            ]
            if turn.done and not about.said:
                forms.append(
                    f"how many {total.counted} had been {turn.done} by the end of each {unit}"
                )
    return forms


def _in_order(draft: Draft, text: str, turn: _Turn) -> tuple[str, tuple[Order, ...]]:
    if not draft.chance(0.15):
        return text, ()
    if turn.every and draft.chance(0.4):
        return text + draft.pick((", latest first", ", newest first", ", most recent first")), (
            Order(turn.key, True),
        )
    return text + draft.pick((", in order", ", in chronological order", ", oldest first")), (
        Order(turn.key),
    )
