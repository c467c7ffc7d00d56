"""``tart/shard/queries/history.py``: single events, traces and exports, from real files."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tart.errors import BadQuery
from tart.protocol import capture
from tart.protocol.capture import CaptureReader, Record
from tart.query.core.event_ids import event_api_id
from tart.query.sql.exports import CSV_COLUMNS, ExportMerger
from tart.shard.queries import history
from tests.shard.running import HASH, best, fake_node, framed, run


async def told(shard, node, *data):
    """A session in which a node says this, committed."""
    session = shard.session(node.connect(), *data)
    await shard.settled()
    return session


async def exported(shard, form, **parameters):
    """(bytes, openings) of a whole export, page by page."""
    merger, found = ExportMerger(), []
    after = None
    while True:
        answer = await shard.ask("export", format=form, after=after, **parameters)
        json.dumps(answer.value)
        merger.add(0, answer.value["parts"], answer.data)
        found += merger.pop_ready()
        after = merger.next_positions()
        if not after:
            return found, merger.openings


# --- One event -------------------------------------------------------------------------


def test_an_event_has_its_bytes_as_received(tmp_path):
    async def scenario(shard):
        node = fake_node()
        sent = node.event("AuthoringFailed", 7, authoring_id=9, reason="no")[1]
        await told(shard, node, sent)
        found = await shard.ask("event", id=event_api_id(0, 0))
        assert found["data"]["AuthoringFailed"]["reason"] == "no"
        assert found["raw"] == {
            "frame": "0x" + sent.hex(),
            "payload": "0x" + sent[13:].hex(),
        }
        assert "undecodable" not in found

    run(scenario, tmp_path)


def test_raw_bytes_are_hex_in_both_byte_encodings(tmp_path):
    async def scenario(shard):
        node = fake_node()
        await told(shard, node, best(node, 5))
        found = await shard.ask("event", id=0, bytes="array")
        assert found["data"]["BestBlockChanged"]["hash"] == list(HASH)
        assert found["raw"]["payload"].startswith("0x")

    run(scenario, tmp_path)


def test_an_undecodable_frame_is_returned_with_its_rule(tmp_path):
    async def scenario(shard):
        node = fake_node()
        content = bytes(8) + b"\x0b" + b"short"
        await told(shard, node, framed(content))
        found = await shard.ask("event", id=0)
        assert found["undecodable"]["rule"] == "truncated"
        assert found["raw"]["frame"] == "0x" + framed(content).hex()
        assert (found["node_id"], found["event_id"], found["data"]) == ("01" * 32, 0, {})

    run(scenario, tmp_path)


@pytest.mark.parametrize("name", ["event", "trace"])
@pytest.mark.parametrize("api_id", [event_api_id(0, 5), event_api_id(3, 0)])
def test_an_unknown_event_is_none(tmp_path, name, api_id):
    async def scenario(shard):
        node = fake_node()
        await told(shard, node, best(node, 5))
        assert await shard.ask(name, id=api_id) is None

    run(scenario, tmp_path)


def test_a_trace_is_a_tree_of_events(tmp_path):
    async def scenario(shard):
        node = fake_node()
        await told(
            shard,
            node,
            node.event("Authoring", 1, slot=1, parent=HASH)[1],
            best(node, 3),
            node.event("AuthoringFailed", 2, authoring_id=0, reason="no")[1],
        )
        for sequence in (0, 2):
            found = await shard.ask("trace", id=event_api_id(0, sequence))
            assert [
                (each["event_id"], each["parent"], each["depth"]) for each in found["events"]
            ] == [(0, None, 0), (2, event_api_id(0, 0), 1)]
            assert (found["root"], found["missing_ref"], found["truncated"]) == (0, None, False)

    run(scenario, tmp_path)


# --- Exports ---------------------------------------------------------------------------


def test_an_export_has_all_events_however_small_its_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "PAGE_ROWS", 3)
    monkeypatch.setattr(history, "_RANGE_SIZE", 4)

    async def scenario(shard):
        node = fake_node()
        await told(shard, node, *(best(node, slot) for slot in range(20)))
        found, _ = await exported(shard, "ndjson")
        events = [json.loads(each.text) for each in found]
        assert [each["data"]["BestBlockChanged"]["slot"] for each in events] == list(range(20))
        found, _ = await exported(shard, "ndjson", types=[11], slot=7)
        assert [json.loads(each.text)["event_id"] for each in found] == [7]
        found, _ = await exported(shard, "ndjson", node="09" * 32)
        assert found == []

    run(scenario, tmp_path)


def test_a_page_has_a_limit_of_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "PAGE_BYTES", 100)

    async def scenario(shard):
        node = fake_node()
        await told(shard, node, *(best(node, slot) for slot in range(20)))
        answer = await shard.ask("export", format="ndjson", after=None)
        part = answer.value["parts"]["0"]
        assert len(part["lengths"]) == 3
        assert part["next"] == 3
        assert sum(part["lengths"]) == len(answer.data)
        found, _ = await exported(shard, "ndjson")
        assert len(found) == 20

    run(scenario, tmp_path)


def test_csv_has_a_value_for_each_column(tmp_path):
    async def scenario(shard):
        node = fake_node()
        await told(shard, node, best(node, 5))
        ((_, _, text, _),), _ = await exported(shard, "csv")
        (row,) = csv.DictReader(io.StringIO(text.decode()), CSV_COLUMNS)
        assert row["node_id"] == "01" * 32
        assert json.loads(row["data"])["BestBlockChanged"]["hash"] == "0x" + HASH.hex()

    run(scenario, tmp_path)


@pytest.mark.parametrize(("formulas", "shown"), [(False, "'=1+1"), (True, "=1+1")])
def test_a_node_name_is_not_a_formula_in_csv(tmp_path, formulas, shown):
    async def scenario(shard):
        node = fake_node(name="=1+1")
        await told(shard, node, best(node, 5))
        ((_, _, text, _),), _ = await exported(shard, "csv", formulas=formulas)
        (row,) = csv.DictReader(io.StringIO(text.decode()), CSV_COLUMNS)
        assert row["node_name"] == shown

    run(scenario, tmp_path)


def test_a_capture_has_the_bytes_received(tmp_path):
    async def scenario(shard):
        node, other = fake_node(), fake_node(2)
        bad = framed(bytes(8) + b"\x0b" + b"short")
        sent = [best(node, 1), bad, best(node, 2)]
        await told(shard, node, *sent)
        await told(shard, other, best(other, 3))
        found, openings = await exported(shard, "capture")
        assert openings == {0: node.connect()[4:], 256: other.connect()[4:]}
        opened = (Record(capture.OPENED, session, 0, hello) for session, hello in openings.items())
        reader = CaptureReader()
        reader.receive_data(capture.HEADER + b"".join(map(capture.encode_record, opened)))
        frames = reader.receive_data(b"".join(each.text for each in found))
        assert [(each.session, framed(each.content)) for each in frames] == [
            *((0, each) for each in sent),
            (256, best(fake_node(2), 3)),
        ]
        assert [each.received_at for each in frames] == [each.received_at for each in found]
        # What a filter looks for is only in what was understood.
        found, _ = await exported(shard, "capture", types=[11])
        assert len(found) == 3

    run(scenario, tmp_path)


def test_a_capture_has_the_last_record_and_the_end_of_each_session(tmp_path, monkeypatch):
    async def scenario(shard):
        monkeypatch.setattr(history, "PAGE_ROWS", 2)
        node, other = fake_node(), fake_node(2)
        session = await told(
            shard, node, best(node, 1), framed(b"bad"), best(node, 2), best(node, 3)
        )
        await told(shard, other, best(other, 4))
        shard.ingest.close_session(session, "connection closed")
        await shard.settled()
        found = await exported(shard, "capture")
        *before, last, of_other = found[0]
        assert [each.closed_at for each in (*before, of_other)] == [None] * 4
        assert last.closed_at >= last.received_at
        # Not in a window that ends before the connection did, nor where the last is left out.
        for narrower in ({"end_us": last.closed_at - 1}, {"node": other.peer_id.hex()}):
            found, _ = await exported(shard, "capture", **narrower)
            assert [each.closed_at for each in found] == [None] * len(found)

    run(scenario, tmp_path)


def test_an_unknown_export_format_is_rejected(tmp_path):
    async def scenario(shard):
        with pytest.raises(BadQuery):
            await shard.ask("export", format="pigeon")

    run(scenario, tmp_path)


def test_an_export_leaves_out_directories_that_are_not_requested(tmp_path):
    async def scenario(shard):
        node = fake_node()
        await told(shard, node, best(node, 5))
        answer = await shard.ask("export", format="ndjson", after={})
        assert (answer.value, answer.data) == ({"parts": {}}, b"")

    run(scenario, tmp_path)
