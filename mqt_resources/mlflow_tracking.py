"""Experiments and models in MLflow: runs with parameters, metrics and plots, and the registry.

Why not `dagster-mlflow`: its resource is a beta function resource that starts a run whenever a
step initialises it, for assets that track nothing as for those that do, keeps that run in global
state, and knows no registry. This one wraps `MlflowClient`: a run begins when an asset asks for
one, carries the Dagster run id as a tag, is marked failed when the block fails, and models are
registered with aliases. MLflow costs seconds to import, so it is imported on first use.
"""

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from mqt_resources.gateways import SettingsResource

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.tracking import MlflowClient

ALIASES = ("champion", "challenger", "previous")
_BRIEF = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
_METRIC_BATCH = 1000  # MLflow's limit for one request


@dataclass(frozen=True)
class TrackedRun:
    """One MLflow run; everything is written at once, so a crash keeps what was logged."""

    client: "MlflowClient"
    run_id: str
    artifact_uri: str

    def log_params(self, params: Mapping[str, object]) -> None:
        """Values are stored as text; None as the empty text. MLflow keeps 6,000 characters."""
        from mlflow.entities import Param

        texts = {key: "" if value is None else str(value) for key, value in params.items()}
        self.client.log_batch(
            self.run_id, params=[Param(key, text[:6000]) for key, text in sorted(texts.items())]
        )

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        for key, value in metrics.items():
            self.client.log_metric(self.run_id, key, float(value), step=step)

    def log_curve(self, key: str, points: Mapping[int, float]) -> None:
        """A metric over steps."""
        import time

        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        rows = [Metric(key, float(value), now, step) for step, value in sorted(points.items())]
        for start in range(0, len(rows), _METRIC_BATCH):
            self.client.log_batch(self.run_id, metrics=rows[start : start + _METRIC_BATCH])

    def log_bytes(self, name: str, content: bytes) -> None:
        """An artifact by its path in the run, `plots/accuracy.png`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(name).name
            path.write_bytes(content)
            parent = str(Path(name).parent)
            self.client.log_artifact(self.run_id, str(path), None if parent == "." else parent)

    def log_folder(self, name: str, folder: Path) -> str:
        """Copy a folder into the run; returns its URI, for `MlflowTracking.register`."""
        self.client.log_artifacts(self.run_id, str(folder), name)
        return f"{self.artifact_uri.rstrip('/')}/{name}"

    def log_dataset(
        self, frame: "pd.DataFrame", *, name: str, digest: str, source: Path, context: str
    ) -> None:
        """What the run used, as MLflow's lineage shows it: a row an example, and where it lies.

        MLflow keeps columns and the number of rows, not the rows. `context` says what for:
        `training`, `evaluation`.
        """
        import warnings

        from mlflow.data.pandas_dataset import from_pandas
        from mlflow.entities import Dataset, DatasetInput, InputTag

        with warnings.catch_warnings():
            # MLflow registers its class for local files twice and then warns that two would do.
            warnings.filterwarnings("ignore", "The specified dataset source can be interpreted")
            described = from_pandas(frame, source=str(source), name=name, digest=digest).to_dict()
        used = DatasetInput(Dataset(**described), [InputTag("mlflow.data.context", context)])
        self.client.log_inputs(self.run_id, [used])

    def set_tags(self, tags: Mapping[str, str]) -> None:
        for key, value in tags.items():
            self.client.set_tag(self.run_id, key, value)


@contextmanager
def brief_requests() -> Iterator[None]:
    """MLflow's client asks a server that is away for minutes; within this block for seconds."""
    before = {name: os.environ.get(name) for name in _BRIEF}
    os.environ.update(_BRIEF)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class MlflowTracking(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Tracking store and model registry (one server). Default: SQLite in MQT's home folder."""

    settings: dg.ResourceDependency[SettingsResource]
    experiment: str = "mqt-translator"
    model_name: str = "mqt-translator"

    @cached_property
    def client(self) -> "MlflowClient":
        # alembic and MLflow announce each table migration; that isn't news for anyone.
        for name in ("alembic", "mlflow.store.db.utils"):
            logging.getLogger(name).setLevel(logging.WARNING)
        from mlflow.tracking import MlflowClient

        settings = self.settings.load()
        settings.mlflow_folder.mkdir(parents=True, exist_ok=True)
        uri = settings.mlflow_tracking_uri
        return MlflowClient(tracking_uri=uri, registry_uri=uri)

    @contextmanager
    def run(
        self, name: str, *, dagster_run_id: str, tags: Mapping[str, str] | None = None
    ) -> Iterator[TrackedRun]:
        """A new run; FINISHED when the block ends, FAILED (the error as a tag) when it raises."""
        run = self.client.create_run(
            self._experiment_id(),
            run_name=name,
            tags={"dagster_run_id": dagster_run_id, **(tags or {})},
        )
        tracked = TrackedRun(self.client, run.info.run_id, run.info.artifact_uri)
        try:
            yield tracked
        except BaseException as error:
            tracked.set_tags({"error": f"{type(error).__name__}: {error}"[:500]})
            self.client.set_terminated(tracked.run_id, "FAILED")
            raise
        self.client.set_terminated(tracked.run_id, "FINISHED")

    @contextmanager
    def resume(self, run_id: str) -> Iterator[TrackedRun]:
        """Add to a finished run (the evaluation of a model belongs to the run that trained it)."""
        info = self.client.get_run(run_id).info
        yield TrackedRun(self.client, run_id, info.artifact_uri)

    def register(self, run_id: str, source: str, tags: Mapping[str, str]) -> str:
        """A new version of the model; returns its number as text."""
        if not self._model_exists():
            self.client.create_registered_model(
                self.model_name,
                description="Questions to MongoDB queries. Aliases mirror MQT's release pointer.",
            )
        version = self.client.create_model_version(
            self.model_name, source=source, run_id=run_id, tags=dict(tags)
        )
        return str(version.version)

    def mirror_aliases(self, versions: Mapping[str, str | None]) -> None:
        """Point champion, challenger and previous at versions; an alias without one is removed.

        The release pointer is the truth and serving never reads aliases: they are for people.
        """
        if not self._model_exists():
            return
        present = self.aliases()
        for alias in ALIASES:
            version = versions.get(alias)
            if version:
                self.client.set_registered_model_alias(self.model_name, alias, version)
            elif alias in present:
                self.client.delete_registered_model_alias(self.model_name, alias)

    def tag_version(self, version: str, tags: Mapping[str, str]) -> None:
        for key, value in tags.items():
            self.client.set_model_version_tag(self.model_name, version, key, value)

    def aliases(self) -> dict[str, str]:
        """Alias to model version, as the registry has them."""
        if not self._model_exists():
            return {}
        model = self.client.get_registered_model(self.model_name)
        return {alias: str(version) for alias, version in model.aliases.items()}

    def run_of_version(self, version: str) -> str:
        return str(self.client.get_model_version(self.model_name, version).run_id)

    def _model_exists(self) -> bool:
        found: Any = self.client.search_registered_models(f"name='{self.model_name}'")
        return bool(found)

    def _experiment_id(self) -> str:
        found = self.client.get_experiment_by_name(self.experiment)
        if found is not None:
            return str(found.experiment_id)
        artifacts = (self.settings.load().mlflow_folder / "artifacts").as_uri()
        # A tracking server has an artifact root of its own; only a bare database needs one from us.
        local = self.settings.load().mlflow_tracking_uri.startswith(("sqlite:", "postgresql"))
        return str(
            self.client.create_experiment(
                self.experiment, artifact_location=artifacts if local else None
            )
        )
