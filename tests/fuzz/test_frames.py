"""Frames that nobody would send cost only their sender, over sockets and by the million.

Every frame, whatever is in it, is stored once, byte for byte, as an event or as one that was
not understood. Nodes that send meanwhile find all of theirs unaltered and in order.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from contextlib import closing, suppress
from functools import partial
from random import Random

import pytest

from tests.fuzz.budget import SECONDS, TIMEOUT, rounds
from tests.fuzz.legal import CORES, Values, content, events, framed
from tests.fuzz.model import IDS, assert_same, assert_well, message_of, taken_by
from tests.fuzz.mutations import Frames
from tests.fuzz.sending import Node
from tests.fuzz.stored import messages_of_nodes
from tests.running import fake_node as node_of
from tests.running import running_system, wait_for
from tests.shard.running import fake_node, run

pytestmark = pytest.mark.slow
# In `make soak`; a shard is made anew after so many, and a batch has so many.
FRAMES = int(os.environ.get("FUZZ_FRAMES", "10000000"))
OF_A_SHARD, OF_A_BATCH = 100_000, 2_000
HELD = {"flush_seconds": 1e6, "flush_rows": 10**9, "flush_bytes": 10**12}


class Sent:
    """What one connection sent: messages, in order."""

    def __init__(self, session):
        self.session, self.messages = session, []


def assert_whole(sent, rows, broken):
    """What one connection sent is stored: each message once, in order, with its id.

    Whether it can be understood is for the shard to say; what id follows is not.

    Args:
        rows, broken: Of the connection, in the order of ``COLUMNS`` and ``UNDECODABLE``.
    """
    found = [(row[0], row[4], message_of(row), True) for row in rows]
    found += [(row[0], row[3], row[9], False) for row in broken]
    found.sort()
    assert_same([message for _, _, message, _ in found], sent.messages)
    next_id = 0
    for _, event_id, message, good in found:
        assert event_id == next_id
        next_id = (next_id + taken_by(message, good)) % IDS


async def mix(shard, seed, count):
    """So many frames of two attackers, and as many legal ones of three nodes beside them."""
    random = Random(seed)
    frames, healthy = Frames(random), Values(random)
    attackers = [Sent(shard.session(fake_node(at, cores=CORES).connect())) for at in (1, 2)]
    nodes = [Sent(shard.session(fake_node(at, cores=CORES).connect())) for at in (3, 4, 5)]
    types = [each for each in events() if each]
    while count > 0:
        for sent in attackers:
            said = list(frames.some(sent.session.connection.next_event_id, OF_A_BATCH // 2))
            count -= len(said)
            tell(shard, sent, said)
        for sent in nodes:
            said = [content(number, healthy, ref=len(sent.messages)) for number in types]
            tell(shard, sent, said)
        shard.ingest.flush()
        if random.random() < 0.1:
            shard.ingest.flush_aggregates()
    rows, broken = await shard.stored(), await shard.undecodable()
    numbers = sorted(row[0] for row in rows + broken)
    assert numbers == list(range(sum(len(sent.messages) for sent in attackers + nodes)))
    for sent in attackers + nodes:
        number = sent.session.number
        own = [row for row in rows if row[3] == number]
        assert_whole(sent, own, [row for row in broken if row[2] == number])
    assert {row[2] for row in broken} <= {sent.session.number for sent in attackers}
    assert_well(shard)


def tell(shard, sent, messages):
    sent.messages += messages
    shard.ingest.receive(sent.session, b"".join(map(framed, messages)))


@pytest.mark.fuzz
@pytest.mark.timeout(TIMEOUT)
def test_arbitrary_frames_are_stored_and_affect_no_other_node(tmp_path):
    for seed in rounds():
        run(partial(mix, seed=seed, count=20_000), tmp_path / str(seed), storage=HELD)


def attack(system, frames, number, count):
    """So many frames of one node over connections of its own. Now and then there are bytes
    between that are no frame: they cost the connection, or what it says next."""
    node, random = node_of(number, cores=CORES), frames.random
    while count > 0:
        with suppress(OSError), closing(system.connect()) as connection:
            connection.sendall(node.connect())
            for _ in range(random.randint(1, 20)):
                said = b"".join(map(framed, frames.some(0, 50)))
                count -= 50
                if random.random() < 0.05:
                    at = random.randrange(len(said))
                    said = said[:at] + random.randbytes(random.randrange(9)) + said[at:]
                connection.sendall(said)


def whole_attack(tmp_path, seed, count):
    """A real server, two that attack it and three nodes that have nothing to do with them."""
    data = tmp_path / "data"
    tmp_path.mkdir()
    environ = {"TART_TELEMETRY_MAX_FRAME_BYTES": "4096"}
    with running_system(data, shards=2, environ=environ) as system:
        nodes = [Node(system, number) for number in (1, 2, 3)]
        attackers = [
            threading.Thread(
                target=attack, args=(system, Frames(Random(seed + at)), at, count // 2)
            )
            for at in (8, 9)
        ]
        for each in attackers:
            each.start()
        while any(each.is_alive() for each in attackers):
            for node in nodes:
                node.say(20)
            attackers[0].join(0.01)
        for each in attackers:
            each.join()
        for node in nodes:
            node.say()
            wait_for(
                lambda node=node: (
                    system.node(node.peer_id).get("event_count") == len(node.messages)
                ),
                "all that healthy nodes said",
            )
        wait_for(lambda: system.get("/api/health/detailed")["status"] == "Healthy")
        for node in nodes:
            node.leave()
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
        assert "Traceback" not in system.process.errors()
    stored = messages_of_nodes(data, 2)
    for node in nodes:
        (connection,) = stored[node.peer_id]
        assert all(good for _, _, good in connection)
        assert_same([message for _, message, _ in connection], node.messages)
        assert [event_id for event_id, _, _ in connection] == list(range(len(node.messages)))
    assert sum(map(len, stored[node_of(8).peer_id])) > count // 50


@pytest.mark.fuzz
@pytest.mark.timeout(TIMEOUT)
def test_arbitrary_frames_on_the_wire_affect_no_other_node(tmp_path):
    # Unix sockets have short names, so their directories must have, too.
    for at, seed in enumerate(rounds()):
        whole_attack(tmp_path / str(at), seed, 5_000 if not SECONDS else 200_000)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_million_arbitrary_frames_affect_no_other_node(tmp_path):
    for at in range(0, FRAMES, OF_A_SHARD):
        root = tmp_path / str(at)
        run(partial(mix, seed=at, count=OF_A_SHARD), root, storage=HELD)
        shutil.rmtree(root)
