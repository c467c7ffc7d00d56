"""One request between two nodes and the events of both, for all seven kinds of JIP-3.

Pure. The pattern is always the same: sending, receiving, request sent, request received,
transferred on either side, or failed. Both ends report it in the order in which it happened,
and a receipt follows its sending. ``enough`` runs many requests in parallel, for activities
that need shards from many nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tart.protocol.events import EventKind
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, World, linked

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Exchange:
    """The event types of one kind of request, and the name of its failure rate."""

    rate: str
    sending: EventKind
    receiving: EventKind
    failed: EventKind
    sent: EventKind
    received: EventKind
    transferred: EventKind


BLOCKS = Exchange(
    "block_request",
    EventKind.SENDING_BLOCK_REQUEST,
    EventKind.RECEIVING_BLOCK_REQUEST,
    EventKind.BLOCK_REQUEST_FAILED,
    EventKind.BLOCK_REQUEST_SENT,
    EventKind.BLOCK_REQUEST_RECEIVED,
    EventKind.BLOCK_TRANSFERRED,
)
SHARDS = Exchange(
    "shard_request",
    EventKind.SENDING_SHARD_REQUEST,
    EventKind.RECEIVING_SHARD_REQUEST,
    EventKind.SHARD_REQUEST_FAILED,
    EventKind.SHARD_REQUEST_SENT,
    EventKind.SHARD_REQUEST_RECEIVED,
    EventKind.SHARDS_TRANSFERRED,
)
BUNDLE_SHARD = Exchange(
    "bundle_shard_request",
    EventKind.SENDING_BUNDLE_SHARD_REQUEST,
    EventKind.RECEIVING_BUNDLE_SHARD_REQUEST,
    EventKind.BUNDLE_SHARD_REQUEST_FAILED,
    EventKind.BUNDLE_SHARD_REQUEST_SENT,
    EventKind.BUNDLE_SHARD_REQUEST_RECEIVED,
    EventKind.BUNDLE_SHARD_TRANSFERRED,
)
BUNDLE = Exchange(
    "bundle_request",
    EventKind.SENDING_BUNDLE_REQUEST,
    EventKind.RECEIVING_BUNDLE_REQUEST,
    EventKind.BUNDLE_REQUEST_FAILED,
    EventKind.BUNDLE_REQUEST_SENT,
    EventKind.BUNDLE_REQUEST_RECEIVED,
    EventKind.BUNDLE_TRANSFERRED,
)
SEGMENT_SHARDS = Exchange(
    "segment_shard_request",
    EventKind.SENDING_SEGMENT_SHARD_REQUEST,
    EventKind.RECEIVING_SEGMENT_SHARD_REQUEST,
    EventKind.SEGMENT_SHARD_REQUEST_FAILED,
    EventKind.SEGMENT_SHARD_REQUEST_SENT,
    EventKind.SEGMENT_SHARD_REQUEST_RECEIVED,
    EventKind.SEGMENT_SHARDS_TRANSFERRED,
)
SEGMENTS = Exchange(
    "segment_request",
    EventKind.SENDING_SEGMENT_REQUEST,
    EventKind.RECEIVING_SEGMENT_REQUEST,
    EventKind.SEGMENT_REQUEST_FAILED,
    EventKind.SEGMENT_REQUEST_SENT,
    EventKind.SEGMENT_REQUEST_RECEIVED,
    EventKind.SEGMENTS_TRANSFERRED,
)
PREIMAGE = Exchange(
    "preimage_request",
    EventKind.SENDING_PREIMAGE_REQUEST,
    EventKind.RECEIVING_PREIMAGE_REQUEST,
    EventKind.PREIMAGE_REQUEST_FAILED,
    EventKind.PREIMAGE_REQUEST_SENT,
    EventKind.PREIMAGE_REQUEST_RECEIVED,
    EventKind.PREIMAGE_TRANSFERRED,
)

_ASKING_GAP = MILLISECOND
_WAIT = 50 * MILLISECOND

_REASONS = ("stream reset by peer", "request timed out", "not found")


class Step(NamedTuple):
    """One event of a request: its node, time by the node's clock, and identity."""

    node: int
    node_us: int
    event: Mapping[str, Any]


