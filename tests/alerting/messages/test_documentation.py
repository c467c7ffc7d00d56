"""``docs/alert-channels.md``: its messages are those that are sent, its program verifies them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tart.alerting.messages.table import render
from tart.alerting.rules.channel_types import CHANNEL_TYPES
from tart.alerting.rules.model import Channel
from tart.alerting.rules.rule_file import parse_rule_file
from tests.alerting.messages.examples import CONTEXT, notification, view

PAGE = Path(__file__).parents[3] / "docs" / "alert-channels.md"
DESCRIPTION = "Look at its process and its network; its page shows what it sent last."
ALERT = replace(
    view(171, text="Node abababab has been silent for 75 s"),
    annotations={"description": DESCRIPTION},
)
MESSAGE = notification(ALERT, truncated=2)
SECRETS = {
    "url": "https://receiver.example.org/hook",
    "token": "123456:token",
    "routing_key": "R0UTINGKEY0000000000000000000000",
    "secret": "whsec_" + base64.b64encode(b"a key of 32 bytes, kept by both.").decode(),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "telegram": {"chat_id": "-1001234567890"},
    "email": {"host": "mail", "from": "tart <tart@example.org>", "to": ["ops@example.org"]},
}


def request(kind: str) -> Any:
    return render(MESSAGE, Channel("ops", kind, SETTINGS.get(kind, {})), SECRETS, CONTEXT)


def document(kind: str) -> Callable[[], Any]:
    return lambda: json.loads(request(kind).body)


def mail() -> str:
    """The headers and the text of the e-mail."""
    parsed = message_from_bytes(request("email").body)
    headers = "\n".join(
        f"{name}: {value}"
        for name, value in parsed.items()
        if not name.startswith(("Content", "MIME"))
    )
    text, _ = parsed.get_payload()
    return f"{headers}\n\n{text.get_payload(decode=True).decode().replace(chr(13), '').strip()}"


EXAMPLES: Mapping[str, Callable[[], Any]] = {
    **{
        kind: document(kind)
        for kind in ("webhook", "alertmanager", "slack", "discord", "telegram", "pagerduty")
    },
    "email": mail,
}


def section(kind: str) -> str:
    found = re.search(rf"^## `{kind}`.*?(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None, f"{PAGE.name} has no section about {kind}"
    return found[0]


def test_the_page_has_the_messages_that_are_sent():
    for kind, example in EXAMPLES.items():
        blocks = re.findall(r"^```(?:json|text)\n(.*?)\n```$", section(kind), re.M | re.S)
        shown = blocks[-1] if kind == "email" else json.loads(blocks[-1])
        assert shown == example(), kind


def test_the_page_has_every_setting_of_every_kind():
    for kind in CHANNEL_TYPES.values():
        for setting in kind.settings:
            assert f"| `{setting.name}`" in section(kind.name), (kind.name, setting.name)


def test_the_page_has_an_example_of_every_kind_that_the_rule_file_accepts():
    text = "\n".join(re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(), re.M | re.S))
    file = parse_rule_file(text, place="alerts.toml", builtin=(), directory="/etc/tart")
    assert {channel.type for channel in file.channels} == set(CHANNEL_TYPES)


def test_the_program_on_the_page_verifies_signatures():
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    space: dict[str, Any] = {}
    exec(program, space)
    sent, secret = request("webhook"), SECRETS["secret"]
    now = int(sent.headers["webhook-timestamp"])
    assert space["verify"](sent.headers, sent.body, secret, now) == json.loads(sent.body)
    changed = sent.body.replace(b"silent", b"awake ")
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    for headers, body, key, at_seconds in (
        (sent.headers, changed, secret, now),
        (sent.headers, sent.body, other, now),
        (sent.headers, sent.body, secret, now + 301),
        ({**sent.headers, "webhook-id": "another"}, sent.body, secret, now),
    ):
        with pytest.raises(ValueError, match=r"signature|time"):
            space["verify"](headers, body, key, at_seconds)
