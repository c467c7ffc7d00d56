"""``tart/shard/state/peer_dictionary.py``: numbers of peer ids, up to a limit."""

from tart.shard.state.peer_dictionary import MAX_PEERS, NONE, PeerDictionary

A, B, C = (bytes([number]) * 32 for number in range(3))


def test_each_new_id_gets_the_next_number_and_keeps_it():
    peers = PeerDictionary({})
    assert peers.numbers([A, B, A]).tolist() == [0, 1, 0]
    assert peers.numbers([C, B]).tolist() == [2, 1]
    assert peers.numbers([]).tolist() == []
    assert peers.ids == [A, B, C]


def test_numbers_continue_after_the_stored_ones_in_spite_of_gaps():
    peers = PeerDictionary({0: A, 2: B})
    assert peers.numbers([B, A, C]).tolist() == [2, 0, 3]
    assert peers.ids == [A, b"", B, C]


def test_beyond_the_limit_known_ids_keep_their_numbers_and_new_ones_get_none():
    peers = PeerDictionary({}, max_peers=2)
    assert peers.numbers([A, B, C, A]).tolist() == [0, 1, NONE, 0]
    assert peers.numbers([C, B]).tolist() == [NONE, 1]
    assert peers.ids == [A, B]


def test_a_stored_number_beyond_the_limit_is_left_out():
    assert PeerDictionary({0: A, MAX_PEERS: B}).ids == [A]
