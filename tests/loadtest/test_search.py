"""``loadtest/search.py``: the searches find what was written, by way of skip indexes."""

from __future__ import annotations

import pytest

from loadtest import report, search
from loadtest.scenarios import SCENARIOS


@pytest.mark.slow
def test_searches_find_the_events_that_were_written():
    figures = {}
    rows = search.play(0.012, figures, lambda text: None)

    assert SCENARIOS["search"].searching
    found = {row["search"]: row["events"] for row in rows}
    assert found["newest"] == found["type"] == 100
    assert found["rare type, two events"] == 2
    assert 5 < found["core"] < 100
    assert found["hash"] >= 1
    for what in ("type without events", "core and type without", "slot without events"):
        assert found[what] == found["hash without events"] == 0
    assert 0 < figures["index_bytes_per_event"] < 1
    text = report.summary(
        {"scenario": "search", "figures": figures, "parameters": {}, "search": rows, "broken": []}
    )
    assert all(what in text for what in found)
