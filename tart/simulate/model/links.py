"""Connections between the nodes, and their block announcement streams.

Pure. Every pair is connected by the node of the two that JAMNP-S prefers; neighbours of
the grid also open a block announcement stream. Connections and streams get lost at the
given rates, both sides report it, and they are restored a little later.
"""

from __future__ import annotations

from tart.protocol.events import EventKind
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, World, linked
from tart.units import SECOND_US

_DIALLING = 2 * SECOND_US
# The wait for an answer that does not come.
_UNREACHABLE = 2 * SECOND_US
_MISBEHAVIOURS = ("invalid block announcement", "unexpected message", "too many requests")
_DEPARTURES = ("going away", "too many connections", "keep-alive missed")


class Links:
    """Connects all nodes at the start and after losses."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._side = 0
        for node in world.nodes:
            world.start(self._dial_all(node))

    def open_slot(self, slot: int) -> None:
        """Let faults happen at random times of this slot; part the sides of a partition."""
        world = self._world
        if world.impediments.side != self._side:
            self._side = world.impediments.side
            self._separate()
        for node in world.nodes:
            if world.happens("disconnect"):
                world.start(self._disconnect(node), world.between(0, 5 * SECOND_US))
            if world.happens("misbehave"):
                world.start(self._misbehave(node), world.between(0, 5 * SECOND_US))
            if world.happens("stream_closed"):
                world.start(self._close_stream(node), world.between(0, 5 * SECOND_US))

    def _separate(self) -> None:
        """End all connections between the sides of a partition."""
        nodes, separates = self._world.nodes, self._world.impediments.separates
        for a in nodes:
            for b in nodes[a.index + 1 :]:
                if linked(a, b) and separates(a.index, b.index):
                    self._world.start(self._part(a, b, None, "timed out"))

    def _dial_all(self, node: Node) -> Process:
        peers = [each for each in self._world.others(node) if _initiates(node, each)]
        for peer in peers:
            yield self._world.between(0, 2 * _DIALLING // len(self._world.nodes))
            self._world.start(self._connect(node, peer))

    def _connect(self, a: Node, b: Node) -> Process:
        """``a`` dials ``b`` until it answers."""
        world = self._world
        while not (yield from self._attempt(a, b)):
            yield world.between(SECOND_US // 2, 2 * SECOND_US)
        a.linked |= 1 << b.index
        b.linked |= 1 << a.index
        if b in a.neighbours:
            yield MILLISECOND
            yield from self._open_stream(a, b)

    def _attempt(self, a: Node, b: Node) -> Outcome:
        world = self._world
        details = {"peer_id": b.peer_id, "peer_address": b.address}
        dialled = world.emit(a, EventKind.CONNECTING_OUT, b, to=details)
        yield world.latency()
        if world.impediments.separates(a.index, b.index):
            yield _UNREACHABLE
            reason = "timed out"
            world.emit(a, EventKind.CONNECT_OUT_FAILED, b, connecting_id=dialled, reason=reason)
            return False
        if world.happens("connection_refused"):
            world.emit(b, EventKind.CONNECTION_REFUSED, a, from_=a.address)
            yield world.latency()
            reason = "refused by peer"
            world.emit(a, EventKind.CONNECT_OUT_FAILED, b, connecting_id=dialled, reason=reason)
            return False
        answered = world.emit(b, EventKind.CONNECTING_IN, a, from_=a.address)
        yield world.latency()
        if world.happens("connection_failed"):
            reason = "handshake failed: bad certificate"
            world.emit(a, EventKind.CONNECT_OUT_FAILED, b, connecting_id=dialled, reason=reason)
            yield world.latency()
            world.emit(b, EventKind.CONNECT_IN_FAILED, a, connecting_id=answered, reason=reason)
            return False
        world.emit(a, EventKind.CONNECTED_OUT, b, connecting_id=dialled)
        yield world.latency()
        world.emit(b, EventKind.CONNECTED_IN, a, connecting_id=answered, peer_id=a.peer_id)
        return True

    def _open_stream(self, a: Node, b: Node) -> Process:
        world, opened = self._world, EventKind.BLOCK_ANNOUNCEMENT_STREAM_OPENED
        if not linked(a, b) or b.index in a.streams:
            return
        a.streams[b.index] = world.emit(a, opened, b, peer=b.peer_id, opener="Local")
        yield world.latency()
        if b.index in a.streams:
            b.streams[a.index] = world.emit(b, opened, a, peer=a.peer_id, opener="Remote")

    def _stream_gone(self, node: Node, peer: Node, closer: str, reason: str) -> None:
        opened = node.streams.pop(peer.index, None)
        if opened is None:
            return
        # The one event that differs between the protocol versions.
        fields = {"opened_id": opened} if node.protocol else {"peer": peer.peer_id}
        self._world.emit(
            node,
            EventKind.BLOCK_ANNOUNCEMENT_STREAM_CLOSED,
            peer,
            **fields,
            closer=closer,
            reason=reason,
        )

    def _close_stream(self, node: Node) -> Process:
        world = self._world
        if not node.streams:
            return
        peer = world.nodes[world.rng.choice(list(node.streams))]
        self._stream_gone(node, peer, "Local", "stream idle")
        yield world.latency()
        self._stream_gone(peer, node, "Remote", "stream idle")
        yield world.between(SECOND_US // 2, SECOND_US)
        yield from self._open_stream(node, peer)

    def _a_peer(self, node: Node) -> Node | None:
        peers = [each for each in self._world.nodes if linked(node, each)]
        return self._world.rng.choice(peers) if peers else None

    def _misbehave(self, node: Node) -> Process:
        world = self._world
        peer = self._a_peer(node)
        if peer is None:
            return
        reason = world.rng.choice(_MISBEHAVIOURS)
        world.emit(node, EventKind.PEER_MISBEHAVED, peer, peer=peer.peer_id, reason=reason)
        yield MILLISECOND
        yield from self._part(node, peer, "Local", reason)

    def _disconnect(self, node: Node) -> Process:
        peer = self._a_peer(node)
        if peer is None:
            return
        # A time-out has no terminator: both sides leave it empty.
        terminator = self._world.rng.choice(("Local", "Local", None))
        reason = self._world.rng.choice(_DEPARTURES) if terminator else "timed out"
        yield from self._part(node, peer, terminator, reason)

    def _part(self, a: Node, b: Node, terminator: str | None, reason: str) -> Process:
        """``a`` ends its connection with ``b``; it is restored after a while."""
        world = self._world
        if not linked(a, b):
            return
        a.linked &= ~(1 << b.index)
        b.linked &= ~(1 << a.index)
        remote = "Remote" if terminator else None
        self._gone(a, b, terminator, reason)
        yield world.latency()
        self._gone(b, a, remote, reason)
        yield world.between(SECOND_US, 4 * SECOND_US)
        dialler, dialled = (a, b) if _initiates(a, b) else (b, a)
        yield from self._connect(dialler, dialled)

    def _gone(self, node: Node, peer: Node, terminator: str | None, reason: str) -> None:
        self._stream_gone(node, peer, terminator or "Local", "connection lost")
        self._world.emit(
            node,
            EventKind.DISCONNECTED,
            peer,
            peer=peer.peer_id,
            terminator=terminator,
            reason=reason,
        )


def _initiates(a: Node, b: Node) -> bool:
    """Return whether ``a`` is the preferred initiator of the two (JAMNP-S)."""
    return (a.peer_id[31] > 127) ^ (b.peer_id[31] > 127) ^ (a.peer_id < b.peer_id)
