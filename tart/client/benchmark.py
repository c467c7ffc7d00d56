"""Benchmark of emitting: ``python -m tart.client.benchmark``.

Calls the method of every event type of fixed size as a host would; the best of several rounds,
in microseconds per event. The buffer is emptied between rounds, as a connection would. The
clock is the real one. Nothing is asserted: the numbers depend on the machine.
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
from tart.protocol.events import EVENTS, EventKind, leading_reference
from tart.testing import FULL_PARAMETERS

# These have a list with one element or bit per core.
_SIZED_BY_CORES = (EventKind.STATUS, EventKind.DISTRIBUTING_ASSURANCE)
EVENTS_PER_ROUND = 2_000
ROUNDS = 20


def emitter() -> ThreadedEmitter:
    """Return an emitter of a full-size network, not started: only emitting is measured."""
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
    """Return the event types whose events all have one size in a network."""
    return [
        kind
        for kind in EVENTS.values()
        if kind is not EventKind.DROPPED and (kind.fields.size or kind in _SIZED_BY_CORES)
    ]


def arguments(event: EventKind, cores: int) -> list[Any]:
    """Return an event's smallest values; its reference names an event that was sent."""
    reader = Reader(bytes(4096), core_bytes=cores, core_bits=-(-cores // 8))
    values = list(event.fields.read(reader).values())
    reference = leading_reference(event.fields)
    if reference and reference.refers_to:
        values[0] = EventId(1, 0, reference.refers_to[0], True)
    return values


def time_call(
    call: Callable[..., object], values: list[Any], empty: Callable[[], object], events: int
) -> float:
    """Return the microseconds per call of the best round."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(events):
            call(*values)
        best = min(best, time.perf_counter() - began)
        empty()
    return best / events * 1e6


def measure(events: int = EVENTS_PER_ROUND) -> dict[str, float]:
    """Return microseconds per event by type, the most expensive first."""
    measured = emitter()
    core: EmitterCore = measured._core
    costs = {
        event.variant: time_call(
            getattr(measured, method_name(event.variant)),
            arguments(event, FULL_PARAMETERS["core_count"]),
            core.data_to_send,
            events,
        )
        for event in fixed_types()
    }
    return dict(sorted(costs.items(), key=lambda item: -item[1]))


def main() -> None:
    """Print the measurements."""
    for variant, cost in measure().items():
        sys.stdout.write(f"{cost:6.2f} µs  {variant}\n")


if __name__ == "__main__":
    main()
