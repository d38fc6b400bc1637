"""Python text as the standard library's syntax tree, with positions and errors that point.

Nothing is compiled or run. Depends on `syntax` and `methods`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from mqt_serving.errors import QueryError
from mqt_serving.query.dialects.methods import CANONICAL
from mqt_serving.query.dialects.syntax import Columns, Position

_NAMES = frozenset(
    "datetime timedelta timezone re bson pymongo uuid math Regex Int64 SON OrderedDict Decimal "
    "list dict tuple float int str bytes pprint Collation CollationStrength "
    "ASCENDING DESCENDING UTC".split()
)
"""Names that mean something in Python code only."""

_NODES = (
    ast.Tuple, ast.keyword, ast.JoinedStr, ast.Import, ast.ImportFrom, ast.Lambda, ast.Starred,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Slice, ast.AnnAssign,
)  # fmt: skip
"""Syntax that JavaScript does not have, or that means something else there."""

_WORDS = re.compile(
    r"\b(True|False|None|lambda|from\s+\w+\s+import|import\s+\w+\s*$|find_one|count_documents"
    r"|estimated_document_count|datetime\(|re\.compile)\b|^\s*#|[\s\[({:,]r[\"']",
    re.MULTILINE,
)
_JAVASCRIPT_WORDS = re.compile(r"^\s*(const|let|var)\s|\bnew\s+\w|=>|//|\bISODate\b|\$oid", re.M)


class Source:
    """One text and its syntax tree, which is None where the text is not Python."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._indent = len(re.match(r"\s*?([ \t]*)\S", text + "x")[1])  # type: ignore[index]
        lines = text.split("\n")
        self._shifted = [self._indent and not line[: self._indent].strip() for line in lines]
        code = "\n".join(
            line[self._indent :] if shifted else line
            for line, shifted in zip(lines, self._shifted, strict=True)
        )
        self._columns = Columns(code)
        self._error: SyntaxError | None = None
        self.tree: ast.Module | None = None
        try:
            self.tree = ast.parse(code)
        except SyntaxError as error:
            self._error = error
        except (ValueError, RecursionError, MemoryError):
            pass  # a zero character, or nested too deeply for Python

    @property
    def is_certain(self) -> bool:
        """Whether the text is Python, and cannot be meant as JavaScript."""
        if self.tree is None:
            return False
        nodes = list(ast.walk(self.tree))
        names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        return any(map(_is_python, nodes)) and not any(
            key.id not in names for node in nodes for key in _bare_keys(node)
        )

    @property
    def is_likely(self) -> bool:
        """Whether a text that is no JavaScript is meant as Python."""
        if self.tree is not None:
            return True
        return bool(_WORDS.search(self._text)) and not _JAVASCRIPT_WORDS.search(self._text)

    def position(self, node: ast.expr | ast.stmt | ast.keyword) -> Position:
        return self._position(node.lineno, node.col_offset)

    def end(self, node: ast.Attribute) -> Position:
        """Where the name after the dot stands."""
        line, column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self._position(line, max(0, column - len(node.attr.encode())))

    def _position(self, line: int, byte_column: int) -> Position:
        column = self._columns.of(line - 1, byte_column)
        return Position(line, column + 1 + (self._indent if self._shifted[line - 1] else 0))

    def syntax_error(self) -> QueryError:
        """What is wrong with a text that is not Python."""
        error = self._error
        if error is None or error.lineno is None:
            return QueryError("The query is nested too deeply.")
        line = min(error.lineno, len(self._shifted))
        column = max(error.offset or 1, 1)
        message = error.msg.removeprefix("invalid syntax. ").rstrip(".")
        return QueryError(
            f"cannot read the query: {message}",
            line,
            column + (self._indent if self._shifted[line - 1] else 0),
        )


def _is_python(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=value):
            return value is None or isinstance(value, bool | bytes | complex)
        case ast.Name(id=name, ctx=ast.Load()):
            return name in _NAMES
        case ast.Call(func=ast.Attribute(attr=name)):
            return "_" in name.strip("_") or (name in CANONICAL and name != CANONICAL[name])
        case _:
            return isinstance(node, _NODES)


def _bare_keys(node: ast.AST) -> Iterator[ast.Name]:
    """`{a: 1}` and `{a}`: keys without quotes, as JavaScript has them."""
    keys: list[ast.expr | None] = []
    if isinstance(node, ast.Dict):
        keys = node.keys
    elif isinstance(node, ast.Set):
        keys = [*node.elts]
    yield from (key for key in keys if isinstance(key, ast.Name))
