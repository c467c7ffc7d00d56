"""The view of alerts, from made answers."""

from tart.dash.core.model import Place, row_values
from tests.dash.core.views.samples import NODE, alerts_answers, figures, show, texts
from tests.dash.pages import find_table


def test_figures():
    assert figures(show("alerts")) == {
        "Firing": ("1", 1, "bad"),
        "Critical": ("1", 1, "bad"),
        "Warning": ("0", 0, ""),
        "Info": ("0", 0, ""),
        "Pending": ("1", 1, ""),
        "Silenced": ("1", 1, ""),
        "Inhibited": ("1", 1, ""),
        "Evaluated": ("2 s ago", "2026-11-30T11:59:58.000000Z", ""),
        "Shards": ("1 of 2", 1, "warning"),
    }


def test_alerts_in_the_order_of_the_api():
    table = find_table(show("alerts"), "Now")
    node, silenced, inhibited, step = texts(table)
    assert (node["state"], node["since"], node["about"]) == ("firing", "40 s", "3f2a0000…")
    assert step["about"] == "sharing"
    assert [row["held"] for row in (node, silenced, inhibited)] == [
        "",
        "silenced",
        "by FinalityStalled",
    ]
    assert [row.opens for row in table.rows] == [Place("node", NODE)] * 3 + [None]


def test_changes_of_the_past():
    table = find_table(show("alerts"), "History")
    (change,) = texts(table)
    assert (change["at"], change["to"], change["about"]) == ("1 min", "resolved", "sharing")
    assert table.note == "the newest"


def test_silences_say_what_they_silence_and_until_when():
    active, ended = texts(find_table(show("alerts"), "Silences"))
    assert (active["ends_at"], active["author"], active["alerts"]) == ("in 2 h", "ops", "1")
    assert active["matchers"] == 'alertname="NodeBehind" node=~"3f.*"'
    assert (ended["state"], ended["ends_at"], ended["author"]) == ("expired", "1 h ago", "file")


def test_problems_and_an_evaluation_without_all_shards_are_notes():
    assert show("alerts").notes == (
        "rule Custom cannot be evaluated: no column of that name",
        "Partial: the evaluation covers 1 of 2 shards.",
    )


def test_a_network_without_alerts():
    counts = dict.fromkeys(("firing", "pending", "silenced", "inhibited"), 0)
    severities = dict.fromkeys(("critical", "warning", "info"), 0)
    quiet = alerts_answers()["alerts"] | {
        "alerts": [],
        "counts": counts | {"by_severity": severities},
        "problems": [],
        "shards_answered": 2,
    }
    nothing = {"history": {"history": [], "has_more": False}, "silences": {"silences": []}}
    page = show("alerts", alerts=quiet, **nothing)
    assert find_table(page, "Now").note == "No alert holds now."
    assert find_table(page, "History").note == "No alert has changed yet."
    assert "tart alerts silence" in find_table(page, "Silences").note
    assert figures(page)["Firing"] == ("0", 0, "good")
    assert page.notes == ()
    started = show("alerts", alerts=quiet | {"evaluated_at": None}, history=None, silences=None)
    assert "evaluated yet" in find_table(started, "Now").note
    assert [row_values(table) for table in started.tables] == [[]]
