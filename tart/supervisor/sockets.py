"""Reservation of a port for processes that are forked later, and forked again after a crash.

Several processes listen on one port through ``SO_REUSEPORT``, which a second server would join just
as silently. So a port is first bound exclusively, which fails if another program uses it, and then
pinned: bound with ``SO_REUSEPORT`` but never listening. Such a socket gets no connections (the
kernel chooses among listeners only), yet it keeps the port, and the number chosen for port 0, while
processes end and restart.

A process binds the reserved address with both ``SO_REUSEADDR`` and ``SO_REUSEPORT`` and, for IPv6,
``IPV6_V6ONLY``: what asyncio and uvloop do for ``reuse_port=True``. Without ``SO_REUSEADDR`` its
old connections in TIME_WAIT would look like a server to the next start.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tart.config.addresses import join_address
from tart.errors import StartupError
from tart.os_errors import reason

_ADVICE = {
    errno.EADDRINUSE: "another program uses this port; stop it or choose another",
    errno.EACCES: "this port needs a privilege; choose one above 1023",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


class PortInUse(StartupError):
    """Another program listens on the port."""


@dataclass(frozen=True)
class Reservation:
    """A pinned port; ``host`` is numeric, ``port`` never 0."""

    host: str
    port: int
    pin: socket.socket

    def __str__(self) -> str:
        return join_address(self.host, self.port)


@contextmanager
def reserve_port(host: str, port: int, key: str) -> Iterator[Reservation]:
    """Reserve ``host:port`` for the processes forked inside; port 0 reserves a free one.

    A name stands for the first address that it resolves to.

    Raises:
        PortInUse: Another program uses the port.
        StartupError: The address cannot be bound; the text names the address and ``key``.
    """
    with _pinned(host, port, key) as pin:
        numeric, chosen = pin.getsockname()[:2]
        yield Reservation(numeric, chosen, pin)


def _pinned(host: str, port: int, key: str) -> socket.socket:
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = addresses[0]
        return _pin(family, address)
    except (OSError, UnicodeError) as error:
        in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        kind = PortInUse if in_use else StartupError
        raise kind(f"{key}: {cannot_listen(host, port, error)}") from None


def cannot_listen(host: str, port: int, error: OSError | UnicodeError) -> str:
    """Return a sentence on an address that cannot be bound, with the way out."""
    shown = join_address(host, port)
    if isinstance(error, UnicodeError):  # of the codec for host names
        return f"cannot listen on {shown}: {host!r} is not a host name"
    return f"cannot listen on {shown}: {_ADVICE.get(error.errno or 0) or reason(error)}"


def _pin(family: int, address: tuple[object, ...]) -> socket.socket:
    with _socket(family) as guard:
        guard.bind(address)
        # Two sockets with SO_REUSEADDR may both bind; only one of them may listen.
        guard.listen()
        # From here the pin may join the guard, so the port is not free in between.
        guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        pin = _socket(family)
        try:
            pin.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            pin.bind(guard.getsockname())
            # With it the next server's guard could bind beside a pin that does not listen.
            pin.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        except OSError:
            pin.close()
            raise
        return pin


def _socket(family: int) -> socket.socket:
    new = socket.socket(family, socket.SOCK_STREAM)
    # Connections of a server that just ended stay in TIME_WAIT for a minute.
    new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        new.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return new
