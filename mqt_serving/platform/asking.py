"""Asking a running MQT over HTTP and showing the answer in a terminal."""

from __future__ import annotations

from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mqt_serving.errors import MqtError, ServiceUnavailable

MOST_ROWS_SHOWN = 10


class AnswerProblem(MqtError):
    """The service answered with a problem document: `code`, `status` and message are its."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(str(document.get("detail") or document.get("title") or document))
        self.code = str(document.get("code", "unknown"))
        self.status = int(document.get("status", 500))


def call(
    base: str,
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    timeout: float = 60.0,
) -> dict[str, Any]:
    """One call of the API; raises `AnswerProblem`, or `ServiceUnavailable` when nobody answers."""
    try:
        # trust_env off: a proxy for the internet must not get what is asked on this machine.
        with httpx.Client(base_url=base, timeout=timeout, trust_env=False) as client:
            response = client.request(method, path, json=body)
    except httpx.HTTPError as error:
        raise ServiceUnavailable(
            f"MQT does not answer at {base} ({error or type(error).__name__}). Start it with "
            "`mqt up`, or set MQT_HOST and MQT_PORT to where it listens."
        ) from error
    try:
        document = response.json()
    except ValueError as error:
        raise ServiceUnavailable(
            f"What answers at {base} is not MQT (status {response.status_code}). Set MQT_HOST "
            "and MQT_PORT to where MQT listens."
        ) from error
    if response.is_error:
        raise AnswerProblem(document)
    return dict(document)


def ask(
    base: str,
    question: str,
    database: str | None = None,
    run: bool = True,
    previous: str | None = None,
) -> dict[str, Any]:
    """The answer (or, without `run`, only the translation) as the API gives it.

    `previous` is the id of the answer that the question may follow up on.
    """
    body: dict[str, Any] = {"question": question}
    if database:
        body["database"] = database
    if previous:
        body["previous"] = previous
    return call(base, "POST", "/v1/query" if run else "/v1/translate", body)


def example_question(base: str) -> str | None:
    """A question that fits the data, as the service suggests it; None when there is none."""
    for database in call(base, "GET", "/v1/schemas")["databases"]:
        if database.get("examples"):
            return str(database["examples"][0])
    return None


def _by_whom(correction: dict[str, Any]) -> str:
    author, at = correction.get("author"), correction.get("at")
    return (f" by {author}" if author else "") + (f" of {at[:10]}" if at else "")


def show(answer: dict[str, Any], console: Console) -> None:
    """Question, query, meaning and first rows."""
    console.print(f"[bold]Question[/]  {escape(answer['question'])}")
    if before := answer.get("follow_up_of"):
        console.print(f"[bold]Follow-up[/] to {escape(before['question'])}")
    console.print(f"[bold]Meaning[/]   {escape(answer['meaning'])}")
    if warning := (answer.get("llm") or {}).get("warning"):
        console.print(f"[bold]Warning[/]   {escape(warning)}")
    for note in answer.get("notes", ()):
        console.print(f"[bold]Note[/]      {escape(note)}")
    console.print(f"[bold]Query[/]     {escape(answer['mongosh'])}")
    details = f"{answer['confidence']:.0%} sure, database {answer['database']}"
    if answer.get("source") == "correction":
        details += ", from a correction" + _by_whom(answer.get("correction") or {})
    elif answer.get("source") == "llm":
        details += f", by {answer['llm']['model']}"
    if query_id := answer.get("query_id"):
        details += f", id {query_id}"
    console.print(f"[dim]          {escape(details)}, release {escape(answer['release_id'])}[/]")
    if "rows" in answer:
        _show_rows(answer, console)
    if choice := answer.get("choice"):
        console.print(f"[bold]Or[/]        {escape(choice['question'])}")
        for option in choice["options"]:
            line = f"{option['difference']}: {_in_one_line(option)} ({option['probability']:.0%})"
            console.print(f"          {escape(line)}", overflow="ellipsis", no_wrap=True)


def _show_rows(answer: dict[str, Any], console: Console) -> None:
    rows = answer["rows"]
    if not rows:
        console.print("[yellow]No rows match.[/]")
        return
    columns = answer.get("columns") or list(dict.fromkeys(key for row in rows for key in row))
    table = Table(show_header=True, header_style="bold")
    for column in columns:
        table.add_column(escape(column), overflow="fold")
    for row in rows[:MOST_ROWS_SHOWN]:
        table.add_row(*(escape(_cell(row.get(column))) for column in columns))
    console.print(table)
    if len(rows) > MOST_ROWS_SHOWN:
        more = "more than " if answer.get("truncated") else ""
        console.print(f"[dim]first {MOST_ROWS_SHOWN} of {more}{len(rows):,} rows[/]")


def _in_one_line(table: dict[str, Any]) -> str:
    """`count 358`, `shipped, 3; new, 2; ...`: rows as values, with their name when it is one."""
    rows = [", ".join(_cell(row[c]) for c in table["columns"] if c in row) for row in table["rows"]]
    if not rows:
        return "no rows"
    if len(rows) == 1 and len(table["columns"]) == 1:
        return f"{table['columns'][0]} {rows[0]}"
    return "; ".join([*rows, "..."] if table["truncated"] else rows)


def _cell(value: object) -> str:
    return "" if value is None else str(value)
