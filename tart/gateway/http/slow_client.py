"""Send to a slow client; give up once it makes no progress for ``api.send_stall_seconds``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


async def send_with_stall_timeout(
    send: Callable[[], Awaitable[Any]], transport: Any, stall_seconds: float
) -> bool:
    """Send, waiting for as long as the client reads anything at all.

    Args:
        send: Writes once the transport has room. It is cancelled and called again while there is
            no room, so it must not have written anything before it is cancelled.
        transport: The client's connection.
        stall_seconds: The longest time without progress.

    Returns:
        ``False`` if the client read nothing for ``stall_seconds``.
    """
    buffered = transport.get_write_buffer_size()
    while True:
        try:
            async with asyncio.timeout(stall_seconds):
                await send()
            return True
        except TimeoutError:
            still_buffered = transport.get_write_buffer_size()
            if still_buffered >= buffered:
                return False
            buffered = still_buffered
