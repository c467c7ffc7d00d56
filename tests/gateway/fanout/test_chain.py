"""The connection to the chain process: answers, errors, and what says that there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tart.errors import BadQuery, Busy, ChainNotFollowed, ChainUnavailable, QueryTimeout
from tart.gateway.fanout.chain import ChainProcess
from tart.ipc.messages import Failure
from tart.query.chain_queries.chain import Blocks, ChainState, Cores, State
from tests.gateway.fake_chain import FakeChain
from tests.gateway.running import PATIENCE_SECONDS, eventually


@asynccontextmanager
async def connected(directory: Path) -> AsyncIterator[tuple[ChainProcess, FakeChain]]:
    fake = FakeChain(directory / "chain.sock")
    fake.answers["chain_state"] = lambda _: ChainState(endpoints=[], parameters={"core_count": 2})
    await fake.start()
    chain = ChainProcess(fake.path)
    chain.start()
    try:
        await eventually(lambda: chain.up)
        yield chain, fake
    finally:
        chain.expect_disconnect()
        await chain.stop()
        await fake.stop()


def run(directory: Path, test: Callable[[ChainProcess, FakeChain], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with connected(directory) as (chain, fake):
            await test(chain, fake)

    asyncio.run(inside())


def test_an_answer_is_of_the_type_that_the_query_declares(tmp_path: Path) -> None:
    async def check(chain: ChainProcess, fake: FakeChain) -> None:
        state = await chain.ask(State(), PATIENCE_SECONDS)
        assert state == ChainState(endpoints=[], parameters={"core_count": 2})

    run(tmp_path, check)


def test_parameters_reach_the_process(tmp_path: Path) -> None:
    async def check(chain: ChainProcess, fake: FakeChain) -> None:
        fake.answers["chain_cores"] = lambda query: []
        await chain.ask(Cores(5, 9, cores=[1]), PATIENCE_SECONDS)
        assert fake.requests == [Cores(5, 9, cores=[1])]

    run(tmp_path, check)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("bad_parameter", BadQuery),
        ("deadline", QueryTimeout),
        ("busy", Busy),
        ("no_shard", ChainUnavailable),
        ("internal", ChainUnavailable),
    ],
)
def test_a_failure_becomes_the_error_of_its_code(
    tmp_path: Path, code: str, error: type[Exception]
) -> None:
    async def check(chain: ChainProcess, fake: FakeChain) -> None:
        fake.answers["chain_blocks"] = lambda _: Failure(0, code, "no", "limit")
        with pytest.raises(error):
            await chain.ask(Blocks(0, 1), PATIENCE_SECONDS)
        counted = {} if error is BadQuery else {code: 1}
        assert chain.statistics.failures == counted

    run(tmp_path, check)


def test_a_query_that_is_not_answered_in_time_is_cancelled(tmp_path: Path) -> None:
    async def check(chain: ChainProcess, fake: FakeChain) -> None:
        fake.answers["chain_state"] = lambda _: None
        with pytest.raises(QueryTimeout):
            await chain.ask(State(), 0.05)
        await eventually(lambda: len(fake.cancelled) == 1)

    run(tmp_path, check)


def test_a_process_that_is_away_fails_the_query_and_answers_when_it_is_back(
    tmp_path: Path,
) -> None:
    async def check(chain: ChainProcess, fake: FakeChain) -> None:
        await fake.stop()
        await eventually(lambda: not chain.up)
        with pytest.raises(ChainUnavailable, match="restarting"):
            await chain.ask(State(), PATIENCE_SECONDS)
        await fake.start()
        await eventually(lambda: chain.up)
        assert await chain.ask(State(), PATIENCE_SECONDS)

    run(tmp_path, check)


def test_a_query_in_flight_fails_when_the_process_dies(tmp_path: Path) -> None:
    async def check(chain: ChainProcess, fake: FakeChain) -> None:
        fake.answers["chain_state"] = lambda _: None
        asking = asyncio.create_task(chain.ask(State(), PATIENCE_SECONDS))
        await eventually(lambda: len(fake.requests) == 1)
        await fake.stop()
        with pytest.raises(ChainUnavailable):
            await asking

    run(tmp_path, check)


def test_without_urls_a_query_says_what_to_set() -> None:
    chain = ChainProcess(None)
    assert not chain.followed
    assert not chain.up
    with pytest.raises(ChainNotFollowed, match=r"rpc\.urls"):
        asyncio.run(chain.ask(State(), 1))
