"""Settings: from the environment, with local defaults, wrong ones named with their value."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqt_serving.errors import SettingError
from mqt_serving.settings import (
    RunningServers,
    Settings,
    redact,
    unknown_variables,
    variable_names,
)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in variable_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_everything_has_a_default(tmp_path: Path) -> None:
    settings = Settings.load()
    assert settings.home == tmp_path / ".mqt"
    assert settings.http_url == "http://127.0.0.1:8000"
    assert settings.mlflow_tracking_uri == f"sqlite:///{tmp_path}/.mqt/mlflow/mlflow.db"


def test_corpora_are_found_beside_the_project(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("project", "shared/tend", "shared/spider_syn"):
        (tmp_path / name).mkdir(parents=True)
    assert Settings.load().spider_syn_folder is None
    monkeypatch.chdir(tmp_path / "project")
    settings = Settings.load()
    assert settings.tend_folder == tmp_path / "shared/tend"
    assert settings.spider_syn_folder == tmp_path / "shared/spider_syn"


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "")
    monkeypatch.setenv("MQT_PORT", "")
    assert Settings.load().port == 8000


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQT_DATABASES", "shop, archive,")
    monkeypatch.setenv("MQT_PRIVATE_FIELDS", "customers.email,staff.salary")
    settings = Settings.load()
    assert settings.databases == ("shop", "archive")
    assert settings.private_fields == ("customers.email", "staff.salary")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("MQT_PORT", "70000", "less than or equal to 65535"),
        ("MQT_PORT", "web", "valid integer"),
        ("MQT_MAX_ROWS", "0", "greater than or equal to 1"),
        ("MONGODB_URI", "localhost:27017", "must start with mongodb://"),
        ("MQT_JOURNAL_URI", "mongodb:///db", "name a host"),
        ("MQT_REDIS_URL", "http://x", "must start with redis://"),
        ("MQT_TEND_FOLDER", "/no/such/folder", "no such folder"),
        ("MQT_SPIDER_SYN_FOLDER", "/no/such/folder", "no such folder"),
        ("MQT_PRIVATE_FIELDS", "email", "collection.path"),
        ("MQT_RETRAIN_CALENDAR", "sunday 3:00", "sun 03:00"),
        ("MQT_RETRAIN_CALENDAR", "24:00", "a time such as 03:00"),
        ("MQT_RETRAIN_SCHEMA_CHANGE", "0", "greater than 0"),
        ("MQT_RETRAIN_COOL_DOWN_MINUTES", "-1", "greater than or equal to 0"),
        ("MQT_RETRAIN_PER_DAY", "-1", "greater than or equal to 0"),
    ],
)
def test_a_wrong_value_is_named(
    name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError) as caught:
        Settings.load()
    assert name in str(caught.value)
    assert value in str(caught.value)
    assert reason in str(caught.value)


def test_all_wrong_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQT_PORT", "x")
    monkeypatch.setenv("MQT_DAGSTER_PORT", "y")
    with pytest.raises(SettingError, match=r"MQT_PORT=x.*MQT_DAGSTER_PORT=y"):
        Settings.load()


def test_passwords_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mysql://me:hunter2@host/db")
    with pytest.raises(SettingError) as caught:
        Settings.load()
    assert "hunter2" not in str(caught.value)
    assert redact("mongodb+srv://me:p%40ss@host/?x=1") == "mongodb+srv://me:***@host/?x=1"
    assert redact("redis://:secret@host:6379/0") == "redis://:***@host:6379/0"


def test_the_servers_of_a_running_up_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    running = RunningServers(mongodb_uri="mongodb://127.0.0.1:1234", redis_url="redis://r:1")
    running.write(Settings.load().servers_file)
    settings = Settings.load()
    assert settings.required_mongodb_uri() == "mongodb://127.0.0.1:1234"
    assert settings.required_journal_uri() == "mongodb://127.0.0.1:1234"
    assert settings.redis_url == "redis://r:1"
    assert Settings.from_environment().mongodb_uri == ""


def test_the_journal_stays_off_the_users_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://theirs")
    with pytest.raises(SettingError, match="MQT_JOURNAL_URI"):
        Settings.load().required_journal_uri()
    RunningServers(mongodb_uri="mongodb://127.0.0.1:1").write(Settings.load().servers_file)
    settings = Settings.load()
    assert settings.mongodb_uri == "mongodb://theirs"
    assert settings.journal_uri == "mongodb://127.0.0.1:1"


def test_no_mongodb_says_how_to_get_one() -> None:
    with pytest.raises(SettingError, match=r"MONGODB_URI.*mqt up"):
        Settings.load().required_mongodb_uri()


def test_a_broken_servers_file_says_to_delete_it() -> None:
    file = Settings.load().servers_file
    file.parent.mkdir(parents=True)
    file.write_text("{")
    with pytest.raises(SettingError, match=r"servers\.json.*delete it"):
        Settings.load()


@pytest.mark.parametrize(
    ("name", "served"),
    [("shop", True), ("admin", False), ("local", False), ("mqt", False), ("mqt_corpus_x", False)],
)
def test_system_and_own_databases_are_not_asked_about(name: str, served: bool) -> None:
    assert Settings.load().serves_database(name) is served


def test_named_databases_are_the_only_ones() -> None:
    settings = Settings.load(databases="shop")
    assert settings.serves_database("shop")
    assert not settings.serves_database("other")


def test_misspelt_variables_are_found() -> None:
    assert unknown_variables({"MQT_PROT": "1", "MQT_PORT": "1", "PATH": ""}) == ("MQT_PROT",)
