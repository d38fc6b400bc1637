"""IO managers through real materializations: no pickles, a dict for one partition as for many."""

from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa
import pytest

from mqt_assets.partitions import RANGE_END, RANGE_START
from mqt_resources.definitions import local_resources
from mqt_resources.gateways import SettingsResource

LETTERS = dg.StaticPartitionsDefinition(["a.x", "b/y", "c"])


@dg.asset(
    partitions_def=LETTERS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    io_manager_key="json_io",
)
def words(context: dg.AssetExecutionContext) -> dict[str, Any]:
    return {key: {"key": key} for key in context.partition_keys}


@dg.asset(
    partitions_def=LETTERS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    io_manager_key="npz_io",
)
def vectors(context: dg.AssetExecutionContext, words: dict[str, Any]) -> dict[str, Any]:
    assert set(words) == set(context.partition_keys)
    return {key: {"v": np.full(3, len(key), np.float32)} for key in words}


@dg.asset(io_manager_key="parquet_io")
def joined(vectors: dict[str, Any]) -> pa.Table:
    return pa.table({"key": list(vectors), "size": [float(v["v"][0]) for v in vectors.values()]})


@dg.asset(io_manager_key="json_io")
def total(joined: pa.Table) -> float:
    return float(sum(joined["size"].to_pylist()))


@dg.asset(io_manager_key="folder_io")
def folder(total: float, tmp_folder: dg.ResourceParam[Path]) -> Path:
    (tmp_folder / "total.txt").write_text(str(total))
    return tmp_folder


ASSETS = [words, vectors, joined, total, folder]


@pytest.fixture
def resources(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "out").mkdir()
    found = local_resources(SettingsResource(overrides={"home": str(tmp_path / "home")}))
    return {**found, "tmp_folder": tmp_path / "out"}


def materialize(
    selection: list[str], resources: dict[str, Any], instance: dg.DagsterInstance, **options: Any
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        ASSETS, selection=selection, resources=resources, instance=instance, **options
    )


def test_one_and_many_partitions_look_the_same(resources: dict[str, Any], tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        whole = {RANGE_START: "a.x", RANGE_END: "c"}
        assert materialize(["words", "vectors"], resources, instance, tags=whole).success
        assert materialize(["words", "vectors"], resources, instance, partition_key="b/y").success
        result = materialize(["joined", "total", "folder"], resources, instance)
        assert result.success
        assert result.output_for_node("total") == 7.0
    artifacts = tmp_path / "home" / "artifacts"
    names = {p.relative_to(artifacts).as_posix() for p in artifacts.rglob("*") if p.is_file()}
    assert {"words/a.x.json", "words/b%2Fy.json", "vectors/c.npz", "joined.parquet"} <= names
    assert "folder/current.json" in names
    # Moved into the store; what the asset filled stays its own.
    assert (tmp_path / "out" / "total.txt").exists()


def test_a_missing_partition_is_left_out_and_all_missing_is_an_error(
    resources: dict[str, Any],
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        with pytest.raises(dg.DagsterInvariantViolationError, match="No partition of vectors"):
            materialize(["joined"], resources, instance)
        materialize(["words", "vectors"], resources, instance, partition_key="c")
        result = materialize(["joined"], resources, instance)
        assert result.output_for_node("joined")["key"].to_pylist() == ["c"]


def test_a_value_that_was_never_made_says_what_to_do(resources: dict[str, Any]) -> None:
    with (
        dg.DagsterInstance.ephemeral() as instance,
        pytest.raises(dg.DagsterInvariantViolationError, match="Materialize joined first"),
    ):
        materialize(["total"], resources, instance)


def test_python_objects_are_refused_rather_than_pickled(resources: dict[str, Any]) -> None:
    @dg.asset(io_manager_key="npz_io")
    def objects() -> dict[str, Any]:
        return {"v": np.array([object()])}

    @dg.asset(io_manager_key="json_io")
    def value() -> Any:
        return {"v": object()}

    for asset in (objects, value):
        result = dg.materialize([asset], resources=resources, raise_on_error=False)
        assert not result.success


def test_a_run_must_return_its_own_partitions(resources: dict[str, Any]) -> None:
    @dg.asset(partitions_def=LETTERS, io_manager_key="json_io")
    def bare() -> int:
        return 1

    with pytest.raises(dg.DagsterInvariantViolationError, match="exactly the partitions"):
        dg.materialize([bare], resources=resources, partition_key="c")
