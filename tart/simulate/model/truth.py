"""What really happened in a simulated network, told beside the telemetry and not from it.

Pure. Activities say what their events are about, in the network's own objects; a ``Truth``
turns that into facts, one JSON object each, in order of time. ``tart simulate --truth FILE``
writes them as lines (NDJSON), ``truth_reader`` reads them. A server is checked against these:
every figure it shows must follow from them.

- Times are microseconds of the JAM Common Era: ``network_us`` by a clock that is right,
  ``node_us`` by the node's, which is what its event says. When the server receives is not
  known here. At speed X both run with the clock on the wall, X times slower than slots.
- Bytes are lowercase hex without a prefix. ``node`` is a peer id; ``session`` counts the
  connections of that node from 0; ``event_id`` is as JIP-3 derives it.
- ``told`` says what became of an event: ``sent``; ``dropped``, with the id it would have
  had; ``untold``, without one, because the node had no connection or the event refers to
  one of an earlier connection. ``sent`` after the ``last_event_id`` of its session was
  still waiting when the connection ended, and never left. What the kernel took counts as
  sent; where the server ended the connection, it may not have read it.

========== =====================================================================
fact       says
========== =====================================================================
network    size, parameters, genesis, slot length, seed; once, first
node       one validator: names, protocol version, parameter layout, clock offset
opened     a node's telemetry connected
happened   one event: ``about`` in the network's terms, ``data`` as the node had it,
           ``root`` the event it refers to and how long ago that was (node clock)
block      a block was made: what is in it, and its flaw if it has one
package    a work-package reached its primary guarantor, ``node``, with that event
request    a request is over: outcome, reason, the events and duration on both sides
closed     a connection ended: why (``hung up``: by the node itself), its events by type,
           first and last id, drops
state      a node as it is at the end
end        time and number of facts; last, a file without it is cut short
========== =====================================================================

``about`` may name: ``peer``; ``block``, ``number``, ``slot``, ``author``; ``package``,
``report``, ``erasure_root``, ``core``, and in guaranteeing the node's ``role`` (primary,
secondary); ``signers`` of a guarantee; ``preimage``; ``ticket``; ``assurer`` and
``anchor``; of requests ``request``, ``kind``, ``asker``, ``answerer`` and the thing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from tart.protocol.events import BY_VARIANT
from tart.simulate.model.exchange import Request, Step
from tart.simulate.model.records import Assurance, Block, Guarantee, Preimage, Report, Ticket
from tart.simulate.model.reporter import UNREPORTED, Emission, Handle
from tart.simulate.model.world import SLOT, Node, Stage
from tart.units import JCE_US

Fact: TypeAlias = dict[str, Any]

SENT, DROPPED, UNTOLD = "sent", "dropped", "untold"

# From the submission to the last of the guarantees: where a node is primary or secondary.
_GUARANTEEING = range(90, 110)


class _Session:
    """One connection of a node, and what left on it.

    Attributes:
        drops: Dropped messages: id and number.
        losing: events dropped since; ``lost_at``: when the last was.
        last: id of the last event that left.
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

    def take(self, emission: Emission) -> None:
        """An event leaves."""
        self._count(emission, 1)
        self.last = emission.event_id
        if emission.variant == "Dropped":
            self.drops[emission.event_id] = emission.fields["num"]

    def untake(self, emissions: Sequence[Emission]) -> None:
        """The last events taken did not leave after all."""
        for each in emissions:
            self._count(each, -1)
            self.drops.pop(each.event_id, None)
        if emissions:
            first = emissions[0].event_id
            # Ids are consecutive, but for those of the events a Dropped stands for.
            before = [each for each, num in self.drops.items() if each + num == first]
            self.last = before[0] if before else first - 1 if first else None

    def _count(self, emission: Emission, number: int) -> None:
        self.events[BY_VARIANT[emission.variant].number] += number
        self.bytes += number * len(emission.frame)


