"""Connections between the nodes, and their block announcement streams.

Pure. Every pair is connected by the one of the two that JAMNP-S prefers; neighbours of
the grid also open a block announcement stream. Connections and streams get lost at the
given rates, both sides say so, and they are restored a little later.
"""

from __future__ import annotations

from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, Stage, linked
from tart.units import SECOND_US

_DIALLING = 2 * SECOND_US
_MISBEHAVIOURS = ("invalid block announcement", "unexpected message", "too many requests")
_DEPARTURES = ("going away", "too many connections", "keep-alive missed")


class Links:
    """Connects everybody at the start and keeps it so."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        for node in stage.nodes:
            stage.start(self._dial_all(node))

    def open_slot(self, slot: int) -> None:
        """Let what goes wrong go wrong, some time in this slot."""
        stage = self._stage
        for node in stage.nodes:
            if stage.happens("disconnect"):
                stage.start(self._disconnect(node), stage.between(0, 5 * SECOND_US))
            if stage.happens("misbehave"):
                stage.start(self._misbehave(node), stage.between(0, 5 * SECOND_US))
            if stage.happens("stream_closed"):
                stage.start(self._close_stream(node), stage.between(0, 5 * SECOND_US))

    def _dial_all(self, node: Node) -> Process:
        peers = [each for each in self._stage.others(node) if _initiates(node, each)]
        for peer in peers:
            yield self._stage.between(0, 2 * _DIALLING // len(self._stage.nodes))
            self._stage.start(self._connect(node, peer))

    def _connect(self, a: Node, b: Node) -> Process:
        """``a`` dials ``b`` until it answers."""
        stage = self._stage
        while not (yield from self._attempt(a, b)):
            yield stage.between(SECOND_US // 2, 2 * SECOND_US)
        a.linked |= 1 << b.index
        b.linked |= 1 << a.index
        if b in a.neighbours:
            yield MILLISECOND
            yield from self._open_stream(a, b)

    def _attempt(self, a: Node, b: Node) -> Outcome:
        stage = self._stage
        details = {"peer_id": b.peer_id, "peer_address": b.address}
        dialled = stage.emit(a, "ConnectingOut", b, to=details)
        yield stage.latency()
        if stage.happens("connection_refused"):
            stage.emit(b, "ConnectionRefused", a, from_=a.address)
            yield stage.latency()
            reason = "refused by peer"
            stage.emit(a, "ConnectOutFailed", b, connecting_id=dialled, reason=reason)
            return False
        answered = stage.emit(b, "ConnectingIn", a, from_=a.address)
        yield stage.latency()
        if stage.happens("connection_failed"):
            reason = "handshake failed: bad certificate"
            stage.emit(a, "ConnectOutFailed", b, connecting_id=dialled, reason=reason)
            yield stage.latency()
            stage.emit(b, "ConnectInFailed", a, connecting_id=answered, reason=reason)
            return False
        stage.emit(a, "ConnectedOut", b, connecting_id=dialled)
        yield stage.latency()
        stage.emit(b, "ConnectedIn", a, connecting_id=answered, peer_id=a.peer_id)
        return True

    def _open_stream(self, a: Node, b: Node) -> Process:
        stage, opened = self._stage, "BlockAnnouncementStreamOpened"
        if not linked(a, b) or b.index in a.streams:
            return
        a.streams[b.index] = stage.emit(a, opened, b, peer=b.peer_id, opener="Local")
        yield stage.latency()
        if b.index in a.streams:
            b.streams[a.index] = stage.emit(b, opened, a, peer=a.peer_id, opener="Remote")

    def _stream_gone(self, node: Node, peer: Node, closer: str, reason: str) -> None:
        opened = node.streams.pop(peer.index, None)
        if opened is None:
            return
        # The one event that differs between the protocol versions.
        fields = {"opened_id": opened} if node.protocol else {"peer": peer.peer_id}
        self._stage.emit(
            node, "BlockAnnouncementStreamClosed", peer, **fields, closer=closer, reason=reason
        )

    def _close_stream(self, node: Node) -> Process:
        stage = self._stage
        if not node.streams:
            return
        peer = stage.nodes[stage.rng.choice(list(node.streams))]
        self._stream_gone(node, peer, "Local", "stream idle")
        yield stage.latency()
        self._stream_gone(peer, node, "Remote", "stream idle")
        yield stage.between(SECOND_US // 2, SECOND_US)
        yield from self._open_stream(node, peer)

    def _a_peer(self, node: Node) -> Node | None:
        peers = [each for each in self._stage.nodes if linked(node, each)]
        return self._stage.rng.choice(peers) if peers else None

    def _misbehave(self, node: Node) -> Process:
        stage = self._stage
        peer = self._a_peer(node)
        if peer is None:
            return
        reason = stage.rng.choice(_MISBEHAVIOURS)
        stage.emit(node, "PeerMisbehaved", peer, peer=peer.peer_id, reason=reason)
        yield MILLISECOND
        yield from self._part(node, peer, "Local", reason)

    def _disconnect(self, node: Node) -> Process:
        peer = self._a_peer(node)
        if peer is None:
            return
        # A timeout was nobody's doing: both sides leave the terminator open.
        terminator = self._stage.rng.choice(("Local", "Local", None))
        reason = self._stage.rng.choice(_DEPARTURES) if terminator else "timed out"
        yield from self._part(node, peer, terminator, reason)

    def _part(self, a: Node, b: Node, terminator: str | None, reason: str) -> Process:
        """``a`` ends its connection with ``b``; it is restored after a while."""
        stage = self._stage
        if not linked(a, b):
            return
        a.linked &= ~(1 << b.index)
        b.linked &= ~(1 << a.index)
        remote = "Remote" if terminator else None
        self._gone(a, b, terminator, reason)
        yield stage.latency()
        self._gone(b, a, remote, reason)
        yield stage.between(SECOND_US, 4 * SECOND_US)
        yield from self._connect(*((a, b) if _initiates(a, b) else (b, a)))

    def _gone(self, node: Node, peer: Node, terminator: str | None, reason: str) -> None:
        self._stream_gone(node, peer, terminator or "Local", "connection lost")
        self._stage.emit(
            node, "Disconnected", peer, peer=peer.peer_id, terminator=terminator, reason=reason
        )


def _initiates(a: Node, b: Node) -> bool:
    """Whether ``a`` is the preferred initiator of the two (JAMNP-S)."""
    return (a.peer_id[31] > 127) ^ (b.peer_id[31] > 127) ^ (a.peer_id < b.peer_id)
