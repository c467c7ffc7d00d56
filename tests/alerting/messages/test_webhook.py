"""``tart/alerting/messages/webhook.py``: Alertmanager's form, signed."""

from __future__ import annotations

import base64
import hashlib
import hmac

from hypothesis import given

from tart.alerting.engine.model import State
from tart.alerting.messages.webhook import render
from tests.alerting.messages.examples import (
    CONTEXT,
    TEXTS,
    channel,
    hostile_notification,
    notification,
    view,
)
from tests.alerting.messages.schemas import WEBHOOK, validate
from tests.cases import examples

SECRETS = {"url": "https://receiver.example/hook", "secret": base64.b64encode(bytes(32)).decode()}
CHANNEL = channel("webhook")


def test_a_message_has_all_of_alertmanager_s_members():
    message = notification(view(1), view(2, state=State.RESOLVED), truncated=3)
    body = validate(render(message, CHANNEL, SECRETS, CONTEXT).body, WEBHOOK)
    assert body["status"] == "firing"
    assert body["truncatedAlerts"] == 3
    assert body["commonLabels"] == {"alertname": "NodeSilent", "severity": "critical"}
    assert body["externalURL"] == "https://tart.example.org"
    assert [alert["endsAt"] for alert in body["alerts"]] == [
        "0001-01-01T00:00:00Z",
        "2027-01-15T08:00:00.123Z",
    ]
    assert body["alerts"][0]["generatorURL"] == "https://tart.example.org/#/nodes/01010101"
    assert body["title"] == "[critical] NodeSilent: 4 firing, 1 resolved"


def test_a_receiver_can_check_the_signature():
    request = render(notification(), CHANNEL, SECRETS, CONTEXT)
    assert request.url == SECRETS["url"]
    content = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
    digest = hmac.new(bytes(32), content + request.body, hashlib.sha256).digest()
    assert request.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert request.headers["webhook-timestamp"] == "1800000000"


@examples(0.3)
@given(TEXTS)
def test_any_text_of_a_node_gives_a_valid_message(text):
    validate(render(hostile_notification(text), CHANNEL, SECRETS, CONTEXT).body, WEBHOOK)
