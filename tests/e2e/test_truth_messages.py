"""Messages byte by byte, histograms and searches, of a network whose events are known."""

from __future__ import annotations

from collections import Counter

import pytest

from tart.protocol.events import BY_VARIANT, EVENTS
from tests.e2e.test_truth_sessions import every

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def events(truth):
    """The newest events, one of each type."""
    page = truth.system.get("/api/events", limit=1000)
    return list({each["event_type"]: each for each in page["events"]}.values())


def test_the_leaves_of_every_message_are_the_bytes_that_were_sent(truth, events):
    sent = {emission.frame[4:].hex() for emission in truth.played.emissions}
    assert len(events) > 10
    for event in events:
        shown = truth.system.get(f"/api/events/{event['id']}/fields")
        assert shown["content"][2:] in sent
        leaves = [each for each in shown["fields"] if each["role"] != "group"]
        offsets = [each["offset"] for each in leaves]
        ends = [each["offset"] + each["length"] for each in leaves]
        assert [0, *ends] == [*offsets, shown["size"]]
        assert shown["deviations"] == []
        assert shown["vector"]["event"] == EVENTS[event["event_type"]].variant


def test_previous_and_next_are_the_messages_of_the_session_in_order(truth, events):
    # The first of a session has none before it.
    event = next(each for each in events if each["event_id"] > 0)
    before = truth.system.get(f"/api/events/{event['id']}/fields")["previous"]
    earlier = truth.system.get(f"/api/events/{before}/fields")
    assert (earlier["next"], earlier["session"]) == (event["id"], event["session"])
    assert earlier["event_id"] < event["event_id"]


def test_references_are_those_of_the_trace(truth):
    (failed,) = truth.system.get("/api/events", event_types="Authored", limit=1)["events"]
    shown = truth.system.get(f"/api/events/{failed['id']}/fields")
    trace = truth.system.get(f"/api/events/{failed['id']}/trace")
    parents = {each["id"]: each["parent"] for each in trace["events"]}
    assert [each["id"] for each in shown["refers_to"]] == [parents[failed["id"]]]
    root = truth.system.get(f"/api/events/{trace['root']}/fields")
    children = [event_id for event_id, parent in parents.items() if parent == trace["root"]]
    assert [each["id"] for each in root["referred_to_by"]] == children


def test_the_first_message_of_every_session_is_what_the_node_said(truth):
    hellos = {session.hello[4:].hex() for session in truth.played.sessions}
    for session in every(truth.system):
        number = session["session"]
        shown = truth.system.get(f"/api/sessions/{number}/fields")
        assert shown["content"][2:] in hellos
        assert (shown["node_id"], shown["kind"]) == (session["node_id"], "node_information")


def test_a_histogram_has_all_events(truth):
    sent = Counter(emission.frame[12] for emission in truth.played.emissions)
    counted = truth.system.get("/api/events/histogram", duration="24h", top=100)
    assert counted["total"] == sum(sent.values())
    assert {each["event_type"]: each["events"] for each in counted["top_types"]} == dict(
        sent.most_common(100)
    )
    assert sum(each["events"] for each in counted["buckets"]) == counted["total"]
    nodes = truth.system.get("/api/nodes")["nodes"]
    assert {each["node_id"]: each["events"] for each in counted["top_nodes"]} == {
        each["node_id"]: each["event_count"] for each in nodes
    }


def test_the_event_log_and_the_aggregates_count_the_same(truth):
    best = BY_VARIANT["BestBlockChanged"].number
    (event,) = truth.system.get("/api/events", event_types=best, limit=1)["events"]
    slot = event["data"]["BestBlockChanged"]["slot"]
    found = truth.system.get("/api/events", event_types=best, slot=slot, limit=1000)["events"]
    counted = truth.system.get("/api/events/histogram", event_types=best, slot=slot, duration="24h")
    assert (counted["source"], counted["total"]) == ("event log", len(found))
    everything = truth.system.get(
        "/api/events/histogram", exclude_types=best, duration="24h", top=100
    )
    assert best not in {each["event_type"] for each in everything["top_types"]}


def pages(truth, text):
    answer = truth.system.get("/api/search", q=text)
    return {each["page"]: each["sentence"] for each in answer["candidates"]}


def test_what_the_network_made_is_found_by_its_hash(truth):
    packages = truth.system.get("/api/workpackages/active", duration="24h")["work_packages"]
    digits = packages[0]["hash"].removeprefix("0x")
    for text in (digits, "0x" + digits, digits[:12], f"{digits[:4]}…{digits[-4:]}"):
        assert pages(truth, text)[f"work/{digits}"].startswith("Work-package of core ")
    (event,) = truth.system.get("/api/events", event_types="Authored", limit=1)["events"]
    block = event["data"]["Authored"]["outline"]["hash"]
    slot = event["context"]["slot"]
    assert f"slots/{slot}" in pages(truth, block)
    assert f"events/{event['id']}" in pages(truth, str(event["id"]))


def test_every_node_is_found_by_its_id_and_its_implementation(truth):
    for node in truth.system.get("/api/nodes")["nodes"]:
        assert f"nodes/{node['node_id']}" in pages(truth, node["node_id"][:12])
        sentences = pages(truth, node["implementation_name"]).values()
        assert any("Implementation of" in each for each in sentences)
