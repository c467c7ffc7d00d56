"""Asks a chain process over its Unix socket, for tests that run no event loop."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TypeVar

from tart.gateway.fanout.chain import ChainProcess
from tart.ipc.messages import CHAIN_SOCKET
from tart.query.chain_queries.chain import ChainQuery
from tests.gateway.running import eventually
from tests.running import DEADLINE

A = TypeVar("A")


def ask_chain(run_dir: Path, query: ChainQuery[A]) -> A:
    """The answer of the chain process; waits until it accepts."""

    async def ask() -> A:
        chain = ChainProcess(run_dir / CHAIN_SOCKET)
        chain.start()
        try:
            await eventually(lambda: chain.up)
            return await chain.ask(query, DEADLINE)
        finally:
            chain.expect_disconnect()
            await chain.stop()

    return asyncio.run(ask())
