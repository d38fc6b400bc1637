"""Plain BSON documents as source text: one layout for every style (`printing_styles`).

What fits on a line stays on it; longer objects and lists take a line for each item. The text
reads back to the same values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

WIDTH = 88


class Printer(ABC):
    """Lays values out; a style says how keys and scalars look."""

    indent: str
    padding: str  # between braces and what they hold, on one line

    @abstractmethod
    def key(self, name: str) -> str: ...

    @abstractmethod
    def scalar(self, value: Any) -> str: ...

    def inline(self, value: Any) -> str:
        match value:
            case dict() if not value:
                return "{}"
            case dict():
                entries = ", ".join(f"{self.key(k)}: {self.inline(v)}" for k, v in value.items())
                return f"{{{self.padding}{entries}{self.padding}}}"
            case list() | tuple():
                return f"[{', '.join(self.inline(item) for item in value)}]"
            case _:
                return self.scalar(value)

    def laid_out(self, value: Any, used: int = 0, level: int = 0) -> str:
        """`value` from column `used` on, its further lines indented by `level` steps."""
        line = self.inline(value)
        if used + len(line) <= WIDTH or not isinstance(value, dict | list | tuple):
            return line
        inner = self.indent * (level + 1)
        if isinstance(value, dict):
            labels = [f"{self.key(name)}: " for name in value]
            items = list(value.values())
        else:
            labels, items = [""] * len(value), list(value)
        lines = [
            f"{inner}{label}{self.laid_out(item, len(inner) + len(label) + 1, level + 1)}"
            for label, item in zip(labels, items, strict=True)
        ]
        opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
        return f"{opening}\n" + ",\n".join(lines) + f"\n{self.indent * level}{closing}"

    def stages(self, pipeline: Sequence[Any]) -> str:
        """A pipeline: one line for one short stage, else each stage on lines of its own."""
        if len(pipeline) <= 1:
            return self.laid_out(list(pipeline), used=40)
        lines = [f"{self.indent}{self.laid_out(s, len(self.indent) + 1, 1)}" for s in pipeline]
        return "[\n" + ",\n".join(lines) + "\n]"

    def arguments(self, arguments: Sequence[tuple[str, Any]], used: int) -> str:
        """The arguments of a call that starts in column `used`: each a label (`limit=`) or none,
        and a value."""
        line = ", ".join(f"{label}{self.inline(value)}" for label, value in arguments)
        if used + len(line) <= WIDTH:
            return line
        if len(arguments) == 1:
            ((label, value),) = arguments
            return label + self.laid_out(value, used + len(label))
        width = len(self.indent) + 1
        lines = [
            f"{self.indent}{label}{self.laid_out(value, width + len(label), 1)}"
            for label, value in arguments
        ]
        return "\n" + ",\n".join(lines) + "\n"
