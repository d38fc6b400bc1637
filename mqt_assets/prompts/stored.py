"""The promoted prompt, read from the artifact store. Importing this is light: `release` does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mqt_resources.artifacts import ArtifactStore

if TYPE_CHECKING:
    from mqt_serving.llm.template import Prompt

PROMOTION = "prompt_promotion.json"


def promoted(store: ArtifactStore) -> Prompt | None:
    """None until a prompt was measured: serving then uses the one that comes with MQT."""
    from mqt_serving.llm.template import Prompt

    if not store.exists(PROMOTION):
        return None
    return Prompt.model_validate(json.loads(store.read(PROMOTION))["prompt"])


def prompt_text(store: ArtifactStore) -> str:
    """`prompt.json` of a release; empty without a promoted prompt."""
    prompt = promoted(store)
    return prompt.model_dump_json(indent=1) if prompt else ""
