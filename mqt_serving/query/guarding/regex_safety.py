"""Whether a regular expression could take MongoDB exponential time on a short text.

A conservative judgement on the structure of the pattern (PCRE syntax), after the classes of
ambiguity in Weideman et al., "Analyzing Matching Time Behavior of Backtracking Regular
Expression Matchers" (2016): nested repetition, overlapping alternatives under a repetition,
overlapping neighbours. What cannot be judged is refused. Depends on nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

MAX_LOOPS = 6  # unbounded repetitions in one pattern: each adds a degree to the running time
MAX_WAYS = 8_000  # to share a text among repetitions that can match it, an endless one as 20
MAX_SEQUENCES = 64
MAX_CHOICES = 12  # optional or ambiguous parts: each can double the ways to try
MAX_REPEAT = 1_000  # product of nested counted repetitions

Characters = frozenset[int]
_ENDLESS_WAYS = 20
_OTHER = 256  # stands for every character above Latin-1
_ANY: Characters = frozenset(range(_OTHER + 1))
_DIGITS: Characters = frozenset(map(ord, "0123456789"))
_WORD: Characters = _DIGITS | frozenset(
    map(ord, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
)
_SPACE: Characters = frozenset(map(ord, " \t\n\r\f\v"))
_CLASSES = {
    "d": _DIGITS, "w": _WORD, "s": _SPACE, "h": _SPACE | {160}, "v": _SPACE,
    "D": _ANY - _DIGITS, "W": _ANY - _WORD, "S": _ANY - _SPACE, "H": _ANY - {9, 32},
    "V": _ANY - {10}, "N": _ANY - {10}, "R": _SPACE, "X": _ANY, "C": _ANY,
}  # fmt: skip
_CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "e": 27, "a": 7}
_ZERO_WIDTH = frozenset("bBAzZG")


class UnjudgedPattern(ValueError):
    """The pattern is malformed, or uses syntax whose cost is not judged."""


@dataclass(frozen=True, slots=True)
class _Atom:
    """`characters`, or the group `branches`, `least` to `most` times (None: without end)."""

    characters: Characters
    branches: tuple[tuple[_Atom, ...], ...] = ()
    least: int = 1
    most: int | None = 1

    @property
    def repeats(self) -> bool:
        return self.most is None or self.most > 1

    @property
    def varies(self) -> bool:
        return self.most != self.least


def danger(pattern: str, options: str = "") -> str | None:
    """Why the pattern may backtrack without bound, or None when it is safe.

    `options` are MongoDB's: i, m and s never make a pattern costlier than judged here.
    """
    if "x" in options:
        return "the option x changes what is repeated: write the pattern without spaces for looks"
    try:
        branches = _Reader(pattern).read()
    except (UnjudgedPattern, IndexError, ValueError) as error:
        return str(error) if isinstance(error, UnjudgedPattern) else "it is not well formed"
    atoms = list(_atoms(branches))
    if sum(atom.most is None for atom in atoms) > MAX_LOOPS:
        return f"it has more than {MAX_LOOPS} unbounded repetitions"
    if sum(atom.varies or _overlapping_alternatives(atom) for atom in atoms) > MAX_CHOICES:
        return f"it has more than {MAX_CHOICES} parts that can match in several ways"
    if _largest_count(branches) > MAX_REPEAT:
        return f"its nested counts multiply to more than {MAX_REPEAT}"
    for atom in atoms:
        if atom.repeats and atom.branches and (reason := _ambiguous_loop(atom)):
            return reason
    try:
        reasons = [_ambiguous_branch(branch) for branch in _branches(branches)]
    except UnjudgedPattern as error:
        return str(error)
    return next((reason for reason in reasons if reason), None)


# ------------------------------------------------------------------ judgement


def _atoms(branches: Iterable[Sequence[_Atom]]) -> Iterator[_Atom]:
    for branch in branches:
        for atom in branch:
            yield atom
            yield from _atoms(atom.branches)


def _branches(branches: Iterable[Sequence[_Atom]]) -> Iterator[Sequence[_Atom]]:
    for branch in branches:
        yield branch
        for atom in branch:
            yield from _branches(atom.branches)


def _largest_count(branches: Iterable[Sequence[_Atom]]) -> int:
    return max(
        (
            (atom.most or 1) * _largest_count(atom.branches)
            for branch in branches
            for atom in branch
        ),
        default=1,
    )


def _ambiguous_loop(loop: _Atom) -> str | None:
    """Why one text can be split over the rounds of `loop`, or within one, in several ways."""
    inner = list(_atoms(loop.branches))
    if len(loop.branches) > 1 and any(atom.varies for atom in inner):
        return "it repeats alternatives that vary in length themselves"
    if any(_overlapping_alternatives(atom) for atom in (loop, *inner)):
        return "it repeats alternatives that can match the same text"
    if any(atom.varies for atom in inner) and not _is_delimited(loop.branches[0]):
        return "it repeats a part that repeats itself"
    return None


def _overlapping_alternatives(group: _Atom) -> bool:
    if len(group.branches) < 2:
        return False
    firsts = [_first(branch) for branch in group.branches]
    return any(
        not first or any(first & other for other in firsts[index + 1 :])
        for index, first in enumerate(firsts)
    )


def _first(branch: Sequence[_Atom]) -> Characters:
    """Characters that a branch can start with; empty when it can match nothing."""
    seen: Characters = frozenset()
    for atom in branch:
        seen |= atom.characters
        if atom.least > 0 and atom.characters:
            return seen
    return frozenset()


def _is_delimited(body: Sequence[_Atom]) -> bool:
    """Whether rounds of a loop over `body` can be split, and each matched, in one way only.

    A fixed first or last atom must share no character with the rest; of the atoms inside only
    one may vary in length, unless those that do share no character with any other.
    """
    inner = list(_atoms([body]))
    leaves = [atom for atom in inner if not atom.branches and atom.characters]
    if any(atom.branches and atom.varies for atom in inner):
        return False
    varying = [atom for atom in leaves if atom.varies]
    for atom in varying if len(varying) > 1 else ():
        if any(atom.characters & other.characters for other in leaves if other is not atom):
            return False
    solid = [atom for atom in body if atom.characters]
    for delimiter, rest in ((solid[:1], solid[1:]), (solid[-1:], solid[:-1])):
        others = frozenset().union(*(atom.characters for atom in rest))
        fixed = bool(delimiter) and not delimiter[0].varies and not delimiter[0].branches
        if fixed and not delimiter[0].characters & others:
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a sequence matches at one place, in `ways` lengths (an `endless` one counts as 20)."""

    characters: Characters
    endless: bool
    ways: int
    solid: bool  # matches at least one character

    @property
    def is_loop(self) -> bool:
        return self.ways > 1


