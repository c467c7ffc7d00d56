"""Answers about authorization, refinement and accumulation. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Compared, Count, Hex64, OpenWindowed, Time, Total


class Refinement(TypedDict):
    """Refinements of every guarantor."""

    total_refined: Annotated[Count, Meta(description="Work items.")]
    total_gas_used: Total
    average_gas_per_wp: Amount
    average_time_ns: Annotated[Amount, Meta(description="Mean time of a work item.")]
    packages_refined: Annotated[Count, Meta(description="Work-packages.")]


class Authorization(TypedDict):
    """Authorizations of every guarantor."""

    total_authorized: Count
    total_gas_used: Total
    average_gas: Amount
    average_time_ns: Amount


class Accumulation(TypedDict):
    """Accumulations of services in blocks."""

    total_accumulated: Annotated[
        Count, Meta(description="Services in blocks; a service in a block counts once.")
    ]
    total_gas_used: Total
    average_gas: Amount
    average_time_ns: Amount
    reports: Annotated[Count, Meta(description="Reports of accumulations, over all nodes.")]


class ServiceExecution(TypedDict):
    """Cost of one service."""

    service_id: Annotated[
        Count | None, Meta(description="Null for items of an unknown work-package.")
    ]
    items_refined: Count
    refine_gas_used: Total
    refine_time_ns: Total
    accumulations: Count
    accumulate_gas_used: Total
    accumulate_average_time_ns: Amount


class ExecutionEvent(TypedDict):
    """An event that reports the cost of an execution."""

    timestamp: Time | None
    event_type: Count
    node_id: Hex64
    gas_used: Annotated[str, Meta(description="A number as text, for compatibility with jamtart.")]
    elapsed_ns: Annotated[
        str, Meta(description="A number as text, for compatibility with jamtart.")
    ]
    id: Count


class Execution(OpenWindowed, Compared):
    """Gas and time of authorization, refinement and accumulation."""

    refinement: Refinement
    authorization: Authorization
    accumulation: Accumulation
    by_service: list[ServiceExecution]
    recent: list[ExecutionEvent]
