"""Chains in the log, over segments and periods, however far apart."""

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.core.event_batch import DecodeContext
from tart.protocol.encoding import encode_event
from tart.protocol.events import EVENTS, leading_reference
from tart.protocol.references import Context
from tart.query.core.contexts import Chains, Link
from tart.storage.core.log_columns import LogColumns, LogRow
from tart.storage.core.schema import PeerRow, log_rows_query
from tart.storage.core.tail_cache import TailCache
from tart.storage.log.contexts import (
    LOOK_BACK,
    LookBack,
    contexts_from_tail,
    read_contexts,
    read_hashes,
)
from tests.cases import examples
from tests.storage.running import NOON, batch, event, open_storage, opened

HASH = bytes(range(32))
PEER = b"\x09" * 32


def logged(seq, number, *, session=0, event_id=None, **fields):
    """An event as it is stored."""
    layout = EVENTS[number].fields
    payload = encode_event(EVENTS[number].variant, 5, fields)[4 + 9 :]
    leads = leading_reference(layout) is not None
    return event(
        seq,
        at=NOON + seq * 1_000_000,
        session=session,
        event_id=seq if event_id is None else event_id,
        type=number,
        ref=int.from_bytes(payload[:8], "little") if leads else None,
        slot=None,
        body=payload[8:] if leads else payload,
    )


def block(seq):
    return logged(seq, 11, slot=seq, hash=HASH)


def request(seq, **more):
    return logged(seq, 120, guarantor=PEER, erasure_root=HASH, shard=1, **more)


def found(root, rows, *wanted, hourly=False, look_back=LOOK_BACK):
    """The contexts of the events with these sequences."""
    batches = [batch(row, at=row.received_at) for row in rows] if hourly else [batch(*rows)]
    batches[0].sessions += [opened(0), opened(1)]
    with open_storage(root, **({"file_hours": 1} if hourly else {})) as storage:
        storage.write(*batches)
        files = storage.store.files(0)
        listed = ", ".join(map(str, wanted))
        with closing(storage.store._database.cursor()) as cursor:
            rows = [
                LogRow(*each)
                for file in files
                for each in cursor.execute(
                    log_rows_query(file.alias, f"seq IN ({listed})")
                ).fetchall()
            ]
            assert len(rows) == len(wanted)
            return read_contexts(
                cursor, files, rows, lambda session: DecodeContext(1, 2), look_back
            )


@pytest.mark.parametrize("hourly", [False, True], ids=["one file", "files of an hour"])
def test_the_context_of_an_event_is_found_far_back(tmp_path, hourly):
    far = 5_000 if hourly else 50
    rows = [
        request(0),
        *map(block, range(1, far)),
        logged(far, 90, builder=PEER, bundle=False),
        logged(far + 1, 106, built_id=far + 9, recipient=PEER),
        logged(far + 2, 125, request_id=0),
        logged(far + 3, 98, submission_id=far, secondary=PEER),
    ]
    rows = rows[:1] + rows[1 :: 40 if hourly else 1][:-4] + rows[-4:] if hourly else rows
    contexts = found(
        tmp_path,
        rows,
        0,
        far,
        far + 1,
        far + 2,
        far + 3,
        hourly=hourly,
        look_back=LookBack(first_range=4),
    )
    assert contexts == {
        0: Context(0, HASH),
        far: Context(far),
        far + 1: Context(None),
        far + 2: Context(0, HASH),
        far + 3: Context(far),
    }


def test_a_context_beyond_the_look_back_is_unknown(tmp_path):
    look_back = LookBack(frames=40, first_range=4, longest_range=4)
    rows = [
        request(0),
        *map(block, range(1, 20)),
        logged(20, 163, sender=PEER, proofs=False),
        *map(block, range(21, 50)),
        logged(50, 123, request_id=0),
        logged(51, 164, request_id=20, reason="no"),
        logged(52, 164, request_id=0, reason="no"),
    ]
    contexts = found(tmp_path, rows, 50, 51, 52, look_back=look_back)
    # Where the reference itself is the root, it needs no looking for; its hash does.
    assert contexts == {50: Context(0), 51: Context(20), 52: Context(None)}