def _sequences(branch: Sequence[_Atom]) -> list[tuple[_Piece, ...]]:
    """What the branch can match in a row: with and without each optional part.

    Brackets are left out where that changes nothing, as are zero-width parts.
    """
    found: list[tuple[_Piece, ...]] = [()]
    for atom in branch:
        found = [before + after for before in found for after in _readings(atom)]
        if len(found) > MAX_SEQUENCES:
            raise UnjudgedPattern("it has too many optional parts")
    return found


def _readings(atom: _Atom) -> list[tuple[_Piece, ...]]:
    if not atom.characters:
        return [()]
    if len(atom.branches) == 1 and (atom.most is not None or _is_delimited(atom.branches[0])):
        once = _sequences(atom.branches[0])
        return once if atom.least > 0 else [*once, ()]
    solid = atom.least > 0
    inner = list(_atoms([[atom]])) if atom.branches else [atom]
    endless = any(a.most is None for a in inner)
    ways = prod(_ENDLESS_WAYS if a.most is None else a.most - a.least + 1 for a in inner)
    return [(_Piece(atom.characters, endless, ways, solid and not (atom.branches and endless)),)]


def _competing_loops(branch: Iterable[_Atom], open_loops: Characters = frozenset()) -> bool:
    """Whether two endless groups can share out the same text between their rounds."""
    for atom in _inlined(branch):
        if atom.branches and atom.most is None:
            if open_loops & atom.characters:
                return True
            open_loops |= atom.characters
        elif atom.least > 0 and atom.characters and not atom.characters & open_loops:
            open_loops = frozenset()
    return False


def _inlined(branch: Iterable[_Atom]) -> Iterator[_Atom]:
    for atom in branch:
        if len(atom.branches) == 1 and atom.most is not None:
            yield from _inlined(atom.branches[0])
        else:
            yield atom


def _ambiguous_branch(branch: Sequence[_Atom]) -> str | None:
    if _competing_loops(branch):
        return "two repeated groups can match the same text"
    reasons = map(_ambiguous_sequence, _sequences(branch))
    return next((reason for reason in reasons if reason), None)


def _ambiguous_sequence(pieces: Sequence[_Piece]) -> str | None:
    """Why one text can be shared out among the loops of a sequence in too many ways.

    Two loops compete when they match the same characters, and so does all between them.
    """
    for index, first in enumerate(pieces):
        if not first.is_loop:
            continue
        ways, apart = first.ways, False
        for piece in pieces[index + 1 :]:
            common = first.characters & piece.characters
            if piece.is_loop and common:
                if piece.endless and first.endless and not apart:
                    return "two neighbouring unbounded repetitions match the same characters"
                ways *= piece.ways
            if piece.solid and not common:
                break
            apart = apart or piece.solid
        if ways > MAX_WAYS:
            return "too many of its repetitions can match the same text"
    return None


# -------------------------------------------------------------------- reading


