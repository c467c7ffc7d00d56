"""``tart/storage/core/skip_index.py``: no granule is left out that has a row with the key."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.storage.core.skip_index import (
    HASH_BYTES,
    MARK,
    KeyKind,
    SkipIndex,
    make_granule,
    make_keys,
    minimizers,
)

ANY = (0, 10)


def index_of(*granules):
    return SkipIndex(MARK + b"".join(granule.encode() for granule in granules))


def found(index, *wanted, **times):
    return index.candidates(wanted, **times).tolist()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.binary(max_size=90), max_size=8),
    st.integers(0, 8),
    st.integers(0, 100),
)
def test_32_bytes_of_a_body_have_a_minimizer_of_the_body_wherever_they_are(bodies, which, offset):
    every = minimizers(bodies)
    for body in bodies[which : which + 1]:
        part = body[offset : offset + HASH_BYTES]
        if len(part) == HASH_BYTES:
            assert len(minimizers([part])) == 1
            assert np.isin(minimizers([part]), every).all()


def test_bodies_that_are_shorter_than_a_hash_have_no_keys():
    assert minimizers([]).tolist() == minimizers([b"", bytes(31)]).tolist() == []
    # A hash is not found across two bodies.
    two = [bytes(range(31)), bytes(range(31, 80))]
    assert not np.isin(minimizers([bytes(range(10, 42))]), minimizers(two)).any()


@pytest.mark.no_cover
@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(KeyKind), st.lists(st.integers(0, 2**32), max_size=40)))
def test_every_value_of_a_granule_is_found(values):
    granule = make_granule(7, 3, ANY, {KeyKind.TYPE: [], **values})
    index = index_of(granule, granule)
    for kind, numbers in values.items():
        for number in numbers:
            assert found(index, make_keys(kind, [number])) == [True, True]


def test_most_values_that_no_row_has_are_not_found():
    index = index_of(make_granule(7, 3, ANY, {KeyKind.NODE: range(5000)}))
    wrong = sum(found(index, make_keys(KeyKind.NODE, [5000 + number]))[0] for number in range(2000))
    # The same numbers of another column are other keys.
    wrong += sum(found(index, make_keys(KeyKind.CORE, [number]))[0] for number in range(2000))
    assert wrong < 40


def test_a_row_has_one_key_of_each_list_and_lies_in_the_window():
    index = index_of(
        make_granule(9, 1, (0, 10), {KeyKind.TYPE: [1, 2], KeyKind.NODE: [1]}),
        make_granule(12, 1, (8, 30), {KeyKind.TYPE: [2, 3], KeyKind.NODE: [2]}),
    )
    one, either, node = (
        make_keys(KeyKind.TYPE, [1]),
        make_keys(KeyKind.TYPE, [1, 3]),
        make_keys(KeyKind.NODE, [2]),
    )
    assert found(index) == [True, True]
    assert found(index, one) == [True, False]
    assert found(index, either) == [True, True]
    assert found(index, either, node) == [False, True]
    assert found(index, make_keys(KeyKind.TYPE, [])) == [False, False]
    assert found(index, start_us=11) == [False, True]
    assert found(index, start_us=10, end_us=10) == [True, True]
    assert found(index, end_us=7) == [True, False]


def test_granules_come_back_as_they_were_encoded():
    index = index_of(
        *(make_granule(at, at + 1, (at, at * 2), {KeyKind.TYPE: []}) for at in range(3))
    )
    assert index.last.tolist() == [0, 1, 2]
    assert index.rows.tolist() == [1, 2, 3]
    assert (index.first_at.tolist(), index.last_at.tolist()) == ([0, 1, 2], [0, 2, 4])


def test_an_index_ends_before_the_first_record_that_is_cut_short_or_changed():
    records = [make_granule(at, 1, ANY, {KeyKind.TYPE: [at]}).encode() for at in range(3)]
    data = MARK + b"".join(records)
    ends = np.cumsum([len(MARK), *map(len, records)])
    for size in range(len(data)):
        index = SkipIndex(data[:size])
        assert len(index) == max(0, (ends <= size).sum() - 1)
        assert index.size == (ends[len(index)] if size >= len(MARK) else 0)
        damaged = bytearray(data)
        damaged[size] ^= 0x10
        assert len(SkipIndex(bytes(damaged))) == max(0, (ends <= size).sum() - 1)
    assert len(SkipIndex(data)) == 3


@pytest.mark.parametrize("data", [b"", b"tart", bytes(500)])
def test_another_file_is_an_empty_index(data):
    index = SkipIndex(data)
    assert (len(index), index.size, found(index)) == (0, 0, [])
