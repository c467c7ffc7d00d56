"""The same events give the same answers: over one, two or three shards, restarted, replayed.

Each system was told the same on its own, the last two, of two shards, by ``tart replay``: of what
``tart record`` took from the second's log, and with ``make soak`` of what it wrote in front of the
first system. That both have what the nodes sent is compared in every run.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from contextlib import ExitStack, contextmanager

import pytest

from tart.gateway.api.contract import ROUTES
from tart.protocol.capture import CLOSED, FRAME, OPENED
from tart.query.core.rfc3339 import rfc3339
from tests.e2e.same import (
    COMPARED,
    FIRST,
    LEFT_OUT,
    PARTS_OF,
    REMOVED,
    REMOVED_OF,
    SLOTS_OF_THE_CLOCK,
    comparable,
)
from tests.e2e.truth import network, settled, tell, told
from tests.gateway.json_schema import SCHEMAS
from tests.recorders import recorder, records, replay, run, sessions
from tests.running import PATIENT, running_system, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

QUERIES = {
    # Steps are by the nodes' own clocks.
    "implementations_compare": "?step=all",
    "grouped_timeseries": "?metric=events&group_by=event_type",
    "active_workpackages": "?limit=1000",
    "search": "?slot={slot}&limit=1000",
    # Buckets of ten minutes.
    "work_latency": "?duration=9h",
}
# Of time series, and what telling all systems takes at most.
BUCKET_SECONDS, MOST_SECONDS = 300, 75


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("log",), id="log"),
        pytest.param(("passing", "log"), id="both captures", marks=pytest.mark.soak),
    ],
)
def systems(request, tmp_path_factory):
    """Systems that were told the same, and where their captures are."""
    where = tmp_path_factory.mktemp("same")
    with ExitStack() as stack:
        enter = stack.enter_context
        early_in_a_bucket()
        found = {
            "1 shard, recorded": enter(recorded(where / "1", where / "passing")),
            "3 shards, restarted": enter(told(where / "3", 3, restarted=True)).system,
        }
        wait_for(
            lambda: logged(found["3 shards, restarted"], where / "log"), "all events in the log"
        )
        for capture in request.param:
            system = enter(running_system(where / f"again_{capture}", shards=2, environ=PATIENT))
            assert replay(where / capture, system.telemetry, "--speed", "max").code == 0
            settled(system, len(network().emissions))
            found[f"2 shards, replayed from {capture}"] = system
        yield where, found


def early_in_a_bucket():
    """Wait until all systems can be told within one bucket of time series.

    What is in a bucket that is not over, or came before one that is empty, is shown so.
    """
    while time.time() % BUCKET_SECONDS > BUCKET_SECONDS - MOST_SECONDS:
        time.sleep(0.1)


@contextmanager
def recorded(data, capture):
    """A system of one shard that was told everything through a recorder."""
    with running_system(data, shards=1, environ=PATIENT) as system:
        host, port = telemetry = system.telemetry
        with recorder(capture, "--target", f"{host}:{port}") as passing:
            system.telemetry = passing.address
            tell(system, network())
            system.telemetry = telemetry
            assert passing.stop()[0] == 0
        yield system


def logged(system, capture):
    """Whether the log, written into a capture, has all events and the ends of all sessions."""
    assert run("record", "--url", system.api, capture).code == 0
    kinds = Counter(each.kind for each in records(capture))
    return kinds[FRAME] == len(network().emissions) and kinds[CLOSED] == kinds[OPENED]


def url_of(route):
    """A route with parameters that the network knows."""
    facts = network().facts
    url = route.path + QUERIES.get(route.name, "")
    if {each.name for each in route.parameters if each.required} >= {"start", "end"}:
        start = int(time.time()) // BUCKET_SECONDS * BUCKET_SECONDS - 3600
        url += f"?start={rfc3339(start * 10**6)}&end={rfc3339((start + 7200) * 10**6)}"
    return url.format(
        id=facts.of("node")[0]["node"],
        hash=facts.of("package")[0]["package"],
        wp_hash=facts.of("package")[0]["package"],
        core_index=0,
        core_id=0,
        service_id=0,
        slot=facts.of("block")[0]["slot"],
        code="truncated",
    )


@pytest.mark.parametrize("route", COMPARED, ids=lambda route: route.name)
def test_an_answer_depends_on_the_events_alone(systems, route):
    url = url_of(route)
    answers = {name: system.http.get(url) for name, system in systems[1].items()}
    # Asked for something that is there; without the RPC of a node there is nothing.
    expected = 503 if "/jam/" in url else 200
    assert {name: each.status_code for name, each in answers.items()} == dict.fromkeys(
        answers, expected
    )
    found = {name: comparable(route.name, each.json()) for name, each in answers.items()}
    one = found.pop("1 shard, recorded")
    assert found == dict.fromkeys(found, one)


@pytest.mark.parametrize("capture", ["passing", "log"])
def test_a_capture_has_what_the_nodes_sent(systems, capture):
    where, _ = systems
    played = sorted(each.data for each in network().sessions if each.emissions)
    found = sessions(where / capture).values()
    sent = [b"".join(record.wire_bytes for record in each) for each in found]
    # A node that had nothing to say is not in the log of events.
    assert sorted(each for each in sent if len(each) > 800) == played


def test_what_is_left_out_is_there():
    names = {route.name for route in ROUTES}
    assert names >= {*LEFT_OUT, *REMOVED_OF, *PARTS_OF, *SLOTS_OF_THE_CLOCK, *FIRST, *QUERIES}
    members = re.findall(r"'(\w+)':", repr(SCHEMAS))
    assert {*members} >= {*REMOVED, *(name for some in REMOVED_OF.values() for name in some)}
