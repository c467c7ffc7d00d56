"""``tart/query/topics/preimages.py``: preimages and the nodes that have them."""

from __future__ import annotations

from tart.query.core.event_ids import event_api_id
from tart.query.core.rfc3339 import server_time
from tart.query.shard_queries.preimages import PreimageEvent
from tart.query.topics.preimages import PreimageRows, list_preimages, preimages
from tart.query.topics.requests import RequestRows
from tart.query.topics.time_series import Buckets
from tart.units import MINUTE_US, SECOND_US
from tests.gateway.fake_shard import NODE_A, NODE_B, NOON

HASH = "cc" * 32
BUCKETS = Buckets(0, MINUTE_US + 5, MINUTE_US)


def said(place, number, root=None, node=NODE_A, **fields):
    """An event ``place`` seconds after noon."""
    moment = NOON + place * SECOND_US
    return PreimageEvent(event_api_id(0, place), moment, node, 1, root, number, **fields)


def announced(place, node, *, local):
    return said(place, 191, node=node, hash=HASH, service=5, length=40, local=local)


FETCHED = [
    announced(0, NODE_A, local=True),
    announced(1, NODE_B, local=False),
    said(2, 193, root=2, node=NODE_B, hash=HASH),
    said(3, 194, root=3),
    said(4, 197, root=3, hash=HASH),
    said(5, 198, root=3, length=40),
    said(6, 198, root=2, node=NODE_B, length=40),
]


def test_a_preimage_is_announced_fetched_and_held():
    (found,) = list_preimages(FETCHED[::-1])
    assert (found["hash"], found["service"], found["length"]) == (HASH, 5, 40)
    assert (found["announcers"], found["hearers"]) == ([NODE_A], [NODE_B])
    assert (found["requests"], found["transfers"], found["failures"]) == (1, 1, 0)
    assert (found["fetchers"], found["holders"]) == ([NODE_B], sorted([NODE_A, NODE_B]))
    assert (found["spread_ms"], found["first_event"]) == (6000.0, FETCHED[0].id)


def test_a_node_that_discards_it_holds_it_no_longer():
    more = [
        said(7, 199, hash=HASH, length=40, reason="ProvidedOnChain"),
        said(8, 192, node=NODE_B, hash=HASH, reason="Other"),
    ]
    (found,) = list_preimages([*FETCHED, *more][::-1])
    assert found["holders"] == [NODE_B]
    assert (found["discarded"], found["forgotten"]) == ({"ProvidedOnChain": 1}, {"Other": 1})


def test_a_failure_counts_at_the_requester_and_an_unknown_request_nowhere():
    events = [
        said(2, 193, root=2, node=NODE_B, hash=HASH),
        said(3, 195, root=2, node=NODE_B, reason="gone"),
        said(4, 195, root=99, node=NODE_B, reason="gone"),
    ]
    (found,) = list_preimages(events[::-1])
    assert (found["requests"], found["failures"], found["spread_ms"]) == (1, 1, None)
    assert (found["service"], found["length"]) == (None, None)


def latency(parent, kind, count, node=NODE_A):
    return {"parent": parent, "type": kind, "bin": 40, "count": count, "node": node}


def test_totals_series_and_nodes():
    requests = RequestRows(
        counts=[{"type": 191, "count": 4}, {"type": 190, "count": 1}, {"type": 193, "count": 2}],
        durations=[],
        sent=[
            {"bucket": 0, "type": 191, "count": 4},
            {"bucket": MINUTE_US, "type": 199, "count": 3},
        ],
        served=[latency(194, 198, 2), latency(194, 195, 1)],
        failures=[
            {"node": NODE_A, "type": 190, "reason": "reset", "count": 1, "last_at": 1},
            {"node": NODE_A, "type": 195, "reason": "gone", "count": 1, "last_at": 1},
        ],
    )
    rows = PreimageRows(
        requests,
        counts=[
            {"node": NODE_A, "type": 191, "count": 4},
            {"node": NODE_B, "type": 193, "count": 2},
        ],
        fetched=[latency(193, 198, 1, NODE_B), latency(193, 195, 1, NODE_B)],
        status=[{"node": NODE_A, "num_preimages": 3, "preimages_size": 900, "seen_at": 5}],
    )
    body = preimages(rows, FETCHED[::-1], BUCKETS, 10, complete=True)
    assert body["totals"] == {
        "announced": 4,
        "announcements_failed": 1,
        "forgotten": 0,
        "discarded": 0,
        "transferred": 0,
        "stored": 3,
        "stored_bytes": 900,
    }
    assert body["series"] == {"announced": [4, 0], "forgotten": [0, 0], "discarded": [0, 3]}
    assert body["requests"]["kind"] == "preimage"
    assert [each["reason"] for each in body["requests"]["failures"]] == ["gone"]
    assert [each["reason"] for each in body["failures"]] == ["Preimage announcement failed: reset"]
    nodes = {row["node_id"]: row for row in body["nodes"]}
    assert (nodes[NODE_A]["stored"], nodes[NODE_A]["served"], nodes[NODE_A]["serve_failed"]) == (
        3,
        2,
        1,
    )
    assert (nodes[NODE_B]["stored"], nodes[NODE_B]["fetched"], nodes[NODE_B]["fetch_failed"]) == (
        *(None, 1, 1),
    )
    assert (nodes[NODE_B]["requested"], nodes[NODE_B]["status_at"]) == (2, None)
    assert body["read"] == {
        "events": 7,
        "since": server_time(NOON),
        "complete": True,
    }
