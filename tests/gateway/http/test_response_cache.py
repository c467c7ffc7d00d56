"""One making serves many, and nobody gets what is too old."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from tart.errors import QueryTimeout
from tart.gateway.fanout.queries import Coverage
from tart.gateway.http.response_cache import MAX_FRESH, ResponseCache
from tart.gateway.http.responses import Answer, SharedBody
from tests.gateway.running import Running, running_gateway

STALE = 5.0
ALL, SOME = Coverage(frozenset({0, 1}), 2), Coverage(frozenset({0}), 2)


class Maker:
    """Makes numbered answers, each when it is let; ``seen`` is their coverage."""

    def __init__(self, max_bytes: int = 1 << 20) -> None:
        self.now = 100.0
        self.made = 0
        self.taking = 0.0
        self.running = 0
        self.most = 0
        self.seen = ALL
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.cache = ResponseCache(1.0, stale=STALE, clock=lambda: self.now, max_bytes=max_bytes)

    async def make(self) -> Answer:
        self.made += 1
        number = self.made
        self.running += 1
        self.most = max(self.most, self.running)
        await self.gate.wait()
        self.running -= 1
        self.now += self.taking
        if self.error is not None:
            raise self.error
        return Answer({"n": number}, self.seen)

    async def ask(self, **values: Any) -> Answer:
        return await self.cache.get(("stats", repr(values)), self.make)

    async def settled(self) -> None:
        """Until nothing is being made."""
        while self.running or self.cache._computing:  # noqa: ASYNC110 - of tasks nobody waits for
            await asyncio.sleep(0)


def number(answer: Answer) -> int:
    """Which one it is; those that are kept are encoded."""
    assert isinstance(answer.body, SharedBody)
    body = answer.body.data
    found: int = (orjson.loads(body) if isinstance(body, bytes) else body)["n"]
    return found


def with_maker(check: Callable[[Maker], Awaitable[None]], **arguments: Any) -> None:
    async def run() -> None:
        async with asyncio.timeout(60):
            await check(Maker(**arguments))

    asyncio.run(run())


def test_a_fresh_answer_serves_equal_requests() -> None:
    async def check(maker: Maker) -> None:
        assert number(await maker.ask(a=1)) == 1
        maker.now += 1.0
        again = await maker.ask(a=1)
        assert (again.body.data, again.headers, again.coverage) == (b'{"n":1}', {"Age": "1"}, ALL)
        assert number(await maker.ask(a=2)) == 2
        assert maker.cache.outcomes == {"miss": 2, "hit": 1}

    with_maker(check)


def test_a_stale_answer_is_served_while_it_is_computed_again() -> None:
    async def check(maker: Maker) -> None:
        await maker.ask()
        maker.now += STALE
        maker.gate.clear()
        # Nobody waits, however often it is asked for meanwhile.
        for _ in range(3):
            assert number(await maker.ask()) == 1
        maker.gate.set()
        await maker.settled()
        assert number(await maker.ask()) == 2
        assert maker.cache.outcomes == {"miss": 1, "stale": 3, "hit": 1}

    with_maker(check)


def test_without_staleness_an_expired_answer_is_waited_for() -> None:
    async def check(maker: Maker) -> None:
        maker.cache = ResponseCache(1.0, stale=0.0, clock=lambda: maker.now)
        assert number(await maker.ask()) == 1
        maker.now += 1.0
        assert number(await maker.ask()) == 1
        maker.now += 0.1
        assert number(await maker.ask()) == 2
        assert maker.cache.outcomes == {"miss": 2, "hit": 1}

    with_maker(check)


def test_an_answer_beyond_staleness_is_not_served() -> None:
    async def check(maker: Maker) -> None:
        await maker.ask()
        maker.now += 1.0 + STALE + 0.1
        assert number(await maker.ask()) == 2

    with_maker(check)


def test_requests_share_a_computation_that_survives_one_that_leaves() -> None:
    async def check(maker: Maker) -> None:
        maker.gate.clear()
        waiting = [asyncio.create_task(maker.ask()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        maker.gate.set()
        assert [number(await each) for each in waiting[1:]] == [1, 1]
        assert number(await maker.ask()) == 1

    with_maker(check)


def test_a_computation_is_cancelled_with_its_last_request() -> None:
    async def check(maker: Maker) -> None:
        maker.gate.clear()
        waiting = [asyncio.create_task(maker.ask()) for _ in range(2)]
        await asyncio.sleep(0)
        (making,) = maker.cache._computing.values()
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.gather(making, return_exceptions=True)
        assert making.cancelled()
        maker.gate.set()
        assert number(await maker.ask()) == 2

    with_maker(check)


def test_a_request_during_a_cancellation_starts_a_new_computation() -> None:
    async def check(maker: Maker) -> None:
        maker.gate.clear()
        leaving = asyncio.create_task(maker.ask())
        await asyncio.sleep(0)
        leaving.cancel()
        # It has left; what was made for it has not ended yet.
        await asyncio.wait((leaving,))
        coming = asyncio.create_task(maker.ask())
        maker.gate.set()
        assert number(await coming) == 2

    with_maker(check)


def test_stored_answers_are_computed_again_one_at_a_time() -> None:
    async def check(maker: Maker) -> None:
        for each in range(5):
            await maker.ask(a=each)
        maker.now += 2.0
        maker.gate.clear()
        for each in range(5):
            await maker.ask(a=each)
        for _ in range(10):
            await asyncio.sleep(0)
        assert maker.running == 1
        # Whoever has none to be given waits for nobody.
        asking = asyncio.create_task(maker.ask(a=9))
        for _ in range(10):
            await asyncio.sleep(0)
        assert maker.running == 2
        maker.gate.set()
        await asking
        await maker.settled()
        assert (maker.most, maker.made) == (2, 11)

    with_maker(check)


@pytest.mark.parametrize(
    ("taken", "fresh"), [(0.0, 1.0), (0.1, 1.0), (0.3, 3.0), (60.0, MAX_FRESH)]
)
def test_an_expensive_answer_is_fresh_for_longer(taken: float, fresh: float) -> None:
    async def check(maker: Maker) -> None:
        maker.taking = taken
        await maker.ask()
        maker.now += fresh - 0.01
        await maker.ask()
        maker.now += 0.02
        await maker.ask()
        await maker.settled()
        assert maker.cache.outcomes == {"miss": 1, "hit": 1, "stale": 1}
        maker.now += fresh + STALE + 0.01
        await maker.ask()
        assert maker.cache.outcomes["miss"] == 2

    with_maker(check)


def test_an_answer_without_all_shards_is_not_stored() -> None:
    async def check(maker: Maker) -> None:
        maker.seen = SOME
        assert number(await maker.ask()) == 1
        maker.seen = ALL
        assert number(await maker.ask()) == 2
        maker.now += 2.0
        maker.seen = SOME
        await maker.ask()
        await maker.settled()
        assert number(await maker.ask()) == 4

    with_maker(check)


def test_an_error_is_raised_and_not_stored() -> None:
    async def check(maker: Maker) -> None:
        maker.error = QueryTimeout("late")
        with pytest.raises(QueryTimeout):
            await maker.ask()
        maker.error = None
        assert number(await maker.ask()) == 2
        maker.now += 2.0
        maker.error = QueryTimeout("late")
        await maker.ask()
        await maker.settled()
        with pytest.raises(QueryTimeout):
            await maker.ask()

    with_maker(check)


def test_the_least_recently_used_answers_are_evicted() -> None:
    async def check(maker: Maker) -> None:
        for name in ("a", "b"):
            await maker.ask(of=name)
        assert maker.cache.size == 14
        await maker.ask(of="a")
        await maker.ask(of="c")
        assert maker.cache.size == 14
        maker.cache.outcomes.clear()
        await maker.ask(of="a")
        await maker.ask(of="b")
        assert maker.cache.outcomes == {"hit": 1, "miss": 1}

    with_maker(check, max_bytes=20)


def test_compressed_forms_count_until_their_answer_is_evicted() -> None:
    async def check(maker: Maker) -> None:
        first = await maker.ask(page=1)
        assert isinstance(first.body, SharedBody)
        plain = maker.cache.size
        compressed = await first.body.compressed()
        assert await first.body.compressed() is compressed
        assert maker.cache.size == plain + len(compressed)
        # The second one has no room beside both forms of the first.
        await maker.ask(page=2)
        assert maker.cache.size == plain
        # An answer that is not stored any more does not count.
        first.body._store(b"")
        assert await first.body.compressed() is compressed
        assert maker.cache.size == plain

    with_maker(check, max_bytes=40)


def test_stopping_cancels_computations() -> None:
    async def check(maker: Maker) -> None:
        maker.gate.clear()
        waiting = asyncio.create_task(maker.ask())
        await asyncio.sleep(0)
        await maker.cache.stop()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    with_maker(check)


def test_a_cached_response_has_the_same_body_and_an_age(tmp_path: Any) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, cache_seconds=60.0) as gateway:
            await gateway.all_there()
            first, second, other = [
                await gateway.get(f"/api/stats?duration={each}") for each in ("1h", "1h", "2h")
            ]
            assert first.content == second.content
            assert first.headers["etag"] == second.headers["etag"]
            assert ("age" in first.headers, second.headers["age"]) == (False, "0")
            assert "age" not in other.headers
            # All nodes are for a moment, what is live is never kept.
            nodes = [await gateway.get("/api/nodes") for _ in range(2)]
            assert ["age" in each.headers for each in nodes] == [False, True]
            for _ in range(2):
                assert "age" not in (await gateway.get("/api/metrics/live")).headers
            await _counted(gateway)

    async def _counted(gateway: Running) -> None:
        page = (await gateway.get("/metrics")).text
        assert 'tart_response_cache_requests_total{outcome="miss"} 3.0' in page
        assert 'tart_response_cache_requests_total{outcome="hit"} 2.0' in page

    asyncio.run(run())
