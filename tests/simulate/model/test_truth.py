"""The truth against the telemetry: every byte sent is decoded again and must agree.

``Sent`` links events as a server has to, by id within a session; the truth knows what
they are about from the network itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import pytest

from tart.protocol.connection import Connection
from tart.protocol.decoding import decode_event
from tart.protocol.events import BY_VARIANT, EVENTS
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.in_memory import Played, play, play_troubled
from tart.simulate.model.network import Network
from tart.simulate.model.reporter import Emission
from tart.simulate.model.truth import Fact, Truth
from tart.simulate.model.world import SLOT

# The streams that test_in_memory.py measures play the same code.
pytestmark = pytest.mark.no_cover

REFERENCES = {
    **dict.fromkeys(range(92, 110), "package"),
    **dict.fromkeys(range(160, 179), "package"),
    **dict.fromkeys(range(42, 48), "block"),
}


@dataclass(frozen=True)
class Sent:
    """One event as a server decodes it."""

    event_id: int
    number: int
    timestamp: int
    fields: dict[str, Any]


def plain(value: Any) -> Any:
    """A decoded value as the facts have it."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def decoded(data: bytes) -> tuple[Connection, list[Sent]]:
    connection, events = Connection(), []
    for each in connection.receive_data(data):
        assert each.error is None
        assert connection.node is not None
        fields = decode_event(
            each.number,
            each.payload,
            cores=connection.node.cores,
            version=connection.node.protocol_version,
        ).fields
        named = {name.rstrip("_"): plain(value) for name, value in fields.items()}
        events.append(Sent(each.event_id, each.number, each.timestamp, named))
    return connection, events


class Server:
    """All that was sent, by node and session."""

    def __init__(self, played: Played) -> None:
        self.sessions: dict[tuple[str, int], list[Sent]] = {}
        self.information = {}
        for session in played.sessions:
            connection, events = decoded(session.data)
            assert connection.node is not None
            node = connection.node.peer_id.hex()
            self.information[node] = connection.node
            self.sessions[node, session.ordinal] = events


def by_session(facts: list[Fact]) -> dict[tuple[str, int], list[Fact]]:
    found: dict[tuple[str, int], list[Fact]] = defaultdict(list)
    for each in facts:
        found[each["node"], each["session"]].append(each)
    return found


def check_events(played: Played, server: Server) -> None:
    """The same events in the same order, with the same contents and references."""
    lines = by_session(played.facts.sent)
    assert {key for key, events in server.sessions.items() if events} == lines.keys()
    for key, facts in lines.items():
        times: dict[int, int] = {}
        for fact, event in zip(facts, server.sessions[key], strict=True):
            assert (fact["event_id"], fact["type"]) == (event.event_id, event.number)
            assert fact["event"] == EVENTS[event.number].variant
            assert fact["node_us"] == event.timestamp
            check_contents(fact, event, times)
            times[event.event_id] = event.timestamp


def check_contents(fact: Fact, event: Sent, times: dict[int, int]) -> None:
    references = event.fields.keys() - fact["data"].keys()
    assert {name: event.fields[name] for name in fact["data"]} == fact["data"]
    if fact["root"] is None:
        assert not references
        return
    (name,) = references
    root = fact["root"]
    assert event.fields[name] == root["event_id"]
    # A dropped root's id is the Dropped's own, or of nobody.
    if root["told"] == "sent":
        assert event.timestamp - times[root["event_id"]] == root["after_us"]


def check_sessions(played: Played, server: Server) -> None:
    closed = {(f["node"], f["session"]): f for f in played.facts.of("closed")}
    assert closed.keys() == server.sessions.keys()
    sizes = {(s.node, s.ordinal): len(s.data) for s in played.sessions}
    index = {f["node"]: f["index"] for f in played.facts.of("node")}
    for (node, session), events in server.sessions.items():
        fact = closed[node, session]
        counts = Counter(each.number for each in events)
        assert fact["events"] == {str(number): n for number, n in counts.items()}
        assert fact["bytes"] == sizes[index[node], session]
        ids = [each.event_id for each in events]
        assert fact["first_event_id"] == (ids[0] if ids else None)
        assert fact["last_event_id"] == (ids[-1] if ids else None)
        drops = [each for each in events if each.number == 0]
        assert fact["dropped_messages"] == [
            {"event_id": each.event_id, "num": each.fields["num"]} for each in drops
        ]
        assert fact["dropped"] == sum(each.fields["num"] for each in drops)


