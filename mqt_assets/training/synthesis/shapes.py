"""Shapes of questions without groups: lists, look-ups, superlatives, counts, aggregates.

Each shape makes one plan with one of its wordings, or raises NotHere when the thing lacks what
the shape needs. Conventions: "which/who ..." gives what stands for the thing (its name), "show
the ..." gives whole rows, named fields give these fields. Depends on `subjects`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.draft import Draft, NotHere, text_value
from mqt_assets.training.synthesis.lexicon import participle_of, superlatives_of
from mqt_assets.training.synthesis.subjects import (
    Asked,
    Posed,
    Subject,
    group_field,
    measure,
    some_fields,
    subject,
    with_part,
)
from mqt_assets.training.synthesis.view import EntityView, FieldView, Role
from mqt_assets.training.wording import join_words, spell_count
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Comparator,
    Compare,
    Entity,
    Function,
    Order,
    Output,
    Plan,
    Predicate,
)

SHOW = (
    "show", "show me", "list", "give me", "display", "find", "get", "return", "I want", "fetch",
    "show", "list", "give", "retrieve", "can you show me", "please list", "I need", "tell me",
)  # fmt: skip
WHAT = ("what is", "what's", "what is", "tell me", "give me", "find", "show", "")
WHAT_ARE = ("what are", "what are", "show", "list", "give me", "find", "show me", "")


def outputs_of(asked: list[Asked]) -> tuple[Output, ...]:
    return tuple(Output(item.field) for item in asked)


def stands_for(view: EntityView) -> tuple[Output, ...]:
    """What is returned when the thing itself is asked for."""
    if view.names:
        return tuple(Output(item.field) for item in view.names)
    return (Output(view.entity),)


def list_fields(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view)
    asked = some_fields(draft, view, draft.weighted(((1, 0.4), (2, 0.4), (3, 0.17), (4, 0.03))))
    outputs = outputs_of(asked)
    form = draft.rng.random()
    if form < 0.13 and view.names and all(item.view not in view.names for item in asked):
        outputs = (*stands_for(view), *outputs)
        fields = join_words([item.words(draft) for item in asked], draft.rng)
        link = draft.pick(("with their", "and their", "along with their", "together with their"))
        text = f"{draft.pick(SHOW)} {draft.pick(('all ', 'the ', ''))}{about.noun.plural} {link} {fields}"
        if about.said:
            raise_if_split(about)
            text = f"{draft.pick(SHOW)} {about.phrase(draft)}, {link} {fields}"
    elif form < 0.25:
        fields = join_words([item.words(draft) for item in asked], draft.rng)
        each = draft.pick(("for each", "for every", "for all"))
        noun = about.phrase(draft, plural=each == "for all")
        text = f"{each} {noun}, {draft.pick(('show', 'list', 'give', 'what is'))} the {fields}"
    elif form < 0.37 and not any(s.form == "before" for s in about.said) and not asked[0].owner:
        # Telegraphic: "customer names and emails".
        fields = join_words([item.words(draft, plural=True) for item in asked], draft.rng)
        tail = about.phrase(draft)[len(about.noun.plural) :]
        if tail:
            fields, tail = f"{fields} of {about.noun.plural}", tail
            text = f"{draft.pick((*SHOW, '', '', ''))} {fields}{tail}"
        else:
            text = f"{draft.pick((*SHOW, '', '', ''))} {about.noun.singular} {fields}"
    else:
        plural = draft.chance(0.6)
        fields = join_words([item.words(draft, plural=plural) for item in asked], draft.rng)
        lead = draft.pick((*SHOW, *WHAT_ARE))
        every = draft.pick(("", "all ", "the ", "all the ", "all "))
        of = draft.pick(("of", "of", "for", "of"))
        text = (
            f"{lead} {draft.pick(('the ', 'the ', ''))}{fields} {of} {every}{about.phrase(draft)}"
        )
    order, words = _maybe_order(draft, view, 0.16)
    limit, limited = (None, text)
    if not order and draft.chance(0.03):
        limit = draft.weighted(((3, 1), (5, 3), (10, 4), (20, 2)))
        limited = f"{text}, {draft.pick(('limit', 'only', 'at most', 'limited to'))} {limit}"
    return Posed(Plan(outputs, about.where, order_by=order, limit=limit), limited + words)


def raise_if_split(about: Subject) -> None:
    """Long phrases don't take an appended list of fields."""
    if len(about.said) > 1:
        raise NotHere


