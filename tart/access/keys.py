"""API keys: made, kept as digests, recognised. Pure, but for the randomness of a new one.

A key is ``tart_<id>_<secret>``. The id, eight hex digits, is public: it names the key in lists
and in the audit log. The secret is 32 random bytes in base64url. Kept is the SHA-256 of the
whole: a slow hash makes short secrets costly to guess, and nobody guesses 256 random bits.
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
    """What is kept of a key.

    Attributes:
        name: whose it is, in the words of who made it.
        created_at, revoked_at: Unix microseconds.
    """

    id: str
    name: str
    role: Role
    digest: bytes
    created_at: int
    revoked_at: int | None = None


def new_key(name: str, role: Role, now_us: int) -> tuple[Key, str]:
    """A new key and its text, which is shown once and kept nowhere."""
    number = secrets.token_hex(4)
    text = f"tart_{number}_{secrets.token_urlsafe(32)}"
    return Key(number, name, role, _digest(text), now_us), text


class KeyRing:
    """All keys there are and were."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self._keys = {key.id: key for key in keys}

    def __len__(self) -> int:
        return sum(key.revoked_at is None for key in self._keys.values())

    @property
    def ever(self) -> bool:
        """Whether there ever was one: the last one's end does not open the door to all."""
        return bool(self._keys)

    def find(self, text: str) -> Key | None:
        """The key with that text, unless it was revoked."""
        match = _FORM.fullmatch(text)
        key = self._keys.get(match["id"]) if match else None
        if key is None or not hmac.compare_digest(key.digest, _digest(text)):
            return None
        return key if key.revoked_at is None else None

    def holds(self, key_id: str) -> bool:
        """Whether a key of that id is there and was not revoked."""
        key = self._keys.get(key_id)
        return key is not None and key.revoked_at is None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
