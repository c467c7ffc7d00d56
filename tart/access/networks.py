"""Networks that may connect, and the addresses of HTTP requests. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple

# RFC 3986: an IPv6 address in brackets, or a reg-name (IPv4 addresses included); then a port.
# Zones (RFC 6874) have a meaning on one machine only, so HTTP does not carry them.
_AUTHORITY = re.compile(
    r"(?:\[([0-9A-Fa-f:.]+)\]|((?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+))"
    r"(?::([0-9]{0,5}))?"
)
LAST_PORT = 65_535
_PORTS = {"http": 80, "https": 443}

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Networks:
    """Networks that may connect, and networks that may not.

    Args:
        allow: Networks such as ``10.0.0.0/8`` or ``2001:db8::1``; empty allows all.
        deny: Networks that are excluded even if ``allow`` includes them.

    Raises:
        ValueError: A text is not a network; the message names it.
    """

    def __init__(self, allow: Iterable[str] = (), deny: Iterable[str] = ()) -> None:
        self._allow = [_network(text) for text in allow]
        self._deny = [_network(text) for text in deny]

    def __bool__(self) -> bool:
        return bool(self._allow or self._deny)

    def admit(self, host: str) -> bool:
        """Return whether a numeric address may connect; other text only if all may."""
        address = _address(host)
        if address is None:
            return not self
        if any(address in network for network in self._deny):
            return False
        return not self._allow or any(address in network for network in self._allow)


def is_loopback(host: str) -> bool:
    """Return whether an address or a name is a loopback one."""
    address = _address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


class Authority(NamedTuple):
    """The host and port of a URL.

    Attributes:
        host: A name in lower case or an address, without brackets.
        port: ``None`` for the scheme's default.
    """

    host: str
    port: int | None = None


def parse_authority(text: str) -> Authority | None:
    """Return a parsed ``Host`` header; ``None`` if it is not valid.

    The whole text must follow RFC 9110 (7.2) and RFC 3986 (3.2.2): a parser that reads only the
    beginning mistakes ``[::1].example.org`` for this machine.
    """
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    literal, name, digits = match.groups()
    port = int(digits) if digits else None
    if port is not None and port > LAST_PORT:
        return None
    if literal is not None:
        try:
            return Authority(str(ipaddress.IPv6Address(literal)), port)
        except ValueError:
            return None
    return Authority(name.lower(), port)


def same_origin(origin: str, host: str) -> bool:
    """Return whether an ``Origin`` header names the same host and port as a ``Host`` header.

    The scheme is not compared: a proxy that terminates TLS does not report it.
    """
    scheme, mark, rest = origin.partition("://")
    page, here = parse_authority(rest), parse_authority(host)
    if not mark or page is None or here is None:
        return False
    usual = _PORTS.get(scheme)
    return (page.host, page.port or usual) == (here.host, here.port or usual)


def _network(text: str) -> _Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a network (CIDR) such as 10.0.0.0/8 or 2001:db8::1"
        ) from None


def _address(text: str) -> _Address | None:
    try:
        # Only an IPv6 address may have a zone, as those of connections do.
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
