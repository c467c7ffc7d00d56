"""``tart/storage/core/tail_cache.py``: the newest events in memory, the same as in the files."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.query.core.filters import Selection
from tart.storage.core import tail_cache as module
from tart.storage.core.log_columns import LogColumns
from tart.storage.core.schema import PeerRow
from tart.storage.core.tail_cache import TailCache
from tart.storage.log.tail_scan import scan_newest
from tests.storage.running import DEADLINE, NOON, PEERS, batch, event, open_storage

NUMBERS = st.none() | st.integers(0, 2)
SELECTIONS = st.builds(
    Selection,
    types=st.none() | st.lists(st.integers(10, 13), max_size=3).map(tuple),
    start_us=st.none() | st.integers(NOON - 1, NOON + 40),
    end_us=st.none() | st.integers(NOON - 1, NOON + 40),
    slot=NUMBERS,
    core=NUMBERS,
)


def rows(count, first=0):
    return [
        event(
            seq,
            at=NOON + seq,
            node=seq % 3,
            type=10 + seq % 4,
            slot=None if seq % 5 == 0 else seq % 3,
            core=None if seq % 7 == 0 else seq % 2,
            peer=PEERS[seq % 8] if seq % 2 else None,
        )
        for seq in range(first, first + count)
    ]


def seqs(found):
    return [row.seq for row in found]


@pytest.mark.no_cover
def test_the_cache_has_the_same_rows_as_the_files(tmp_path):
    with open_storage(tmp_path) as storage:
        every = rows(40)
        for at in range(0, 40, 8):
            peers = [PeerRow(number, each) for number, each in enumerate(PEERS)] if at == 0 else []
            storage.write(batch(*every[at : at + 8], peers=peers))

        @settings(max_examples=60, deadline=None)
        @given(SELECTIONS, NUMBERS, st.integers(0, 50), st.none() | st.integers(0, 45))
        def compared(selection, node, limit, before):
            def condition(file):
                clause, values = selection.where(file.alias)
                return clause + ("" if node is None else f" AND node = {node}"), values

            searched = asyncio.run(
                storage.store.query_threads.run(
                    lambda cursor: scan_newest(
                        cursor, storage.store.files(0), condition, limit, before
                    ),
                    DEADLINE,
                )
            )
            found, _ = storage.store.writer.tail.rows(selection, node, limit, before)
            assert found == searched

        compared()


def test_the_oldest_parts_are_evicted_without_a_gap():
    latest = TailCache(limit_bytes=100)
    assert latest.rows(Selection(), None, 5) == ([], None)
    assert latest.rows(Selection(), None, 5, before=7) == ([], 7)
    for first in range(0, 40, 4):
        latest.add([LogColumns.from_rows(rows(4, first), PEERS)], 40)
    found, below = latest.rows(Selection(), None, 100)
    assert (seqs(found), below) == (list(range(39, 31, -1)), 32)
    assert latest.size >= 80
    # A batch that is larger than all there is room for is held on its own.
    latest.add([LogColumns.from_rows(rows(4, 40), PEERS)], 1_000)
    found, below = latest.rows(Selection(), None, 100)
    assert (seqs(found), below) == ([43, 42, 41, 40], 40)
    assert latest.size >= 1_000


def test_a_search_of_the_cache_returns_where_to_continue():
    latest = TailCache()
    latest.add([LogColumns.from_rows(rows(4), PEERS), LogColumns.from_rows(rows(4, 4), PEERS)], 100)
    assert latest.rows(Selection(), None, 3) == (rows(8)[:4:-1], 5)
    assert latest.rows(Selection(types=(13,)), None, 3) == (rows(8)[7::-4], 0)
    assert latest.rows(Selection(), None, 5, before=2) == (rows(2)[::-1], 0)


def test_a_hash_inside_of_a_body_is_not_searched_in_the_cache():
    latest = TailCache()
    latest.add([LogColumns.from_rows(rows(4), PEERS)], 100)
    assert latest.rows(Selection(hash="00" * 32), None, 3, before=9) == ([], 9)


@pytest.mark.no_cover
@pytest.mark.parametrize(("largest", "commits"), [(1, 600), (4, 600), (3_000, 200)])
def test_the_parts_searched_do_not_grow_with_the_number_of_commits(monkeypatch, largest, commits):
    """A quiet network commits a few events at a time, for hours."""
    looked_at = []
    matches = module._matches
    monkeypatch.setattr(module, "_matches", lambda *given: looked_at.append(1) or matches(*given))
    latest = TailCache(limit_bytes=60_000)
    last = 0
    for at in range(commits):
        size = 1 + at % largest
        latest.add([LogColumns.from_rows(rows(size, last), PEERS)], size * 20)
        last += size
    assert latest.rows(Selection(types=(99,)), None, 5)[0] == []
    assert len(looked_at) <= 50
    found, _ = latest.rows(Selection(), None, last)
    assert found == rows(last)[: -len(found) - 1 : -1]
    assert min(last, 2_000) <= len(found)


def found_links(latest, *keys):
    """The links with these keys, those that earlier events may have, the first event cached."""
    links = latest.links_of(session for session, _ in keys)
    rows = links.rows(links.seq[links.index.find(keys)].tolist())
    return rows, set(keys) - links.index.present(keys), links.first


def test_links_are_found_by_session_and_id():
    latest = TailCache()
    assert found_links(latest, (0, 1)) == ([], {(0, 1)}, None)
    for first in (10, 14):
        latest.add([LogColumns.from_rows(rows(4, first), PEERS)], 100)
    found, left, oldest = found_links(latest, (0, 11), (0, 16))
    assert (seqs(found), left, oldest) == ([11, 16], set(), 10)
    # No event has this id, but an earlier one may.
    assert found_links(latest, (0, 3))[:2] == ([], {(0, 3)})
    assert found_links(latest, (7, 11))[:2] == ([], {(7, 11)})
    assert found_links(latest, (0, 11), (7, 11))[:2] == (rows(1, 11), {(7, 11)})


def test_links_of_evicted_events_stay_without_a_gap():
    """120 and 124 name a hash, 123 refers to it and cannot be a link."""
    every = [
        event(seq, event_id=seq, type=(120, 124, 123)[seq % 3], ref=seq - seq % 3, session=seq % 2)
        for seq in range(60)
    ]
    latest = TailCache(limit_bytes=60, link_bytes=10_000)
    for first in range(0, 60, 4):
        latest.add([LogColumns.from_rows(every[first : first + 4], PEERS)], 20)
    found, below = latest.rows(Selection(), None, 100)
    assert (seqs(found), below) == (list(range(59, 47, -1)), 48)
    for row in every[:48]:
        links, left, first = found_links(latest, (row.session, row.event_id))
        # Others that refer to the event are among the links, too, but only if they name a hash.
        expected = {row} if row.type != 123 else set()
        assert expected <= set(links) <= {each for each in every if each.type != 123}
        assert not left
        assert first == 0
    # An event of the connection with a smaller id shows that there is none with this one.
    assert not found_links(latest, (1, 4))[1]


def test_links_beyond_their_limit_are_evicted():
    latest = TailCache(limit_bytes=60, link_bytes=1)
    for first in range(0, 60, 4):
        links = [event(seq, event_id=seq, type=120) for seq in range(first, first + 4)]
        latest.add([LogColumns.from_rows(links, PEERS)], 20)
    # The newest evicted part remains in any case.
    found, left, first = found_links(latest, (0, 45), (0, 43))
    assert (seqs(found), left, first) == ([45], {(0, 43)}, 44)


def test_a_reader_has_the_last_batch_until_the_next_is_added(monkeypatch):
    latest = TailCache(limit_bytes=30)
    latest.add([LogColumns.from_rows(rows(4), PEERS)], 30)
    seen = []
    evict = module._evict

    def looked(*given):
        seen.append(seqs(latest.rows(Selection(), None, 9)[0]))
        return evict(*given)

    monkeypatch.setattr(module, "_evict", looked)
    latest.add([LogColumns.from_rows(rows(4, 4), PEERS)], 30)
    assert seen == [[3, 2, 1, 0]] * 2
    assert seqs(latest.rows(Selection(), None, 9)[0]) == [7, 6, 5, 4]


def test_after_a_failure_the_cache_is_empty(monkeypatch):
    latest = TailCache()
    latest.add([LogColumns.from_rows(rows(4), PEERS)], 30)
    with monkeypatch.context() as broken:
        broken.setattr(module, "_merge", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            latest.add([LogColumns.from_rows(rows(4, 4), PEERS)], 30)
    latest.add([LogColumns.from_rows(rows(4, 8), PEERS)], 30)
    assert latest.rows(Selection(), None, 9) == (rows(4, 8)[::-1], 8)
