"""A connection of a fake node, scripted event by event."""

from __future__ import annotations

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import DecodeContext
from tart.aggregate.rules.conformance_checks import STATUS_LATE_US
from tart.protocol.connection import Connection
from tart.protocol.frames import Frames
from tart.shard.check.offline_check import check
from tart.shard.decode.batch_decoder import FrameRuns, decode_batch
from tart.shard.state.nodes import Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tests.shard.running import fake_node

# JCE microseconds.
NOW = 50_000_000_000_000
HASH = bytes(32)
_STATUS = {
    **dict.fromkeys(("num_peers", "num_val_peers", "num_sync_peers", "num_shards"), 0),
    **dict.fromkeys(("shards_size", "num_preimages", "preimages_size"), 0),
    "num_guarantees": [0, 0],
}


class NodeScript:
    """The frames of one connection.

    Attributes:
        node: The fake node.
        frames: All frames so far, the first message included.
        now: The timestamp of the last event.
    """

    def __init__(self, **more):
        self.node = fake_node(**more)
        self.frames = [self.node.connect()]
        self.now = NOW

    def send(self, variant, after=1_000, **fields):
        """Send an event, ``after`` microseconds after the one before; return its id."""
        self.now += after
        event_id, frame = self.node.event(variant, self.now, **fields)
        self.frames.append(frame)
        return event_id

    def send_status(self, after=2_000_000):
        return self.send("Status", after, **_STATUS)

    def send_best(self, after=1_000):
        return self.send("BestBlockChanged", after, slot=1, hash=HASH)

    def send_authoring_failed(self, authoring_id):
        """Send an event that refers to an Authoring."""
        return self.send("AuthoringFailed", authoring_id=authoring_id, reason="because")

    def send_dropped(self, num):
        return self.send("Dropped", last_timestamp=self.now, num=num)

    def send_undecodable(self):
        """Send a frame that is not an event; it takes an id."""
        self.frames.append((9).to_bytes(4, "little") + bytes(8) + b"\xfe")
        self.node.next_event_id += 1

    def batch(self, session=0, node=0):
        """Return the events as one batch, received at ``NOW``."""
        owner = Session(session, 0, "", 0, Connection(), node_number=node)
        contents = owner.connection.receive_frames(b"".join(self.frames)).contents()
        runs = FrameRuns([owner], [len(contents)], [NOW])
        return decode_batch(Frames.of(contents), runs, 0, PeerDictionary({})).events

    def aggregate(self):
        """Return the aggregates of the events; the connection is still open."""
        aggregates = Aggregates(lambda session: DecodeContext(1, 2))
        aggregates.add(self.batch())
        return aggregates

    def findings(self):
        return check([(NOW, b"".join(self.frames))])

    def rules(self):
        return [finding.rule for finding in self.findings()]


def misbehaving_script():
    """Return a connection that breaks several rules repeatedly."""
    script = NodeScript()
    for turn in range(30):
        script.send_status(2_000_000 if turn % 7 else STATUS_LATE_US + 1)
        best = script.send_best(-2_000_000 if turn % 5 == 0 else 1_000)
        script.send_authoring_failed(best)
        script.send_authoring_failed(script.node.next_event_id + turn)
        if turn % 6 == 0:
            script.send_dropped(3)
        if turn % 9 == 0:
            script.send_undecodable()
    return script
