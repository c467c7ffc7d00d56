"""The nodes and connections of one shard, now and in the past.

Pure state: the owner records what happens, and reads what the state is. A node is known by its
peer id; it may have several connections at once (a reconnect that overlaps the old connection)
and events in several directories (adopted ones). ``query.core.nodes`` decides what counts among
a node's connections. Everything here is rebuilt from the files at start.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from tart.access.rate_limiter import TokenBucket
from tart.aggregate.keyed.sessions import SessionSummary
from tart.errors import NodeInformationError
from tart.protocol.connection import Connection
from tart.protocol.decoding import Decoded, decode_event
from tart.protocol.dialects import Dialect, dialect_of
from tart.protocol.events import EventKind
from tart.protocol.node_information import (
    SLOT_SECONDS,
    NodeInformation,
    decode_node_information,
)
from tart.query.answers.nodes import OpenConnection
from tart.query.core.event_ids import DIRECTORY_BITS
from tart.query.core.nodes import STATEMENTS, StatedSlot, choose_statement, statement_source
from tart.query.core.rfc3339 import rfc3339
from tart.query.shard_queries.network import LastStatement, NodeFigures
from tart.shard.state.event_counts import EventCounts
from tart.shard.state.node_statements import (
    MEMBERS,
    STATEMENT_TYPES,
    Statement,
    later_statement,
    replaces,
)
from tart.storage.core.log_columns import LogRow
from tart.storage.log.recovery import NodeHistory, RecoveredState, StoredSession

# ``Session`` has a member named ``bytes``.
Payload = bytes


@dataclass(frozen=True)
class Handshake:
    """The first message of a connection.

    Attributes:
        information: ``None`` where no file has it any more.
        started_at: When the connection began, Unix microseconds.
        session: The connection's id in the API, ``None`` where it is not known.
    """

    information: NodeInformation | None
    started_at: int
    session: int | None
    address: str

    @property
    def rank(self) -> tuple[int, str]:
        """The order of handshakes of ended connections; see ``query.core.nodes``."""
        return self.started_at, self.address

    @property
    def is_ahead(self) -> bool:
        """No slot is in a handshake."""
        return False


class SessionIdentity(NamedTuple):
    """The values that do not change of a connection whose node is known.

    Attributes:
        number: The connection's number in the directory.
        node_number: The node's number in the directory.
        node_row: The node's row in ``event_counts``.
        has_dialect: Whether the node does not speak the standard.
    """

    number: int
    node_number: int
    node_row: int
    has_dialect: bool


@dataclass
class Session:
    """One telemetry connection.

    Attributes:
        number: Its number in the directory; ``api_id`` is unique over all shards.
        node: ``None`` until node information has come.
        node_number: The node's number in the directory.
        last_at: When its last event came, Unix microseconds.
        shed: Events dropped by a limit, by reason.
        statements: The last statement of each type.
        on_split: Called after reads were split into frames, with the number of frames; then
            ``connection.error`` may be set.
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
    statements: dict[int, Statement] = field(default_factory=dict)
    on_split: Callable[[int], None] | None = None

    @property
    def api_id(self) -> int:
        """The session's id in the API."""
        return self.number << DIRECTORY_BITS | self.directory

    @cached_property
    def identity(self) -> SessionIdentity:
        """The values that columns need, gathered once; read after node information has come."""
        information, node = self.connection.node, self.node
        return SessionIdentity(
            self.number,
            self.node_number or 0,
            0 if node is None else node.row,
            information is not None and information.dialect is not Dialect.STANDARD,
        )

    def add_statement(
        self, type_: int, received_at: int, timestamp: int, payload: Payload
    ) -> Statement:
        """Record a statement of the node, and return it; the arguments are as in ``Statement``."""
        information = self.connection.node
        assert information is not None
        statement = Statement(
            type=type_,
            received_at=received_at,
            timestamp=timestamp,
            session=self.api_id,
            address=self.address,
            payload=payload,
            version=information.protocol_version,
            cores=information.cores,
            dialect=information.dialect,
            slot_seconds=information.slot_seconds,
        )
        if replaces(statement, self.statements.get(type_)):
            self.statements[type_] = statement
        return statement

    @property
    def handshake(self) -> Handshake:
        """The connection's first message."""
        return Handshake(self.connection.node, self.opened_at, self.api_id, self.address)

    def counters(self) -> dict[str, Any]:
        """Return what the event log stores of the connection when it closes."""
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
        """Return the connection as a row of the aggregates."""
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

    def as_json(self) -> OpenConnection:
        """Return the connection as an element of ``connections`` in the API."""
        information = self.connection.node
        return {
            "session": self.api_id,
            "address": self.address,
            "connected_at": rfc3339(self.opened_at),
            "protocol_version": information.protocol_version if information else None,
            "params_layout": information.layout if information else None,
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
        id: The peer id as 64 hex digits.
        row: The node's row in ``event_counts``.
        sessions: The open connections by number.
        past_handshake: The handshake that counts among those of ended connections.
        past_statements: Likewise the statements, by event type.
        past_events: Events that no file of the directories holds any more.
        disconnected_at: When the last of the ended connections ended; an open one may be older.
        joined_at: When the node information of its newest connection came; 0 if this process has
            seen none.
        bucket: The rate limit of the node, which its connections in this shard share.
        pauses: How often reading from a connection of the node paused, by reason, since this
            process started.
        paused_seconds: How long those pauses were in sum.
        shed: Events of the node that were dropped by a limit, by reason.
    """

    peer_id: bytes
    first_seen: int | None = None
    disconnected_at: int | None = None
    joined_at: int = 0
    last_seen: int | None = None
    dropped_events: int = 0
    dropped_messages: int = 0
    past_events: int = 0
    undecodable: int = 0
    deviations: Counter[str] = field(default_factory=Counter)
    sessions: dict[int, Session] = field(default_factory=dict)
    past_handshake: Handshake | None = None
    past_statements: dict[int, Statement] = field(default_factory=dict)
    bucket: TokenBucket | None = None
    pauses: Counter[str] = field(default_factory=Counter)
    paused_seconds: float = 0.0
    shed: Counter[str] = field(default_factory=Counter)
    event_counts: EventCounts = field(default_factory=EventCounts, repr=False)
    id: str = field(init=False)
    row: int = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.peer_id.hex()
        self.row = self.event_counts.new_row()

    @property
    def counts(self) -> list[int]:
        """Well-formed events by type."""
        return self.event_counts.row(self.row)

    def limit_rate(self, rate: float, burst: float) -> None:
        """Set the node's rate limit, unless it has one."""
        if self.bucket is None:
            self.bucket = TokenBucket(rate, burst)

    def add_past_handshake(self, handshake: Handshake) -> None:
        """Record the handshake of a connection that has ended."""
        if self.past_handshake is None or handshake.rank >= self.past_handshake.rank:
            self.past_handshake = handshake

    def add_past_statement(self, statement: Statement) -> None:
        """Record a statement on a connection that has ended."""
        known = self.past_statements.get(statement.type)
        self.past_statements[statement.type] = later_statement(known, statement)

    def extend_last_seen(self, unix_us: int) -> None:
        """Record that an event or a connection of the node came at this time."""
        self.last_seen = max(self.last_seen or 0, unix_us)

    def extend_disconnected(self, unix_us: int) -> None:
        """Record that a connection of the node ended at this time."""
        self.disconnected_at = max(self.disconnected_at or 0, unix_us)

    def statements(self, type_: int) -> list[tuple[Statement, bool]]:
        """Return the last statement of a type on each open connection and on the ended ones.

        Returns:
            Statements, and whether their connection is open.
        """
        statements = [
            (session.statements[type_], True)
            for session in self.sessions.values()
            if type_ in session.statements
        ]
        if type_ in self.past_statements:
            statements.append((self.past_statements[type_], False))
        return statements

    def stated_slot(self, type_: int) -> StatedSlot | None:
        """Return the slot of the best or finalized block that counts; see the ``chain`` query."""
        if len(self.sessions) == 1 and type_ not in self.past_statements:
            # Nearly all nodes are like this, and the query asks for all of them.
            (session,) = self.sessions.values()
            only = session.statements.get(type_)
            return None if only is None else only.stated_slot(is_open=True)
        chosen = choose_statement(self.statements(type_))
        return None if chosen is None else chosen[0].stated_slot(is_open=chosen[1])

    def stated_blocks(self) -> tuple[StatedSlot | None, StatedSlot | None]:
        """Return the statements of the best and the finalized block."""
        best = self.stated_slot(EventKind.BEST_BLOCK_CHANGED)
        return best, self.stated_slot(EventKind.FINALIZED_BLOCK_CHANGED)

    def latest_statements(self) -> dict[str, dict[str, Any]]:
        """Return the statement of each type that counts, as the ``node_status`` query has it."""
        chosen = {str(kind): choose_statement(self.statements(kind)) for kind in STATEMENT_TYPES}
        return {
            kind: statement[0].latest(is_open=statement[1])
            for kind, statement in chosen.items()
            if statement is not None
        }

    def as_json(self) -> dict[str, Any]:
        """Return the node as an element of the ``nodes`` query's answer; hashes are bytes."""
        origins: dict[str, Any] = dict.fromkeys(STATEMENTS)
        node: dict[str, Any] = {"node_id": self.id, "statements": origins}
        node |= self._handshake_as_json(origins)
        for kind, member in MEMBERS.items():
            statement = choose_statement(self.statements(kind))
            node[member] = statement and statement[0].value
            origins[member] = statement and statement[0].origin(is_open=statement[1])
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

    def figures(self) -> NodeFigures:
        """Return the node as the ``network`` query has it."""
        handshake = self._handshake()
        assert handshake is not None
        value = {}
        if handshake[0].information is not None:
            value = {
                "implementation_name": handshake[0].information.implementation_name,
                "implementation_version": handshake[0].information.implementation_version,
            }
        chosen = {str(kind): choose_statement(self.statements(kind)) for kind in STATEMENT_TYPES}
        return NodeFigures(
            self.id,
            LastStatement(handshake[1], *handshake[0].rank, value),
            {
                kind: LastStatement(statement[1], *statement[0].rank, statement[0].figures)
                for kind, statement in chosen.items()
                if statement is not None
            },
        )

    def _handshake(self) -> tuple[Handshake, bool] | None:
        """Return the handshake that counts, and whether its connection is open."""
        handshakes = [(session.handshake, True) for session in self.sessions.values()]
        if self.past_handshake is not None:
            handshakes.append((self.past_handshake, False))
        return choose_statement(handshakes)

    def _handshake_as_json(self, origins: dict[str, Any]) -> dict[str, Any]:
        """Return the members that the handshake gives; its origin goes into ``origins``."""
        chosen = self._handshake()
        if chosen is None:
            return dict.fromkeys(STATEMENTS["node_info"])
        handshake, is_open = chosen
        information, address = handshake.information, handshake.address or None
        started_at = rfc3339(handshake.started_at) or ""
        origins["node_info"] = statement_source(
            started_at, handshake.session, address, is_open=is_open
        )
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
class SessionOwner:
    """The node of a stored connection, and what is needed to decode its events."""

    node_id: str
    name: str | None
    implementation_version: str | None
    protocol_version: int
    cores: int | None
    started_at: int | None = None
    slot_seconds: int = SLOT_SECONDS

    @cached_property
    def dialect(self) -> Dialect:
        """The dialect of JIP-3 that the node speaks."""
        return dialect_of(self.name or "", self.protocol_version)

    def decode(self, number: int, payload: bytes) -> Decoded:
        """Decode an event of the connection, by its type and its content after the header.

        Raises:
            DecodeError: The bytes fit no known reading.
        """
        return decode_event(
            number,
            payload,
            version=self.protocol_version,
            cores=self.cores,
            dialect=self.dialect,
        )


_UNKNOWN = SessionOwner("00" * 32, None, None, 1, None)


class _SessionOwners(dict[tuple[int, int], SessionOwner]):
    """Owners by directory and session; unknown where the file that named the owner is lost."""

    def __missing__(self, key: tuple[int, int]) -> SessionOwner:
        return _UNKNOWN


class Nodes:
    """All nodes that this shard knows.

    Attributes:
        by_id: The nodes by ``Node.id``.
        event_counts: The counts of all nodes, by ``Node.row``.
        session_owners: The owner of each connection, by directory and session number.
    """

    def __init__(self) -> None:
        self.by_id: dict[str, Node] = {}
        self.event_counts = EventCounts()
        self.session_owners: dict[tuple[int, int], SessionOwner] = _SessionOwners()
        self._numbers: dict[tuple[int, bytes], int] = {}
        self._ids: dict[tuple[int, int], str] = {}
        self._next_number: Counter[int] = Counter()

    def node(self, peer_id: bytes) -> Node:
        """Return the node with that peer id; make it known if it is not."""
        node_id = peer_id.hex()
        if node_id not in self.by_id:
            self.by_id[node_id] = Node(peer_id, event_counts=self.event_counts)
        return self.by_id[node_id]

    def recent(self, since_us: int, max_past: int) -> list[Node]:
        """Return the nodes with an open connection, and those that had one a short time ago.

        Args:
            since_us: Unix microseconds.
            max_past: The most nodes without an open connection; those that ended last.
        """
        connected = [node for node in self.by_id.values() if node.sessions]
        past = [
            node
            for node in self.by_id.values()
            if not node.sessions
            and node.past_handshake is not None
            and (node.disconnected_at or 0) >= since_us
        ]
        past.sort(key=lambda node: node.disconnected_at or 0, reverse=True)
        return connected + past[:max_past]

    def open_sessions(self) -> list[Session]:
        """Return the connections that are open now."""
        return [session for node in self.by_id.values() for session in node.sessions.values()]

    def assign_number(self, directory: int, peer_id: bytes) -> tuple[int, bool]:
        """Return a node's number in a directory, and whether the number is new."""
        known = self._numbers.get((directory, peer_id))
        if known is not None:
            return known, False
        number = self._next_number[directory]
        self._add_number(directory, number, peer_id)
        return number, True

    def number_of(self, directory: int, node_id: str) -> int | None:
        """Return a node's number in a directory, ``None`` if it has none there."""
        return self._numbers.get((directory, bytes.fromhex(node_id)))

    def id_of(self, directory: int, number: int) -> str | None:
        """Return the id of the node that has this number in a directory."""
        return self._ids.get((directory, number))

    def numbers(self, directory: int) -> list[tuple[int, bytes]]:
        """Return the numbers assigned in a directory, with their peer ids."""
        return [
            (number, peer_id) for (of, peer_id), number in self._numbers.items() if of == directory
        ]

    def add_session(self, session: Session) -> None:
        """Record that a connection's node information has come (``session.node`` is set)."""
        node, information = session.node, session.connection.node
        assert node is not None
        assert information is not None
        node.first_seen = min(node.first_seen or session.opened_at, session.opened_at)
        node.extend_last_seen(session.opened_at)
        node.sessions[session.number] = session
        self._add_owner(session.directory, session.number, information, session.opened_at)

    def end_session(self, session: Session, now_us: int) -> None:
        """Record that a connection has ended."""
        node = session.node
        if node is not None and node.sessions.pop(session.number, None) is not None:
            node.extend_disconnected(now_us)
            node.add_past_handshake(session.handshake)
            for statement in session.statements.values():
                node.add_past_statement(statement)

    def forget_sessions(self, directory: int, sessions: set[int]) -> None:
        """Forget connections of which no file holds anything any more.

        Their events stay counted: a node's ``event_count`` covers all that the files held at
        start and all that came since, whatever was deleted meanwhile.
        """
        for number in sessions:
            self.session_owners.pop((directory, number), None)

    def recover(self, past: RecoveredState) -> None:
        """Add what a directory's files hold."""
        for number, peer_id in past.nodes.items():
            self._add_number(past.directory, number, peer_id)
            self._recover_counts(self.node(peer_id), number, past)
        for stored in (past.sessions[number] for number in sorted(past.sessions)):
            self._recover_session(stored, past)
        for row in past.statements:
            self._recover_statement(row, past)
        held = past.counts.keys() | {stored.node for stored in past.sessions.values()}
        for number, history in past.node_histories.items():
            node = self.node(past.nodes[number])
            node.first_seen = min(node.first_seen or history.first_at, history.first_at)
            if number not in held:
                _add_history(node, history)

    def _recover_session(self, stored: StoredSession, past: RecoveredState) -> None:
        try:
            information = decode_node_information(stored.node_information)
        except NodeInformationError:
            # Refused; or stored by a release that could decode more.
            if stored.node in past.nodes:
                node_id = past.nodes[stored.node].hex()
                owner = SessionOwner(node_id, None, None, 1, None)
                self.session_owners[past.directory, stored.session] = owner
            return
        self._add_owner(past.directory, stored.session, information, stored.started_at)
        node = self.node(information.peer_id)
        for rule, count in stored.counters.get("deviations", {}).items():
            node.deviations[rule] += count
        node.shed.update(stored.counters.get("shed", {}))
        node.first_seen = min(node.first_seen or stored.started_at, stored.started_at)
        api_id = stored.session << DIRECTORY_BITS | past.directory
        node.add_past_handshake(Handshake(information, stored.started_at, api_id, stored.address))
        node.extend_last_seen(max(stored.started_at, stored.counters.get("last_at") or 0))
        # A connection without an end was open when the shard died: its last event ended it.
        last_event_at = max(past.last_seen.get(stored.node or 0, 0), stored.started_at)
        node.extend_disconnected(stored.ended_at or last_event_at)

    def _recover_statement(self, row: LogRow, past: RecoveredState) -> None:
        if row.node not in past.nodes:
            return
        stored = past.sessions.get(row.session)
        owner = self.session_owners[past.directory, row.session]
        statement = Statement(
            type=row.type,
            received_at=row.received_at,
            timestamp=row.timestamp,
            session=row.session << DIRECTORY_BITS | past.directory,
            address=stored.address if stored else "",
            payload=row.payload,
            version=owner.protocol_version,
            cores=owner.cores,
            dialect=owner.dialect,
            slot_seconds=owner.slot_seconds,
        )
        self.node(past.nodes[row.node]).add_past_statement(statement)

    def _recover_counts(self, node: Node, number: int, past: RecoveredState) -> None:
        for event_type, count in past.counts.get(number, {}).items():
            self.event_counts.add_many(node.row, event_type, count)
        events, messages = past.dropped.get(number, (0, 0))
        node.dropped_events += events
        node.dropped_messages += messages
        node.undecodable += past.undecodable[number]
        if number in past.last_seen:
            node.extend_last_seen(past.last_seen[number])

    def _add_number(self, directory: int, number: int, peer_id: bytes) -> None:
        self._numbers[directory, peer_id] = number
        self._ids[directory, number] = peer_id.hex()
        self._next_number[directory] = max(self._next_number[directory], number + 1)

    def _add_owner(
        self, directory: int, session: int, information: NodeInformation, started_at: int
    ) -> None:
        self.session_owners[directory, session] = SessionOwner(
            node_id=information.peer_id.hex(),
            name=information.implementation_name,
            implementation_version=information.implementation_version,
            protocol_version=information.protocol_version,
            cores=information.cores,
            started_at=started_at,
            slot_seconds=information.slot_seconds,
        )


def _add_history(node: Node, past: NodeHistory) -> None:
    """Add the totals of a node of which no file of the directory holds an event any more."""
    node.past_events += past.events - past.undecodable
    node.undecodable += past.undecodable
    node.dropped_events += past.dropped
    node.extend_last_seen(past.last_at)
    node.extend_disconnected(past.ended_at)
    node.add_past_handshake(Handshake(None, past.started_at, None, past.address))
