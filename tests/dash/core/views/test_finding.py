"""The view of one rule, from made answers."""

from tart.dash.core.model import Place, find_table, row_values
from tests.dash.core.views.samples import NODE, OTHER, figures, show, texts


def test_the_rule_in_words_and_figures():
    page = show("finding")
    assert page.title == "Rule trailing_bytes"
    shown = figures(page)
    assert shown["Severity"] == ("error", "error", "bad")
    assert shown["Count"] == ("5 messages", 5, "")
    assert shown["Newest"] == ("1 min", "2026-11-30T11:59:00.000000Z", "")
    assert find_table(page, "Examples").note == "The message has bytes after its end."
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


def test_a_rule_that_no_node_broke():
    page = show("finding", "truncated", examples={"examples": [], "has_more": False})
    assert figures(page) == {"Count": ("0", 0, "good")}
    assert find_table(page, "Examples").note == "No node broke this rule in the last 24 hours."
    assert find_table(page, "Nodes").rows == ()
