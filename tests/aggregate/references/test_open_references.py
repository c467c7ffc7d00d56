"""``tart/aggregate/references/open_references.py``: open events by connection and id."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.references.open_references import NEVER, NO_ENTRY, RING, OpenReferences
from tests.cases import examples


def open_events(references, *pairs, received_at=0):
    """Open events with these rows and ids; their types are the last bytes of their ids."""
    rows, ids = (np.array(each) for each in zip(*pairs, strict=True))
    ids = ids.astype(np.uint64)
    arrived = np.arange(open_events.count, open_events.count + len(pairs))
    open_events.count += len(pairs)
    return references.add(
        rows,
        ids,
        ids.astype(np.uint8),
        ids * 10,
        np.full(len(pairs), received_at),
        arrived,
    ).tolist()


open_events.count = 0


def find(references, row, *ids):
    return references.find(np.full(len(ids), row), np.array(ids, np.uint64)).tolist()


def test_an_open_event_is_found_in_its_own_connection_only():
    references = OpenReferences()
    one, other = open_events(references, (0, 5), (1, 5))
    assert find(references, 0, 5, 6) == [one, NO_ENTRY]
    assert find(references, 1, 5) == [other]
    assert find(references, 2, 5) == [NO_ENTRY]
    assert (references.number[one], references.timestamp[one]) == (5, 50)


def test_a_closed_event_is_not_found_and_its_entry_is_reused():
    references = OpenReferences()
    (entry,) = open_events(references, (0, 5))
    references.expect_subjects(np.array([entry]))
    references.subjects[entry] = object()
    references.set_hashes(np.array([NO_ENTRY, entry]), np.ones((2, 32), np.uint8))
    assert references.has_hash[entry]
    references.remove(np.array([entry]))
    assert find(references, 0, 5) == [NO_ENTRY]
    assert (len(references), references.subjects[entry], references.fullest()) == (0, None, (0, 0))
    assert open_events(references, (3, 8)) == [entry]
    assert not references.has_hash[entry]


def test_entries_are_listed_oldest_first():
    references = OpenReferences()
    entries = open_events(references, (0, 5), (1, 5), (0, 3), received_at=100)
    late = open_events(references, (0, 9), received_at=200)
    assert references.of_row(0).tolist() == [entries[0], entries[2], *late]
    assert references.before(200).tolist() == entries
    assert references.fullest() == (0, 3)
    mask = np.zeros(256, np.bool_)
    mask[[9, 3]] = True
    assert references.of_kinds(mask).tolist() == [entries[2], *late]


@pytest.mark.parametrize("together", [True, False])
def test_an_event_whose_place_another_takes_stays_open(together):
    references = OpenReferences()
    ids = [5, 5 + RING, 5 + 2 * RING, 5 + 2**60]
    if together:
        entries = open_events(references, *[(0, each) for each in ids])
    else:
        entries = [open_events(references, (0, each))[0] for each in ids]
    assert find(references, 0, *ids) == entries
    references.remove(np.array(entries[1:3]))
    assert find(references, 0, *ids) == [entries[0], NO_ENTRY, NO_ENTRY, entries[3]]
    assert find(references, 1, *ids) == [NO_ENTRY] * 4
    assert len(references) == 2


ids = st.integers(0, 6) | st.integers(0, 6).map(lambda each: each + RING)
steps = st.lists(
    st.tuples(st.sampled_from(["open", "close"]), st.lists(st.tuples(st.integers(0, 2), ids)))
)


@pytest.mark.no_cover
@examples(1)
@given(steps)
def test_open_references_behave_like_a_dictionary(actions):
    references, known = OpenReferences(), {}
    for action, pairs in actions:
        if not pairs:
            continue
        if action == "open":
            open_events(references, *pairs)
            known |= dict.fromkeys(pairs)
        else:
            gone = {pair for pair in pairs if pair in known}
            entries = [find(references, row, event_id)[0] for row, event_id in gone]
            if entries:
                references.remove(np.array(entries))
            for pair in gone:
                del known[pair]
        assert len(references) == len(known)
        for row in range(3):
            of_row = [event_id for at, event_id in known if at == row]
            assert sorted(references._event_id[references.of_row(row)].tolist()) == sorted(of_row)
            assert NO_ENTRY not in find(references, row, *of_row)


def test_the_first_position_of_an_entry_counts():
    references = OpenReferences()
    one, other, third = open_events(references, (0, 1), (0, 2), (0, 3))
    for _ in range(2):
        found = references.first_positions(
            np.array([other, one, other]), np.array([7, 4, 5]), np.array([other, third, NO_ENTRY])
        )
        assert found.tolist() == [5, NEVER, NEVER]


def test_open_references_grow_beyond_their_first_capacity():
    references = OpenReferences()
    entries = open_events(references, *[(row, row) for row in range(1000)])
    assert len(set(entries)) == len(references) == 1000
    assert find(references, 999, 999) == [entries[999]]
