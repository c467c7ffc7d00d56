"""``tart/shard/queries/trace.py``: trees of references, over files and however far apart."""

from __future__ import annotations

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.shard.queries import trace as module
from tart.shard.queries.trace import HORIZON_US, trace
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import log_rows_query
from tart.units import HOUR_US
from tests.cases import examples
from tests.storage.running import NOON, batch, event, open_storage, opened

LIMITS = {"nodes": 1000, "depth": 64}


def failed(seq, ref, *, at=None, session=0, event_id=None):
    """An event that refers to another."""
    return event(
        seq,
        at=NOON + seq if at is None else at,
        session=session,
        event_id=seq if event_id is None else event_id,
        type=41,
        ref=ref,
        slot=None,
        body=b"\0",
    )


def plain(seq, **changes):
    return event(seq, **{"at": NOON + seq} | changes)


def traced(root, rows, start, **more):
    """The trace of the event with that sequence."""
    return traces(root, rows, [start], **more)[0]


def traces(root, rows, starts, *, hourly=False, **limits):
    """The traces of the events with these sequences."""
    batches = [batch(row, at=row.received_at) for row in rows] if hourly else [batch(*rows)]
    batches[0].sessions += [opened(0), opened(1)]
    with open_storage(root, **({"file_hours": 1} if hourly else {})) as storage:
        storage.write(*batches)
        files = storage.store.files(0)
        with closing(storage.store._database.cursor()) as cursor:
            found = {
                row[0]: LogRow(*row)
                for file in files
                for row in cursor.execute(log_rows_query(file.alias)).fetchall()
            }
            return [trace(cursor, files, found[start], **LIMITS | limits) for start in starts]


def sequences(found):
    return [row.seq for row in found.rows]


TREE = [plain(0), failed(1, 0), failed(2, 0), plain(3), failed(4, 1), failed(5, 4), failed(6, 3)]


def test_a_trace_from_any_event_has_the_whole_tree(tmp_path):
    whole = [0, 1, 2, 4, 5]
    for start, found in zip(whole, traces(tmp_path, TREE, whole), strict=True):
        assert sequences(found) == whole, start
        assert (found.missing, found.truncated) == (None, False), start


def test_equal_event_ids_of_other_sessions_are_other_events(tmp_path):
    rows = [
        plain(0, event_id=0),
        plain(1, session=1, event_id=0),
        failed(2, 0, event_id=1),
        failed(3, 0, session=1, event_id=1),
    ]
    assert sequences(traced(tmp_path, rows, 2)) == [0, 2]
    assert sequences(traced(tmp_path / "b", rows, 1)) == [1, 3]


def test_references_are_followed_across_files(tmp_path):
    rows = [
        plain(0, at=NOON),
        failed(1, 0, at=NOON + HORIZON_US // 2),
        failed(2, 1, at=NOON + HORIZON_US),
        failed(3, 0, at=NOON + HORIZON_US + 1),
        failed(4, 3, at=NOON + HOUR_US),
    ]
    found = traced(tmp_path, rows, 4, hourly=True)
    # Upwards there is no horizon, downwards there is.
    assert sequences(found)[:3] == [0, 1, 2]
    assert sequences(traced(tmp_path / "b", rows, 1, hourly=True))[:3] == [0, 1, 2]


def test_events_later_than_the_horizon_are_not_in_a_trace(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FIRST_RANGE", 1)
    monkeypatch.setattr(module, "LONGEST_RANGE", 1)
    near = [plain(0, at=NOON), failed(1, 0, at=NOON + HORIZON_US)]
    far = failed(2, 0, at=NOON + 3 * HOUR_US)
    found = traced(tmp_path, [*near, far], 0, hourly=True)
    assert sequences(found) == [0, 1]
    assert found.searched_until == NOON + HORIZON_US


def test_a_reference_to_a_missing_event_is_returned(tmp_path):
    found = traced(tmp_path, [failed(5, 3), failed(6, 5)], 6)
    assert (sequences(found), found.missing) == ([5, 6], 3)


@pytest.mark.parametrize("ref", [1, 2, 2**64 - 1])
def test_a_reference_to_itself_or_to_a_later_event_is_ignored(tmp_path, ref):
    rows = [plain(0), failed(1, ref), plain(2)]
    assert sequences(traced(tmp_path, rows, 1)) == [1]


def test_a_trace_is_limited_and_marked_as_truncated(tmp_path):
    wide = [plain(0), *(failed(seq, 0) for seq in range(1, 20))]
    found = traced(tmp_path / "wide", wide, 0, nodes=5)
    assert (len(found.rows), found.truncated) == (5, True)
    deep = [plain(0), *(failed(seq, seq - 1) for seq in range(1, 20))]
    found = traced(tmp_path / "deep", deep, 0, depth=4)
    assert (sequences(found), found.truncated) == ([0, 1, 2, 3, 4], True)
    found = traced(tmp_path / "up", deep, 19, depth=4)
    assert (sequences(found), found.truncated) == ([15, 16, 17, 18, 19], True)


@given(st.lists(st.integers(-1, 11), min_size=1, max_size=12), st.data())
@examples(0.2)
def test_a_trace_is_the_tree_of_its_references(tmp_path_factory, parents, data):
    """``parents``: for each event the one it refers to, -1 for none."""
    rows = [plain(seq) if parent < 0 else failed(seq, parent) for seq, parent in enumerate(parents)]

    def root(seq):
        while 0 <= parents[seq] < seq:
            seq = parents[seq]
        return seq

    start = data.draw(st.integers(0, len(parents) - 1))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "FIRST_RANGE", 2)
        patched.setattr(module, "LONGEST_RANGE", 4)
        found = traced(tmp_path_factory.mktemp("trace"), rows, start)
    assert sequences(found) == [seq for seq in range(len(rows)) if root(seq) == root(start)]


@pytest.mark.parametrize("number", [140, 146, 147, 148])
def test_an_audit_id_is_not_a_reference_to_the_event_of_that_id(tmp_path, number):
    audit = event(1, at=NOON + 1, event_id=1, type=number, ref=0, slot=None, body=b"\0" * 34)
    failed_request = event(2, at=NOON + 2, event_id=2, type=142, ref=1, slot=None, body=b"\0")
    rows = [plain(0), audit, failed_request]
    above, itself, below = traces(tmp_path, rows, [0, 1, 2])
    assert sequences(above) == [0]
    assert (sequences(itself), itself.missing) == ([1, 2], None)
    assert sequences(below) == [1, 2]
