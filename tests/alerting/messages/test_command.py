"""``tart/alerting/messages/command.py``: JSON on standard input, the essentials as variables."""

from __future__ import annotations

from hypothesis import given

from tart.alerting.messages.command import render
from tests.alerting.messages.examples import (
    CONTEXT,
    TEXTS,
    channel,
    hostile_notification,
    notification,
)
from tests.alerting.messages.schemas import WEBHOOK, validate
from tests.cases import examples

CHANNEL = channel("command", argv=["/usr/bin/page", "--all"])


def test_a_command_gets_the_webhook_s_json_and_variables():
    request = render(notification(), CHANNEL, {}, CONTEXT)
    assert request.kind == "command"
    validate(request.body, WEBHOOK)
    assert request.details["arguments"] == ("/usr/bin/page", "--all")
    environment = request.details["environment"]
    assert environment["TART_ALERT_ID"] == "msg_0001"
    assert environment["TART_ALERT_NAME"] == "NodeSilent"
    assert environment["TART_ALERT_STATUS"] == "firing"
    assert environment["TART_ALERT_TITLE"] == "[critical] Node 01010101 has been silent for 91 s"
    assert environment["TART_ALERT_URL"] == "https://tart.example.org/#/alerts"


@examples(0.3)
@given(TEXTS)
def test_any_text_of_a_node_is_an_environment_and_never_an_argument(text):
    request = render(hostile_notification(text), CHANNEL, {}, CONTEXT)
    assert request.details["arguments"] == ("/usr/bin/page", "--all")
    for name, value in request.details["environment"].items():
        assert name.startswith("TART_ALERT_")
        assert "\0" not in value
        # Linux: MAX_ARG_STRLEN.
        assert len(value.encode()) < 128 << 10
