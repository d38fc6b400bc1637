"""Assignment to variants: sticky, by share, dealt anew by the salt."""

from __future__ import annotations

from mqt_serving.assignment import Asker, expose, hash_of, variant_of

UNITS = [f"session:{number}" for number in range(20_000)]


def _challengers(salt: str, share: float) -> set[str]:
    return {u for u in UNITS if variant_of(hash_of(salt, u), share) == "challenger"}


def test_the_challenger_gets_its_share() -> None:
    for share in (0.05, 0.2, 0.5):
        expected = share * len(UNITS)
        assert (
            abs(len(_challengers("salt", share)) - expected) < 4 * (expected * (1 - share)) ** 0.5
        )
    assert not _challengers("salt", 0.0)
    assert len(_challengers("salt", 1.0)) == len(UNITS)


def test_a_growing_share_takes_nobody_away_from_the_challenger() -> None:
    assert _challengers("salt", 0.05) < _challengers("salt", 0.2) < _challengers("salt", 0.5)


def test_another_salt_deals_independently() -> None:
    both = _challengers("one", 0.5) & _challengers("two", 0.5)
    assert abs(len(both) / len(UNITS) - 0.25) < 0.02


def test_a_unit_is_the_principal_else_the_session_else_the_question() -> None:
    assert Asker("ada", "tab-1").unit("q1") == Asker("ada", "tab-2").unit("q2")
    assert Asker("", "tab-1").unit("q1") == Asker("", "tab-1").unit("q2")
    assert Asker().unit("q1") != Asker().unit("q2")
    assert Asker("x").unit("q") != Asker(session="x").unit("q")


def test_an_override_is_marked_and_keeps_the_unit() -> None:
    plain = expose("e", "salt", 0.0, Asker(session="s"), "q")
    asked = expose("e", "salt", 0.0, Asker(session="s", variant="challenger"), "q")
    assert (plain.variant, plain.overridden) == ("champion", False)
    assert (asked.variant, asked.overridden) == ("challenger", True)
    assert plain.unit == asked.unit
    assert "s" not in asked.document().values()
