"""What nodes send, judged without a server, by what a server judges it by.

Pure: connections with their bytes and times in, findings out as they are made, and in the
end what ``/api/conformance`` would say. Bytes go through ``digest`` and ``Aggregates`` like
a shard's, the long run is judged by ``query.topics.conformance``, so that the two cannot differ.

What nobody can know is not concluded: a connection that we end, or whose end was not
recorded, has cut no pipeline short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import DecodeContext, Finding
from tart.aggregate.core.isolation import Isolation
from tart.aggregate.rules.conformance_checks import handshake_findings
from tart.errors import ProtocolError
from tart.protocol.connection import Connection
from tart.protocol.framing import DEFAULT_MAX_FRAME
from tart.protocol.node_information import NodeInformation
from tart.protocol.rules import RULES
from tart.query.answers.sessions import BrokenRule, Conformance, Verdict
from tart.query.topics.conformance import collect_findings
from tart.shard.check.conformance_stats import Figures
from tart.shard.decode.batch_decoder import FrameRun, decode_in_parts
from tart.shard.state.nodes import Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.units import SECOND_US

Json = dict[str, Any]

# Frames and bytes that are digested together, at most.
BATCH_FRAMES = 2_048
BATCH_BYTES = 4 << 20
# As often as a shard does it, what is old is given up and figures are put together.
STEP_US = 30 * SECOND_US
# A network has 1,023 validators; connections beyond are not judged to their end.
MAX_OPEN = 4_096
MAX_NODES = 4_096
# Of messages that have not ended, over all connections.
MAX_UNFINISHED = 64 << 20
# What an event left out would make look wrong; of the others each message tells by itself.
_NEEDS_ALL = frozenset(
    code
    for code, rule in RULES.items()
    if rule.scope == "conversation" and code not in ("clock_not_jce", "events_dropped")
)


class Found(NamedTuple):
    """A finding, and who it is of.

    Attributes:
        node_id: ``None`` of a connection that never said whose it is.
        source: what the connection is called.
    """

    finding: Finding
    node_id: str | None
    source: str


@dataclass(frozen=True)
class Report:
    """What there is to say in the end.

    Attributes:
        connections: all there were; ``sessions``: those that said whose they are.
        events: messages after the first, understood or not.
        bytes: all that came.
        unfinished: connections that ended, or were left, within a message.
        unjudged: connections that were not judged to their end, because of our limits.
        failures: events that were not judged whole, because of a fault of tart.
        whole: whether what only several messages show was judged.
        complete: whether all that was to be judged came.
        conformance: as ``/api/conformance`` has it, without examples.
    """

    connections: int
    sessions: int
    events: int
    bytes: int
    unfinished: int
    unjudged: int
    failures: int
    whole: bool
    complete: bool
    conformance: Conformance

    @property
    def verdict(self) -> Verdict:
        """``error``, ``warning`` or ``conformant``."""
        return self.conformance["verdict"]

    @property
    def rules(self) -> list[BrokenRule]:
        """What was found over all nodes, by rule, the most severe first."""
        return self.conformance["rules"]

    def passed(self, *, strict: bool) -> bool:
        """Whether a node was heard out and did nothing wrong; ``strict``: nor doubtful."""
        bad = ("error", "warning") if strict else ("error",)
        judged = self.complete and self.sessions > 0 and not self.failures
        return judged and self.verdict not in bad


def check(
    reads: Iterable[tuple[int, bytes]], *, max_frame: int = DEFAULT_MAX_FRAME
) -> list[Finding]:
    """What is wrong with what a node sent on one connection, as far as it has come.

    Args:
        reads: what came, and when, Unix microseconds; cut anywhere.

    Returns:
        In order of arrival; ``seq`` counts frames after the first message. The long run is
        not judged.
    """
    found: list[Finding] = []
    checker = Checker(lambda each: found.append(each.finding), max_frame=max_frame)
    session = checker.open("", 0)
    for received_at, data in reads:
        checker.receive(session, data, received_at)
    checker.flush()
    return found


class Checker:
    """Judges any number of connections; times are Unix microseconds.

    Args:
        found: told of each finding, at the latest with the next ``flush``.
        max_frame: longest message accepted, in bytes.
        whole: every message of every connection is there, from the first on. Where one may
            be missing, ids and intervals mean nothing.
    """

    def __init__(
        self,
        found: Callable[[Found], None],
        *,
        max_frame: int = DEFAULT_MAX_FRAME,
        whole: bool = True,
    ) -> None:
        self._found = found
        self._max_frame = max_frame
        self._whole = whole
        self._muted = False
        self._isolation = Isolation()
        self._aggregates = Aggregates(self._decode_context, self._note, self._isolation)
        self._figures = Figures()
        self._peers = PeerDictionary({})
        self._frames: list[bytes] = []
        self._runs: list[FrameRun] = []
        self._bytes = 0
        self._sequence = 0
        self._stepped_at: int | None = None
        self._open: dict[int, Session] = {}
        self._unfinished_bytes = 0
        self._numbers: dict[bytes, int] = {}
        self._connections = self._events = self._total = 0
        self._unfinished = self._unjudged = 0

    def open(self, source: str, at: int) -> Session:
        """A connection begins; ``source`` is what it is called."""
        if len(self._open) >= MAX_OPEN:
            self._give_up(min(self._open.values(), key=lambda each: each.last_at or 0))
        connection = Connection(self._max_frame)
        session = Session(self._connections, 0, source, at, connection, last_at=at)
        self._connections += 1
        self._open[session.number] = session
        return session

    def resume(self, session: Session, event_id: int) -> None:
        """The next event has this id: those before it are not here."""
        self.flush()
        session.connection.next_event_id = event_id

    def receive(self, session: Session, data: bytes, at: int) -> bool:
        """Bytes of a connection; what comes after its end is not looked at.

        Returns:
            Whether it goes on; otherwise a server would close it now.
        """
        self._total += len(data)
        if session.number not in self._open:
            return False
        self.advance(at)
        connection, before = session.connection, session.connection.buffered
        was_known = connection.node is not None
        frames = connection.receive_frames(data)
        session.last_at = at
        if connection.node is not None and not was_known:
            self._introduce(session, connection.node, at)
        self._gather(session, frames, len(data), at)
        if connection.error is not None:
            self._unfinished_bytes -= before
            self._refuse(session, connection.error, at)
        else:
            self._unfinished_bytes += connection.buffered - before
        if self._unfinished_bytes > MAX_UNFINISHED:
            self._give_up(max(self._open.values(), key=lambda each: each.connection.buffered))
        return session.number in self._open

    def close(self, session: Session, at: int) -> None:
        """The node has ended the connection."""
        self.advance(at)
        self._end(session, at, concluded=True)

    def advance(self, at: int) -> None:
        """Time has passed, with or without bytes."""
        if self._stepped_at is None:
            self._stepped_at = at
        elif at >= self._stepped_at + STEP_US:
            self._stepped_at = at
            self.flush()
            self._aggregates.expire(at)
            self._put_together()

    def flush(self) -> None:
        """Judge what was received."""
        if not self._frames:
            return
        frames, runs = self._frames, self._runs
        self._frames, self._runs, self._bytes = [], [], 0
        parts = decode_in_parts(frames, runs, self._sequence, self._peers, self._isolation)
        self._sequence += len(frames)
        for part in parts:
            batch = part.events
            self._aggregates.add(batch)
            self._figures.hear(batch)

    def finish(self, at: int | None = None, *, complete: bool = True) -> Report:
        """Nothing more comes.

        Args:
            at: now; ``None``: what was still open lasted as long as it spoke.
            complete: whether all has come.
        """
        self.flush()
        still_open = list(self._open.values())
        latest = max((each.last_at or 0 for each in still_open), default=0)
        self._aggregates.expire(latest if at is None else at)
        for session in still_open:
            self._end(session, session.last_at or 0 if at is None else at, concluded=False)
        self._put_together()
        material = self._figures.material(whole=self._whole)
        for each in self._figures.shown(collect_findings(material)):
            self._tell(each)
        return Report(
            connections=self._connections,
            sessions=self._figures.sessions,
            events=self._events,
            bytes=self._total,
            unfinished=self._unfinished,
            unjudged=self._unjudged,
            failures=self._isolation.events_lost.total(),
            whole=self._whole,
            complete=complete,
            conformance=self._figures.conformance(material),
        )

    def _decode_context(self, session: int) -> DecodeContext:
        information = self._open[session].connection.node
        assert information is not None
        return DecodeContext(information.protocol_version, information.cores)

    def _introduce(self, session: Session, information: NodeInformation, at: int) -> None:
        peer_id = information.peer_id
        if len(self._numbers) >= MAX_NODES and peer_id not in self._numbers:
            self._give_up(session)
            return
        number = session.node_number = self._numbers.setdefault(peer_id, len(self._numbers))
        self._figures.introduce(number, information)
        content = session.connection.node_content
        self._aggregates.add_findings(
            handshake_findings(information, at, number, session.number, content)
        )

    def _gather(self, session: Session, frames: list[bytes], size: int, at: int) -> None:
        if not frames or session.number not in self._open:
            return
        self._events += len(frames)
        self._frames += frames
        self._runs.append(FrameRun(session, len(frames), at))
        self._bytes += size
        if len(self._frames) >= BATCH_FRAMES or self._bytes >= BATCH_BYTES:
            self.flush()

    def _refuse(self, session: Session, error: ProtocolError, at: int) -> None:
        """What it said ends the connection."""
        self.flush()
        if session.number not in self._open:
            return
        self._note(
            Finding(
                rule=error.rule,
                received_at=at,
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
        self._end(session, at, concluded=True)

    def _give_up(self, session: Session) -> None:
        self._unjudged += 1
        self._end(session, session.last_at or 0, concluded=False)

    def _end(self, session: Session, at: int, *, concluded: bool) -> None:
        if session.number not in self._open:
            return
        self.flush()
        unfinished = 0 if session.connection.error else session.connection.buffered
        self._unfinished += unfinished > 0
        self._unfinished_bytes -= unfinished
        self._muted = not concluded
        self._aggregates.end_session(session.number)
        self._muted = False
        self._figures.end(session, at)
        del self._open[session.number]

    def _note(self, finding: Finding) -> None:
        if self._muted or (finding.rule in _NEEDS_ALL and not self._whole):
            return
        self._figures.count(finding)
        self._tell(finding)

    def _tell(self, finding: Finding) -> None:
        session = self._open.get(finding.session)
        source = session.address if session else ""
        self._found(Found(finding, self._figures.node_id(finding.node), source))

    def _put_together(self) -> None:
        self._figures.add(self._aggregates)
        self._aggregates.clear()
