"""The figures of the network by minute."""

from __future__ import annotations

from tart.alerting.anomalies.network_series import (
    FAILURE_SHARE,
    NETWORK_SERIES,
    counts_by_minute,
    series_values,
    whole_minutes,
)
from tart.protocol.events import EventKind
from tart.units import MINUTE_US


def test_values_are_sums_of_their_types() -> None:
    values = series_values(
        {
            EventKind.AUTHORED: 3,
            EventKind.IMPORTING: 9,
            EventKind.BLOCK_VERIFICATION_FAILED: 3,
            EventKind.STATUS: 10,
        }
    )
    assert values["events"] == 25
    assert values["blocks_authored"] == 3
    assert values["failures"] == 3
    # Authored blocks and imports are attempts.
    assert values[FAILURE_SHARE] == 3 / 12
    assert values.keys() == {series.name for series in NETWORK_SERIES}
    assert FAILURE_SHARE not in series_values({EventKind.STATUS: 1})


def test_minutes_beside_a_gap_are_left_out() -> None:
    rows = [
        {"bucket": minute * MINUTE_US + part, "type": 10, "count": 1}
        for minute in (1, 2, 3, 5, 6, 7, 8)
        for part in (0, 10_000_000)
    ]
    minutes = counts_by_minute(rows)
    assert minutes[MINUTE_US] == {10: 2}
    assert [minute // MINUTE_US for minute in whole_minutes(minutes)] == [2, 6, 7]
