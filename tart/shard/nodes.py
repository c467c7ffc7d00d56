"""The nodes and connections of one shard, as they are now and as they were.

Pure state: it is told what happened and answers what is. A node is known by its peer id;
it may have several connections at once (a reconnect overlapping the old one) and events
in several directories (adopted ones). Everything here is rebuilt from the files at start,
but for what only a living connection can tell (best block, sync).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tart.aggregate.sessions import SessionSummary
from tart.aggregate.tally import Tally
from tart.errors import NodeInformationError
from tart.protocol.connection import Connection
from tart.protocol.node_information import NodeInformation, decode_node_information
from tart.query.catalog import DIRECTORY_BITS
from tart.query.times import rfc3339
from tart.shard.limits import RateLimit
from tart.storage.recovery import Past, Remembered

# A node may claim to have dropped 2^64 - 1 events, twice: sums stop at what JSON can carry.
MAX_DROPPED = (1 << 53) - 1


def add_dropped(total: int, claimed: int) -> int:
    """A sum of dropped events, saturating."""
    return min(total + claimed, MAX_DROPPED)


@dataclass
class Block:
    """A block a node named: its slot and header hash."""

    slot: int
    hash: bytes

    def as_json(self) -> dict[str, Any]:
        """Slot, and hash as bytes: the caller renders them."""
        return {"slot": self.slot, "hash": self.hash}


@dataclass
class Session:
    """One connection.

    Attributes:
        number: its number in the directory; ``api_id`` is unique over all shards.
        node: whose it is, ``None`` until node information came.
        node_number: the number the directory gave to the node.
        last_at: when its last event came.
    """

    number: int
    directory: int
    address: str
    opened_at: int
    connection: Connection
    node: Node | None = None
    node_number: int | None = None
    events: int = 0
    bytes: int = 0
    dropped: int = 0
    undecodable: int = 0
    last_at: int | None = None
    deviations: Counter[str] = field(default_factory=Counter)
    shed: Counter[str] = field(default_factory=Counter)

    @property
    def api_id(self) -> int:
        """The session's id in the API."""
        return self.number << DIRECTORY_BITS | self.directory

    def counters(self) -> dict[str, Any]:
        """What is kept of it when it closes."""
        return {
            "started_at": self.opened_at,
            "events": self.events,
            "bytes": self.bytes,
            "dropped": self.dropped,
            "undecodable": self.undecodable,
            "next_event_id": self.connection.next_event_id,
            "last_event_id": self.connection.last_event_id,
            "last_at": self.last_at,
            "deviations": dict(self.deviations),
            "shed": dict(self.shed),
        }

    def summary(self, ended_at: int | None, outcome: str, reason: str | None) -> SessionSummary:
        """The connection as a row."""
        information, connection = self.connection.node, self.connection
        return SessionSummary(
            ended_at=ended_at,
            started_at=self.opened_at,
            node=self.node_number,
            session=self.number,
            address=self.address,
            outcome=outcome,
            reason=reason,
            protocol_version=information.protocol_version if information else None,
            params_layout=information.layout if information else None,
            last_at=self.last_at,
            last_event_id=connection.last_event_id,
            next_event_id=connection.next_event_id,
            events=self.events,
            bytes=self.bytes,
            dropped=self.dropped,
            undecodable=self.undecodable,
            shed=self.shed.total(),
            deviations=json.dumps(self.deviations),
        )

    def as_json(self) -> dict[str, Any]:
        """An element of ``connections`` in the API."""
        information = self.connection.node
        return {
            "session": self.api_id,
            "address": self.address,
            "connected_at": rfc3339(self.opened_at),
            "protocol_version": information and information.protocol_version,
            "params_layout": information and information.layout,
            "event_count": self.events,
            "next_event_id": self.connection.next_event_id,
            "bytes": self.bytes,
            "dropped_count": self.dropped,
            "undecodable": self.undecodable,
        }


