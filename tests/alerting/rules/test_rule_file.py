from dataclasses import replace

import pytest

from tart.alerting.rules.model import FigureCondition, Rule, SqlCondition
from tart.alerting.rules.rule_file import default_rule_file, parse_rule_file
from tart.errors import ConfigError
from tart.units import HOUR_US, MINUTE_US, SECOND_US
from tests.cases import all_cases

BUILTIN = (
    Rule(
        alert="NodeSilent",
        condition=FigureCondition("node_silent_seconds", by="node", above=60.0),
        scope="member",
        for_us=30 * SECOND_US,
        severity="critical",
        annotations={"summary": "{{ $labels.node }} is silent", "description": "look"},
        is_builtin=True,
        jamtart_type="node_silent",
        page="#/nodes/{node}",
    ),
    Rule(
        alert="NodesFew",
        condition=FigureCondition("nodes_connected", below=3.0),
        is_builtin=True,
    ),
)
ISSUE = """\
group_wait = "30s"

[[channel]]
name = "ops"
type = "webhook"
url = "https://example.org/hook"

[[rule]]
alert = "NodeSilent"
figure = "node_silent_seconds"
by = "node"
above = 60
for = "30s"
severity = "critical"
channels = ["ops"]
"""


def parse(text, directory=""):
    return parse_rule_file(text, place="alerts.toml", builtin=BUILTIN, directory=directory)


def mistakes(text):
    with pytest.raises(ConfigError) as raised:
        parse(text)
    return raised.value.sentences


def test_the_example_of_the_manual_is_read():
    file = parse(ISSUE)
    assert file.group_wait_us == 30 * SECOND_US
    rule, other = file.rules
    assert rule.alert == "NodeSilent"
    assert rule.channels == ("ops",)
    assert rule.line == 8
    (channel,) = file.channels
    assert (channel.name, channel.type, channel.line) == ("ops", "webhook", 3)
    assert other == replace(BUILTIN[1], channels=("ops",))


def test_an_empty_file_has_the_built_in_rules_and_the_defaults():
    assert parse("") == default_rule_file(BUILTIN)


def test_every_key_of_a_rule_is_read():
    file = parse("""
[[rule]]
alert = "ForksRise"
figure = "forks_share"
above = 1.5
window = "10m"
against = "1d"
for = "5m"
keep_firing_for = "1h30m"
severity = "info"
labels = {team = "chain"}
annotations.summary = "forks: {{ $value | humanizePercentage }} of {{ $labels.team }}"
on_missing = "resolve"
missing_limit = "2h"
page = "#/blocks"

[[rule]]
alert = "TicketsFew"
sql = "SELECT node, count(*) AS value FROM events GROUP BY node"
scope = "member"
annotations = {summary = "{{ $labels.whatever }}"}
""")
    forks, tickets = file.rules[2:]
    assert forks == Rule(
        alert="ForksRise",
        condition=FigureCondition(
            "forks_share",
            above=1.5,
            window_us=10 * MINUTE_US,
            against_us=24 * HOUR_US,
        ),
        scope="network",
        for_us=5 * MINUTE_US,
        keep_firing_for_us=90 * MINUTE_US,
        severity="info",
        labels={"team": "chain"},
        annotations={"summary": "forks: {{ $value | humanizePercentage }} of {{ $labels.team }}"},
        on_missing="resolve",
        missing_limit_us=2 * HOUR_US,
        page="#/blocks",
        line=2,
    )
    assert tickets.condition == SqlCondition(
        "SELECT node, count(*) AS value FROM events GROUP BY node"
    )
    assert tickets.scope == "member"


def test_what_a_rule_leaves_out_follows_from_its_figure():
    (rule,) = parse("[[rule]]\nalert = 'A'\nfigure = 'step_failure_share'\nabove = 0.1").rules[2:]
    assert rule.condition == FigureCondition(
        "step_failure_share", by="pipeline", above=0.1, window_us=5 * MINUTE_US
    )
    (rule,) = parse("[[rule]]\nalert = 'A'\nfigure = 'node_behind_slots'\nabove = 9").rules[2:]
    assert rule.scope == "member"
    assert rule.page == "#/nodes/{node}"


