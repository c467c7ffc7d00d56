"""One request between two nodes and what both tell of it, for all seven kinds of JIP-3.

Pure. The pattern is the same everywhere: sending, receiving, request sent, request
received, transferred on either side, or failed. Both ends tell the same story in the
order in which it happened, and what was received was sent before. ``enough`` runs many
requests side by side, for what takes shards from many nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, Stage, linked

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Exchange:
    """The names of one kind of request's events, and of its failure rate."""

    rate: str
    sending: str
    receiving: str
    failed: str
    sent: str
    received: str
    transferred: str


BLOCKS = Exchange(
    "block_request",
    "SendingBlockRequest",
    "ReceivingBlockRequest",
    "BlockRequestFailed",
    "BlockRequestSent",
    "BlockRequestReceived",
    "BlockTransferred",
)
SHARDS = Exchange(
    "shard_request",
    "SendingShardRequest",
    "ReceivingShardRequest",
    "ShardRequestFailed",
    "ShardRequestSent",
    "ShardRequestReceived",
    "ShardsTransferred",
)
BUNDLE_SHARD = Exchange(
    "bundle_shard_request",
    "SendingBundleShardRequest",
    "ReceivingBundleShardRequest",
    "BundleShardRequestFailed",
    "BundleShardRequestSent",
    "BundleShardRequestReceived",
    "BundleShardTransferred",
)
BUNDLE = Exchange(
    "bundle_request",
    "SendingBundleRequest",
    "ReceivingBundleRequest",
    "BundleRequestFailed",
    "BundleRequestSent",
    "BundleRequestReceived",
    "BundleTransferred",
)
SEGMENT_SHARDS = Exchange(
    "segment_shard_request",
    "SendingSegmentShardRequest",
    "ReceivingSegmentShardRequest",
    "SegmentShardRequestFailed",
    "SegmentShardRequestSent",
    "SegmentShardRequestReceived",
    "SegmentShardsTransferred",
)
SEGMENTS = Exchange(
    "segment_request",
    "SendingSegmentRequest",
    "ReceivingSegmentRequest",
    "SegmentRequestFailed",
    "SegmentRequestSent",
    "SegmentRequestReceived",
    "SegmentsTransferred",
)
PREIMAGE = Exchange(
    "preimage_request",
    "SendingPreimageRequest",
    "ReceivingPreimageRequest",
    "PreimageRequestFailed",
    "PreimageRequestSent",
    "PreimageRequestReceived",
    "PreimageTransferred",
)

_ASKING_GAP = MILLISECOND
_WAIT = 50 * MILLISECOND

_REASONS = ("stream reset by peer", "request timed out", "not found")


class Step(NamedTuple):
    """One event of a request: of which node, when by its clock, and which."""

    node: int
    node_us: int
    event: Mapping[str, Any]


@dataclass(eq=False, slots=True)
class Request:
    """One request, for the truth.

    Attributes:
        number: numbers a network's requests from 1.
        of: what is requested.
        reason: why it failed.
        steps: what both sides told of it; filled by the truth.
    """

    number: int
    kind: str
    asker: Node
    answerer: Node
    of: object
    reason: str = ""
    steps: list[Step] = field(default_factory=list)

    def steps_of(self, node: Node) -> list[Step]:
        """One side's."""
        return [each for each in self.steps if each.node == node.index]


def exchange(
    stage: Stage,
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
    """A process: one request, answered or failed.

    Args:
        asker: who requests; ``answerer`` is asked.
        of: the thing that is, or is part of, what is requested.
        sending: fields of the asker's first event.
        receiving: fields of the answerer's first event.
        received: fields of the answerer's event when it has read the request.
        answers: fields of the transfer's event, once for each thing transferred.

    Returns:
        Whether everything was transferred.
    """
    request = Request(next(stage.requests), kind.rate, asker, answerer, of)
    done = yield from _exchange(stage, kind, request, sending, receiving, received, answers)
    if stage.truth is not None:
        stage.truth.request(request, done)
    return done


def _exchange(
    stage: Stage,
    kind: Exchange,
    request: Request,
    sending: Fields,
    receiving: Fields,
    received: Fields,
    answers: Sequence[Fields],
) -> Outcome:
    asker, answerer = request.asker, request.answerer
    asked = stage.emit(asker, kind.sending, request, **sending)
    yield stage.latency()
    if not linked(asker, answerer):
        request.reason = "not connected"
        stage.emit(asker, kind.failed, request, request_id=asked, reason=request.reason)
        return False
    heard = stage.emit(answerer, kind.receiving, request, **receiving)
    # A request may fail before it is sent, before it is read, or before it is answered.
    fails_at = stage.rng.randrange(3) if stage.happens(kind.rate) else None
    if fails_at != 0:
        yield MILLISECOND
        stage.emit(asker, kind.sent, request, request_id=asked)
    yield stage.latency()
    if fails_at in (None, 2):
        stage.emit(answerer, kind.received, request, request_id=heard, **received)
        yield stage.between(2 * MILLISECOND, 30 * MILLISECOND)
    if fails_at is not None:
        request.reason = reason = _REASONS[fails_at]
        stage.emit(answerer, kind.failed, request, request_id=heard, reason=reason)
        yield stage.latency()
        stage.emit(asker, kind.failed, request, request_id=asked, reason=reason)
        return False
    for answer in answers:
        stage.emit(answerer, kind.transferred, request, request_id=heard, **answer)
        yield MILLISECOND
    yield stage.latency()
    for answer in answers:
        stage.emit(asker, kind.transferred, request, request_id=asked, **answer)
        yield MILLISECOND
    return True


def enough(stage: Stage, requests: Iterable[Outcome], needed: int) -> Outcome:
    """A process: all these requests at once; whether ``needed`` of them were answered.

    It ends as soon as it is decided; the requests go on.
    """
    outcomes: list[bool] = []
    started = 0
    for each in requests:
        stage.start(_noted(each, outcomes))
        started += 1
        yield _ASKING_GAP
    while sum(outcomes) < needed and len(outcomes) < started:
        yield _WAIT
    return sum(outcomes) >= needed


def _noted(request: Outcome, outcomes: list[bool]) -> Process:
    outcomes.append((yield from request))
