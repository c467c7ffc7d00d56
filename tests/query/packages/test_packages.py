"""``tart/query/packages/packages.py``: durations, shares and means of packages."""

from __future__ import annotations

from collections import Counter

from tart.query.packages import packages


def test_pairs_without_samples_have_no_percentiles():
    durations = {"received_to_authorized": Counter({40: 3}), "authorized_to_refined": Counter()}
    shown = packages.all_percentiles(durations)
    assert shown.keys() == {"received_to_authorized"}
    assert shown["received_to_authorized"]["sample_count"] == 3
    assert packages.percentiles({}) is None


def test_nothing_has_no_share_and_no_mean():
    assert packages.share(0, 0) is packages.mean_ms(0, 0) is None
