"""What a release is made of: assembling its folder, recognising its parts, mirroring its pointer.

A release holds `translator/`, `catalogs/<database>.json`, `index/`, `corrections.json`,
`evaluation.json`, and `prompt.json` once a prompt was promoted. Parts are told apart by content
digests taken from the manifest, so nothing is released twice and nobody opens a model to compare
it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mqt_assets.release.gates import EvaluationReport
from mqt_resources.artifacts import folder_digest, link_or_copy
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.errors import ReleaseCorrupt
from mqt_serving.query.plan_json import plan_to_json
from mqt_serving.release_loading import read_prompt
from mqt_serving.releases import PROMPT, Manifest, Pointer, read_manifest, read_pointer, verify
from mqt_serving.schema import Catalog, digest_of

TRANSLATOR, CATALOGS, INDEX = "translator", "catalogs", "index"
CORRECTIONS, EVALUATION = "corrections.json", "evaluation.json"
_OWED = "mlflow.owed"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """Digests of what a release serves with; equal parts answer every question alike."""

    translator: str
    catalogs: str
    index: str
    corrections: str
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Champion:
    """The release to compare with and to take parts from.

    `is_live` is false when the pointer names a damaged release and this is the one before it.
    """

    folder: Path
    manifest: Manifest
    report: EvaluationReport
    is_live: bool = True

    @property
    def parts(self) -> Parts:
        files = self.manifest.files
        return Parts(
            translator=part_digest(files, TRANSLATOR),
            catalogs=digest_of(dict(self.manifest.catalog_digests)),
            index=part_digest(files, INDEX),
            corrections=files.get(CORRECTIONS, ""),
            prompt=files.get(PROMPT, ""),
        )

    @classmethod
    def of(cls, root: Path) -> Champion | None:
        """None when nothing whole was released; `ReleaseCorrupt` for an unreadable pointer."""
        pointer = read_pointer(root)
        if pointer is None:
            return None
        for name in filter(None, (pointer.champion, pointer.previous)):
            folder = root / name
            try:
                manifest = verify(folder)
            except ReleaseCorrupt as error:
                log.warning("%s; comparing with the release before it", error)
                continue
            report = EvaluationReport.model_validate_json((folder / EVALUATION).read_bytes())
            return cls(folder, manifest, report, is_live=name == pointer.champion)
        return None


def part_digest(files: Mapping[str, str], part: str) -> str:
    """Digest of one folder of a release, equal to `artifacts.folder_digest` of the same files."""
    prefix = f"{part}/"
    lines = [
        f"{name.removeprefix(prefix)} {sha256}\n"
        for name, sha256 in sorted(files.items())
        if name.startswith(prefix)
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def translator_of(root: Path, release_id: str | None) -> str:
    """Digest of a release's translator; empty when there is no such release or it is damaged."""
    try:
        manifest = read_manifest(root / release_id) if release_id else None
    except ReleaseCorrupt:
        return ""
    return part_digest(manifest.files, TRANSLATOR) if manifest else ""


def prompt_version_of(root: Path, release_id: str | None) -> str:
    """Version of a release's prompt (without one, of the one that comes with MQT); empty when there
    is no such release or it is damaged."""
    if not release_id:
        return ""
    try:
        return read_prompt(root / read_manifest(root / release_id).id).template.version
    except ReleaseCorrupt:
        return ""


def corrections_text(corrections: Sequence[Any]) -> str:
    """`corrections.json` for accepted corrections (`Example`s), in the order they came."""
    entries = [
        {
            "question": example.question,
            "database": example.database,
            "plan": None if example.plan is None else plan_to_json(example.plan),
            "command": example.command,
            **({"asked_at": example.asked_at.isoformat()} if example.asked_at else {}),
        }
        for example in corrections
    ]
    return json.dumps(entries, ensure_ascii=False, indent=1)


@dataclass(frozen=True)
class Contents:
    """What a new release is made from: two folders, catalogs by database, text, and the report."""

    translator: Path
    catalogs: Mapping[str, Catalog]
    index: Path
    corrections: str
    report: EvaluationReport
    prompt: str = ""  # none: serving uses the one that comes with MQT

    @cached_property
    def parts(self) -> Parts:
        return Parts(
            translator=folder_digest(self.translator),
            catalogs=digest_of({name: c.digest for name, c in self.catalogs.items()}),
            index=folder_digest(self.index),
            corrections=hashlib.sha256(self.corrections.encode()).hexdigest(),
            prompt=hashlib.sha256(self.prompt.encode()).hexdigest() if self.prompt else "",
        )


def assemble(folder: Path, contents: Contents) -> None:
    """Fill an empty folder with what serving needs."""
    shutil.copytree(contents.translator, folder / TRANSLATOR, copy_function=link_or_copy)
    shutil.copytree(contents.index, folder / INDEX, copy_function=link_or_copy)
    (folder / CATALOGS).mkdir()
    for name, catalog in contents.catalogs.items():
        (folder / CATALOGS / f"{name}.json").write_text(catalog.model_dump_json(), encoding="utf-8")
    (folder / CORRECTIONS).write_text(contents.corrections, encoding="utf-8")
    if contents.prompt:
        (folder / PROMPT).write_text(contents.prompt, encoding="utf-8")
    (folder / EVALUATION).write_text(contents.report.model_dump_json(), encoding="utf-8")


def mirror_pointer(root: Path, pointer: Pointer, mlflow: MlflowTracking) -> str:
    """Show the pointer in MLflow's aliases; returns what went wrong, empty when nothing did.

    The pointer has moved already and serving follows it alone: an MLflow server that is away must
    not turn a rollback into a failed run. What is owed is noted, see `mirror_is_owed`.
    """
    owed = root / _OWED
    try:
        manifests = {
            alias: read_manifest(root / release)
            for alias, release in (
                ("champion", pointer.champion),
                ("challenger", pointer.challenger),
                ("previous", pointer.previous),
            )
            if release
        }
        mlflow.mirror_aliases({a: m.mlflow_model_version or None for a, m in manifests.items()})
        for manifest in manifests.values():
            if manifest.mlflow_model_version:
                tags = {"release_id": manifest.id, "release_run_id": manifest.dagster_run_id}
                mlflow.tag_version(manifest.mlflow_model_version, tags)
    except Exception as error:  # MLflow's stores raise errors of many libraries
        problem = f"MLflow's aliases could not be updated ({error}); the release serves anyway"
        log.warning(problem)
        owed.touch()
        return problem
    owed.unlink(missing_ok=True)
    return ""


def mirror_is_owed(root: Path) -> bool:
    """Whether MLflow was away when the pointer last moved: `rollback_sensor` makes up for it."""
    return (root / _OWED).exists()


def champion_version(root: Path) -> str:
    """MLflow's version of the model that serves; empty when there is none."""
    champion = Champion.of(root)
    return champion.manifest.mlflow_model_version if champion else ""


def code_version() -> str:
    """The installed version of MQT, or `unpackaged` when it runs from a checkout."""
    try:
        return version("mqt")
    except PackageNotFoundError:
        return "unpackaged"
