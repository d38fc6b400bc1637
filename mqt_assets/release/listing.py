"""The releases that are there, with their figures and what became of them; pure but for reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mqt_assets.release.audit import entries, stopped, withdrawn, withdrawn_prompts
from mqt_assets.release.packaging import TRANSLATOR, part_digest, prompt_version_of
from mqt_serving.releases import Pointer, list_releases, read_manifest, read_pointer


@dataclass(frozen=True, slots=True)
class Row:
    """`score` is the share right on the holdout, None where it was not measured."""

    release: str
    created_at: datetime
    score: float | None
    states: tuple[str, ...]
    model: str  # digest of the translator
    mlflow_version: str


def rows(root: Path) -> list[Row]:
    """Newest first; empty when nothing was released."""
    history = entries(root)
    turned_away, not_again, prompts = (
        withdrawn(history),
        stopped(history),
        withdrawn_prompts(history),
    )
    pointer = read_pointer(root)
    found = []
    for name in reversed(list_releases(root)):
        manifest = read_manifest(root / name)
        model = part_digest(manifest.files, TRANSLATOR)
        states = _states(pointer, name)
        if model in turned_away or prompt_version_of(root, name) in prompts:
            states = (*states, "withdrawn")
        elif model in not_again:
            states = (*states, "stopped")
        found.append(
            Row(
                name,
                manifest.created_at,
                manifest.metrics.get("holdout_accuracy"),
                states,
                model,
                manifest.mlflow_model_version,
            )
        )
    return found


def _states(pointer: Pointer | None, name: str) -> tuple[str, ...]:
    if pointer is None:
        return ()
    named = (
        ("champion", pointer.champion),
        ("challenger", pointer.challenger),
        ("previous", pointer.previous),
    )
    return tuple(state for state, release in named if release == name)
