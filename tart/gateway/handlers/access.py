"""Handlers of ``api.routes.access``: API keys and the audit log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from tart.access.keys import NAME_LENGTH
from tart.access.roles import ROLES
from tart.errors import BadQuery
from tart.gateway.handlers.windows import Values
from tart.gateway.http.auth import Authenticator, Caller
from tart.gateway.http.responses import Answer
from tart.query.answers.access import Action, Audit, CreatedKey, Key, KeyRole, Keys, RevokedKey
from tart.query.core.rfc3339 import server_time

Handler = Callable[[Authenticator, Values, Caller], Awaitable[Answer]]


async def keys(authenticator: Authenticator, values: Values, caller: Caller) -> Answer:
    """Answer ``GET /api/keys``."""
    body: Keys = {"keys": [_key_json(row) for row in await authenticator.keys()]}
    return Answer(body)


def _key_json(row: Mapping[str, Any]) -> Key:
    revoked_at = row["revoked_at"]
    return {
        "id": row["id"],
        "name": row["name"],
        "role": row["role"],
        "created_at": server_time(row["created_at"]),
        "revoked_at": None if revoked_at is None else server_time(revoked_at),
    }


async def create_key(authenticator: Authenticator, values: Values, caller: Caller) -> Answer:
    """Answer ``POST /api/keys``."""
    name, role = values["body"].get("name"), values["body"].get("role")
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= NAME_LENGTH:
        raise BadQuery(f"name must be 1 to {NAME_LENGTH} printable characters", "name")
    if not isinstance(role, str) or role not in ROLES:
        raise BadQuery(f"role must be one of {', '.join(ROLES)}", "role")
    key_id, text, created_at = await authenticator.create(name, ROLES[role])
    authenticator.record(caller.key, caller.address, "create_key", f"{key_id} {role} {name}", 201)
    body: CreatedKey = {
        "id": key_id,
        "name": name,
        "role": cast(KeyRole, role),
        "created_at": server_time(created_at),
        "key": text,
    }
    return Answer(body, status=201)


async def revoke_key(authenticator: Authenticator, values: Values, caller: Caller) -> Answer:
    """Answer ``DELETE /api/keys/{id}``."""
    await authenticator.revoke(values["id"])
    authenticator.record(caller.key, caller.address, "revoke_key", values["id"], 200)
    body: RevokedKey = {"id": values["id"], "revoked": True}
    return Answer(body)


async def audit(authenticator: Authenticator, values: Values, caller: Caller) -> Answer:
    """Answer ``GET /api/audit``."""
    records = await authenticator.audit(values["limit"], values["before"])
    body: Audit = {
        "entries": [
            {
                "number": number,
                "at": server_time(entry.time_us),
                "key": entry.key,
                "address": entry.address,
                "action": cast(Action, entry.action),
                "detail": entry.detail,
                "status": entry.status,
            }
            for number, entry in records
        ],
        "has_more": len(records) == values["limit"],
    }
    return Answer(body)


HANDLERS: Mapping[str, Handler] = {
    "keys": keys,
    "create_key": create_key,
    "revoke_key": revoke_key,
    "audit": audit,
}
