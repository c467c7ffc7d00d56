from datetime import datetime

from tart.cli.render.alert_tables import (
    Screen,
    condition_text,
    render_alerts,
    render_deliveries,
    render_figures,
    render_history,
    render_rule,
    render_rules,
    render_silences,
)
from tart.style import Style
from tart.text_width import display_width
from tests.cli.alert_server import alert, alerts, channel, rule, silence

NOW = datetime.fromisoformat("2026-11-30T05:10:00Z").timestamp()
PLAIN = Screen(now=NOW)


def test_alerts_have_their_age_state_and_value():
    lines = list(render_alerts(alerts(alert(), shards_answered=1), PLAIN))
    assert lines == [
        "STATE   SEVERITY  SINCE       ALERT       ABOUT               VALUE      SUMMARY",
        "firing  critical  9 min 30 s  NodeSilent  node ab12ab12ab12…  2 min 5 s  "
        "the node has been silent for 2 min",
        "",
        "1 firing (1 critical), 0 pending; evaluated 12 s ago without 1 shard",
    ]


def test_without_alerts_the_line_says_when_the_rules_were_evaluated():
    assert list(render_alerts(alerts(), PLAIN)) == ["0 firing, 0 pending; evaluated 12 s ago"]
    (line,) = render_alerts(alerts(evaluated_at=None), PLAIN)
    assert line == "0 firing, 0 pending; the rules have not been evaluated yet"


def test_more_alerts_than_are_listed_are_not_silently_left_out():
    lines = list(render_alerts(alerts(alert(), has_more=True), PLAIN))
    assert lines[2] == "(1 are shown; further ones pass the filters)"


def test_filters_that_no_alert_passes_are_not_taken_for_a_calm_network():
    lines = list(render_alerts(alerts(), PLAIN, is_filtered=True))
    assert lines[0] == "no alert passes the filters; of all:"
    assert lines[1].startswith("0 firing")


def test_silenced_and_inhibited_alerts_are_shown_as_such():
    counts = {"firing": 0, "pending": 1, "silenced": 1, "inhibited": 1, "by_severity": {}}
    listed = (alert(silenced_by=["1"]), alert(inhibited_by="Forks"), alert(state="pending"))
    lines = list(render_alerts(alerts(*listed, counts=counts), PLAIN))
    assert [line.split()[0] for line in lines[1:4]] == ["silenced", "inhibited", "pending"]
    assert lines[-1].startswith("0 firing, 1 pending, 1 silenced, 1 inhibited; ")


def test_a_table_fits_the_screen_and_colours_have_no_width():
    wide = alert(summary="x" * 200)
    for width in (60, 80, 120):
        lines = list(render_alerts(alerts(wide), Screen(width=width, now=NOW)))
        assert max(map(display_width, lines[:2])) <= width
    coloured = list(render_alerts(alerts(wide), Screen(Style(enabled=True), 100, NOW)))
    assert "\x1b[1;31mfiring\x1b[0m  \x1b[1;31mcritical\x1b[0m  " in coloured[1]


def test_labels_of_nodes_cannot_move_the_cursor():
    listed = alert(about={"kind": "version", "id": "\x1b[2J"}, summary="a\nb")
    assert "\x1b" not in "".join(render_alerts(alerts(listed), PLAIN))
    assert len(list(render_alerts(alerts(listed), PLAIN))) == 4


def test_values_are_read_by_people():
    for value, unit, text in (
        (0.053, "share", "5.3%"),
        (0.25, "seconds", "250ms"),
        (90061.0, "seconds", "1 d 1 h"),
        (12.0, "slots", "12 slots"),
        (None, "slots", "unknown"),
        (3.0, None, "3"),
    ):
        assert text in list(render_alerts(alerts(alert(value=value, unit=unit)), PLAIN))[1]


def test_conditions_are_short():
    assert condition_text(rule()) == "node_silent_seconds by node in 1d > 60"
    share = rule(figure="forks_share", by=None, above=2.0, window_seconds=600.0)
    assert condition_text({**share, "against_seconds": 86400.0}) == (
        "forks_share in 10m / that 1d before > 2"
    )
    assert condition_text(rule(above=None, below=0.5)).endswith(" < 0.5")
    assert condition_text(rule(figure=None, sql="SELECT\n 1")) == "SELECT 1"
    assert condition_text(rule(figure=None)) == "SQL"


def test_rules_and_channels_are_two_tables():
    rules = [rule(), rule(alert="Off", enabled=False, values=[]), rule(last_error="late")]
    lines = list(render_rules({"rules": rules, "channels": [channel()]}, PLAIN))
    assert lines[1].split("  ")[0] == "firing"
    assert "2 min 5 s (+1)" in lines[1]
    assert lines[2].startswith("off")
    assert "failed" in lines[3]
    assert lines[-1].split() == ["ops", "webhook", "0", "3", "1", "1", "status", "500"]
    (line,) = render_rules({"rules": [], "channels": []}, PLAIN)
    assert line.startswith("no channels: alerts are shown and not sent")


def test_a_rule_is_shown_member_by_member():
    text = "\n".join(render_rule(rule(last_fired_at=None, values=[]), PLAIN))
    assert "labels.team          x" in text
    assert "last fired           never" in text
    assert text.endswith("no value at the last evaluation")


def test_lists_that_are_empty_say_so():
    assert list(render_history({"history": [], "has_more": False}, PLAIN)) == ["no changes"]
    assert list(render_silences({"silences": []}, PLAIN, expired=True)) == ["no silences"]
    assert list(render_deliveries({"deliveries": [], "has_more": False}, PLAIN)) == ["no messages"]


def test_silences_say_when_they_end():
    rows = [silence(), silence(state="pending"), silence(state="expired"), silence(author="")]
    lines = list(render_silences({"silences": rows}, PLAIN, expired=True))
    assert "in 2 h 0 min" in lines[1]
    assert "begins in 0 s" in lines[2]
    assert "ended" in lines[3]
    assert "rule file" in lines[4]


def test_figures_fit_the_screen():
    assert max(map(display_width, render_figures(Screen(width=100)))) <= 100
