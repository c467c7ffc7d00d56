"""Channels of messages over a Unix socket: the I/O shell around ``messages``.

``Channel`` is either end of a connection. Writing never waits: if a message may be shed, the
writer checks ``writable`` first and counts the messages that it sheds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, cast

import msgspec

from tart.background_tasks import Background
from tart.ipc.messages import M, Message, MessageBuffer, MessageError, encode

# Above this many unsent bytes live events are shed; answers are still sent.
SHED_ABOVE_BYTES = 8 << 20


class Channel(asyncio.Protocol, Generic[M]):
    """One end of a gateway-shard connection.

    Args:
        decoder: Of the messages that this end receives: ``REQUESTS`` or ``REPLIES``.
        received: Called with each message, in order.
        lost: Called once when the connection has ended, with the error that ended it, if any.
        made: Called once when the connection is established.
        background: Counts messages whose handling failed; a failure affects no other message.
    """

    def __init__(
        self,
        decoder: msgspec.json.Decoder[M],
        received: Callable[[Channel[M], M], None],
        lost: Callable[[Channel[M], Exception | None], None],
        made: Callable[[Channel[M]], None] | None = None,
        background: Background | None = None,
    ) -> None:
        self._received = received
        self._lost = lost
        self._made = made
        self._background = background or Background()
        self._buffer = MessageBuffer(decoder)
        self._transport: asyncio.Transport | None = None

    @property
    def writable(self) -> bool:
        """True if live events may be sent: less than ``SHED_ABOVE_BYTES`` are unsent."""
        transport = self._transport
        return transport is not None and transport.get_write_buffer_size() < SHED_ABOVE_BYTES

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport of the connection (asyncio)."""
        self._transport = cast(asyncio.Transport, transport)
        if self._made:
            self._made(self)

    def data_received(self, data: bytes) -> None:
        """Decode and pass on messages (asyncio); invalid bytes end the connection."""
        try:
            for message in self._buffer.receive_data(data):
                with self._background.guard(f"message {type(message).__name__}"):
                    self._received(self, message)
        except MessageError:
            self.close()
            raise

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport and report the end (asyncio)."""
        self._transport = None
        self._lost(self, exc)

    def send(self, message: Message) -> bool:
        """Queue a message; return ``False`` if the connection has ended."""
        if self._transport is None or self._transport.is_closing():
            return False
        self._transport.write(encode(message))
        return True

    def abort(self) -> None:
        """Close at once; queued messages that are not written are lost."""
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close after all queued messages have been written."""
        if self._transport is not None:
            self._transport.close()
