"""Which prompt the next release holds: the promoted one, until people turn away from it."""

from __future__ import annotations

import json
from pathlib import Path

from mqt_assets.prompts.stored import PROMOTION, next_prompt, prompt_text
from mqt_assets.release.gates import EvaluationReport, Share
from mqt_assets.release.publishing import go_live
from mqt_assets.release.rollback import serve_again
from mqt_resources.artifacts import ArtifactStore
from mqt_serving.llm.template import Prompt, Template
from mqt_serving.releases import PROMPT, read_pointer, write_release

BEFORE = Prompt(template=Template(values=2), right={"tiny": 0.5})
PROMOTED = Prompt(template=Template(values=1), right={"tiny": 0.8})
REPORT = EvaluationReport(
    translator="t",
    holdout_digest="h",
    overall=Share(correct=8, total=10),
    milliseconds_p50=1,
    milliseconds_p95=2,
    megabytes=1,
)


def promoted(store: ArtifactStore, prompt: Prompt) -> None:
    store.write(PROMOTION, json.dumps({"prompt": prompt.model_dump(mode="json")}).encode())


def release(root: Path, name: str, prompt: str) -> None:
    """As the next refresh would: always the same model."""
    parts = root.parent / f"parts-{name}"
    (parts / "translator").mkdir(parents=True)
    (parts / "translator" / "weights").write_text("a")
    (parts / "corrections.json").write_text(name)
    (parts / "evaluation.json").write_text(REPORT.model_dump_json())
    if prompt:
        (parts / PROMPT).write_text(prompt)
    before = read_pointer(root)
    write_release(root, parts, release_id=name)
    go_live(root, name, instead_of=before.champion if before else None)


def test_a_promoted_prompt_is_in_the_next_release_and_stays(tmp_path: Path) -> None:
    store, root = ArtifactStore(tmp_path / "artifacts"), tmp_path / "releases"
    assert prompt_text(store, root) == ""
    assert next_prompt(store, root) == Prompt()
    promoted(store, PROMOTED)
    assert Prompt.model_validate_json(prompt_text(store, root)) == PROMOTED
    release(root, "r1", prompt_text(store, root))
    store.path(PROMOTION).unlink()
    assert next_prompt(store, root) == PROMOTED


def test_a_prompt_that_was_rolled_back_returns_with_no_refresh(tmp_path: Path) -> None:
    store, root = ArtifactStore(tmp_path / "artifacts"), tmp_path / "releases"
    promoted(store, BEFORE)
    release(root, "r1", prompt_text(store, root))
    promoted(store, PROMOTED)
    release(root, "r2", prompt_text(store, root))
    serve_again(root)
    assert prompt_text(store, root) == (root / "r1" / PROMPT).read_text()
    release(root, "refreshed", prompt_text(store, root))
    assert next_prompt(store, root) == BEFORE
    # Measured again it has other figures, and is the same prompt.
    promoted(store, PROMOTED.model_copy(update={"right": {"tiny": 0.9}}))
    assert next_prompt(store, root) == BEFORE
    serve_again(root, "r2")
    assert next_prompt(store, root).template == PROMOTED.template
