"""``tart/aggregate/keyed/first_seen.py``: first sights, bounded."""

from tart.aggregate.keyed import first_seen as module
from tart.aggregate.keyed.first_seen import FirstSeen


def test_a_node_sees_a_block_once():
    sightings = FirstSeen()
    sightings.see(5, 1, b"a" * 32, 7, 62, 50)
    sightings.see(6, 1, b"a" * 32, 7, 43, 60)
    sightings.see(7, 2, b"a" * 32, 7, 43, 70)
    found = sightings.rows()
    assert (found["node"], found["seen_at"], found["type"]) == ([1, 2], [5, 7], [62, 43])


def test_what_was_flushed_is_still_known():
    sightings = FirstSeen()
    sightings.see(5, 1, b"a" * 32, 7, 62, 50)
    sightings.clear()
    sightings.see(6, 1, b"a" * 32, 7, 43, 60)
    assert sightings.rows()["node"] == []


def test_invented_hashes_push_out_the_oldest(monkeypatch):
    monkeypatch.setattr(module, "MAX_BLOCKS", 2)
    sightings = FirstSeen()
    for name in b"abca":
        sightings.see(5, 1, bytes([name]) * 32, 7, 62, 50)
    assert len(sightings.rows()["node"]) == 4  # the first came again


def test_rows_are_bounded_and_what_is_left_out_is_counted(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 1)
    sightings = FirstSeen()
    sightings.see(5, 1, b"a" * 32, 7, 62, 50)
    sightings.see(5, 2, b"a" * 32, 7, 62, 50)
    assert len(sightings.rows()["node"]) == 1
    assert sightings.overflowed == 1
