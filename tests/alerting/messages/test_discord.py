"""``tart/alerting/messages/discord.py``: valid, within limits, and no mentions by nodes."""

from __future__ import annotations

import re

from hypothesis import given

from tart.alerting.messages.discord import render
from tart.alerting.messages.escaping import length
from tests.alerting.messages.examples import (
    CONTEXT,
    TEXTS,
    channel,
    hostile_notification,
    notification,
    view,
)
from tests.alerting.messages.schemas import DISCORD, validate
from tests.cases import examples

URL = "https://discord.example/api/webhooks/1/x"


def posted(message):
    return validate(render(message, channel("discord"), {"url": URL}, CONTEXT).body, DISCORD)


def test_a_message_is_one_embed():
    (embed,) = posted(notification(view(1), truncated=5))["embeds"]
    assert embed["title"] == r"\[critical\] NodeSilent\: 6 firing"
    assert embed["url"] == "https://tart.example.org/#/alerts"
    assert embed["description"].splitlines() == [
        "Node 01010101 has been silent for 91 s",
        "Look at the node.",
        "[firing (critical), since 2027-01-15 07:59:00 UTC](https://tart.example.org/#/nodes/01010101)",
        "",
        "and 5 more alerts",
    ]


@examples(0.4)
@given(TEXTS)
def test_limits_hold_and_no_text_of_a_node_is_a_link_or_a_mention(text):
    (embed,) = posted(hostile_notification(text))["embeds"]
    assert length(embed["title"]) <= 256
    assert length(embed["description"]) <= 4096
    assert sum(map(length, (embed["title"], embed["description"]))) <= 6000
    for target in re.findall(r"(?<!\\)\]\((.*?)\)", embed["description"]):
        assert target.startswith("https://tart.example.org/")
    assert not re.search(r"@[a-zA-Z]", embed["title"] + embed["description"])
