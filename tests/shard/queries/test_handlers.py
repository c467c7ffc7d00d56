"""``tart/shard/queries/handlers.py``: what a shard answers to each query of the catalogue."""

import time

import orjson
import pytest

from tart.protocol.encoding import encode_event
from tart.protocol.events import EVENTS
from tart.query.core.event_ids import event_api_id, event_identity
from tart.query.core.nodes import StatedSlot
from tart.query.shard_queries.catalog import QUERIES
from tart.shard.encoding.json_bytes import encode_answer
from tart.shard.queries import handlers as module
from tart.storage.core.schema import NodeRow, PeerRow
from tart.units import SECOND_US
from tests.shard.running import HASH, best, fake_node, query_of, run
from tests.storage.running import NOON, PEERS, batch, event, opened, write

A, B = "01" * 32, "02" * 32
OUTLINE = {
    "size_bytes": 1,
    "hash": HASH,
    "num_tickets": 0,
    "num_preimages": 0,
    "total_preimages_size": 0,
    "num_guarantees": 0,
    "num_assurances": 0,
    "num_dispute_verdicts": 0,
}


def logged(seq, variant="BestBlockChanged", *, node=0, **fields):
    """The row of an event that arrived ``seq`` seconds after noon."""
    number = next(each.number for each in EVENTS.values() if each.variant == variant)
    payload = encode_event(variant, 5, fields)[4 + 9 :]
    has_ref = EVENTS[number].fields.fields[0][0].endswith("_id")
    return event(
        seq,
        at=NOON + seq * SECOND_US,
        node=node,
        session=node,
        type=number,
        ref=int.from_bytes(payload[:8], "little") if has_ref else None,
        slot=fields.get("slot"),
        core=fields.get("core"),
        body=payload[8:] if has_ref else payload,
    )


def block(seq, block_hash=HASH, *, slot=None, node=0):
    return logged(seq, node=node, slot=seq if slot is None else slot, hash=block_hash)


def authored(seq, block_hash, node=0):
    outline = OUTLINE | {"hash": block_hash}
    return logged(seq, "Authored", node=node, authoring_id=2**64 - 1, outline=outline)


def stored(root, *rows, shard=0, count=1, peers=(), **settings):
    """A directory with these events of nodes A (number 0) and B (1)."""
    first = batch(
        nodes=[NodeRow(0, b"\x01" * 32), NodeRow(1, b"\x02" * 32)],
        peers=peers,
        sessions=[
            opened(number, node=number, information=fake_node(number + 1).connect()[4:])
            for number in (0, 1)
        ],
    )
    batches = [batch(row, at=row.received_at) for row in rows] if settings else [batch(*rows)]
    write(root, first, *batches, shard=shard, count=count, **settings)


def sequences(events):
    return [event_identity(each["id"])[1] for each in events]


def asked(root, name, shard=0, count=1, **parameters):
    """The answer of a shard that has just opened these files."""

    async def scenario(there):
        return await there.ask(name, **parameters)

    answer = run(scenario, root, shard, count)
    assert orjson.loads(orjson.dumps(answer)) == answer, "ready for any JSON encoder"
    return answer


def selected(root, **parameters):
    return sequences(asked(root, "events", **parameters))


def test_each_query_has_a_handler_where_its_source_says(tmp_path):
    async def scenario(shard):
        handlers = {
            "memory": shard.answers.memory,
            "rows": shard.answers.log,
            "log": shard.answers.log,
            "slow": shard.answers.slow,
            "aggregates": shard.aggregates.handlers,
        }
        for query in QUERIES.values():
            assert query in handlers[query.source]
        assert set(QUERIES.values()) == {each for some in handlers.values() for each in some}

    run(scenario, tmp_path)


# Not JSON: rows of SQL are attached as Arrow.
ATTACHED = ("sql_scan",)


