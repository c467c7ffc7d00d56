"""Figures of the chain process in health, ``/api/server`` and ``/metrics``. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from tart.amounts import plural
from tart.query.answers.server import ServerChain, ServerEndpoint
from tart.query.chain_queries.chain import ChainState, EndpointState
from tart.query.core.rfc3339 import rfc3339

# Blocks that wait for the disk in more transactions than this are a fault.
WAITING_WRITES = 64


@dataclass(frozen=True)
class ChainFigures:
    """The state of the chain process.

    Attributes:
        state: Its answer; None if it did not answer.
        restarts: As the gateway counted them.
        unanswered: Queries that it did not answer, by reason.
    """

    state: ChainState | None = None
    restarts: int = 0
    unanswered: Mapping[str, int] = field(default_factory=dict)

    @property
    def fault(self) -> str:
        """The reason why the chain is not followed well; empty if it is."""
        state = self.state
        if state is None:
            return "the chain process does not answer; telemetry is not affected"
        connected = sum(endpoint.connected for endpoint in state.endpoints)
        if not connected:
            return "no endpoint of rpc.urls is connected: " + _errors(state)
        if state.waiting_writes > WAITING_WRITES:
            return f"the disk does not keep up: {state.waiting_writes} transactions wait"
        if connected < len(state.endpoints):
            return (
                f"{connected} of {len(state.endpoints)} endpoints are connected: {_errors(state)}"
            )
        return ""

    @property
    def text(self) -> str:
        """The state in words."""
        if self.state is None or self.state.best is None:
            return "no block is known yet"
        final = self.state.finalized
        return (
            f"{plural(len(self.state.endpoints), 'endpoint')} connected, best slot "
            f"{self.state.best.slot}, final slot {'unknown' if final is None else final.slot}"
        )


def _errors(state: ChainState) -> str:
    lost = [each for each in state.endpoints if not each.connected]
    return "; ".join(f"{each.url} ({each.error or 'not tried yet'})" for each in lost[:3])


def chain_report(figures: ChainFigures | None, *, is_admin: bool) -> ServerChain | None:
    """Return the chain process for ``/api/server``.

    Args:
        figures: None if the chain is not followed.
        is_admin: Whether hosts are named.
    """
    if figures is None:
        return None
    state = figures.state
    report: ServerChain = {
        "state": "down" if state is None else "up",
        "restarts": figures.restarts,
        "unanswered": dict(figures.unanswered),
        "figures": None,
    }
    if state is not None:
        report["figures"] = {
            "endpoints": [_endpoint(each, is_admin=is_admin) for each in state.endpoints],
            "best_slot": None if state.best is None else state.best.slot,
            "finalized_slot": None if state.finalized is None else state.finalized.slot,
            "first_slot": state.first_slot,
            "blocks": state.blocks,
            "forks": state.forks,
            "reorganisations": state.reorganisations,
            "missing_statistics": state.missing_statistics,
            "irregularities": dict(state.irregularities),
            "waiting_requests": state.waiting_requests,
            "waiting_writes": state.waiting_writes,
        }
    return report


def _endpoint(endpoint: EndpointState, *, is_admin: bool) -> ServerEndpoint:
    return {
        "url": endpoint.url if is_admin else None,
        "connected": endpoint.connected,
        "since": None if endpoint.since is None else rfc3339(endpoint.since),
        "best_slot": endpoint.best_slot,
        "finalized_slot": endpoint.finalized_slot,
        "error": endpoint.error if is_admin else None,
        "requests": endpoint.requests,
        "failures": endpoint.failures,
        "reconnects": endpoint.reconnects,
    }


def chain_metrics(figures: ChainFigures | None) -> Iterator[Metric]:
    """Yield the metrics of the chain process; none if the chain is not followed."""
    if figures is None:
        return
    state = figures.state
    yield GaugeMetricFamily(
        "tart_chain_up", "1 if the chain process answers.", value=state is not None
    )
    yield CounterMetricFamily(
        "tart_chain_restarts", "Restarts of the chain process.", value=figures.restarts
    )
    unanswered = CounterMetricFamily(
        "tart_chain_queries_unanswered",
        "Queries that the chain process did not answer.",
        labels=["reason"],
    )
    for reason, count in sorted(figures.unanswered.items()):
        unanswered.add_metric([reason], count)
    yield unanswered
    if state is not None:
        yield from _heads(state)
        yield from _endpoints(state)
        yield from _counts(state)


def _heads(state: ChainState) -> Iterator[Metric]:
    for name, head in (("best", state.best), ("finalized", state.finalized)):
        if head is not None:
            yield GaugeMetricFamily(
                f"tart_chain_{name}_slot", f"Slot of the {name} block.", value=head.slot
            )


def _endpoints(state: ChainState) -> Iterator[Metric]:
    gauges = (
        ("connected", "1 if the endpoint is connected."),
        ("best_slot", "Slot of the best block that the endpoint named last."),
        ("finalized_slot", "Slot of the finalized block that the endpoint named last."),
    )
    for name, text in gauges:
        gauge = GaugeMetricFamily(f"tart_chain_endpoint_{name}", text, labels=["endpoint"])
        for endpoint in state.endpoints:
            if (value := getattr(endpoint, name)) is not None:
                gauge.add_metric([endpoint.url], value)
        yield gauge
    counters = (
        ("requests", "Requests sent to the endpoint."),
        ("failures", "Requests that the endpoint refused, or did not answer in time or readably."),
        ("reconnects", "Connections to the endpoint after the first."),
    )
    for name, text in counters:
        counter = CounterMetricFamily(f"tart_chain_endpoint_{name}", text, labels=["endpoint"])
        for endpoint in state.endpoints:
            counter.add_metric([endpoint.url], getattr(endpoint, name))
        yield counter


def _counts(state: ChainState) -> Iterator[Metric]:
    gauges = (
        ("blocks", "Stored blocks.", state.blocks),
        ("forks", "Stored blocks that are not on the chain.", state.forks),
        ("reorganisations", "Stored reorganisations.", state.reorganisations),
        (
            "missing_statistics",
            "Stored blocks whose statistics no endpoint had.",
            state.missing_statistics,
        ),
        ("waiting_requests", "Requests that wait or are in flight.", state.waiting_requests),
        ("waiting_writes", "Transactions that wait for the disk.", state.waiting_writes),
    )
    for name, text, value in gauges:
        yield GaugeMetricFamily(f"tart_chain_{name}", text, value=value)
    events = CounterMetricFamily(
        "tart_chain_events",
        "What the chain process counted since its start, such as irregular figures of blocks, "
        "contradictions of endpoints, and gaps.",
        labels=["event"],
    )
    for name, count in sorted(state.irregularities.items()):
        events.add_metric([name], count)
    yield events
