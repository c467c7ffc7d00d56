"""``tart/storage/log/recovery.py``: what a shard knows of its past when it starts."""

import shutil
import signal
from collections import Counter

import pytest

from tart.protocol.events import EventKind
from tart.storage.core.schema import NodeRow, PeerRow, log_subquery
from tart.storage.log.recovery import RecoveredState, StoredSession
from tart.units import HOUR_US
from tests.storage.running import (
    NOON,
    PEERS,
    batch,
    closed,
    event,
    in_both_segments,
    open_storage,
    opened,
    unreadable,
    wait_for,
    write,
)
from tests.storage.writing import ROWS
from tests.supervisor.process import Process


def past_of(root, directory=0, shard=0, count=1):
    with open_storage(root, shard, count) as storage:
        return storage.store.recovered[directory]


def dropped(seq, body, node=0):
    return event(seq, type=EventKind.DROPPED, slot=None, node=node, body=body)


def test_an_empty_directory_has_an_empty_state(tmp_path):
    assert past_of(tmp_path) == RecoveredState(0)


@pytest.mark.parametrize(
    ("rows", "following"),
    [
        (batch(event(0)), 1),
        (batch(event(0), event(7)), 8),
        (batch(event(3), undecodable=[unreadable(9)]), 10),
        (batch(undecodable=[unreadable(4, node=None)]), 5),
        (batch(sessions=[opened(0)]), 0),
    ],
)
def test_the_sequence_continues_after_every_frame(tmp_path, rows, following):
    write(tmp_path, rows)
    assert past_of(tmp_path).next_sequence == following


def test_the_sequence_continues_over_files_whatever_their_clocks_said(tmp_path):
    arrivals = [(10, NOON), (11, NOON + HOUR_US), (12, NOON)]
    write(tmp_path, *(batch(event(seq, at=at), at=at) for seq, at in arrivals), file_hours=1)
    assert past_of(tmp_path).next_sequence == 13


@pytest.mark.parametrize("what", ["opened", "closed", "refused", "continued"])
def test_session_numbers_continue_after_every_connection(tmp_path, what):
    write(tmp_path, batch(sessions=[opened(5)._replace(what=what), opened(2)]))
    assert past_of(tmp_path).next_session == 6


def test_nodes_keep_their_numbers(tmp_path):
    known = [NodeRow(number, peer_id) for number, peer_id in enumerate(PEERS)]
    write(tmp_path, batch(nodes=known[:3]), batch(event(0), nodes=known[3:]))
    assert past_of(tmp_path).nodes == dict(enumerate(PEERS))


def test_peers_keep_their_numbers(tmp_path):
    known = [PeerRow(number, peer_id) for number, peer_id in enumerate(PEERS)]
    write(tmp_path, batch(peers=known[:3]), batch(event(0, peer=PEERS[4]), peers=known[3:]))
    assert past_of(tmp_path).peers == dict(enumerate(PEERS))


def test_the_segments_of_a_period_share_sequence_and_sessions(tmp_path):
    in_both_segments(tmp_path)
    past = past_of(tmp_path)
    assert (past.next_sequence, past.missing, past.next_session) == (6, 0, 1)
    assert past.sessions[0].started_at == NOON
    assert past.counts == {0: Counter({11: 6})}


@pytest.mark.parametrize("clock", [-7, 7])
def test_a_connection_began_in_the_segment_in_which_it_was_opened(tmp_path, clock):
    with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
        statistics = storage.store.writer.checkpoints.statistics
        storage.write(batch(event(0)))
        wait_for(lambda: statistics.done == 1)
        storage.write(batch(event(1), sessions=[opened(0)]))
        wait_for(lambda: statistics.done == 2)
        storage.write(batch(event(2), at=NOON + clock))
    assert past_of(tmp_path).sessions[0].started_at == NOON


def test_events_are_counted_per_node_and_type_over_all_files(tmp_path):
    numbers = [(0, 11), (0, 11), (0, 12), (1, 11), (1, 255), (1, 255)]
    rows = [
        event(seq, at=NOON + seq % 3 * HOUR_US, node=node, type=number)
        for seq, (node, number) in enumerate(numbers * 10)
    ]
    batches = [batch(row, at=row.received_at) for row in sorted(rows, key=lambda row: row[1])]
    write(tmp_path, *batches, file_hours=1)
    past = past_of(tmp_path)
    assert past.counts == {0: Counter({11: 20, 12: 10}), 1: Counter({11: 10, 255: 20})}
    assert past.last_seen == {0: NOON + 2 * HOUR_US, 1: NOON + 2 * HOUR_US}


