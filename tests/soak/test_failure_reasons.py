"""A node that invents a reason for each of its failures costs no other; ``make soak``."""

from __future__ import annotations

import os
from itertools import islice
from random import Random

import httpx
import pytest

from tart.protocol.events import EventKind
from tart.query.core.failure_states import MAX_GROUPS_OF_NODE
from tart.query.core.failure_templates import failure_fingerprint
from tests.e2e.test_alerts import kill_gateway
from tests.running import PATIENT, fake_node, running_system, wait_for

pytestmark = [pytest.mark.soak, pytest.mark.slow]

REASONS = int(os.environ.get("FAILURE_REASONS", "1000000"))
_HONEST = 1_000
PEER = {"ipv6": "::1", "port": 1}
_LETTERS = "abcdefghijklmnopqrstuvwxyz\x00\x1b\n\u202e'\"/<>1"
CONNECT_FAILED = EventKind.CONNECT_IN_FAILED.number


def failures(node, reasons):
    """A connection that fails, once for each reason."""
    for at, reason in enumerate(reasons):
        began, frame = node.event("ConnectingIn", at, from_=PEER)
        yield frame + node.event("ConnectInFailed", at, connecting_id=began, reason=reason)[1]


@pytest.mark.timeout(7200)
def test_a_million_reasons_cost_no_other_node_and_are_all_counted(tmp_path):
    random = Random(7)
    hostile, honest = fake_node(1), fake_node(2)
    invented = ("".join(random.choices(_LETTERS, k=40)) for _ in range(REASONS))
    environ = {**PATIENT, "TART_TELEMETRY_EVENTS_PER_SECOND": "1000000"}
    with running_system(tmp_path / "data", shards=1, environ=environ) as system:
        with system.connect() as one, system.connect() as other:
            one.sendall(hostile.connect())
            other.sendall(honest.connect())
            for frame in failures(honest, ["before"]):
                other.sendall(frame)
            sending = failures(hostile, invented)
            share = max(1, REASONS // _HONEST)
            for frames in failures(honest, (f"timed out after {n} ms" for n in range(_HONEST))):
                other.sendall(frames)
                one.sendall(b"".join(islice(sending, share)))
            total = 2 * (_HONEST * share + _HONEST + 1)
            wait_for(
                lambda: (
                    sum(node["event_count"] for node in system.get("/api/nodes")["nodes"]) == total
                ),
                f"{total} events",
            )
        body = wait_for(lambda: _scanned(system), "a scan of all groups")
        assert body["totals"]["failures"] + body["totals"]["ungrouped"] == total // 2
        timed_out = failure_fingerprint(CONNECT_FAILED, "timed out after <duration>")
        group = system.get(f"/api/failures/{timed_out}")
        assert (group["count"], group["nodes"]) == (_HONEST, 1)
        assert body["totals"]["other_reasons"] > REASONS / 2
        assert body["watch"]["groups"] <= MAX_GROUPS_OF_NODE + 10
        state = system.http.post(f"/api/failures/{timed_out}/state", json={"state": "resolved"})
        assert state.status_code == 200, state.text
        kill_gateway(system)
        shown = wait_for(lambda: _shown(system, timed_out), "the gateway again")
        assert (shown["state"], shown["first_seen"]) == ("resolved", group["first_seen"])


def _scanned(system):
    body = system.get("/api/failures", limit=1000)
    groups = min(body["totals"]["groups"], MAX_GROUPS_OF_NODE)
    return body if body["watch"]["groups"] >= groups > 100 else None


def _shown(system, fingerprint):
    try:
        return system.get(f"/api/failures/{fingerprint}")
    except (httpx.HTTPError, AssertionError):
        return None
