"""``tart/storage/log/skip_indexes.py``: a search that skips rows has the answer of a full one."""

import asyncio
import os
import shutil
from itertools import pairwise

import numpy as np
import pytest
from duckdb import DuckDBPyRelation
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tart.protocol.dialects import Dialect
from tart.query.core.filters import Selection
from tart.query.sql.pushdown import Condition, Scan
from tart.query.sql.views import VIEWS
from tart.storage.core.schema import NodeRow, PeerRow
from tart.storage.log.skip_indexes import EVERY_ROW, NO_ROW, Candidates, SkipIndexes
from tart.storage.log.tail_scan import scan_newest
from tart.storage.log.views import install_functions, scan_from
from tests.cases import examples
from tests.storage.running import (
    DEADLINE,
    NOON,
    PEERS,
    batch,
    event,
    log_files,
    open_storage,
    wait_for,
)

HASH = bytes(range(100, 132))
# Bodies with a hash at several places, and almost with one.
BODIES = [b"", HASH, b"\x01" + HASH + b"\x02\x03", HASH[1:] + b"\x00", b"\x06\x46" * 16, bytes(32)]
COUNT = 60
NUMBERS = st.none() | st.integers(0, 4)
SELECTIONS = st.builds(
    Selection,
    types=st.none() | st.lists(st.integers(10, 14), max_size=3).map(tuple),
    start_us=st.none() | st.integers(NOON - 1, NOON + COUNT),
    end_us=st.none() | st.integers(NOON - 1, NOON + COUNT),
    slot=NUMBERS,
    core=NUMBERS,
    hash=st.none() | st.sampled_from([HASH.hex(), PEERS[0].hex(), "ab" * 32, "00" * 32]),
)


