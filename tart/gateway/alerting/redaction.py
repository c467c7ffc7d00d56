"""Removal of secrets from texts about deliveries: errors, logs, answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from urllib.parse import unquote, urlsplit

_REMOVED = "***"
# Shorter parts of a URL, such as "api", are no secrets.
_MIN_PART = 6
_ERROR_CHARACTERS = 300


class Redactor:
    """Replaces secrets in texts.

    Args:
        secrets: Values of secrets; of URLs, their credentials, paths and queries count as well.
        public: Parts of URLs that are no secrets, such as the path that everybody uses.
    """

    def __init__(self, secrets: Iterable[str], public: Collection[str] = ()) -> None:
        parts: set[str] = set()
        for secret in secrets:
            parts.update(_parts(secret))
        self._parts = sorted(filter(None, parts.difference(public)), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return a text of one line without secrets, shortened."""
        for part in self._parts:
            text = text.replace(part, _REMOVED)
        return " ".join(text.split())[:_ERROR_CHARACTERS]


def _parts(secret: str) -> Iterable[str]:
    yield secret
    for word in secret.split():
        if len(word) >= _MIN_PART:
            yield word
        if "://" not in word:
            continue
        rest = word.partition("://")[2]
        if len(rest) >= _MIN_PART:
            yield rest
        authority, _, path = rest.partition("/")
        login, _, _ = authority.rpartition("@")
        yield login
        pieces = [*login.split(":"), path, *_split(path)]
        for piece in pieces:
            if len(piece) >= _MIN_PART:
                yield piece
                yield unquote(piece)


def _split(path: str) -> list[str]:
    for separator in "?&=#":
        path = path.replace(separator, "/")
    return path.split("/")


def target(url: str) -> str:
    """Return scheme, host and port of a URL: all of it that is shown."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        host = parts.hostname or ""
    except ValueError:
        return "the URL"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
