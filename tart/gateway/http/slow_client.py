"""Writing to a client that may not read: as long as it takes something, we wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


async def sent(
    send: Callable[[], Awaitable[Any]], transport: Any, send_stall_seconds: float
) -> bool:
    """Whether the client let us send, however slowly; ``False`` once it takes nothing.

    Args:
        send: writes once the transport has room; given up and called again while there is
            none, so it must not have written anything then.
        transport: the client's connection.
    """
    left = transport.get_write_buffer_size()
    while True:
        try:
            async with asyncio.timeout(send_stall_seconds):
                await send()
            return True
        except TimeoutError:
            waiting = transport.get_write_buffer_size()
            if waiting >= left:
                return False
            left = waiting
