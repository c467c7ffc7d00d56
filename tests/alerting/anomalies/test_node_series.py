"""The figures of nodes by minute."""

from __future__ import annotations

from tart.alerting.anomalies.node_series import NODE_SERIES, MinuteRows, node_values
from tart.protocol.events import EventKind
from tart.query.core.log_histogram import middle_us


def test_nodes_that_sent_nothing_have_no_value_and_others_count_from_0() -> None:
    values = node_values(
        MinuteRows(
            events=[
                {"node": "a", "count": 5},
                {"node": "a", "count": 2},
                {"node": "b", "count": 1},
            ],
            counts=[{"node": "a", "type": EventKind.BEST_BLOCK_CHANGED, "count": 4}],
            failures=[{"node": "b", "count": 3}, {"node": "gone", "count": 3}],
            imports=[{"node": "a", "bin": 40, "count": 3}, {"node": "b", "bin": 40, "count": 2}],
            clocks=[{"node": "a", "offset_us": -1500}, {"node": "b", "offset_us": None}],
            statuses=[
                {"node": "a", "samples": 4, "sum_num_peers": 10},
                {"node": "b", "samples": 0, "sum_num_peers": None},
            ],
        )
    )
    assert values.keys() == {series.name for series in NODE_SERIES}
    assert values["events"] == {"a": 7, "b": 1}
    assert values["best_blocks"] == {"a": 4, "b": 0}
    assert values["failures"] == {"a": 0, "b": 3}
    assert values["import_ms"] == {"a": middle_us(40) / 1000}
    assert values["clock_offset_ms"] == {"a": -1.5}
    assert values["peers"] == {"a": 2.5}
