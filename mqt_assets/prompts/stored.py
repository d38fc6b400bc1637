"""The prompt of the next release: the promoted one, until people turn away from it.

Importing this is light: `release` does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from mqt_assets.release.audit import entries, withdrawn_prompts
from mqt_assets.release.packaging import Champion
from mqt_resources.artifacts import ArtifactStore
from mqt_serving.releases import PROMPT

if TYPE_CHECKING:
    from mqt_serving.llm.template import Prompt

PROMOTION = "prompt_promotion.json"


def prompt_text(store: ArtifactStore, root: Path) -> str:
    """`prompt.json` of the next release in `root`; empty for the prompt that comes with MQT.

    The promoted prompt, unless it was withdrawn or there is none: then the one that serves.
    """
    from mqt_serving.llm.template import Prompt

    if store.exists(PROMOTION):
        prompt = Prompt.model_validate(json.loads(store.read(PROMOTION))["prompt"])
        if prompt.template.version not in withdrawn_prompts(entries(root)):
            return prompt.model_dump_json(indent=1)
    champion = Champion.of(root)
    served = champion.folder / PROMPT if champion else None
    return served.read_text(encoding="utf-8") if served and served.exists() else ""


def next_prompt(store: ArtifactStore, root: Path) -> Prompt:
    """What `prompt_text` says, read: what a search for a better one starts from."""
    from mqt_serving.llm.template import Prompt

    text = prompt_text(store, root)
    return Prompt.model_validate_json(text) if text else Prompt()
