"""What the forms of words of a follow-up do to the plan before it.

One method for each change that `phrases.MOVES` names; each gives the changed plan, or raises
`Unclear` or `Unreadable` where it would have to guess.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from mqt_serving.query.plan import (
    Aggregate,
    DatePart,
    Field,
    Function,
    Operand,
    PartOf,
    Plan,
)
from mqt_serving.schema import BsonType
from mqt_serving.translator.follow_ups import shapes
from mqt_serving.translator.follow_ups.conditions import moved_span, read_conditions
from mqt_serving.translator.follow_ups.ground import Ground
from mqt_serving.translator.follow_ups.marks import Unreadable
from mqt_serving.translator.follow_ups.merging import Mode, Unclear, merge, without
from mqt_serving.translator.follow_ups.phrases import (
    ADVERBS,
    ASKED,
    ENDINGS,
    FORMS,
    FUNCTIONS,
    OF_DATES,
    OF_FIGURES,
    OF_MONEY,
    PARTS,
    number_in,
)
from mqt_serving.translator.words import split_words

_EACH = re.compile(r"^(?:the|their|its|by|per|each|for each|in each)\s+", re.IGNORECASE)
_OF_THEM = re.compile(r"^(?:of\s+)?(?:the|their|its|an?|also)\s+", re.IGNORECASE)
_LIST = re.compile(r",\s*(?:and\s+)?|\s+(?:and|or)\s+|\s*&\s*", re.IGNORECASE)


class Changes:
    """Of one plan; `led`: the words began with "and", "but", or came after others."""

    def __init__(self, ground: Ground, now: datetime, led: bool) -> None:
        self.ground = ground
        self.now = now
        self.led = led

    # ------------------------------------------------------------ conditions

    def conditions(self, text: str) -> Plan:
        """Conditions, however they begin and end; the name of an entity only after a cue."""
        rest, negated, cued = text, False, False
        mode = Mode.REPLACE if self.led else Mode.NARROW
        for form in FORMS:
            begin = form.pattern.match(text)
            if begin is not None:
                rest, mode, negated, cued = text[begin.end() :], form.mode, form.negated, form.cue
                break
        for pattern, ending in ENDINGS:
            shorter = pattern.sub("", rest)
            if shorter != rest:
                rest, mode, cued = shorter, ending, True
        return self.filtered(rest, mode, negated, cued and not ASKED.search(text))

    def filtered(self, phrase: str, mode: Mode, negated: bool, cued: bool) -> Plan:
        found = read_conditions(phrase, self.ground, self.now, mode, negated)
        if not found or (found.names_entity and not cued):
            raise Unreadable("no condition, or a question of its own")
        plan = self.ground.plan
        plan = replace(plan, where=merge(plan.where, found.rows, mode))
        if found.summed:
            plan = shapes.over(plan, found.summed, mode)
        return replace(plan, having=merge(plan.having, found.groups, mode))

    def after(self, plan: Plan) -> Changes:
        """Further changes of a changed plan."""
        return Changes(Ground(plan, self.ground.catalog), self.now, led=True)

    # --------------------------------------------------------------- figures

    def count(self, match: re.Match[str]) -> Plan:
        phrase = match.groupdict().get("rest")
        if phrase:
            left = self.after(self.filtered(phrase, Mode.NARROW, False, False))
            return shapes.counted(left.ground)
        return shapes.counted(self.ground)

    def figure(self, match: re.Match[str]) -> Plan:
        function = FUNCTIONS[match["function"].lower()]
        named = match["field"]
        if named and not match["also"] and self.stands_alone(match):
            raise Unclear("a question of its own")
        argument = self.field(named) if named else None
        beside = bool(match["also"] or match["too"])
        counts = {a.function for a in self.ground.aggregates} <= {Function.COUNT}
        if function is Function.SUM and not named and self.ground.is_grouped and counts:
            raise Unclear("the sum of a number, or of what was counted")
        try:
            return shapes.summed(self.ground, function, argument, beside)
        except Unclear:  # "the total", of several numbers of which one is called so
            if named:
                raise
            return shapes.summed(self.ground, function, self.field(match["function"]), beside)

    def stands_alone(self, match: re.Match[str]) -> bool:
        """Whether it says what a figure is of: "show the maximum total of orders"."""
        asked = bool(match["what"] or match["asked"])
        named = self.names_entity(match["field"])
        return (asked and named) or (not self.led and (asked or named))

    def all_in_all(self, match: re.Match[str]) -> Plan:
        return shapes.in_all(self.ground)

    def sum_up(self, match: re.Match[str]) -> Plan:
        word = match["verb"].lower()
        function = Function.AVG if word.startswith("average") else Function.SUM
        return shapes.summed(self.ground, function, None)

    # ---------------------------------------------------------------- groups

    def regroup(self, match: re.Match[str]) -> Plan:
        beside = bool(match["also"] or match["too"])
        if match.groupdict().get("adverb"):
            part = shapes.part_of(ADVERBS[match["adverb"].lower()], self.ground)
            return shapes.regrouped(self.ground, [part], beside)
        keys = [self.key(name) for name in _LIST.split(match["keys"])]
        plain = not (self.ground.is_grouped or self.ground.aggregates)
        ordering = match["by"].lower() == "by" and not match["group"]
        if plain and ordering and not all(isinstance(k, PartOf) for k in keys):
            raise Unclear("grouped, or put in order")
        return shapes.regrouped(self.ground, keys, beside)

    def key(self, text: str) -> Field | PartOf:
        text = _EACH.sub("", text.strip().lower())
        singular = text.removesuffix("s")
        part = PARTS.get(text) or PARTS.get(singular)
        words = split_words(text)
        named = self.ground.field(words)
        if part is not None and (named is None or _is_date(self.ground, named)):
            return shapes.part_of(part, self.ground)
        for name, unit in PARTS.items():  # "order month", "month of birth"
            if text.endswith(f" {name}"):
                date = self.ground.date_field(split_words(text.removesuffix(name)))
                if date is not None:
                    return PartOf(unit, date)
        if named is not None:
            return PartOf(DatePart.DATE, named) if _is_date(self.ground, named) else named
        entity = self.ground.entity(words)
        name_field = self.ground.name_of(entity) if entity is not None else None
        if name_field is None or self.ground.tier(name_field) is None:
            raise Unreadable(f"{text!r} is nothing to group by")
        return name_field

    # --------------------------------------------------------------- columns

    def columns(self, match: re.Match[str]) -> Plan:
        names = _LIST.split(match["columns"])
        fields = [field for name in names for field in self.column(name)]
        only = bool(match.groupdict().get("only") or match.groupdict().get("instead"))
        return shapes.with_columns(self.ground, fields, only)

    def column(self, text: str) -> list[Field]:
        """The field that is named, those of an object that is, or the name of an entity."""
        words = split_words(_OF_THEM.sub("", text.strip()))
        found = self.ground.field(words)
        if found is not None:
            return [found]
        parts = self.ground.parts(words)
        if parts:
            return parts
        entity = self.ground.entity(words)
        named = self.ground.name_of(entity) if entity is not None else None
        if named is None or self.ground.tier(named) is None:
            raise Unreadable(f"{text!r} is no column")
        return [named]

    def drop_columns(self, match: re.Match[str]) -> Plan:
        names = _LIST.split(match["columns"])
        return shapes.without_columns(self.ground, [self.field(name) for name in names])

    def list_rows(self, match: re.Match[str]) -> Plan:
        return shapes.listed(self.ground)

    def drop_condition(self, match: re.Match[str]) -> Plan:
        field = self.field(match["field"])
        return replace(self.ground.plan, where=without(self.ground.plan.where, field))

    def move_span(self, match: re.Match[str]) -> Plan:
        steps = -1 if match["way"].lower() in ("before", "previous", "preceding") else 1
        span = moved_span(self.ground, match["unit"].lower(), steps)
        return replace(self.ground.plan, where=merge(self.ground.plan.where, [span], Mode.REPLACE))

    # -------------------------------------------------------- order and size

    def sort(self, match: re.Match[str]) -> Plan:
        by = self.ranked_by(match["by"])
        return shapes.ordered(self.ground, by, bool(match["down"]))

    def reverse(self, match: re.Match[str]) -> Plan:
        return shapes.reversed_order(self.ground)

    def direction(self, match: re.Match[str]) -> Plan:
        down = bool(match["down"])
        order = self.ground.plan.order_by
        if len(order) != 1:
            raise Unclear("there is no one order")
        return shapes.ordered(self.ground, order[0].by, down)

    def best_first(self, match: re.Match[str]) -> Plan:
        by, descending = self.best(match["best"], match.groupdict().get("by"))
        cut = bool(match.groupdict().get("cut"))
        plan = shapes.ordered(self.ground, by, descending, anew=cut)
        number = match.groupdict().get("n")
        if cut:
            plan = replace(plan, limit=number_in(number) if number else 1, skip=None)
        return plan

    def best(self, word: str, by: str | None) -> tuple[Operand, bool]:
        word = " ".join(word.lower().split())
        descending = {**OF_MONEY, **OF_DATES, **OF_FIGURES}[word]
        if by:
            return self.ranked_by(by), descending
        found: Operand | None
        if word in OF_MONEY:
            found = self.ground.money_field()
        elif word in OF_DATES:
            found = self.ground.date_field()
        else:
            found = shapes.one_figure(self.ground) or self.ground.number_field()
        if found is None:
            raise Unclear("what is compared is not said")
        return found, descending

    def top(self, match: re.Match[str]) -> Plan:
        number, word = number_in(match["n"]), match["word"].lower()
        by = match["by"]
        if by:
            descending = word not in ("bottom", "last", "lowest")
            order = shapes.ordered(self.ground, self.ranked_by(by), descending, anew=True)
            ranked = self.after(order)
            return shapes.first(ranked.ground, number, ranked=True)
        if word in ("last", "bottom"):
            return shapes.last(self.ground, number)
        return shapes.first(self.ground, number, ranked=word in ("top", "best"))

    def next(self, match: re.Match[str]) -> Plan:
        number = match["n"]
        return shapes.following(self.ground, number_in(number) if number else None)

    def all(self, match: re.Match[str]) -> Plan:
        return shapes.uncut(self.ground)

    def ranked_by(self, text: str) -> Operand:
        """What an order is by: a figure of groups (and rows), a key, or a field."""
        words = split_words(_OF_THEM.sub("", text.strip().lower()))
        said = {word.text for word in words}
        figures: list[Aggregate] = list(self.ground.aggregates)
        if figures and (self.ground.is_grouped or self.ground.per_row):
            if said <= {"count", "number", "counts", "numbers", "how", "many"}:
                figures = [a for a in figures if a.function is Function.COUNT]
                return _only(figures)
            if len(said) == 1 and (function := FUNCTIONS.get(next(iter(said)))) is not None:
                of_function = [a for a in figures if a.function is function]
                if len(of_function) == 1:
                    return of_function[0]
            counted = [a for a in figures if a.argument == self.ground.entity(words)]
            if not counted and said & {"number", "count"}:
                rest = [w for w in words if w.text not in ("number", "count", "of", "the")]
                counted = [a for a in figures if a.argument == self.ground.entity(rest)]
            if counted:
                return _only(counted)
        if self.ground.is_grouped:
            key = next((k for k in self.ground.plan.group_by if self.is_key(text, k)), None)
            if key is not None:
                return key
        field = self.field(text)
        if self.ground.is_grouped or (self.ground.per_row and self.ground.is_summed(field)):
            return _only([a for a in figures if a.argument == field])
        return field

    def is_key(self, text: str, key: Field | PartOf) -> bool:
        try:
            return self.key(text) == key
        except (Unclear, Unreadable):
            return False

    def names_entity(self, text: str) -> bool:
        return any(self.ground.entity([word]) is not None for word in split_words(text))

    def field(self, text: str) -> Field:
        text = _OF_THEM.sub("", text.strip())
        found = self.ground.field(split_words(text))
        if found is None:
            raise Unreadable(f"{text!r} is no field")
        return found


def _only(figures: list[Aggregate]) -> Aggregate:
    if len(figures) != 1:
        raise Unclear("which figure is meant is not said")
    return figures[0]


def _is_date(ground: Ground, field: Field) -> bool:
    return ground.schema(field).main_type == BsonType.DATE
