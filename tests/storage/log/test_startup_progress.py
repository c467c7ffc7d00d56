"""``tart/storage/log/startup_progress.py``: progress may be ignored."""

from tart.storage.log.startup_progress import ignore_progress


def test_ignored_progress_does_not_end_the_start():
    assert ignore_progress("opening files", 1, 2) is None
