"""Whatever a text is, it is read or refused as ours, and in bounded time."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mqt_serving.errors import QueryError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import (
    render_json,
    render_mongosh,
    render_node,
    render_pymongo,
)

_SECONDS = 5  # for 100,000 characters; it takes 0.4 where nothing else runs
_MANY = 10_000
_RENDERERS = (None, render_mongosh, render_node, render_pymongo, render_json)

_REPEATED = [
    "[", "{", "(", "{a:", '{"a":', "[{", "f(", "db.c.find(", "{$and:[", "new ", "!", "-", "- ",
    "not ", "await ", "`${", '"', "'", "/", "/*", "a?b:", "x=>", "lambda:", "...", "a.", "a[", "#",
    "\\", "\n", ";", "@", "<", "`", "r'", 'f"{', '"""', "//", "1+", "1,", "a=", "a=1\n", "\ufeff",
]  # fmt: skip


def read_or_refused(text: str) -> None:
    started = time.perf_counter()
    try:
        parse_query(text)
    except QueryError as error:
        assert str(error)
    assert time.perf_counter() - started < _SECONDS


@pytest.mark.parametrize("part", _REPEATED)
def test_repetitions(part: str) -> None:
    count = min(_MANY, 99_000 // len(part))
    read_or_refused(part * count)
    read_or_refused(f"db.c.find({part * count})")
    read_or_refused(f'db.c.find({{"a": True, "b": {part * count}}})')


@pytest.mark.parametrize("depth", [30, 48, 99, 101, _MANY])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[", "]"),
        ("(", ")"),
        ("{a: ", "}"),
        ('{"a": ', "}"),
        ("{$and: [", "]}"),
        ("{a: {$elemMatch: ", "}}"),
        ('{"a": {"$not": ', "}}"),
        ("{$add: [", "]}"),
        ("[{$facet: {a: ", "}}]"),
        ('[{"$lookup": {"from": "c", "as": "a", "pipeline": ', "}}]"),
    ],
)
def test_nesting(before: str, after: str, depth: int) -> None:
    nested = before * depth + "{}" + after * depth
    for text in (
        f"db.c.find({nested})",
        f"db.c.find({{$expr: {nested}}})",
        f"db.c.aggregate({nested})",
        f"db.c.aggregate({nested}, allowDiskUse=True)",
        f'{{"find": "c", "filter": {nested}}}',
    ):
        read_or_refused(text[:100_000])


def _doubled(first: str, again: str, query: str) -> str:
    lines = [f"x0 = {first}", *(f"x{n} = " + again.format(f"x{n - 1}") for n in range(1, 60))]
    return "\n".join([*lines, query])


@pytest.mark.parametrize(
    "text",
    [
        _doubled('["a", "b"]', "[{0}, {0}, {0}]", 'db.c.find({"a": x59}, limit=1)'),
        _doubled('["a", "b"]', "[{0}, {0}, {0}]", "db.c.find({a: x59})"),
        _doubled('"text"', "{0} + {0}", 'db.c.find({"a": x59}, limit=1)'),
        _doubled('"text"', "[{0}]", "db.c.find({a: x59})"),
        _doubled("9999999", "{0} * {0}", 'db.c.find({"a": x59}, limit=1)'),
        _doubled("timedelta(days=9)", "{0}", 'db.c.find({"a": datetime.now() - x59})'),
        "db.c.find({a: " + "9" * 90_000 + "})",
        "db.c.find({a: 1e" + "9" * 90_000 + "})",
        'db.c.find({a: NumberDecimal("1e99999999")})',
        'db.c.find({a: "\\u{' + "f" * 50_000 + '}"})',
        "db.c.find({" + ",".join(f"a{n}: 1" for n in range(9_000)) + "})",
        "db.c.find().sort([" + ",".join(f'["a{n}", 1]' for n in range(7_000)) + "])",
        "db.c.find({é: [" + "1," * 45_000 + "]})",
        "db.c.find()" + ".limit(1)" * _MANY,
        "db" + ".a" * 40_000 + ".find()",
        'db.c.find({"a": "\0"})',
        'db.c.find({"a\0": True})',
        'db.c.find({a: "\ud800"})',
        "db?.c?.find?.()",
        "db.c.find`x`",
        "db.#c.find()",
        "db.c.find(({}))",
        "db.c.find({[]: 1})",
        "db.c.find({a: [,,1]})",
        "db()()",
        "()",
        "await",
        "{",
        "({})",
        "[a] = db.c.find()",
    ],
)
def test_odd_texts(text: str) -> None:
    read_or_refused(text)


def test_names_do_not_multiply_what_is_read() -> None:
    text = _doubled('["a", "b"]', "[{0}, {0}, {0}]", "db.c.find({a: x59})")
    with pytest.raises(QueryError, match="more than 100,000 parts"):
        parse_query(text)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.text("db.cfind({a:$gt[]})'\" 1,", max_size=60),
        st.text('db.cfind_one({"a": True, lmt=-5})\n#r', max_size=60),
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refused(text)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_real_queries_with_a_wrong_part_are_read_or_refused(
    tend_folder: Path, data: st.DataObject
) -> None:
    records = json.loads((tend_folder / "train.json").read_text())[:200]
    text = data.draw(st.sampled_from(records))["MQL"]
    render = data.draw(st.sampled_from(_RENDERERS))
    if render is not None:
        try:
            text = render(parse_query(text))
        except QueryError:
            return
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 12)))
    read_or_refused(text[:start] + data.draw(st.text(max_size=4)) + text[end:])
