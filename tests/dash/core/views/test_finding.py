"""The view of findings of a rule, a node or an implementation, from made answers."""

import pytest

from tart.dash.core.model import Place, row_values
from tart.dash.core.views.finding import VIEW
from tests.dash.core.views.samples import NODE, OTHER, figures, matrix, show, texts
from tests.dash.pages import find_table


def rules(page):
    return {row["rule"]: row["count"] for row in row_values(find_table(page, "Rules"))}


def test_a_rule_in_words_and_figures():
    page = show("finding")
    assert page.title == "Findings trailing_bytes"
    assert figures(page) == {
        "Severity": ("error", "error", "bad"),
        "Findings": ("5", 5, ""),
        "Nodes": ("2", 2, ""),
        "First": ("10 min", "2026-11-30T11:50:00.000000Z", ""),
        "Newest": ("1 min", "2026-11-30T11:59:00.000000Z", ""),
    }
    (rule,) = row_values(find_table(page, "Rules"))
    assert rule["explanation"] == "The message has bytes after its end."
    assert page.notes == ("The newest 2 examples; there are more.",)


def test_examples_open_their_event():
    table = find_table(show("finding"), "Examples")
    assert [row.opens for row in table.rows] == [Place("event", "388353"), None]
    named, first = texts(table)
    assert (named["node"], named["event"], named["found"]) == ("beef1111…", "Status", "0x0300")
    assert (first["node"], first["event"], first["found"]) == ("–", "first message", "nothing")
    assert first["fault"] == "the end of the message"


def test_nodes_that_broke_the_rule():
    rows = row_values(find_table(show("finding"), "Nodes"))
    assert [(row["node"], row["count"]) for row in rows] == [(NODE, 2), (OTHER, 3)]


@pytest.mark.parametrize(
    ("argument", "counts"),
    [
        ("node=3f2a", {"trailing_bytes": 2, "events_dropped": 1}),
        ("node=0xBEEF", {"trailing_bytes": 3}),
        ("implementation=PolkaJam", {"trailing_bytes": 2, "events_dropped": 1}),
        ("implementation=PolkaJam version=0.2", {}),
        ("events_dropped node=beef", {}),
        ("rule=events_dropped", {"events_dropped": 1}),
    ],
)
def test_conditions(argument, counts):
    page = show("finding", argument)
    assert rules(page) == counts
    assert figures(page)["Findings"][1] == sum(counts.values())


def test_conditions_are_those_of_the_request_too():
    place = Place("finding", "node=3f2a implementation='A B' version=1")
    assert VIEW.requests(place)[1].arguments == {
        "duration": "24h",
        "node_id": "3f2a",
        "implementation": "A B",
        "version": "1",
        "limit": 30,
    }


def test_findings_that_do_not_exist():
    page = show("finding", "truncated", examples={"examples": [], "has_more": False})
    assert figures(page)["Findings"] == ("0", 0, "")
    assert figures(page)["Severity"] == ("–", None, "dim")
    assert find_table(page, "Rules").note == "No findings in the last 24 hours."
    empty = show("finding", matrix=matrix() | {"cells": []})
    assert find_table(empty, "Nodes").rows == ()