def whole_things(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view)
    order, words = _maybe_order(draft, view, 0.2)
    limit = None
    count = ""
    if draft.chance(0.12):
        limit = draft.weighted(((3, 1), (5, 3), (10, 4), (20, 2), (100, 0.5)))
        spelled = spell_count(limit, draft.rng)
        count = draft.pick(
            (f"{spelled} ", f"the first {spelled} ", f"first {spelled} ", f"any {spelled} ")
        )
        order, words = (), ""
    every = count or draft.pick(("", "all ", "all the ", "the ", "every "))
    plural = every != "every "
    phrase = about.phrase(draft, plural=plural)
    lead = draft.pick((*SHOW, *SHOW, ""))
    if not about.said and not limit and not order and lead == "":
        every = "all "
    extra = draft.pick(("", "", "", "", "", " details", "")) if not about.said else ""
    if draft.chance(0.1) and not count:
        lead, every = draft.pick(("show all details of", "show everything about", "all fields of",
                                  "full details of", "show the details of")), "the "  # fmt: skip
        if not plural:
            every = "every "
        extra = ""
    text = f"{lead} {every}{phrase}{extra if plural else ''}{words}"
    return Posed(Plan((Output(view.entity),), about.where, order_by=order, limit=limit), text)


def which_things(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view, least=1)
    if not view.names or any(item.field in about.about for item in view.names):
        raise NotHere
    phrase = about.phrase(draft)
    heads = [f"which {phrase} are there", f"what are the {phrase}", f"which are the {phrase}",
             f"name the {phrase}", f"names of {phrase}", f"which {phrase}"]  # fmt: skip
    if len(about.said) == 1 and about.said[0].form == "after":
        plain = about.said[0].text
        noun = about.noun.plural
        lead = "who" if view.is_person and draft.chance(0.3) else f"which {noun}"
        for opening, verb in (
            ("that are ", "are "), ("which are ", "are "), ("that have ", "have "),
            ("who have ", "have "), ("with ", "have "), ("that were ", "were "),
            ("in ", "are in "), ("from ", "are from "), ("who live ", "live "),
            ("that cost ", "cost "), ("who earn ", "earn "), ("having ", "have "),
            ("that don't ", "don't "), ("who don't ", "don't "), ("who never ", "never "),
        ):  # fmt: skip
            if plain.startswith(opening):
                heads = [f"{lead} {verb}{plain[len(opening) :]}"] * 3 + heads
                break
    elif len(about.said) == 1 and about.said[0].form == "clause":
        noun = about.noun.plural
        heads = [
            f"which {noun} have a {about.said[0].text.replace(' is ', ' that is ', 1)}",
            *heads,
        ]
    return Posed(Plan(stands_for(view), about.where), draft.pick(heads))


def attribute(draft: Draft, view: EntityView) -> Posed:
    """A field of one thing that is called by its name."""
    key = draft.pick([item for item in (*view.names, *view.of_role(Role.CODE)) if _is_text(item)])
    if len(view.names) > 1 and key in view.names:
        raise NotHere
    stored, spelled = text_value(draft, key)
    where = Compare(key.field, Comparator.EQ, stored)
    asked = [
        item
        for item in some_fields(draft, view, draft.weighted(((1, 0.75), (2, 0.25))))
        if item.field != key.field
    ]
    if not asked:
        raise NotHere
    noun = draft.pick(view.nouns).singular
    key_words = Asked(key).words(draft)
    called_by = "named" if key.head in ("name", "title") else f"with {key_words}"
    called = draft.pick((f"{noun} {spelled}", f"the {noun} {spelled}", f"{spelled}",
                         f"the {noun} with {key_words} {spelled}", f"the {noun} {called_by} {spelled}",
                         f"the {spelled} {noun}", f"{noun} {key_words} {spelled}"))  # fmt: skip
    fields = join_words([item.words(draft) for item in asked], draft.rng)
    forms = [f"{draft.pick(WHAT)} the {fields} of {called}", f"{fields} of {called}",
             f"{draft.pick(WHAT)} the {fields} for {called}", f"what {fields} does {called} have",
             f"what is {called}'s {fields}"]  # fmt: skip
    first = asked[0]
    if len(asked) == 1 and first.owner is None:
        done = participle_of(first.view.words)
        if first.view.role == Role.DATE and done:
            verb = done.split()[-1]
            forms = [f"when was {called} {verb}", f"on what date was {called} {verb}", *forms]
        if first.view.head in ("price", "cost"):
            forms = [f"how much does {called} cost", f"how much is {called}", *forms]
        if first.view.head in ("city", "country", "state"):
            forms = [f"which {first.view.head} is {called} in", f"in which {first.view.head} is {called}",
                     *forms]  # fmt: skip
        if first.view.head == "age":
            forms = [f"how old is {called}", *forms]
        if first.view.head in ("stock", "quantity"):
            forms = [f"how many of {called} are in stock", *forms]
    text = draft.pick(forms)
    if draft.chance(0.12):
        return Posed(Plan((Output(view.entity),), where),
                     f"{draft.pick(('show', 'find', 'show me', 'get', 'look up'))} "
                     f"{draft.pick(('', 'all about ', 'everything about ', 'the details of '))}"
                     f"{called}")  # fmt: skip
    return Posed(Plan(outputs_of(asked), where), text)


