"""Requests of the channels that are one POST of JSON.

Pure.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from tart import __version__
from tart.alerting.engine.model import Request
from tart.alerting.rules.model import Channel
from tart.json_encoding import dumps

TIMEOUT_SECONDS = 10.0


def post(
    url: str, channel: Channel, body: bytes, headers: Mapping[str, str] | None = None
) -> Request:
    """Return the request that posts a body of JSON.

    Args:
        url: Where it goes.
        channel: Its settings ``timeout`` and ``ca_file`` are for the sender.
        body: JSON.
        headers: Further headers.
    """
    return Request(
        kind="http",
        url=url,
        headers={
            "content-type": "application/json",
            "user-agent": f"tart/{__version__}",
            **(headers or {}),
        },
        body=body,
        details=connection_details(channel, TIMEOUT_SECONDS),
    )


def connection_details(channel: Channel, timeout_seconds: float) -> dict[str, Any]:
    """Return the settings that say how a sender connects."""
    return {
        "timeout_seconds": float(channel.settings.get("timeout") or timeout_seconds),
        "ca_file": channel.settings.get("ca_file") or "",
    }


def authorization(channel: Channel, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the header of a bearer token or of a user's name and password; empty without one."""
    if token := secrets.get("bearer_token"):
        return {"authorization": f"Bearer {token}"}
    if "password" in secrets:
        pair = f"{channel.settings.get('username', '')}:{secrets['password']}"
        return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {}


def encode(value: Any) -> bytes:
    """Return JSON; half of a surrogate pair, which UTF-8 does not have, becomes a question mark."""
    try:
        return dumps(value)
    except TypeError:
        return dumps(_well_formed(value))


def _well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_well_formed(name): _well_formed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_well_formed(member) for member in value]
    return value
