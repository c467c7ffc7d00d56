"""Answers about the health of the server itself. Pure."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from tart.query.answers.common import Count, Scattered, Time

# The words are those of jamtart, so that its dashboard shows them.
HealthStatus = Literal["Healthy", "Degraded", "Unhealthy"]


class Health(TypedDict):
    """The gateway answers."""

    status: str
    service: str
    version: str


class Component(TypedDict):
    """A component of the server."""

    name: str
    status: HealthStatus
    message: str
    last_check: Time
    metrics: dict[str, Any]


class HealthSummary(TypedDict):
    """Number of components by status."""

    total_components: Count
    healthy_components: Count
    degraded_components: Count
    unhealthy_components: Count


class DetailedHealth(Scattered):
    """Health of the server and of each component."""

    status: HealthStatus
    timestamp: Time
    components: dict[str, Component]
    version: str
    uptime_seconds: Count
    summary: HealthSummary
