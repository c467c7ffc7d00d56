"""The view of alerting rules and channels, from made answers."""

from tests.dash.core.views.samples import alert_rules_answers, figures, show, texts
from tests.dash.pages import find_table


def test_figures():
    assert figures(show("alert-rules")) == {
        "Rules": ("3", 3, ""),
        "Firing": ("1", 1, "warning"),
        "Pending": ("0", 0, ""),
        "Failing": ("1", 1, "bad"),
        "Channels": ("1", 1, ""),
        "Queued": ("1", 1, ""),
        "Given up": ("1", 1, "bad"),
    }


def test_conditions_in_words():
    behind, step, sql = texts(find_table(show("alert-rules"), "Rules"))
    assert behind["condition"] == "node behind slots by node above 10 slots"
    assert (behind["value"], behind["firing"], behind["for"]) == ("1,234", "1", "1 min 0 s")
    assert step["condition"] == "step failure share above 2 times that 1 h 0 min before"
    assert (sql["condition"], sql["error"]) == ("a statement of SQL", "no column x")


def test_rules_that_are_off_stand_apart():
    (off,) = texts(find_table(show("alert-rules"), "Off"))
    assert (off["state"], off["alert"], off["took"]) == ("off", "NodeAnomalous", "–")
    assert off["condition"].endswith("below 0.5 slots")


def test_channels():
    (channel,) = texts(find_table(show("alert-rules"), "Channels"))
    assert (channel["name"], channel["dead"], channel["newest"]) == ("ops", "1", "1 h")
    assert channel["error"] == "it answered 500"


def test_a_server_without_channels_and_with_a_wrong_file():
    answer = alert_rules_answers()["rules"]
    page = show(
        "alert-rules",
        rules=answer | {"rules": [], "channels": [], "errors": ["alerts.toml:3: no such key"]},
    )
    assert "shown here alone" in find_table(page, "Channels").note
    assert find_table(page, "Rules").note == "No rule is in force."
    assert find_table(page, "Off").note == "none"
    assert page.notes == (
        "The rule file has 1 mistake; the rules before it are in force.",
        "alerts.toml:3: no such key",
    )
