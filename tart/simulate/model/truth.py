"""The truth of a simulated network: facts recorded independently of the telemetry.

Pure. Activities name the objects that their events are about; a ``Truth`` turns them into
facts, one JSON object each, in order of time. ``tart simulate --truth FILE`` writes them as
lines (NDJSON), ``truth_reader`` reads them. Tests compare every figure of a server with them.

- Times are microseconds of the JAM Common Era: ``network_us`` by an exact clock, ``node_us``
  by the node's clock, which is the event's timestamp. Times of receipt are not known here. At
  speed X both run with the wall clock, X times slower than slots.
- Bytes are lowercase hex without a prefix. ``node`` is a peer id; ``session`` counts the
  connections of that node from 0; ``event_id`` is as JIP-3 derives it.
- ``told`` is the fate of an event: ``sent``; ``dropped``, with the id it would have had;
  ``untold``, without an id, because the node had no connection or the event refers to one of
  an earlier connection. An event ``sent`` after the ``last_event_id`` of its session was still
  waiting when the connection ended, and never left. Bytes that the kernel accepted count as
  sent; if the server ended the connection, it may not have read them.

========== =====================================================================
fact       content
========== =====================================================================
network    size, parameters, genesis, slot length, seed; once, first
node       one validator: names, protocol version, parameter layout, clock offset
trouble    a planted trouble: its name, nodes, and span; after the nodes
difference a planted difference of an implementation, its effects and its nodes
upgrade    a planted new version of an implementation, and the time until all nodes have it
lie        a planted lie: its name, nodes, and span
told_lie   what a node lied about: ``lie`` names the lie, ``about`` the object
lost_assurance  an assurance that its node tells it sends, and no other gets
opened     a node's telemetry connected
happened   one event: ``about`` the objects concerned, ``data`` its fields, ``root`` the
           event it refers to and the time since then (node clock)
block      a block was made: its content, and its flaw if it has one; ``assurers`` have an
           assurance in it
package    a work-package reached its primary guarantor, ``node``, with that event
request    a request ended: outcome, reason, the events and duration on both sides
closed     a connection ended: reason (``hung up``: by the node itself), its events by
           type, first and last id, drops
state      a node's state at the end
end        time and number of facts; last, a file without it is cut short
========== =====================================================================

``about`` may have: ``peer``; ``block``, ``number``, ``slot``, ``author``; ``package``,
``report``, ``erasure_root``, ``core``, and in guaranteeing the node's ``role`` (primary,
secondary); ``signers`` of a guarantee; ``preimage``; ``ticket``; ``assurer`` and
``anchor``; for requests ``request``, ``kind``, ``asker``, ``answerer`` and the requested
object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from tart.protocol.events import EventKind
from tart.simulate.model.exchange import Request, Step
from tart.simulate.model.records import Assurance, Block, Guarantee, Preimage, Report, Ticket
from tart.simulate.model.reporter import Emission, Handle
from tart.simulate.model.world import SLOT, Node, World
from tart.units import JCE_US

Fact: TypeAlias = dict[str, Any]

# Kinds of facts that are made from each event.
_EVENT_FACTS = frozenset(("happened", "request"))

# What is the same in JSON.
_SCALARS = frozenset((str, int, bool, float, type(None)))

SENT, DROPPED, UNTOLD = "sent", "dropped", "untold"

# From the submission to the last of the guarantees: events of a primary or secondary.
_GUARANTEEING = frozenset(
    kind
    for kind in EventKind
    if EventKind.WORK_PACKAGE_SUBMISSION <= kind <= EventKind.GUARANTEES_DISTRIBUTED
)


class _Session:
    """One connection of a node, and the events that left on it.

    Attributes:
        ordinal: Number of the connection among those of its node.
        opened: When it was opened.
        bytes: Bytes that left on it.
        events: Number of events by type.
        drops: Number of dropped events by id of their Dropped event.
        losing: Events dropped since the last Dropped event.
        lost_at: Timestamp of the last dropped event.
        last: Id of the last event that left.
    """

    def __init__(self, ordinal: int, opened: int, size: int) -> None:
        self.ordinal = ordinal
        self.opened = opened
        self.bytes = size
        self.events: Counter[int] = Counter()
        self.drops: dict[int, int] = {}
        self.losing = 0
        self.lost_at = 0
        self.last: int | None = None

    def add(self, emission: Emission) -> None:
        """Add an event that leaves."""
        self._count(emission, 1)
        self.last = emission.event_id
        if emission.kind is EventKind.DROPPED:
            self.drops[emission.event_id] = emission.fields["num"]

    def remove_last(self, emissions: Sequence[Emission]) -> None:
        """Remove the last events, which did not leave after all."""
        for emission in emissions:
            self._count(emission, -1)
            self.drops.pop(emission.event_id, None)
        if emissions:
            first = emissions[0].event_id
            # Ids are consecutive, except for the events that a Dropped stands for.
            before = [event_id for event_id, num in self.drops.items() if event_id + num == first]
            self.last = before[0] if before else first - 1 if first else None

    def _count(self, emission: Emission, number: int) -> None:
        self.events[emission.kind.number] += number
        self.bytes += number * len(emission.frame)


class Truth:
    """Turns the network's activities into facts.

    Args:
        write: Called with each fact.
        only: Kinds of facts that are written; ``None``: all. The end is always.
    """

    def __init__(
        self, write: Callable[[Fact], object], only: Collection[str] | None = None
    ) -> None:
        self._write_fact = write
        self._only = only
        self._has_events = only is None or not _EVENT_FACTS.isdisjoint(only)
        self._facts = 0
        self._sessions: dict[int, _Session] = {}
        self._ordinals: Counter[int] = Counter()

    def _write(self, fact: str, **members: Any) -> None:
        if self._only is not None and fact not in self._only and fact != "end":
            return
        self._facts += 1
        self._write_fact({"fact": fact, "network_us": self._world.wall_time(), **_plain(members)})

    # --- The network, at its beginning and end ----------------------------------------

    def begin(self, world: World, seed: int, speed: float) -> None:
        """Describe the network; call before all other methods."""
        self._world = world
        self._peers = [each.peer_id for each in world.nodes]
        self._write(
            "network",
            cores=world.cores,
            validators=len(world.nodes),
            seed=seed,
            speed=speed,
            slot_us=SLOT,
            jce_unix_us=JCE_US,
            genesis=world.nodes[0].reporter.fake.information.genesis,
            base={"slot": world.base.slot, "block": world.base.hash},
            parameters=world.parameters,
        )
        for node in world.nodes:
            self._node(node)

    def _node(self, node: Node) -> None:
        information = node.reporter.fake.information
        self._write(
            "node",
            node=node.peer_id,
            index=node.index,
            name=information.implementation_name,
            version=information.implementation_version,
            gp_version=information.gp_version,
            protocol=information.protocol_version,
            layout=information.layout,
            address=information.address,
            port=information.port,
            flags=information.flags,
            note=information.additional_info,
            clock_us=node.clock,
        )

    def add_trouble(self, name: str, start: int, length: int, nodes: Sequence[int]) -> None:
        """Record a planted trouble; its span is in simulated microseconds from the beginning."""
        begin_us = self._world.wall_time(start)
        self._write(
            "trouble",
            name=name,
            nodes=[self._peers[index] for index in nodes],
            begin_us=begin_us,
            end_us=self._world.wall_time(start + length),
        )

    def add_lie(self, name: str, start: int, length: int, nodes: Sequence[int]) -> None:
        """Record a planted lie; see ``add_trouble``."""
        self._write(
            "lie",
            name=name,
            nodes=[self._peers[index] for index in nodes],
            begin_us=self._world.wall_time(start),
            end_us=self._world.wall_time(start + length),
        )

    def add_difference(
        self, implementation: str, effects: Mapping[str, object], nodes: Sequence[int]
    ) -> None:
        """Record a planted difference of an implementation."""
        self._write(
            "difference",
            implementation=implementation,
            effects=dict(effects),
            nodes=[self._peers[index] for index in nodes],
        )

    def add_upgrade(self, implementation: str, version: str, start: int, spread: int) -> None:
        """Record a new version of an implementation; times are as of ``add_trouble``."""
        self._write(
            "upgrade",
            implementation=implementation,
            version=version,
            begin_us=self._world.wall_time(start),
            end_us=self._world.wall_time(start + spread),
        )

    def record_lie(self, name: str, node: Node, about: object, **members: object) -> None:
        """Record what a node lied about, when it is told or kept quiet.

        Args:
            name: The lie.
            node: The node.
            about: The object: a block, guarantee, or assurance.
            members: Further facts.
        """
        self._write(
            "told_lie",
            lie=name,
            node=node.peer_id,
            slot=self._world.slot,
            about=self._about(about, node, 0),
            **members,
        )

    def add_lost_assurance(self, node: Node, assurance: Assurance) -> None:
        """Record an assurance that reaches no node, although its node tells of it."""
        self._write(
            "lost_assurance", node=node.peer_id, slot=self._world.slot, anchor=assurance.anchor
        )

    def end(self) -> None:
        """Write the final state of every node; all connections must be closed."""
        for node in self._world.nodes:
            self._write(
                "state",
                node=node.peer_id,
                sessions=self._ordinals[node.index],
                best=self._block(node.best),
                finalized=self._block(node.finalized),
                synced=node.synced,
                peers=[p for i, p in enumerate(self._peers) if node.linked >> i & 1],
                streams=[self._peers[each] for each in node.streams],
                guarantees=[each.report.hash for each in node.guarantees.values()],
                preimages=list(node.preimages),
            )
        self._write("end", facts=self._facts + 1)

    # --- Connections ------------------------------------------------------------------

    def open_session(self, node: Node, hello: bytes) -> None:
        """Record that a node's telemetry connected and sent its node information."""
        ordinal = self._ordinals[node.index]
        self._ordinals[node.index] += 1
        self._sessions[node.index] = _Session(ordinal, self._world.wall_time(), len(hello))
        self._write("opened", node=node.peer_id, session=ordinal)

    def add_emission(self, emission: Emission) -> None:
        """Record that an event is on its way to the server."""
        self._sessions[emission.node].add(emission)

    def close_session(self, node: Node, reason: str, unsent: Sequence[Emission]) -> None:
        """Record that a node's connection ended.

        Args:
            node: The node.
            reason: Why it ended.
            unsent: The last emissions that were added, if they did not leave.
        """
        session = self._sessions.pop(node.index, None)
        if session is None:
            return
        session.remove_last(unsent)
        self._write(
            "closed",
            node=node.peer_id,
            session=session.ordinal,
            reason=reason,
            opened_us=session.opened,
            first_event_id=None if session.last is None else 0,
            last_event_id=session.last,
            events={str(number): n for number, n in sorted(session.events.items()) if n},
            bytes=session.bytes,
            dropped_messages=[{"event_id": id_, "num": n} for id_, n in session.drops.items()],
            dropped=sum(session.drops.values()),
            dropped_unsaid=session.losing,
        )

    # --- Events -----------------------------------------------------------------------

    def add_event(
        self,
        node: Node,
        kind: EventKind,
        about: object,
        data: Mapping[str, Any],
        timestamp: int,
        handle: Handle,
    ) -> None:
        """Record an event of a node, reported or not.

        Args:
            node: The node.
            kind: The event type.
            about: The objects that it is about.
            data: Its fields; references are handles.
            timestamp: Time by the node's clock.
            handle: The event's handle, which tells whether it was reported.
        """
        session = self._sessions.get(node.index)
        if handle.lost and session:
            session.losing += 1
            session.lost_at = timestamp
        if not self._has_events:
            return
        references = [each for each in data.values() if type(each) is Handle]
        fact = {
            **self._event(node, kind, timestamp, handle),
            "root": self._root(references[0], handle, timestamp) if references else None,
            "about": self._about(about, node, kind),
            "data": {
                name.rstrip("_"): value for name, value in data.items() if type(value) is not Handle
            },
        }
        self._write("happened", **fact)
        if isinstance(about, Request):
            names = ("type", "node_us", "told", "session", "event_id")
            event = {name: fact[name] for name in names}
            about.steps.append(Step(node.index, timestamp, event))

    def add_dropped(self, node: Node, timestamp: int, event_id: int) -> None:
        """Record the Dropped event for all events that a node dropped since the last."""
        session = self._sessions[node.index]
        data = {"last_timestamp": session.lost_at, "num": session.losing}
        session.losing = 0
        event = self._event(node, EventKind.DROPPED, timestamp, Handle(1, event_id))
        self._write("happened", **event, root=None, about={}, data=data)

    def _event(self, node: Node, kind: EventKind, timestamp: int, handle: Handle) -> Fact:
        session = self._sessions.get(node.index)
        return {
            "node": node.peer_id,
            "session": session.ordinal if session else None,
            "event_id": handle.event_id if handle.session else None,
            "told": _fate(handle),
            "event": kind.variant,
            "type": kind.number,
            "node_us": timestamp,
        }

    def _root(self, root: Handle, handle: Handle, timestamp: int) -> Fact:
        """Return the event referred to; one of another connection has no id here."""
        if not handle.session or not root.session:
            return {"event_id": None, "told": UNTOLD, "after_us": None}
        after = timestamp - root.timestamp
        return {"event_id": root.event_id, "told": _fate(root), "after_us": after}

    # --- Objects ----------------------------------------------------------------------

    def add_block(self, block: Block) -> None:
        """Record that a block was made."""
        self._write(
            "block",
            **self._block(block),
            parent=block.parent,
            outline=block.outline(),
            reported=[self._guarantee(each) for each in block.reported],
            available=[_report(each) for each in block.available],
            preimages=[each.hash for each in block.preimages],
            assurers=[self._peers[each] for each in block.assurances],
            flaw=block.flaw or None,
        )

    def add_package(
        self,
        report: Report,
        secondaries: Sequence[Node],
        submitted: Mapping[str, object],
        root: Handle,
    ) -> None:
        """Record that a work-package reached its primary guarantor.

        Args:
            report: The work-package and its report.
            secondaries: The other guarantors.
            submitted: Fields of the submission: ``builder``, ``bundle``.
            root: The primary's event.
        """
        imported = report.imported_from
        primary, session = self._world.nodes[report.primary], self._sessions.get(report.primary)
        self._write(
            "package",
            **_report(report),
            **submitted,
            slot=report.slot,
            segments_root=report.segments_root,
            bundle_size=report.bundle_size,
            exports=report.exported_segments,
            imports=imported.package_hash if imported else None,
            items=[each._asdict() for each in report.items],
            secondaries=[each.peer_id for each in secondaries],
            node=primary.peer_id,
            session=session.ordinal if session and root.session else None,
            event_id=root.event_id if root.session else None,
            told=_fate(root),
        )

    def add_request(self, request: Request, done: bool) -> None:
        """Record that a request ended."""
        sides = {"asker": request.asker, "answerer": request.answerer}
        self._write(
            "request",
            **self._about(request, request.asker, 0),
            outcome="transferred" if done else "failed",
            reason=request.reason or None,
            sides={name: _side(request, node) for name, node in sides.items()},
        )

    def _about(self, about: object, node: Node, number: int) -> Fact:
        if about is None:
            return {}
        if isinstance(about, dict):
            return about
        if isinstance(about, Node):
            return {"peer": about.peer_id}
        if isinstance(about, Block):
            return self._block(about)
        if isinstance(about, Report):
            return _report(about) | _role(about, node, number)
        if isinstance(about, Guarantee):
            return self._guarantee(about) | _role(about.report, node, number)
        if isinstance(about, Preimage):
            return {"preimage": about.hash, "service": about.service, "length": about.length}
        if isinstance(about, Ticket):
            return {"ticket": about.id, "epoch": about.epoch, "attempt": about.attempt}
        if isinstance(about, Assurance):
            return {"assurer": self._peers[about.assurer], "anchor": about.anchor}
        assert isinstance(about, Request), about
        return {
            "request": about.number,
            "kind": about.kind,
            "asker": about.asker.peer_id,
            "answerer": about.answerer.peer_id,
            **self._about(about.of, node, 0),
        }

    def _block(self, block: Block) -> Fact:
        author = self._peers[block.author] if block.author >= 0 else None
        return {
            "block": block.hash,
            "number": block.number,
            "slot": block.slot,
            "author": author,
        }

    def _guarantee(self, guarantee: Guarantee) -> Fact:
        signers = [self._peers[each] for each in guarantee.guarantors]
        return {**_report(guarantee.report), "signers": signers}


def _fate(handle: Handle) -> str:
    if not handle.session:
        return UNTOLD
    return DROPPED if handle.lost else SENT


def _report(report: Report) -> Fact:
    return {
        "package": report.package_hash,
        "report": report.hash,
        "erasure_root": report.erasure_root,
        "core": report.core,
    }


def _role(report: Report, node: Node, number: int) -> Fact:
    if number not in _GUARANTEEING:
        return {}
    return {"role": "primary" if node.index == report.primary else "secondary"}


def _side(request: Request, node: Node) -> Fact:
    """Return the events of one side, and the time from the first to the last by its clock."""
    steps = request.steps_of(node)
    return {
        "events": [each.event for each in steps],
        "duration_us": steps[-1].node_us - steps[0].node_us if steps else None,
    }


def _plain(value: Any) -> Any:
    """Return a value in the form of JSON."""
    # By exact type: with isinstance this took a third of a simulation's time.
    kind = type(value)
    if kind is bytes:
        return value.hex()
    if kind is dict:
        return {
            name: each if type(each) in _SCALARS else _plain(each) for name, each in value.items()
        }
    if kind is list or kind is tuple:
        return [_plain(each) for each in value]
    return value
