"""``tart/alerting/messages/apprise.py``: plain text without commands of any service."""

from __future__ import annotations

import re

from hypothesis import given

from tart.alerting.engine.model import State
from tart.alerting.messages.apprise import render
from tests.alerting.messages.examples import (
    CONTEXT,
    TEXTS,
    channel,
    hostile_notification,
    notification,
    view,
)
from tests.cases import examples

SECRETS = {"url": "ntfy://topic"}
CHANNEL = channel("apprise")


def test_a_message_has_its_url_and_its_kind():
    details = render(notification(), CHANNEL, SECRETS, CONTEXT).details
    assert details["url"] == "ntfy://topic"
    assert details["title"] == "[critical] Node 01010101 has been silent for 91 s"
    assert details["notify_type"] == "failure"
    ended = render(notification(view(1, state=State.RESOLVED)), CHANNEL, SECRETS, CONTEXT)
    assert ended.details["notify_type"] == "success"


@examples(0.2)
@given(TEXTS)
def test_no_text_of_a_node_is_a_command_of_a_service(text):
    details = render(hostile_notification(text), CHANNEL, SECRETS, CONTEXT).details
    shown = details["title"] + details["text"]
    assert not re.search("[<>]|@[a-zA-Z]|&(?:lt|gt);", shown)
