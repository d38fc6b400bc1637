"""The command `mqt`: up, down, ask, feedback, serve, doctor, ... Thin: each hands over."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from mqt_serving.errors import MqtError
from mqt_serving.feedback.reasons import Reason
from mqt_serving.settings import Settings

app = typer.Typer(
    help="Ask a MongoDB database questions in plain English.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def up() -> None:
    """Start everything (database, pipeline, web page, API) and stay until Ctrl-C."""
    from mqt_serving.platform.console import Progress
    from mqt_serving.platform.launch import up as start
    from mqt_serving.platform.supervisor import Stopped

    progress = Progress()
    with _errors_shown():
        try:
            start(Settings.from_environment(), progress)
        except Stopped:
            progress.say("Stopped. Data is kept; `mqt up` starts again in seconds.")


@app.command()
def down() -> None:
    """Stop the `mqt up` of this home, or what is left of one that was killed."""
    from mqt_serving.platform.supervisor import bring_down

    with _errors_shown():
        stopped = bring_down(Settings.from_environment())
        print("Stopped." if stopped else "Nothing was running.")


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="In plain English, quoted.")],
    database: Annotated[str, typer.Option(help="Default: the one that fits best.")] = "",
    after: Annotated[
        str, typer.Option(help="Id of the answer that this may follow up on: 'and by month?'.")
    ] = "",
    translate: Annotated[bool, typer.Option(help="Only translate, don't run the query.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's reply.")] = False,
) -> None:
    """Ask a question of a running MQT and show query, meaning and rows."""
    from mqt_serving.platform import asking

    with _errors_shown():
        base = _service_url()
        answer = asking.ask(
            base, question, database or None, run=not translate, previous=after or None
        )
        if as_json:
            print(json.dumps(answer, indent=2, ensure_ascii=False))
        else:
            asking.show(answer, Console())


@app.command()
def feedback(
    answer: Annotated[str, typer.Argument(help="Id of the answer, as `mqt ask` shows it.")],
    up: Annotated[bool, typer.Option("--up", help="The answer is right.")] = False,
    down: Annotated[bool, typer.Option("--down", help="The answer is wrong.")] = False,
    rating: Annotated[int | None, typer.Option(help="Stars.", min=1, max=5)] = None,
    reason: Annotated[
        list[Reason] | None, typer.Option(help="What is wrong; may be given several times.")
    ] = None,
    query: Annotated[
        str | None, typer.Option(help="The query that is right: mongosh, PyMongo, Node.js, JSON.")
    ] = None,
    text: Annotated[str, typer.Option(help="Anything else, in words.")] = "",
    author: Annotated[str, typer.Option(help="Who says it.")] = "",
    key: Annotated[
        str, typer.Option(help="Kept once for each key. Default: once for the same feedback.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's reply.")] = False,
) -> None:
    """Say what is right or wrong about an answer of a running MQT; a correction holds at once."""
    from mqt_serving.platform import feedback as sending

    if up and down:
        raise typer.BadParameter("An answer is right or wrong: give --up or --down.")
    if not (up or down or rating or reason or query or text):
        raise typer.BadParameter(
            "Say something: --up, --down, --rating, --reason, --query or --text."
        )
    said = {
        "query_id": answer,
        "verdict": "up" if up else "down" if down else None,
        "rating": rating,
        "reasons": list(reason or ()),
        "corrected_query": query,
        "comment": text,
        "author": author,
        "client_key": key or None,
    }
    with _errors_shown():
        receipt = sending.send(_service_url(), {k: v for k, v in said.items() if v})
        if as_json:
            print(json.dumps(receipt, indent=2, ensure_ascii=False))
        else:
            sending.show(receipt, Console())


@app.command()
def serve() -> None:
    """Serve the live release on MQT_HOST and MQT_PORT, without the pipeline."""
    import uvicorn

    from mqt_serving.platform import processes
    from mqt_serving.platform.supervisor import PlatformError

    with _errors_shown():
        settings = Settings.load()
        if not processes.port_is_free(settings.port, settings.host):
            raise PlatformError(
                f"Port {settings.port} on {settings.host} (MQT_PORT) is in use. Stop what listens "
                "there, or set MQT_PORT to another port."
            )
        uvicorn.run(
            "mqt_serving.http.app:create_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            log_level="info",
            timeout_graceful_shutdown=5,
            server_header=False,
        )


@app.command()
def doctor() -> None:
    """Show what is configured, what is reachable and which release is live."""
    from mqt_serving.platform.doctor import Health, examine

    styles = {Health.OK: "green", Health.WARNING: "yellow", Health.PROBLEM: "red"}
    console = Console(soft_wrap=True, highlight=False)
    worst = Health.OK
    with _errors_shown():
        for finding in examine(Settings.load(), os.environ):
            mark = f"[{styles[finding.health]}]{finding.health:<8}[/]"
            console.print(f"{mark} {finding.about:<22} {escape(finding.text)}")
            if finding.health is Health.PROBLEM:
                worst = finding.health
    if worst is Health.PROBLEM:
        raise typer.Exit(1)


@app.command()
def experiment(
    action: Annotated[str, typer.Argument(help="start, ramp, stop, withdraw, promote or status.")],
    share: Annotated[
        float | None, typer.Option(help="Of askers that get the challenger. Default: next step.")
    ] = None,
    challenger: Annotated[
        str, typer.Option(help="Release to try. Default: the challenger that waits.")
    ] = "",
    reason: Annotated[str, typer.Option(help="For the audit trail.")] = "by hand",
) -> None:
    """Try a challenger beside the champion: start, change or end it by hand."""
    arguments = [action, "--challenger", challenger, "--reason", reason]
    arguments += [] if share is None else ["--share", str(share)]
    _hand_over("mqt_assets.experiments.command", arguments)


@app.command()
def rollback(
    release: Annotated[str, typer.Argument(help="Default: the previous one.")] = "",
    reason: Annotated[str, typer.Option(help="For the audit trail.")] = "by hand",
) -> None:
    """Serve an earlier release again, at once; needs nothing to be running."""
    arguments = ["rollback", "--reason", reason, *([release] if release else [])]
    _hand_over("mqt_assets.release.command", arguments)


@app.command()
def releases(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the releases: score, and champion, challenger, previous, withdrawn or stopped."""
    _hand_over("mqt_assets.release.command", ["releases", *(["--json"] if as_json else [])])


def _hand_over(module: str, arguments: list[str]) -> NoReturn:
    """To the pipeline's side: who moves pointers keeps the audit trail and MLflow's aliases."""
    import subprocess
    import sys

    command = [sys.executable, "-m", module, *arguments]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


def _service_url() -> str:
    """Where MQT listens: as `mqt up` recorded it, else as the settings say."""
    from mqt_serving.settings import RunningServers

    settings = Settings.load()
    servers = RunningServers.read(settings.servers_file)
    return servers.http_url if servers and servers.http_url else settings.http_url


@contextmanager
def _errors_shown() -> Iterator[None]:
    """Errors that we foresee are one clear message and exit status 1, never a trace."""
    try:
        yield
    except MqtError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"[red]{escape(str(error))}[/]")
        raise typer.Exit(1) from error


def main() -> None:
    app()


if __name__ == "__main__":
    main()
