"""``tart/storage/log/startup_progress.py``: nobody has to listen."""

from tart.storage.log.startup_progress import ignore_progress


def test_who_does_not_listen_stops_nothing():
    assert ignore_progress("opening files", 1, 2) is None
