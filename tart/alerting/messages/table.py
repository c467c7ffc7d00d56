"""The kinds of channels, and the function that renders a message for each.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from tart.alerting.engine.model import Notification, Request
from tart.alerting.messages import (
    alertmanager,
    apprise,
    command,
    discord,
    email,
    pagerduty,
    slack,
    telegram,
    webhook,
)
from tart.alerting.messages.texts import Context
from tart.alerting.rules.model import Channel

Render: TypeAlias = Callable[[Notification, Channel, Mapping[str, str], Context], Request]

RENDERERS: Mapping[str, Render] = {
    "webhook": webhook.render,
    "alertmanager": alertmanager.render,
    "slack": slack.render,
    "discord": discord.render,
    "telegram": telegram.render,
    "pagerduty": pagerduty.render,
    "email": email.render,
    "command": command.render,
    "apprise": apprise.render,
}


def render(
    notification: Notification, channel: Channel, secrets: Mapping[str, str], context: Context
) -> Request:
    """Return a message in the form of its channel.

    Args:
        notification: The message.
        channel: Its receiver.
        secrets: The values of ``channel.secrets``, read for this attempt.
        context: Time, links and the server's id.

    Raises:
        KeyError: A setting or secret that the kind of channel needs is missing.
        ConfigError: A secret does not have its form; the text does not have it.
    """
    return RENDERERS[channel.type](notification, channel, secrets, context)
