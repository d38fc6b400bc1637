"""Words of rank become numbers of rows."""

from __future__ import annotations

from datetime import datetime

import pytest

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.translator.positions import find_positions
from mqt_serving.translator.values import ValueIndex, ValueKind, find_values
from mqt_serving.translator.words import split_words


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("the second most expensive product", [1]),
        ("the 3rd highest price", [2]),
        ("the 21st order", [20]),
        ("the first order", []),
        ("the 1st order", []),
        ("places 11 to 20 of the orders", [10, 10]),
        ("ranks 6-8 by total", [5, 3]),
        ("orders 11 to 20", []),
        ("buyers 4 to 6 by balance due", [3, 3]),
        ("shops placed 4 to 6 for size", [3, 3]),
        ("trips of 10 to 20 km", []),
        ("no. 3 in purchase price", [2]),
        ("number 1 in price", []),
        ("invoice number 5", []),
        ("runner-up in yearly turnover", [1]),
        ("the runners up of 2024", [1]),
        ("number two by sleeping places", [1]),
        ("no. two from the bottom in price", [1]),
        ("number one in price", []),
        ("clients by age, numbers six to ten", [5, 5]),
        ("the 3rd to 5th highest salary", [2, 4, 3]),
        ("third to fifth in price", [2, 4, 3]),
        ("officers 41 to 50 when sorted by salary", [40, 10]),
        ("patrons 21 to 40 in alphabetical order", [20, 20]),
        ("the 5 costliest operations, skip the very first", [1]),
        ("skip the first page", []),
        ("rows 1 to 10", []),
        ("page 3 of the orders with 10 per page", [20]),
        ("page 2, 25 orders per page", [25]),
        ("page 1 with 10 per page", []),
        ("lines 61 to 80 of the cases", [60, 20]),
        ("employers at place 5 till 9", [4, 5]),
        ("orders by date, third page at 50", [2, 100]),
        ("ten per page, page six", [50, 10]),
        ("hundred each page: seventh page", [6, 600, 100]),
        ("all games, cheapest first, except the cheapest", [1]),
        ("the client after the top spender", [1]),
        ("nearest first without the nearest", [1]),
        ("in order of distance, the closest skipped", [1]),
        ("games except the top 3", []),
        ("25 orders to a page, page 2", [25]),
        ("ten a page, page 3 of the orders", [20, 10]),
        ("second page of the orders, 25 per page", [1, 25]),
        ("page 3 of orders before 2022 (4 on each page)", [8]),
        ("page 3 of the book", []),
        ("anglers by number, page 3 of 20 each", [40]),
        ("page 4 with 25 each", [75]),
        ("docket list page 6 at 10, by date", [50]),
        ("merchants a-z, third page of 30", [2, 60]),
        ("skip two pages of 30 and give the next 30", [60]),
        ("the page 2 of 7 lists", []),
        ("in the third quarter of 2024", []),
    ],
)
def test_ranks(question: str, rows: list[int]) -> None:
    assert [number for number, _, _ in find_positions(question)] == rows


def test_the_day_of_a_date_is_no_rank() -> None:
    index = ValueIndex(catalog_from_documents("d", {"orders": [{"_id": 1, "total": 2}]}))

    def numbers(question: str) -> list[object]:
        now = datetime(2026, 1, 1)
        found = find_values(question, split_words(question), index, frozenset(), now)
        return [value.literal for value in found if value.kind == ValueKind.NUMBER]

    assert 2 not in numbers("orders on March 3rd, 2024")
    assert numbers("the 3rd largest order") == [2]
