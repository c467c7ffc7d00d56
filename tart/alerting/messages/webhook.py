"""Webhooks in the form of Alertmanager, version 4, signed by Standard Webhooks.

Pure. https://prometheus.io/docs/alerting/latest/configuration/#webhook_config has the form;
``title``, ``message`` and ``state`` are Grafana's members for receivers that show one text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.alerting.engine.model import AlertView, Notification, Request
from tart.alerting.messages.http_post import authorization, encode, post
from tart.alerting.messages.signature import signature_headers, signing_keys
from tart.alerting.messages.texts import (
    Context,
    common_annotations,
    common_labels,
    compose,
    plain_text,
    rfc3339,
    started_us,
    status_of,
)
from tart.alerting.rules.model import Channel
from tart.errors import ConfigError
from tart.units import SECOND_US

# As Alertmanager writes the end of an alert that has none.
NO_END = "0001-01-01T00:00:00Z"


def render(
    notification: Notification, channel: Channel, secrets: Mapping[str, str], context: Context
) -> Request:
    """Return the request of a message.

    Raises:
        ConfigError: The signing secret is not one.
    """
    body = encode(payload(notification, channel, context))
    try:
        keys = signing_keys(secrets.get("secret", ""))
    except ValueError as error:
        raise ConfigError(f"secret: {error}") from None
    signed = signature_headers(keys, notification.id, context.now_us // SECOND_US, body)
    return post(secrets["url"], channel, body, authorization(channel, secrets) | signed)


def payload(notification: Notification, channel: Channel, context: Context) -> dict[str, Any]:
    """Return the message as JSON."""
    text = compose(notification, channel, context)
    return {
        "version": "4",
        "groupKey": notification.group_key,
        "truncatedAlerts": notification.truncated,
        "status": notification.status,
        "receiver": channel.name,
        "groupLabels": dict(notification.group_labels),
        "commonLabels": common_labels(notification),
        "commonAnnotations": common_annotations(notification),
        "externalURL": context.external_url,
        "alerts": [_alert(view) for view in notification.alerts],
        "title": text.title,
        "state": "alerting" if notification.status == "firing" else "ok",
        "message": plain_text(text),
    }


def _alert(view: AlertView) -> dict[str, Any]:
    ended_us = view.alert.resolved_us
    return {
        "status": status_of(view),
        "labels": dict(view.labels),
        "annotations": dict(view.annotations),
        "startsAt": rfc3339(started_us(view)),
        "endsAt": NO_END if ended_us is None else rfc3339(ended_us),
        "generatorURL": view.url,
        "fingerprint": view.alert.fingerprint,
    }
