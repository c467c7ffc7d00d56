"""The view of alerts, from made answers."""

from tart.dash.core.model import Place, row_values
from tests.dash.core.views.samples import NODE, alerts_answers, figures, show, texts
from tests.dash.pages import find_table


def test_figures():
    assert figures(show("alerts")) == {
        "Alerts": ("2", 2, "warning"),
        "Critical": ("1", 1, "bad"),
        "Warning": ("1", 1, "warning"),
        "Info": ("0", 0, ""),
        "Ended": ("1", 1, ""),
        "Evaluated": ("2 s ago", "2026-11-30T11:59:58.000000Z", ""),
        "Shards": ("1 of 2", 1, "warning"),
    }


def test_alerts_in_the_order_of_the_api():
    table = find_table(show("alerts"), "Now")
    node, pipeline = texts(table)
    assert (node["severity"], node["since"], node["about"]) == ("critical", "40 s", "3f2a0000…")
    assert pipeline["about"] == "pipeline"
    assert row_values(table)[1]["about"] == "sharing"
    assert [row.opens for row in table.rows] == [
        Place("node", NODE),
        Place("events", "type=failures"),
    ]


def test_alerts_that_ended():
    table = find_table(show("alerts"), "Ended")
    (values,) = row_values(table)
    assert values["lasted"] == 30.0
    assert values["message"] == "sharing: 31 of 195 failed in five minutes"
    assert table.note == "3 alerts ended before these."


def test_an_end_that_is_not_known():
    ended = alerts_answers()["alerts"]["ended"][0] | {"ended_at": None}
    page = show("alerts", alerts=alerts_answers()["alerts"] | {"ended": [ended]})
    (values,) = row_values(find_table(page, "Ended"))
    assert (values["lasted"], values["ended_at"]) == (None, None)


def test_an_evaluation_without_all_shards_is_partial():
    assert show("alerts").notes == ("Partial: the evaluation covers 1 of 2 shards.",)


def test_a_network_without_alerts():
    quiet = alerts_answers()["alerts"] | {
        "alerts": [],
        "ended": [],
        "ended_forgotten": 0,
        "shards_answered": 2,
    }
    page = show("alerts", alerts=quiet)
    assert find_table(page, "Now").note == "No alert holds now."
    assert find_table(page, "Ended").note == "None has ended while the gateway ran."
    assert figures(page)["Alerts"] == ("0", 0, "good")
    assert page.notes == ()
    started = show("alerts", alerts=quiet | {"evaluated_at": None})
    assert "could be evaluated yet" in find_table(started, "Now").note