@dataclass(eq=False, slots=True)
class Request:
    """One request, for the truth.

    Attributes:
        number: Number of the request in its network, from 1.
        kind: Name of its failure rate.
        asker: The node that requests.
        answerer: The node that answers.
        of: The requested object.
        reason: Why it failed.
        steps: Events of both sides; filled by the truth.
    """

    number: int
    kind: str
    asker: Node
    answerer: Node
    of: object
    reason: str = ""
    steps: list[Step] = field(default_factory=list)

    def steps_of(self, node: Node) -> list[Step]:
        """Return the events of one side."""
        return [each for each in self.steps if each.node == node.index]


def exchange(
    world: World,
    kind: Exchange,
    asker: Node,
    answerer: Node,
    of: object,
    *,
    sending: Fields,
    receiving: Fields,
    received: Fields,
    answers: Sequence[Fields] = ({},),
) -> Outcome:
    """Run one request, a process that returns whether everything was transferred.

    Args:
        world: The network.
        kind: The kind of request.
        asker: The node that requests.
        answerer: The node that answers.
        of: The requested object, or the one that the request is part of.
        sending: Fields of the asker's first event.
        receiving: Fields of the answerer's first event.
        received: Fields of the answerer's event when it has read the request.
        answers: Fields of the transfer's event, once for each transferred object.
    """
    request = Request(next(world.requests), kind.rate, asker, answerer, of)
    done = yield from _exchange(world, kind, request, sending, receiving, received, answers)
    if world.truth is not None:
        world.truth.add_request(request, done)
    return done


def _exchange(
    world: World,
    kind: Exchange,
    request: Request,
    sending: Fields,
    receiving: Fields,
    received: Fields,
    answers: Sequence[Fields],
) -> Outcome:
    asker, answerer = request.asker, request.answerer
    sending_id = world.emit(asker, kind.sending, request, **sending)
    yield world.latency()
    if not linked(asker, answerer):
        request.reason = "not connected"
        world.emit(asker, kind.failed, request, request_id=sending_id, reason=request.reason)
        return False
    receiving_id = world.emit(answerer, kind.receiving, request, **receiving)
    # A request may fail before it is sent, before it is read, or before it is answered.
    fails = world.happens(kind.rate, asker.conduct.failures)
    fails_at = world.rng.randrange(3) if fails else None
    if fails_at != 0:
        yield MILLISECOND
        world.emit(asker, kind.sent, request, request_id=sending_id)
    yield world.latency()
    if fails_at in (None, 2):
        world.emit(answerer, kind.received, request, request_id=receiving_id, **received)
        yield world.between(2 * MILLISECOND, 30 * MILLISECOND)
    if fails_at is not None:
        request.reason = reason = _REASONS[fails_at]
        world.emit(answerer, kind.failed, request, request_id=receiving_id, reason=reason)
        yield world.latency()
        world.emit(asker, kind.failed, request, request_id=sending_id, reason=reason)
        return False
    for answer in answers:
        world.emit(answerer, kind.transferred, request, request_id=receiving_id, **answer)
        yield MILLISECOND
    yield world.latency()
    for answer in answers:
        world.emit(asker, kind.transferred, request, request_id=sending_id, **answer)
        yield MILLISECOND
    return True


def enough(world: World, requests: Iterable[Outcome], needed: int) -> Outcome:
    """Run requests in parallel, a process that returns whether ``needed`` were answered.

    It ends as soon as the outcome is certain; the requests continue.
    """
    outcomes: list[bool] = []
    started = 0
    for request in requests:
        world.start(_record_outcome(request, outcomes))
        started += 1
        yield _ASKING_GAP
    while sum(outcomes) < needed and len(outcomes) < started:
        yield _WAIT
    return sum(outcomes) >= needed


def _record_outcome(request: Outcome, outcomes: list[bool]) -> Process:
    outcomes.append((yield from request))
