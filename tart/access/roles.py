"""Roles of API keys: each role includes the permissions of the one before it. Pure."""

from __future__ import annotations

from enum import IntEnum


class Role(IntEnum):
    """The least role that a route requires.

    Attributes:
        ANYONE: No key is required.
        VIEWER: Reads answers and streams.
        OPERATOR: Also runs expensive queries (SQL, exports), silences alerts, and sees, repeats and
            tests their messages.
        ADMIN: Also creates and revokes keys, reads the audit log, and reloads the rule file.
    """

    ANYONE = 0
    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    def __str__(self) -> str:
        return self.name.lower()


# The roles that a key can have.
ROLES = {str(role): role for role in Role if role is not Role.ANYONE}
