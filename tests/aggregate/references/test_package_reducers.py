"""``tart/aggregate/references/package_reducers.py``: inherited cores, guarantees sent."""

from __future__ import annotations

from collections import Counter

from tart.aggregate.aggregates import Aggregates
from tart.protocol.events import EventKind
from tests.aggregate.batches import (
    aggregate,
    decode_contexts,
    event_batches,
    rows,
    troubled_network,
)


def test_events_of_a_work_package_inherit_its_core():
    played = troubled_network()
    aggregates = Aggregates(decode_contexts(played).__getitem__)
    kinds = (EventKind.AUTHORIZED, EventKind.REFINED, EventKind.WORK_REPORT_BUILT)
    with_core: Counter = Counter()
    for batch in event_batches(played, 400):
        for index in aggregates.add(batch, contexts=True):
            if batch.columns.has_core[index]:
                with_core[int(batch.columns.type[index])] += 1
    counts = played.facts.counts()
    for kind in kinds:
        assert with_core[kind] > counts[kind] * 0.9, kind.variant


def test_events_of_sending_a_guarantee_are_counted_by_work_package():
    played = troubled_network()
    found = {
        column: sum(row[column] or 0 for row in rows(aggregate(played), "packages"))
        for column in ("sending", "sent", "send_failed")
    }
    counts = played.facts.counts()
    for column, kind in (
        ("sending", EventKind.SENDING_GUARANTEE),
        ("sent", EventKind.GUARANTEE_SENT),
        ("send_failed", EventKind.GUARANTEE_SEND_FAILED),
    ):
        # Those whose chain to the work-package was dropped are not counted.
        assert counts[kind] * 0.9 < found[column] <= counts[kind], column
