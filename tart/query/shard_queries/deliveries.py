"""The query for deliveries: guarantees and assurances on their way from one node to all.

Pure. ``aggregate.keyed.deliveries`` says what a shard has of them. The start and the arrivals of a
delivery meet here, whichever shards they come from. All times are by the server's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from msgspec import Struct

from tart.protocol.events import EventKind
from tart.query.core.query import Partials, Query
from tart.query.core.windows import Window
from tart.query.shard_queries.packages import KEYS
from tart.units import SECOND_US

# An arrival may be received this much before the start, which comes by another connection.
_EARLY_US = SECOND_US


class DeliveryStart(NamedTuple):
    """The start of a delivery at one node.

    Attributes:
        key: A number made from the hash, by which deliveries are sampled.
        hash: Of the report or the anchor.
        at_us: Unix microseconds.
        slot: The slot of the guarantee.
    """

    key: int
    hash: str
    at_us: int
    node: str | None
    slot: int | None
    core: int | None
    package: str | None


class DeliveryArrivals(NamedTuple):
    """Arrivals at nodes of one shard.

    Attributes:
        sender: The assurer; ``None`` for a report.
        first_us, last_us: Unix microseconds.
        bins: Bins of the delays after the first arrival, each followed by its count.
    """

    key: int
    hash: str
    sender: str | None
    first_us: int
    last_us: int
    bins: list[int]


class DeliveryRows(Struct, frozen=True):
    """One shard's starts and arrivals.

    Attributes:
        below: The answer has only deliveries with smaller keys; ``None`` if it is not a sample.
    """

    starts: list[DeliveryStart]
    arrivals: list[DeliveryArrivals]
    below: int | None


@dataclass
class Delivery:
    """One delivery: a report's guarantee, or one of an assurer's assurances of an anchor.

    Attributes:
        start: Of a report the earliest.
    """

    start: DeliveryStart
    arrivals: list[DeliveryArrivals] = field(default_factory=list)


class DeliverySet(NamedTuple):
    """The deliveries that started in a window, in order of their start.

    Attributes:
        scale: The number of deliveries that each stands for; 1 if it is not a sample.
    """

    deliveries: Sequence[Delivery]
    scale: Fraction


class Deliveries(Query[DeliveryRows, DeliverySet], frozen=True):
    """The guarantees or assurances that started in a window, with their arrivals.

    Attributes:
        kind: The event type of the start: Guarantee built, or Distributing assurance.
        hashes: Of reports or anchors; ``None`` means all.
    """

    name = "deliveries"
    source = "aggregates"
    tables = ("deliveries",)
    window: Window
    kind: int
    hashes: Sequence[str] | None = None

    def merge(self, partials: Partials[DeliveryRows]) -> DeliverySet:
        """Join starts with arrivals, of the hashes that all samples cover.

        An assurer starts again with the same anchor if a slot has no block: arrivals belong to the
        latest start before the first of them.
        """
        answers = [answer for _, answer in partials]
        below = min((each.below for each in answers if each.below is not None), default=None)
        deliveries: dict[tuple[str, Any], list[Delivery]] = {}
        starts = (start for answer in answers for start in answer.starts)
        for start in sorted(starts, key=lambda start: (start.at_us, str(start.node))):
            if below is None or start.key < below:
                known = deliveries.setdefault(self._subject(start.hash, start.node), [])
                if self.kind != EventKind.GUARANTEE_BUILT or not known:
                    known.append(Delivery(start))
        for answer in answers:
            for arrivals in answer.arrivals:
                some = deliveries.get(self._subject(arrivals.hash, arrivals.sender), ())
                delivery = _started_before(some, arrivals.first_us)
                if delivery is not None:
                    delivery.arrivals.append(arrivals)
        scale = Fraction(1) if below is None else Fraction(KEYS, max(1, below))
        joined = [delivery for some in deliveries.values() for delivery in some]
        return DeliverySet(sorted(joined, key=lambda delivery: delivery.start.at_us), scale)

    def _subject(self, subject: str, node: str | None) -> tuple[str, str | None]:
        """Return what starts and arrivals have in common; several nodes build a guarantee."""
        return subject, None if self.kind == EventKind.GUARANTEE_BUILT else node


def _started_before(deliveries: Sequence[Delivery], first_us: int) -> Delivery | None:
    """Return the latest delivery that started before an arrival.

    ``None`` if it is not among these, because it started before the window.
    """
    before = [each for each in deliveries if each.start.at_us <= first_us + _EARLY_US]
    return before[-1] if before else None