def test_a_rule_with_the_name_of_a_built_in_one_inherits_what_it_leaves_out():
    (rule, _) = parse("""
[[channel]]
name = "ops"
type = "slack"
url = "https://example.org"
[[rule]]
alert = "NodeSilent"
above = 300
channels = "ops"
annotations.summary = "{{ $labels.node }}: gone"
""").rules
    assert rule.condition == FigureCondition(
        "node_silent_seconds", by="node", above=300.0, window_us=24 * HOUR_US
    )
    assert rule.channels == ("ops",)
    assert rule.annotations == {"summary": "{{ $labels.node }}: gone", "description": "look"}
    inherited = BUILTIN[0]
    for name in ("for_us", "severity", "jamtart_type", "page", "is_builtin", "scope"):
        assert getattr(rule, name) == getattr(inherited, name), name
    (_, few) = parse("[[rule]]\nalert = 'NodesFew'\nbelow = 5").rules
    assert few.condition == FigureCondition("nodes_connected", below=5.0)


def test_a_condition_of_its_own_inherits_no_part_of_the_built_in_one():
    (rule, _) = parse(
        "[[rule]]\nalert = 'NodeSilent'\nfigure = 'node_disconnected_seconds'\nbelow = 60"
    ).rules
    assert rule.condition.below == 60.0
    assert rule.condition.above is None
    assert rule.severity == "critical"
    (rule, _) = parse("[[rule]]\nalert = 'NodeSilent'\nsql = 'SELECT node FROM nodes'").rules
    assert rule.condition == SqlCondition("SELECT node FROM nodes")


def test_built_in_rules_are_switched_off_by_name_or_all_at_once():
    file = parse('disable = ["NodeSilent"]')
    assert file.disabled == ("NodeSilent",)
    assert [rule.alert for rule in file.rules] == ["NodeSilent", "NodesFew"]
    assert [rule.alert for rule in file.enabled_rules] == ["NodesFew"]
    assert parse('disable = "*"').disabled == ("NodeSilent", "NodesFew")


def test_rules_that_name_no_channel_have_the_default_channels_or_all():
    channels = "".join(
        f"[[channel]]\nname = '{name}'\ntype = 'command'\nargv = ['x']\n" for name in "ab"
    )
    rules = "".join(
        f"[[rule]]\nalert = '{name}'\nsql = 'SELECT 1'\n{line}\n"
        for name, line in (("Any", ""), ("One", "channels = 'b'"), ("None", "channels = []"))
    )

    def channels_of(top):
        file = parse(top + "\n" + channels + rules + "[[rule]]\nalert = 'NodeSilent'\nabove = 9")
        return {rule.alert: rule.channels for rule in file.rules}

    both = ("a", "b")
    assert channels_of("") == {
        "NodeSilent": both,
        "NodesFew": both,
        "Any": both,
        "One": ("b",),
        "None": (),
    }
    assert channels_of("default_channels = 'a'")["Any"] == ("a",)
    assert channels_of("default_channels = []")["NodesFew"] == ()


def test_a_maintenance_window_has_matchers_times_and_a_reason():
    (window,) = parse("""
[[maintenance]]
matchers = ['node=~"ab.*"', "severity=warning"]
start = 2026-12-01T22:00:00Z
end = "2026-12-02T00:00:00+01:00"
reason = "new disks"
""").maintenance
    assert window.end_us - window.start_us == HOUR_US
    assert window.matchers == ('node=~"ab.*"', "severity=warning")
    assert window.reason == "new disks"


