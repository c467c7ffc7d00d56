"""The kinds of channels: their settings, which of them are required, and which are secrets. Pure.

The rule file is checked against this table, and ``docs/alerts.md`` has a row for each setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

ValueType: TypeAlias = Literal[
    "text", "text or number", "whole number", "port", "list of text", "path", "duration"
]
Source: TypeAlias = Literal["value", "file", "environment", "credential"]

# A secret ``token`` is one of ``token``, ``token_file``, ``token_env`` and ``token_credential``.
SECRET_SUFFIXES: Mapping[str, Source] = {
    "": "value",
    "_file": "file",
    "_env": "environment",
    "_credential": "credential",
}


@dataclass(frozen=True)
class ChannelSetting:
    """A setting of a kind of channel.

    Attributes:
        name: Its key in the rule file.
        description: Text for operators.
        type: The type of its value; a duration such as "10s" becomes seconds, a relative path
            starts from the rule file.
        is_required: Whether a channel must have it.
        is_secret: Whether it is stored as a ``Secret``: never shown, and read when it is needed.
            A URL is one, since it may contain a token.
        default: Its value if the file has none; ``None`` leaves it out of ``Channel.settings``.
        choices: The accepted values; empty if there are many.
    """

    name: str
    description: str
    type: ValueType = "text"
    is_required: bool = False
    is_secret: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the rule file that give its value."""
        return (
            tuple(self.name + suffix for suffix in SECRET_SUFFIXES)
            if self.is_secret
            else (self.name,)
        )


@dataclass(frozen=True)
class ChannelType:
    """A kind of channel.

    Attributes:
        name: ``type`` in the rule file.
        description: Where its messages go, for operators.
        settings: In the order of the documentation.
    """

    name: str
    description: str
    settings: tuple[ChannelSetting, ...]

    def setting(self, name: str) -> ChannelSetting:
        """Return a setting by its name.

        Raises:
            KeyError: There is none.
        """
        return {setting.name: setting for setting in self.settings}[name]


def _url(description: str) -> ChannelSetting:
    return ChannelSetting("url", description, is_required=True, is_secret=True)


_TIMEOUT = ChannelSetting(
    "timeout",
    "The longest time of an attempt, '10s' by default; '30s' for e-mail, commands and apprise.",
    type="duration",
)
_CONNECTION = (
    _TIMEOUT,
    ChannelSetting(
        "ca_file",
        "Authorities that the server's certificate is checked against, in PEM form; those of the "
        "system by default.",
        type="path",
    ),
)
_AUTHORIZATION = (
    ChannelSetting("bearer_token", "A token for the header Authorization.", is_secret=True),
    ChannelSetting("username", "A name for HTTP basic authentication."),
    ChannelSetting("password", "Its password.", is_secret=True),
)

CHANNEL_TYPES: Mapping[str, ChannelType] = {
    kind.name: kind
    for kind in (
        ChannelType(
            "webhook",
            "An HTTP POST in the form of Alertmanager's webhook, version 4.",
            (
                _url("Address that messages are posted to."),
                ChannelSetting(
                    "secret",
                    "Key of the signature by Standard Webhooks, with or without its prefix "
                    "'whsec_'; several, separated by a space, while one replaces another. Without "
                    "it messages are not signed.",
                    is_secret=True,
                ),
                *_AUTHORIZATION,
                *_CONNECTION,
            ),
        ),
        ChannelType(
            "alertmanager",
            "A Prometheus Alertmanager (POST /api/v2/alerts), which groups and routes by itself.",
            (
                _url("Its address, such as 'http://alertmanager:9093'."),
                *_AUTHORIZATION,
                *_CONNECTION,
            ),
        ),
        ChannelType("slack", "A channel of Slack.", (_url("The incoming webhook."), *_CONNECTION)),
        ChannelType(
            "discord", "A channel of Discord.", (_url("The channel's webhook."), *_CONNECTION)
        ),
        ChannelType(
            "telegram",
            "A chat of Telegram.",
            (
                ChannelSetting("token", "The bot's token.", is_required=True, is_secret=True),
                ChannelSetting(
                    "chat_id",
                    "The chat: a number, or '@name' of a public channel.",
                    type="text or number",
                    is_required=True,
                ),
                ChannelSetting(
                    "thread_id", "The topic of a group that has topics.", type="whole number"
                ),
                ChannelSetting(
                    "api_url", "Address of the Bot API.", default="https://api.telegram.org"
                ),
                *_CONNECTION,
            ),
        ),
        ChannelType(
            "pagerduty",
            "A service of PagerDuty, by its Events API version 2.",
            (
                ChannelSetting(
                    "routing_key", "The integration key.", is_required=True, is_secret=True
                ),
                ChannelSetting(
                    "api_url",
                    "Address of the API; accounts in the EU have 'https://events.eu.pagerduty.com'.",
                    default="https://events.pagerduty.com",
                ),
                *_CONNECTION,
            ),
        ),
        ChannelType(
            "email",
            "An e-mail by SMTP.",
            (
                ChannelSetting("host", "The mail server.", is_required=True),
                ChannelSetting(
                    "port",
                    "Its port; 587 for starttls, 465 for tls and 25 for none if it is not given.",
                    type="port",
                ),
                ChannelSetting(
                    "tls",
                    "'starttls' begins TLS after the greeting, 'tls' before it; 'none' is for a "
                    "server of this machine.",
                    default="starttls",
                    choices=("starttls", "tls", "none"),
                ),
                ChannelSetting("username", "The account; without it there is no login."),
                ChannelSetting("password", "The account's password.", is_secret=True),
                ChannelSetting("from", "The sender's address.", is_required=True),
                ChannelSetting(
                    "to", "The receivers' addresses.", type="list of text", is_required=True
                ),
                *_CONNECTION,
            ),
        ),
        ChannelType(
            "command",
            "A program of this machine, which reads the message as JSON on its standard input.",
            (
                ChannelSetting(
                    "argv",
                    "The program and its arguments; no shell is involved.",
                    type="list of text",
                    is_required=True,
                ),
                _TIMEOUT,
            ),
        ),
        ChannelType(
            "apprise",
            "One of 100 services by the library apprise, of the extra 'alerts'.",
            (_url("Apprise's URL of the service."), _TIMEOUT),
        ),
    )
}
# Keys of every kind of channel.
COMMON_KEYS = ("name", "type", "send_resolved", "min_severity", "templates")
# The ports of ``tls`` of e-mail.
SMTP_PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}
