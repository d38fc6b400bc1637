"""What `mqt up` starts and in which order: servers, sample data, pipeline, Dagster, serving.

Decisions about the order live here, the mechanics in `supervisor` and `servers`. The pipeline is
started as a command of its own (`mqt_assets.bootstrap`), so nothing of it is imported here.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from rich.panel import Panel

from mqt_serving.durable_files import write_durably
from mqt_serving.errors import MqtError
from mqt_serving.platform import asking, processes, reachability
from mqt_serving.platform.console import Progress
from mqt_serving.platform.servers import MongoServer, RedisServer
from mqt_serving.platform.supervisor import (
    PlatformError,
    Program,
    Supervisor,
    project_folder,
    stopped_by_signals,
)
from mqt_serving.releases import read_pointer, sha256_of
from mqt_serving.settings import Settings, redact

QUIET = {"DAGSTER_DISABLE_TELEMETRY": "true", "MLFLOW_DISABLE_TELEMETRY": "true",
         "DO_NOT_TRACK": "true"}  # fmt: skip
"""Nothing that we start phones home."""

_LOADING_SECONDS = 30.0
FIRST_QUESTION = "How many orders were placed in 2024?"
"""Asked when the sample shop is served; other data gets a question that the service suggests."""


def up(settings: Settings, progress: Progress) -> None:
    """Start everything and stay until a signal; raises an `MqtError` when something cannot start.

    `settings` come from `Settings.from_environment()`: what is not set there is started here.
    """
    _check_installation()
    with stopped_by_signals(), Supervisor(settings, progress) as supervisor:
        _check_ports(settings)
        ready = _start_servers(supervisor, settings, progress)
        environment = child_environment(ready)
        if not settings.mongodb_uri:
            _load_sample(supervisor, environment)
        released = read_pointer(settings.releases_folder) is not None
        serving = _serving(ready, environment)
        webserver, daemon = _dagster(ready, environment)
        _launch(supervisor, webserver)
        if released:
            _launch(supervisor, serving)  # answers need not wait for the pipeline
        else:
            # Alone at first, since two processes that create Dagster's SQLite files collide; the
            # long first run can then be watched in the UI.
            webserver.wait()
            progress.say(f"Watch the pipeline at {ready.dagster_url}")
        _bring_up_to_date(supervisor, environment, progress)
        _launch(supervisor, daemon)  # only now: its sensors would start the same work
        if not released:
            _launch(supervisor, serving)
        for program in (serving, webserver):
            program.wait()
            progress.say(f"{program.name} is ready", "green")
        supervisor.publish(http_url=ready.http_url, dagster_url=ready.dagster_url)
        if _has_release(ready, progress):
            _ask_first_question(ready, progress)
        _say_where_to_go(ready, progress)
        supervisor.watch()


def child_environment(settings: Settings) -> dict[str, str]:
    """Our environment with every address spelt out, so that no child has to find a server."""
    addresses = {
        "MQT_HOME": str(settings.home),
        "MONGODB_URI": settings.mongodb_uri,
        "MQT_REDIS_URL": settings.redis_url,
        "MQT_JOURNAL_URI": settings.journal_uri,
        "MQT_TEND_FOLDER": str(settings.tend_folder or ""),
        "MQT_SPIDER_SYN_FOLDER": str(settings.spider_syn_folder or ""),
        "DAGSTER_HOME": str(settings.dagster_home),
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **addresses, **QUIET}


_EARLIER_DAGSTER_YAML = frozenset(
    {"a5148687a767f49b3dd87b635b7ac07d60af6d66c2f33d5a8981f410bd2dbb67"}
)
"""SHA-256 of what `mqt up` copied before: a home that still has it gets the one of this version."""


def prepare_dagster_home(settings: Settings) -> None:
    """Create DAGSTER_HOME with our `dagster.yaml`, unless it has one that somebody changed."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    target = settings.dagster_home / "dagster.yaml"
    if not target.exists() or sha256_of(target) in _EARLIER_DAGSTER_YAML:
        write_durably(target, (project_folder() / "dagster.yaml").read_bytes())


def _check_installation() -> None:
    missing = [name for name in ("dagster", "mlflow", "torch") if find_spec(name) is None]
    if missing:
        raise PlatformError(
            f"{', '.join(missing)} not installed: `mqt up` runs the whole pipeline and needs "
            "`make setup` (or `pip install 'mqt[learn,embedded]'`). To serve an existing release "
            "only, use `mqt serve`."
        )
    if not (project_folder() / "workspace.yaml").is_file():
        raise PlatformError(
            f"There is no workspace.yaml in {project_folder()}: run `mqt up` from a checkout of "
            "the project, installed with `make setup`."
        )


def _check_ports(settings: Settings) -> None:
    for port, host, variable in (
        (settings.port, settings.host, "MQT_PORT"),
        (settings.dagster_port, settings.dagster_host, "MQT_DAGSTER_PORT"),
    ):
        if not processes.port_is_free(port, host):
            raise PlatformError(
                f"Port {port} on {host} ({variable}) is in use. Stop what listens there, or "
                f"choose another port: {variable}={processes.free_port()} mqt up"
            )