def _is_text(item: FieldView) -> bool:
    return item.schema.main_type.value == "string" and bool(item.schema.samples)


# -------------------------------------------------------------- superlatives


def superlative(draft: Draft, view: EntityView) -> Posed:
    """The one or several greatest or least by a field."""
    about = subject(draft, view, most=2)
    by = _orderable(draft, view)
    descending = draft.chance(0.62)
    limit = (
        1
        if draft.chance(0.42)
        else draft.weighted(((2, 1), (3, 3), (5, 4), (10, 3), (20, 0.6), (4, 0.6)))
    )
    count = "" if limit == 1 else spell_count(limit, draft.rng)
    words = by.words(draft)
    is_date = by.view.role in (Role.DATE, Role.TEXT_DATE)
    adjectives = superlatives_of(by.view.words, descending, is_date)
    plural = limit != 1
    if adjectives and by.owner is None and draft.chance(0.62):
        adjective = draft.pick(adjectives)
        front = f"{count} {adjective}".strip()
        if (
            count
            and adjective in ("latest", "last", "first", "newest", "earliest", "oldest")
            and (draft.chance(0.5))
        ):
            front = f"{adjective} {count}"
        if draft.chance(0.25) and count and descending and adjective not in ("first", "last"):
            front = f"top {count} {adjective}"
        phrase = about.phrase(draft, plural, front)
    else:
        phrase = _superlative_tail(draft, about, words, descending, count, plural, is_date)
    order = (Order(by.field, descending),)
    form = draft.rng.random()
    if form < 0.36:
        asked = some_fields(draft, view, draft.weighted(((1, 0.55), (2, 0.35), (3, 0.1))))
        fields = join_words(
            [item.words(draft, plural and draft.chance(0.6)) for item in asked], draft.rng
        )
        lead = draft.pick(WHAT_ARE if plural else WHAT)
        plan = Plan(outputs_of(asked), about.where, order_by=order, limit=limit)
        return Posed(plan, f"{lead} the {fields} of the {phrase}")
    if form < 0.46 and view.names and by.view not in view.names:
        outputs = (*stands_for(view), Output(by.field))
        lead = draft.pick(("what are", "show", "list", "which are")) if plural else draft.pick(WHAT)
        tail = draft.pick(
            (f"and their {words}", f"with their {words}", f"along with their {words}")
        )
        if not plural:
            tail = draft.pick((f"and its {words}", f"with its {words}", f"and what is its {words}"))
        plan = Plan(outputs, about.where, order_by=order, limit=limit)
        return Posed(plan, f"{lead} the {phrase} {tail}")
    if form < 0.76 and view.names:
        lead = draft.pick(
            ("which are the", "what are the", "name the", "which", "what are the")
            if plural
            else ("which is the", "what is the", "name the", "what's the", "which")
        )
        if lead == "which" and ("with the" not in phrase and "that ha" not in phrase):
            lead = "which are the" if plural else "which is the"
        if view.is_person and draft.chance(0.5):
            lead = "who are the" if plural else "who is the"
        return Posed(
            Plan(stands_for(view), about.where, order_by=order, limit=limit), f"{lead} {phrase}"
        )
    lead = draft.pick((*SHOW, "", ""))
    the = draft.pick(("the ", "the ", ""))
    plan = Plan((Output(view.entity),), about.where, order_by=order, limit=limit)
    return Posed(plan, f"{lead} {the}{phrase}")


