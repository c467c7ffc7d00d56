"""``tart/alerting/messages/pagerduty.py``: one incident for a group."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from tart.alerting.engine.model import State
from tart.alerting.messages.pagerduty import render
from tests.alerting.messages.examples import (
    CONTEXT,
    TEXTS,
    channel,
    hostile_notification,
    notification,
    view,
)
from tests.alerting.messages.schemas import PAGERDUTY, PAGERDUTY_BYTES, validate
from tests.cases import examples

SECRETS = {"routing_key": "0" * 32}


def posted(message, context=CONTEXT):
    request = render(message, channel("pagerduty"), SECRETS, context)
    assert request.url == "https://events.pagerduty.com/v2/enqueue"
    assert len(request.body) < PAGERDUTY_BYTES
    return validate(request.body, PAGERDUTY)


def test_a_group_that_fires_triggers_an_incident():
    event = posted(notification(view(1), view(2), truncated=5))
    assert event["event_action"] == "trigger"
    assert event["payload"]["summary"] == "[critical] NodeSilent: 7 firing"
    assert event["payload"]["source"] == "tart 5ca1ab1e"
    assert event["payload"]["custom_details"]["not_listed"] == 5
    assert event["links"][1] == {
        "href": "https://tart.example.org/#/nodes/01010101",
        "text": "Node 01010101 has been silent for 91 s",
    }


def test_all_events_of_a_group_have_one_key_and_those_of_others_have_others():
    first = posted(notification(view(1)))
    changed = posted(notification(view(1), view(2), id="msg_2"))
    ended = posted(notification(view(1, state=State.RESOLVED), id="msg_3"))
    assert ended["event_action"] == "resolve"
    assert first["dedup_key"] == changed["dedup_key"] == ended["dedup_key"]
    other = posted(notification(group_key='{alertname="Other"}'))
    of_another_server = posted(notification(), replace(CONTEXT, server="0ddba11"))
    assert len({event["dedup_key"] for event in (first, other, of_another_server)}) == 3


@examples(0.2)
@given(TEXTS)
def test_any_text_of_a_node_gives_a_valid_event(text):
    posted(hostile_notification(text))
