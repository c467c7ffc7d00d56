"""Merging partial answers, and the promise of the cursor."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.query.core import merge
from tart.query.core.cursor import Cursor, decode, encode
from tart.query.core.event_ids import event_api_id, event_identity
from tart.query.core.merge import ChainStatements
from tart.query.core.nodes import StatedSlot, statement_source
from tart.query.core.rfc3339 import rfc3339
from tests.cases import examples

NODE = "aa" * 32
OTHER = "bb" * 32


def event(directory: int, sequence: int, received_us: int) -> dict[str, Any]:
    return {
        "id": event_api_id(directory, sequence),
        "received_at": rfc3339(received_us),
    }


class Shard:
    """Directories of events and how a real shard answers ``events`` from them."""

    def __init__(self, index: int, adopted: tuple[int, ...] = ()) -> None:
        self.index = index
        self.directories: dict[int, list[dict[str, Any]]] = {
            directory: [] for directory in (index, *adopted)
        }

    def append(self, directory: int, received_us: int) -> None:
        rows = self.directories[directory]
        rows.append(event(directory, len(rows), received_us))

    def answer(self, cursor: Cursor, limit: int) -> list[dict[str, Any]]:
        before, end = cursor.positions, cursor.window_on(self.index).end_us
        found = []
        for directory, rows in self.directories.items():
            below = before.get(directory, len(rows))
            passing = [
                row
                for row in reversed(rows[:below])
                if end is None or row["received_at"] <= rfc3339(end)
            ]
            found += passing[:limit]
        return found


def page(shards: list[Shard], cursor: Cursor, limit: int, missing: int = -1) -> merge.Page:
    partials = [
        (shard.index, shard.answer(cursor, limit + 1)) for shard in shards if shard.index != missing
    ]
    return merge.event_page(partials, limit, cursor)


# Times collide and go back, as clocks do; directory 7 was adopted by shard 1.
LOGS = st.lists(st.tuples(st.sampled_from([0, 1, 7]), st.integers(1, 40)), min_size=0, max_size=40)


def filled(log: list[tuple[int, int]]) -> list[Shard]:
    shards = [Shard(0), Shard(1, adopted=(7,))]
    for directory, at in log:
        shards[0 if directory == 0 else 1].append(directory, at)
    return shards


@pytest.mark.no_cover
@given(
    LOGS,
    st.lists(st.integers(1, 9), min_size=1, max_size=6),
    st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(1, 90)), max_size=30),
)
@examples(2)
def test_paging_gives_what_one_big_page_gives_whatever_arrives_meanwhile(
    log: list[tuple[int, int]], limits: list[int], arriving: list[tuple[int, int]]
) -> None:
    shards = filled(log)
    whole = page(shards, Cursor(until_us=50), 1000).events
    cursor, seen, turn = Cursor(until_us=50), [], 0
    while True:
        found = page(shards, cursor, limits[turn % len(limits)])
        seen += found.events
        if not found.has_more:
            break
        cursor = decode(encode(found.cursor))
        turn += 1
        for directory, at in arriving[turn * 3 : turn * 3 + 3]:
            shards[directory].append(directory, 50 + at)
    assert [each["id"] for each in seen] == [each["id"] for each in whole]
    assert found.cursor.count == len(whole)


@pytest.mark.no_cover
@given(LOGS, st.integers(1, 5), st.integers(0, 3), st.integers(0, 1))
@examples(2)
def test_a_shard_that_misses_a_page_loses_and_repeats_nothing(
    log: list[tuple[int, int]], limit: int, missed_page: int, missing: int
) -> None:
    shards = filled(log)
    existing = {
        row["id"] for shard in shards for rows in shard.directories.values() for row in rows
    }
    cursor, seen = Cursor(until_us=50), []
    for number in range(200):
        gone = missing if number == missed_page else -1
        found = page(shards, cursor, limit, gone)
        seen += [each["id"] for each in found.events]
        cursor = decode(encode(found.cursor))
        shards[0].append(0, 60 + number)
        shards[1].append(1, 60 + number)
        if not found.has_more and number > missed_page:
            break
    assert len(seen) == len(set(seen))
    assert set(seen) == existing
    for directory in (0, 1, 7):
        own = [each for each in seen if event_identity(each)[0] == directory]
        assert own == sorted(own, reverse=True)


def test_events_of_all_directories_come_newest_first() -> None:
    partials = [
        (0, [event(0, 1, 30), event(0, 0, 10)]),
        (1, [event(1, 0, 20), event(7, 5, 40)]),
    ]
    found = merge.event_page(partials, 10, Cursor(0)).events
    assert [each["received_at"] for each in found] == [rfc3339(us) for us in (40, 30, 20, 10)]


def test_a_page_cut_short_says_so_and_where() -> None:
    found = merge.event_page([(0, [event(0, 5, 9), event(0, 4, 8)])], 1, Cursor(0))
    assert found.has_more
    assert found.cursor.positions == {0: 5}
    assert found.cursor.count == 1


def test_a_directory_seen_but_not_taken_continues_at_its_first_event() -> None:
    found = merge.event_page([(0, [event(0, 5, 9)]), (1, [event(1, 3, 1)])], 1, Cursor(0))
    assert found.cursor.positions == {0: 5, 1: 4}


def test_a_shard_with_nothing_to_show_shows_nothing_later() -> None:
    assert merge.event_page([(0, []), (1, [])], 5, Cursor(0)).cursor.positions == {0: 0, 1: 0}


def test_recent_events_are_oldest_first_and_at_most_so_many() -> None:
    partials = [(0, [event(0, 1, 30), event(0, 0, 10)]), (1, [event(1, 0, 20)])]
    assert [each["received_at"] for each in merge.recent(partials, 2)] == [rfc3339(20), rfc3339(30)]
    assert merge.recent(partials, 0) == []


def said(at: int, *, is_open: bool = True, **more: Any) -> dict[str, Any]:
    return {**statement_source(rfc3339(at) or "", 0, "192.0.2.1:4", is_open=is_open), **more}


def node(**changes: Any) -> dict[str, Any]:
    return {
        "node_id": NODE,
        "node_info": {"flags": 0},
        "implementation_name": "old",
        "implementation_version": "1",
        "is_connected": False,
        "first_seen_at": "2026-01-01",
        "connected_at": "2026-01-01",
        "disconnected_at": "2026-01-02",
        "last_seen_at": "2026-01-02",
        "address": "1.1.1.1:1",
        "event_count": 3,
        "dropped_count": 1,
        "dropped_messages": 1,
        "undecodable": 2,
        "deviations": {"a": 1},
        "pauses": {"rate": 2},
        "paused_seconds": 0.5,
        "shed": {"rate": 1},
        "best": {"slot": 3, "hash": "0x03"},
        "finalized": None,
        "synced": False,
        "connections": [],
    } | changes


def test_counts_of_a_node_on_two_shards_add_up() -> None:
    merged = merge.nodes([(0, [node()]), (1, [node(event_count=4, deviations={"a": 2, "b": 1})])])
    assert merged[NODE]["event_count"] == 7
    assert merged[NODE]["dropped_count"] == 2
    assert merged[NODE]["dropped_messages"] == 2
    assert merged[NODE]["undecodable"] == 4
    assert merged[NODE]["deviations"] == {"a": 3, "b": 1}
    assert merged[NODE]["pauses"] == {"rate": 4}
    assert merged[NODE]["paused_seconds"] == 1.0
    assert merged[NODE]["shed"] == {"rate": 2}


def test_the_newest_connection_speaks_for_a_node() -> None:
    newer = node(
        connected_at="2026-02-01",
        disconnected_at=None,
        is_connected=True,
        implementation_name="new",
        first_seen_at="2026-02-01",
        last_seen_at="2026-02-02",
        best=None,
        synced=None,
        connections=[{"session": 1, "connected_at": "2026-02-01"}],
    )
    for partials in ([(0, [newer]), (1, [node()])], [(0, [node()]), (1, [newer])]):
        merged = merge.nodes(partials)[NODE]
        assert merged["implementation_name"] == "new"
        assert merged["is_connected"] is True
        assert merged["connected_at"] == "2026-02-01"
        assert merged["disconnected_at"] is None
        assert merged["first_seen_at"] == "2026-01-01"
        assert merged["last_seen_at"] == "2026-02-02"
        # It has not said a best block yet; the connection before it has.
        assert merged["best"] == {"slot": 3, "hash": "0x03"}
        assert merged["synced"] is False


def test_a_live_connection_speaks_before_a_newer_one_that_has_ended() -> None:
    live = node(is_connected=True, implementation_name="live", disconnected_at=None)
    ended = node(connected_at="2026-03-01", implementation_name="ended")
    merged = merge.nodes([(0, [ended]), (1, [live])])[NODE]
    assert (merged["implementation_name"], merged["is_connected"]) == ("live", True)


def test_connections_of_all_shards_stand_together_newest_first() -> None:
    one = node(connections=[{"session": 1, "connected_at": "2026-01-01"}])
    two = node(connections=[{"session": 2, "connected_at": "2026-01-05"}])
    merged = merge.nodes([(0, [one]), (1, [two])])[NODE]
    assert [each["session"] for each in merged["connections"]] == [2, 1]


def test_a_node_nobody_knows_anything_of_stays_without() -> None:
    bare = node(
        node_info=None,
        connected_at=None,
        first_seen_at=None,
        last_seen_at=None,
        best=None,
        synced=None,
    )
    merged = merge.nodes([(0, [bare])])[NODE]
    assert merged["first_seen_at"] is None
    assert merged["best"] is None
    assert merged["synced"] is None


def test_node_status_adds_counts_and_keeps_the_latest() -> None:
    old, new = said(10, data={}), said(20, data={})
    for first, second in ((old, new), (new, old)):
        merged = merge.node_status(
            [
                (0, {"counts": {"11": 2}, "latest": {"11": first}}),
                (1, {"counts": {"11": 1, "13": 1}, "latest": {"11": second}}),
            ]
        )
        assert merged == {"counts": {"11": 3, "13": 1}, "latest": {"11": new}}


def test_a_node_on_two_shards_has_reached_what_it_said_last() -> None:
    higher, later = StatedSlot(5, 10, "", True, False), StatedSlot(4, 20, "", True, False)
    ended = StatedSlot(2, 30, "", False, False)
    partials = [
        (0, [ChainStatements(NODE, higher, None)]),
        (1, [ChainStatements(NODE, later, ended), ChainStatements(OTHER, None, None)]),
    ]
    for each in (partials, partials[::-1]):
        assert merge.claims(merge.chain(each)) == {NODE: (4, 2), OTHER: (None, None)}


def test_seconds_add_events_and_unite_hashes() -> None:
    merged = merge.seconds(
        [
            {"seconds": [[7, 2, ["a"], [], 2, 0], [8, 1, [], [], 0, 0]]},
            {"seconds": [[7, 3, ["a", "b"], ["c"], 4, 1]]},
        ]
    )
    assert merged == {
        7: merge.Second(5, {"a", "b"}, {"c"}, 6, 1),
        8: merge.Second(1, set(), set(), 0, 0),
    }


def test_histograms_add_bin_by_bin() -> None:
    one = {"buckets": [[0.1, 1], [1.0, 3]], "sum": 0.5, "count": 4}
    assert merge.histogram([one, one]) == {
        "buckets": [[0.1, 2], [1.0, 6]],
        "sum": 1.0,
        "count": 8,
    }
    assert merge.histogram([]) == {"buckets": [], "sum": 0.0, "count": 0}


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_no_events_are_an_empty_last_page(limit: int) -> None:
    found = merge.event_page([(0, [])], limit, Cursor(0))
    assert (found.events, found.has_more) == ([], False)


# --- Directories that had no room ---------------------------------------------------------


def cut(directory: int, sequence: int, received_us: int) -> dict[str, Any]:
    """The last event there was room for."""
    return {**event(directory, sequence, received_us), "more": True}


def test_a_page_ends_where_a_directory_had_no_room() -> None:
    partials = [
        (0, [event(0, 9, 90), cut(0, 8, 80)]),
        (1, [event(1, 5, 85), event(1, 4, 70)]),
    ]
    page = merge.event_page(partials, 10, Cursor(100))
    assert [each["id"] for each in page.events] == [
        event_api_id(0, 9),
        event_api_id(1, 5),
        event_api_id(0, 8),
    ]
    assert page.has_more
    assert all("more" not in each for each in page.events)
    # What follows is below what was given of each directory.
    assert page.cursor.positions == {0: 8, 1: 5}


def test_the_newest_events_end_there_too() -> None:
    partials = [(0, [event(0, 9, 90), cut(0, 8, 80)]), (1, [event(1, 5, 85), event(1, 4, 70)])]
    assert [each["id"] for each in merge.recent(partials, 10)] == [
        event_api_id(0, 8),
        event_api_id(1, 5),
        event_api_id(0, 9),
    ]


def test_events_in_order_within_directories_become_one_order() -> None:
    answers = [[event(0, 1, 50), event(0, 2, 40)], [event(1, 1, 45), event(1, 2, 60)]]
    found = merge.oldest_first(answers)
    # Within a directory arrival decides, whatever its clock did.
    assert [each["id"] for each in found if event_identity(each["id"])[0] == 0] == [
        event_api_id(0, 1),
        event_api_id(0, 2),
    ]
    assert len(found) == 4
