"""``tart/shard/ingest/live_batch.py``: a batch as filters and clients see it."""

import orjson

from tart.ipc.messages import Subscribe
from tart.query.core.query import Rendering
from tart.shard.ingest import live_batch
from tests.shard.ingest.test_live_streams import ALL, Recorder
from tests.shard.running import HASH, best, fake_node, run

HEX = Rendering("hex", "number")


def batch_of(shard):
    """The batch of three events of one node, as the subscriptions are offered it."""
    batches = []
    shard.streams.subscribe(Recorder(), Subscribe(1, ALL))
    shard.streams.publish = lambda rows, ids, encode: batches.append((rows, ids, encode))
    node = fake_node(3)
    # In one read: a busy machine may decode between two.
    shard.session(node.connect(), best(node, 2) + best(node, 3) + best(node, 4))
    shard.ingest.decode_received()
    (batch,) = batches
    return batch


def test_filters_get_columns_and_clients_the_rendering_that_they_want(tmp_path):
    async def scenario(shard):
        rows, ids, encode = batch_of(shard)
        assert (rows.node_ids, rows.slots, rows.cores) == (["03" * 32] * 3, [2, 3, 4], [None] * 3)
        texts = encode([0, 2], HEX)
        assert {index: orjson.loads(text)["id"] for index, text in texts.items()} == {
            0: ids[0],
            2: ids[2],
        }
        arrays = encode([1, 2], Rendering("array", "string"))
        assert list(arrays) == [1, 2]
        assert orjson.loads(arrays[2])["event"]["BestBlockChanged"]["hash"] == list(HASH)

    run(scenario, tmp_path)


def test_an_event_that_cannot_be_written_is_left_out_and_counted(tmp_path, monkeypatch):
    async def scenario(shard):
        _, ids, encode = batch_of(shard)
        dumps = live_batch.dumps_event

        def fail(event, rendering):
            if event["id"] == ids[1]:
                raise ValueError("injected")
            return dumps(event, rendering)

        monkeypatch.setattr(live_batch, "dumps_event", fail)
        assert list(encode([0, 1, 2], HEX)) == [0, 2]
        assert shard.ingest.aggregator.isolation.failures["live"] == 1

    run(scenario, tmp_path)
