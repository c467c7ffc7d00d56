"""The view of conformance, from made answers."""

from tart.dash.core.model import Place, row_values
from tests.dash.core.views.samples import NODE, figures, matrix, show
from tests.dash.pages import find_table


def test_figures():
    assert figures(show("conformance")) == {
        "Verdict": ("error", "error", "bad"),
        "Findings": ("6", 6, ""),
        "Rules broken": ("2", 2, ""),
        "Conformant": ("0 of 2 nodes", 0, ""),
        "Events checked": ("3,739", 3739, ""),
        "Of unnamed nodes": ("2", 2, "warning"),
    }


def test_rules_with_an_example_and_who_broke_them():
    table = find_table(show("conformance"), "Rules")
    error, info = row_values(table)
    assert (error["rule"], error["severity"], error["count"], error["nodes"]) == (
        "trailing_bytes",
        "error",
        5,
        2,
    )
    assert error["example"] == "num_peers: the end of the message"
    # Most findings first.
    assert error["implementations"] == "unknown, PolkaJam 0.1.26"
    assert info["example"] is None
    assert table.rows[0].opens == Place("finding", "trailing_bytes")


def test_implementations_and_nodes_add_up_to_the_rules():
    page = show("conformance")
    for name in ("Implementations", "Nodes"):
        rows = row_values(find_table(page, name))
        assert sum(row["findings"] for row in rows) == sum(
            rule["count"] for rule in matrix()["rules"]
        )
        assert sum(row["events"] for row in rows) == matrix()["event_count"]
    polkajam, unknown = row_values(find_table(page, "Implementations"))
    assert (polkajam["findings"], polkajam["rules"]) == (3, 2)
    assert (unknown["implementation"], unknown["findings"]) == ("unknown", 3)
    named, nameless = find_table(page, "Implementations").rows
    assert named.opens == Place("finding", "implementation=PolkaJam version=0.1.26")
    assert nameless.opens is None
    node = find_table(page, "Nodes").rows[0]
    assert node.opens == Place("finding", f"node={NODE}")


def test_a_network_without_findings():
    nothing = matrix() | {"rules": [], "cells": [], "verdict": "conformant", "unidentified": 0}
    page = show("conformance", matrix=nothing)
    assert find_table(page, "Rules").note == "No findings in the last 24 hours."
    assert figures(page)["Verdict"] == ("conformant", "conformant", "good")
    empty = nothing | {"nodes": [], "implementations": [], "event_count": 0}
    assert figures(show("conformance", matrix=empty))["Conformant"][0] == "0 of 0 nodes"
