"""A release loaded as serving loads it, to be looked at before it goes live."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mqt_serving.settings import Settings

if TYPE_CHECKING:
    from mqt_serving.release_loading import LoadedRelease


def load_as_serving(folder: Path, settings: Settings) -> LoadedRelease:
    """Raises what loading raises: such a release must not go live."""
    from mqt_serving.assembly import load_search, load_translator
    from mqt_serving.release_loading import LoadedRelease, Loaders

    return LoadedRelease.load(
        folder, Loaders(load_translator, load_search), settings.private_fields
    )