def test_undecodable_frames_are_counted_per_node(tmp_path):
    frames = [unreadable(0), unreadable(1, node=1), unreadable(2), unreadable(3, node=None)]
    write(tmp_path, batch(undecodable=frames))
    past = past_of(tmp_path)
    assert past.undecodable == Counter({0: 2, 1: 1})
    assert past.counts == {}


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (bytes(8) + (5).to_bytes(8, "little"), 5),
        (bytes(8) + (2**32).to_bytes(8, "little"), 2**32),
        (bytes(8) + (6).to_bytes(4, "little"), 6),
        ((7).to_bytes(8, "little"), 7),
        (bytes(8) + (8).to_bytes(8, "little") + b"left over", 8),
    ],
    ids=["as specified", "the highest", "as u32", "without a timestamp", "with bytes left over"],
)
def test_dropped_is_summed_up_in_both_of_its_layouts(tmp_path, body, number):
    write(tmp_path, batch(dropped(0, body), dropped(1, body), dropped(2, body, node=1)))
    assert past_of(tmp_path).dropped == {0: (2 * number, 2), 1: (number, 1)}


def test_a_dropped_that_cannot_be_true_is_not_summed_up(tmp_path):
    too_many = bytes(8) + (2**32 + 1).to_bytes(8, "little")
    of_no_time = b"\xff" * 8 + (1).to_bytes(8, "little")
    # Sent as soon as the connection was there.
    soon = bytes(8) + (10**9).to_bytes(8, "little")
    rows = (dropped(0, too_many), dropped(1, of_no_time), dropped(2, soon))
    write(tmp_path, batch(*rows, sessions=[opened(0)]))
    assert past_of(tmp_path).dropped == {}


def test_a_connection_that_was_closed_has_its_end_and_its_counters(tmp_path):
    write(
        tmp_path,
        batch(sessions=[opened(0)]),
        batch(sessions=[closed(0, at=NOON + 5, counters='{"events": 3}')]),
    )
    assert past_of(tmp_path).sessions == {
        0: StoredSession(
            *(0, 0, "192.0.2.1:4", b"hello", NOON, NOON + 5, {"events": 3}),
            reason="closed by the node",
        )
    }


def test_a_refused_connection_is_recovered_as_refused(tmp_path):
    write(tmp_path, batch(sessions=[closed(0, node=None)._replace(what="refused")]))
    assert past_of(tmp_path).sessions[0].refused


def test_a_connection_that_was_open_when_the_shard_died_has_no_end(tmp_path):
    write(tmp_path, batch(sessions=[opened(0)]))
    assert past_of(tmp_path).sessions[0].ended_at is None


def test_a_connection_began_where_it_was_opened_not_where_it_continued(tmp_path):
    later = NOON + HOUR_US
    write(
        tmp_path,
        batch(sessions=[opened(0)]),
        batch(event(0, at=later), at=later),
        batch(sessions=[closed(0, at=later + 1)], at=later),
        file_hours=1,
    )
    stored = past_of(tmp_path).sessions[0]
    assert (stored.started_at, stored.ended_at) == (NOON, later + 1)


def test_a_connection_whose_first_file_was_deleted_is_recovered(tmp_path):
    later = NOON + HOUR_US
    write(
        tmp_path,
        batch(sessions=[opened(3)], nodes=[NodeRow(0, PEERS[0])]),
        batch(event(0, at=later), at=later),
        file_hours=1,
    )
    (tmp_path / "00" / "2026-11-21T12.duckdb").unlink()
    past = past_of(tmp_path)
    assert past.sessions[3].started_at == later
    assert past.nodes == {0: PEERS[0]}
    assert past.next_session == 4


def test_a_refused_connection_began_and_ended_at_once(tmp_path):
    refused = opened(0, node=None, information=b"")._replace(what="refused", reason="no")
    write(tmp_path, batch(sessions=[refused]))
    stored = past_of(tmp_path).sessions[0]
    assert (stored.node, stored.started_at, stored.ended_at) == (None, NOON, NOON)


def filled(root, count):
    """Directories as ``count`` shards left them; directory d has d + 1 events of its node."""
    for shard in range(count):
        rows = [event(seq, node=0) for seq in range(shard + 1)]
        write(root, batch(*rows, nodes=[NodeRow(0, PEERS[shard])]), shard=shard, count=count)


