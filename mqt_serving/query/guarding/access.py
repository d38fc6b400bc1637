"""Which field paths of a document may be read, and how paths of queries relate to them.

Array positions in a path (`items.0.price`, `items.$`) are passed over: schemas and policies
name paths without them. Pure; depends on `policy` for the type only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mqt_serving.query.guarding.policy import Paths

WHOLE = ""
"""The path of the document itself: what `$$ROOT` reads."""


@dataclass(frozen=True, slots=True)
class Access:
    """All but the `denied` paths; with `allowed`, only those and what stands below them.

    `inner` is the access to joined documents, by the path under which they stand.
    """

    denied: Paths = frozenset()
    allowed: Paths | None = None
    inner: tuple[tuple[str, Access], ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether nothing is hidden."""
        return (
            not self.denied
            and self.allowed is None
            and all(access.is_open for _, access in self.inner)
        )

    def hides(self, path: str) -> bool:
        """Whether `path` names a hidden field, or something inside one."""
        joined = [(access, below_of(path, name)) for name, access in self.inner]
        if any(below is not None for _, below in joined):
            return any(below and access.hides(below) for access, below in joined)
        if path == WHOLE:
            return False
        if any(below_of(path, denied) is not None for denied in self.denied):
            return True
        return self.allowed is not None and not any(
            below_of(path, allowed) is not None or leads_to(path, allowed)
            for allowed in self.allowed
        )

    def holds(self, path: str) -> bool:
        """Whether the value at `path` may have a hidden field somewhere inside."""
        if any(leads_to(path, denied) for denied in self.denied):
            return True
        if self.allowed is not None and not any(
            below_of(path, allowed) is not None for allowed in self.allowed
        ):
            return True
        for name, access in self.inner:
            below = below_of(path, name)
            if below is not None and access.holds(below):
                return True
            if leads_to(path, name) and not access.is_open:
                return True
        return False

    def redefined(self, names: Iterable[str]) -> Access:
        """After `names` got new values: they no longer mean what was hidden."""
        given = frozenset(names)
        if not given:
            return self

        def kept(path: str) -> bool:
            return not any(is_at_or_below(path, name) for name in given)

        return Access(
            frozenset(filter(kept, self.denied)),
            None if self.allowed is None else self.allowed | given,
            tuple((name, access) for name, access in self.inner if kept(name)),
        )

    def only(self, names: Iterable[str]) -> Access:
        """After all but `names` was dropped: other names mean nothing any more."""
        kept = frozenset(names)
        return Access(
            frozenset(p for p in self.denied if any(is_below(p, name) for name in kept)),
            None,
            tuple(
                (path, access)
                for path, access in self.inner
                if any(is_at_or_below(path, name) for name in kept)
            ),
        )

    def joined(self, name: str, other: Access) -> Access:
        """With documents of another collection under `name`."""
        after = self.redefined([name])
        return (
            after
            if other.is_open
            else Access(after.denied, after.allowed, (*after.inner, (name, other)))
        )

    def united(self, other: Access) -> Access:
        """For rows of two kinds: what is denied in either is denied."""
        allowed = (
            None if self.allowed is None or other.allowed is None else self.allowed | other.allowed
        )
        return Access(self.denied | other.denied, allowed, (*self.inner, *other.inner))


def below_of(path: str, ancestor: str) -> str | None:
    """What of `path` is below `ancestor` (empty when it is `ancestor`), None when it is outside."""
    left = _after(path, ancestor)
    return None if left is None or left[1] else ".".join(p for p in left[0] if not _position(p))


def leads_to(path: str, descendant: str) -> bool:
    """Whether `descendant` lies strictly below `path`."""
    left = _after(path, descendant)
    return left is not None and bool(left[1]) and not left[0]


def is_below(path: str, ancestor: str) -> bool:
    """Literally, without passing over positions; everything is below the whole document."""
    return ancestor == WHOLE != path or path.startswith(f"{ancestor}.")


def is_at_or_below(path: str, ancestor: str) -> bool:
    return path == ancestor or is_below(path, ancestor)


def outermost(paths: Iterable[str]) -> Paths:
    """The paths without those below another."""
    every = frozenset(paths)
    return frozenset(p for p in every if not any(is_below(p, other) for other in every))


def _after(path: str, pattern: str) -> tuple[list[str], list[str]] | None:
    """What is left of both after their common way; None where the ways part."""
    wanted = pattern.split(".") if pattern else []
    given = path.split(".") if path else []
    while given and wanted:
        if given[0] == wanted[0]:
            wanted = wanted[1:]
        elif not _position(given[0]):
            return None
        given = given[1:]
    if not wanted:
        return given, []
    return given, wanted


def _position(part: str) -> bool:
    return part.isdigit() or part.startswith("$")
