"""Hostile clients: sockets that never send, and senders of incomplete frames.

Silent clients connect and wait to be closed. Slow clients send a byte now and then: half of
them as part of an endless first message, the others as part of an endless event.
"""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from loadtest import recordings, traffic
from loadtest.dialogue import options, send, wait_for
from loadtest.generator import own_address

_TRICKLE_SECONDS = 0.25
# Announces more bytes than are ever sent.
_ENDLESS = (4096).to_bytes(4, "little")
_SILENT_NETWORK, _SLOW_NETWORK = 2, 3
_RUN = 1_000_000


@dataclass
class Peer:
    """One hostile socket; ``closed_after`` is its lifetime in seconds."""

    connected: socket.socket
    opened: float
    silent: bool
    closed_after: float | None = None


def open_all(host: str, port: int, silent: int, slow: int, hello: list[bytes]) -> list[Peer]:
    """Open all sockets; the slow ones send their first bytes."""
    peers = []
    for number in range(silent + slow):
        is_silent = number < silent
        address = own_address(number, _SILENT_NETWORK if is_silent else _SLOW_NETWORK)
        connected = socket.create_connection((host, port), source_address=(address, 0))
        if not is_silent:
            introduced = number % 2 == 0
            connected.sendall((hello[number - silent] if introduced else b"") + _ENDLESS)
        connected.setblocking(False)
        peers.append(Peer(connected, time.monotonic(), is_silent))
    return peers


def watch(peers: list[Peer], seconds: float) -> None:
    """Send bytes of the slow clients, and record when sockets are closed."""
    selector = selectors.DefaultSelector()
    for peer in peers:
        selector.register(peer.connected, selectors.EVENT_READ, peer)
    end, trickle = time.monotonic() + seconds, 0.0
    while (now := time.monotonic()) < end:
        for key, _ in selector.select(_TRICKLE_SECONDS):
            _record_end(key.data, selector)
        if now >= trickle:
            trickle = now + _TRICKLE_SECONDS
            for peer in peers:
                if not peer.silent and peer.closed_after is None:
                    _send_a_byte(peer)
    selector.close()


def _record_end(peer: Peer, selector: selectors.BaseSelector) -> None:
    try:
        ended = peer.connected.recv(64) == b""
    except BlockingIOError:
        return
    except OSError:
        ended = True
    if ended:
        peer.closed_after = time.monotonic() - peer.opened
        selector.unregister(peer.connected)


def _send_a_byte(peer: Peer) -> None:
    try:
        peer.connected.send(b"\x00")
    except OSError:
        return  # the selector reports that it is closed


def main() -> None:
    """Run the hostile clients."""
    given = options()
    recording = recordings.load(Path(given["recording"]))
    hello = [traffic.first_message(recording, each, _RUN) for each in range(given["slow"])]
    peers = open_all(given["host"], given["port"], given["silent"], given["slow"], hello)
    send(connected=len(peers))
    watch(peers, given["seconds"])
    send(
        silent=[peer.closed_after for peer in peers if peer.silent],
        slow=[peer.closed_after for peer in peers if not peer.silent],
    )
    wait_for("close")


if __name__ == "__main__":
    main()