def check_drops(played: Played) -> None:
    """What was dropped has the ids that the Dropped messages leave out."""
    lost = by_session(played.facts.of("happened", told="dropped"))
    for each in played.facts.of("closed"):
        said = [
            event_id
            for drop in each["dropped_messages"]
            for event_id in range(drop["event_id"], drop["event_id"] + drop["num"])
        ]
        ids = [fact["event_id"] for fact in lost[each["node"], each["session"]]]
        assert ids[: len(said)] == said
        assert len(ids) == len(said) + each["dropped_unsaid"]


def check_nodes(played: Played, server: Server) -> None:
    for fact in played.facts.of("node"):
        said = server.information[fact["node"]]
        assert (fact["name"], fact["version"]) == (
            said.implementation_name,
            said.implementation_version,
        )
        assert (fact["protocol"], fact["layout"]) == (said.protocol_version, said.layout)
        network = played.facts.of("network")[0]
        assert (network["cores"], network["validators"]) == (said.cores, said.validators)
        assert network["genesis"] == said.genesis.hex()
        assert network["parameters"] == said.parameters


def check_clocks(played: Played) -> None:
    clocks = {f["node"]: f["clock_us"] for f in played.facts.of("node")}
    for each in played.facts.of("happened"):
        assert each["node_us"] - each["network_us"] == clocks[each["node"]]


def check_links(played: Played, server: Server) -> None:
    """What a server finds by following ids is what the truth says the event is about."""
    things = {"package": {f["package"] for f in played.facts.of("package")}}
    things["block"] = {f["block"] for f in played.facts.of("block")}
    about = {(f["node"], f["session"], f["event_id"]): f for f in played.facts.sent}
    for key, events in server.sessions.items():
        for event in events:
            fact = about[(*key, event.event_id)]
            kind = REFERENCES.get(event.number)
            if kind in fact["about"]:
                assert fact["about"][kind] in things[kind]
            root = fact["root"]
            if kind and root and root["told"] == "sent":
                before = about[(*key, root["event_id"])]["about"]
                # A submission is not about a package yet, nor authoring about a block.
                assert before.get(kind, fact["about"].get(kind)) == fact["about"].get(kind)
            check_named(fact, event)


def check_named(fact: Fact, event: Sent) -> None:
    """Where an event names a thing, the truth says it is that thing."""
    about, fields = fact["about"], event.fields
    variant = EVENTS[event.number].variant
    if variant in ("Authored", "Importing"):
        assert fields["outline"]["hash"] == about["block"]
    elif variant in ("BestBlockChanged", "FinalizedBlockChanged", "BlockAnnounced"):
        assert (fields["hash"], fields["slot"]) == (about["block"], about["slot"])
    elif variant == "WorkPackageReceived":
        assert fields["outline"]["work_package_hash"] == about["package"]
        assert fields["core"] == about["core"]
    elif variant == "WorkReportBuilt":
        assert fields["outline"]["work_report_hash"] == about["report"]
        assert fields["outline"]["erasure_root"] == about["erasure_root"]
    elif variant in ("GuaranteeBuilt", "GuaranteeReceived", "GuaranteeDiscarded"):
        assert fields["outline"]["work_report_hash"] == about["report"]
        assert len(fields["outline"]["guarantors"]) == len(about["signers"])
    elif variant in ("SendingShardRequest", "ShardRequestReceived"):
        assert fields["erasure_root"] == about["erasure_root"]
    elif variant == "AssuranceReceived":
        assert (fields["anchor"], fields["sender"]) == (about["anchor"], about["assurer"])
    elif variant == "TicketTransferred":
        assert fields["id"] == about["ticket"]
    elif variant == "PreimageAnnounced":
        assert fields["hash"] == about["preimage"]


def check_requests(played: Played) -> None:
    """Each request's events are those that happened, and its durations theirs."""
    happened = defaultdict(list)
    for each in played.facts.of("happened"):
        if "request" in each["about"]:
            happened[each["about"]["request"], each["node"]].append(each)
    names = ("type", "node_us", "told", "session", "event_id")
    for request in played.facts.of("request"):
        for name, side in request["sides"].items():
            mine = happened[request["request"], request[name]]
            assert side["events"] == [{key: f[key] for key in names} for f in mine]
            if mine:
                assert side["duration_us"] == mine[-1]["node_us"] - mine[0]["node_us"]
        last = request["sides"]["asker"]["events"][-1]["type"]
        failed = EVENTS[last].variant.endswith("RequestFailed")
        assert (request["outcome"] == "failed") == failed == bool(request["reason"])


