"""The resources of a set-up, by the names that assets ask for. Local: everything in MQT's home."""

from __future__ import annotations

from mqt_resources.gateways import (
    EmbedderResource,
    JournalResource,
    MongoResource,
    SettingsResource,
)
from mqt_resources.io_managers import (
    FolderIOManager,
    JsonIOManager,
    NpzIOManager,
    ParquetIOManager,
)
from mqt_resources.mlflow_tracking import MlflowTracking


def local_resources(settings: SettingsResource) -> dict[str, object]:
    """All resources over one settings object; opens nothing."""
    return {
        "settings": settings,
        "mongodb": MongoResource(settings=settings),
        "journal": JournalResource(settings=settings),
        "embedder": EmbedderResource(settings=settings),
        "mlflow": MlflowTracking(settings=settings),
        "json_io": JsonIOManager(settings=settings),
        "parquet_io": ParquetIOManager(settings=settings),
        "npz_io": NpzIOManager(settings=settings),
        "folder_io": FolderIOManager(settings=settings),
    }
