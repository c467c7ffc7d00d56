"""``tart/shard/queries/histogram.py``: counts by time under any conditions."""

from __future__ import annotations

import pytest

from tart.units import SECOND_US
from tests.shard.queries.test_handlers import A, asked, block, logged, stored
from tests.storage.running import NOON

STEP = 10 * SECOND_US


def histogram(root, **selection):
    answer = asked(root, "event_histogram", step_us=STEP, **selection)
    buckets = {
        ((start - NOON) // SECOND_US, number): count for start, number, count in answer["buckets"]
    }
    return buckets, dict(map(tuple, answer["nodes"]))


@pytest.fixture
def there(tmp_path):
    stored(
        tmp_path,
        *(block(seq, slot=7 if seq % 2 else 8, node=seq % 2) for seq in range(15)),
        logged(15, "SyncStatusChanged", synced=True),
        logged(16, "AuthoringFailed", authoring_id=3, reason="no"),
    )
    return tmp_path


def test_events_are_counted_by_bucket_and_type_and_by_node(there):
    buckets, nodes = histogram(there)
    assert buckets == {(0, 11): 10, (10, 11): 5, (10, 13): 1, (10, 41): 1}
    assert nodes == {"01" * 32: 10, "02" * 32: 7}


def test_conditions_and_the_window_select_what_is_counted(there):
    assert histogram(there, slot=7) == ({(0, 11): 5, (10, 11): 2}, {"02" * 32: 7})
    assert histogram(there, types=[13])[0] == {(10, 13): 1}
    assert histogram(there, node=A)[1] == {A: 10}
    assert histogram(there, node="09" * 32) == ({}, {})
    assert histogram(there, start_us=NOON + 12 * SECOND_US, end_us=NOON + 13 * SECOND_US)[0] == {
        (10, 11): 2
    }
