"""Who proves the role of a reviewer, and who does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mqt_serving.http.reviewer import Reviewers
from mqt_serving.settings import Settings

HERE = {"host": "127.0.0.1:8000"}


def reviewers(tmp_path: Path, **settings: str) -> Reviewers:
    return Reviewers(Settings.load(home=tmp_path, **settings))


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_this_machine_reviews_while_no_token_is_set(tmp_path: Path, host: str) -> None:
    assert reviewers(tmp_path).proof({"host": host}, "127.0.0.1") == "local"


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        (HERE, "10.0.0.7"),
        ({**HERE, "x-forwarded-for": "10.0.0.7"}, "127.0.0.1"),
        ({"host": "evil.example"}, "127.0.0.1"),
        ({}, "127.0.0.1"),
        (HERE, ""),
    ],
)
def test_nobody_else_does(tmp_path: Path, headers: Mapping[str, str], address: str) -> None:
    assert reviewers(tmp_path).proof(headers, address) == ""


def test_not_even_this_machine_where_mqt_listens_on_others(tmp_path: Path) -> None:
    assert reviewers(tmp_path, host="0.0.0.0").proof(HERE, "127.0.0.1") == ""


def test_a_token_is_the_only_proof_where_one_is_set(tmp_path: Path) -> None:
    chosen = reviewers(tmp_path, review_token="open sesame", host="0.0.0.0")
    assert chosen.proof({"authorization": "Bearer open sesame"}, "10.0.0.7") == "token"
    assert chosen.proof({"authorization": "Bearer wrong"}, "127.0.0.1") == ""
    assert chosen.proof(HERE, "127.0.0.1") == ""