def test_contexts_of_many_events_are_read_together(tmp_path):
    rows = [request(seq) for seq in range(20)]
    rows += [logged(20 + seq, 125, request_id=seq) for seq in range(20)]
    contexts = found(tmp_path, rows, *range(20, 40))
    assert contexts == {20 + seq: Context(seq, HASH) for seq in range(20)}


def test_event_ids_that_differ_beyond_the_search_key_are_distinguished(tmp_path):
    far = 1 << 50
    rows = [
        request(0, event_id=7),
        logged(1, 121, event_id=far + 7, assurer=PEER),
        logged(2, 125, event_id=far + 9, request_id=far + 7),
        logged(3, 164, event_id=far + 10, request_id=far + 7, reason="no"),
    ]
    assert found(tmp_path, rows, 2, 3) == {2: Context(far + 7), 3: Context(None)}


def tail_of(*rows, **limits):
    tail = TailCache(**limits)
    for row in rows:
        tail.add([LogColumns.from_rows([row], [PEER])], 1)
    return tail


def test_contexts_from_memory_are_complete_or_none():
    def contexts(row, *cached):
        return contexts_from_tail([row], tail_of(*cached), {0: DecodeContext(1, 2)}.__getitem__)

    above, other, row = request(0), logged(1, 123, request_id=9), logged(2, 125, request_id=0)
    assert contexts(row) is None
    assert contexts(row, row) is None
    assert contexts(row, other, row) is None
    assert contexts(row, above, other, row) == {2: Context(0, HASH)}
    # An event before the one that is referred to shows that it is not stored.
    after = logged(9, 125, request_id=5)
    assert contexts(after, row, after) == {9: Context(5)}
    assert contexts(block(3), block(3)) == {3: Context(None)}


KINDS = st.sampled_from(
    [
        lambda seq, ref, **more: request(seq, **more),
        lambda seq, ref, **more: logged(seq, 121, assurer=PEER, **more),
        lambda seq, ref, **more: logged(
            seq, 124, request_id=ref, erasure_root=HASH, shard=1, **more
        ),
        lambda seq, ref, **more: logged(seq, 125, request_id=ref, **more),
        lambda seq, ref, **more: logged(seq, 90, builder=PEER, bundle=False, **more),
        lambda seq, ref, **more: logged(seq, 106, built_id=ref, recipient=PEER, **more),
        lambda seq, ref, **more: logged(seq, 98, submission_id=ref, secondary=PEER, **more),
    ]
)


@pytest.mark.slow
@examples(0.16)
@given(
    st.lists(st.tuples(KINDS, st.integers(0, 1), st.integers(1, 12)), min_size=1, max_size=30),
    st.integers(1, 9),
    st.integers(0, 30),
)
def test_contexts_are_the_same_however_they_are_read(tmp_path_factory, events, size, cached):
    ids, rows = [3, 3], []
    for seq, (make, session, back) in enumerate(events):
        ids[session] += 1 + back % 2
        event_id = ids[session]
        rows.append(make(seq, max(0, event_id - back), session=session, event_id=event_id))
    root = tmp_path_factory.mktemp("contexts")
    wanted = rows[::-2]
    whole = Chains(wanted)
    whole.learn(map(Link.of, rows))
    decode_context = dict.fromkeys((0, 1), DecodeContext(1, 2)).__getitem__
    expected = whole.contexts(read_hashes(rows, decode_context))
    first = batch(*rows, sessions=[opened(0), opened(1)], peers=[PeerRow(0, PEER)])
    with open_storage(root, start_maintenance=False) as storage:
        storage.write(first)
        files = storage.store.files(0)
        with closing(storage.store._database.cursor()) as cursor:
            for look_back in (LOOK_BACK, LookBack(first_range=size, longest_range=size)):
                links = {"limit_bytes": cached}
                tails = (
                    None,
                    tail_of(*rows[-cached:]) if cached else None,
                    tail_of(*rows),
                    tail_of(*rows, **links),
                    tail_of(*rows, **links, link_bytes=size * 300),
                )
                for tail in tails:
                    contexts = read_contexts(cursor, files, wanted, decode_context, look_back, tail)
                    assert contexts == expected


def test_an_event_that_no_longer_decodes_has_no_hash(tmp_path):
    broken = request(0)._replace(body=b"\x01", peer=None, shard_index=None)
    assert found(tmp_path, [broken, logged(1, 125, request_id=0)], 1) == {1: Context(0)}
