"""A TCP connection to the API that sends whatever bytes it is told to."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Self

from tests.running import DEADLINE, System


class Raw:
    """The connection, a context manager; what was received and not read yet waits in it."""

    def __init__(self, system: System) -> None:
        host, _, port = system.api.removeprefix("http://").rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send; who is refused or closed meanwhile need not take all of it."""
        with suppress(ConnectionError):
            self.socket.sendall(data)

    def drip(self, data: bytes) -> None:
        """Send byte by byte."""
        with suppress(ConnectionError):
            for byte in data:
                self.socket.send(bytes((byte,)))
