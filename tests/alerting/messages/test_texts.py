"""``tart/alerting/messages/texts.py``: titles, lines and links."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from tart.alerting.engine.model import State
from tart.alerting.messages.texts import (
    COLORS,
    common_labels,
    compose,
    plain_text,
    rfc3339,
    safe_url,
    worst_severity,
)
from tests.alerting.messages.examples import (
    CONTEXT,
    TEXTS,
    channel,
    hostile_notification,
    notification,
    view,
)
from tests.cases import all_cases, examples

CHANNEL = channel("slack")


def title(message, **templates):
    return compose(message, replace(CHANNEL, templates=templates), CONTEXT).title


@all_cases(
    ("message", "expected"),
    [
        (notification(), "[critical] Node 01010101 has been silent for 91 s"),
        (notification(reason="test"), "[test] Node 01010101 has been silent for 91 s"),
        (
            notification(view(1, state=State.RESOLVED)),
            "[resolved] Node 01010101 has been silent for 91 s",
        ),
        (notification(view(1), view(2), truncated=1000), "[critical] NodeSilent: 1,002 firing"),
        (
            notification(view(1, severity="info"), view(2, state=State.RESOLVED)),
            "[info] NodeSilent: 1 firing, 1 resolved",
        ),
    ],
)
def test_a_title_has_severity_name_and_counts(message, expected):
    assert title(message) == expected


def test_templates_of_the_channel_replace_title_and_lines():
    message = notification(view(1), view(2))
    title_template = "{{ $labels.alertname }} {{ $labels.status }} ({{ $labels.firing }})"
    assert title(message, title=title_template) == "NodeSilent firing (2)"
    text = compose(
        message, replace(CHANNEL, templates={"text": "{{ $labels.node }}: {{ $value }}"}), CONTEXT
    )
    assert [alert.text for alert in text.alerts] == ["01" * 32 + ": 91", "02" * 32 + ": 92"]
    assert {alert.description for alert in text.alerts} == {""}


def test_plain_text_has_each_alert_with_its_link_and_what_is_not_listed():
    text = plain_text(compose(notification(view(1), truncated=9), CHANNEL, CONTEXT))
    assert text.splitlines() == [
        "firing (critical), since 2027-01-15 07:59:00 UTC: Node 01010101 has been silent for 91 s",
        "  Look at the node.",
        "  https://tart.example.org/#/nodes/01010101",
        "and 9 more alerts",
        "",
        "https://tart.example.org/#/alerts",
    ]


def test_the_page_of_alerts_is_named_once():
    message = notification(replace(view(1), url="https://tart.example.org/#/alerts"))
    text = plain_text(compose(message, CHANNEL, CONTEXT))
    assert text.splitlines()[1:] == ["  Look at the node.", "", "https://tart.example.org/#/alerts"]


def test_an_ended_alert_has_both_times():
    text = compose(notification(view(1, state=State.RESOLVED)), CHANNEL, CONTEXT)
    assert text.alerts[0].time == "2027-01-15 07:59:00 UTC to 2027-01-15 08:00:00 UTC"
    assert text.color == COLORS["resolved"]


def test_the_severity_is_the_worst_of_what_fires():
    message = notification(view(1, state=State.RESOLVED), view(2, severity="warning"))
    assert worst_severity(message) == "warning"


def test_common_labels_are_those_of_all_alerts():
    assert common_labels(notification(view(1), view(2))) == {
        "alertname": "NodeSilent",
        "severity": "critical",
    }


@examples(0.4)
@given(TEXTS)
def test_text_of_a_node_has_no_hidden_character_and_the_title_one_line(text):
    message = compose(hostile_notification(text), CHANNEL, CONTEXT)
    assert message.title.isprintable()
    for alert in message.alerts:
        for line in (alert.text + "\n" + alert.description).split("\n"):
            assert line.isprintable()


@all_cases(
    ("url", "expected"),
    [
        ("https://a.example/#/nodes/1", "https://a.example/#/nodes/1"),
        ('https://a.example/"><b>|c d', "https://a.example/%22%3E%3Cb%3E%7Cc%20d"),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_a_link_is_http_and_has_no_markup(url, expected):
    assert safe_url(url) == expected


def test_times_are_rfc_3339():
    assert rfc3339(1_800_000_000_123_456) == "2027-01-15T08:00:00.123Z"