def image(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_adopted_directories_are_read_and_counted_and_not_written(tmp_path):
    filled(tmp_path, 3)
    before = {name: image(tmp_path / name) for name in ("01", "02")}

    with open_storage(tmp_path, 0, 1) as one:
        assert one.store.directories == [0, 1, 2]
        assert {d: past.nodes for d, past in one.store.recovered.items()} == {
            directory: {0: PEERS[directory]} for directory in range(3)
        }
        assert [one.store.recovered[d].counts[0][11] for d in range(3)] == [1, 2, 3]
        one.write(batch(event(1)))
        for directory in range(3):
            (file,) = one.store.files(directory)
            found = one.ask(f"SELECT count(*) FROM {file.alias}.log")
            assert found == [((2, 2, 3)[directory],)]

    assert {name: image(tmp_path / name) for name in before} == before
    with open_storage(tmp_path, 0, 2) as first, open_storage(tmp_path, 1, 2) as second:
        assert first.store.directories == [0, 2]
        assert second.store.directories == [1]
        second.write(batch(event(2)))
    with open_storage(tmp_path, 0, 1) as one:
        assert [one.store.recovered[d].next_sequence for d in range(3)] == [2, 3, 3]


def test_an_adopted_directory_includes_its_wal(tmp_path):
    """Its worker does not come back; what it committed last is still in the log."""
    elsewhere = tmp_path / "elsewhere"
    root = tmp_path / "shards"
    root.mkdir()
    with open_storage(elsewhere, 1, 2, checkpoint_seconds=1000.0) as storage:
        storage.write(batch(event(0), event(1)))
        shutil.copytree(elsewhere / "01", root / "01")
    assert list((root / "01").glob("*.wal"))
    assert past_of(root, 1).counts[0][11] == 2
    assert not list((root / "01").glob("*.wal"))


def killed(kind, root, line, times):
    """What a process had said for certain before it was killed in the midst of its work."""
    with Process("tests.storage.writing", kind, root) as process:
        for _ in range(times):
            last = process.line(line)
        process.send(signal.SIGKILL)
        process.ended()
        while process.rest():
            last = process.line(line)
    return last[1]


def assert_each_once(root, least):
    """Everything up to ``least`` is there, once, and nothing is missing in between."""
    with open_storage(root) as storage:
        union = " UNION ALL ".join(
            f"SELECT seq, event_id, body FROM {log_subquery(file.alias)}"
            for file in storage.store.files(0)
        )
        ((rows, first, last, distinct, right),) = storage.ask(
            "SELECT count(*), min(seq), max(seq), count(DISTINCT seq), "
            f"count(*) FILTER (body = encode('body ' || seq) AND event_id = seq) FROM ({union})"
        )
        past = storage.store.recovered[0]
    assert first == 0
    assert last >= least
    assert rows == distinct == right == last + 1
    assert rows % ROWS == 0, "a batch was cut"
    assert past.next_sequence == last + 1
    assert past.counts == {node: Counter({11: rows // 2}) for node in (0, 1)}
    assert past.nodes == {0: PEERS[0], 1: PEERS[1]}
    return past


@pytest.mark.slow
def test_each_committed_event_is_stored_once_after_any_number_of_kills(tmp_path):
    for times in (1, 30, 61):
        least = int(killed("events", tmp_path, r"committed (\d+)", times))
        past = assert_each_once(tmp_path, least)
    assert past.next_session == 3
    assert all(session.ended_at is None for session in past.sessions.values())


@pytest.mark.slow
def test_a_process_killed_while_creating_files_leaves_a_readable_directory(tmp_path):
    for times in (1, 3):
        last = killed("files", tmp_path, r"made (\S+)", times)
        with open_storage(tmp_path) as storage:
            assert last in {file.path.name for file in storage.store.files(0)}
            assert storage.store.recovered[0].next_sequence == 0
        shutil.rmtree(tmp_path / "00")


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ([range(5), range(5, 9)], 0),
        ([[0, 1, 4], [5, 6]], 2),
        ([range(5), [7, 8]], 2),
        ([[7, 8], [9]], 0),
    ],
)
def test_missing_frames_are_counted(tmp_path, numbers, missing):
    hours = [NOON, NOON + HOUR_US]
    batches = [
        batch(*(event(seq, at=at) for seq in each), at=at)
        for each, at in zip(numbers, hours, strict=True)
    ]
    write(tmp_path, *batches, file_hours=1)
    assert past_of(tmp_path).missing == missing


def test_decodable_and_undecodable_frames_share_one_sequence(tmp_path):
    write(tmp_path, batch(event(0), event(2), undecodable=[unreadable(1)]))
    assert past_of(tmp_path).missing == 0
