"""``tart/storage/core/links.py``: links of chains among columns of events."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.references import CHAIN_HASH_FIELDS
from tart.storage.core.links import LinkColumns, LinkIndex
from tart.storage.core.log_columns import LogColumns
from tests.storage.running import PEERS, event

# 124 names the hash of its subject, 125 refers to it.
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 9), st.sampled_from([120, 124, 125]), st.integers(0, 9)
    ),
    max_size=30,
)
KEYS = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=6)


def columns(events):
    session, event_id, kind, ref = zip(*events, strict=True) if events else ((),) * 4
    return LinkColumns(
        np.array(session, np.int32),
        np.array(event_id, np.uint64),
        np.array(kind, np.uint8),
        np.array(ref, np.uint64),
    )


@given(EVENTS, KEYS)
def test_events_are_found_by_their_id_and_by_their_subjects(events, keys):
    assert columns(events).find(keys).tolist() == [
        index
        for index, (session, event_id, kind, ref) in enumerate(events)
        if (session, event_id) in keys or (kind in CHAIN_HASH_FIELDS and (session, ref) in keys)
    ]


@given(EVENTS, KEYS)
def test_an_index_finds_the_same_events(events, keys):
    found = columns(events)
    index = LinkIndex(found)
    assert index.find(keys).tolist() == found.find(keys).tolist()
    own = {(session, event_id) for session, event_id, _, _ in events}
    assert index.present(keys) == (keys & own) | found.passed(keys)
    assert index.present(()) == set()


@given(EVENTS, KEYS)
def test_a_key_is_passed_where_its_session_has_a_smaller_id(events, keys):
    assert columns(events).passed(keys) == {
        (session, event_id)
        for session, event_id in keys
        if any(each[0] == session and each[1] < event_id for each in events)
    }


def test_an_event_without_a_reference_refers_to_itself():
    log = LogColumns.from_rows([event(0, event_id=7, type=120), event(1, type=125, ref=3)], PEERS)
    assert LinkColumns.of(log).ref.tolist() == [7, 3]
    assert LinkColumns.of(log, np.array([1])).ref.tolist() == [3]
