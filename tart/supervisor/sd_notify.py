"""Messages to systemd: the protocol of sd_notify(3), one datagram per message.

Only the supervisor sends them (``NotifyAccess=main``). Without ``$NOTIFY_SOCKET`` no message is
sent. A message that cannot be delivered is logged and dropped: systemd acts on its absence, and a
telemetry server that runs must not stop because its observer is away.
"""

from __future__ import annotations

import logging
import socket
import time

from tart.os_errors import reason

_log = logging.getLogger(__name__)


class Notifier:
    """Sends to the socket at ``address``; sends nothing if the address is empty."""

    def __init__(self, address: str = "") -> None:
        # '@' stands for the NUL byte that marks Linux' abstract socket names.
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def ready(self, status: str) -> None:
        """Report that all processes accept, for the first time or after a reload."""
        self._send("READY=1", f"STATUS={status}")

    def stopping(self, status: str) -> None:
        """Report that a stop has begun, on request or because of a fault."""
        self._send("STOPPING=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Report that the settings are read again; ``ready`` must follow."""
        # systemd pairs the message with its request by the time: CLOCK_MONOTONIC, in µs.
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def alive(self) -> None:
        """Report that all processes respond, for systemd's watchdog."""
        self._send("WATCHDOG=1")

    def status(self, status: str) -> None:
        """Set the line that ``systemctl status`` shows."""
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
            _log.warning("cannot notify systemd of %s: %s", lines[0], reason(error))