# Without the place and its line, which the last case has.
RULE = "[[rule]]\nalert = 'A'\n"
MISTAKES = [
    ("gruop_wait = '1s'", "1: gruop_wait: there is no such key; did you mean group_wait?"),
    ("rules = []", "1: rules: there is no such key; write [[rule]] above each rule"),
    ("group_wait = 30", '1: group_wait: 30 is not a duration such as "30s", "5m" or "1h30m"'),
    ("group_wait = '30'", '1: group_wait: "30" is not a duration; write one as "30s", "5m"'),
    ("repeat_interval = '0s'", "1: repeat_interval: it must be longer than nothing"),
    ("external_url = 'tart.example'", '1: external_url: "tart.example" does not begin with https'),
    ("disable = 'NodeSilnt'", '1: disable: there is no built-in rule "NodeSilnt"; did you mean'),
    ("default_channels = 'x'", '1: default_channels: there is no channel "x"; the file has no [['),
    ("[[rule]]\nabove = 1", "1: [[rule]]: a rule needs a name: alert"),
    (RULE, "1: A: a rule needs a condition: figure with above or below, or sql"),
    (RULE + "figure = 'nodes_connected'", "1: A: a rule with a figure needs a threshold: above or"),
    (
        RULE + "figure = 'finality_lag'\nabove = 1",
        '3: A.figure: there is no figure "finality_lag"; did you mean finality_lag_slots?',
    ),
    (RULE + "figure = 'zz'\nabove = 1", '3: A.figure: there is no figure "zz"; \'tart alerts fig'),
    (
        RULE + "figure = 'nodes_connected'\nabove = 1\nbelow = 2",
        "5: A.below: above and below are two conditions; make two rules of them",
    ),
    (
        RULE + "figure = 'node_behind_slots'\nby = 'core'\nabove = 1",
        '4: A.by: node_behind_slots has no values by "core"',
    ),
    (
        RULE + "figure = 'nodes_connected'\nby = 'node'\nabove = 1",
        "4: A.by: nodes_connected has one value; leave out by",
    ),
    (
        RULE + "figure = 'nodes_connected'\nabove = '1'",
        '4: A.above: "1" is not a number',
    ),
    (
        RULE + "figure = 'forks_share'\nabove = 5",
        "4: A.above: forks_share (share) is from 0 to 1: it is never above 5; write 0.05 for 5 %",
    ),
    (
        RULE + "figure = 'nodes_connected'\nbelow = 0",
        "4: A.below: nodes_connected (nodes) is from 0 to any number: it is never below 0",
    ),
    (
        RULE + "figure = 'nodes_connected'\nabove = -1",
        "4: A.above: nodes_connected (nodes) is from 0 to any number: it is always above -1",
    ),
    (
        RULE + "figure = 'nodes_connected'\nabove = 1\nwindow = '5m'",
        "5: A.window: nodes_connected is of the present and has no window",
    ),
    (
        RULE + "figure = 'forks_share'\nabove = 0.1\nwindow = '1s'",
        "5: A.window: the window of forks_share is 1m to 6h",
    ),
    (
        RULE + "figure = 'nodes_connected'\nabove = 1\nagainst = '1d'",
        "5: A.against: nodes_connected is not compared with an earlier window; forks_share",
    ),
    (
        RULE + "figure = 'forks_share'\nabove = 2\nagainst = '1m'",
        "5: A.against: it is from 10m, the window, to 30d: both windows must not overlap",
    ),
    (
        RULE + "figure = 'nodes_connected'\nabove = 1\nsql = 'SELECT 1'",
        "3: A.figure: figure and sql are two conditions; give one of them",
        "4: A.above: it belongs to a figure; the condition of a statement is in its WHERE",
    ),
    (RULE + "sql = ' '", "3: A.sql: it is empty"),
    (RULE + "sql = 'SELECT 1'\nfor = 30", "4: A.for: 30 is not a duration"),
    (
        RULE + "sql = 'SELECT 1'\nseverity = 'page'",
        '4: A.severity: "page" is not accepted; there are critical, warning, info',
    ),
    (RULE + "sql = 'SELECT 1'\nseverity = 'criticl'", "did you mean critical?"),
    (RULE + "sql = 'SELECT 1'\non_missing = 'ok'", '4: A.on_missing: "ok" is not accepted; there'),
    (RULE + "sql = 'SELECT 1'\nchannels = 'ops'", '4: A.channels: there is no channel "ops"'),
    (RULE + "sql = 'SELECT 1'\nchannels = [1]", "4: A.channels: [1] is not a list of text"),
    (RULE + "sql = 'SELECT 1'\nexpr = 'up'", "4: A.expr: there is no such key; write figure or"),
    (RULE + "sql = 'SELECT 1'\nlabels = 'a'", '4: A.labels: "a" is not a table such as {name ='),
    (RULE + "sql = 'SELECT 1'\nlabels = {a = 1}", "4: A.labels.a: 1 is not text in quotes"),
    (RULE + "sql = 'SELECT 1'\nlabels.severity = 'x'", "4: A.labels.severity: it is the label of"),
    (RULE + "sql = 'SELECT 1'\nlabels.a-b = 'x'", "4: A.labels.a-b: a label has letters, digits"),
    (RULE + "sql = 'SELECT 1'\nscope = 'node'", '4: A.scope: "node" is not accepted; there are'),
    (RULE + "sql = 'SELECT 1'\npage = 'nodes'", '4: A.page: "nodes" is not a page; write one as'),
    (
        RULE + "figure = 'node_behind_slots'\nabove = 1\npage = '#/nodes/{noed}'",
        "5: A.page: the alerts have no label noed; did you mean node?",
    ),
    (
        RULE + "figure = 'node_behind_slots'\nabove = 1\nscope = 'server'",
        "5: A.scope: it follows from the figure; leave it out",
    ),
    (
        RULE
        + "figure = 'node_behind_slots'\nabove = 1\nannotations.summary = '{{ $labels.core }}'",
        "5: A.annotations.summary: the alerts have no label core; they have node, alertname, sev",
    ),
    (
        RULE + "sql = 'SELECT 1'\nannotations.summary = '{{ $value | humanise }}'",
        "4: A.annotations.summary: there is no formatter humanise; did you mean humanize?",
    ),
    (
        "[[rule]]\nalert = 'NodeSilent'\nbelow = 5",
        "3: NodeSilent.below: the built-in rule has above; give figure as well for a condition",
    ),
    (
        "[[rule]]\nalert = 'NodeSilent'\nfigure = 'nodes_connected'\nbelow = 5",
        "1: NodeSilent.annotations.summary: the alerts have no label node; they have",
    ),
    (
        RULE + "sql = 'SELECT 1'\n" + RULE + "sql = 'SELECT 2'",
        "5: A.alert: a rule of this name is on line 2 already",
    ),
    (
        "[[rule]]\nalert = 'a\\tb'\nsql = 'x'".replace("'a\\tb'", '"a\\tb"'),
        "a name has at most 100",
    ),
    (
        "[[maintenance]]\nreason = 'x'",
        "1: maintenance: it needs matchers",
        "needs start",
        "needs e",
    ),
    (
        "[[maintenance]]\nmatchers = 'node'\nstart = 2026-01-01T00:00:00\nend = 'x'\nreason = 'x'",
        '2: maintenance.matchers: node is not a matcher; write one as node="ab12"',
        "3: maintenance.start: it has no offset from UTC; add Z",
        '4: maintenance.end: "x" is not a time with its offset from UTC',
    ),
    (
        "[[maintenance]]\nmatchers = []\nstart = 2026-01-02T00:00:00Z\nend = 2026-01-01T00:00:00Z\n"
        "reason = 'x'",
        "2: maintenance.matchers: it is empty",
        "4: maintenance.end: it is not after start",
    ),
    (
        "[[rules]]\nalert = 'A'\nsql = 'SELECT 1'\nfro = '1s'",
        "1: unknown section [rules]",
        "4: A.fro",
    ),
    ("a = b", "1: not valid TOML at column 5: this is no value"),
]


