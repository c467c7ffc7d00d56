"""Bodies and answers about API keys and the audit log. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.access.keys import NAME_LENGTH
from tart.query.answers.common import Count, Time

KeyId = Annotated[str, Meta(pattern="^[0-9a-f]{8}$")]
KeyRole = Literal["viewer", "operator", "admin"]
Action = Literal["request", "sql", "create_key", "revoke_key"]


class KeyMembers(TypedDict):
    """Members of every key."""

    id: KeyId
    name: str
    role: KeyRole
    created_at: Time


class Key(KeyMembers):
    """An API key without its secret."""

    revoked_at: Time | None


class Keys(TypedDict):
    """All API keys, revoked ones included."""

    keys: list[Key]


class NewKey(TypedDict):
    """The key to create."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=NAME_LENGTH,
            description="The holder of the key, in printable characters.",
        ),
    ]
    role: KeyRole


class CreatedKey(KeyMembers):
    """A new key with its secret."""

    key: Annotated[
        str, Meta(description="For the header Authorization: Bearer. It is not shown again.")
    ]


class RevokedKey(TypedDict):
    """The id of a revoked key."""

    id: KeyId
    revoked: bool


class AuditEntry(TypedDict):
    """An entry of the audit log."""

    number: Count
    at: Time
    key: Annotated[
        KeyId | None, Meta(description="Null if the request had no key, or no valid one.")
    ]
    address: Annotated[
        str, Meta(description="Remote address of the client; local for the command line.")
    ]
    action: Action
    detail: str
    status: Annotated[Count, Meta(description="Status of the answer; 0 for the command line.")]


class Audit(TypedDict):
    """A page of the audit log, newest first."""

    entries: list[AuditEntry]
    has_more: bool
