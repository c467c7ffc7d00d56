"""Responses whose connection is closed before their end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.gateway.running import Running

Begun = Callable[[], Awaitable[None]]


async def broken_off(
    gateway: Running, method: str, url: str, begun: Begun | None = None, **arguments: Any
) -> bytes:
    """What came of an answer that must not end properly.

    Args:
        begun: Called when it has begun.
    """
    received = b""
    async with gateway.client.stream(method, url, **arguments) as response:
        assert response.status_code == 200
        if begun is not None:
            await begun()
        try:
            async for chunk in response.aiter_raw():
                received += chunk
        except httpx.RemoteProtocolError:
            return received
    pytest.fail(f"{url} ended like a whole answer")