def test_an_empty_shard_answers_every_query(tmp_path):
    empty = {
        "events": [],
        "nodes": [],
        "node_status": {"counts": {}, "latest": {}},
        "chain": [],
        "live": {"since": 1, "seconds": [], "active": []},
        "event": None,
        "trace": None,
        "aggregate_sum": [],
        "aggregate_rows": [],
        "backfill": {
            **{"events": [], "at": {}, "cut": False, "more": []},
            **{"committed": 0, "next": 0},
        },
        "transfers": [],
        "aggregate_by_node": {"operation": "sum", "nodes": [], "rows": []},
        "slot": {"events": [], "hashes": [], "first_at": None, "last_at": None},
        "first_seen_blocks": [],
        "block_propagation": [],
        "sessions": [],
        "connections": {"open": 0, "buckets": []},
        "protocol_versions": [],
        "examples": [],
        "finding_examples": [],
        "stage_totals": [],
        "log_moments": [],
        "package_services": {"rows": [], "below": None},
        "message": None,
        "first_message": None,
        "event_histogram": {"buckets": [], "nodes": []},
        "hash_matches": [],
        "slowest_steps": [],
        "version_spans": [],
        "ended_pipelines": {"rows": [], "is_cut": False},
        "deliveries": {"starts": [], "arrivals": [], "below": None},
        "event_log_start": [],
    }
    parameters = {
        "node_status": {"node": A},
        "block_propagation": {"hashes": []},
        "preimage_events": {"window": [NOON, NOON + SECOND_US], "limit": 5},
        "protocol_versions": {"now_us": 1},
        "deliveries": {"kind": 105},
        "log_moments": {"table": "blocks", "numerator": "gas"},
        "ended_pipelines": {"table": "packages", "since_us": 0, "started_us": 0},
        "event": {"id": 0},
        "trace": {"id": 0},
        "message": {"id": 0},
        "first_message": {"session": 0},
        "event_histogram": {"step_us": 1},
        "hash_matches": {"first": "abcd", "last": "ef"},
        "slowest_steps": {
            **{"window": [NOON, NOON + SECOND_US], "node": A},
            **{"parent": 11, "kind": 12, "limit": 5},
        },
        "version_spans": {
            **{"window": [NOON, NOON + SECOND_US], "now_us": NOON},
            "gap_us": SECOND_US,
        },
        "slot_blocks": {"first": 1, "last": 2},
        "aggregate_sum": {"table": "counts", "by": ["type"]},
        "aggregate_rows": {"table": "blocks"},
        "aggregate_by_node": {"table": "counts", "value": "count", "by": ["bucket"]},
        "slot": {"slot": 7},
        "backfill": {"filter": {"type": "All"}, "since_us": 0},
    }
    names = [each for each in QUERIES if QUERIES[each].source != "slow" and each not in ATTACHED]

    async def scenario(shard):
        return {name: await shard.ask(name, **parameters.get(name, {})) for name in names}

    answers = run(scenario, tmp_path)
    assert orjson.loads(orjson.dumps(answers)) == answers, "ready for any JSON encoder"
    assert {name: answer for name, answer in answers.items() if name in empty} == empty


# --- events ----------------------------------------------------------------------------


def test_events_are_returned_newest_first_over_all_files_of_a_directory(tmp_path):
    stored(tmp_path, *(block(seq) for seq in range(0, 10_000, 1000)), file_hours=1)
    assert len(list((tmp_path / "00").glob("20*.duckdb"))) == 3
    assert selected(tmp_path) == list(range(9000, -1, -1000))
    assert selected(tmp_path, limit=9) == list(range(9000, 0, -1000))


def test_the_number_of_events_is_limited(tmp_path):
    stored(tmp_path, *(block(seq) for seq in range(60)))

    async def scenario(shard):
        for limit, number in ((1, 1), (59, 59), (None, 50), (1000, 60), (10**9, 60), (-1, 0)):
            found = sequences(await shard.ask("events", limit=limit))
            assert found == list(range(59, 59 - number, -1)), limit

    run(scenario, tmp_path)


