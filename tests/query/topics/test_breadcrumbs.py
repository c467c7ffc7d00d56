"""``tart/query/topics/breadcrumbs.py``: what a connection did before its failure."""

from __future__ import annotations

from typing import Any

from tart.query.topics.breadcrumbs import LAST_EVENTS, breadcrumbs, fields_summary
from tests.gateway.fake_shard import NODE_B, NOON, event

FAILED = 100
FAILURE = event(1, FAILED, at=NOON + FAILED * 1000, number=92, variant="WorkPackageFailed")


def earlier(number: int, **changes: Any) -> dict[str, Any]:
    return {**event(1, number, at=NOON + number * 1000), **changes}


def test_the_last_events_come_oldest_first_with_their_times() -> None:
    before = [FAILURE, *(earlier(number) for number in range(99, 50, -1))]
    found = breadcrumbs(FAILURE, before, [])
    assert [each["event_id"] for each in found] == list(range(100 - LAST_EVENTS, 100))
    assert [each["before_ms"] for each in found][-2:] == [2.0, 1.0]
    assert not any(each["is_related"] for each in found)
    assert found[0]["event_name"] == "BestBlockChanged"


def test_events_of_the_chain_come_too_however_early() -> None:
    found = breadcrumbs(
        FAILURE, [earlier(n) for n in range(70, 100)], [earlier(3), earlier(99), FAILURE]
    )
    assert [(each["event_id"], each["is_related"]) for each in found][:2] == [
        (3, True),
        (80, False),
    ]
    assert [(each["event_id"], each["is_related"]) for each in found][-1] == (99, True)


def test_events_after_it_of_other_connections_and_undecodable_ones_are_left_out() -> None:
    others = [
        earlier(101),
        earlier(7, session=1 << 9),
        earlier(8, node_id=NODE_B),
        earlier(9, event_type=None),
    ]
    assert breadcrumbs(FAILURE, others, others) == []


def test_fields_are_short_text() -> None:
    data = {
        "X": {
            "timestamp": 1,
            "slot": 7,
            "hash": "0x" + "ab" * 32,
            "peers": [1, 2],
            "outline": {"a": 1, "b": None},
            "is_new": True,
            "reason": "x" * 500,
        }
    }
    assert fields_summary(data).startswith(
        "slot=7 hash=0xabababab… peers=[2] outline={a=1 b=none} is_new=true reason=xxx"
    )
    assert len(fields_summary(data)) <= 200
    assert fields_summary({}) == ""
