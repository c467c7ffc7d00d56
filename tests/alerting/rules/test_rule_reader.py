import pytest

from tart.alerting.rules.model import FigureCondition, Rule, SqlCondition
from tart.alerting.rules.rule_file import parse_rule_file
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


def parse(text):
    return parse_rule_file(text, place="alerts.toml", builtin=BUILTIN)


def mistakes(text):
    with pytest.raises(ConfigError) as raised:
        parse(text)
    return raised.value.sentences


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


RULE = "[[rule]]\nalert = 'A'\n"
MISTAKES = [
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
        '4: A.above: "1" is not a number (nodes); write 1',
    ),
    (
        RULE + "figure = 'node_silent_seconds'\nabove = '1h30m'",
        '4: A.above: "1h30m" is not a number (seconds); write 5400',
    ),
    (
        RULE + "figure = 'backup_age_hours'\nabove = '2d'",
        '4: A.above: "2d" is not a number (hours); write 48',
    ),
    (
        RULE + "figure = 'forks_share'\nabove = '30 %'",
        '4: A.above: "30 %" is not a number (share); write 0.3',
    ),
    (
        RULE + "figure = 'nodes_connected'\nabove = 'many'",
        '4: A.above: "many" is not a number (nodes)',
    ),
    ("[[rule]]\nalert = 'NodeSilent'\nabove = '5m'", '3: NodeSilent.above: "5m" is not a number'),
    (
        "[[rule]]\nalert = 'NodeSilnt'\nabove = 5",
        "or sql; did you mean NodeSilent, which is a built-in rule?",
    ),
    (
        "[[rule]]\nalert = 'NodeSilent'\nenabled = false",
        "3: NodeSilent.enabled: there is no such key; write the rule's name into disable",
    ),
    # A node that is away for the window counts as retired.
    (
        RULE + "figure = 'node_silent_seconds'\nabove = 86400",
        "4: A.above: node_silent_seconds is never above 86400, since a node that is away for the "
        "window, 1d, counts as retired",
    ),
    (
        RULE + "figure = 'node_disconnected_seconds'\nabove = 600\nwindow = '5m'",
        "5: A.window: node_disconnected_seconds is never above 600",
    ),
    (
        RULE + "figure = 'node_behind_slots'\nabove = 1\nlabels = {node = 'x'}",
        "5: A.labels.node: the figure has a label of this name",
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
    ("[[rule]]\nalert = \"a\\tb\"\nsql = 'x'", "a name has at most 100"),
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
