"""Who is where: networks that may connect, and which addresses are this machine's own. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple

# RFC 3986: an IPv6 address in brackets, or a reg-name, which IPv4 addresses are, too; a port.
# Zones (RFC 6874) are of one machine and no business of HTTP.
_AUTHORITY = re.compile(
    r"(?:\[([0-9A-Fa-f:.]+)\]|((?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+))"
    r"(?::([0-9]{0,5}))?"
)
_LAST_PORT = 65_535
_PORTS = {"http": 80, "https": 443}

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Networks:
    """Networks that are let in, and those that are not.

    Args:
        allow: such as ``10.0.0.0/8`` or ``2001:db8::1``; empty: all.
        deny: likewise, and stronger than ``allow``; empty: none.

    Raises:
        ValueError: one of them is no network; the text names it.
    """

    def __init__(self, allow: Iterable[str] = (), deny: Iterable[str] = ()) -> None:
        self._allow = [_network(text) for text in allow]
        self._deny = [_network(text) for text in deny]

    def __bool__(self) -> bool:
        return bool(self._allow or self._deny)

    def admit(self, host: str) -> bool:
        """Whether a numeric address is let in; what is none is only if all are."""
        address = _address(host)
        if address is None:
            return not self
        if any(address in network for network in self._deny):
            return False
        return not self._allow or any(address in network for network in self._allow)


def is_loopback(host: str) -> bool:
    """Whether an address, or a name, is this machine's to itself."""
    address = _address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


class Authority(NamedTuple):
    """Where a request or a page is from.

    Attributes:
        host: a name in small letters or an address, without brackets.
        port: ``None`` where it is the scheme's.
    """

    host: str
    port: int | None = None


def authority_of(text: str) -> Authority | None:
    """A ``Host`` header taken apart; ``None`` if it is none.

    All of it must be as RFC 9110 (7.2) and RFC 3986 (3.2.2) have it: whoever reads only its
    beginning takes ``[::1].example.org`` for this machine.
    """
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    literal, name, digits = match.groups()
    port = int(digits) if digits else None
    if port is not None and port > _LAST_PORT:
        return None
    if literal is not None:
        try:
            return Authority(str(ipaddress.IPv6Address(literal)), port)
        except ValueError:
            return None
    return Authority(name.lower(), port)


def same_origin(origin: str, host: str) -> bool:
    """Whether a page of an ``Origin`` header is from where a ``Host`` header says we are.

    The scheme is not compared: whoever ends TLS before us does not tell.
    """
    scheme, mark, rest = origin.partition("://")
    page, here = authority_of(rest), authority_of(host)
    if not mark or page is None or here is None:
        return False
    usual = _PORTS.get(scheme)
    return (page.host, page.port or usual) == (here.host, here.port or usual)


def _network(text: str) -> _Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no network such as 10.0.0.0/8 or 2001:db8::1") from None


def _address(text: str) -> _Address | None:
    try:
        # An IPv6 address may have a zone, as those of peers do; nothing else may.
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
