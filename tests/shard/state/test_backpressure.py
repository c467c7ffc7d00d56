"""``tart/shard/state/backpressure.py``: reading is allowed while no reason holds."""

import pytest

from tart.shard.state.backpressure import Backpressure


@pytest.fixture
def backpressure():
    return Backpressure()


@pytest.fixture
def changes(backpressure):
    """What observers saw: whether reading was allowed."""
    seen = []
    backpressure.subscribe(lambda: seen.append(backpressure.reading_allowed))
    return seen


def test_reading_resumes_only_when_no_reason_holds(backpressure, changes):
    backpressure.set_shortage("disk")
    backpressure.set_buffer_full(True)
    assert backpressure.reason == "disk"
    backpressure.set_shortage("")
    assert (backpressure.reason, backpressure.reading_allowed) == ("buffer", False)
    backpressure.set_shortage("memory")
    backpressure.set_buffer_full(False)
    assert backpressure.reason == "memory"
    backpressure.set_shortage("")
    assert (backpressure.reason, backpressure.reading_allowed) == (None, True)
    assert changes == [False, True]


def test_repeated_reports_of_one_state_notify_nobody(backpressure, changes):
    backpressure.set_buffer_full(False)
    backpressure.set_buffer_full(True)
    backpressure.set_buffer_full(True)
    assert changes == [False]


def test_an_unknown_shortage_is_an_error(backpressure):
    with pytest.raises(ValueError, match="paper"):
        backpressure.set_shortage("paper")
