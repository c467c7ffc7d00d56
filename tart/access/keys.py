"""API keys: creation and recognition. Pure, but for the randomness of a new key.

A key is ``tart_<id>_<secret>``. The id, eight hex digits, is public: it names the key in lists and
in the audit log. The secret is 32 random bytes in base64url. Only the SHA-256 of the whole key is
stored: a slow hash would protect short secrets, and 256 random bits cannot be guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from tart.access.roles import Role

NAME_LENGTH = 100
_FORM = re.compile(r"tart_(?P<id>[0-9a-f]{8})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Key:
    """A key as stored.

    Attributes:
        name: The holder's name, chosen by its creator.
        created_at: Unix microseconds.
        revoked_at: Unix microseconds, ``None`` if the key is valid.
    """

    id: str
    name: str
    role: Role
    digest: bytes
    created_at: int
    revoked_at: int | None = None


def new_key(name: str, role: Role, now_us: int) -> tuple[Key, str]:
    """Return a new key and its text, which is shown once and not stored."""
    number = secrets.token_hex(4)
    text = f"tart_{number}_{secrets.token_urlsafe(32)}"
    return Key(number, name, role, _digest(text), now_us), text


class KeyRing:
    """All keys, including the revoked ones."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self._keys = {key.id: key for key in keys}

    def __len__(self) -> int:
        return sum(key.revoked_at is None for key in self._keys.values())

    @property
    def any_created(self) -> bool:
        """True once a key was created; revoking the last one does not allow anonymous access."""
        return bool(self._keys)

    def find(self, text: str) -> Key | None:
        """Return the valid key with that text."""
        match = _FORM.fullmatch(text)
        key = self.by_id(match["id"]) if match else None
        if key is None or not hmac.compare_digest(key.digest, _digest(text)):
            return None
        return key

    def by_id(self, key_id: str) -> Key | None:
        """Return the valid key of an id."""
        key = self._keys.get(key_id)
        return key if key is not None and key.revoked_at is None else None

    def is_valid(self, key_id: str) -> bool:
        """Return whether a key of that id exists and is not revoked."""
        return self.by_id(key_id) is not None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
