"""``tart/storage/log/startup_progress.py``: nobody has to listen."""

from tart.storage.log.startup_progress import unheard


def test_who_does_not_listen_stops_nothing():
    assert unheard("opening files", 1, 2) is None
