"""Shapes that list: fields of things, whole things, things by name, a field of one named thing.

Each shape makes one plan with one of its wordings, or raises NotHere when the thing lacks what
the shape needs. Conventions: "which/who ..." gives what stands for the thing (its name), "show
the ..." gives whole rows, named fields give these fields. Depends on `subjects`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.asking import (
    SHOW,
    WHAT,
    WHAT_ARE,
    outputs_of,
    stands_for,
    then_fields,
)
from mqt_assets.training.synthesis.draft import Draft, NotHere, text_value
from mqt_assets.training.synthesis.lexicon import superlatives_of
from mqt_assets.training.synthesis.subjects import (
    Asked,
    Posed,
    Subject,
    some_fields,
    subject,
)
from mqt_assets.training.synthesis.things import EntityView, FieldView, Role
from mqt_assets.training.wording import join_words, spell_count
from mqt_serving.english import participle_of
from mqt_serving.query.plan import (
    Comparator,
    Compare,
    Order,
    Output,
    Plan,
)


def list_fields(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view)
    asked = some_fields(draft, view, draft.weighted(((1, 0.4), (2, 0.4), (3, 0.17), (4, 0.03))))
    outputs = outputs_of(asked)
    form = draft.rng.random()
    if form < 0.13 and view.names and all(item.view not in view.names for item in asked):
        outputs = (*stands_for(view), *outputs)
        fields = join_words([item.words(draft) for item in asked], draft.rng)
        link = draft.pick(("with their", "and their", "along with their", "together with their"))
        every = draft.pick(("all ", "the ", ""))
        text = f"{draft.pick(SHOW)} {every}{about.noun.plural} {link} {fields}"
        if about.said:
            raise_if_split(about)
            text = f"{draft.pick(SHOW)} {about.phrase(draft)}, {link} {fields}"
    elif form < 0.38:
        fields_said = [item.words(draft) for item in asked]
        first = draft.pick(("", "", "", "all", "which", "find the", "find all", "what are the"))
        phrase = f"{first} {about.phrase(draft)}".strip()
        if view.is_person and first == "which" and about.said and draft.chance(0.6):
            phrase = _who(about) or phrase
        if first == "which" and not about.said:
            phrase += " are there"
        text = then_fields(draft, phrase, fields_said, first.startswith("wh"))
    elif form < 0.43:
        fields = join_words([item.words(draft) for item in asked], draft.rng)
        each = draft.pick(("for each", "for every", "for all"))
        noun = about.phrase(draft, plural=each == "for all")
        text = f"{each} {noun}, {draft.pick(('show', 'list', 'give', 'what is'))} the {fields}"
    elif form < 0.53 and not any(s.form == "before" for s in about.said) and not asked[0].owner:
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


def _who(about: Subject) -> str:
    """`who was hired in 2024`, where all that is said stands behind the noun; else empty."""
    if about.either or any(item.form != "after" for item in about.said):
        return ""
    words = []
    for item in about.said:
        text = item.text
        for opening, verb in (
            ("who ", ""),
            ("that ", ""),
            ("in ", "is in "),
            ("from ", "is from "),
        ):
            if text.startswith(opening):
                text = verb + text[len(opening) :]
                break
        else:
            first = text.split(" ", 1)[0]
            text = f"{'was' if first.endswith('ed') else 'is'} {text}"
        words.append(text)
    return "who " + " and ".join(words)


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
        lead, every = (
            draft.pick(
                (
                    "show all details of",
                    "show everything about",
                    "all fields of",
                    "full details of",
                    "show the details of",
                )
            ),
            "the ",
        )
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
    heads = [
        f"which {phrase} are there",
        f"what are the {phrase}",
        f"which are the {phrase}",
        f"name the {phrase}",
        f"names of {phrase}",
        f"which {phrase}",
    ]
    if len(about.said) == 1 and about.said[0].form == "after":
        plain = about.said[0].text
        noun = about.noun.plural
        lead = "who" if view.is_person and draft.chance(0.3) else f"which {noun}"
        for opening, verb in (
            ("that are ", "are "),
            ("which are ", "are "),
            ("that have ", "have "),
            ("who have ", "have "),
            ("with ", "have "),
            ("that were ", "were "),
            ("in ", "are in "),
            ("from ", "are from "),
            ("who live ", "live "),
            ("that cost ", "cost "),
            ("who earn ", "earn "),
            ("having ", "have "),
            ("that don't ", "don't "),
            ("who don't ", "don't "),
            ("who never ", "never "),
        ):
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
    called = draft.pick(
        (
            f"{noun} {spelled}",
            f"the {noun} {spelled}",
            f"{spelled}",
            f"the {noun} with {key_words} {spelled}",
            f"the {noun} {called_by} {spelled}",
            f"the {spelled} {noun}",
            f"{noun} {key_words} {spelled}",
        )
    )
    fields = join_words([item.words(draft) for item in asked], draft.rng)
    forms = [
        f"{draft.pick(WHAT)} the {fields} of {called}",
        f"{fields} of {called}",
        f"{draft.pick(WHAT)} the {fields} for {called}",
        f"what {fields} does {called} have",
        f"what is {called}'s {fields}",
    ]
    first = asked[0]
    if len(asked) == 1 and first.owner is None:
        done = participle_of(first.view.words)
        if first.view.role == Role.DATE and done:
            verb = done.split()[-1]
            forms = [f"when was {called} {verb}", f"on what date was {called} {verb}", *forms]
        if first.view.head in ("price", "cost"):
            forms = [f"how much does {called} cost", f"how much is {called}", *forms]
        if first.view.head in ("city", "country", "state"):
            forms = [
                f"which {first.view.head} is {called} in",
                f"in which {first.view.head} is {called}",
                *forms,
            ]
        if first.view.head == "age":
            forms = [f"how old is {called}", *forms]
        if first.view.head in ("stock", "quantity"):
            forms = [f"how many of {called} are in stock", *forms]
    text = draft.pick(forms)
    if draft.chance(0.12):
        return Posed(
            Plan((Output(view.entity),), where),
            f"{draft.pick(('show', 'find', 'show me', 'get', 'look up'))} "
            f"{draft.pick(('', 'all about ', 'everything about ', 'the details of '))}"
            f"{called}",
        )
    return Posed(Plan(outputs_of(asked), where), text)


def _is_text(item: FieldView) -> bool:
    return item.schema.main_type.value == "string" and bool(item.schema.samples)


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
        text = draft.pick(
            ("newest first", "latest first", "most recent first")
            if descending
            else ("oldest first", "earliest first")
        )
        text = f", {text}"
    elif form < 0.36 and len(view.names) == 1 and is_text and item in view.names:
        descending = False
        text = " in alphabetical order" if draft.chance(0.6) else " alphabetically"
    elif form < 0.45 and is_text:
        descending = descending and draft.chance(0.3)
        way = "reverse alphabetical" if descending else "alphabetical"
        text = f" in {way} order of {words}"
    elif descending:
        text = draft.pick(
            (
                f" {sort} {words} descending",
                f" in descending order of {words}",
                f" {sort} {words} desc",
                f" {sort} {words} from high to low",
                f" {sort} {words} in descending order",
                f", highest {words} first",
                f" {sort} descending {words}",
            )
        )
        if is_text and "high" in text:
            text = f" {sort} {words} in descending order"
    else:
        text = draft.pick(
            (
                f" {sort} {words}",
                f" {sort} {words}",
                f" {sort} {words} ascending",
                f" in ascending order of {words}",
                f" {sort} {words} from low to high",
                f" {sort} {words} in ascending order",
                f", lowest {words} first",
            )
        )
        if is_text and "low" in text:
            text = f" {sort} {words}"
    return (Order(item.field, descending),), text
