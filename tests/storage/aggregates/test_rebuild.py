"""``tart/storage/aggregates/rebuild.py``: aggregates rebuilt from the event log are the same."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tart.aggregate.core.event_columns import EventColumns, array_types
from tart.errors import StartInterrupted
from tart.shard.ingest.aggregator import decode_context_for
from tart.shard.state.nodes import Nodes
from tart.storage.aggregates import rebuild
from tart.storage.aggregates.database import aggregate_file
from tart.storage.aggregates.rebuild import event_batch_from_rows
from tart.storage.core.log_columns import LogRow
from tart.storage.open_directory import SEQUENCE_LEAP
from tests.aggregate.batches import decode_contexts, event_batches, troubled_network
from tests.shard.ingest.test_aggregator import everything, told
from tests.shard.running import best, fake_node, framed, run
from tests.storage.running import batch, event, open_storage, write


async def total(shard):
    ((count,),) = await shard.ask("aggregate_sum", table="counts", by=[])
    return count


async def send(shard):
    told(shard, troubled_network().sessions)


async def aggregate(shard):
    told(shard, troubled_network().sessions)
    shard.ingest.flush_aggregates()


@pytest.fixture(scope="module")
def aggregated(tmp_path_factory):
    """A directory of a shard that counted the network; for copies."""
    root = tmp_path_factory.mktemp("aggregated")
    run(aggregate, root)
    return root


@pytest.fixture
def copied(aggregated, tmp_path):
    """A copy of that directory."""
    return shutil.copytree(aggregated, tmp_path, dirs_exist_ok=True)


@pytest.mark.usefixtures("copied")
def test_without_aggregates_the_whole_event_log_is_counted(tmp_path):
    aggregate_file(tmp_path, 0).path.unlink()
    assert run(total, tmp_path) == everything(troubled_network())


@pytest.mark.usefixtures("copied")
def test_damaged_aggregates_are_quarantined_and_rebuilt(tmp_path):
    path = aggregate_file(tmp_path, 0).path
    path.write_bytes(b"not a database" * 1000)
    assert run(total, tmp_path) == everything(troubled_network())
    assert list(path.parent.glob("aggregates.duckdb.corrupt-*"))


@pytest.mark.usefixtures("copied")
def test_aggregates_outlive_the_event_log(tmp_path):
    for path in (tmp_path / "00").glob("20*.duckdb*"):
        path.unlink()
    assert run(total, tmp_path) == everything(troubled_network())


@pytest.mark.usefixtures("copied")
def test_numbers_continue_from_the_aggregates_when_the_event_log_is_lost(tmp_path):
    for path in (tmp_path / "00").glob("20*.duckdb*"):
        path.unlink()
    run(send, tmp_path)
    assert run(total, tmp_path) == 2 * everything(troubled_network())


def test_an_adopted_directory_s_aggregates_catch_up(tmp_path):
    async def second(shard):
        told(shard, troubled_network().sessions)

    run(second, tmp_path, 1, 2)
    assert run(total, tmp_path, 0, 1) == everything(troubled_network())


def test_stored_rows_become_the_batch_that_they_arrived_in():
    batch = event_batches(troubled_network(), 3_000)[0]
    rows = [
        LogRow(
            seq=int(batch.columns.seq[at]),
            received_at=int(batch.columns.received_at[at]),
            timestamp=int(batch.columns.timestamp[at]),
            node=int(batch.columns.node[at]),
            session=int(batch.columns.session[at]),
            event_id=int(batch.columns.event_id[at]),
            type=int(batch.columns.type[at]),
            ref=int(batch.columns.ref[at]) if batch.columns.has_ref[at] else None,
            peer=None,
            slot=None,
            core=None,
            shard_index=None,
            body=batch.contents[at][9 + 8 * bool(batch.columns.has_ref[at]) :],
        )
        for at in range(len(batch))
    ]
    contexts = decode_contexts(troubled_network())
    again = event_batch_from_rows(rows, contexts.__getitem__)
    assert (again.contents, again.faults) == (batch.contents, [*batch.faults])
    assert np.array_equal(again.clean, batch.clean)
    for name in array_types(EventColumns):
        one, other = getattr(batch.columns, name), getattr(again.columns, name)
        where = batch.columns.has_ref if name == "ref" else slice(None)
        assert np.array_equal(one[where], other[where]), name


def test_a_rebuild_skips_a_gap_of_lost_numbers(tmp_path, monkeypatch):
    """As where a file of the newest period was put aside, and the other segment goes on."""
    run(send, tmp_path)
    with open_storage(tmp_path) as storage:
        last = storage.store.recovered[0].next_sequence - 1
    leapt = event(last + SEQUENCE_LEAP, at=0, node=0, session=0, event_id=10**6, slot=1)
    write(tmp_path, batch(leapt, at=0))
    aggregate_file(tmp_path, 0).path.unlink()
    steps = []
    looked = rebuild.scan_forward
    monkeypatch.setattr(
        rebuild,
        "scan_forward",
        lambda *given: (steps.append(each) or each for each in looked(*given)),
    )
    assert run(total, tmp_path) == everything(troubled_network()) + 1
    assert 2 <= len(steps) < 100


@pytest.mark.usefixtures("copied")
def test_an_interrupted_rebuild_continues_from_its_last_flush(tmp_path, monkeypatch):
    aggregate_file(tmp_path, 0).path.unlink()
    monkeypatch.setattr(rebuild, "_CHUNK", 1000)
    monkeypatch.setattr(rebuild, "_FLUSH_EVENTS", 2000)
    steps, limit = [], 5

    def progress(what, done, total):
        steps.append(done)
        if len(steps) > limit and "again" in what:
            raise StartInterrupted("told to stop")

    counted = 0
    while True:
        steps.clear()
        limit += 1
        try:
            run_with(tmp_path, progress)
        except StartInterrupted:
            counted += 1
            continue
        break
    assert counted > 2
    assert run(total, tmp_path) == everything(troubled_network())


def run_with(root, progress):
    nodes = Nodes()
    with open_storage(root) as storage:
        nodes.recover(storage.store.recovered[0])
        storage.store._progress = progress
        storage.store.catch_up(0, decode_context_for(nodes, 0))


@pytest.mark.parametrize("events", [0, 3], ids=["nothing else came", "events came after it"])
def test_a_refused_node_information_is_found_again_after_a_kill(tmp_path, events):
    async def refused(shard):
        shard.session(framed(b"\x07 no first message"))
        node = fake_node()
        for _ in range(events):
            shard.session(node.connect(), best(node, 1))
        await shard.settled()
        return await shard.ask("aggregate_sum", table="conformance", by=["rule", "session"])

    async def found(shard):
        return await shard.ask("aggregate_sum", table="conformance", by=["rule", "session"])

    # Nothing of it was flushed into the aggregates.
    before = run(refused, tmp_path)
    assert before
    assert sorted(run(found, tmp_path)) == sorted(before)
