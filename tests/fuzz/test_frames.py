"""Frames that nobody would send cost only their sender, over sockets and by the million.

Every frame, whatever is in it, is stored once, byte for byte, as an event or as one that was
not understood. Nodes that send meanwhile find all of theirs unaltered and in order.
"""

from __future__ import annotations

import os
import shutil
from functools import partial
from random import Random

import pytest

from tests.fuzz.budget import TIMEOUT, rounds
from tests.fuzz.legal import CORES, Values, content, events, framed
from tests.fuzz.model import IDS, assert_same, assert_well, message_of, taken_by
from tests.fuzz.mutations import Frames
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
        rows, broken: of the connection, in the order of ``COLUMNS`` and ``UNDECODABLE``.
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
        shard.intake.flush()
        if random.random() < 0.1:
            shard.intake.aggregate()
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
    shard.intake.receive(sent.session, b"".join(map(framed, messages)))


@pytest.mark.fuzz
@pytest.mark.timeout(TIMEOUT)
def test_any_frames_are_stored_and_cost_nobody_else_anything(tmp_path):
    for seed in rounds():
        run(partial(mix, seed=seed, count=20_000), tmp_path / str(seed), storage=HELD)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_million_frames_likewise(tmp_path):
    for at in range(0, FRAMES, OF_A_SHARD):
        root = tmp_path / str(at)
        run(partial(mix, seed=at, count=OF_A_SHARD), root, storage=HELD)
        shutil.rmtree(root)
