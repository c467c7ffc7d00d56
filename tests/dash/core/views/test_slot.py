"""The view of one slot, from made answers."""

import pytest

from tart.dash.core.model import Place, row_values
from tests.dash.core.views.samples import (
    BLOCK,
    FORK,
    NODE,
    OTHER,
    figures,
    show,
    slot_answers,
    texts,
)
from tests.dash.pages import find_table


def empty(**changes):
    return slot_answers()["slot"] | {"blocks": [], "failures": [], "nodes": []} | changes


def test_figures_are_of_the_first_block():
    page = show("slot")
    assert page.title == "Slot 1001"
    shown = figures(page)
    assert shown["State"] == ("authored", "authored", "good")
    assert shown["Blocks"] == ("2", 2, "")
    assert shown["Failures"] == ("2", 2, "bad")
    assert shown["Author"] == ("3f2a0000…", NODE, "")
    assert shown["Runs"] == ("PolkaJam 0.1.26", "PolkaJam 0.1.26", "")
    assert shown["Nodes"] == ("5 of 6", 5, "")
    assert shown["Never had it"] == ("1", 1, "bad")
    assert shown["p90"] == ("1.47 s", 1465.308, "")
    assert shown["p99"] == ("–", None, "")
    assert shown["Hash"][1] == BLOCK
    assert page.notes == (
        "A fork: 2 blocks; the figures are of the first.",
        "Times of cdcdcdcd… count from the first node that had it.",
    )


def test_the_latest_nodes_are_first_and_those_without_the_block_before_them():
    table = find_table(show("slot"), "Nodes")
    rows = [(row["block"], row["node"], row["had"], row["verified"]) for row in texts(table)]
    assert rows == [
        ("abababab…", "beef1111…", "never", "–"),
        ("abababab…", "77777777…", "120 ms", "180 ms"),
        ("abababab…", "3f2a0000…", "0 µs", "–"),
        ("cdcdcdcd…", "77777777…", "never", "–"),
        ("cdcdcdcd…", "3f2a0000…", "−3.5 ms", "–"),
    ]
    assert table.rows[0].opens == Place("node", OTHER)
    assert row_values(table)[1]["had"] == 120.5


def test_stages_are_summarised_over_the_nodes_that_reached_them():
    rows = {
        (row["block"], row["stage"]): row for row in row_values(find_table(show("slot"), "Stages"))
    }
    assert rows[BLOCK, "had"] == {
        "stage": "had",
        "nodes": 2,
        "first": 0.0,
        "median": 60.25,
        "last": 120.5,
        "block": BLOCK,
    }
    assert rows[BLOCK, "finalized"]["nodes"] == 0
    assert rows[BLOCK, "finalized"]["median"] is None
    assert rows[FORK, "had"]["last"] == -3.5


def test_failures_name_node_and_reason():
    rows = texts(find_table(show("slot"), "Failures"))
    assert [(row["node"], row["stage"], row["ms"], row["reason"]) for row in rows] == [
        ("beef1111…", "verification", "130 ms", "bad seal"),
        ("beef1111…", "authoring", "–", "bad seal"),
    ]


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"state": "missed"}, "Missed: nodes were connected"),
        ({"state": "pending"}, "No block yet"),
        ({"state": "pending", "newest_slot": 900}, "has not begun; the newest is 900"),
        ({"state": "pending", "newest_slot": 0}, "No block is known yet."),
        ({"state": "unknown"}, "Not known"),
    ],
)
def test_a_slot_without_a_block_says_why(changes, note):
    page = show("slot", slot=empty(**changes))
    assert note in find_table(page, "Nodes").note
    assert [table.name for table in page.tables] == ["Nodes"]