@all_cases("case", MISTAKES, ids=lambda case: case[0])
def test_each_mistake_is_a_sentence_with_its_line_and_the_way_out(case):
    text, *expected = case
    found = mistakes(text)
    for sentence in expected:
        if sentence[0].isdigit():
            assert any(line.startswith(f"alerts.toml:{sentence}") for line in found), found
        else:
            assert any(sentence in line for line in found), found


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines():
    found = mistakes(
        "group_wait = 1\n[[channel]]\nname = 'ops'\ntype = 'slak'\n"
        "[[rule]]\nalert = 'A'\nfigure = 'nodes'\nseverity = 'high'\nchannels = 'opps'\nfro = ''\n"
    )
    places = [line.split(": ")[:2] for line in found]
    assert places == [
        ["alerts.toml:1", "group_wait"],
        ["alerts.toml:4", "ops.type"],
        ["alerts.toml:7", "A.figure"],
        ["alerts.toml:8", "A.severity"],
        ["alerts.toml:9", "A.channels"],
        ["alerts.toml:10", "A.fro"],
    ]


def test_a_file_has_no_more_rules_than_can_be_evaluated():
    rule = "[[rule]]\nalert = '{}'\nsql = 'SELECT 1'\n"
    (sentence,) = mistakes("".join(rule.format(index) for index in range(501)))
    assert sentence == (
        "alerts.toml:1501: [[rule]]: the file has 501 of them; at most 500 are accepted"
    )
