"""``tart/shard/state/peer_dictionary.py``: numbers of peer ids, up to a limit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.native.library import kernel
from tart.shard.state import peer_dictionary
from tart.shard.state.peer_dictionary import MAX_PEERS, NONE, PeerDictionary
from tests.native.kernels import needs_kernel

A, B, C = (bytes([number]) * 32 for number in range(3))


@pytest.fixture(params=["python", pytest.param("native", marks=needs_kernel)])
def build(request):
    native = kernel() if request.param == "native" else None
    return lambda *arguments: PeerDictionary(*arguments, native=native)


def numbers(peers, ids):
    return peers.numbers(b"".join(ids), 32 * np.arange(len(ids))).tolist()


def test_each_new_id_gets_the_next_number_and_keeps_it(build):
    peers = build({})
    assert numbers(peers, [A, B, A]) == [0, 1, 0]
    assert numbers(peers, [C, B]) == [2, 1]
    assert numbers(peers, []) == []
    assert peers.ids == [A, B, C]


def test_numbers_continue_after_the_stored_ones_in_spite_of_gaps(build):
    peers = build({0: B, 2: A})
    assert numbers(peers, [A, B, C]) == [2, 0, 3]
    assert peers.ids == [B, b"", A, C]


def test_beyond_the_limit_known_ids_keep_their_numbers_and_new_ones_get_none(build):
    peers = build({}, 2)
    assert numbers(peers, [A, B, C, A]) == [0, 1, NONE, 0]
    assert numbers(peers, [C, B]) == [NONE, 1]
    assert peers.ids == [A, B]


def test_a_stored_number_beyond_the_limit_is_left_out(build):
    assert build({0: A, MAX_PEERS: B}).ids == [A]


def test_truncated_ids_get_new_numbers(build):
    peers = build({0: A})
    assert numbers(peers, [B, C]) == [1, 2]
    peers.truncate(1)
    assert peers.ids == [A]
    assert numbers(peers, [C, A, B]) == [1, 0, 2]


def test_a_dictionary_is_full_at_its_limit_and_not_before(build):
    ids = [number.to_bytes(32, "big") for number in range(9_000)]
    peers = build({0: ids[0]}, 8_200)
    assert numbers(peers, ids[:7_000]) == list(range(7_000))
    assert numbers(peers, ids) == [*range(8_200), *[NONE] * 800]
    assert peers.ids == ids[:8_200]
    # A number is a place in ``ids``, however often it is looked up.
    assert numbers(peers, ids[5:10]) == [5, 6, 7, 8, 9]


steps = st.lists(
    st.one_of(
        st.lists(st.sampled_from([A, B, C, *map(bytes, [[9] * 32, [7] * 32])])), st.integers(0, 4)
    ),
    max_size=6,
)


@needs_kernel
@given(st.dictionaries(st.integers(0, 6), st.sampled_from([A, B, C]), max_size=3), steps)
def test_the_kernel_numbers_as_its_twin(known, given_steps):
    known = {
        number: peer_id
        for number, peer_id in known.items()
        if [*known.values()].count(peer_id) == 1
    }
    one, other = PeerDictionary(known, 5, None), PeerDictionary(known, 5, kernel())
    for step in given_steps:
        if isinstance(step, int):
            one.truncate(step)
            other.truncate(step)
        else:
            assert numbers(one, step) == numbers(other, step)
        assert one.ids == other.ids


@needs_kernel
def test_a_small_table_grows(monkeypatch):
    monkeypatch.setattr(peer_dictionary, "_FIRST_SLOTS", 2)
    ids = [number.to_bytes(32, "big") for number in range(100)]
    peers = PeerDictionary({}, 90, kernel())
    assert numbers(peers, ids) == [*range(90), *[NONE] * 10]
