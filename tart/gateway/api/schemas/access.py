"""Schemas of keys and of the audit log; part of ``schemas``. Pure."""

from __future__ import annotations

from tart.access.keys import NAME_LENGTH
from tart.access.roles import ROLES
from tart.gateway.api.json_schema import (
    BOOLEAN,
    COUNT,
    TEXT,
    TIME,
    Schema,
    described,
    listing,
    nullable,
    record,
)

_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{8}$"}
_ROLE: Schema = {"type": "string", "enum": list(ROLES)}
_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH}

ACCESS_SCHEMAS: dict[str, Schema] = {
    "Keys": record(
        keys=listing(
            record(id=_ID, name=TEXT, role=_ROLE, created_at=TIME, revoked_at=nullable(TIME))
        )
    ),
    "NewKey": record(
        name=described(_NAME, "Whose it is, in your words; printable characters."), role=_ROLE
    ),
    "CreatedKey": record(
        id=_ID,
        name=TEXT,
        role=_ROLE,
        created_at=TIME,
        key=described(TEXT, "For Authorization: Bearer. It is not shown again."),
    ),
    "RevokedKey": record(id=_ID, revoked=BOOLEAN),
    "Audit": record(
        entries=listing(
            record(
                number=COUNT,
                at=TIME,
                key=described(nullable(_ID), "Null without a key, and where none was let in."),
                address=described(TEXT, "Of the client; local for the command line."),
                action={
                    "type": "string",
                    "enum": ["request", "sql", "create_key", "revoke_key"],
                },
                detail=TEXT,
                status=described(COUNT, "Of the answer; 0 for the command line."),
            )
        ),
        has_more=BOOLEAN,
    ),
}
