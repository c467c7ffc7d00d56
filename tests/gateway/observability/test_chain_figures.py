"""What health, ``/api/server`` and ``/metrics`` show of the chain process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, generate_latest

from tart.gateway.observability.chain_figures import (
    WAITING_WRITES,
    ChainFigures,
    chain_metrics,
    chain_report,
)
from tart.query.chain_queries.chain import ChainBlock, ChainState, EndpointState


def block(slot: int) -> ChainBlock:
    return ChainBlock(hash="11" * 32, slot=slot, parent=None, status="best", seen_at=1)


UP = EndpointState(url="ws://a:1", connected=True, since=0, best_slot=9, requests=4)
LOST = EndpointState(url="ws://b:1", connected=False, error="refused", failures=2, reconnects=1)
STATE = ChainState(
    endpoints=[UP, UP],
    parameters={},
    best=block(9),
    finalized=block(7),
    blocks=5,
    forks=1,
    irregularities={"gaps": 2},
    pid=3,
)
WELL = ChainFigures(STATE, restarts=1, unanswered={"deadline": 2})


def with_state(**changes: Any) -> ChainFigures:
    return replace(WELL, state=msgspec.structs.replace(STATE, **changes))


def page(figures: ChainFigures | None) -> list[str]:
    class Collector:
        def collect(self):  # type: ignore[no-untyped-def]
            return chain_metrics(figures)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())  # type: ignore[arg-type]
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if not line.startswith("#") and "_created" not in line]


def test_metrics_have_the_endpoints_and_the_counts() -> None:
    lines = page(with_state(endpoints=[UP, LOST]))
    for line in (
        "tart_chain_up 1.0",
        "tart_chain_restarts_total 1.0",
        'tart_chain_queries_unanswered_total{reason="deadline"} 2.0',
        "tart_chain_best_slot 9.0",
        "tart_chain_finalized_slot 7.0",
        'tart_chain_endpoint_connected{endpoint="ws://a:1"} 1.0',
        'tart_chain_endpoint_connected{endpoint="ws://b:1"} 0.0',
        'tart_chain_endpoint_best_slot{endpoint="ws://a:1"} 9.0',
        'tart_chain_endpoint_failures_total{endpoint="ws://b:1"} 2.0',
        'tart_chain_endpoint_reconnects_total{endpoint="ws://b:1"} 1.0',
        "tart_chain_blocks 5.0",
        'tart_chain_events_total{event="gaps"} 2.0',
    ):
        assert line in lines


def test_without_an_answer_only_what_the_gateway_knows_is_shown() -> None:
    down = replace(WELL, state=None)
    assert page(down) == [
        "tart_chain_up 0.0",
        "tart_chain_restarts_total 1.0",
        'tart_chain_queries_unanswered_total{reason="deadline"} 2.0',
    ]
    assert page(None) == []
    assert chain_report(None, is_admin=True) is None
    report = chain_report(down, is_admin=True)
    assert report is not None
    assert (report["state"], report["figures"]) == ("down", None)


def test_faults_are_sentences() -> None:
    assert WELL.fault == ""
    assert WELL.text == "2 endpoints connected, best slot 9, final slot 7"
    assert "does not answer" in replace(WELL, state=None).fault
    assert with_state(endpoints=[LOST]).fault.endswith("ws://b:1 (refused)")
    assert with_state(endpoints=[UP, LOST]).fault.startswith("1 of 2 endpoints")
    assert "disk" in with_state(waiting_writes=WAITING_WRITES + 1).fault
    assert with_state(best=None).text == "no block is known yet"


def test_hosts_are_named_for_admins_only() -> None:
    figures = with_state(endpoints=[LOST])
    for is_admin, expected in ((True, ("ws://b:1", "refused")), (False, (None, None))):
        report = chain_report(figures, is_admin=is_admin)
        assert report is not None
        assert report["figures"] is not None
        (endpoint,) = report["figures"]["endpoints"]
        assert (endpoint["url"], endpoint["error"]) == expected
