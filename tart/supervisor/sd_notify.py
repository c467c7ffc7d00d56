"""What systemd is told: sd_notify's protocol, which is one datagram per message.

Only the supervisor speaks (``NotifyAccess=main``). Without ``$NOTIFY_SOCKET`` nothing is
sent, so nobody has to ask whether systemd is there. A message that cannot be delivered is
logged and forgotten: systemd draws its own conclusion, and a telemetry server that runs must
not stop because its observer is away.
"""

from __future__ import annotations

import logging
import socket
import time

_log = logging.getLogger(__name__)


class Notifier:
    """Speaks to the socket at ``address``; an empty address swallows everything."""

    def __init__(self, address: str = "") -> None:
        # '@' stands for the NUL byte that marks Linux' abstract socket names.
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def ready(self, status: str) -> None:
        """Everything accepts, for the first time or after reloading."""
        self._send("READY=1", f"STATUS={status}")

    def stopping(self, status: str) -> None:
        """A stop has begun, on request or because of a fault."""
        self._send("STOPPING=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The settings are being read again; ``ready`` must follow."""
        # systemd pairs the message with its request by the time: CLOCK_MONOTONIC, in µs.
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def alive(self) -> None:
        """Everything answers; feeds systemd's watchdog."""
        self._send("WATCHDOG=1")

    def status(self, status: str) -> None:
        """A line for people, shown by ``systemctl status``."""
        self._send(f"STATUS={status}")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.setblocking(False)
                out.connect(self._address)
                out.send("\n".join(lines).encode())
        except OSError as error:
            _log.warning("systemd cannot be told %s: %s", lines[0], error.strerror or error)
