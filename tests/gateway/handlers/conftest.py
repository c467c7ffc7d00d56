"""A gateway for each test of a handler."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw

from tart.chain.core.changes import PutParameters, PutReorganisation
from tart.chain.store.chain_store import ChainStore
from tart.gateway.fanout.chain import ChainProcess
from tart.query.chain_queries.chain import CHAIN_QUERIES, ChainQuery, Reorganisation
from tart.units import JCE_US
from tests.chain.store.running import PARAMETERS, block_hash, line, make_block, put
from tests.gateway.fake_chain import FakeChain
from tests.gateway.running import Running, eventually, running_gateway


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Running]:
    """A gateway with two fake shards."""
    async with running_gateway(tmp_path) as running:
        yield running


@pytest.fixture
async def chain(gateway: Running, tmp_path: Path) -> AsyncIterator[FakeChain]:
    """A gateway whose chain process answers from a store with 20 blocks, one of them a fork."""
    store = ChainStore(tmp_path / "chain", 90)
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
    fake = FakeChain(tmp_path / "chain.sock")

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