class Truth:
    """Makes facts of what happens.

    Args:
        tell: is given each fact.
    """

    def __init__(self, tell: Callable[[Fact], object]) -> None:
        self._tell_fact = tell
        self._facts = 0
        self._sessions: dict[int, _Session] = {}
        self._ordinals: Counter[int] = Counter()

    def _tell(self, fact: str, **said: Any) -> None:
        self._facts += 1
        self._tell_fact({"fact": fact, "network_us": self._stage.wall_time(), **_plain(said)})

    # --- The network, at its beginning and end ----------------------------------------

    def begin(self, stage: Stage, seed: int, speed: float) -> None:
        """Describe the network; before anything else."""
        self._stage = stage
        self._peers = [each.peer_id for each in stage.nodes]
        self._tell(
            "network",
            cores=stage.cores,
            validators=len(stage.nodes),
            seed=seed,
            speed=speed,
            slot_us=SLOT,
            jce_unix_us=JCE_US,
            genesis=stage.nodes[0].reporter.fake.information.genesis,
            base={"slot": stage.base.slot, "block": stage.base.hash},
            parameters=stage.parameters,
        )
        for node in stage.nodes:
            self._node(node)

    def _node(self, node: Node) -> None:
        said = node.reporter.fake.information
        self._tell(
            "node",
            node=node.peer_id,
            index=node.index,
            name=said.implementation_name,
            version=said.implementation_version,
            gp_version=said.gp_version,
            protocol=said.protocol_version,
            layout=said.layout,
            address=said.address,
            port=said.port,
            flags=said.flags,
            note=said.additional_info,
            clock_us=node.clock,
        )

    def end(self) -> None:
        """Say how every node is in the end; no connection is open any more."""
        for node in self._stage.nodes:
            self._tell(
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
        self._tell("end", facts=self._facts + 1)

    # --- Connections ------------------------------------------------------------------

    def opened(self, node: Node, hello: bytes) -> None:
        """A node's telemetry connected, and said this of itself."""
        ordinal = self._ordinals[node.index]
        self._ordinals[node.index] += 1
        self._sessions[node.index] = _Session(ordinal, self._stage.wall_time(), len(hello))
        self._tell("opened", node=node.peer_id, session=ordinal)

    def taken(self, emission: Emission) -> None:
        """An event is on its way to the server."""
        self._sessions[emission.node].take(emission)

    def closed(self, node: Node, reason: str, unsent: Sequence[Emission]) -> None:
        """A node's connection ended.

        Args:
            unsent: the last of the events that were taken, if they did not leave.
        """
        session = self._sessions.pop(node.index, None)
        if session is None:
            return
        session.untake(unsent)
        self._tell(
            "closed",
            node=node.peer_id,
            session=session.ordinal,
            reason=reason,
            opened_us=session.opened,
            first_event_id=None if session.last is None else 0,
            last_event_id=session.last,
            events={str(each): n for each, n in sorted(session.events.items()) if n},
            bytes=session.bytes,
            dropped_messages=[{"event_id": at, "num": n} for at, n in session.drops.items()],
            dropped=sum(session.drops.values()),
            dropped_unsaid=session.losing,
        )

    # --- What happens -----------------------------------------------------------------

    def happened(
        self,
        node: Node,
        variant: str,
        about: object,
        data: Mapping[str, Any],
        timestamp: int,
        handle: Handle,
    ) -> None:
        """A node had an event to tell.

        Args:
            data: its fields; references are handles.
            timestamp: by the node's clock.
            handle: what became of it.
        """
        session = self._sessions.get(node.index)
        if handle.lost and session:
            session.losing += 1
            session.lost_at = timestamp
        references = [each for each in data.values() if type(each) is Handle]
        number = BY_VARIANT[variant].number
        fact = {
            **self._event(node, variant, timestamp, handle),
            "root": self._root(references[0], handle, timestamp) if references else None,
            "about": self._about(about, node, number),
            "data": {
                name.rstrip("_"): value for name, value in data.items() if type(value) is not Handle
            },
        }
        self._tell("happened", **fact)
        if isinstance(about, Request):
            names = ("type", "node_us", "told", "session", "event_id")
            event = {name: fact[name] for name in names}
            about.steps.append(Step(node.index, timestamp, event))

    def told_of_drops(self, node: Node, timestamp: int, event_id: int) -> None:
        """A node sends a Dropped of that id, for all it dropped since the last."""
        session = self._sessions[node.index]
        data = {"last_timestamp": session.lost_at, "num": session.losing}
        session.losing = 0
        event = self._event(node, "Dropped", timestamp, Handle(1, event_id))
        self._tell("happened", **event, root=None, about={}, data=data)

    def _event(self, node: Node, variant: str, timestamp: int, handle: Handle) -> Fact:
        session = self._sessions.get(node.index)
        return {
            "node": node.peer_id,
            "session": session.ordinal if session else None,
            "event_id": handle.event_id if handle.session else None,
            "told": _told(handle),
            "event": variant,
            "type": BY_VARIANT[variant].number,
            "node_us": timestamp,
        }

    def _root(self, root: Handle, handle: Handle, timestamp: int) -> Fact:
        """The event referred to; of another connection it cannot be named."""
        if handle is UNREPORTED or not root.session:
            return {"event_id": None, "told": UNTOLD, "after_us": None}
        after = timestamp - root.timestamp
        return {"event_id": root.event_id, "told": _told(root), "after_us": after}

    # --- Things -----------------------------------------------------------------------

    def block(self, block: Block) -> None:
        """A block was made."""
        self._tell(
            "block",
            **self._block(block),
            parent=block.parent,
            outline=block.outline(),
            reported=[self._guarantee(each) for each in block.reported],
            available=[_report(each) for each in block.available],
            preimages=[each.hash for each in block.preimages],
            flaw=block.flaw or None,
        )

    def package(
        self,
        report: Report,
        secondaries: Sequence[Node],
        submitted: Mapping[str, object],
        root: Handle,
    ) -> None:
        """A work-package reached its primary guarantor.

        Args:
            submitted: as the builder did: ``builder``, ``bundle``.
            root: the primary's event.
        """
        imported = report.imports
        primary, session = self._stage.nodes[report.primary], self._sessions.get(report.primary)
        self._tell(
            "package",
            **_report(report),
            **submitted,
            slot=report.slot,
            segments_root=report.segments_root,
            bundle_size=report.bundle_size,
            exports=report.exports,
            imports=imported.package_hash if imported else None,
            items=[each._asdict() for each in report.items],
            secondaries=[each.peer_id for each in secondaries],
            node=primary.peer_id,
            session=session.ordinal if session and root.session else None,
            event_id=root.event_id if root.session else None,
            told=_told(root),
        )

    def request(self, request: Request, done: bool) -> None:
        """A request is over."""
        sides = {"asker": request.asker, "answerer": request.answerer}
        self._tell(
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


def _told(handle: Handle) -> str:
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
    """The events of one side, and the time from the first to the last by its clock."""
    steps = request.steps_of(node)
    return {
        "events": [each.event for each in steps],
        "duration_us": steps[-1].node_us - steps[0].node_us if steps else None,
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
