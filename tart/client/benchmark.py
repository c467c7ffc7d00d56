"""What emitting costs its host: ``python -m tart.client.benchmark``.

Every event type of fixed size, its method called as a host would; best of several rounds,
in microseconds an event. The buffer is emptied between rounds, as a connection would.
The clock is the real one. Nothing is asserted: the numbers depend on the machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from tart.client.core.emitter_core import EmitterCore, EventId
from tart.client.core.node import node_information
from tart.client.generate_events import method_name
from tart.client.threaded import ThreadedEmitter
from tart.protocol.byte_reader import Reader
from tart.protocol.decoding import DROPPED
from tart.protocol.events import EVENTS, EventKind, leading_reference
from tart.testing import FULL_PARAMETERS

# Status and assurances have a list as long as the network has cores.
_SIZED_BY_CORES = (10, 126)
EVENTS_PER_ROUND = 2_000
ROUNDS = 20


def emitter() -> ThreadedEmitter:
    """One of a full network's node; not started, so that only the host's part is measured."""
    information = node_information(
        peer_id=bytes(32),
        parameters=FULL_PARAMETERS,
        genesis=bytes(32),
        implementation_name="measure",
        implementation_version="1",
        gp_version="0.7.2",
    )
    return ThreadedEmitter("127.0.0.1:9", information, buffer_bytes=1 << 24, strict=True)


def fixed_types() -> list[EventKind]:
    """The event types whose events all have one size in a network."""
    return [
        event
        for event in EVENTS.values()
        if event.number != DROPPED and (event.fields.size or event.number in _SIZED_BY_CORES)
    ]


def arguments(event: EventKind, cores: int) -> list[Any]:
    """Its smallest values; its reference to an event that was sent."""
    reader = Reader(bytes(4096), core_bytes=cores, core_bits=-(-cores // 8))
    values = list(event.fields.read(reader).values())
    reference = leading_reference(event.fields)
    if reference and reference.refers_to:
        values[0] = EventId(1, 0, reference.refers_to[0], True)
    return values


def microseconds(
    call: Callable[..., object], values: list[Any], empty: Callable[[], object], events: int
) -> float:
    """The best round's time per call."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(events):
            call(*values)
        best = min(best, time.perf_counter() - began)
        empty()
    return best / events * 1e6


def figures(events: int = EVENTS_PER_ROUND) -> dict[str, float]:
    """Microseconds per event by type, the dearest first."""
    measured = emitter()
    core: EmitterCore = measured._core
    found = {
        event.variant: microseconds(
            getattr(measured, method_name(event.variant)),
            arguments(event, FULL_PARAMETERS["core_count"]),
            core.take,
            events,
        )
        for event in fixed_types()
    }
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def main() -> None:
    """Print the figures."""
    for variant, cost in figures().items():
        sys.stdout.write(f"{cost:6.2f} µs  {variant}\n")


if __name__ == "__main__":
    main()
