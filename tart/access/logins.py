"""Logins: sessions of the web page, each begun with a key. Pure, but for a new token's randomness.

A browser sends a key once; from then on a cookie with a token stands for it. The token is 32
random bytes in base64url, and only its SHA-256 is stored: who reads the file cannot act with it,
and who steals a cookie does not have the key. A login ends with its key, at its expiry, or when
its holder logs out.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MAX_LOGINS = 2000
MAX_LOGINS_OF_KEY = 100
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Login:
    """A login as stored.

    Attributes:
        digest: SHA-256 of the token.
        key: The id of the key that began it.
        created_at: Unix microseconds.
        expires_at: Unix microseconds.
    """

    digest: bytes
    key: str
    created_at: int
    expires_at: int


def new_login(key_id: str, now_us: int, duration_us: int) -> tuple[Login, str]:
    """Return a new login and its token, which is sent once and not stored."""
    token = secrets.token_urlsafe(32)
    return Login(token_digest(token), key_id, now_us, now_us + duration_us), token


def token_digest(token: str) -> bytes:
    """Return the digest under which the login of a token is stored."""
    return hashlib.sha256(token.encode()).digest()


class LoginTable:
    """The open logins, a limited number of each key and in all; the oldest makes room.

    Without the limit of a key, one holder could end the logins of all others.

    Args:
        logins: The oldest first.
        max_logins: The most that are open.
        max_of_key: The most of one key.
    """

    def __init__(
        self,
        logins: Iterable[Login] = (),
        max_logins: int = MAX_LOGINS,
        max_of_key: int = MAX_LOGINS_OF_KEY,
    ) -> None:
        # The oldest first.
        self._logins = {login.digest: login for login in logins}
        self._max_logins = max_logins
        self._max_of_key = max_of_key

    def __len__(self) -> int:
        return len(self._logins)

    def find(self, token: str, now_us: int) -> Login | None:
        """Return the open login of a token."""
        if _FORM.fullmatch(token) is None:
            return None
        login = self._logins.get(token_digest(token))
        return login if login is not None and now_us < login.expires_at else None

    def is_open(self, digest: bytes, now_us: int) -> bool:
        """Return whether a login neither ended nor expired."""
        login = self._logins.get(digest)
        return login is not None and now_us < login.expires_at

    def add(self, login: Login) -> list[Login]:
        """Add a login; return those that made room for it."""
        of_key = self.of_key(login.key)
        evicted = of_key[: max(0, len(of_key) - self._max_of_key + 1)]
        for old in evicted:
            del self._logins[old.digest]
        while len(self._logins) >= self._max_logins:
            oldest = next(iter(self._logins))
            evicted.append(self._logins.pop(oldest))
        self._logins[login.digest] = login
        return evicted

    def of_key(self, key_id: str) -> list[Login]:
        """Return the logins of a key, the oldest first."""
        return [login for login in self._logins.values() if login.key == key_id]

    def remove(self, digests: Iterable[bytes]) -> None:
        """End logins; those that are not open are ignored."""
        for digest in digests:
            self._logins.pop(digest, None)

    def prune(self, now_us: int, key_is_valid: Callable[[str], bool]) -> list[Login]:
        """End the logins that expired, and those of keys that are not valid; return them."""
        ended = [
            login
            for login in self._logins.values()
            if now_us >= login.expires_at or not key_is_valid(login.key)
        ]
        self.remove(login.digest for login in ended)
        return ended
