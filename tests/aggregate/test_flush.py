"""``tart/aggregate/flush.py``: a new file is at the beginning."""

from tart.aggregate.flush import Flush, FlushState


def test_a_new_file_is_at_the_beginning_of_the_event_log():
    assert FlushState() == FlushState(flush=0, next_seq=0, replay_from_seq=0, taken_at=0)
    assert Flush(FlushState(), {}, []).state.next_seq == 0
