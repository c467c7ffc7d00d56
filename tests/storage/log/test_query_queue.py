"""``tart/storage/log/query_queue.py``: who goes first, who is refused, who leaves."""

from __future__ import annotations

import threading

import pytest

from tart.errors import Busy, ShardUnavailable
from tart.storage.log.query_queue import CHEAP_IN_A_ROW, QueryCost, QueryQueue

DEADLINE = 30.0


def queue_of(*jobs: tuple[str, QueryCost, float], limit: int = 100) -> QueryQueue[str]:
    queue: QueryQueue[str] = QueryQueue(limit)
    for job in jobs:
        queue.put(*job)
    return queue


def all_of(queue: QueryQueue[str], worst: QueryCost = QueryCost.SCAN) -> list[str]:
    queue.close()
    found = []
    while (job := queue.take(worst)) is not None:
        found.append(job)
    return found


def test_cheap_queries_go_first_and_older_requests_before_newer_ones() -> None:
    queue = queue_of(
        ("scan 2", QueryCost.SCAN, 2.0),
        ("cheap 4", QueryCost.CHEAP, 4.0),
        ("scan 1", QueryCost.SCAN, 1.0),
        ("cheap 3", QueryCost.CHEAP, 3.0),
        ("cheap 3, asked later", QueryCost.CHEAP, 3.0),
    )
    assert queue.waiting == {"cheap": 3, "scan": 2}
    assert all_of(queue) == ["cheap 3", "cheap 3, asked later", "cheap 4", "scan 1", "scan 2"]


def test_a_scan_follows_after_some_cheap_queries() -> None:
    cheap = [(f"cheap {at}", QueryCost.CHEAP, float(at)) for at in range(2 * CHEAP_IN_A_ROW + 1)]
    queue = queue_of(*cheap, ("scan 0", QueryCost.SCAN, 9.0), ("scan 1", QueryCost.SCAN, 9.0))
    scans = [at for at, each in enumerate(all_of(queue)) if each.startswith("scan")]
    assert scans == [CHEAP_IN_A_ROW, 2 * CHEAP_IN_A_ROW + 1]


def test_a_thread_for_cheap_queries_gets_no_scan() -> None:
    queue = queue_of(("scan", QueryCost.SCAN, 1.0), ("cheap", QueryCost.CHEAP, 2.0))
    assert all_of(queue, QueryCost.CHEAP) == ["cheap"]
    assert all_of(queue) == ["scan"]


def test_a_removed_query_makes_room_in_the_queue() -> None:
    queue = queue_of(("one", QueryCost.CHEAP, 1.0), ("two", QueryCost.SCAN, 2.0), limit=2)
    with pytest.raises(Busy, match="2 queries are waiting"):
        queue.put("three", QueryCost.CHEAP, 0.0)
    assert queue.refused == 1
    assert queue.remove("two")
    assert not queue.remove("two")
    queue.put("three", QueryCost.CHEAP, 0.0)
    assert all_of(queue) == ["three", "one"]


def test_a_closed_queue_hands_out_its_queries_and_refuses_others() -> None:
    queue = queue_of(("one", QueryCost.CHEAP, 1.0))
    queue.close()
    with pytest.raises(ShardUnavailable):
        queue.put("two", QueryCost.CHEAP, 0.0)
    assert [queue.take(), queue.take()] == ["one", None]


def test_a_thread_waits_for_a_query_of_its_kind() -> None:
    queue: QueryQueue[str] = QueryQueue(10)
    found: list[str | None] = []
    taking = threading.Thread(target=lambda: found.append(queue.take(QueryCost.CHEAP)))
    taking.start()
    queue.put("scan", QueryCost.SCAN, 0.0)
    queue.put("cheap", QueryCost.CHEAP, 1.0)
    taking.join(DEADLINE)
    assert found == ["cheap"]


def test_threads_of_one_priority_take_queries_at_a_time() -> None:
    queue: QueryQueue[str] = QueryQueue(10)
    found: list[tuple[str, str | None]] = []
    threads = [
        threading.Thread(target=lambda low=low: found.append((low, queue.take(low=low == "low"))))
        for low in ("low", "usual")
    ]
    for thread in threads:
        thread.start()
    queue.low = True
    queue.put("one", QueryCost.SCAN, 0.0)
    threads[0].join(DEADLINE)
    assert found == [("low", "one")]
    queue.put("two", QueryCost.CHEAP, 0.0)
    queue.low = False
    threads[1].join(DEADLINE)
    assert found[1:] == [("usual", "two")]


def test_no_thread_waits_while_it_could_take_a_query() -> None:
    """Many threads put and take: whichever thread is woken, every query is taken."""
    queue: QueryQueue[str] = QueryQueue(10_000)
    taken: list[str] = []

    def take(worst: QueryCost, low: bool) -> None:
        while (job := queue.take(worst, low=low)) is not None:
            taken.append(job)
            done.release()

    done = threading.Semaphore(0)
    takers = [
        threading.Thread(target=take, args=(worst, low))
        for worst in QueryCost
        for low in (False, True)
        for _ in range(2)
    ]
    for each in takers:
        each.start()
    for number in range(300):
        if number % 50 == 0:
            queue.low = not queue.low
        burst = [f"{number}.{at}" for at in range(number % 5)]
        for at, job in enumerate(burst):
            queue.put(job, QueryCost(at % 2), 0.0)
        # Each burst is over before the next: nothing that comes later can have woken anybody.
        assert all(done.acquire(timeout=DEADLINE) for _ in burst)
    queue.close()
    for each in takers:
        each.join(DEADLINE)
    assert len(taken) == sum(number % 5 for number in range(300))
