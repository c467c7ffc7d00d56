"""The view of failure groups, from made answers."""

from tart.dash.core.model import Place
from tests.dash.core.views.samples import FINGERPRINT, failures_answers, figures, show, texts
from tests.dash.pages import find_table


def test_figures():
    assert figures(show("failures")) == {
        "Failures": ("24", 24, ""),
        "Groups": ("2", 2, ""),
        "New": ("1", 1, "warning"),
        "Regressed": ("1", 1, "bad"),
        "Open": ("1", 1, ""),
        "Resolved": ("0", 0, ""),
        "Ignored": ("0", 0, ""),
    }


def test_groups_open_their_page():
    table = find_table(show("failures"), "Groups")
    regressed, new = texts(table)
    assert (regressed["state"], regressed["count"], regressed["first"]) == (
        "regressed",
        "12",
        "2 h",
    )
    assert regressed["versions"] == "polkajam 0.3.2"
    assert (new["state"], new["reason"], new["versions"]) == ("new", "(no reason)", "")
    assert table.rows[0].opens == Place("failure", FINGERPRINT)
    assert table.note == "the most frequent"


def test_a_day_without_a_failure_and_a_store_that_fails():
    answer = failures_answers()["failures"]
    watch = answer["watch"] | {"problem": "the disk is full"}
    page = show("failures", failures=answer | {"failures": [], "watch": watch})
    assert find_table(page, "Groups").note == "No failure in the last 24 hours."
    assert page.notes == ("Groups are not stored: the disk is full",)
