"""``tart/storage/core/segment_dictionaries.py``: each file gets what its rows need, once."""

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
    carried = DictionaryBackfill(dict(nodes), dict(peers))
    for file in files:
        carried.begin(file, set(), set())
    return carried


def what(rows):
    return [(row.session, row.what, row.happened_at) for row in rows["sessions"]]


def test_a_file_gets_every_number_it_does_not_have(segments):
    first, _ = segments
    carried = DictionaryBackfill({0: PEERS[0], 1: PEERS[1]}, {4: PEERS[4], 5: PEERS[5]})
    assert not carried.knows(first)
    carried.begin(first, {0}, {5})
    assert carried.knows(first)
    rows = carried.rows(first, batch(nodes=[NodeRow(2, PEERS[2])], peers=[PeerRow(6, PEERS[6])]))
    assert rows["nodes"] == [(1, PEERS[1]), (2, PEERS[2])]
    assert rows["peers"] == [(4, PEERS[4]), (6, PEERS[6])]


def test_what_is_written_is_owed_to_the_other_file_and_no_more_to_this_one(segments):
    first, second = segments
    carried = begun(first, second)
    one = batch(nodes=[NodeRow(0, PEERS[0])], peers=[PeerRow(3, PEERS[3])], sessions=[opened(0)])
    carried.written(first, one)
    nothing = batch(at=LATER)
    assert carried.rows(first, nothing)["nodes"] == []
    rows = carried.rows(second, nothing)
    assert (rows["nodes"], rows["peers"]) == ([(0, PEERS[0])], [(3, PEERS[3])])
    assert what(rows) == [(0, "continued", LATER)]
    carried.written(second, nothing)
    rows = carried.rows(second, nothing)
    assert (rows["nodes"], rows["peers"], what(rows)) == ([], [], [])


def test_a_try_that_fails_changes_nothing(segments):
    first, _ = segments
    carried = begun(first)
    one = batch(nodes=[NodeRow(0, PEERS[0])], sessions=[opened(0)])
    assert carried.rows(first, one) == carried.rows(first, one)


def test_a_connection_that_closed_meanwhile_is_owed_to_nobody(segments):
    first, second = segments
    carried = begun(first, second)
    carried.written(first, batch(sessions=[opened(0), opened(1)]))
    carried.written(first, batch(sessions=[closed(0)]))
    assert what(carried.rows(second, batch(at=LATER))) == [(1, "continued", LATER)]


def test_a_connection_that_closes_in_a_file_is_in_it_first(segments):
    first, second = segments
    carried = begun(first, second)
    carried.written(first, batch(sessions=[opened(0)]))
    rows = carried.rows(second, batch(sessions=[closed(0)], at=LATER))
    assert what(rows) == [(0, "continued", LATER), (0, "closed", NOON)]


def test_a_new_period_gets_all_and_the_old_one_nothing_more(segments, tmp_path):
    first, second = segments
    carried = begun(first, second, nodes={7: PEERS[7]})
    carried.written(first, batch(sessions=[opened(0)], nodes=[NodeRow(0, PEERS[0])]))
    following = first_segment(tmp_path, 0, period_start(NOON + HOUR_US, 1), 1)
    carried.begin(following, set(), set())
    assert not carried.knows(first)
    rows = carried.rows(following, batch(at=LATER))
    assert rows["nodes"] == [(7, PEERS[7]), (0, PEERS[0])]
    assert what(rows) == [(0, "continued", LATER)]


@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(("node", "open", "close", "speak")))))
def test_whatever_turns_they_take_each_has_what_it_needs_and_nothing_twice(tmp_path_factory, acts):
    first = first_segment(tmp_path_factory.getbasetemp(), 0, period_start(NOON, 1), 1)
    files = (first, other_segment(first))
    carried = begun(*files)
    nodes, open_now, has = 0, set(), {file: [] for file in files}
    sessions = {file: [] for file in files}
    for turn, (segment, act) in enumerate(acts):
        each = batch()
        if act == "node":
            each.nodes.append(NodeRow(nodes, PEERS[nodes % 8]))
            nodes += 1
        elif act == "open":
            each.sessions.append(opened(turn))
            open_now.add(turn)
        elif act == "close" and open_now:
            each.sessions.append(closed(min(open_now)))
        file = files[segment]
        rows = carried.rows(file, each)
        carried.written(file, each)
        has[file] += [number for number, _ in rows["nodes"]]
        sessions[file] += [row.session for row in rows["sessions"] if row.what != "closed"]
        assert sorted(has[file]) == list(range(nodes))
        assert open_now <= set(sessions[file])
        assert len(set(sessions[file])) == len(sessions[file])
        open_now -= {row.session for row in each.sessions if row.what == "closed"}
