"""Addresses and origins as settings and flags have them. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from tart.access.networks import LAST_PORT, parse_authority
from tart.errors import ConfigError

_ADDRESS = re.compile(r"(\[(?P<bracketed>[^\[\]]+)\]|(?P<host>[^\s:\[\]]+)):(?P<port>[0-9]{1,5})")
_WEB_SCHEMES = ("http", "https")
# The longest part of a host name between dots (RFC 1035).
_MAX_LABEL = 63
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
# Ports that browsers leave out of an Origin header.
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_URL_SCHEMES = ("ws", "wss", "http", "https")
# Settings whose values may have a password or a token; a message about one does not quote it.
SECRET_SETTINGS = frozenset({"rpc.urls", "traces.url"})


def parse_address(text: str, key: str) -> tuple[str, int]:
    """Return ``HOST:PORT`` or ``[HOST]:PORT`` as a pair.

    Raises:
        ConfigError: The text is neither; the message names ``key``.
    """
    address = split_address(text)
    if address is None:
        raise ConfigError(f"{key}: {describe_address(text)}")
    return address


def split_address(text: str) -> tuple[str, int] | None:
    """Return ``HOST:PORT`` or ``[HOST]:PORT`` as a pair; ``None`` if it is neither."""
    match = _ADDRESS.fullmatch(text)
    if not match or int(match["port"]) > LAST_PORT:
        return None
    host = match["bracketed"] or match["host"]
    return (host, int(match["port"])) if _is_host(host) else None


def join_address(host: str, port: int) -> str:
    """Return a host and a port as one text, as ``split_address`` takes it."""
    return f"{_bracketed(host)}:{port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def parse_listen_address(text: str, key: str) -> tuple[str, int]:
    """Return ``[HOST:]PORT`` as a pair; without a host it is the loopback address.

    Raises:
        ConfigError: The text is not such an address; the message names ``key``.
    """
    if ":" in text:
        return parse_address(text, key)
    address = split_address(f"127.0.0.1:{text}")
    if address is not None:
        return address
    if text.isdecimal():
        raise ConfigError(f"{key}: {text} is not a port: the highest is {LAST_PORT}")
    raise ConfigError(f"{key}: {text!r} is not [HOST:]PORT, such as 9000 or 0.0.0.0:9000")


def hide_secrets(url: str) -> str:
    """Return a URL with an ellipsis in place of user, password, path and query.

    Of a text that is no URL, and may be one with a mistake, it hides as much.
    """
    start, rest = _split_scheme(url)
    # Where the password of a wrong URL begins and ends is not known: it may have any character.
    end = len(rest) if not is_url(url, _URL_SCHEMES) else _length_of_authority(rest)
    shown = _without_login(rest, end)
    return start + re.sub(r"[/?#].+", "/…", shown, count=1, flags=re.DOTALL)


def hide_login(url: str) -> str:
    """Return a URL with an ellipsis in place of user, password and query; its path is shown."""
    if not is_url(url, _URL_SCHEMES):
        return hide_secrets(url)
    start, rest = _split_scheme(url)
    shown = _without_login(rest, _length_of_authority(rest))
    return start + re.sub(r"[?#].+", "?…", shown, count=1, flags=re.DOTALL)


def public_value(key: str, value: object) -> object:
    """Return the value of a setting for logs and answers, without secrets."""
    if key == "rpc.urls" and isinstance(value, tuple):
        return tuple(map(hide_secrets, value))
    if key == "traces.url" and isinstance(value, str):
        return hide_login(value)
    return value


def endpoint_of(url: str) -> tuple[str, str, int | None, str]:
    """Return the host and port that a URL names, with its scheme, path and query.

    URLs with the same one are the same endpoint: a login, the case of a host, the port that is
    the scheme's and an empty path make no difference.

    Args:
        url: One that ``is_url`` accepts.
    """
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    query = f"?{parts.query}" if parts.query else ""
    return parts.scheme, parts.hostname or "", port, f"{parts.path or '/'}{query}"


def _split_scheme(url: str) -> tuple[str, str]:
    """Return ``ws://`` and the rest; a colon or a slash of it may be missing."""
    match = re.match(r"[A-Za-z0-9+.-]*(:/{1,3}|//+)", url)
    end = match.end() if match else 0
    return url[:end], url[end:]


def _without_login(rest: str, end: int) -> str:
    login_end = rest.rfind("@", 0, end)
    return rest if login_end < 0 else f"…{rest[login_end:]}"


def _length_of_authority(rest: str) -> int:
    match = re.search(r"[/?#]", rest)
    return match.start() if match else len(rest)


def is_url(text: str, schemes: Collection[str] = _WEB_SCHEMES) -> bool:
    """Return whether a text is the address of a web server: ``http://HOST:PORT`` and a path.

    Args:
        text: The text.
        schemes: Other schemes than those of the web, such as ``ws``.
    """
    from urllib.parse import urlsplit  # of clients; a server starts without it

    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # brackets without an end, a port that is not a number up to 65535
        return False
    is_complete = parts.scheme in schemes and not parts.netloc.endswith(":")
    return bool(host) and is_complete and " " not in host and _is_host(host) and port != 0


def describe_address(text: str) -> str:
    """Return why a text is not an address, as the end of a sentence."""
    match = _ADDRESS.fullmatch(text)
    if match and int(match["port"]) > LAST_PORT:
        return f"{text!r} has a port above the highest, {LAST_PORT}"
    return f"{text!r} is not HOST:PORT, such as 127.0.0.1:9000 or [::1]:9000"


def _is_host(text: str) -> bool:
    """Return whether a text can be looked up; Python refuses others in ways of its own."""
    labels = text.removesuffix(".").split(".")
    return text.isprintable() and all(0 < len(label) <= _MAX_LABEL for label in labels)


def describe_origin(text: str) -> str | None:
    """Return why a text is not an origin; ``None`` if it is one.

    An origin is what a browser sends in the header ``Origin`` (RFC 6454, 6.2): ``scheme://host``
    in small letters, and the port unless it is the scheme's default. ``null`` is that of a page
    which was opened from a file. ``*`` stands for all.
    """
    if text in ("*", "null"):
        return None
    scheme, mark, rest = text.partition("://")
    if not mark or not _SCHEME.fullmatch(scheme.lower()):
        return f"{text!r} is not an origin such as https://example.org or http://localhost:3000"
    authority, slash, _ = rest.partition("/")
    parsed = parse_authority(authority)
    if parsed is None or not parsed.host:
        return f"{text!r} is not an origin such as https://example.org: its host is not valid"
    if slash or "?" in rest or "#" in rest:
        return f"{text!r} is not an origin: it ends after host and port, {scheme}://{authority}"
    port = "" if parsed.port in (None, _DEFAULT_PORTS.get(scheme.lower())) else f":{parsed.port}"
    host = _bracketed(parsed.host)
    sent = f"{scheme.lower()}://{host}{port}"
    return None if sent == text else f"{text!r} is never sent as an origin; write {sent!r}"
