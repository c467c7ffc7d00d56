"""``tart/alerting/messages/telegram.py``: valid HTML of Telegram within its limit."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given

from tart.alerting.messages.escaping import length
from tart.alerting.messages.telegram import render
from tests.alerting.messages.examples import (
    CONTEXT,
    TEXTS,
    channel,
    hostile_notification,
    notification,
    view,
)
from tests.alerting.messages.schemas import TELEGRAM, validate
from tests.cases import examples

SECRETS = {"token": "123:abc"}


def posted(message, **settings):
    made = channel("telegram", chat_id="-100", **settings)
    return validate(render(message, made, SECRETS, CONTEXT).body, TELEGRAM)


class Tags(HTMLParser):
    """The tags of a text; those that are open at its end."""

    def __init__(self, text):
        super().__init__(convert_charrefs=False)
        self.seen, self.open = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_message_is_html_with_links():
    body = posted(notification(view(1), truncated=5), thread_id=7)
    assert body["chat_id"] == "-100"
    assert body["message_thread_id"] == 7
    assert body["text"].split("\n\n") == [
        "<b>[critical] NodeSilent: 6 firing</b>",
        "Node 01010101 has been silent for 91 s\nLook at the node.\n"
        '<a href="https://tart.example.org/#/nodes/01010101">'
        "firing (critical), since 2027-01-15 07:59:00 UTC</a>",
        "and 5 more alerts",
        '<a href="https://tart.example.org/#/alerts">all alerts</a>',
    ]


def test_the_token_is_part_of_the_address_and_the_server_a_setting():
    made = channel("telegram", chat_id=1, api_url="http://127.0.0.1:9/")
    request = render(notification(), made, SECRETS, CONTEXT)
    assert request.url == "http://127.0.0.1:9/bot123:abc/sendMessage"
    made = channel("telegram", chat_id=1)
    assert render(notification(), made, SECRETS, CONTEXT).url.startswith(
        "https://api.telegram.org/"
    )


@pytest.mark.no_cover
@examples(0.4)
@given(TEXTS)
def test_any_text_of_a_node_gives_whole_html_within_the_limit(text):
    shown = posted(hostile_notification(text))["text"]
    assert length(shown) <= 4096
    tags = Tags(shown)
    assert tags.open == []
    assert {tag for tag, _ in tags.seen} <= {"a", "b"}
    for tag, attributes in tags.seen:
        if tag == "a":
            assert list(attributes) == ["href"]
            assert attributes["href"].startswith("https://tart.example.org/")