def rows():
    """Events whose types, nodes, slots and bodies are mostly those of their neighbours."""
    return [
        event(
            seq,
            at=NOON + seq,
            node=seq // 7 % 4,
            type=10 + seq // 11 % 4,
            slot=None if seq % 5 == 0 else seq // 13 % 4,
            core=None if seq % 7 == 0 else seq // 9 % 3,
            peer=PEERS[seq // 20 % 8] if seq % 2 else None,
            body=BODIES[seq // 8 % len(BODIES)],
        )
        for seq in range(COUNT)
    ]


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    """Events by turns in both segments of a day."""
    root = tmp_path_factory.mktemp("storage")
    with open_storage(root, checkpoint_seconds=0.001, start_maintenance=False) as storage:
        every = rows()
        for number, first in enumerate(range(0, COUNT, 6)):
            peers = [PeerRow(number, each) for number, each in enumerate(PEERS)] * (first == 0)
            nodes = [NodeRow(number, bytes([number]) * 32) for number in range(4)]
            storage.write(
                batch(*every[first : first + 6], peers=peers, nodes=nodes if first == 0 else [])
            )
            # Then the next ones go to the other segment.
            wait_for(lambda number=number: checkpoints(storage).statistics.done > number)
        yield storage


def checkpoints(storage):
    return storage.store.writer.checkpoints


def ask(storage, query):
    return asyncio.run(storage.store.query_threads.run(query, DEADLINE))


def extend(storage, indexes, *, sealed=False, is_durable=lambda: True):
    """Extend the index of each file as far as possible; return the number of new granules."""

    def query(cursor):
        return sum(
            1
            for file in storage.store.files(0)
            for _ in range(COUNT)
            if indexes.extend(cursor, file, sealed=sealed, is_durable=is_durable)
        )

    return ask(storage, query)


def search(storage, indexes, selection, node, limit=COUNT, before=None):
    """The sequences that are found with the indexes, or without them."""

    def condition(file):
        clause, values = selection.where(file.alias)
        return clause + ("" if node is None else f" AND node = {node}"), values

    def query(cursor):
        find = indexes and (lambda file: indexes.candidates(cursor, file, selection, node))
        files = storage.store.files(0)
        rows = scan_newest(
            cursor, files, condition, limit, before, first_window=4, find_candidates=find
        )
        return [row.seq for row in rows]

    return ask(storage, query)


@pytest.mark.hypothesis
def test_a_search_with_indexes_has_the_answer_of_one_without(storage):
    indexes = SkipIndexes(granule_rows=4)
    # Some rows of each file have no granule yet.
    assert extend(storage, indexes) == 14

    @examples(0.4)
    @example(Selection(hash=HASH.hex()), None, COUNT, None)
    @given(SELECTIONS, NUMBERS, st.integers(0, COUNT), st.none() | st.integers(0, COUNT))
    def compare(selection, node, limit, before):
        assert search(storage, indexes, selection, node, limit, before) == search(
            storage, None, selection, node, limit, before
        )

    compare()
    # The comparison is not one of empty answers.
    assert len(search(storage, indexes, Selection(hash=HASH.hex()), None)) == 20
    assert search(storage, indexes, Selection(slot=3, types=(13,)), None)
    forget(storage, indexes)


VALUES = st.sampled_from(
    [
        ("type", "12"),
        ("slot", "2"),
        ("core", "1"),
        ("core", "+1"),
        ("event_type", "11"),
        ("node_id", "00" * 32),
        ("node_id", "01" * 32),
        ("node_id", "nobody"),
    ]
)
CONDITIONS = st.lists(
    st.lists(
        st.builds(
            lambda pair, operator: Condition(pair[0], operator, pair[1]),
            VALUES,
            st.sampled_from(["=", "=", "=", ">", "<="]),
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    max_size=2,
).map(tuple)


def scanned(cursor, files, wanted, indexes):
    """The rows of a scan."""
    install_functions(
        cursor,
        lambda directory, session: (1, 2, Dialect.STANDARD),
        lambda directory, session: None,
        lambda *event: "{}",
    )
    parts = scan_from(cursor, files, wanted, DuckDBPyRelation.fetchall, None, indexes=indexes)
    return [row for result, _ in parts for row in result]


@pytest.mark.hypothesis
def test_a_scan_of_a_view_with_indexes_has_the_rows_of_one_without(storage):
    indexes = SkipIndexes(granule_rows=4)
    extend(storage, indexes)
    files = storage.store.files(0)[::-1]

    @examples(0.3)
    @given(
        st.sampled_from(["events", "status", "best_block_changed"]),
        CONDITIONS,
        st.none() | st.integers(1, 9),
    )
    def compare(view, conditions, limit):
        known = {column.name for column in VIEWS[view].columns}
        kept = tuple(
            tuple(each for each in all_of if each.column in known) for all_of in conditions
        )
        order = () if limit is None else (("id", True),)
        wanted = Scan(view, ("id",), tuple(filter(None, kept)), order, limit)

        def query(cursor):
            return [scanned(cursor, files, wanted, given) for given in (indexes, None)]

        with_indexes, without = ask(storage, query)
        # Rows have an order only where the scan has one.
        assert sorted(with_indexes) == sorted(without)

    compare()
    forget(storage, indexes)


@pytest.mark.parametrize("view", ["session_log", "undecodable", "events"])
@pytest.mark.parametrize("limit", [None, 5])
def test_tables_without_an_index_are_scanned_whole(storage, view, limit):
    indexes, files = SkipIndexes(granule_rows=4), storage.store.files(0)[::-1]
    wanted = Scan(view, (VIEWS[view].columns[0].name,), limit=limit)

    found = ask(storage, lambda cursor: scanned(cursor, files, wanted, indexes))
    assert len(found) == (0 if view != "events" else limit or COUNT)


def test_the_condition_of_candidates_selects_their_rows():
    last, mask = np.array([3, 7, 11]), np.array([True, False, True])
    where = Candidates(last, mask).condition()
    assert where == (
        "seq >= 0 AND seq < 9223372036854775807 AND ((seq >= 0 AND seq < 4) "
        "OR (seq >= 8 AND seq < 9223372036854775807))"
    )
    assert (EVERY_ROW.condition(), NO_ROW.condition()) == ("true", "false")
    assert EVERY_ROW.spans(3, 9) == [(3, 9)]
    assert EVERY_ROW.spans(9, 9) == NO_ROW.spans(3, 9) == []


def forget(storage, indexes):
    for file in storage.store.files(0):
        indexes.forget(file)
        assert not file.index.exists()


def skipped(storage, indexes, selection):
    """The number of sequences that a search need not read, over all files."""

    def query(cursor):
        spans = [
            span
            for file in storage.store.files(0)
            for span in indexes.candidates(cursor, file, selection, None).spans(0, COUNT)
        ]
        return 2 * COUNT - sum(end - first for first, end in spans)

    return ask(storage, query)


def test_an_index_skips_rows_and_is_read_again_after_a_start(storage):
    indexes = SkipIndexes(granule_rows=4, least_rows=1)
    assert skipped(storage, indexes, Selection(types=(99,))) == 0
    assert extend(storage, indexes, sealed=True) == 16
    assert skipped(storage, indexes, Selection(types=(99,))) > COUNT
    assert skipped(storage, SkipIndexes(), Selection(types=(99,))) > COUNT
    # Nothing is left to do.
    assert extend(storage, indexes, sealed=True) == 0
    forget(storage, indexes)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-3],
        lambda data: data[:50] + b"\xff" + data[51:],
        lambda data: b"",
        lambda data: b"something else",
        lambda data: data + b"half a record",
    ],
)
def test_a_damaged_index_is_made_again_from_where_it_is_damaged(storage, damage):
    indexes = SkipIndexes(granule_rows=4)
    extend(storage, indexes)
    whole = {file: file.index.read_bytes() for file in storage.store.files(0)}
    for file, data in whole.items():
        file.index.write_bytes(damage(data))
    indexes = SkipIndexes(granule_rows=4)
    selection = Selection(types=(12,))
    assert search(storage, indexes, selection, None) == search(storage, None, selection, None)
    extend(storage, indexes)
    # What follows the last whole record is replaced by the next one.
    assert all(file.index.read_bytes().startswith(data) for file, data in whole.items())
    forget(storage, indexes)


@pytest.mark.parametrize("size", [None, 0, 60, 340])
def test_an_index_in_use_that_is_deleted_or_cut_is_made_again(storage, size):
    indexes = SkipIndexes(granule_rows=4, least_rows=1)
    extend(storage, indexes, sealed=True)
    whole = {file: file.index.read_bytes() for file in storage.store.files(0)}
    selection = Selection(hash=HASH.hex())
    expected = search(storage, None, selection, None)
    assert search(storage, indexes, selection, None) == expected
    for file in whole:
        if size is None:
            file.index.unlink()
        else:
            os.truncate(file.index, size)
    assert search(storage, indexes, selection, None) == expected
    assert extend(storage, indexes, sealed=True)
    assert {file: file.index.read_bytes() for file in whole} == whole
    assert search(storage, indexes, selection, None) == expected
    forget(storage, indexes)


def test_the_index_of_other_rows_is_not_used(storage):
    indexes = SkipIndexes(granule_rows=4)
    extend(storage, indexes)
    one, other = storage.store.files(0)
    shutil.copy(one.index, other.index)
    selection = Selection(types=(12,))
    fresh = SkipIndexes(granule_rows=4)
    assert search(storage, fresh, selection, None) == search(storage, None, selection, None)
    forget(storage, indexes)


def test_rows_that_may_not_be_in_the_file_get_no_granule(storage):
    indexes = SkipIndexes(granule_rows=4)
    assert extend(storage, indexes, is_durable=lambda: False) == 0
    # They are asked for again when the rows have been read.
    answers = iter([True, False] * COUNT * 2)
    assert extend(storage, indexes, is_durable=lambda: next(answers)) == 0
    assert not any(file.index.exists() for file in storage.store.files(0))
    assert extend(storage, indexes) == 14
    forget(storage, indexes)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=40),
    st.integers(-3, 150),
    st.integers(1, 200),
)
def test_spans_cover_the_candidates_of_a_window_and_lie_in_it(granules, first, length):
    last = np.cumsum([rows for rows, _ in granules]).astype(np.int64) - 1
    mask = np.array([each for _, each in granules], np.bool_)
    end = first + length
    spans = Candidates(last, mask).spans(first, end)
    assert len(spans) <= 8
    assert all(first <= begins < stops <= end for begins, stops in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    covered = {seq for begins, stops in spans for seq in range(begins, stops)}
    wanted = {
        seq
        for seq in range(first, end)
        if (index := int(np.searchsorted(last, seq))) == len(last) or mask[index]
    }
    assert wanted <= covered
    if len(spans) < 8:
        assert wanted == covered


def test_maintenance_makes_indexes_and_deletes_them_with_their_segments(tmp_path):
    with open_storage(tmp_path, file_hours=1, checkpoint_seconds=0.001) as storage:
        store = storage.store
        store.skip_indexes = SkipIndexes(granule_rows=4, least_rows=1)
        storage.write(batch(*rows()[:10], at=NOON))
        storage.write(batch(event(10, at=NOON + 3_600_000_000), at=NOON + 3_600_000_000))
        store.maintenance.stop()
        # A rotation that has begun may still start the other segment of the period.
        with store.writer.checkpoints.rotation_lock:
            old = [file for file in store.files(0) if file.period < NOON + 3_600_000_000]
        wait_for(lambda: not any(map(store.writer.uses, old)))
        while store.maintenance.extend_indexes():
            pass
        assert any(file.index.exists() for file in old)
        assert search(storage, store.skip_indexes, Selection(types=(10,)), None) != []
        assert store.delete_period(old, DEADLINE)
        assert not any("T12" in name for name in log_files(tmp_path))