def _superlative_tail(
    draft: Draft,
    about: Subject,
    words: str,
    descending: bool,
    count: str,
    plural: bool,
    is_date: bool,
) -> str:
    if is_date:
        most, least = ("latest", "most recent"), ("earliest", "oldest")
    else:
        most, least = ("highest", "largest", "greatest", "biggest", "maximum"), (
            "lowest", "smallest", "minimum")  # fmt: skip
    best = draft.pick(most if descending else least)
    if plural and draft.chance(0.4):
        rank = "top" if descending else "bottom"
        if draft.chance(0.5) or not descending:
            return f"{about.phrase(draft, True, f'{rank} {count}')} by {words}"
        return f"{about.phrase(draft, True, f'{rank} {count}')} with the {best} {words}"
    if any(item.form != "before" for item in about.said):
        noun = about.phrase(draft, plural, count)
        return f"{noun} {draft.pick(('with', 'having'))} the {best} {words}"
    return f"{about.phrase(draft, plural, count)} {draft.pick(('with the', 'that has the', 'with the') if not plural else ('with the', 'that have the'))} {best} {words}"


def _orderable(draft: Draft, view: EntityView) -> Asked:
    options = [
        (item, 3.0 if item.role == Role.NUMBER else 2.0)
        for item in view.of_role(Role.NUMBER, Role.DATE, Role.YEAR, Role.TEXT_DATE)
    ]
    if view.owners and draft.chance(0.05):
        link = draft.pick(view.owners)
        return Asked(draft.pick(link.target.of_role(Role.NUMBER, Role.DATE)), link.noun)
    return Asked(draft.weighted(options))


def _maybe_order(draft: Draft, view: EntityView, share: float) -> tuple[tuple[Order, ...], str]:
    """Sometimes an order, with the words to append."""
    if not draft.chance(share):
        return (), ""
    options = [
        item for item in view.fields if item.role not in (Role.ID, Role.LONG_TEXT, Role.BOOL)
    ]
    if not options:
        return (), ""
    item = draft.pick(options)
    words = Asked(item).words(draft)
    descending = draft.chance(0.4)
    is_text = item.role in (Role.NAME, Role.TEXT, Role.CATEGORY, Role.CODE)
    form = draft.rng.random()
    sort = draft.pick(
        ("sorted by", "ordered by", "sort by", "in order of", "order by", "sorted by", ", by")
    )
    if (
        form < 0.3
        and item.role in (Role.DATE, Role.TEXT_DATE)
        and (superlatives_of(item.words, True, True)[:1] == ("latest",))
    ):
        text = draft.pick(("newest first", "latest first", "most recent first") if descending
                          else ("oldest first", "earliest first"))  # fmt: skip
        text = f", {text}"
    elif form < 0.4 and is_text:
        descending = descending and draft.chance(0.3)
        way = "reverse alphabetical" if descending else "alphabetical"
        text = f" in {way} order of {words}"
    elif descending:
        text = draft.pick(
            (f" {sort} {words} descending", f" in descending order of {words}", f" {sort} {words} desc",
             f" {sort} {words} from high to low", f" {sort} {words} in descending order",
             f", highest {words} first", f" {sort} descending {words}")
        )  # fmt: skip
        if is_text and "high" in text:
            text = f" {sort} {words} in descending order"
    else:
        text = draft.pick(
            (f" {sort} {words}", f" {sort} {words}", f" {sort} {words} ascending",
             f" in ascending order of {words}", f" {sort} {words} from low to high",
             f" {sort} {words} in ascending order", f", lowest {words} first")
        )  # fmt: skip
        if is_text and "low" in text:
            text = f" {sort} {words}"
    return (Order(item.field, descending),), text


def page(draft: Draft, view: EntityView) -> Posed:
    """Some rows after the first ones."""
    by = _orderable(draft, view)
    skip = draft.weighted(((1, 1), (2, 0.5), (3, 1), (5, 2), (10, 3), (20, 2)))
    limit = draft.weighted(((3, 1), (5, 2), (10, 3)))
    noun = draft.pick(view.nouns).plural
    words = by.words(draft)
    descending = draft.chance(0.5)
    way = (
        draft.pick(("descending", "from high to low", "in descending order")) if descending else ""
    )
    text = draft.pick(
        (f"skip the first {skip} {noun} by {words} {way} and show the next {limit}",
         f"{draft.pick(SHOW)} {limit} {noun} ordered by {words} {way}, skipping the first {skip}",
         f"the next {limit} {noun} after the first {skip}, sorted by {words} {way}")
    )  # fmt: skip
    order = (Order(by.field, descending),)
    return Posed(Plan((Output(view.entity),), order_by=order, limit=limit, skip=skip), text)


# ---------------------------------------------------- counts and aggregates


