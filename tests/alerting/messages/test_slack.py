"""``tart/alerting/messages/slack.py``: valid, within limits, and no commands of nodes."""

from __future__ import annotations

import re

from hypothesis import given

from tart.alerting.messages.slack import render
from tests.alerting.messages.examples import (
    CONTEXT,
    TEXTS,
    channel,
    hostile_notification,
    notification,
    view,
)
from tests.alerting.messages.schemas import SLACK, validate
from tests.cases import examples

URL = "https://hooks.slack.example/services/T/B/x"


def posted(message):
    return validate(render(message, channel("slack"), {"url": URL}, CONTEXT).body, SLACK)


def test_a_message_is_a_title_and_a_block_for_each_alert():
    body = posted(notification(view(1), view(2), truncated=5))
    assert body["text"] == "<https://tart.example.org/#/alerts|[critical] NodeSilent: 7 firing>"
    (attachment,) = body["attachments"]
    assert attachment["color"] == "#d0342c"
    texts = [block["text"]["text"] for block in attachment["blocks"]]
    assert texts[0].splitlines() == [
        "<https://tart.example.org/#/nodes/01010101|Node 01010101 has been silent for 91 s>",
        "Look at the node.",
        "firing (critical), since 2027-01-15 07:59:00 UTC",
    ]
    assert texts[2] == "and 5 more alerts"


def test_alerts_beyond_the_limit_of_blocks_are_counted():
    body = posted(notification(*(view(i) for i in range(60))))
    blocks = body["attachments"][0]["blocks"]
    assert len(blocks) == 50
    assert blocks[-1]["text"]["text"] == "and 11 more alerts"


@examples(0.2)
@given(TEXTS)
def test_no_text_of_a_node_is_a_command(text):
    body = posted(hostile_notification(text))
    texts = [body["text"]] + [block["text"]["text"] for block in body["attachments"][0]["blocks"]]
    for shown in texts:
        # Angle brackets are those of links to this server.
        for command in re.findall("<[^>]*>?", shown):
            assert command.startswith("<https://tart.example.org/")
        assert not re.search(r"@[a-zA-Z]", re.sub("<[^|>]*", "", shown))
        assert not re.search("&(?!amp;|lt;|gt;)", shown)
