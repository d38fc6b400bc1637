"""Tables and plots as Dagster shows them."""

from __future__ import annotations

from datetime import date

from mqt_assets.presentation import bars, curve, daily, gained_and_lost, image, table

PNG = b"\x89PNG\r\n"


def test_a_table_survives_what_data_holds() -> None:
    text = table(["a", "b"], [["x|y", "two\nlines"], [1, None]])
    assert text.splitlines() == [
        "| a | b |",
        "| --- | --- |",
        "| x\\|y | two lines |",
        "| 1 | None |",
    ]


def test_a_long_table_says_what_it_leaves_out() -> None:
    assert table(["n"], [[n] for n in range(40)], most=10).endswith("... and 30 more")


def test_plots_are_pngs_also_of_nothing() -> None:
    for plot in (
        bars({"count": 0.5, "join": 1.0}, "t"),
        bars({}, "t"),
        curve({1: 2.0}, "t", "l"),
        daily({date(2026, 1, 2): 3}, "t", "l"),
        daily({}, "t", "l"),
        gained_and_lost({"count": (3, 1), "join": (0, 0)}, "t"),
        gained_and_lost({}, "t"),
    ):
        assert plot.startswith(PNG)
    assert "data:image/png;base64,iVBOR" in str(image(bars({}, "t"), "c").value)
