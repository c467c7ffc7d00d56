"""``tart/gateway/fanout/failure_watch.py``: new and regressed groups, over restarts and limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tart.errors import NotFound, StorageError
from tart.gateway.fanout import failure_watch
from tart.gateway.fanout.failure_watch import FOUND_US
from tart.gateway.fanout.queries import now_us
from tart.ipc.messages import Failure
from tart.query.core.failure_states import FailureGroup, FailureState
from tart.query.core.failure_templates import failure_fingerprint
from tests.gateway.fake_failures import failure
from tests.gateway.fake_shard import NODE_B, FakeShard
from tests.gateway.running import QUIET, Running, eventually, running_gateway

TIMED_OUT = failure_fingerprint(92, "timed out after <duration>")


def with_gateway(
    directory: Path,
    test: Callable[[Running], Awaitable[None]],
    prepare: Callable[[list[FakeShard]], None] | None = None,
) -> None:
    async def run() -> None:
        async with running_gateway(directory, prepare=prepare) as gateway:
            await test(gateway)

    asyncio.run(run())


def resolve(gateway: Running, version: str | None = None) -> Awaitable[FailureGroup]:
    return gateway.gateway.failure_watch.set_state(
        TIMED_OUT, FailureState.RESOLVED, changed_by=None, comment="fixed", version=version
    )


def test_what_was_there_before_the_first_start_is_not_new(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        watch = gateway.gateway.failure_watch
        (old,) = watch.groups.values()
        assert (old.is_baseline, old.template) == (True, "not connected")
        added = failure(gateway.shards[1], now_us(), "timed out after 5s", node=NODE_B)
        await watch.scan()
        new = watch.groups[TIMED_OUT]
        assert (new.is_baseline, new.first_node, new.first_version) == (False, NODE_B, "0.1.0")
        assert new.first_seen == new.last_seen
        failure(gateway.shards[0], now_us() + 1, "timed out after 9s")
        await watch.scan()
        assert watch.groups[TIMED_OUT].first_seen == new.first_seen
        assert watch.groups[TIMED_OUT].last_seen > new.last_seen
        assert added["node_id"] == NODE_B

    with_gateway(
        tmp_path,
        check,
        prepare=lambda shards: void(failure(shards[0], now_us() - 10, "not connected")),
    )


def void(_: object) -> None:
    """Nothing."""


def test_a_resolved_group_comes_back_with_the_version_that_reported_it(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        watch, (one, other) = gateway.gateway.failure_watch, gateway.shards
        failure(one, now_us(), "timed out after 5s", node_version="0.3.1")
        await watch.scan()
        await resolve(gateway, "0.3.2")
        failure(other, now_us() + 1, "timed out after 6s", node_version="0.3.1")
        await watch.scan()
        assert watch.groups[TIMED_OUT].state is FailureState.RESOLVED
        back = failure(
            other, now_us() + 2, "timed out after 1 ms", node=NODE_B, node_version="0.3.2"
        )
        await watch.scan()
        group = watch.groups[TIMED_OUT]
        assert group.state is FailureState.REGRESSED
        assert (group.regressed_version, group.regressed_node) == ("0.3.2", NODE_B)
        assert group.regressed_at == failure_watch._received_at(back)

    with_gateway(tmp_path, check)


def test_states_and_first_seen_outlive_the_process_and_the_aggregates(tmp_path: Path) -> None:
    seen: list[FailureGroup] = []

    async def before(gateway: Running) -> None:
        watch = gateway.gateway.failure_watch
        failure(gateway.shards[0], now_us(), "timed out after 5s")
        await watch.scan()
        failure(gateway.shards[0], now_us(), "timed out after 6s")
        await watch.scan()
        seen.append(await resolve(gateway))

    async def after(gateway: Running) -> None:
        # The shards have nothing any more.
        assert gateway.gateway.failure_watch.groups == {TIMED_OUT: seen[0]}
        back = failure(gateway.shards[0], now_us(), "timed out after 7s")
        await gateway.gateway.failure_watch.scan()
        group = gateway.gateway.failure_watch.groups[TIMED_OUT]
        assert (group.state, group.first_seen) == (FailureState.REGRESSED, seen[0].first_seen)
        assert group.regressed_at == failure_watch._received_at(back)

    with_gateway(tmp_path, before)
    with_gateway(tmp_path, after)


def test_a_shard_that_was_away_has_old_groups_not_new_ones(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        watch = gateway.gateway.failure_watch
        assert not watch.report.is_complete
        gateway.shards[1].answers.pop("aggregate_sum")
        failure(gateway.shards[1], now_us() - 3_600_000_000, "timed out after 5s")
        await watch.scan()
        assert watch.report.is_complete
        assert watch.groups[TIMED_OUT].is_baseline

    def away(shards: list[FakeShard]) -> None:
        failed = failure(shards[1], 0, "x")
        shards[1].log[1].remove(failed)
        shards[1].answers["aggregate_sum"] = lambda _: failure_of_query()

    with_gateway(tmp_path, check, prepare=away)


def failure_of_query() -> object:
    """What a shard says that cannot answer."""
    return Failure(0, "internal", "broken", None)


def test_a_flood_of_reasons_evicts_the_groups_of_its_own_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = failure_watch.failure_states.MAX_GROUPS_OF_NODE
    words = [f"w{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}" for n in range(999)]

    async def check(gateway: Running) -> None:
        watch = gateway.gateway.failure_watch
        failure(gateway.shards[0], now_us(), "timed out after 5s")
        await watch.scan()
        for index, word in enumerate(words):
            failure(gateway.shards[1], now_us() + index, word, node=NODE_B)
        await watch.scan()
        report = watch.report
        assert TIMED_OUT in watch.groups
        # Those of the first lookups are the node's, too.
        assert report.groups == limit + 1
        assert report.evicted == len(words) - limit

    with_gateway(tmp_path, check)


def test_without_its_file_it_says_so_and_changes_no_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(gateway: Running) -> None:
        watch = gateway.gateway.failure_watch
        failure(gateway.shards[0], now_us(), "timed out after 5s")
        await watch.scan()

        def refuse(*_: object) -> None:
            raise StorageError("the disk is full")

        with monkeypatch.context() as broken:
            broken.setattr(failure_watch, "open_failure_store", refuse)
            with pytest.raises(StorageError):
                await resolve(gateway)
            assert watch.groups[TIMED_OUT].state is FailureState.OPEN
            assert watch.report.problem == "the disk is full"
        assert (await resolve(gateway)).state is FailureState.RESOLVED
        assert watch.report.problem is None

    with_gateway(tmp_path, check)


def test_a_scan_that_breaks_costs_that_scan_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(*_: object) -> None:
        raise RuntimeError("broken")

    async def run() -> None:
        hurried = replace(QUIET, failures=0.01)
        async with running_gateway(tmp_path, intervals=hurried) as running:
            gateway = running.gateway
            with monkeypatch.context() as broken:
                broken.setattr(failure_watch, "failure_rows", break_down)
                await eventually(lambda: gateway.background.failures["failure_groups"] > 1)
                assert (await running.json("/api/failures"))["failures"] == []
            failure(running.shards[0], now_us(), "timed out after 5s")
            await eventually(lambda: TIMED_OUT in gateway.failure_watch.groups)

    asyncio.run(run())


def test_events_that_cannot_be_read_do_not_hide_that_a_group_is_back(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        watch = gateway.gateway.failure_watch
        failure(gateway.shards[0], now_us(), "timed out after 5s")
        await watch.scan()
        await resolve(gateway)
        for shard in gateway.shards:
            shard.answers["events"] = lambda _: failure_of_query()
        failure(gateway.shards[0], now_us() + 1, "timed out after 6s")
        await watch.scan()
        group = watch.groups[TIMED_OUT]
        assert (group.state, group.regressed_version) == (FailureState.REGRESSED, None)

    with_gateway(tmp_path, check)


def test_an_unknown_group_has_no_state_and_one_of_a_moment_ago_has(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        with pytest.raises(NotFound, match="fingerprint"):
            await resolve(gateway)
        failure(gateway.shards[0], now_us(), "timed out after 5s")
        # No scan has seen it yet; the last one was for the question before.
        watch = gateway.gateway.failure_watch
        await eventually(lambda: now_us() - (watch.report.scanned_at or 0) > FOUND_US)
        assert (await resolve(gateway)).state is FailureState.RESOLVED

    with_gateway(tmp_path, check)
