"""``tart/aggregate/keyed/first_seen.py``: first sights, bounded."""

from tart.aggregate.keyed.first_seen import FirstSeen


def test_a_node_has_one_row_for_a_block():
    first_seen = FirstSeen()
    first_seen.add(5, 1, b"a" * 32, 7, 62, 50)
    first_seen.add(6, 1, b"a" * 32, 7, 43, 60)
    first_seen.add(7, 2, b"a" * 32, 7, 43, 70)
    found = first_seen.rows()
    assert (found["node"], found["seen_at"], found["type"]) == ([1, 2], [5, 7], [62, 43])


def test_a_block_seen_before_a_flush_gives_no_row_after_it():
    first_seen = FirstSeen()
    first_seen.add(5, 1, b"a" * 32, 7, 62, 50)
    first_seen.clear()
    first_seen.add(6, 1, b"a" * 32, 7, 43, 60)
    assert first_seen.rows()["node"] == []


def test_hashes_beyond_the_limit_replace_the_oldest():
    first_seen = FirstSeen(max_blocks=2)
    for name in b"abca":
        first_seen.add(5, 1, bytes([name]) * 32, 7, 62, 50)
    assert len(first_seen.rows()["node"]) == 4  # the first came again


def test_rows_of_first_seen_beyond_the_limit_are_counted():
    first_seen = FirstSeen(max_rows=1)
    first_seen.add(5, 1, b"a" * 32, 7, 62, 50)
    first_seen.add(5, 2, b"a" * 32, 7, 62, 50)
    assert len(first_seen.rows()["node"]) == 1
    assert first_seen.overflowed == 1
