"""The nodes and connections of one shard, as they are now and as they were.

Pure state: it is told what happened and answers what is. A node is known by its peer id;
it may have several connections at once (a reconnect overlapping the old one) and events
in several directories (adopted ones). What they say together is decided by ``query.core.nodes``.
Everything here is rebuilt from the files at start.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tart.aggregate.keyed.sessions import SessionSummary
from tart.errors import NodeInformationError
from tart.protocol.connection import Connection
from tart.protocol.node_information import NodeInformation, decode_node_information
from tart.query.core.catalog import DIRECTORY_BITS
from tart.query.core.nodes import STATEMENTS, counting, origin
from tart.query.core.rfc3339 import rfc3339
from tart.shard.state.event_counts import Tally
from tart.shard.state.limits import RateLimit
from tart.shard.state.node_statements import NAMES, Statement, later
from tart.storage.log.recovery import NodeHistory, RecoveredState

# ``Session`` has a member named ``bytes``.
Payload = bytes


@dataclass(frozen=True)
class Introduction:
    """The first message of a connection.

    Attributes:
        information: ``None`` where no file has it any more.
        started_at: when the connection began, Unix microseconds.
        session: as the API numbers it, ``None`` where nothing tells.
    """

    information: NodeInformation | None
    started_at: int
    session: int | None
    address: str

    @property
    def rank(self) -> tuple[int, str]:
        """By what those of ended connections are compared; see ``query.core.nodes``."""
        return self.started_at, self.address


@dataclass
class Session:
    """One connection.

    Attributes:
        number: its number in the directory; ``api_id`` is unique over all shards.
        node: whose it is, ``None`` until node information came.
        node_number: the number the directory gave to the node.
        last_at: when its last event came.
        said: the last statement of each kind, by event number.
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
    said: dict[int, Statement] = field(default_factory=dict)

    @property
    def api_id(self) -> int:
        """The session's id in the API."""
        return self.number << DIRECTORY_BITS | self.directory

    def say(self, number: int, received_at: int, timestamp: int, payload: Payload) -> None:
        """The node made a statement on it; times as in ``Statement``."""
        information = self.connection.node
        assert information is not None
        self.said[number] = Statement(
            *(number, received_at, timestamp, self.api_id, self.address, payload),
            *(information.protocol_version, information.cores),
        )

    @property
    def introduction(self) -> Introduction:
        """How it began."""
        return Introduction(self.connection.node, self.opened_at, self.api_id, self.address)

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
        sessions: those that are open, by number.
        introduction, said: of the connections that have ended, the statements that count.
        disconnected_at: when the last of them ended; an open one may be older.
        limit: how fast it may send, over all its connections here.
        pauses: how often a connection of it was not read for a while, by reason, and for how
            long; since this process started.
        shed: events of it that were dropped, by reason.
    """

    peer_id: bytes
    first_seen: int | None = None
    disconnected_at: int | None = None
    last_seen: int | None = None
    dropped_events: int = 0
    dropped_messages: int = 0
    past_events: int = 0
    undecodable: int = 0
    deviations: Counter[str] = field(default_factory=Counter)
    sessions: dict[int, Session] = field(default_factory=dict)
    introduction: Introduction | None = None
    said: dict[int, Statement] = field(default_factory=dict)
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

    def introduced(self, introduction: Introduction) -> None:
        """A connection that began so has ended."""
        if self.introduction is None or introduction.rank >= self.introduction.rank:
            self.introduction = introduction

    def stated(self, statement: Statement) -> None:
        """A statement on a connection that has ended."""
        self.said[statement.number] = later(self.said.get(statement.number), statement)

    def seen(self, at: int) -> None:
        """Something of it came then, or a connection was accepted; Unix microseconds."""
        self.last_seen = max(self.last_seen or 0, at)

    def ended(self, at: int) -> None:
        """A connection ended then; Unix microseconds."""
        self.disconnected_at = max(self.disconnected_at or 0, at)

    def statements(self, number: int) -> list[tuple[Statement, bool]]:
        """What it said last on each open connection, and on those that have ended.

        Returns:
            Statements of that event type, and whether their connection is open.
        """
        found = [
            (session.said[number], True)
            for session in self.sessions.values()
            if number in session.said
        ]
        if number in self.said:
            found.append((self.said[number], False))
        return found

    def claim(self, number: int) -> dict[str, Any] | None:
        """What counts of its best or finalized block, as the ``chain`` query has it."""
        found = counting(self.statements(number))
        return None if found is None else found[0].claim(is_open=found[1])

    def latest(self, number: int) -> dict[str, Any] | None:
        """What counts of its events of a type, as the ``node_status`` query has it."""
        found = counting(self.statements(number))
        return None if found is None else found[0].latest(is_open=found[1])

    def as_json(self) -> dict[str, Any]:
        """An element of the ``nodes`` query's answer; hashes are bytes."""
        statements: dict[str, Any] = dict.fromkeys(STATEMENTS)
        node: dict[str, Any] = {"node_id": self.id, "statements": statements}
        node |= self._introduced(statements)
        for number, name in NAMES.items():
            found = counting(self.statements(number))
            node[name] = found and found[0].value
            statements[name] = found and found[0].origin(is_open=found[1])
        return node | {
            "is_connected": bool(self.sessions),
            "first_seen_at": _time(self.first_seen),
            "disconnected_at": None if self.sessions else _time(self.disconnected_at),
            "last_seen_at": _time(self.last_seen),
            "event_count": self.past_events + sum(self.counts),
            "dropped_count": self.dropped_events,
            "dropped_messages": self.dropped_messages,
            "undecodable": self.undecodable,
            "deviations": dict(self.deviations),
            "pauses": dict(self.pauses),
            "paused_seconds": round(self.paused_seconds, 3),
            "shed": dict(self.shed),
            "connections": [session.as_json() for session in self.sessions.values()],
        }

    def _introduced(self, statements: dict[str, Any]) -> dict[str, Any]:
        """How it introduced itself; where that comes from goes into ``statements``."""
        made = [(session.introduction, True) for session in self.sessions.values()]
        if self.introduction is not None:
            made.append((self.introduction, False))
        found = counting(made)
        if found is None:
            return dict.fromkeys(STATEMENTS["node_info"])
        introduction, is_open = found
        information, address = introduction.information, introduction.address or None
        started_at = rfc3339(introduction.started_at) or ""
        statements["node_info"] = origin(started_at, introduction.session, address, is_open=is_open)
        return {
            "node_info": information and information.as_json(),
            "implementation_name": information and information.implementation_name,
            "implementation_version": information and information.implementation_version,
            "connected_at": started_at,
            "address": address,
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

    def opened(self, session: Session) -> None:
        """A connection has said whose it is (``session.node`` is set)."""
        node, information = session.node, session.connection.node
        assert node is not None
        assert information is not None
        node.first_seen = min(node.first_seen or session.opened_at, session.opened_at)
        node.seen(session.opened_at)
        node.sessions[session.number] = session
        self._learn_speaker(session.directory, session.number, information)

    def closed(self, session: Session, now: int) -> None:
        """A connection is over."""
        node = session.node
        if node is not None and node.sessions.pop(session.number, None) is not None:
            node.ended(now)
            node.introduced(session.introduction)
            for statement in session.said.values():
                node.stated(statement)

    def forget(self, directory: int, sessions: set[int]) -> None:
        """No file has anything of these connections any more.

        What was counted stays counted: a node's ``event_count`` is of all that the files had
        at start and all that came since, whatever was deleted meanwhile.
        """
        for number in sessions:
            self.speakers.pop((directory, number), None)

    def recover(self, past: RecoveredState) -> None:
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
            node.introduced(
                Introduction(
                    *(information, stored.started_at),
                    *(number << DIRECTORY_BITS | past.directory, stored.address),
                )
            )
            node.seen(max(stored.started_at, stored.counters.get("last_at") or 0))
            # One without an end was open when the shard died: it lasted as long as it spoke.
            last_heard = max(past.last_seen.get(stored.node or 0, 0), stored.started_at)
            node.ended(stored.ended_at or last_heard)
        self._recover_statements(past)
        held = past.counts.keys() | {stored.node for stored in past.sessions.values()}
        for number, remembered in past.node_histories.items():
            node = self.node(past.nodes[number])
            node.first_seen = min(node.first_seen or remembered.first_at, remembered.first_at)
            if number not in held:
                self._remember(node, remembered)

    def _remember(self, node: Node, past: NodeHistory) -> None:
        """Of a node that no file of the directory has anything of any more."""
        node.past_events += past.events - past.undecodable
        node.undecodable += past.undecodable
        node.dropped_events += past.dropped
        node.seen(past.last_at)
        node.ended(past.ended_at)
        node.introduced(Introduction(None, past.started_at, None, past.address))

    def _recover_statements(self, past: RecoveredState) -> None:
        for row in past.statements:
            stored = past.sessions.get(row.session)
            speaker = self.speakers.get((past.directory, row.session))
            statement = Statement(
                *(row.type, row.received_at, row.timestamp),
                *(row.session << DIRECTORY_BITS | past.directory, stored.address if stored else ""),
                row.payload,
                *((speaker.protocol_version, speaker.cores) if speaker else (1, None)),
            )
            if row.node in past.nodes:
                self.node(past.nodes[row.node]).stated(statement)

    def _recover_counts(self, node: Node, number: int, past: RecoveredState) -> None:
        for event_type, count in past.counts.get(number, {}).items():
            self.tally.add_many(node.row, event_type, count)
        events, messages = past.dropped.get(number, (0, 0))
        node.dropped_events += events
        node.dropped_messages += messages
        node.undecodable += past.undecodable[number]
        if number in past.last_seen:
            node.seen(past.last_seen[number])

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
