"""The view of one failure group, from made answers."""

import pytest

from tart.dash.core.model import Place, UnknownPlace
from tart.dash.core.views.failure import VIEW
from tests.dash.core.views.samples import NODE, failure_answers, figures, show, texts
from tests.dash.pages import find_table


def test_figures_and_what_is_known_of_it():
    page = show("failure")
    assert page.title == "WorkPackageFailed: no route to <address>"
    assert figures(page) == {
        "State": ("regressed", "regressed", "bad"),
        "Failures": ("12", 12, ""),
        "Nodes": ("3", 3, ""),
        "Of attempts": ("25 %", 0.25, ""),
        "First": ("2 h", "2026-11-30T10:00:00.000000Z", ""),
        "Newest": ("5 s", "2026-11-30T11:59:55.000000Z", ""),
        "Recovered": ("1", 1, "good"),
        "Superseded": ("0", 0, ""),
        "Lost": ("2", 2, "bad"),
    }
    assert page.notes == ("regressed: fixed in 0.3.1", "seen again in 0.3.2")


def test_a_sample_has_the_events_before_it_and_what_came_of_it():
    table = find_table(show("failure"), "Samples")
    related, other, failure = texts(table)
    assert (related["before"], related["event"]) == ("−1,234 ms", "WorkPackageSubmission")
    assert other["node"] == failure["node"] == "3f2a0000…"
    assert failure["event"] == "WorkPackageFailed"
    assert failure["summary"] == "no route to 10.0.0.1 · Nothing came of it."
    assert [row.opens for row in table.rows] == [
        Place("event", "511"),
        Place("event", "512"),
        Place("event", "767"),
    ]


def test_nodes_and_reasons():
    page = show("failure")
    (node,) = texts(find_table(page, "Nodes"))
    assert (node["count"], node["implementation"]) == ("9", "polkajam 0.3.2")
    assert find_table(page, "Nodes").rows[0].opens == Place("node", NODE)
    (reason,) = texts(find_table(page, "Reasons"))
    assert reason["reason"] == "no route to 10.0.0.1"


def test_a_group_whose_events_are_gone():
    gone = {"samples": [], "failing_nodes": [], "reasons": [], "comment": ""}
    answer = failure_answers()["failure"] | gone | {"regressed_version": None}
    page = show("failure", failure=answer)
    assert find_table(page, "Samples").note == "No event of the group is stored any more."
    assert find_table(page, "Nodes").note == "None in the last 24 hours."
    assert page.notes == ()


@pytest.mark.parametrize("argument", ["x", "0123", "g" * 16])
def test_an_argument_that_is_no_fingerprint_is_refused(argument):
    with pytest.raises(UnknownPlace, match="16 hex digits"):
        VIEW.requests(Place("failure", argument))