SELECTIONS = {
    "everything": ({}, [5, 4, 3, 2, 1, 0]),
    "a node": ({"node": B}, [5, 2]),
    "a node that never spoke": ({"node": "09" * 32}, []),
    "a type": ({"types": [11]}, [3, 2, 1, 0]),
    "types": ({"types": [11, 90]}, [3, 2, 1, 0]),
    "types and node": ({"types": [13], "node": B}, [5]),
    "no type": ({"types": []}, []),
    "a slot": ({"slot": 2}, [2]),
    "the slot zero": ({"slot": 0}, [0]),
    "no such slot": ({"slot": 2**32}, []),
    "no such core": ({"core": 0}, []),
    "from a moment": ({"start_us": NOON + 4 * SECOND_US}, [5, 4]),
    "until a moment": ({"end_us": NOON + 1 * SECOND_US}, [1, 0]),
    "between, both included": (
        {"start_us": NOON + 1 * SECOND_US, "end_us": NOON + 3 * SECOND_US},
        [3, 2, 1],
    ),
    "one moment": ({"start_us": NOON + SECOND_US, "end_us": NOON + SECOND_US}, [1]),
    "just after": ({"start_us": NOON + 5 * SECOND_US + 1}, []),
    "just before": ({"end_us": NOON - 1}, []),
    "all time": ({"start_us": -(2**63), "end_us": 2**63 - 1}, [5, 4, 3, 2, 1, 0]),
    "never": ({"start_us": 2**63 - 1}, []),
    "a hash": ({"hash": "bb" * 32}, [3]),
    "an unknown hash": ({"hash": "cc" * 32}, []),
    "below a sequence": ({"before": {"0": 3}}, [2, 1, 0]),
    "below all": ({"before": {"0": 0}}, []),
    "below a sequence elsewhere": ({"before": {"7": 1}}, [5, 4, 3, 2, 1, 0]),
    "all at once": (
        {"node": A, "types": [11], "slot": 3, "start_us": NOON, "hash": "bb" * 32, "limit": 1},
        [3],
    ),
}


def test_events_are_selected_by(tmp_path):
    stored(
        tmp_path,
        block(0),
        block(1),
        block(2, node=1),
        block(3, b"\xbb" * 32),
        logged(4, "SyncStatusChanged", synced=True),
        logged(5, "SyncStatusChanged", synced=True, node=1),
    )

    async def scenario(shard):
        return {
            name: sequences(await shard.ask("events", **parameters))
            for name, (parameters, _) in SELECTIONS.items()
        }

    assert run(scenario, tmp_path) == {name: found for name, (_, found) in SELECTIONS.items()}


@pytest.mark.parametrize("size", [1, 3, 64])
def test_an_answer_is_limited_in_bytes_and_marks_that_more_follow(tmp_path, monkeypatch, size):
    """However many rows are read at once, paging gives every event once."""
    monkeypatch.setattr(module, "_FIRST_ROWS", size)
    monkeypatch.setattr(module, "EVENTS_BYTES", 500)

    async def scenario(shard):
        node = fake_node(1)
        shard.session(node.connect(), *[best(node, slot) for slot in range(10)])
        await shard.settled()
        found, before = [], {}
        while page := await shard.ask("events", limit=100, before=before):
            assert len(page) < 10
            assert [each.get("more", False) for each in page[:-1]] == [False] * (len(page) - 1)
            found += page
            before = {"0": found[-1]["id"] >> 8}
            if not page[-1].get("more"):
                break
        assert [each["event_id"] for each in found] == list(range(9, -1, -1))

    run(scenario, tmp_path)


def test_events_are_selected_by_core(tmp_path):
    def built(seq, core):
        return logged(seq, "SyncStatusChanged", synced=True)._replace(core=core)

    stored(tmp_path, built(0, 0), built(1, 340), built(2, None), built(3, 340))
    assert selected(tmp_path, core=340) == [3, 1]
    assert selected(tmp_path, core=0) == [0]


def test_a_hash_matches_whole_bytes_and_not_hex_digits(tmp_path):
    """The newest rows match as text only, half a byte off; older ones must not be hidden."""
    wanted = bytes(range(0x31, 0x51))
    shifted = bytes.fromhex("0" + wanted.hex() + "0")  # 33 bytes
    half_off = [
        event(seq, at=NOON + seq * SECOND_US, body=b"\0\0\0" + shifted) for seq in range(10, 80)
    ]
    stored(tmp_path, block(0, wanted), block(1), block(2, wanted), *half_off)
    assert selected(tmp_path, hash=wanted.hex(), limit=1) == [2]
    assert selected(tmp_path, hash=wanted.hex(), limit=2) == [2, 0]
    assert selected(tmp_path, hash=wanted.hex(), limit=50) == [2, 0]
    assert selected(tmp_path, hash=wanted.hex(), before={"0": 2}) == [0]


