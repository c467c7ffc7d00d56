"""Found by connection and id, against a dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.aggregate.references.open_references import NOWHERE, OpenReferences

ID_BITS = 44


def opened(roots, *told, received_at=0):
    """Roots of these rows and ids; their numbers are their ids' last bytes."""
    rows, ids = (np.array(each) for each in zip(*told, strict=True))
    ids = ids.astype(np.uint64)
    arrived = np.arange(opened.count, opened.count + len(told))
    opened.count += len(told)
    return roots.open(
        *(rows, ids, ids.astype(np.uint8), ids * 10, np.full(len(told), received_at), arrived)
    ).tolist()


opened.count = 0


def found(roots, row, *ids):
    return roots.find(np.full(len(ids), row), np.array(ids, np.uint64)).tolist()


def test_a_root_is_found_in_its_own_connection_only():
    roots = OpenReferences()
    one, other = opened(roots, (0, 5), (1, 5))
    assert found(roots, 0, 5, 6) == [one, NOWHERE]
    assert found(roots, 1, 5) == [other]
    assert found(roots, 2, 5) == [NOWHERE]
    assert (roots.number[one], roots.timestamp[one]) == (5, 50)


def test_what_is_closed_is_gone_and_its_place_free():
    roots = OpenReferences()
    (place,) = opened(roots, (0, 5))
    roots.linked[place] = object()
    roots.close(np.array([place]))
    assert found(roots, 0, 5) == [NOWHERE]
    assert (len(roots), roots.linked[place], roots.fullest()) == (0, None, (0, 0))
    assert opened(roots, (3, 8)) == [place]


def test_the_oldest_come_first():
    roots = OpenReferences()
    places = opened(roots, (0, 5), (1, 5), (0, 3), received_at=100)
    late = opened(roots, (0, 9), received_at=200)
    assert roots.of(0).tolist() == [places[0], places[2], *late]
    assert roots.before(200).tolist() == places
    assert roots.fullest() == (0, 3)
    mask = np.zeros(256, np.bool_)
    mask[[9, 3]] = True
    assert roots.numbered(mask).tolist() == [places[2], *late]


@pytest.mark.parametrize("together", [True, False])
def test_of_two_that_cannot_be_told_apart_the_newer_stays(together):
    roots = OpenReferences()
    far = 5 + (1 << ID_BITS)
    if together:
        older, newer = opened(roots, (0, 5), (0, far))
    else:
        (older,), (newer,) = opened(roots, (0, 5)), opened(roots, (0, far))
    assert found(roots, 0, 5, far) == [NOWHERE, newer]
    assert len(roots) == 1
    assert older == (NOWHERE if together else newer)


ids = st.integers(0, 6) | st.integers(0, 6).map(lambda each: each + (1 << ID_BITS))
steps = st.lists(
    st.tuples(st.sampled_from(["open", "close"]), st.lists(st.tuples(st.integers(0, 2), ids)))
)


@settings(max_examples=200)
@given(steps)
def test_it_holds_what_a_dictionary_would(told):
    roots, known = OpenReferences(), {}
    for what, each in told:
        if not each:
            continue
        if what == "open":
            opened(roots, *each)
            for row, event_id in each:
                for far in (event_id - (1 << ID_BITS), event_id + (1 << ID_BITS)):
                    known.pop((row, far), None)
                known[row, event_id] = True
        else:
            gone = {pair for pair in each if pair in known}
            places = [found(roots, row, event_id)[0] for row, event_id in gone]
            if places:
                roots.close(np.array(places))
            for pair in gone:
                del known[pair]
        assert len(roots) == len(known)
        for row in range(3):
            of_row = [event_id for at, event_id in known if at == row]
            assert sorted(roots._event_id[roots.of(row)].tolist()) == sorted(of_row)
            assert NOWHERE not in found(roots, row, *of_row)


def test_it_grows_as_needed():
    roots = OpenReferences()
    places = opened(roots, *[(row, row) for row in range(1000)])
    assert len(set(places)) == len(roots) == 1000
    assert found(roots, 999, 999) == [places[999]]
