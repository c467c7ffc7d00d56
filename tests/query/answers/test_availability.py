"""``tart/query/answers/availability.py``: figures have the members and values that it declares."""

from __future__ import annotations

from tart.protocol.events import EventKind
from tart.query.topics.availability import (
    FAILED,
    RECEIVED,
    SENT,
    TRANSFERRED,
    da_stats,
    da_stats_enhanced,
)
from tests.gateway.fake_shard import event
from tests.query.answers.checking import check
from tests.query.topics.test_availability import A, B, ended, status

INDEX = {"shard_index": 1, "type": SENT, "node": A, "count": 2}
REASON = {"node": A, "reason": "gone", "count": 2}
REQUESTS = [
    ended(RECEIVED, TRANSFERRED, 3),
    ended(RECEIVED, FAILED),
    ended(SENT, TRANSFERRED, node=B),
]
FAILURE = event(0, 1, number=FAILED, variant="ShardRequestFailed", fields={"reason": "gone"})


def test_stored_shards_and_preimages() -> None:
    check("DaStats", da_stats([], {}))
    check("DaStats", da_stats([status(A)], {EventKind.PREIMAGE_ANNOUNCED: 1}))


def test_requests_for_shards() -> None:
    check("DaStatsEnhanced", da_stats_enhanced([], {}, [], [], [], []))
    body = da_stats_enhanced([status(A)], {(A, SENT): 1}, REQUESTS, [INDEX], [REASON], [FAILURE])
    check("DaStatsEnhanced", body)
