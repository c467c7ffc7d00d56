"""A gateway for each test of a handler."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.fake_chain import FakeChain
from tests.gateway.handlers.following import following
from tests.gateway.running import Running, running_gateway


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Running]:
    """A gateway with two fake shards."""
    async with running_gateway(tmp_path) as running:
        yield running


@pytest.fixture
async def chain(gateway: Running, tmp_path: Path) -> AsyncIterator[FakeChain]:
    """A gateway whose chain process answers from a store with 20 blocks, one of them a fork."""
    async with following(gateway, tmp_path) as fake:
        yield fake
