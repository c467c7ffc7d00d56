"""The figures of a whole network, minute by minute, that are held against their own history.

Pure. They are sums over all nodes of events by type, which the aggregates have for weeks, so that
the history is known again after a restart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tart.protocol.events import EventKind
from tart.query.core.failure_rates import PIPELINES
from tart.query.core.merge import Json
from tart.units import MINUTE_US


class NetworkSeries(NamedTuple):
    """A figure.

    Attributes:
        name: As answers and rules name it.
        description: Of the documentation.
        types: Types of the events that it counts; empty for all.
        unit: The smallest difference that means anything.
    """

    name: str
    description: str
    types: tuple[int, ...] = ()
    unit: float = 1.0


FAILURE_SHARE = "failure_share"
_ATTEMPTS = tuple(number for each in PIPELINES.values() for number in each.attempts)
_FAILURES = tuple(number for each in PIPELINES.values() for number in each.failures)

NETWORK_SERIES: tuple[NetworkSeries, ...] = (
    NetworkSeries("events", "Events of all nodes in a minute.", unit=10.0),
    NetworkSeries("blocks_authored", "Blocks authored in a minute.", (EventKind.AUTHORED,)),
    NetworkSeries(
        "blocks_executed",
        "Blocks executed by all nodes in a minute.",
        (EventKind.BLOCK_EXECUTED,),
    ),
    NetworkSeries(
        "tickets",
        "Tickets transferred between nodes in a minute.",
        (EventKind.TICKET_TRANSFERRED,),
    ),
    NetworkSeries(
        "work_packages",
        "Work packages received by guarantors in a minute.",
        (EventKind.WORK_PACKAGE_RECEIVED,),
    ),
    NetworkSeries("guarantees", "Guarantees built in a minute.", (EventKind.GUARANTEE_BUILT,)),
    NetworkSeries(
        "assurances", "Assurances received in a minute.", (EventKind.ASSURANCE_RECEIVED,)
    ),
    NetworkSeries(
        "disconnections", "Connections between nodes ended in a minute.", (EventKind.DISCONNECTED,)
    ),
    NetworkSeries("failures", "Failures of all pipelines in a minute.", _FAILURES),
    NetworkSeries(
        FAILURE_SHARE,
        "Failures of all pipelines divided by their attempts, in a minute.",
        unit=0.005,
    ),
)


def counts_by_minute(rows: Iterable[Json]) -> dict[int, dict[int, int]]:
    """Return counts by type, by the start of their minute.

    Args:
        rows: ``bucket`` (Unix microseconds), ``type``, ``count``.
    """
    minutes: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        minutes[row["bucket"] - row["bucket"] % MINUTE_US][row["type"]] += row["count"]
    return {minute: dict(counts) for minute, counts in minutes.items()}


def whole_minutes(minutes: Mapping[int, Mapping[int, int]]) -> list[int]:
    """Return the minutes that lie between others with events, in their order.

    A minute beside a gap may be a part of one: tart, or the network, started or stopped in it.
    """
    return [
        minute
        for minute in sorted(minutes)
        if minute - MINUTE_US in minutes and minute + MINUTE_US in minutes
    ]


def series_values(counts: Mapping[int, int]) -> dict[str, float]:
    """Return the values of all series in a minute; those that are not known are left out.

    Args:
        counts: Events by type.
    """
    values = {
        series.name: float(
            sum(counts.get(number, 0) for number in series.types)
            if series.types
            else sum(counts.values())
        )
        for series in NETWORK_SERIES
        if series.name != FAILURE_SHARE
    }
    attempts = sum(counts.get(number, 0) for number in _ATTEMPTS)
    if attempts:
        values[FAILURE_SHARE] = values["failures"] / attempts
    return values
