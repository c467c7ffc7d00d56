"""Who is where: networks that may connect, and which addresses are this machine's own. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

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


def host_of(header: str) -> str:
    """The host of a ``Host`` header, without its port (RFC 9110, Host)."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def _network(text: str) -> _Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no network such as 10.0.0.0/8 or 2001:db8::1") from None


def _address(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