def count_things(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view)
    return Posed(_count(view.entity, about.where), count_words(draft, about.phrase(draft)))


def count_words(draft: Draft, phrase: str) -> str:
    return draft.pick(
        (f"how many {phrase} are there", f"how many {phrase}", f"how many {phrase} do we have",
         f"number of {phrase}", f"count {phrase}", f"count the {phrase}", f"count of {phrase}",
         f"what is the number of {phrase}", f"what is the total number of {phrase}",
         f"total number of {phrase}", f"find the number of {phrase}", f"count how many {phrase} there are",
         f"how many {phrase} are in the database", f"give me the number of {phrase}",
         f"how many {phrase} exist", f"what's the count of {phrase}", f"count all {phrase}",
         f"how many {phrase}", f"how many {phrase} are there in total")
    )  # fmt: skip


def _count(entity: Entity, where: Predicate | None) -> Plan:
    return Plan((Output(Aggregate(Function.COUNT, entity)),), where)


def related_things(draft: Draft, view: EntityView) -> Posed:
    """Things that have at least one part, or none: listed or counted."""
    link = draft.pick([link for link in view.parts if link.hops == 1])
    about = subject(draft, view, most=1)
    if any(item.form != "before" for item in about.said):
        raise NotHere
    said = with_part(draft, view, link)
    where = said.predicate if about.where is None else And((about.where, said.predicate))
    phrase = f"{about.phrase(draft)} {said.text}"
    if draft.chance(0.35):
        return Posed(_count(view.entity, where), count_words(draft, phrase))
    if view.names and draft.chance(0.75):
        for opening, verb in (("with ", "have "), ("without any ", "have no "), ("that ", ""),
                              ("who ", ""), ("having ", "have ")):  # fmt: skip
            if said.text.startswith(opening) and draft.chance(0.7):
                return Posed(Plan(stands_for(view), where),
                             f"which {about.phrase(draft)} {verb}{said.text[len(opening):]}")  # fmt: skip
        lead = draft.pick(
            ("which are the", "names of", "what are the names of the", "name the", "which")
        )
        outputs = stands_for(view)
        if "names" in lead and len(view.names) == 1 and view.names[0].head not in ("name", "title"):
            lead = "which"
        return Posed(Plan(outputs, where), f"{lead} {phrase}")
    return Posed(
        Plan((Output(view.entity),), where),
        f"{draft.pick(SHOW)} {draft.pick(('all ', 'the ', ''))}{phrase}",
    )


def distinct_values(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view, most=1)
    asked = [group_field(draft, view)]
    if draft.chance(0.12):
        other = group_field(draft, view)
        asked += [other] if other.field != asked[0].field else []
    fields = join_words([item.words(draft, plural=True) for item in asked], draft.rng)
    single = asked[0].words(draft)
    phrase = about.phrase(draft)
    different = draft.pick(("different", "distinct", "unique", "different", "distinct"))
    forms = [f"what are the {different} {fields} of {phrase}", f"{draft.pick(SHOW)} the {different} {fields} of {phrase}",
             f"{draft.pick(SHOW)} all {different} {fields} of the {phrase}",
             f"{different} {fields} of {phrase}", f"{different} {fields} of all {phrase}",
             f"{draft.pick(SHOW)} {different} {fields} for {phrase}"]  # fmt: skip
    if len(asked) == 1 and asked[0].owner is None:
        forms += [f"which {different} {fields} do {phrase} have", f"what {different} {fields} are there for {phrase}",
                  f"what {different} values of {single} do {phrase} have", f"which {fields} do the {phrase} have",
                  f"{draft.pick(SHOW)} {different} {about.noun.singular} {fields}" if not about.said else
                  f"what {fields} are there among {phrase}"]  # fmt: skip
    return Posed(Plan(outputs_of(asked), about.where, distinct=True), draft.pick(forms))


def count_distinct(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view, most=2)
    asked = group_field(draft, view)
    fields, phrase = asked.words(draft, plural=True), about.phrase(draft)
    different = draft.pick(("different", "distinct", "unique"))
    text = draft.pick(
        (f"how many {different} {fields} do {phrase} have", f"number of {different} {fields} of {phrase}",
         f"how many {different} {fields} are there for {phrase}", f"count the {different} {fields} of {phrase}",
         f"what is the number of {different} {fields} of {phrase}", f"count {different} {fields} among {phrase}",
         f"how many {different} {fields} are there among the {phrase}")
    )  # fmt: skip
    plan = Plan((Output(Aggregate(Function.COUNT, asked.field, distinct=True)),), about.where)
    return Posed(plan, text)


