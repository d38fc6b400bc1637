"""IO managers: how asset values become files, one kind of file each (JSON, Parquet, NPZ, folder).

All of them keep files in the artifact store under `<asset>.<suffix>`, or for partitioned assets
`<asset>/<partition>.<suffix>`. Two promises that Dagster's own managers don't make: nothing is
pickled, and a partitioned value is always a dict by partition key, for one partition as for many
(when it is written and when it is read), so no asset has to tell the two cases apart.
"""

import json
import shutil
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import BaseModel

from mqt_resources.artifacts import ArtifactStore, artifact_name, folder_bytes, link_or_copy
from mqt_resources.gateways import SettingsResource

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


class _FileIOManager(dg.ConfigurableIOManager):
    """What the kinds share: naming, partitions, metadata and the message for a missing value."""

    settings: dg.ResourceDependency[SettingsResource]

    @abstractmethod
    def suffix(self) -> str: ...

    @abstractmethod
    def write_value(self, store: ArtifactStore, name: str, value: Any) -> Path: ...

    @abstractmethod
    def read_value(self, store: ArtifactStore, name: str) -> Any: ...

    def present(self, store: ArtifactStore, name: str) -> bool:
        return store.exists(name)

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        store = self.settings.artifacts()
        asset = "/".join(context.asset_key.path)
        if not context.has_asset_partitions:
            path = self.write_value(store, artifact_name(asset, None, self.suffix()), obj)
            context.add_output_metadata({"path": dg.MetadataValue.path(str(path))})
            return
        keys = list(context.asset_partition_keys)
        if not isinstance(obj, Mapping) or set(obj) != set(keys):
            raise dg.DagsterInvariantViolationError(
                f"{asset} must return a dict with exactly the partitions of this run: {keys}"
            )
        for key in keys:
            path = self.write_value(store, artifact_name(asset, key, self.suffix()), obj[key])
        context.add_output_metadata({"path": dg.MetadataValue.path(str(path.parent))})

    def load_input(self, context: dg.InputContext) -> Any:
        store = self.settings.artifacts()
        asset = "/".join(context.asset_key.path)
        if not context.has_asset_partitions:
            name = artifact_name(asset, None, self.suffix())
            if not self.present(store, name):
                raise dg.DagsterInvariantViolationError(
                    f"{asset} has not been materialized: {store.path(name)} is missing. "
                    f"Materialize {asset} first."
                )
            return self.read_value(store, name)
        names = {
            key: artifact_name(asset, key, self.suffix()) for key in context.asset_partition_keys
        }
        missing = [key for key, name in names.items() if not self.present(store, name)]
        if missing and len(missing) == len(names):
            raise dg.DagsterInvariantViolationError(
                f"No partition of {asset} has been materialized ({len(missing)} exist): "
                f"materialize {asset} first."
            )
        if missing:
            # One collection that can't be read must not stop all the others.
            context.log.warning(f"{asset}: not materialized yet, left out: {', '.join(missing)}")
        return {k: self.read_value(store, n) for k, n in names.items() if k not in missing}


class JsonIOManager(_FileIOManager):
    """Anything JSON can say, and pydantic models; reads back plain JSON values."""

    def suffix(self) -> str:
        return ".json"

    def write_value(self, store: ArtifactStore, name: str, value: Any) -> Path:
        text = json.dumps(value, default=_pydantic_to_json, ensure_ascii=False, indent=1)
        return store.write(name, text.encode())

    def read_value(self, store: ArtifactStore, name: str) -> Any:
        return json.loads(store.read(name))


class ParquetIOManager(_FileIOManager):
    """`pyarrow.Table`s, zstd-compressed."""

    def suffix(self) -> str:
        return ".parquet"

    def write_value(self, store: ArtifactStore, name: str, value: "pa.Table") -> Path:
        import pyarrow.parquet as parquet

        with store.replacing(name) as beside:
            parquet.write_table(value, beside, compression="zstd")
        return store.path(name)

    def read_value(self, store: ArtifactStore, name: str) -> "pa.Table":
        import pyarrow.parquet as parquet

        return parquet.read_table(store.path(name))


class NpzIOManager(_FileIOManager):
    """Named numpy arrays of numbers or text; object arrays are refused (they'd be pickled)."""

    def suffix(self) -> str:
        return ".npz"

    def write_value(
        self, store: ArtifactStore, name: str, value: "Mapping[str, np.ndarray[Any, Any]]"
    ) -> Path:
        import numpy as np

        for key, array in value.items():
            if array.dtype == object:
                raise ValueError(f"{name}: array {key!r} holds Python objects; use numbers or text")
        with store.replacing(name) as beside, beside.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **value)
        return store.path(name)

    def read_value(self, store: ArtifactStore, name: str) -> "dict[str, np.ndarray[Any, Any]]":
        import numpy as np

        with np.load(store.path(name), allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}


class FolderIOManager(_FileIOManager):
    """Folders (a model, an index): the asset returns the path of a folder that it filled.

    The folder moves into the store as an immutable version named by its content; readers get its
    path there. Unpartitioned assets only.
    """

    def suffix(self) -> str:
        return ""

    def write_value(self, store: ArtifactStore, name: str, value: Path) -> Path:
        # Beside its final place first, so that the rename into place is atomic.
        with store.scratch(name) as scratch:
            source = scratch / "value"
            shutil.copytree(value, source, copy_function=link_or_copy)
            return store.publish(name, source)

    def read_value(self, store: ArtifactStore, name: str) -> Path:
        folder = store.current(name)
        assert folder is not None  # `present` was asked first
        return folder

    def present(self, store: ArtifactStore, name: str) -> bool:
        return store.current(name) is not None

    def handle_output(self, context: dg.OutputContext, obj: Path) -> None:
        super().handle_output(context, obj)
        folder = self.settings.artifacts().current("/".join(context.asset_key.path))
        assert folder is not None
        context.add_output_metadata({"megabytes": round(folder_bytes(folder) / 1e6, 2)})


def _pydantic_to_json(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} is not JSON: return plain values or pydantic models")
