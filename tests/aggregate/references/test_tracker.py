"""``tart/aggregate/references/tracker.py``: open events, their limits and their ends."""

from __future__ import annotations

import pytest

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import DecodeContext
from tart.aggregate.references.tracker import ReferenceLimits
from tart.protocol.events import EventKind
from tart.query.core import log_histogram
from tart.units import HOUR_US, JCE_US
from tests.aggregate.batches import (
    aggregate,
    connection_batch,
    decode_contexts,
    event_batches,
    rows,
    troubled_network,
)
from tests.aggregate.node_script import HASH, NodeScript


def track(limits=None):
    """Return aggregates of a network whose connections are still open."""
    played = troubled_network()
    aggregates = Aggregates(decode_contexts(played).__getitem__, limits=limits)
    for batch in event_batches(played, 1000):
        aggregates.add(batch)
    return aggregates


def test_only_references_to_dropped_events_are_unresolved():
    facts = troubled_network().facts
    lost = [f for f in facts.sent if f["root"] is not None and f["root"]["told"] != "sent"]
    assert lost
    # JIP-3 has no event yet that the audit_id of these could name.
    audits = {
        EventKind.SENDING_BUNDLE_SHARD_REQUEST,
        EventKind.RECONSTRUCTING_BUNDLE,
        EventKind.BUNDLE_RECONSTRUCTED,
        EventKind.SENDING_BUNDLE_REQUEST,
    }
    unresolved = track().statistics()["references_unresolved"]
    assert unresolved == len([f for f in lost if f["type"] not in audits])


def test_open_events_of_a_connection_are_limited():
    aggregates = track(ReferenceLimits(per_session=3))
    assert aggregates.statistics()["references_evicted"] > 0
    assert aggregates.statistics()["open_references"] <= 3 * len(troubled_network().sessions)


def test_open_events_of_all_connections_are_limited():
    aggregates = track(ReferenceLimits(total=10))
    assert aggregates.statistics()["references_evicted"] > 0
    assert aggregates.statistics()["open_references"] <= 10


@pytest.mark.no_cover
def test_an_evicted_pipeline_is_written():
    count = len(rows(aggregate(troubled_network()), "packages"))
    aggregates = track(ReferenceLimits(per_session=3))
    aggregates.end_all_sessions()
    assert len(rows(aggregates, "packages")) == count


def test_no_event_of_an_ended_connection_is_open():
    aggregates = track()
    for session in range(len(troubled_network().sessions)):
        aggregates.end_session(session)
    assert aggregates.statistics()["open_references"] == 0


def test_an_announcement_stream_does_not_expire_and_ends_by_its_id():
    kind = EventKind.BLOCK_ANNOUNCEMENT_STREAM_OPENED, EventKind.BLOCK_ANNOUNCEMENT_STREAM_CLOSED
    opened = 0, kind[0], bytes(32) + b"\0"
    closed = HOUR_US, kind[1], (0).to_bytes(8, "little") + b"\0\0"
    aggregates = Aggregates(lambda session: DecodeContext(1, None))
    aggregates.add(connection_batch(opened))
    aggregates.expire(JCE_US + HOUR_US)
    aggregates.add(connection_batch(closed, first=1))
    (row,) = rows(aggregates, "latency")
    assert (row["parent"], row["type"], row["count"]) == (*kind, 1)
    assert log_histogram.middle_us(row["bin"]) == pytest.approx(HOUR_US, rel=0.1)
    assert aggregates.statistics()["open_references"] == 0


def test_a_reference_of_an_event_to_itself_is_unresolved():
    script = NodeScript()
    script.send("SendingGuarantee", built_id=0, recipient=HASH)
    assert script.aggregate().statistics()["references_unresolved"] == 1
