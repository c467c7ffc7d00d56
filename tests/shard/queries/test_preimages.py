"""``tart/shard/queries/preimages.py``: events about preimages, as the API has them."""

from __future__ import annotations

import msgspec
import pytest

from tart.query.core.rfc3339 import server_time
from tart.query.shard_queries.preimages import PreimageEvent
from tart.shard.queries.preimages import KINDS
from tests.aggregate.batches import troubled_network
from tests.shard.ingest.test_aggregator import told
from tests.shard.running import run


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """The events about preimages of a shard that was told everything, and as the API has them."""
    root = tmp_path_factory.mktemp("preimages")

    async def first(shard):
        told(shard, troubled_network().sessions)

    run(first, root)

    async def scenario(shard):
        whole = {"start_us": None, "end_us": None}
        mine = [
            await shard.ask("preimage_events", window=whole, limit=limit) for limit in (5000, 3, 0)
        ]
        theirs = await shard.ask(
            "events",
            limit=5001,
            types=list(KINDS),
        )
        return [msgspec.convert(each, list[PreimageEvent]) for each in mine], theirs

    return run(scenario, root)


def test_the_members_are_those_of_the_events_of_the_api(answers):
    (events, _, _), theirs = answers
    assert {event.type for event in events} >= {191, 193, 194, 195, 197, 198}
    assert len(events) == len(theirs)
    for event, other in zip(events, theirs, strict=True):
        (fields,) = other["data"].values()
        assert event == PreimageEvent(
            id=other["id"],
            received_us=event.received_us,
            node=other["node_id"],
            session=other["session"],
            root=other["context"]["root_event_id"],
            type=other["event_type"],
            hash=fields.get("hash", "").removeprefix("0x") or None,
            service=fields.get("service"),
            length=fields.get("length"),
            local=fields.get("announcer") == "Local",
            reason=fields.get("reason"),
        )
        assert server_time(event.received_us) == other["received_at"]
    assert any(event.local for event in events)


def test_a_shard_answers_with_one_more_than_the_answer_has(answers):
    (events, few, one), _ = answers
    assert few == events[:4]
    assert one == events[:1]
