"""What the routes' tests do not show of asking the whole."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import msgspec
import pytest

from tart.config.schema import ApiConfig
from tart.errors import QueryTimeout, ShardUnavailable
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.fanout.queries import (
    Coverage,
    LiveFigures,
    QueryClient,
    _remaining,
    coverage,
    gather_all,
)
from tart.gateway.fanout.shards import Answers
from tart.query.core.merge import Json, Second
from tart.query.core.query import Attached, Partials
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.shard_queries.blocks import Transfers
from tart.query.shard_queries.nodes import Statistics
from tart.query.shard_queries.package_outcomes import PackageOutcomes
from tests.gateway.fake_shard import NODE_A, claims, node, stated_slot
from tests.gateway.running import running_gateway


def test_coverage_of_two_scatters_has_the_shards_that_answered_both() -> None:
    one: Answers[None] = Answers([(0, None), (1, None)], 3)
    two: Answers[None] = Answers([(1, None), (2, None)], 3)
    assert coverage(one) & coverage(two) == Coverage(frozenset({1}), 3)
    assert not coverage(one).complete
    assert Coverage(frozenset({0, 1, 2}), 3).complete


def test_a_live_window_has_its_bounds() -> None:
    live = LiveFigures(100, {95: Second(3, set(), set(), 0, 0)}, 1, {})
    window = live.window(10)
    assert (window["start"], window["end"]) == (
        "1970-01-01T00:01:30.000000Z",
        "1970-01-01T00:01:40.000000Z",
    )
    assert window["events"] == 3
    assert live.window(4)["events"] == 0


def test_when_one_query_fails_the_others_are_cancelled() -> None:
    async def run() -> None:
        never = asyncio.get_running_loop().create_future()

        async def fail() -> None:
            raise ShardUnavailable("none")

        with pytest.raises(ShardUnavailable):
            await gather_all(never, fail())
        assert never.cancelled()

    asyncio.run(run())


def test_no_time_remaining_is_a_timeout() -> None:
    with pytest.raises(QueryTimeout, match="page by cursor"):
        _remaining(0.0, "page by cursor")


def test_a_missing_statement_is_read_from_an_earlier_connection(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, 2) as gateway:
            one, two = gateway.shards
            one.chain = [claims(NODE_A, None, 5)]
            earlier = [NODE_A, stated_slot(4, is_open=False), stated_slot(9, is_open=False)]
            two.answers["chain"] = lambda asked: [earlier] if asked.get("nodes") else []
            body = await gateway.json("/api/stats")
            # A finalized block was said since, on the connection that is open.
            assert (body["best_block"], body["finalized_block"]) == (4, 5)
            assert body["ahead"] == []
            asked = [each.parameters.get("nodes") for each in two.requests if each.name == "chain"]
            assert asked == [None, [NODE_A]]

    asyncio.run(run())


def test_a_statement_is_not_sought_where_no_other_shard_knows_the_node(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, 2) as gateway:
            one, two = gateway.shards
            one.chain = [claims(NODE_A, None, 5)]
            registry = NodeRegistry(tmp_path / "none")
            registry.record(0, [node(NODE_A)])
            queries = QueryClient(gateway.gateway.shards, registry, ApiConfig())
            for complete in ((), (0,), (0, 1)):
                registry.complete.update(complete)
                assert (await queries.chain())[0] == {NODE_A: (None, 5)}
            registry.record(1, [node(NODE_A)])
            await queries.chain()
            asked = [each.parameters.get("nodes") for each in two.requests if each.name == "chain"]
            assert asked == [None, [NODE_A], None, [NODE_A], None, None, [NODE_A]]

    asyncio.run(run())


@pytest.mark.parametrize("limit", [0, 1 << 20])
def test_large_answers_are_merged_on_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    threads = []

    def merge(query: Statistics, partials: Partials[Json]) -> dict[int, Json]:
        threads.append(threading.current_thread())
        return dict(partials)

    async def run() -> None:
        monkeypatch.setattr("tart.gateway.fanout.queries.MERGE_ON_THREAD_BYTES", limit)
        monkeypatch.setattr(Statistics, "merge", merge)
        async with running_gateway(tmp_path, 2) as gateway:
            merged, seen = await gateway.gateway.queries.ask(Statistics())
            assert sorted(merged) == [0, 1]
            assert seen.complete

    asyncio.run(run())
    assert [each is threading.main_thread() for each in threads] == [limit > 0]


def test_attached_columns_count_as_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def merge(query: PackageOutcomes, partials: Partials[Json]) -> None:
        threads.append(threading.current_thread())

    async def run() -> None:
        monkeypatch.setattr("tart.gateway.fanout.queries.MERGE_ON_THREAD_BYTES", 1000)
        monkeypatch.setattr(PackageOutcomes, "merge", merge)
        async with running_gateway(tmp_path, 1) as gateway:
            for size in (0, 1000):
                head = gateway.shards[0].usual_answer("package_outcomes", {"window": {}})
                answer = Attached(head, bytes(size))
                gateway.shards[0].answers["package_outcomes"] = lambda _, answer=answer: answer
                await gateway.gateway.queries.ask(PackageOutcomes(Window()))

    asyncio.run(run())
    assert [each is threading.main_thread() for each in threads] == [True, False]


def test_an_answer_of_the_wrong_type_is_an_error(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, 1) as gateway:
            gateway.shards[0].answers["transfers"] = lambda _: [["aa", "first", 2, 3, 4]]
            with pytest.raises(msgspec.ValidationError, match="Expected `int`, got `str`"):
                await gateway.gateway.queries.ask(Transfers(Window()))

    asyncio.run(run())


def test_integers_beyond_64_bits_are_added_exactly(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, 2) as gateway:
            for shard in gateway.shards:
                shard.answers["aggregate_sum"] = lambda _: [[11, 2**70 + 1]]
            rows, _ = await gateway.gateway.queries.ask(AggregateSum("counts", by=["type"]))
            assert rows == [{"type": 11, "count": 2 * (2**70 + 1)}]

    asyncio.run(run())
