"""Filters against what stands at their paths: literals fitted, surprises noted.

Nothing is refused but expressions that cannot be computed: a filter that is never met still runs.
Used by `command_checking`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from mqt_serving.query.checking.bson_types import Family, in_words
from mqt_serving.query.checking.expression_types import ExpressionTypes
from mqt_serving.query.checking.findings import Findings, Scope
from mqt_serving.query.checking.literal_fitting import (
    ORDERED,
    fit_literal,
    held_families,
    is_scalar,
)
from mqt_serving.query.checking.notes import Absence, NoteKind, absence_in
from mqt_serving.query.checking.places import UNKNOWN, Place, find
from mqt_serving.query.dialects.printing import Mongosh
from mqt_serving.query.documents import filter_document
from mqt_serving.query.literals import order_of
from mqt_serving.query.pipeline import (
    AllOf,
    AnyOf,
    ElementMatch,
    ExpressionFilter,
    FieldTest,
    Filter,
    GeoTest,
    NoneOf,
    NotTest,
    TextSearch,
)
from mqt_serving.schema import Catalog

_LISTS = frozenset({"$in", "$nin", "$all"})
_SCALARS = frozenset({"$eq", "$ne", *ORDERED})
_NEGATIVE = frozenset({"$ne", "$nin"})
_OF_ONE_ELEMENT = frozenset({"$eq", "$in", "$regex", "$mod", *ORDERED})
_LOWER, _UPPER = frozenset({"$gt", "$gte"}), frozenset({"$lt", "$lte"})


class FilterChecker:
    def __init__(self, catalog: Catalog, findings: Findings, types: ExpressionTypes) -> None:
        self._catalog = catalog
        self._findings = findings
        self._types = types

    def check(self, condition: Filter, scope: Scope, negated: bool = False) -> Filter:
        """The filter with its literals as they are stored."""
        match condition:
            case FieldTest():
                return self._test(condition, scope, negated)
            case NotTest(test=test):
                checked = self.check(test, scope, not negated)
                assert isinstance(checked, FieldTest | ElementMatch | GeoTest)
                return NotTest(checked)
            case ElementMatch(path=path, filter=inner):
                place = self._findings.tested(path, scope)
                self._require_list(place, scope.named(path), "$elemMatch")
                within = scope.named(path)
                root = place.element or UNKNOWN
                element = replace(scope, root=root, within=within, present=frozenset())
                return ElementMatch(path, self.check(inner, element))
            case AllOf(items=items):
                if negated:
                    return AllOf(tuple(self.check(item, scope, negated) for item in items))
                self._tell_separate_elements(items, scope)
                present = replace(scope, present=scope.present | set(_present(items)))
                return AllOf(tuple(self.check(item, present) for item in items))
            case AnyOf(items=items):
                return AnyOf(tuple(self.check(item, scope, negated) for item in items))
            case NoneOf(items=items):
                return NoneOf(tuple(self.check(item, scope, not negated) for item in items))
            case ExpressionFilter(expression=expression):
                return ExpressionFilter(self._types.check(expression, scope)[0])
            case GeoTest(path=path):
                self._findings.tested(path, scope)
                return condition
            case TextSearch():
                return condition
            case _:
                assert_never(condition)

    def _test(self, test: FieldTest, scope: Scope, negated: bool) -> FieldTest:
        place = self._findings.tested(test.path, scope)
        operator, given, name = test.operator, test.value, scope.named(test.path)
        if operator == "$size":
            self._require_list(place, name, operator)
        elif operator == "$regex":
            self._require_text(place, name)
        elif operator == "$mod":
            self._require_numbers(place, name)
        elif isinstance(given, str) and self._names_field(given, scope):
            text = f'In a filter "{given}" is text, not what the field holds: compare inside $expr.'
            self._findings.tell(NoteKind.WRONG_TYPE, text)
            return test
        if given is None or operator == "$exists":
            self._tell_null(test, place, scope)
        elif negated != (operator in _NEGATIVE):
            self._tell_absent(test, place, scope)
        if operator in _LISTS and isinstance(given, tuple):
            fits = tuple(fit_literal(v, place, operator, name, self._findings) for v in given)
            return replace(test, value=fits)
        if operator in _SCALARS:
            fitted = fit_literal(given, place, operator, name, self._findings)
            return replace(test, value=fitted)
        return test

    # --------------------------------------------------------------------- notes

    def _require_list(self, place: Place, path: str, operator: str) -> None:
        if not place.may_be_list and held_families(place):
            held = in_words(held_families(place))
            text = f"`{path}` holds {held}, no list: {operator} is never met."
            self._findings.tell(NoteKind.NEVER_MET, text)

    def _require_text(self, place: Place, path: str) -> None:
        families = held_families(place)
        if families and not families & {Family.TEXT, Family.REGEX}:
            text = f"`{path}` holds {in_words(families)}: a regular expression never matches it."
            self._findings.tell(NoteKind.NEVER_MET, text)

    def _require_numbers(self, place: Place, path: str) -> None:
        families = held_families(place)
        if families and Family.NUMBER not in families:
            text = f"`{path}` holds {in_words(families)}, no numbers: $mod is never met."
            self._findings.tell(NoteKind.NEVER_MET, text)

    def _names_field(self, text: str, scope: Scope) -> bool:
        """Whether text is a known path behind a dollar, as in expressions."""
        if not text.startswith("$"):
            return False
        found = find(scope.root, text.lstrip("$"))
        return isinstance(found, Place) and found != UNKNOWN and not found.private

    def _tell_absent(self, test: FieldTest, place: Place, scope: Scope) -> None:
        absence = self._absence(place, scope)
        if absence is not None and test.path not in scope.present:
            text = f"`{scope.named(test.path)}` is {absence}: they are let through as well."
            self._findings.tell(NoteKind.MISSING_VALUES, text)

    def _tell_null(self, test: FieldTest, place: Place, scope: Scope) -> None:
        absence = self._absence(place, scope)
        if absence is None or not absence.null:
            return
        if test.operator == "$exists":
            text = f"`{scope.named(test.path)}` is {absence}: null counts as being there."
        elif absence.missing:
            text = f"`{scope.named(test.path)}` is {absence}: both count as null here."
        else:
            return
        self._findings.tell(NoteKind.MISSING_VALUES, text)

    def _absence(self, place: Place, scope: Scope) -> Absence | None:
        """How often the stored field has no value; None when always, or not known."""
        schema = self._catalog.by_name.get(scope.collection)
        if schema is None or place.stored is None:
            return None
        if schema.by_path.get(place.stored.path) is not place.stored:
            return None
        return absence_in(place.stored.path, schema) or None

    def _tell_separate_elements(self, items: Sequence[Filter], scope: Scope) -> None:
        """Tests on one list of objects in one conjunction: different elements may meet them."""
        tests = [
            (test, list(_lists_on(test.path, scope.root)))
            for test in items
            if isinstance(test, FieldTest) and test.operator in _OF_ONE_ELEMENT
        ]
        shared = {path for _, lists in tests for path in lists}
        for path in sorted(shared, key=lambda path: (-path.count("."), path)):
            group = [test for test, lists in tests if path in lists]
            if _of_one_element(group, path):
                tests = [(test, lists) for test, lists in tests if path not in lists]
                self._tell_together(path, group)

    def _tell_together(self, path: str, group: Sequence[FieldTest]) -> None:
        inner = AllOf(tuple(replace(test, path=_relative(test.path, path)) for test in group))
        names = " and ".join(dict.fromkeys(f"`{test.path}`" for test in group))
        self._findings.tell(
            NoteKind.SEPARATE_ELEMENTS,
            f"`{path}` is a list: different elements of it may meet the tests on {names}. "
            "If one element has to meet all of them, write",
            Mongosh().inline(filter_document(ElementMatch(path, inner))),
        )


def _lists_on(path: str, root: Place) -> Iterator[str]:
    """The lists that a path passes through or ends at, outermost first."""
    names = path.split(".")
    for length in range(1, len(names) + 1):
        if length < len(names) and names[length].isdigit():
            return  # one element, by its position
        above = ".".join(names[:length])
        found = find(root, above)
        if isinstance(found, Place) and found.types is not None and found.may_be_list:
            yield above


def _of_one_element(group: Sequence[FieldTest], path: str) -> bool:
    """Whether the tests read as being about one element: two of its fields, or a range."""
    by_path: dict[str, list[FieldTest]] = {}
    for test in group:
        by_path.setdefault(test.path, []).append(test)
    several = [tests for tests in by_path.values() if len(tests) > 1]
    if not all(map(_is_range, several)):
        return False  # two tags, or more than 9 and less than 5: no one element has both
    return bool(several) or len(by_path.keys() - {path}) > 1


def _is_range(tests: Sequence[FieldTest]) -> bool:
    """Whether two tests are the lower and the upper bound of values that there may be."""
    low = [test.value for test in tests if test.operator in _LOWER]
    high = [test.value for test in tests if test.operator in _UPPER]
    if len(tests) != 2 or len(low) != 1 or len(high) != 1:
        return False
    return is_scalar(low[0]) and is_scalar(high[0]) and order_of(low[0], high[0]) in (-1, 0)


def _present(items: Sequence[Filter]) -> Iterator[str]:
    """The paths that every match of the conjunction has a value other than null at."""
    for test in items:
        match test:
            case FieldTest(operator="$ne", value=None) | FieldTest(operator="$regex" | "$mod"):
                yield test.path
            case FieldTest(operator="$eq" | "$gt" | "$gte" | "$lt" | "$lte", value=bound):
                if bound is not None:
                    yield test.path
            case _:
                continue


def _relative(path: str, base: str) -> str:
    return "" if path == base else path.removeprefix(base + ".")
