"""A chain process over real files, for gateways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import Raw

from tart.chain.core.changes import PutParameters, PutReorganisation
from tart.chain.store.chain_store import ChainStore
from tart.gateway.fanout.chain import ChainProcess
from tart.query.chain_queries.chain import CHAIN_QUERIES, ChainQuery, Reorganisation
from tart.units import JCE_US
from tests.chain.store.running import PARAMETERS, block_hash, line, make_block, put
from tests.gateway.fake_chain import FakeChain
from tests.gateway.running import Running, eventually


@asynccontextmanager
async def following(gateway: Running, directory: Path) -> AsyncIterator[FakeChain]:
    """Let a gateway ask a chain process with a store of 20 blocks and a fork."""
    store = ChainStore(directory / "chain", 90)
    store.write([PutParameters(PARAMETERS), *line(range(1000, 1020))])
    store.write([put(make_block(1010, block_hash(1009), 1, status="fork"))])
    left = block_hash(1010, 1)
    change = Reorganisation(
        at=JCE_US,
        from_hash=left,
        from_slot=1010,
        to_hash=block_hash(1010),
        to_slot=1010,
        left=[left],
        common_slot=1009,
    )
    store.write([PutReorganisation(change)])
    fake = FakeChain(directory / "chain.sock")

    def answer(query: ChainQuery[Any]) -> Any:
        found = store.answer(query)
        return Raw(b"null") if found is None else found

    fake.answers = dict.fromkeys(CHAIN_QUERIES, answer)
    await fake.start()
    before = gateway.gateway.queries.chain_process
    process = ChainProcess(fake.path)
    process.start()
    gateway.gateway.queries.chain_process = process
    try:
        await eventually(lambda: process.up)
        yield fake
    finally:
        gateway.gateway.queries.chain_process = before
        process.expect_disconnect()
        await process.stop()
        await fake.stop()
        store.close()
