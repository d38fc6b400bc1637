"""README and `docs/architecture.md` say what the code is, and imports go one way only."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest

from mqt_assets.definitions import ASSETS, build_defs
from mqt_assets.release.gates import EvaluationReport, Limits, Share, decide
from mqt_serving.settings import Settings, variable_names

PROJECT = Path(__file__).resolve().parents[1]
PAGE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")

OURS = ("mqt_serving", "mqt_resources", "mqt_assets")
HEAVY = ("dagster", "mlflow", "pandas", "torch", "sentence_transformers")
FORBIDDEN: Mapping[str, tuple[str, ...]] = {
    "mqt_serving": (*HEAVY, "mqt_resources", "mqt_assets"),
    "mqt_resources": ("mqt_assets",),
    "mqt_assets": (),
}


def table(first_column: str, page: str = PAGE) -> list[list[str]]:
    """The rows of the table whose first column has this head; cells without backticks."""
    rows: list[list[str]] = []
    inside = False
    for line in page.splitlines():
        cells = [cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == first_column:
            inside = True
        elif inside and not set(cells[0]) <= {"-"}:
            rows.append(cells)
    assert rows, f"there is no table {first_column!r}"
    return rows


def source_files(package: str) -> list[Path]:
    return sorted((PROJECT / package).rglob("*.py"))


def imported_roots(path: Path) -> Iterator[str]:
    """Top-level packages of every import, those inside functions included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}: a relative import"
            yield node.module.split(".")[0]


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_defs()


@pytest.fixture(scope="module")
def specs() -> dict[str, dg.AssetSpec]:
    return {s.key.to_user_string(): s for asset in ASSETS for s in asset.specs}


# ------------------------------------------------------------------- imports


@pytest.mark.parametrize("package", OURS)
def test_imports_go_one_way(package: str) -> None:
    found = {
        f"{path.relative_to(PROJECT)} imports {root}"
        for path in source_files(package)
        for root in imported_roots(path)
        if root in FORBIDDEN[package]
    }
    assert not found


def test_every_serving_module_loads_without_the_pipeline() -> None:
    """What others import for us counts too, which reading our own imports does not show."""
    modules = [
        ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
        for path in source_files("mqt_serving")
    ]
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"found = [name for name in {FORBIDDEN['mqt_serving']!r} if name in sys.modules]\n"
        "sys.exit(f'imported: {found}' if found else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr


# ------------------------------------------------------------------ the page


def test_the_page_lists_every_package() -> None:
    packages = {
        path.parent.relative_to(PROJECT).as_posix()
        for package in OURS
        for path in (PROJECT / package).rglob("__init__.py")
    }
    assert {row[0] for row in table("package")} == packages


def test_the_page_lists_every_asset_as_it_is() -> None:
    kept = {"json_io": "JSON", "npz_io": "NPZ", "parquet_io": "Parquet", "folder_io": "folder"}
    real = {}
    for asset in ASSETS:
        for key in asset.keys:
            division = "-"
            if isinstance(asset.partitions_def, dg.DynamicPartitionsDefinition):
                division = "collection"
            elif isinstance(asset.partitions_def, dg.DailyPartitionsDefinition):
                division = "day"
            form = kept[asset.get_io_manager_key_for_asset_key(key)]
            real[key.to_user_string()] = [asset.group_names_by_key[key], division, form]
    assert {row[0]: row[1:4] for row in table("asset")} == real


def test_the_diagram_is_the_asset_graph(specs: Mapping[str, dg.AssetSpec]) -> None:
    diagram = re.search(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
    assert diagram
    drawn: set[tuple[str, str]] = set()
    nodes: dict[str, str] = {}  # asset -> the subgraph in which it is first named
    group = ""
    for line in map(str.strip, diagram.group(1).splitlines()):
        if line.startswith("subgraph "):
            group = line.removeprefix("subgraph ")
        elif line == "end":
            group = ""
        elif not line.startswith("flowchart"):
            steps = [[n.strip() for n in step.split("&")] for step in line.split("-->")]
            for name in (name for step in steps for name in step):
                nodes.setdefault(name, group)
            for upstream, downstream in pairwise(steps):
                drawn |= {(u, d) for u in upstream for d in downstream}
    real = {(d.asset_key.to_user_string(), name) for name, s in specs.items() for d in s.deps}
    assert drawn == real
    groups = {name: spec.group_name for name, spec in specs.items()}
    assert nodes == {
        **groups,
        "release": "",
    }  # a box around one asset of the same name says nothing


def test_the_page_lists_what_runs(defs: dg.Definitions) -> None:
    # Dagster asks the instance that was last in use for its state: here one that is alive.
    with dg.instance_for_test():
        repository = defs.get_repository_def()
    jobs = [job for job in repository.get_all_jobs() if not job.name.startswith("__")]
    real = {(job.name, "job") for job in jobs}
    real |= {(schedule.name, "schedule") for schedule in repository.schedule_defs}
    real |= {(sensor.name, "sensor") for sensor in repository.sensor_defs}
    rows = table("what runs")
    assert {(row[0], row[1]) for row in rows} == real
    when = {row[0]: row[2] for row in rows}
    for schedule in repository.schedule_defs:
        assert when[schedule.name] == schedule.cron_schedule
    for sensor in repository.sensor_defs:
        assert when[sensor.name] == f"every {sensor.minimum_interval_seconds} s"


def test_the_page_lists_every_check(defs: dg.Definitions) -> None:
    real = {
        (spec.name, spec.asset_key.to_user_string(), spec.blocking)
        for check in defs.asset_checks or ()
        for spec in check.check_specs
    }
    listed = {(row[0], row[1], row[2].startswith("stops the run")) for row in table("check")}
    assert listed == real


def test_the_page_lists_every_gate() -> None:
    report = EvaluationReport(
        translator="t",
        holdout_digest="h",
        overall=Share(correct=0, total=1),
        milliseconds_p50=1,
        milliseconds_p95=1,
        megabytes=1,
    )
    decision = decide(
        report, Limits(1, 1), [], translator="t", holdout_digest="h", champion_translator=None
    )
    assert [row[0] for row in table("gate")] == [gate.name for gate in decision.gates]


def test_the_page_names_real_places_in_home(tmp_path: Path) -> None:
    settings = Settings.from_environment(home=tmp_path)
    corpora = {"tend_folder", "spider_syn_folder"}
    folders = [n for n in dir(Settings) if n.endswith("_folder") and n not in corpora]
    places = [*(getattr(settings, name) for name in folders), settings.dagster_home]
    assert {row[0] for row in table("folder")} == {place.name for place in places}


@pytest.mark.parametrize("page", [PAGE, README], ids=["architecture", "readme"])
def test_pages_name_real_settings_and_files(page: str) -> None:
    assert set(re.findall(r"\bMQT_[A-Z_]*[A-Z]\b", page)) <= set(variable_names())
    for name in re.findall(r"`((?:mqt_|tests/)[\w/]+(?:\.py|/))", page):
        assert (PROJECT / name).exists(), name


def test_the_readme_gives_the_real_defaults() -> None:
    defaults = {f"MQT_{name.upper()}": f.default for name, f in Settings.model_fields.items()}
    for names, values, _ in table("setting", README):
        for name, value in zip(names.split(", "), values.split(", "), strict=False):
            if isinstance(defaults.get(name), int | Path) or name == "MQT_HOST":
                assert value == str(defaults[name]), name
