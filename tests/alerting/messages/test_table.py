"""``tart/alerting/messages/table.py``: every kind of channel is rendered."""

from __future__ import annotations

import base64

from tart.alerting.messages.table import RENDERERS, render
from tart.alerting.rules.model import Channel
from tests.alerting.messages.examples import CONTEXT, notification

SETTINGS = {
    "telegram": {"chat_id": 1},
    "email": {"host": "mail.example", "from": "tart@example.org", "to": ["ops@example.org"]},
    "command": {"argv": ["true"]},
}
SECRETS = {
    "url": "https://receiver.example/secret-path",
    "secret": base64.b64encode(bytes(24)).decode(),
    "token": "secret-token",
    "routing_key": "k" * 32,
    "password": "secret-password",
}


def test_every_kind_of_channel_has_a_request_that_does_not_show_its_secrets():
    for kind in RENDERERS:
        made = Channel("ops", kind, SETTINGS.get(kind, {}))
        request = render(notification(), made, SECRETS, CONTEXT)
        assert "secret" not in repr(request), kind
        assert request.details["timeout_seconds"] > 0
