"""What checking a command finds, and the scope in which its paths mean something.

`Findings` collects notes; it resolves paths and says which are unknown, with the nearest names.
Used by the checks of filters, expressions and stages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mqt_serving.query.checking.nearest import CLOSE, likeness_of
from mqt_serving.query.checking.notes import Note, NoteKind
from mqt_serving.query.checking.places import UNKNOWN, Nothing, Place, find, known_paths, value_at

_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Scope:
    """The documents at one point of a pipeline.

    `collection` is where they come from, `shaped_by` the last stage that fixed their fields (""
    while they are as stored). `conditional`: what is computed here may never be. `present` are
    paths that other tests of the same filter require to have a value. `within` is the list whose
    elements the paths are relative to ("" in a document).
    """

    root: Place
    collection: str
    shaped_by: str = ""
    variables: Mapping[str, Place] = field(default_factory=dict)
    conditional: bool = False
    present: frozenset[str] = frozenset()
    within: str = ""

    def named(self, path: str) -> str:
        """The path as messages call it."""
        return ".".join(part for part in (self.within, path) if part)


class Findings:
    def __init__(self) -> None:
        self.notes: dict[Note, None] = {}

    def tell(self, kind: NoteKind, text: str, suggestion: str = "") -> None:
        self.notes.setdefault(Note(kind, text, suggestion))

    def tested(self, path: str, scope: Scope) -> Place:
        """What stands at the path of a filter, sort or join; notes a path that is nowhere."""
        prefix = f"{scope.within}." if scope.within else ""
        return self._known(find(scope.root, path), path, scope, prefix=prefix)

    def read(self, path: str, scope: Scope, root: Place | None = None, prefix: str = "") -> Place:
        """What the expression `"$path"` gives; notes a path that is nowhere.

        `root` stands for a variable of the name `prefix` (with its dollars).
        """
        start = scope.root if root is None else root
        return self._known(value_at(start, path), path, scope, start, prefix)

    def _known(
        self,
        found: Place | Nothing,
        path: str,
        scope: Scope,
        root: Place | None = None,
        prefix: str = "",
    ) -> Place:
        if isinstance(found, Place):
            return found
        start = scope.root if root is None else root
        near = _nearest(path, start)
        hint = f": did you mean `{prefix}{near}`?" if near else "."
        if found is Nothing.UNSEEN:
            text = f"No sampled document of {scope.collection} has `{prefix}{path}`{hint}"
        else:
            names = [f"`{name}`" for name in known_paths(start, _MOST_NAMES)[:_MOST_NAMES]]
            left = ", ".join(names) or "no fields"
            after = f"After {scope.shaped_by} there" if scope.shaped_by else "There"
            text = f"{after} is no `{prefix}{path}`, only {left}{hint}"
        self.tell(NoteKind.UNSEEN_PATH, text)
        return UNKNOWN


def _nearest(path: str, root: Place) -> str | None:
    ranked = [(likeness_of(path, known), known) for known in known_paths(root)]
    best = max(ranked, default=(0.0, ""))
    return best[1] if best[0] >= CLOSE else None
