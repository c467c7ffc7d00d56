"""The documented forms of the services, as JSON Schema, and of Alertmanager its own OpenAPI."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

_TEXT = {"type": "string"}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
_LABELS = {"type": "object", "additionalProperties": _TEXT}

# https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, with Grafana's `title`,
# `state` and `message` (https://grafana.com/docs/grafana/latest/alerting/configure-notifications/
# manage-contact-points/integrations/webhook-notifier/).
WEBHOOK: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        *("version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels"),
        *("commonLabels", "commonAnnotations", "externalURL", "alerts"),
    ],
    "properties": {
        "version": {"const": "4"},
        "groupKey": _TEXT,
        "truncatedAlerts": {"type": "integer", "minimum": 0},
        "status": {"enum": ["firing", "resolved"]},
        "receiver": _TEXT,
        "groupLabels": _LABELS,
        "commonLabels": _LABELS,
        "commonAnnotations": _LABELS,
        "externalURL": _TEXT,
        "title": _TEXT,
        "state": {"enum": ["alerting", "ok"]},
        "message": _TEXT,
        "alerts": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": [
                    *("status", "labels", "annotations", "startsAt", "endsAt"),
                    *("generatorURL", "fingerprint"),
                ],
                "properties": {
                    "status": {"enum": ["firing", "resolved"]},
                    "labels": _LABELS,
                    "annotations": _LABELS,
                    "startsAt": _TIME,
                    "endsAt": _TIME,
                    "generatorURL": _TEXT,
                    "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
                },
            },
        },
    },
}

# The definitions postableAlerts, postableAlert, alert and labelSet of
# https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml; names of labels as
# https://prometheus.io/docs/concepts/data_model/ has them, which release 0.25 demands.
ALERTMANAGER: dict[str, Any] = {
    "$ref": "#/definitions/postableAlerts",
    "definitions": {
        "postableAlerts": {"type": "array", "items": {"$ref": "#/definitions/postableAlert"}},
        "postableAlert": {
            "allOf": [
                {
                    "type": "object",
                    "properties": {
                        "startsAt": _TIME,
                        "endsAt": _TIME,
                        "annotations": {"$ref": "#/definitions/labelSet"},
                    },
                },
                {"$ref": "#/definitions/alert"},
            ]
        },
        "alert": {
            "type": "object",
            "properties": {
                "labels": {"$ref": "#/definitions/labelSet"},
                "generatorURL": {"type": "string", "pattern": r"^https?://[!-~]+$"},
            },
            "required": ["labels"],
        },
        "labelSet": {
            "type": "object",
            "propertyNames": {"pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"},
            "additionalProperties": _TEXT,
        },
    },
}

# https://docs.slack.dev/reference/block-kit/blocks/section-block,
# https://docs.slack.dev/reference/block-kit/composition-objects/text-object,
# https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments and, for the
# length of `text`, https://docs.slack.dev/reference/methods/chat.postMessage.
SLACK: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text", "attachments"],
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 4000},
        "unfurl_links": {"type": "boolean"},
        "unfurl_media": {"type": "boolean"},
        "attachments": {
            "type": "array",
            "maxItems": 20,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["blocks"],
                "properties": {
                    "color": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
                    "blocks": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 50,
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["type", "text"],
                            "properties": {
                                "type": {"const": "section"},
                                "text": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "required": ["type", "text", "verbatim"],
                                    "properties": {
                                        "type": {"const": "mrkdwn"},
                                        "text": {
                                            "type": "string",
                                            "minLength": 1,
                                            "maxLength": 3000,
                                        },
                                        "verbatim": {"const": True},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}

# https://docs.discord.com/developers/resources/webhook#execute-webhook and
# https://docs.discord.com/developers/resources/message#embed-object-embed-limits.
DISCORD: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["embeds", "allowed_mentions"],
    "properties": {
        "allowed_mentions": {"const": {"parse": []}},
        "embeds": {
            "type": "array",
            "maxItems": 10,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "title": {"type": "string", "maxLength": 256},
                    "description": {"type": "string", "maxLength": 4096},
                    "url": {"type": "string", "pattern": "^https?://"},
                    "timestamp": _TIME,
                    "color": {"type": "integer", "minimum": 0, "maximum": 0xFFFFFF},
                },
            },
        },
    },
}

# https://core.telegram.org/bots/api#sendmessage
TELEGRAM: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["chat_id", "text"],
    "properties": {
        "chat_id": {"type": ["string", "integer"]},
        "message_thread_id": {"type": "integer"},
        "text": {"type": "string", "minLength": 1, "maxLength": 4096},
        "parse_mode": {"const": "HTML"},
        "link_preview_options": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"is_disabled": {"type": "boolean"}},
        },
    },
}

# https://developer.pagerduty.com/docs/send-alert-event
PAGERDUTY: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["routing_key", "event_action"],
    "properties": {
        "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "maxLength": 255},
        "client": _TEXT,
        "client_url": _TEXT,
        "links": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["href"],
                "additionalProperties": False,
                "properties": {"href": {"type": "string", "pattern": "^https?://"}, "text": _TEXT},
            },
        },
        "payload": {
            "type": "object",
            "additionalProperties": False,
            "required": ["summary", "source", "severity"],
            "properties": {
                "summary": {"type": "string", "minLength": 1, "maxLength": 1024},
                "source": {"type": "string", "minLength": 1},
                "severity": {"enum": ["critical", "error", "warning", "info"]},
                "timestamp": _TIME,
                "component": _TEXT,
                "group": _TEXT,
                "class": _TEXT,
                "custom_details": {"type": "object"},
            },
        },
    },
    "if": {"properties": {"event_action": {"const": "trigger"}}},
    "then": {"required": ["payload"]},
    "else": {"required": ["dedup_key"]},
}
# https://developer.pagerduty.com/docs/events-api-v2-overview#size-limits
PAGERDUTY_BYTES = 512 << 10


def validate(body: bytes, schema: dict[str, Any]) -> Any:
    """The value of a body that has the form of a service."""
    value = json.loads(body)
    jsonschema.Draft7Validator(schema).validate(value)
    return value
