"""``tart/query/answers/finality.py``: figures have the members and values that it declares."""

from __future__ import annotations

from tart.query.topics.finality import finality
from tests.query.answers.checking import check
from tests.query.topics.test_finality import NOTHING, ROWS


def test_figures_of_finality() -> None:
    for rows in (ROWS, NOTHING):
        check("Finality", finality(rows, 10))
