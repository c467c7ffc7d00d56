"""Messages over a Unix socket: the shell round ``messages``.

``Channel`` is one end, the same on both sides. Writing never waits here; who writes
asks ``writable`` first where the message may be shed, and counts what it sheds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from tart.background_tasks import Background
from tart.ipc.messages import Message, MessageBuffer, MessageError, encode

# Above this many unsent bytes live events are shed; answers still go out.
SHED_ABOVE_BYTES = 8 << 20


class Channel(asyncio.Protocol):
    """One end of a gateway-shard connection.

    Args:
        received: called with each message, in order.
        lost: called once when the connection is over, with the reason if it was an error.
        made: called once it is there.
        background: counts messages whose handling failed; each costs itself alone.
    """

    def __init__(
        self,
        received: Callable[[Channel, Message], None],
        lost: Callable[[Channel, Exception | None], None],
        made: Callable[[Channel], None] | None = None,
        background: Background | None = None,
    ) -> None:
        self._received = received
        self._lost = lost
        self._made = made
        self._background = background or Background()
        self._buffer = MessageBuffer()
        self._transport: asyncio.Transport | None = None

    @property
    def writable(self) -> bool:
        """Whether the other side keeps up well enough to be sent live events."""
        transport = self._transport
        return transport is not None and transport.get_write_buffer_size() < SHED_ABOVE_BYTES

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the socket is connected."""
        self._transport = cast(asyncio.Transport, transport)
        if self._made:
            self._made(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came; a peer that speaks otherwise is cut off."""
        try:
            for message in self._buffer.receive_data(data):
                with self._background.guard(f"message {type(message).__name__}"):
                    self._received(self, message)
        except MessageError:
            self.close()
            raise

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the socket is gone."""
        self._transport = None
        self._lost(self, exc)

    def send(self, message: Message) -> bool:
        """Queue a message; ``False`` if the connection is gone."""
        if self._transport is None or self._transport.is_closing():
            return False
        self._transport.write(encode(message))
        return True

    def close(self) -> None:
        """Close after what is queued has been written."""
        if self._transport is not None:
            self._transport.close()