@dataclass
class Node:
    """One JAM node.

    Attributes:
        id: 64 hex digits, as the API writes it.
        row: where ``tally`` counts its events.
        newest: the session that speaks for it where several are open: the latest. What an
            older one says of best block and sync may be long past.
        limit: how fast it may send, over all its connections here.
        pauses: how often a connection of it was not read for a while, by reason, and for how
            long; since this process started.
        shed: events of it that were dropped, by reason.
    """

    peer_id: bytes
    information: NodeInformation | None = None
    address: str = ""
    first_seen: int | None = None
    connected_at: int | None = None
    disconnected_at: int | None = None
    last_seen: int | None = None
    dropped_events: int = 0
    dropped_messages: int = 0
    past_events: int = 0
    undecodable: int = 0
    deviations: Counter[str] = field(default_factory=Counter)
    sessions: dict[int, Session] = field(default_factory=dict)
    newest: int | None = None
    best: Block | None = None
    finalized: Block | None = None
    synced: bool | None = None
    limit: RateLimit | None = None
    pauses: Counter[str] = field(default_factory=Counter)
    paused_seconds: float = 0.0
    shed: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally, repr=False)
    id: str = field(init=False)
    row: int = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.peer_id.hex()
        self.row = self.tally.new_row()

    @property
    def counts(self) -> list[int]:
        """Events understood, by type."""
        return self.tally.of(self.row)

    def as_json(self) -> dict[str, Any]:
        """An element of the ``nodes`` query's answer; hashes are bytes."""
        information = self.information
        return {
            "node_id": self.id,
            "node_info": information and information.as_json(),
            "implementation_name": information and information.implementation_name,
            "implementation_version": information and information.implementation_version,
            "is_connected": bool(self.sessions),
            "first_seen_at": _time(self.first_seen),
            "connected_at": _time(self.connected_at),
            "disconnected_at": None if self.sessions else _time(self.disconnected_at),
            "last_seen_at": _time(self.last_seen),
            "address": self.address or None,
            "event_count": self.past_events + sum(self.counts),
            "dropped_count": self.dropped_events,
            "dropped_messages": self.dropped_messages,
            "undecodable": self.undecodable,
            "deviations": dict(self.deviations),
            "pauses": dict(self.pauses),
            "paused_seconds": round(self.paused_seconds, 3),
            "shed": dict(self.shed),
            "best": self.best and self.best.as_json(),
            "finalized": self.finalized and self.finalized.as_json(),
            "synced": self.synced,
            "connections": [session.as_json() for session in self.sessions.values()],
        }


def _time(unix_us: int | None) -> str | None:
    return None if unix_us is None else rfc3339(unix_us)


@dataclass(frozen=True)
class Speaker:
    """What is needed to read a stored event: who said it, and in which dialect."""

    node_id: str
    name: str | None
    implementation_version: str | None
    protocol_version: int
    cores: int | None


class _Speakers(dict[tuple[int, int], Speaker]):
    """By directory and session; where the file that said who it was is lost, nobody knows."""

    def __missing__(self, key: tuple[int, int]) -> Speaker:
        return _UNKNOWN


_UNKNOWN = Speaker("00" * 32, None, None, 1, None)


