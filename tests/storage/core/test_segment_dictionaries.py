"""``tart/storage/core/segment_dictionaries.py``: every number a segment needs, once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.storage.core.files import first_segment, other_segment, period_start
from tart.storage.core.schema import NodeRow, PeerRow
from tart.storage.core.segment_dictionaries import DictionaryBackfill
from tart.units import HOUR_US
from tests.storage.running import NOON, PEERS, batch, closed, opened

LATER = NOON + 7


@pytest.fixture
def segments(tmp_path):
    first = first_segment(tmp_path, 0, period_start(NOON, 1), 1)
    return first, other_segment(first)


def begun(*files, nodes=(), peers=()):
    backfill = DictionaryBackfill(dict(nodes), dict(peers))
    for file in files:
        backfill.add_file(file, nodes=set(), peers=set())
    return backfill


def what(rows):
    return [(row.session, row.what, row.happened_at) for row in rows["sessions"]]


def test_a_segment_gets_every_number_that_it_lacks(segments):
    first, _ = segments
    backfill = DictionaryBackfill({0: PEERS[0], 1: PEERS[1]}, {4: PEERS[4], 5: PEERS[5]})
    assert not backfill.knows(first)
    backfill.add_file(first, nodes={0}, peers={5})
    assert backfill.knows(first)
    rows = backfill.rows_for(
        first, batch(nodes=[NodeRow(2, PEERS[2])], peers=[PeerRow(6, PEERS[6])])
    )
    assert rows["nodes"] == [(1, PEERS[1]), (2, PEERS[2])]
    assert rows["peers"] == [(4, PEERS[4]), (6, PEERS[6])]


def test_written_rows_are_missing_in_the_other_segment_only(segments):
    first, second = segments
    backfill = begun(first, second)
    one = batch(nodes=[NodeRow(0, PEERS[0])], peers=[PeerRow(3, PEERS[3])], sessions=[opened(0)])
    backfill.mark_written(first, one)
    nothing = batch(at=LATER)
    assert backfill.rows_for(first, nothing)["nodes"] == []
    rows = backfill.rows_for(second, nothing)
    assert (rows["nodes"], rows["peers"]) == ([(0, PEERS[0])], [(3, PEERS[3])])
    assert what(rows) == [(0, "continued", LATER)]
    backfill.mark_written(second, nothing)
    rows = backfill.rows_for(second, nothing)
    assert (rows["nodes"], rows["peers"], what(rows)) == ([], [], [])


def test_rows_stay_missing_until_they_are_marked_as_written(segments):
    first, _ = segments
    backfill = begun(first)
    one = batch(nodes=[NodeRow(0, PEERS[0])], sessions=[opened(0)])
    assert backfill.rows_for(first, one) == backfill.rows_for(first, one)


def test_a_connection_that_closed_meanwhile_is_not_continued(segments):
    first, second = segments
    backfill = begun(first, second)
    backfill.mark_written(first, batch(sessions=[opened(0), opened(1)]))
    backfill.mark_written(first, batch(sessions=[closed(0)]))
    assert what(backfill.rows_for(second, batch(at=LATER))) == [(1, "continued", LATER)]


def test_a_connection_is_continued_in_the_segment_in_which_it_closes(segments):
    first, second = segments
    backfill = begun(first, second)
    backfill.mark_written(first, batch(sessions=[opened(0)]))
    rows = backfill.rows_for(second, batch(sessions=[closed(0)], at=LATER))
    assert what(rows) == [(0, "continued", LATER), (0, "closed", NOON)]


def test_a_new_period_gets_all_numbers_and_ends_the_use_of_the_old_segments(segments, tmp_path):
    first, second = segments
    backfill = begun(first, second, nodes={7: PEERS[7]})
    backfill.mark_written(first, batch(sessions=[opened(0)], nodes=[NodeRow(0, PEERS[0])]))
    following = first_segment(tmp_path, 0, period_start(NOON + HOUR_US, 1), 1)
    backfill.add_file(following, nodes=set(), peers=set())
    assert not backfill.knows(first)
    rows = backfill.rows_for(following, batch(at=LATER))
    assert rows["nodes"] == [(7, PEERS[7]), (0, PEERS[0])]
    assert what(rows) == [(0, "continued", LATER)]


@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(("node", "open", "close", "speak")))))
def test_in_any_order_of_writes_each_segment_gets_every_number_once(tmp_path_factory, acts):
    first = first_segment(tmp_path_factory.getbasetemp(), 0, period_start(NOON, 1), 1)
    files = (first, other_segment(first))
    backfill = begun(*files)
    nodes, open_now, has = 0, set(), {file: [] for file in files}
    sessions = {file: [] for file in files}
    for number, (segment, act) in enumerate(acts):
        each = batch()
        if act == "node":
            each.nodes.append(NodeRow(nodes, PEERS[nodes % 8]))
            nodes += 1
        elif act == "open":
            each.sessions.append(opened(number))
            open_now.add(number)
        elif act == "close" and open_now:
            each.sessions.append(closed(min(open_now)))
        file = files[segment]
        rows = backfill.rows_for(file, each)
        backfill.mark_written(file, each)
        has[file] += [node for node, _ in rows["nodes"]]
        sessions[file] += [row.session for row in rows["sessions"] if row.what != "closed"]
        assert sorted(has[file]) == list(range(nodes))
        assert open_now <= set(sessions[file])
        assert len(set(sessions[file])) == len(sessions[file])
        open_now -= {row.session for row in each.sessions if row.what == "closed"}