def _start_servers(supervisor: Supervisor, settings: Settings, progress: Progress) -> Settings:
    """The settings with every address known; the user's own server is looked at first."""
    if settings.mongodb_uri:
        state = reachability.mongodb(settings.mongodb_uri)
        served = [name for name in state.databases if settings.serves_database(name)]
        if not served:
            raise PlatformError(
                f"MongoDB at {redact(settings.mongodb_uri)} has no database to ask: it has "
                f"{', '.join(state.databases) or 'none'}"
                + (f", MQT_DATABASES={','.join(settings.databases)}" if settings.databases else "")
                + ". Put documents into one, or name it in MQT_DATABASES."
            )
        progress.say(
            f"Your MongoDB {state.version} at {redact(settings.mongodb_uri)} (only read): "
            f"{', '.join(served)}",
            "green",
        )
    addresses: dict[str, str] = {}
    if not (settings.mongodb_uri and settings.journal_uri):
        mongod = MongoServer(
            settings.mongodb_folder, settings.mongodb_port, settings.logs_folder / "mongod.log"
        )
        supervisor.start(mongod)
        supervisor.publish(mongodb_uri=mongod.uri)
        progress.say(f"Embedded MongoDB at {mongod.uri}", "green")
        addresses["mongodb_uri"] = settings.mongodb_uri or mongod.uri
        addresses["journal_uri"] = settings.journal_uri or mongod.uri
    if not settings.redis_url:
        redis = RedisServer(
            settings.redis_folder, settings.redis_port, settings.logs_folder / "redis.log"
        )
        supervisor.start(redis)
        supervisor.publish(redis_url=redis.uri)
        progress.say(f"Embedded Redis at {redis.uri}", "green")
        addresses["redis_url"] = redis.uri
    return settings.model_copy(update=addresses)


def _load_sample(supervisor: Supervisor, environment: dict[str, str]) -> None:
    command = _python("-m", "mqt_resources.sample_database")
    supervisor.run("sample-database", command, environment)


def _bring_up_to_date(
    supervisor: Supervisor, environment: dict[str, str], progress: Progress
) -> None:
    """Run the pipeline. If it fails we stay up: Dagster's UI is where the cause can be seen and
    the run repeated, and an earlier release goes on answering."""
    doing, done = "Bringing the pipeline up to date", "Pipeline is up to date"
    try:
        with progress.step(doing, done):
            supervisor.run("bootstrap", _python("-m", "mqt_assets.bootstrap"), environment)
    except PlatformError as error:
        progress.say(f"The pipeline did not finish. {error}", "red")


def _serving(settings: Settings, environment: dict[str, str]) -> Program:
    return Program(
        "Serving",
        _python("-m", "mqt_serving.cli", "serve"),
        settings.logs_folder / "serving.log",
        environment,
        project_folder(),
        ready=lambda: reachability.http_answers(f"{settings.http_url}/healthz"),
    )


def _dagster(settings: Settings, environment: dict[str, str]) -> tuple[Program, ...]:
    prepare_dagster_home(settings)
    workspace = ("-w", str(project_folder() / "workspace.yaml"))
    web = ("-h", settings.dagster_host, "-p", str(settings.dagster_port))
    webserver = Program(
        "Dagster web UI",
        (_tool("dagster-webserver"), *web, *workspace),
        settings.logs_folder / "dagster-webserver.log",
        environment,
        project_folder(),
        ready=lambda: reachability.http_answers(f"{settings.dagster_url}/server_info"),
    )
    daemon = Program(
        "Dagster daemon",
        (_tool("dagster-daemon"), "run", *workspace),
        settings.logs_folder / "dagster-daemon.log",
        environment,
        project_folder(),
    )
    return webserver, daemon


def _launch(supervisor: Supervisor, *programs: Program) -> None:
    """Start several at once: they load at the same time."""
    for program in programs:
        supervisor.adopt(program)
        program.launch()
    supervisor.publish()


def _has_release(settings: Settings, progress: Progress) -> bool:
    """Wait until serving has loaded the release, if there is one. A release that is refused is
    told with its reason and does not keep MQT down: Dagster is where to put it right."""
    deadline = time.monotonic() + _LOADING_SECONDS
    exists = read_pointer(settings.releases_folder) is not None
    while True:
        try:
            ready = asking.call(settings.http_url, "GET", "/readyz", timeout=5.0)
        except MqtError as error:
            if exists and time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            progress.warn(f"No question can be answered yet: {error}")
            return False
        progress.say(f"Release {ready['release_id']} is live", "green")
        return True


def _ask_first_question(settings: Settings, progress: Progress) -> None:
    """Show that it works; that it cannot answer this one question is worth a line, not the end."""
    base = settings.http_url
    try:
        sample = not settings.databases and "shop" in _served_databases(base)
        question = FIRST_QUESTION if sample else asking.example_question(base)
        if question is None:
            progress.warn("The data suggests no question to start with: ask your own.")
            return
        progress.say("Asking a first question over HTTP")
        asking.show(asking.ask(base, question), progress.console)
    except MqtError as error:
        progress.warn(f"The first question was not answered: {error}")


def _served_databases(base: str) -> set[str]:
    return {str(d["database"]) for d in asking.call(base, "GET", "/v1/schemas")["databases"]}


def _say_where_to_go(settings: Settings, progress: Progress) -> None:
    lines = (
        f"Ask questions      {settings.http_url}",
        f"API                {settings.http_url}/openapi.json",
        f"Pipeline (Dagster) {settings.dagster_url}",
        'Terminal           mqt ask "How many customers are there?"',
        f"Logs               {settings.logs_folder}",
    )
    progress.say("MQT is up. Ctrl-C stops everything.", "bold green")
    progress.console.print(Panel("\n".join(lines), title="Where to go next", expand=False))


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def _tool(name: str) -> str:
    """A command installed beside our Python, whatever the PATH says."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise PlatformError(f"There is no `{name}`: run `make setup`.")
    return found
