"""Bodies and answers about API keys, logins and the audit log. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from tart.access.keys import NAME_LENGTH
from tart.query.answers.common import Count, Time

KeyId = Annotated[str, Meta(pattern="^[0-9a-f]{8}$")]
KeyRole = Literal["viewer", "operator", "admin"]
Action = Literal[
    "request",
    "sql",
    "create_key",
    "revoke_key",
    "login",
    "logout",
    "create_silence",
    "end_silence",
    "reload_alert_rules",
    "retry_delivery",
    "send_test",
    "set_failure_state",
]


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


class NewLogin(TypedDict):
    """The key to log in with."""

    key: Annotated[str, Meta(description="tart_…, as tart keys create prints it.")]


class EndLogin(TypedDict):
    """The logins to end."""

    everywhere: NotRequired[
        Annotated[bool, Meta(description="End all logins of the same key, in other browsers, too.")]
    ]


class LoggedOut(TypedDict):
    """The logins that ended."""

    ended: Annotated[Count, Meta(description="0 if there was no login.")]


class SessionKey(TypedDict):
    """The key that a caller acts with."""

    id: KeyId
    name: str


class LoginSession(TypedDict):
    """The permissions of a caller."""

    auth: Annotated[
        Literal["none", "local", "key"],
        Meta(
            description="none: the server needs no key (api.auth). local: no key exists, and only "
            "the server's own machine is served. key: the caller has a key, or needs one."
        ),
    ]
    role: Annotated[KeyRole | None, Meta(description="Null if the caller may read no data.")]
    key: Annotated[SessionKey | None, Meta(description="Null if the caller has no key.")]
    expires_at: Annotated[
        Time | None, Meta(description="When the login ends. Null without a login.")
    ]
    login_required: Annotated[
        bool, Meta(description="Whether the caller may read data once it logs in.")
    ]
    reason: Annotated[
        str | None, Meta(description="Why the caller has no role, and the way out; else null.")
    ]


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
