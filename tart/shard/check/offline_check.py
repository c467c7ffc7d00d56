"""Offline check: the conformance checks of a server, without a server.

Pure: connections with their bytes and times in, findings out, and at the end the answer of
``/api/conformance``. Bytes take the same way as in a shard (``shard.decode``, ``Aggregates``),
and long observation is judged by ``query.topics.conformance``, so the results cannot differ.

Unknown facts give no findings: a connection that the checker ends, or the end of which was
not recorded, has cut no pipeline short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import DecodeContext, Finding
from tart.aggregate.core.isolation import Isolation
from tart.aggregate.rules.conformance_checks import handshake_findings
from tart.errors import ProtocolError
from tart.protocol.connection import Connection
from tart.protocol.framing import DEFAULT_MAX_FRAME, SplitRead
from tart.protocol.node_information import NodeInformation
from tart.protocol.rules import RULES
from tart.query.answers.sessions import BrokenRule, Conformance, Verdict
from tart.query.topics.conformance import collect_findings
from tart.shard.check.conformance_stats import ConformanceStats
from tart.shard.decode.batch_decoder import FrameRuns, decode_in_parts
from tart.shard.decode.frame_collector import FrameCollector
from tart.shard.state.nodes import Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.units import SECOND_US

# Frames and bytes that are decoded together, at most.
BATCH_FRAMES = 2_048
BATCH_BYTES = 4 << 20
# The interval of expiring old events and collecting statistics; that of a shard's flush.
STEP_US = 30 * SECOND_US
# Rules that a single message breaks, though they are about the conversation.
_SINGLE = ("clock_not_jce", "events_dropped", "dropped_implausible", "implausible_slot")
# Rules of several messages: a missing event would look like a deviation.
_NEEDS_ALL = frozenset(
    code for code, rule in RULES.items() if rule.scope == "conversation" and code not in _SINGLE
)


@dataclass(frozen=True)
class CheckLimits:
    """Limits of a check. A network has 1,023 validators.

    Attributes:
        connections: Open at a time; beyond, the quietest one is abandoned.
        nodes: Connections of further nodes are abandoned.
        partial_bytes: Of incomplete messages over all connections; beyond, the connection with
            the longest one is abandoned.
    """

    connections: int = 4_096
    nodes: int = 4_096
    partial_bytes: int = 64 << 20


class AttributedFinding(NamedTuple):
    """A finding with its node and connection.

    Attributes:
        node_id: ``None`` if the connection did not identify its node.
        source: The name of the connection.
    """

    finding: Finding
    node_id: str | None
    source: str


@dataclass(frozen=True)
class CheckReport:
    """The result of a check.

    Attributes:
        connections: All connections.
        sessions: Connections that identified their node.
        events: Messages after the first, valid or not.
        bytes: All bytes received.
        unfinished: Connections that ended, or were left, within a message.
        abandoned: Connections that were not checked to their end, because of ``CheckLimits``.
        failures: Events that were not checked completely, because of a fault of tart.
        whole: Whether rules of several messages were checked.
        complete: Whether the input was read to its end.
        conformance: The answer of ``/api/conformance``, without examples.
    """

    connections: int
    sessions: int
    events: int
    bytes: int
    unfinished: int
    abandoned: int
    failures: int
    whole: bool
    complete: bool
    conformance: Conformance

    @property
    def verdict(self) -> Verdict:
        """Return ``error``, ``warning`` or ``conformant``."""
        return self.conformance["verdict"]

    @property
    def rules(self) -> list[BrokenRule]:
        """Return the broken rules of all nodes, the most severe first."""
        return self.conformance["rules"]

    def passed(self, *, strict: bool) -> bool:
        """Return whether a node was checked completely and has no errors.

        Args:
            strict: Warnings count as errors.
        """
        failing = ("error", "warning") if strict else ("error",)
        checked = self.complete and self.sessions > 0 and not self.failures
        return checked and self.verdict not in failing


def check(
    reads: Iterable[tuple[int, bytes]], *, max_frame: int = DEFAULT_MAX_FRAME
) -> list[Finding]:
    """Return the findings about one connection that may still be open.

    Args:
        reads: The pieces received, with their times in Unix microseconds.
        max_frame: The longest message accepted, in bytes.

    Returns:
        The findings in order of arrival, without those of long observation. Their ``seq``
        counts frames after the first message.
    """
    findings: list[Finding] = []
    checker = Checker(lambda each: findings.append(each.finding), max_frame=max_frame)
    session = checker.open("", 0)
    for received_at, data in reads:
        checker.receive(session, data, received_at)
    checker.flush()
    return findings


class Checker:
    """Checks any number of connections; times are Unix microseconds.

    Args:
        on_finding: Called with each finding, at the latest during the next ``flush``.
        max_frame: The longest message accepted, in bytes.
        whole: The input has every message of every connection from the first on. If one may
            be missing, rules about ids and intervals are not checked.
    """

    def __init__(
        self,
        on_finding: Callable[[AttributedFinding], None],
        *,
        max_frame: int = DEFAULT_MAX_FRAME,
        whole: bool = True,
        limits: CheckLimits | None = None,
    ) -> None:
        self._on_finding = on_finding
        self._max_frame = max_frame
        self._whole = whole
        self._limits = limits or CheckLimits()
        self._muted = False
        self._isolation = Isolation()
        self._aggregates = Aggregates(self._decode_context, self._add, self._isolation)
        self._stats = ConformanceStats()
        self._peers = PeerDictionary({})
        # The batch that was received and not yet checked.
        self._frames = FrameCollector()
        self._runs = FrameRuns()
        self._bytes = 0
        self._sequence = 0
        self._stepped_at: int | None = None
        self._open: dict[int, Session] = {}
        self._partial_bytes = 0
        self._node_numbers: dict[bytes, int] = {}
        self._connections = self._events = self._total_bytes = 0
        self._unfinished = self._abandoned = 0

    def open(self, source: str, now_us: int) -> Session:
        """Begin a connection; ``source`` is its name in findings."""
        if len(self._open) >= self._limits.connections:
            self._abandon(min(self._open.values(), key=lambda session: session.last_at or 0))
        connection = Connection(self._max_frame)
        session = Session(self._connections, 0, source, now_us, connection, last_at=now_us)
        self._connections += 1
        self._open[session.number] = session
        return session

    def resume(self, session: Session, event_id: int) -> None:
        """Set the id of the next event of a connection that is not recorded from its start."""
        self.flush()
        session.connection.next_event_id = event_id

    def receive(self, session: Session, data: bytes, now_us: int) -> bool:
        """Receive bytes of a connection; bytes after its end are ignored.

        Returns:
            Whether the connection continues; otherwise a server would close it now.
        """
        self._total_bytes += len(data)
        if session.number not in self._open:
            return False
        self.advance(now_us)
        connection, before = session.connection, session.connection.buffered
        identified = connection.node is not None
        frames = connection.receive_frames(data)
        session.last_at = now_us
        if connection.node is not None and not identified:
            self._identify(session, connection.node, now_us)
        self._collect(session, frames, len(data), now_us)
        if connection.error is not None:
            self._partial_bytes -= before
            self._refuse(session, connection.error, now_us)
        else:
            self._partial_bytes += connection.buffered - before
        if self._partial_bytes > self._limits.partial_bytes:
            self._abandon(max(self._open.values(), key=lambda each: each.connection.buffered))
        return session.number in self._open

    def close(self, session: Session, now_us: int) -> None:
        """End a connection that the node has closed."""
        self.advance(now_us)
        self._end(session, now_us, closed_by_node=True)

    def advance(self, now_us: int) -> None:
        """Advance the time, with or without bytes."""
        if self._stepped_at is None:
            self._stepped_at = now_us
        elif now_us >= self._stepped_at + STEP_US:
            self._stepped_at = now_us
            self.flush()
            self._aggregates.expire(now_us)
            self._collect_statistics()

    def flush(self) -> None:
        """Check the frames received so far."""
        if not len(self._frames):
            return
        frames, runs = self._frames.take(), self._runs
        self._runs, self._bytes = FrameRuns(), 0
        parts = decode_in_parts(frames, runs, self._sequence, self._peers, self._isolation)
        self._sequence += len(frames)
        for part in parts:
            self._aggregates.add(part.events)
            self._stats.add_batch(part.events)

    def finish(self, now_us: int | None = None, *, complete: bool = True) -> CheckReport:
        """End the check.

        Args:
            now_us: The end of connections that are still open; ``None`` takes the time of
                each one's last bytes.
            complete: Whether the input was read to its end.
        """
        self.flush()
        still_open = list(self._open.values())
        latest = max((session.last_at or 0 for session in still_open), default=0)
        self._aggregates.expire(latest if now_us is None else now_us)
        for session in still_open:
            ended_at = session.last_at or 0 if now_us is None else now_us
            self._end(session, ended_at, closed_by_node=False)
        self._collect_statistics()
        rows = self._stats.rows(whole=self._whole)
        for finding in self._stats.long_term_findings(collect_findings(rows)):
            self._report(finding)
        return CheckReport(
            connections=self._connections,
            sessions=self._stats.sessions,
            events=self._events,
            bytes=self._total_bytes,
            unfinished=self._unfinished,
            abandoned=self._abandoned,
            failures=self._isolation.events_lost.total(),
            whole=self._whole,
            complete=complete,
            conformance=self._stats.conformance(rows),
        )

    def _decode_context(self, session: int) -> DecodeContext:
        opened = self._open[session]
        information = opened.connection.node
        assert information is not None
        return DecodeContext(
            information.protocol_version,
            information.cores,
            information.dialect,
            opened.opened_at,
            information.slot_seconds,
        )

    def _identify(self, session: Session, information: NodeInformation, now_us: int) -> None:
        """Give a connection the number of its node, and check its first message."""
        peer_id, numbers = information.peer_id, self._node_numbers
        if len(numbers) >= self._limits.nodes and peer_id not in numbers:
            self._abandon(session)
            return
        number = session.node_number = numbers.setdefault(peer_id, len(numbers))
        self._stats.add_session(number, information)
        content = session.connection.node_content
        self._aggregates.add_findings(
            handshake_findings(information, now_us, number, session.number, content)
        )

    def _collect(self, session: Session, frames: SplitRead, size: int, now_us: int) -> None:
        if not len(frames) or session.number not in self._open:
            return
        self._events += len(frames)
        self._frames.add(frames)
        self._runs.add(session, len(frames), now_us)
        self._bytes += size
        if len(self._frames) >= BATCH_FRAMES or self._bytes >= BATCH_BYTES:
            self.flush()

    def _refuse(self, session: Session, error: ProtocolError, now_us: int) -> None:
        """End a connection because of a protocol error."""
        self.flush()
        if session.number not in self._open:
            return
        self._add(
            Finding(
                rule=error.rule,
                received_at=now_us,
                node=session.node_number,
                session=session.number,
                seq=self._sequence,
                event_id=None,
                number=None,
                offset=0,
                field="",
                expectation=str(error),
                frame=error.frame,
            )
        )
        self._end(session, now_us, closed_by_node=True)

    def _abandon(self, session: Session) -> None:
        """End a connection because of ``CheckLimits``."""
        self._abandoned += 1
        self._end(session, session.last_at or 0, closed_by_node=False)

    def _end(self, session: Session, ended_at: int, *, closed_by_node: bool) -> None:
        """End a connection; open pipelines are findings only if the node closed it."""
        if session.number not in self._open:
            return
        self.flush()
        partial = 0 if session.connection.error else session.connection.buffered
        self._unfinished += partial > 0
        self._partial_bytes -= partial
        self._muted = not closed_by_node
        self._aggregates.end_session(session.number)
        self._muted = False
        self._stats.end_session(session, ended_at)
        del self._open[session.number]

    def _add(self, finding: Finding) -> None:
        if self._muted or (finding.rule in _NEEDS_ALL and not self._whole):
            return
        self._stats.add_finding(finding)
        self._report(finding)

    def _report(self, finding: Finding) -> None:
        session = self._open.get(finding.session)
        source = session.address if session else ""
        self._on_finding(AttributedFinding(finding, self._stats.node_id(finding.node), source))

    def _collect_statistics(self) -> None:
        self._stats.add_aggregates(self._aggregates)
        self._aggregates.clear()
