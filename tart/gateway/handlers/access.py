"""Handlers of ``api.routes.access``: API keys and the audit log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tart.access.keys import NAME_LENGTH
from tart.access.roles import ROLES
from tart.errors import BadQuery
from tart.gateway.http.auth import Authenticator, Caller
from tart.gateway.http.responses import Answer
from tart.query.core.rfc3339 import rfc3339

Values = Mapping[str, Any]
Handler = Callable[[Authenticator, Values, Caller], Awaitable[Answer]]


async def keys(authenticator: Authenticator, values: Values, caller: Caller) -> Answer:
    """Answer ``GET /api/keys``."""
    shown = [
        {**key, "created_at": _time(key["created_at"]), "revoked_at": _time(key["revoked_at"])}
        for key in await authenticator.keys()
    ]
    return Answer({"keys": shown})


async def create_key(authenticator: Authenticator, values: Values, caller: Caller) -> Answer:
    """Answer ``POST /api/keys``."""
    body = values["body"]
    name, role = body.get("name"), body.get("role")
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= NAME_LENGTH:
        raise BadQuery(f"name must be 1 to {NAME_LENGTH} printable characters", "name")
    if not isinstance(role, str) or role not in ROLES:
        raise BadQuery(f"role must be one of {', '.join(ROLES)}", "role")
    key_id, text, created_at = await authenticator.create(name, ROLES[role])
    authenticator.record(caller.key, caller.address, "create_key", f"{key_id} {role} {name}", 201)
    created = {"id": key_id, "name": name, "role": role, "created_at": _time(created_at)}
    return Answer({**created, "key": text}, status=201)


async def revoke_key(authenticator: Authenticator, values: Values, caller: Caller) -> Answer:
    """Answer ``DELETE /api/keys/{id}``."""
    await authenticator.revoke(values["id"])
    authenticator.record(caller.key, caller.address, "revoke_key", values["id"], 200)
    return Answer({"id": values["id"], "revoked": True})


async def audit(authenticator: Authenticator, values: Values, caller: Caller) -> Answer:
    """Answer ``GET /api/audit``."""
    records = await authenticator.audit(values["limit"], values["before"])
    entries = [
        {
            "number": number,
            "at": _time(entry.time_us),
            "key": entry.key,
            "address": entry.address,
            "action": entry.action,
            "detail": entry.detail,
            "status": entry.status,
        }
        for number, entry in records
    ]
    return Answer({"entries": entries, "has_more": len(records) == values["limit"]})


def _time(moment_us: Any) -> str | None:
    return None if moment_us is None else rfc3339(moment_us)


HANDLERS: Mapping[str, Handler] = {
    "keys": keys,
    "create_key": create_key,
    "revoke_key": revoke_key,
    "audit": audit,
}
