"""Answers about guarantees and guarantors. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Count,
    EventData,
    EventType,
    Fraction,
    Hex64,
    Time,
    Timestamped,
    Windowed,
)


class GuaranteeTotals(TypedDict):
    """Numbers of guarantee events."""

    built: Count
    sending: Count
    send_failed: Count
    sent: Count
    distributed: Count
    receiving: Count
    receive_failed: Count
    received: Count
    discarded: Annotated[
        Count,
        Meta(description="For any reason, including that the report is on chain already."),
    ]


class GuaranteeRates(TypedDict):
    """Shares of successful transfers, as text with a percent sign."""

    send_success_rate: str | None
    receive_success_rate: str | None


class NodeGuarantees(TypedDict):
    """Number of guarantees that a node built."""

    node_id: Hex64
    guarantees_built: Count


class GuaranteeEvent(TypedDict):
    """An event about a guarantee."""

    node_id: Hex64
    event_type: EventType
    timestamp: Time | None
    data: EventData


class Guarantees(Windowed):
    """Guarantees of the network."""

    totals: GuaranteeTotals
    success_rates: GuaranteeRates
    by_node: list[NodeGuarantees]
    recent: list[GuaranteeEvent]


class Guarantor(TypedDict):
    """A guarantor."""

    node_id: Hex64
    total_guarantees: Annotated[Count, Meta(description="Guarantees built (event 105).")]
    guarantees_last_hour: Count
    success_rate: Fraction
    send_success_rate: Fraction
    sent: Count
    send_failed: Count
    packages_guaranteed: Count
    packages_distributed: Count
    packages_signed: Annotated[
        Count, Meta(description="Packages signed as secondary, for another guarantor.")
    ]
    cores_active: Annotated[
        list[Count], Meta(description="The core with the most guarantees first.")
    ]
    primary_core: Count | None
    last_guarantee: Annotated[Time | None, Meta(description="By the node's clock.")]


class Guarantors(Timestamped, Windowed):
    """All guarantors of a window."""

    guarantors: list[Guarantor]
    total_guarantors: Count
    top_performers: list[Hex64]
    bottom_performers: list[Hex64]
