"""`mqt doctor` says whether the language model can be asked, and what it gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mqt_serving.platform.doctor import Finding, Health, examine
from mqt_serving.platform.processes import free_port
from mqt_serving.settings import Settings
from tests.mqt_serving.llm.chat_server import chat_server


def finding(tmp_path: Path, **changes: Any) -> Finding:
    settings = Settings.from_environment(home=tmp_path, **changes)
    return next(f for f in examine(settings, {}) if f.about == "language model")


def test_without_an_endpoint_there_is_nothing_to_complain_about(tmp_path: Path) -> None:
    assert finding(tmp_path).health is Health.OK


def test_an_endpoint_is_asked_for_the_model(tmp_path: Path) -> None:
    key = SecretStr("sk-secret")
    with chat_server("") as server:
        found = finding(tmp_path, llm_url=server.url, llm_model="tiny", llm_api_key=key)
        missing = finding(tmp_path, llm_url=server.url, llm_model="huge", llm_api_key=key)
    assert (found.health, found.text) == (Health.OK, f"tiny at {server.url}, gets values")
    assert missing.health is Health.WARNING
    assert "no model 'huge' (MQT_LLM_MODEL); it has tiny" in missing.text
    assert server.headers[0]["Authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in found.text + missing.text


@pytest.mark.parametrize("path", ["/v2", "/v1"])
def test_an_endpoint_that_does_not_answer_is_a_warning(tmp_path: Path, path: str) -> None:
    with chat_server("") as server:
        url = server.url.replace("/v1", path) if path == "/v2" else _nowhere()
        found = finding(tmp_path, llm_url=url, llm_model="tiny")
    assert found.health is Health.WARNING
    assert "(MQT_LLM_URL) cannot be asked" in found.text


def _nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}/v1"