class _Reader:
    """PCRE syntax as atoms. Letters count in both cases: options may say so."""

    def __init__(self, pattern: str) -> None:
        self._text, self._at = pattern, 0

    def read(self) -> tuple[tuple[_Atom, ...], ...]:
        branches = self._alternatives()
        if self._at < len(self._text):
            raise UnjudgedPattern("a closing bracket has no opening one")
        return branches

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        if self._at >= len(self._text):
            raise UnjudgedPattern("it ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _match(self, expression: str) -> re.Match[str] | None:
        found = re.compile(expression).match(self._text, self._at)
        if found:
            self._at = found.end()
        return found

    def _alternatives(self) -> tuple[tuple[_Atom, ...], ...]:
        branches: list[tuple[_Atom, ...]] = []
        branch: list[_Atom] = []
        while self._peek() not in ("", ")"):
            if self._match(r"\|"):
                branches.append(tuple(branch))
                branch = []
            elif quoted := self._match(r"\\Q(.*?)(\\E|$)"):
                branch.extend(_Atom(_both_cases(ord(c))) for c in quoted[1])
            else:
                branch.append(self._repeated(self._atom()))
        return (*branches, tuple(branch))

    def _repeated(self, atom: _Atom) -> _Atom:
        counted = self._match(r"\{(\d+)(,?)(\d*)\}")
        if counted:
            least = int(counted[1])
            most = int(counted[3]) if counted[3] else (None if counted[2] else least)
        elif symbol := self._match(r"[*+?]"):
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[symbol[0]]
        else:
            return atom
        self._match(r"[?+]")
        if self._match(r"[*+?]|\{\d+,?\d*\}"):
            raise UnjudgedPattern("a repetition is repeated")
        return _Atom(atom.characters, atom.branches, least, most)

    def _atom(self) -> _Atom:
        character = self._take()
        match character:
            case "(":
                return self._group()
            case "[":
                return _Atom(self._character_class())
            case "\\":
                return self._escape()
            case ".":
                return _Atom(_ANY)
            case "^" | "$":
                return _Atom(frozenset())
            case "*" | "+" | "?":
                raise UnjudgedPattern(f"{character} repeats nothing")
            case _:
                return _Atom(_both_cases(ord(character)))

    def _group(self) -> _Atom:
        if self._match(r"\*"):
            raise UnjudgedPattern("verbs such as (*ANY) are not allowed")
        if self._match(r"\?#[^)]*\)") or self._match(r"\?[imsnJ^-]*\)"):
            return _Atom(frozenset())
        around = self._match(r"\?<?[=!]")
        known = self._match(r"\?[:|>]|\?[imsnJ^-]+:|\?P?<[A-Za-z_]\w*>|\?'[A-Za-z_]\w*'")
        if not around and not known and self._peek() == "?":
            raise UnjudgedPattern(
                "recursion, conditions, callouts and the option x in (?...) are not allowed"
            )
        branches = self._alternatives()
        if self._take() != ")":
            raise UnjudgedPattern("a bracket is not closed")
        inside = frozenset().union(*(a.characters for branch in branches for a in branch))
        return _Atom(frozenset() if around else inside, branches)

    def _escape(self) -> _Atom:
        character = self._take()
        if character in _ZERO_WIDTH:
            return _Atom(frozenset())
        if character in "123456789gkK":
            raise UnjudgedPattern("backreferences are not allowed")
        return _Atom(self._escaped(character))

    def _escaped(self, character: str) -> Characters:
        if character in _CLASSES:
            return _CLASSES[character]
        if character in "pP":
            if not self._match(r"\{\^?\w+\}|\w"):
                raise UnjudgedPattern(r"\p needs a property")
            return _ANY
        if character in _CONTROLS:
            return frozenset({_CONTROLS[character]})
        if character == "x":
            digits = self._match(r"\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{0,2})")
            return _both_cases(int((digits and (digits[1] or digits[2])) or "0", 16))
        if character.isalnum() and character not in "0E":
            raise UnjudgedPattern(f"the escape \\{character} is not known")
        return _both_cases(ord(character))

    def _character_class(self) -> Characters:
        negated = bool(self._match(r"\^"))
        members: Characters = frozenset()
        first = True
        while first or self._peek() != "]":
            first = False
            if posix := self._match(r"\[:\^?(\w+):\]"):
                members |= _ANY if posix[1] not in ("digit", "space") else _POSIX[posix[1]]
                continue
            low = self._class_member()
            if self._match(r"-(?!\])"):
                high = self._class_member()
                if not low or not high:
                    raise UnjudgedPattern("a range in [...] has no ends")
                for code in range(min(low), max(high) + 1):
                    members |= _both_cases(code)
                    if code > _OTHER:
                        break
            else:
                members |= low
        self._take()
        return _ANY - (members - {_OTHER}) if negated else members

    def _class_member(self) -> Characters:
        character = self._take()
        if character != "\\":
            return _both_cases(ord(character))
        escaped = self._take()
        return frozenset({8}) if escaped == "b" else self._escaped(escaped)


_POSIX = {"digit": _DIGITS, "space": _SPACE}


def _both_cases(code: int) -> Characters:
    if code >= _OTHER:
        return frozenset({_OTHER})
    letter = chr(code)
    return frozenset(min(ord(c), _OTHER) for c in (letter, *letter.lower(), *letter.upper()))