def test_a_hash_that_also_matches_off_the_byte_boundary_is_found(tmp_path):
    wanted = b"\x11" * 32
    stored(tmp_path, event(0, body=b"\x01\0\0\x01" + wanted), event(1, body=b"\x11" * 33))
    assert selected(tmp_path, hash=wanted.hex()) == [1, 0]


def test_a_hash_matches_the_peer_that_an_event_names(tmp_path):
    wanted, other = PEERS[6], PEERS[7]
    named = [
        event(seq, at=NOON + seq * SECOND_US, type=131, slot=None, peer=peer, body=bytes(32))
        for seq, peer in enumerate([wanted, other, None, wanted])
    ]
    said = event(4, body=bytes(4) + wanted)
    stored(tmp_path, *named, said, peers=[PeerRow(6, wanted), PeerRow(7, other)])
    assert selected(tmp_path, hash=wanted.hex()) == [4, 3, 0]
    assert selected(tmp_path, hash=other.hex(), types=[131]) == [1]
    (event_of_other,) = asked(tmp_path, "events", hash=other.hex())
    assert event_of_other["data"]["AssuranceReceived"]["sender"] == "0x" + other.hex()


@pytest.mark.slow
def test_each_directory_returns_its_newest_events_and_continues_at_its_position(tmp_path):
    for directory in (0, 1, 2):
        stored(tmp_path, *(block(seq) for seq in range(5)), shard=directory, count=3)

    def by_directory(**parameters):
        found = {}
        for each in asked(tmp_path, "events", **parameters):
            directory, seq = event_identity(each["id"])
            found.setdefault(directory, []).append(seq)
        return found

    assert by_directory(limit=2) == {0: [4, 3], 1: [4, 3], 2: [4, 3]}
    assert by_directory(limit=2, before={"0": 3, "2": 1}) == {0: [2, 1], 1: [4, 3], 2: [0]}


def test_an_event_has_its_sent_values_in_both_byte_encodings(tmp_path):
    stored(tmp_path, block(7), authored(8, HASH, node=1))
    for rendering, shown in (("hex", "0x" + HASH.hex()), ("array", list(HASH)), (None, None)):
        newer, older = asked(tmp_path, "events", bytes=rendering)
        shown = shown or "0x" + HASH.hex()
        assert older["data"] == {"BestBlockChanged": {"timestamp": 1007, "slot": 7, "hash": shown}}
        assert newer["data"]["Authored"]["outline"]["hash"] == shown
        assert newer["data"]["Authored"]["authoring_id"] == 2**64 - 1
        assert (older["node_id"], newer["node_id"]) == (A, B)
        assert older["id"] == event_api_id(0, 7)
        assert older["received_at"] == "2026-11-21T12:00:07.000000Z"
        assert older["node_name"] == "fake-node"


# --- nodes, chain, live, node_status ---------------------------------------------------


def test_nodes_returns_all_nodes_ever_seen_or_one(tmp_path):
    stored(tmp_path, block(0), block(1), block(2, node=1))
    found = {node["node_id"]: node["event_count"] for node in asked(tmp_path, "nodes")}
    assert found == {A: 2, B: 1}
    assert [node["node_id"] for node in asked(tmp_path, "nodes", node=B)] == [B]
    assert asked(tmp_path, "nodes", node="09" * 32) == []


def test_chain_returns_the_latest_statements_of_connected_nodes(tmp_path):
    stored(tmp_path, block(50, node=1))

    async def scenario(shard):
        first, second, gone = fake_node(1), fake_node(2), fake_node(3)
        shard.session(first.connect(), best(first, 7))
        shard.session(second.connect())
        session = shard.session(gone.connect(), best(gone, 9))
        shard.ingest.close_session(session, None)
        return await shard.ask("chain"), await shard.ask("chain", nodes=["03" * 32, "09" * 32])

    connected, named = run(scenario, tmp_path)
    found = {node: [each and each[0] for each in said] for node, *said in connected}
    # What B's earlier connection said still counts, C is not connected.
    assert found == {A: [7, None], B: [50, None]}
    ((node, said, finalized),) = named
    said = StatedSlot(*said)
    assert (node, said.slot, said.is_open, finalized) == ("03" * 32, 9, False, None)