class Nodes:
    """Every node this shard knows, and how to read what each connection said."""

    def __init__(self) -> None:
        self.by_id: dict[str, Node] = {}
        self.tally = Tally()
        self.speakers: dict[tuple[int, int], Speaker] = _Speakers()
        self._numbers: dict[tuple[int, bytes], int] = {}
        self._ids: dict[tuple[int, int], str] = {}
        self._next_number: Counter[int] = Counter()

    def node(self, peer_id: bytes) -> Node:
        """The node of that key, made known if it was not."""
        node_id = peer_id.hex()
        if node_id not in self.by_id:
            self.by_id[node_id] = Node(peer_id, tally=self.tally)
        return self.by_id[node_id]

    def open_sessions(self) -> list[Session]:
        """The connections that are open now."""
        return [session for node in self.by_id.values() for session in node.sessions.values()]

    def number(self, directory: int, peer_id: bytes) -> tuple[int, bool]:
        """The number a directory gives to a node, and whether it is new."""
        known = self._numbers.get((directory, peer_id))
        if known is not None:
            return known, False
        number = self._next_number[directory]
        self._learn(directory, number, peer_id)
        return number, True

    def number_of(self, directory: int, node_id: str) -> int | None:
        """The number of a node in a directory, ``None`` if it never spoke there."""
        return self._numbers.get((directory, bytes.fromhex(node_id)))

    def id_of(self, directory: int, number: int) -> str | None:
        """The node a directory's number is of."""
        return self._ids.get((directory, number))

    def numbers(self, directory: int) -> list[tuple[int, bytes]]:
        """The numbers a directory has given, with their peer ids."""
        return [
            (number, peer_id) for (of, peer_id), number in self._numbers.items() if of == directory
        ]

    def opened(self, session: Session, now: int) -> None:
        """A connection has said whose it is (``session.node`` is set)."""
        node, information = session.node, session.connection.node
        assert node is not None
        assert information is not None
        node.information = information
        node.address = session.address
        node.first_seen = node.first_seen or session.opened_at
        node.connected_at = session.opened_at
        node.last_seen = now
        node.best = node.finalized = node.synced = None
        node.sessions[session.number] = session
        node.newest = session.number
        self._learn_speaker(session.directory, session.number, information)

    def closed(self, session: Session, now: int) -> None:
        """A connection is over."""
        node = session.node
        if node is not None:
            node.sessions.pop(session.number, None)
            node.newest = max(node.sessions, default=node.newest)
            node.disconnected_at = now

    def forget(self, directory: int, sessions: set[int]) -> None:
        """No file has anything of these connections any more.

        What was counted stays counted: a node's ``event_count`` is of all that the files had
        at start and all that came since, whatever was deleted meanwhile.
        """
        for number in sessions:
            self.speakers.pop((directory, number), None)

    def recover(self, past: Past) -> None:
        """Learn what a directory's files know."""
        for number, peer_id in past.nodes.items():
            self._learn(past.directory, number, peer_id)
            self._recover_counts(self.node(peer_id), number, past)
        for number, stored in sorted(past.sessions.items()):
            try:
                information = decode_node_information(stored.node_information)
            except NodeInformationError:
                # Refused; or stored by a release that understood more.
                if stored.node in past.nodes:
                    peer_id = past.nodes[stored.node]
                    self.speakers[past.directory, number] = Speaker(
                        peer_id.hex(), None, None, 1, None
                    )
                continue
            self._learn_speaker(past.directory, number, information)
            node = self.node(information.peer_id)
            for rule, count in stored.counters.get("deviations", {}).items():
                node.deviations[rule] += count
            node.shed.update(stored.counters.get("shed", {}))
            node.first_seen = min(node.first_seen or stored.started_at, stored.started_at)
            if stored.started_at >= (node.connected_at or 0):
                node.connected_at = stored.started_at
                # One without an end was open when the shard died: it lasted as long as it spoke.
                last_heard = max(node.last_seen or 0, stored.started_at)
                node.disconnected_at = stored.ended_at or last_heard
                node.information, node.address = information, stored.address
            node.last_seen = max(node.last_seen or 0, stored.ended_at or stored.started_at)
        held = past.counts.keys() | {stored.node for stored in past.sessions.values()}
        for number, remembered in past.remembered.items():
            node = self.node(past.nodes[number])
            node.first_seen = min(node.first_seen or remembered.first_at, remembered.first_at)
            if number not in held:
                self._remember(node, remembered)

    def _remember(self, node: Node, past: Remembered) -> None:
        """Of a node that no file of the directory has anything of any more."""
        node.past_events += past.events - past.undecodable
        node.undecodable += past.undecodable
        node.dropped_events = add_dropped(node.dropped_events, past.dropped)
        node.last_seen = max(node.last_seen or 0, past.last_at)
        if past.started_at >= (node.connected_at or 0):
            node.connected_at, node.address = past.started_at, past.address
            node.disconnected_at = past.last_at

    def _recover_counts(self, node: Node, number: int, past: Past) -> None:
        for event_type, count in past.counts.get(number, {}).items():
            self.tally.add_many(node.row, event_type, count)
        events, messages = past.dropped.get(number, (0, 0))
        node.dropped_events = add_dropped(node.dropped_events, events)
        node.dropped_messages += messages
        node.undecodable += past.undecodable[number]
        if number in past.last_seen:
            node.last_seen = max(node.last_seen or 0, past.last_seen[number])

    def _learn(self, directory: int, number: int, peer_id: bytes) -> None:
        self._numbers[directory, peer_id] = number
        self._ids[directory, number] = peer_id.hex()
        self._next_number[directory] = max(self._next_number[directory], number + 1)

    def _learn_speaker(self, directory: int, session: int, information: NodeInformation) -> None:
        self.speakers[directory, session] = Speaker(
            information.peer_id.hex(),
            information.implementation_name,
            information.implementation_version,
            information.protocol_version,
            information.cores,
        )