_AGGREGATE_WORDS = {
    Function.AVG: ("average", "average", "mean", "avg", "average"),
    Function.SUM: ("total", "total", "sum of the", "overall", "combined", "total"),
    Function.MIN: ("minimum", "lowest", "smallest", "min", "minimum"),
    Function.MAX: ("maximum", "highest", "largest", "max", "maximum", "biggest"),
}
_NOT_ADDED = frozenset(
    "age rating score year percent percentage rate temperature latitude longitude rank level grade "
    "height ratio gpa average".split()
)  # fmt: skip


def aggregate_words(draft: Draft, function: Function, item: Asked) -> str:
    """`average price`, `sum of the totals`, `latest order date`."""
    word = draft.pick(_AGGREGATE_WORDS[function])
    if item.view.role == Role.DATE:
        word = draft.pick(("earliest", "first", "oldest") if function == Function.MIN
                          else ("latest", "most recent", "last"))  # fmt: skip
    name = item.words(draft)
    if function == Function.SUM:
        if "total" in item.view.words and draft.chance(0.35) and item.owner is None:
            return (
                draft.pick(("total revenue", "revenue", "total sales", name))
                if (set(item.view.words) & {"amount", "price", "total"} and "tax" not in name)
                else name
            )
        if name.startswith("total ") and word == "total":
            return name
        if word == "sum of the":
            return draft.pick((f"sum of {name}", f"sum of the {name}", f"sum of all {name}"))
    if item.owner is not None and " of the " in name:
        return f"{word} {name}"
    return f"{word} {name}"


def some_function(draft: Draft, item: Asked) -> Function:
    if item.view.role == Role.DATE:
        return draft.pick((Function.MIN, Function.MAX))
    added = not set(item.view.words) & _NOT_ADDED
    return draft.weighted(
        ((Function.AVG, 0.42), (Function.SUM, 0.3 if added else 0.0), (Function.MAX, 0.16),
         (Function.MIN, 0.12))
    )  # fmt: skip


def aggregate(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view)
    dates = view.of_role(Role.DATE)
    item = Asked(draft.pick(dates)) if dates and draft.chance(0.1) else measure(draft, view)
    functions = [some_function(draft, item)]
    if item.view.role == Role.NUMBER and draft.chance(0.2):
        functions = draft.rng.sample(
            (Function.AVG, Function.MIN, Function.MAX), 2 if draft.chance(0.7) else 3
        )
    outputs = tuple(Output(Aggregate(function, item.field)) for function in functions)
    if len(functions) > 1:
        words = [draft.pick(_AGGREGATE_WORDS[function]) for function in functions]
        said = f"{join_words(words, draft.rng)} {item.words(draft)}"
    else:
        said = aggregate_words(draft, functions[0], item)
        if draft.chance(0.08):
            other = measure(draft, view)
            second = some_function(draft, other)
            if other.field != item.field:
                outputs += (Output(Aggregate(second, other.field)),)
                said = f"{said} and {aggregate_words(draft, second, other)}"
    phrase = about.phrase(draft)
    if draft.chance(0.05):
        outputs = (Output(Aggregate(Function.COUNT, view.entity)), *outputs)
        text = f"{draft.pick(('', 'show ', 'what is '))}the number of {phrase} and the {said}"
        return Posed(Plan(outputs, about.where), text)
    every = draft.pick(("", "", "all ", "the ", "all the "))
    lead = draft.pick(("what is the", "what's the", "find the", "calculate the", "show the", "give me the",
                       "compute the", "", "", "what was the", "tell me the"))  # fmt: skip
    forms = [
        f"{lead} {said} {draft.pick(('of', 'of', 'for', 'across', 'over'))} {every}{phrase}"
    ] * 4
    if len(functions) == 1 and not about.said:
        forms += [f"{lead} {about.noun.singular} {said}", f"{said} of {draft.pick(('a', 'all', 'the'))} "
                  f"{about.noun.plural}" if "all" else ""]  # fmt: skip
        forms[-1] = forms[-1].replace(" of a ", " of ")
    if functions == [Function.SUM] and len(outputs) == 1:
        forms += [f"how much is the {said} of {every}{phrase}"]
        if "quantity" in item.view.words or "units" in item.view.words:
            forms += [f"how many units of {phrase}", f"how many units in total for {phrase}"]
    return Posed(Plan(outputs, about.where), draft.pick(forms))
