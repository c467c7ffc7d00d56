from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.alerting.rules.model import FigureCondition, Rule, RuleFile
from tart.alerting.rules.rule_file import RuleFileError, default_rule_file, parse_rule_file
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


def test_built_in_rules_are_switched_off_by_name_or_all_at_once():
    file = parse('disable = ["NodeSilent"]')
    assert file.disabled == ("NodeSilent",)
    assert [rule.alert for rule in file.rules] == ["NodeSilent", "NodesFew"]
    assert [rule.alert for rule in file.enabled_rules] == ["NodesFew"]
    assert parse('disable = "*"').disabled == ("NodeSilent", "NodesFew")
    file = parse('disable = "*"\nenable = "NodesFew"')
    assert [rule.alert for rule in file.enabled_rules] == ["NodesFew"]
    file = parse('enable = "*"\ndisable = "NodesFew"')
    assert (file.enabled, file.disabled) == (("NodeSilent",), ("NodesFew",))


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
    ("disable = 'NodesFew'\nenable = 'NodesFew'", '2: enable: "NodesFew" is in disable, too'),
    ("disable = '*'\nenable = '*'", '2: enable: "*" is in disable, too'),
    ("gruop_wait = '1s'", "1: gruop_wait: there is no such key; did you mean group_wait?"),
    ("rules = []", "1: rules: there is no such key; write [[rule]] above each rule"),
    ("group_wait = 30", '1: group_wait: 30 is not a duration such as "30s", "5m" or "1h30m"'),
    ("group_wait = '30'", '1: group_wait: "30" is not a duration; write one as "30s", "5m"'),
    ("repeat_interval = '0s'", "1: repeat_interval: it must be longer than nothing"),
    ("external_url = 'tart.example'", '1: external_url: "tart.example" does not begin with https'),
    ("disable = 'NodeSilnt'", '1: disable: there is no built-in rule "NodeSilnt"; did you mean'),
    ("default_channels = 'x'", '1: default_channels: there is no channel "x"; the file has no [['),
    (
        RULE + "sql = 'SELECT 1'\n[[rule]]\nalert = 'A'\nsql = 'SELECT 2'",
        "5: A.alert: a rule of this name is on line 2 already",
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
        "[[maintenance]]\nmatchers = []\nstart = 2026-01-02T00:00:00Z\n"
        "end = 2026-01-01T00:00:00Z\nreason = 'x'",
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


def test_what_has_no_mistake_is_usable():
    with pytest.raises(RuleFileError) as raised:
        parse(
            "group_wait = '1m'\nrepeat_interval = 5\n"
            "[[channel]]\nname = 'bad'\ntype = 'slack'\n"
            "[[channel]]\nname = 'good'\ntype = 'slack'\nurl = 'https://example.org'\n"
            "[[rule]]\nalert = 'Bad'\nfigure = 'nodes_connected'\nbelow = '3'\n"
            "[[rule]]\nalert = 'NodeSilent'\nabove = 'x'\n"
            "[[rule]]\nalert = 'Good'\nsql = 'SELECT 1'\nchannels = ['bad', 'good']\n"
            "[[maintenance]]\nreason = 'x'\n"
        )
    usable = raised.value.usable
    assert usable.group_wait_us == MINUTE_US
    assert usable.repeat_interval_us == RuleFile().repeat_interval_us
    assert [channel.name for channel in usable.channels] == ["good"]
    assert [rule.alert for rule in usable.rules] == ["NodeSilent", "NodesFew", "Good"]
    assert usable.rules[0].condition == BUILTIN[0].condition
    assert {rule.channels for rule in usable.rules} == {("good",)}
    assert usable.maintenance == ()


def test_a_value_that_is_not_toml_is_one_mistake():
    text = (
        "[[channel]]\nname = 'ops'\ntype = 'email'\nhost = mail\nport = x\npassword = x\n"
        "username = 'u'\nfrom = 'a@b'\nto = [a]\n"
        "[[rule]]\nalert = 'A'\nfigure = 'nodes_connected'\nbelow = ten\nannotations.summary = x\n"
    )
    found = mistakes(text)
    assert [line.split(":")[1] for line in found] == ["4", "5", "6", "9", "13", "14"]
    assert all("not valid TOML" in line for line in found)


LINES = (
    ISSUE
    + """\
[[rule]]
alert = 'B'
sql = 'SELECT 1'
labels = {a = 'b'}
page = '#/x'
[rule.annotations]
summary = '{{ $value }}'
[[channel]]
name = 'mail'
type = 'email'
host = 'h'
port = 25
from = 'a@b'
to = ['a@b']
send_resolved = true
[[maintenance]]
matchers = ['a=b']
start = 2026-01-01T00:00:00Z
end = 2026-01-02T00:00:00Z
reason = 'x'
"""
).splitlines()
VALUES = (
    *("1", "-1", "1e400", '""', '"x"', "true", "[]", "[1]", '["a"]', "{}", "{a = 1}", "nan"),
    *("2026-01-01", "9" * 400, "[[", "'''x", '"${}"', "[[1]]", '"*"', "x", "\x00"),
)
HEADERS = ("[rule]", "[rule.labels]", "[[rule.labels]]", "[x]", "[[rules]]", "rule = 1")
CHANGES = [(True, value) for value in VALUES] + [(False, header) for header in HEADERS]


@given(
    st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.sampled_from(CHANGES)), max_size=6),
)
def test_any_file_is_read_or_refused_in_sentences(changes):
    lines = list(LINES)
    for index, (is_value, text) in changes:
        key = lines[index].partition("=")[0]
        lines[index] = f"{key}= {text}" if is_value else text
    sentences = ()
    try:
        parse("\n".join(lines))
    except RuleFileError as error:
        sentences = error.sentences
    assert all(sentence.startswith("alerts.toml:") for sentence in sentences)
    assert changes or not sentences
