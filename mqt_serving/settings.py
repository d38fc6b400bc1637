"""One typed settings object, read from environment variables and nothing else.

Variables carry the prefix `MQT_` (plus `MONGODB_URI`); empty means "not set". What is not set has
a local default: with no `MONGODB_URI` / `MQT_REDIS_URL`, the addresses that `mqt up` wrote to
`<home>/run/servers.json` are used. A wrong value raises `SettingError` that names the variable and
the value. Depends on pydantic-settings only; reading settings never opens a connection.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mqt_serving.errors import SettingError

SYSTEM_DATABASES = frozenset({"admin", "local", "config"})
OWN_DATABASE_PREFIX = "mqt"
JOURNAL_DATABASE = "mqt"
SAMPLE_DATABASE = "shop"
SECRETS = frozenset({"MQT_LLM_API_KEY"})
"""Variables whose value nothing shows; addresses lose their password (`redact`)."""
RUN_ID = "MQT_RUN_ID"
"""Variable that marks the processes of one `mqt up`, so that they can be found if it is killed."""

_CORPUS_DEFAULTS = {
    "tend_folder": Path("../shared/tend"),
    "spider_syn_folder": Path("../shared/spider_syn"),
}
_CommaList = Annotated[tuple[str, ...], NoDecode]
_Shares = Annotated[tuple[float, ...], NoDecode]


class RunningServers(BaseModel):
    """`<home>/run/servers.json`: where the servers of a running `mqt up` listen, and their pids."""

    model_config = ConfigDict(frozen=True)

    mongodb_uri: str = ""  # the embedded mongod
    redis_url: str = ""
    http_url: str = ""
    dagster_url: str = ""
    run_id: str = ""  # MQT_RUN_ID in the environment of everything that this `mqt up` started
    supervisor: int = 0  # pid of `mqt up`
    processes: dict[str, int] = {}  # name -> pid

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """None when there is no such file; `SettingError` when it cannot be read."""
        if not file.exists():
            return None
        try:
            return cls.model_validate_json(file.read_bytes())
        except (OSError, ValidationError) as error:
            raise SettingError(
                f"{file} cannot be read ({_first_line(error)}). It only records what `mqt up` "
                "started: delete it and start `mqt up` again."
            ) from error

    def write(self, file: Path) -> None:
        """Atomic: a reader sees the old addresses or the new ones."""
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(f".{os.getpid()}.tmp")
        beside.write_text(json.dumps(self.model_dump(), indent=2) + "\n")
        beside.replace(file)


class Settings(BaseSettings):
    """All that can be configured. Immutable; build it with `Settings.load()`."""

    model_config = SettingsConfigDict(
        env_prefix="MQT_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
    )

    # Where things are
    home: Path = Field(Path(".mqt"), description="Folder for everything that MQT writes.")
    mongodb_uri: str = Field(
        "",
        validation_alias=AliasChoices("MONGODB_URI", "MQT_MONGODB_URI"),
        description="The database that questions are about; only ever read.",
    )
    databases: _CommaList = Field(
        (),
        description="Databases to learn (comma list). Default: all but MongoDB's own and MQT's.",
    )
    redis_url: str = Field("", description="Embedding cache.")
    journal_uri: str = Field("", description="MongoDB that keeps questions and feedback.")
    spool: Path | None = Field(
        None, description="Folder for what waits while the journal is away. Default: in home."
    )
    mlflow_uri: str = Field("", description="MLflow tracking store. Default: SQLite in home.")
    tend_folder: Path | None = Field(None, description="The TEND corpus, when there is one.")
    spider_syn_folder: Path | None = Field(
        None, description="Spider-Syn, when there is one: more wordings of TEND's questions."
    )

    # What listens
    host: str = Field("127.0.0.1", description="Address that web page and API listen on.")
    port: int = Field(8000, ge=1, le=65535)
    dagster_host: str = Field("127.0.0.1", description="Address that the Dagster UI listens on.")
    dagster_port: int = Field(3000, ge=1, le=65535)
    mongodb_port: int = Field(0, ge=0, le=65535, description="Embedded mongod; 0: any free port.")
    redis_port: int = Field(0, ge=0, le=65535, description="Embedded Redis; 0: any free port.")

    # Limits on one question
    max_rows: int = Field(1000, ge=1, le=100_000)
    max_time_ms: int = Field(10_000, ge=10, le=600_000)
    max_question_length: int = Field(500, ge=10, le=10_000)
    max_result_mb: int = Field(16, ge=1, le=1000, description="Of one result, as BSON.")
    max_documents_examined: int = Field(
        20_000_000, ge=1, description="Estimated before a query runs; above it is refused."
    )
    choice_share: float = Field(
        0.5,
        gt=0.0,
        description="A second reading at least this share as probable as the first is run too, "
        "and offered when its result differs. Above 1: never.",
    )
    policy_file: Path | None = Field(
        None, description="JSON: which collections, fields and documents a principal may read."
    )

    # How MongoDB is read; empty: as the URI says
    read_concern: Literal["", "local", "available", "majority"] = ""
    read_preference: Literal[
        "", "primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"
    ] = ""

    # Learning
    embedding_model: str = Field("", description="Default: the packaged all-MiniLM-L6-v2.")
    base_model: str = Field(
        "", description="Folder of base weights; empty: the shipped ones, `none`: from scratch."
    )
    private_fields: _CommaList = Field(
        (), description="Comma list of `collection.path`: never sampled, stored or returned."
    )
    sample_size: int = Field(2000, ge=10, le=1_000_000, description="Documents per collection.")
    retrain_after_corrections: int = Field(5, ge=1, description="New ones that start a training.")
    retrain_calendar: str = Field(
        "sun 03:00", description="`never`, `HH:MM` every day or `sun HH:MM` every week, UTC."
    )
    retrain_schema_change: float = Field(
        0.2, gt=0.0, le=1.0, description="Share of collections or fields that has to change."
    )
    retrain_quality_drop: float = Field(
        0.05, ge=0.0, le=1.0, description="Least loss of answered, or gain of corrected questions."
    )
    retrain_quality_questions: int = Field(
        200, ge=20, description="Questions that have to be there before rates are compared."
    )
    drift_least_psi: float = Field(
        0.25, gt=0.0, description="Population stability index from which on a field has drifted."
    )
    drift_least_shift: float = Field(
        0.02,
        gt=0.0,
        le=1.0,
        description="Energy coefficient from which on people ask about other things.",
    )
    drift_questions: int = Field(
        50, ge=20, description="Different ones that have to be there, before and now."
    )
    retrain_cool_down_minutes: float = Field(
        60.0, ge=0.0, le=10_080.0, description="From the end of one training to the next."
    )
    retrain_per_day: int = Field(
        4, ge=0, description="Most trainings in 24 hours; 0: none by itself."
    )
    training_steps: int = Field(0, ge=0, description="0: 4000, if training_seconds allow.")
    training_seconds: int = Field(150, ge=1, description="Reading and linking included.")
    training_start: Literal["better", "champion", "base"] = Field(
        "better", description="Weights that a training starts from; `better`: on validation."
    )
    seed: int = Field(0, ge=0)
    synthetic_questions: int = Field(6000, ge=50, description="Questions made per database.")
    practice_questions: int = Field(40, ge=0, description="Questions per made-up database.")
    corpus_questions: int = Field(2500, ge=0, description="Corpus questions per training.")
    evaluation_questions: int = Field(200, ge=5, description="Holdout questions asked per model.")
    max_release_mb: int = Field(500, ge=1, description="Gate: size of the translator's files.")
    max_translate_ms: int = Field(2000, ge=1, description="Gate: 95th percentile of one answer.")
    accuracy_margin: float = Field(
        0.05, ge=0.0, le=1.0, description="Gate: what a candidate may possibly lose (0..1)."
    )
    accuracy_level: float = Field(
        0.2,
        gt=0.0,
        le=1.0,
        description="Gate: level of the test of being better, without corrections learned.",
    )
    most_kind_loss: float = Field(
        0.1, ge=0.0, le=1.0, description="Gate: most one query kind's accuracy may fall (0..1)."
    )
    most_calibration_loss: float = Field(
        0.04, ge=0.0, le=1.0, description="Gate: most the calibration error may rise (0..1)."
    )
    promote_to: Literal["champion", "challenger"] = Field(
        "champion", description="What a candidate becomes that passes every gate."
    )
    keep_releases: int = Field(5, ge=2)
    release_poll_seconds: float = Field(2.0, gt=0.0, le=600.0)

    # Experiments: a challenger beside the champion
    experiment_auto: bool = Field(True, description="Start when a challenger waits, and decide.")
    experiment_steps: _Shares = Field(
        (0.05, 0.2, 0.5), description="Comma list: the challenger's share, step by step."
    )
    experiment_min_units: int = Field(100, ge=50, description="People a step, in each arm.")
    experiment_days: float = Field(14.0, gt=0.0, description="Longest; then it is concluded.")
    experiment_margin: float = Field(
        0.02, ge=0.0, lt=1.0, description="How much less satisfied is good enough at the end."
    )
    experiment_latency_ratio: float = Field(
        2.0, gt=1.0, description="Guardrail: 95th percentile, challenger's by champion's."
    )

    # Rollback: a champion that turns out to be worse
    rollback_auto: bool = Field(True, description="Roll back a model that is surely worse.")
    rollback_min_questions: int = Field(100, ge=50, description="Before a model is judged.")
    rollback_days: float = Field(14.0, gt=0.0, description="A new model is watched this long.")
    rollback_most_errors: float = Field(
        0.25, gt=0.0, le=1.0, description="Share of failed questions that no model may have."
    )
    rollback_most_corrections: float = Field(
        0.25, gt=0.0, le=1.0, description="Share of answers corrected or voted down, likewise."
    )
    rollback_margin: float = Field(
        0.01, ge=0.0, lt=1.0, description="How much worse than the model before is still kept."
    )

    review_token: SecretStr = Field(
        SecretStr(""), description="Proves a reviewer (bearer token). Empty: this machine only."
    )

    # A language model in front of the translator (see docs/llm.md); off without `llm_url`
    llm_url: str = Field(
        "", description="OpenAI-compatible endpoint, such as http://127.0.0.1:11434/v1."
    )
    llm_model: str = Field("", validate_default=True, description="As the endpoint names it.")
    llm_api_key: SecretStr = Field(SecretStr(""), description="Sent as a bearer token.")
    llm_timeout_seconds: float = Field(
        20.0, ge=0.1, le=600.0, description="For all of its calls for a question; then without it."
    )
    llm_most_tokens: int = Field(
        3000, ge=500, le=200_000, description="Of a prompt, estimated; larger schemas are cut."
    )
    llm_share: Literal["", "schema", "examples", "values"] = Field(
        "",
        description="What it gets besides the question: names and types, also corrections, also "
        "sample values. Default: values on this machine, else schema.",
    )
    llm_evaluation_questions: int = Field(
        60, ge=10, description="Holdout questions asked per prompt variant."
    )

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Environment plus the servers of a running `mqt up`; `overrides` are for tests and CLI.

        Raises `SettingError` naming each wrong variable with its value.
        """
        settings = cls.from_environment(**overrides)
        servers = RunningServers.read(settings.servers_file)
        return settings if servers is None else settings.with_servers(servers)

    @classmethod
    def from_environment(cls, **overrides: Any) -> Self:
        """The environment alone, as `mqt up` sees it before any server runs."""
        try:
            settings = cls(**overrides)
        except ValidationError as error:
            raise SettingError(_explain(error)) from error
        found: dict[str, Any] = {"home": settings.home.resolve()}
        for name, folder in _CORPUS_DEFAULTS.items():
            if getattr(settings, name) is None and folder.is_dir():
                found[name] = folder.resolve()
        return settings.model_copy(update=found)

    def with_servers(self, servers: RunningServers) -> Self:
        """The embedded servers' addresses where none is set."""
        return self.model_copy(
            update={
                "mongodb_uri": self.mongodb_uri or servers.mongodb_uri,
                "redis_url": self.redis_url or servers.redis_url,
                "journal_uri": self.journal_uri or servers.mongodb_uri,
            }
        )

    @field_validator("databases", "private_fields", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("experiment_steps", mode="before")
    @classmethod
    def _split_shares(cls, value: object) -> object:
        return value.split(",") if isinstance(value, str) else value

    @field_validator("experiment_steps")
    @classmethod
    def _shares_grow(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or list(value) != sorted(set(value)) or not 0 < value[0] <= value[-1] <= 1:
            raise ValueError("must be shares above 0 and at most 1, growing, such as 0.05,0.2,0.5")
        return value

    @field_validator("retrain_calendar")
    @classmethod
    def _moment(cls, value: str) -> str:
        days = "mon|tue|wed|thu|fri|sat|sun"
        value = value.strip().lower()
        if not re.fullmatch(rf"never|(({days}) )?([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError("must be `never`, a time such as 03:00, or a day with it: sun 03:00")
        return value

    @field_validator("private_fields")
    @classmethod
    def _dotted(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for path in value:
            if not re.fullmatch(r"[^.\s]+(\.[^.\s]+)+", path):
                raise ValueError(f"{path!r} is not `collection.path`")
        return value

    @field_validator("mongodb_uri", "journal_uri")
    @classmethod
    def _mongodb_scheme(cls, value: str) -> str:
        if value and not re.match(r"mongodb(\+srv)?://[^/]", value):
            raise ValueError("must start with mongodb:// or mongodb+srv:// and name a host")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, value: str) -> str:
        if value and not re.match(r"(rediss?|unix)://", value):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value

    @field_validator("llm_url")
    @classmethod
    def _http_address(cls, value: str) -> str:
        if not value:
            return value
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
            raise ValueError(
                "must be an http:// or https:// address without user, query or fragment, such as "
                "http://127.0.0.1:11434/v1"
            )
        urlsplit(value).port  # noqa: B018 - raises ValueError for a port that cannot be
        return value.rstrip("/").removesuffix("/chat/completions")

    @field_validator("llm_model")
    @classmethod
    def _model_is_named(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("llm_url") and not value.strip():
            raise ValueError("must name the model that MQT_LLM_URL is to answer with")
        return value.strip()

    @field_validator("llm_api_key")
    @classmethod
    def _key_fits_a_header(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[!-~]*", value.get_secret_value()):
            raise ValueError("must be printable ASCII without spaces")
        return value

    @field_validator("tend_folder", "spider_syn_folder")
    @classmethod
    def _folder_exists(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError("there is no such folder")
        return value.resolve() if value is not None else None

    # Derived places
    @property
    def run_folder(self) -> Path:
        return self.home / "run"

    @property
    def logs_folder(self) -> Path:
        return self.home / "logs"

    @property
    def servers_file(self) -> Path:
        return self.run_folder / "servers.json"

    @property
    def mongodb_folder(self) -> Path:
        return self.home / "mongodb"

    @property
    def redis_folder(self) -> Path:
        return self.home / "redis"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def mlflow_folder(self) -> Path:
        return self.home / "mlflow"

    @property
    def mlflow_tracking_uri(self) -> str:
        """`mlflow_uri`, by default SQLite in `<home>/mlflow` (artifacts beside it)."""
        return self.mlflow_uri or f"sqlite:///{self.mlflow_folder / 'mlflow.db'}"

    @property
    def releases_folder(self) -> Path:
        return self.home / "releases"

    @property
    def spool_folder(self) -> Path:
        return self.spool or self.home / "spool"

    @property
    def artifacts_folder(self) -> Path:
        return self.home / "artifacts"

    @property
    def base_models_folder(self) -> Path:
        """Base weights that were trained here, a folder each."""
        return self.home / "base"

    @property
    def http_url(self) -> str:
        return f"http://{_reachable(self.host)}:{self.port}"

    @property
    def dagster_url(self) -> str:
        return f"http://{_reachable(self.dagster_host)}:{self.dagster_port}"

    # Answers to questions about the settings
    def serves_database(self, name: str) -> bool:
        """Whether questions may be about this database."""
        if self.databases:
            return name in self.databases
        return name not in SYSTEM_DATABASES and not name.startswith(OWN_DATABASE_PREFIX)

    def required_mongodb_uri(self) -> str:
        """`mongodb_uri`, or `SettingError` saying how to get one."""
        if not self.mongodb_uri:
            raise SettingError(
                "No MongoDB to ask: MONGODB_URI is not set and no `mqt up` is running in "
                f"{self.home}. Start `mqt up`, or set MONGODB_URI=mongodb://host:27017."
            )
        return self.mongodb_uri

    def required_journal_uri(self) -> str:
        """`journal_uri`, or `SettingError`: the journal never falls back to the user's server."""
        if not self.journal_uri:
            raise SettingError(
                "No MongoDB for the journal: MQT_JOURNAL_URI is not set and no `mqt up` is running "
                f"in {self.home}. Start `mqt up`, or set MQT_JOURNAL_URI to a server that MQT may "
                f"write to (database `{JOURNAL_DATABASE}`)."
            )
        return self.journal_uri


def redact(uri: str) -> str:
    """The URI without its password: what logs, pages and errors may show."""
    return re.sub(r"(://[^:/@\s]*):[^@\s]+@", r"\1:***@", uri)


def shown(name: str, value: str) -> str:
    """The value of a variable as it may be shown."""
    return "***" if name in SECRETS else redact(value)


def variable_names() -> tuple[str, ...]:
    """Every environment variable that is read, `MONGODB_URI` first."""
    prefixed = (f"MQT_{name.upper()}" for name in Settings.model_fields if name != "mongodb_uri")
    return ("MONGODB_URI", *prefixed)


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """`MQT_` variables that nothing reads: most likely misspelt (`mqt doctor` shows them)."""
    known = {*variable_names(), "MQT_MONGODB_URI", RUN_ID}
    return tuple(sorted(n for n in environment if n.startswith("MQT_") and n not in known))


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        key = str(problem["loc"][0]) if problem["loc"] else ""
        name = key if key.isupper() else f"MQT_{key.upper()}"
        value = shown(name, str(problem["input"]))
        reason = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{name}={value}: {reason[:1].lower()}{reason[1:]}")
    return "Wrong setting. " + "; ".join(lines) + ". Correct or unset it and start again."
