"""The settings of a language model: wrong ones are named, and the key is shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqt_serving.errors import SettingError
from mqt_serving.settings import Settings, variable_names


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in variable_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_it_is_off_by_default() -> None:
    assert Settings.load().llm_url == ""


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("MQT_LLM_URL", "localhost:11434", "http:// or https://"),
        ("MQT_LLM_URL", "http://host/v1?key=1", "without user, query"),
        ("MQT_LLM_URL", "http://host:99999/v1", "port out of range"),
        ("MQT_LLM_TIMEOUT_SECONDS", "0", "greater than or equal to 0.1"),
        ("MQT_LLM_MOST_TOKENS", "10", "greater than or equal to 500"),
        ("MQT_LLM_SHARE", "all", "'schema', 'examples' or 'values'"),
    ],
)
def test_a_wrong_value_is_named(
    name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError) as caught:
        Settings.load()
    assert f"{name}={value}" in str(caught.value)
    assert reason in str(caught.value)


def test_an_endpoint_needs_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQT_LLM_URL", "http://127.0.0.1:11434/v1/chat/completions")
    with pytest.raises(SettingError, match="MQT_LLM_MODEL"):
        Settings.load()
    monkeypatch.setenv("MQT_LLM_MODEL", "tiny")
    assert Settings.load().llm_url == "http://127.0.0.1:11434/v1"


def test_passwords_and_keys_are_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQT_LLM_API_KEY", "sk-secret")
    settings = Settings.load()
    assert settings.llm_api_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in f"{settings!r} {settings.model_dump_json()}"
    monkeypatch.setenv("MQT_LLM_API_KEY", "sk-secret with spaces")
    monkeypatch.setenv("MQT_LLM_URL", "http://me:pass@host/v1")
    with pytest.raises(SettingError, match=r"MQT_LLM_API_KEY=\*\*\*: must be") as caught:
        Settings.load()
    assert "sk-secret" not in str(caught.value)
    assert "pass" not in str(caught.value)
