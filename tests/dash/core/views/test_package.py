"""The view of one work-package, from made answers."""

from tart.dash.core.model import Place, row_values
from tests.dash.core.views.samples import (
    NODE,
    OTHER,
    PACKAGE,
    figures,
    package_answers,
    show,
    texts,
)
from tests.dash.pages import find_table


def test_figures():
    page = show("package")
    shown = figures(page)
    assert page.title == "Work-package 9c9c9c9c…"
    assert shown["Stage"] == ("failed", "failed", "bad")
    assert shown["Core"] == ("1", 1, "")
    assert shown["Slot"] == ("–", None, "")
    assert shown["Guarantors"] == ("2: 3f2a0000…, beef1111…", 2, "")
    assert shown["Guarantee received"] == ("1.38 s", 1380.5, "")
    assert shown["Included"] == ("–", None, "dim")
    assert shown["Discarded"] == ("5.8 s", 5801.5, "")
    assert shown["Failure"] == ("gas", "gas", "bad")
    assert len(page.notes) == 2


def test_steps_are_in_the_order_of_time_with_those_of_the_network():
    table = find_table(show("package"), "Steps")
    assert [(row["start_ms"], row["node"], row["step"]) for row in texts(table)] == [
        ("0 µs", "3f2a0000…", "submit"),
        ("20 ms", "3f2a0000…", "share"),
        ("49.9 ms", "3f2a0000…", "refine"),
        ("1.38 s", "network", "guarantee received"),
        ("5.8 s", "network", "discarded"),
    ]
    assert PACKAGE in table.note
    submit, share, refine, *_ = row_values(table)
    assert (submit["took_ms"], submit["typical_p50_ms"]) == (49.942, 71.468)
    assert (submit["node"], submit["critical"]) == (NODE, True)
    assert share["peer"] == OTHER
    assert (refine["status"], refine["reason"], refine["typical_p50_ms"]) == ("failed", "gas", None)


def test_a_step_opens_its_last_event():
    opened = [row.opens for row in find_table(show("package"), "Steps").rows]
    assert opened == [Place("event", "512"), None, Place("event", "256"), None, None]


def test_events_of_other_nodes():
    (values,) = row_values(find_table(show("package"), "Other nodes"))
    assert values["reasons"] == "TooMany (2), Replaced (1)"
    assert (values["count"], values["p50_ms"], values["last_ms"]) == (3, 1500.0, None)


def test_a_package_of_which_little_is_known():
    bare = package_answers()["package"] | {
        "rows": [],
        "groups": [],
        "guarantors": [],
        "truncated": False,
        "failure_reason": None,
        "chain": dict.fromkeys(package_answers()["package"]["chain"]),
    }
    page = show("package", package=bare)
    assert find_table(page, "Steps").rows == ()
    assert find_table(page, "Other nodes").note == "No other node has reported anything of it yet."
    assert "Failure" not in figures(page)
    assert page.notes == ()
