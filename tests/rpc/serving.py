"""An RPC server on a thread of its own, for tests that run processes and do not run a loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tart.rpc.fake_node import RpcChain, RpcDialect
from tart.simulate.rpc_server import RpcServer, serve_rpc
from tests.running import DEADLINE


class ServedRpc:
    """A server, and the loop that runs it.

    Attributes:
        server: Its counters and faults may be read and set from here.
        url: For ``[rpc] urls``.
    """

    def __init__(self, server: RpcServer, loop: asyncio.AbstractEventLoop) -> None:
        self.server = server
        self.url = server.url
        self._loop = loop

    def run(self, change: Callable[[], Any]) -> Any:
        """Change the chain on the loop's thread, between two requests, and announce it."""

        async def changed() -> Any:
            result = change()
            self.server.announce()
            return result

        return asyncio.run_coroutine_threadsafe(changed(), self._loop).result(DEADLINE)

    def disconnect(self, *, abort: bool = False) -> None:
        """Close all connections."""
        closing = self.server.disconnect(abort=abort)
        asyncio.run_coroutine_threadsafe(closing, self._loop).result(DEADLINE)


@contextmanager
def served(
    chain: RpcChain, dialect: str | RpcDialect = "plain", port: int = 0, **limits: int
) -> Iterator[ServedRpc]:
    """A server while the block runs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="rpc-server", daemon=True)
    thread.start()

    def wait(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(DEADLINE)

    try:
        server = wait(serve_rpc(chain, port=port, dialect=dialect, **limits))
        try:
            yield ServedRpc(server, loop)
        finally:
            wait(server.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE)
        loop.close()