def check_chain(played: Played) -> None:
    """What blocks bring was made before; parents are blocks, or the base."""
    facts = played.facts
    blocks = {facts.of("network")[0]["base"]["block"]}
    packages: set[str] = set()
    reported: set[str] = set()
    for each in facts.all:
        if each["fact"] == "package":
            packages.add(each["package"])
        elif each["fact"] == "block":
            assert each["parent"] in blocks
            blocks.add(each["block"])
            reported |= {r["report"] for r in each["reported"]}
            assert {r["package"] for r in each["reported"]} <= packages
            assert {r["report"] for r in each["available"]} <= reported
            assert each["outline"]["num_guarantees"] == len(each["reported"])
            assert all(len(r["signers"]) >= 2 for r in each["reported"])


def check(played: Played) -> None:
    server = Server(played)
    check_nodes(played, server)
    check_events(played, server)
    check_sessions(played, server)
    check_drops(played)
    check_clocks(played)
    check_links(played, server)
    check_requests(played)
    check_chain(played)


@pytest.fixture(scope="module")
def troubled() -> Played:
    return play_troubled(40)


def test_the_truth_of_a_troubled_network_agrees_with_what_it_sent(troubled: Played):
    check(troubled)
    told = Counter(each["told"] for each in troubled.facts.of("happened"))
    assert min(told["dropped"], told["untold"]) > 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 50))]
)
def test_the_truth_matches_the_events_for_any_seed(seed):
    nodes, cores = ((6, 2), (5, 1), (9, 3))[seed % 3]
    check(play_troubled(16, nodes=nodes, cores=cores, seed=1000 + seed))


@pytest.mark.parametrize("options", [{}, {"speed": 7.5}, {"protocol": 0}, {"nodes": 1}])
def test_the_truth_matches_the_events_in_any_network(options):
    check(play(8, seed=4, **options))


def test_recording_the_truth_does_not_change_the_network():
    network = Network(seed=5)
    for node in range(6):
        network.connect(node)
    silent = list(network.advance(network.now + 10 * SLOT))
    assert play(10, seed=5).emissions == silent


def test_facts_are_in_order_of_time_and_counted(troubled: Played):
    facts = troubled.facts.all
    assert [each["network_us"] for each in facts] == sorted(e["network_us"] for e in facts)
    assert facts[0]["fact"] == "network"
    assert facts[-1] == {
        "fact": "end",
        "network_us": facts[-1]["network_us"],
        "facts": len(facts),
    }


def test_roles_follow_from_the_event_that_began_it(troubled: Played):
    about = {(f["node"], f["session"], f["event_id"]): f for f in troubled.facts.sent}
    roles = set()
    for fact in troubled.facts.events("Refined", "WorkReportBuilt", "WorkPackageReceived"):
        root = about.get((fact["node"], fact["session"], fact["root"]["event_id"]))
        if root and fact["root"]["told"] == "sent":
            began = {"primary": "WorkPackageSubmission", "secondary": "WorkPackageBeingShared"}
            assert root["event"] == began[fact["about"]["role"]]
            roles.add(fact["about"]["role"])
    assert roles == {"primary", "secondary"}


def test_final_states_match_the_last_events():
    facts = play(20, seed=2, rates=Rates(dropped=0)).facts
    for state in facts.of("state"):
        mine = [f for f in facts.sent if f["node"] == state["node"]]
        for name, variant in (("best", "BestBlockChanged"), ("finalized", "FinalizedBlockChanged")):
            last = [f for f in mine if f["event"] == variant][-1]
            assert state[name] == last["about"]
        synced = [f for f in mine if f["event"] == "SyncStatusChanged"][-1]
        assert state["synced"] == synced["data"]["synced"]


def test_unsent_emissions_are_not_counted():
    facts: list[Fact] = []
    network = Network(seed=3, truth=Truth(facts.append), rates=Rates(dropped=0.9))
    hello = network.connect(0)
    taken = list(network.advance(network.now + 4 * SLOT))
    at = next(n for n, each in enumerate(taken) if each.variant == "Dropped" and n > 30)
    for kept in (at + 1, at, 0):
        facts.clear()
        again = Network(seed=3, truth=Truth(facts.append), rates=Rates(dropped=0.9))
        again.connect(0)
        assert list(again.advance(again.now + 4 * SLOT)) == taken
        again.disconnect(0, "cable cut", taken[kept:])
        assert_left(facts[-1], hello, taken[:kept])


def assert_left(closed: Fact, hello: bytes, left: list[Emission]) -> None:
    assert (closed["fact"], closed["reason"]) == ("closed", "cable cut")
    counts = Counter(BY_VARIANT[each.variant].number for each in left)
    assert closed["events"] == {str(number): n for number, n in counts.items()}
    assert closed["last_event_id"] == (left[-1].event_id if left else None)
    assert closed["bytes"] == len(hello) + sum(len(each.frame) for each in left)
    assert closed["dropped"] == sum(e.fields["num"] for e in left if e.variant == "Dropped")