def test_live_figures_are_those_of_complete_seconds(tmp_path):
    async def scenario(shard):
        second = int(time.time()) - 2
        shard.counters.at(second).events += 3
        return second, await shard.ask("live")

    second, found = run(scenario, tmp_path)
    assert found == {"since": 1, "seconds": [[second, 3, [], [], 0, 0]], "active": []}


@pytest.mark.slow
def test_node_status_has_latest_statements_and_counts(tmp_path):
    stored(
        tmp_path, block(0, slot=1), block(9, slot=3), logged(1, "SyncStatusChanged", synced=True)
    )
    stored(
        tmp_path,
        block(5, slot=2),
        logged(8, "SyncStatusChanged", synced=False),
        block(6, node=1),
        shard=1,
        count=2,
    )
    found = asked(tmp_path, "node_status", node=A)
    assert found["counts"] == {"11": 3, "13": 2}
    assert set(found["latest"]) == {"11", "13"}
    assert found["latest"]["11"]["data"]["BestBlockChanged"]["slot"] == 3
    assert found["latest"]["13"]["data"]["SyncStatusChanged"]["synced"] is False


def test_node_status_of_an_unknown_node_is_empty(tmp_path):
    stored(tmp_path, block(0))
    assert asked(tmp_path, "node_status", node="09" * 32) == {"counts": {}, "latest": {}}


@pytest.mark.slow
def test_events_can_be_queried_while_a_segment_is_created(tmp_path):
    stored(tmp_path, *(block(seq) for seq in range(0, 7200, 3600)), file_hours=1)

    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect())
        found = []
        for slot in range(20):
            shard.ingest.receive(session, best(node, slot))
            shard.ingest.flush()
            found.append(len(await shard.ask("events", limit=1000)))
        await shard.settled()
        assert found == sorted(found)
        assert len(await shard.ask("events", limit=1000)) == 22

    run(scenario, tmp_path, storage={"file_hours": 1})


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, True),
        ({"node": A}, True),
        ({"types": [11, 12]}, True),
        ({"node": A, "types": [11]}, False),
        ({"slot": 1}, False),
        ({"core": 0}, False),
        ({"hash": HASH.hex()}, False),
        ({"limit": module._MEMORY_ROWS + 1}, False),
    ],
)
def test_a_page_has_few_new_events_of_one_node_or_of_types(parameters, expected):
    assert module.is_page(query_of("events", **{"limit": 50, **parameters})) is expected


def test_an_answer_from_the_tail_cache_equals_the_answer_from_the_files(tmp_path):
    stored(tmp_path, block(0), block(1))

    async def scenario(shard):
        first, second = fake_node(1), fake_node(2)
        for node in (first, second):
            session = shard.session(node.connect())
            for slot in range(6):
                shard.ingest.receive(session, best(node, slot))
        shard.ingest.flush()
        await shard.settled()
        for parameters, count in (
            ({"limit": 12}, 12),
            ({"limit": 3, "node": A}, 3),
            ({"limit": 2, "slot": 4}, 2),
            ({"limit": 2, "before": {"0": 7}}, 2),
            ({"node": "ff" * 32}, 0),
        ):
            query = query_of("events", **parameters)
            text, _ = encode_answer(query, shard.answers.newest_events(query))
            found = orjson.loads(bytes(text))
            assert len(found) == count
            assert found == await shard.ask("events", **parameters)
        # There may be more in the files, or what is wanted is not looked for in memory.
        for parameters in ({"limit": 13}, {"limit": 7, "node": A}, {"hash": HASH.hex()}):
            assert shard.answers.newest_events(query_of("events", **parameters)) is None
        query = query_of("events", limit=module._MEMORY_ROWS + 1)
        assert shard.answers.newest_events(query) is None
        assert len(await shard.ask("events", limit=14)) == 14

    run(scenario, tmp_path)
