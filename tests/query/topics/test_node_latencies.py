"""``tart/query/topics/node_latencies.py``: steps of a node against those of all nodes."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.protocol.events import EventKind
from tart.query.core import log_histogram
from tart.query.core.event_ids import event_api_id
from tart.query.shard_queries.slow_steps import SlowStepRow
from tart.query.topics.node_latencies import (
    SERIES_BUCKETS,
    STEPS,
    latency_step_us,
    node_latencies,
    parse_step,
    slowest_steps,
)
from tart.units import DAY_US, MINUTE_US
from tests.query.topics.test_node_summary import BUCKETS, NOON, A

IMPORT = (EventKind.IMPORTING, EventKind.BLOCK_EXECUTED)
NAME = "Importing_to_BlockExecuted"


def row(number: int, count: int, bucket: int = 0, step: tuple[int, int] = IMPORT):
    parent, kind = step
    start = NOON + bucket * BUCKETS.step_us
    return {"bucket": start, "parent": parent, "type": kind, "bin": number, "count": count}


def middle(number: int) -> float:
    return round(log_histogram.middle_us(number) / 1000, 3)


def test_a_step_has_the_nodes_percentiles_and_those_of_the_network_by_bucket():
    own, network = [row(40, 2), row(60, 1, 1)], [row(40, 2), row(48, 20), row(60, 1, 1)]
    found = node_latencies(A, own, network, BUCKETS)
    (step,) = found["steps"]
    assert (step["step"], step["from"], step["to"]) == (NAME, "Importing", "BlockExecuted")
    assert (step["node"]["count"], step["network"]["count"]) == (3, 23)
    assert step["node"]["p50_ms"] == middle(40)
    assert step["network"]["p50_ms"] == middle(48)
    assert step["ratio"] == round(middle(40) / middle(48), 3)
    assert step["series"]["p50_ms"] == [middle(40), middle(60)]
    assert step["band"]["p10_ms"] == [middle(48), middle(60)]
    assert step["band"]["count"] == [22, 1]


def test_buckets_without_samples_have_no_percentiles():
    (step,) = node_latencies(A, [row(40, 1, 1)], [], BUCKETS)["steps"]
    assert step["series"]["count"] == [0, 1]
    assert step["series"]["p50_ms"] == [None, middle(40)]
    assert step["band"]["p90_ms"] == [None, None]
    assert step["ratio"] is None


def test_steps_of_the_node_come_the_most_frequent_first_and_no_others():
    rare = (EventKind.AUTHORING, EventKind.AUTHORED)
    other = (EventKind.AUTHORING, EventKind.BLOCK_EXECUTED)
    network = [row(40, 9, step=other)]
    found = node_latencies(A, [row(40, 1, step=rare), row(40, 2)], network, BUCKETS)
    assert [step["step"] for step in found["steps"]] == [NAME, "Authoring_to_Authored"]


def test_a_name_of_a_step_is_read_in_any_letter_case():
    assert parse_step(" importing_to_BLOCKexecuted", "step") == IMPORT
    assert STEPS[NAME] == IMPORT
    with pytest.raises(BadQuery, match=f"did you mean {NAME}"):
        parse_step("Importing_to_BlockExecute", "step")


def test_examples_have_the_ids_of_both_events():
    row = SlowStepRow(3, 10, 7, 2, 99, NOON, 5, None, 1500)
    found = slowest_steps(A, IMPORT, [row], searched=(NOON, NOON + 1))
    (example,) = found["examples"]
    assert (example["id"], example["from_id"]) == (event_api_id(3, 10), event_api_id(3, 7))
    assert (example["session"], example["event_id"]) == (event_api_id(3, 2), 99)
    assert (example["duration_ms"], example["slot"], example["core"]) == (1.5, 5, None)
    assert found["step"] == NAME


def test_a_window_has_about_sixty_buckets_of_whole_minutes():
    for minutes in (1, 60, 61, 1440):
        step = latency_step_us(minutes * MINUTE_US)
        assert step % MINUTE_US == 0
        assert minutes * MINUTE_US <= step * SERIES_BUCKETS
    assert latency_step_us(DAY_US) == 24 * MINUTE_US
