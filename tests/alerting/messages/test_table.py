"""``tart/alerting/messages/table.py``: every kind of channel is rendered."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from tart.alerting.messages.table import RENDERERS, render
from tart.alerting.messages.texts import Context
from tart.alerting.rules.model import Channel
from tart.errors import ConfigError
from tests.alerting.messages.examples import CONTEXT, notification, view

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


def test_without_an_external_url_messages_have_no_links():
    bare = replace(view(1), url="", annotations={})
    for kind in RENDERERS:
        made = Channel("ops", kind, SETTINGS.get(kind, {}))
        request = render(notification(bare), made, SECRETS, Context(1, "", ""))
        text = request.body + str(request.details.get("text")).encode()
        for mark in (b"https://", b"href", b"<|"):
            assert mark not in text, kind


def test_a_secret_without_its_form_is_named():
    with pytest.raises(ConfigError, match="secret: it is not base64"):
        render(notification(), Channel("ops", "webhook"), SECRETS | {"secret": "?"}, CONTEXT)


def test_every_kind_of_channel_has_a_request_that_does_not_show_its_secrets():
    for kind in RENDERERS:
        made = Channel("ops", kind, SETTINGS.get(kind, {}))
        request = render(notification(), made, SECRETS, CONTEXT)
        assert "secret" not in repr(request), kind
        assert request.details["timeout_seconds"] > 0
