"""What somebody who asks may do: each role may what the one before it may, and more. Pure."""

from __future__ import annotations

from enum import IntEnum


class Role(IntEnum):
    """Who may use a route: whoever has at least this role.

    Attributes:
        ANYONE: no key is asked for.
        VIEWER: reads answers and streams.
        OPERATOR: also asks what costs much: SQL, exports.
        ADMIN: also makes and revokes keys, and reads the audit log.
    """

    ANYONE = 0
    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    def __str__(self) -> str:
        return self.name.lower()


# Those a key can have.
ROLES = {str(role): role for role in Role if role is not Role.ANYONE}
