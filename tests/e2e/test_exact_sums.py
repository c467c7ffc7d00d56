"""What nodes claim at its largest: every route that adds up says what Python's integers say.

Each core, service and node is a case of its own: some of the numbers at which floats, 64 bits
and JSON's readers give way, and several of them. All are asked of one server over two shards,
before and after a restart, so from memory and from the file.
"""

from __future__ import annotations

import random
import re
import signal
import socket
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from tart.access.roles import Role
from tart.aggregate.core.tables import GAUGES
from tart.gateway.api.components import reference
from tart.gateway.api.contract import ROUTES
from tests.gateway.json_schema import violations
from tests.running import PATIENT, fake_node, running_system, wait_for

pytestmark = pytest.mark.slow

EXTREMES = (0, 1, 300, 2**53 - 1, 2**53 + 1, 2**63 - 1, 2**63 + 1, 2**64 - 2, 2**64 - 1)
NODES, CORES, SERVICES = 3, 12, 12
DROPPED = (2**24, 2**24, 2**24 - 1)
# A core whose gas a float rounds to 9223372036854775808.
KNOWN = (300, 2**63 + 1, 300)


def case(number, least=1):
    """Some extreme numbers, always the same of one case."""
    chance = random.Random(number)
    return [chance.choice(EXTREMES) for _ in range(chance.randint(least, 5))]


def cost(gas, elapsed):
    return {"gas_used": gas, "elapsed_ns": elapsed}


def refined(gas, elapsed):
    calls = dict.fromkeys(("lookup", "vm", "mem", "invoke", "other"), cost(0, 0))
    return {"total": cost(gas, elapsed), "load_ns": 0, "host_call": calls}


def accumulated(gas, elapsed):
    names = ("state", "lookup", "preimage", "service", "transfer", "other")
    return {
        **dict.fromkeys(("num_calls", "num_transfers", "num_items", "load_ns"), 1),
        "total": cost(gas, elapsed),
        "host_call": {**dict.fromkeys(names, cost(0, 0)), "transfer_dest_gas": 0},
    }


def digest(*parts):
    return bytes(parts).ljust(32, b"\x55")


class Network:
    """Nodes that say it all, and what they have said."""

    def __init__(self, system):
        self.nodes = [fake_node(number + 1, cores=CORES) for number in range(NODES)]
        self.sockets: list[socket.socket] = []
        for node in self.nodes:
            line = system.connect()
            line.sendall(node.connect())
            self.sockets.append(line)
        self.events = 0
        # By core: the refine gas, its limit and the time of each package.
        self.gas, self.limit, self.time = (defaultdict(list) for _ in range(3))
        self.authorized, self.services, self.times = [], {}, {}
        self.status: dict[str, dict[str, int]] = {}

    def say(self, node, variant, **fields):
        event_id, frame = self.nodes[node].event(variant, 1_000_000 + self.events, **fields)
        self.sockets[node].sendall(frame)
        self.events += 1
        return event_id

    def all(self):
        for core in range(CORES):
            values = KNOWN if core == 0 else case(core)
            for number, gas in enumerate(values):
                self.package(core, number, gas)
        for service in range(SERVICES):
            self.block(service)
        for node in range(NODES):
            self.claim(node)

    def package(self, core, number, gas):
        """One of a core, refined by one guarantor at a cost in two work items."""
        node, key = number % NODES, random.Random(core * 100 + number)
        limits = [key.choice(EXTREMES) for _ in range(2)]
        # Two items, so that one event's own sum is beyond 64 bits, too.
        gases = [gas, 0 if core == 0 else key.choice(EXTREMES)]
        elapsed = [key.choice(EXTREMES) for _ in range(2)]
        item = {
            **dict.fromkeys(("service_id", "payload_size", "accumulate_gas_limit"), 7),
            **{"sum_of_extrinsic_lengths": 2**32 - 1, "imports": [], "num_exported_segments": 1},
        }
        root = self.say(node, "WorkPackageSubmission", builder=bytes(32), bundle=False)
        self.say(
            node,
            "WorkPackageReceived",
            submission_or_share_id=root,
            core=core,
            outline={
                "work_package_size": 1,
                "work_package_hash": digest(core, number),
                "anchor": bytes(32),
                "lookup_anchor_slot": 1,
                "prerequisites": [],
                "work_items": [{**item, "refine_gas_limit": each} for each in limits],
            },
        )
        self.say(
            node,
            "Authorized",
            submission_or_share_id=root,
            cost={"total": cost(gas, gas), "load_ns": 0, "host_call": cost(0, 0)},
        )
        costs = [refined(*each) for each in zip(gases, elapsed, strict=True)]
        self.say(node, "Refined", submission_or_share_id=root, costs=costs)
        self.authorized.append(gas)
        self.gas[core].append(sum(gases))
        self.limit[core].append(sum(limits))
        self.time[core].append(sum(elapsed))

    def block(self, service):
        """A block that accumulates one service, told of by all nodes."""
        values = case(1000 + service)
        gas = values[0]
        times = [(values * NODES)[node] for node in range(NODES)]
        names = ("size_bytes", "num_tickets", "num_preimages", "total_preimages_size")
        outline = dict.fromkeys(names, 1)
        outline |= dict.fromkeys(("num_guarantees", "num_assurances", "num_dispute_verdicts"), 1)
        outline |= {"hash": digest(service, 0xB0)}
        for node in range(NODES):
            importing = self.say(node, "Importing", slot=service, outline=outline)
            self.say(node, "BlockVerified", importing_id=importing)
            costs = [(100 + service, accumulated(gas, times[node]))]
            self.say(
                node,
                "BlockExecuted",
                authoring_or_importing_id=importing,
                accumulate_costs=costs,
            )
        self.services[100 + service] = gas
        self.times[100 + service] = times

    def claim(self, node):
        """Status, several times, and what was dropped."""
        for number in range(3):
            chance = random.Random(2000 + 10 * node + number)
            gauges = dict.fromkeys(GAUGES, 2**32 - 1)
            gauges["shards_size"] = 2**64 - 1 if node < 2 else chance.choice(EXTREMES)
            self.say(node, "Status", **gauges, num_guarantees=bytes(CORES))
            self.status[self.nodes[node].peer_id.hex()] = gauges
        for number in DROPPED:
            node_ = self.nodes[node]
            event = {"last_timestamp": 2_000_000, "num": number}
            frame = node_.event("Dropped", 1_000_000, **event)[1]
            self.sockets[node].sendall(frame)
            self.events += 1


@pytest.fixture(scope="module", params=["running", "restarted"])
def asked(request, tmp_path_factory):
    """A server that was told everything, and the nodes that told it."""
    data = tmp_path_factory.mktemp("exact") / "data"
    with running_system(data, environ=PATIENT) as system:
        network = Network(system)
        network.all()
        wait_for(lambda: _told(system) == network.events, "all events")
        for line in network.sockets:
            line.close()
        wait_for(system.committed, "the last commit")
        if request.param == "running":
            yield system, network
            return
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
    with running_system(data, environ=PATIENT) as system:
        yield system, network


def _told(system):
    return sum(node["event_count"] for node in system.get("/api/nodes")["nodes"])


def integer(value):
    """An integer as the API writes it: text beyond 64 bits, and only there."""
    assert isinstance(value, int) == (int(value) < 2**64), value
    return int(value)


def nearest(total, count):
    return (2 * total + count) // (2 * count)


def test_gas_of_cores(asked):
    system, network = asked
    cores = system.get("/api/cores/status")["cores"]
    assert integer(cores[0]["gas_used"]) == 2**63 + 601
    for core in range(CORES):
        assert integer(cores[core]["gas_used"]) == sum(network.gas[core])
        assert cores[core]["extrinsic_size"] == len(network.gas[core]) * 2 * (2**32 - 1)


def test_gas_of_each_core_and_package(asked):
    for core in range(CORES):
        _gas_of(*asked, core)


def _gas_of(system, network, core):
    found = system.get(f"/api/cores/{core}/metrics")
    gas, limit, count = sum(network.gas[core]), sum(network.limit[core]), len(network.gas[core])
    expected = round(100 * gas / limit, 2) if limit else None
    assert found["gas_utilization_pct"] == expected
    assert integer(found["stats"]["avg_gas_used"]) == nearest(gas, count)
    assert integer(found["stats"]["avg_gas_limit"]) == nearest(limit, count)
    listed = system.get(f"/api/cores/{core}/work-packages")["work_packages"]
    assert sorted(integer(each["gas_used"]) for each in listed) == sorted(network.gas[core])
    for number, each in enumerate(network.gas[core]):
        path = f"/api/workpackages/{digest(core, number).hex()}/journey/enhanced"
        told = system.get(path)["execution_details"]
        assert integer(told["refine_gas"]) == each
        assert integer(told["refine_ns"]) == network.time[core][number]
        assert integer(told["refine_gas_limit"]) == network.limit[core][number]


def test_gas_and_time_of_executions(asked):
    system, network = asked
    # The counts of events may follow the sums of gas by a moment.
    wait_for(
        lambda: system.get("/api/metrics/execution")["refinement"]["average_gas_per_wp"] is not None
    )
    found = system.get("/api/metrics/execution")
    gas = sum(sum(each) for each in network.gas.values())
    elapsed = sum(sum(each) for each in network.time.values())
    packages = sum(map(len, network.gas.values()))
    refinement = found["refinement"]
    assert integer(refinement["total_gas_used"]) == gas
    assert refinement["average_gas_per_wp"] == gas / packages
    assert refinement["average_time_ns"] == elapsed / (2 * packages)
    assert integer(found["authorization"]["total_gas_used"]) == sum(network.authorized)
    assert found["authorization"]["average_gas"] == sum(network.authorized) / packages
    accumulation = found["accumulation"]
    assert integer(accumulation["total_gas_used"]) == sum(network.services.values())
    times = sum(sum(each) for each in network.times.values())
    assert accumulation["average_time_ns"] == times / (SERVICES * NODES)
    by_service = {each["service_id"]: each for each in found["by_service"]}
    assert integer(by_service[7]["refine_gas_used"]) == gas
    assert integer(by_service[7]["refine_time_ns"]) == elapsed
    for service, expected in network.services.items():
        each = by_service[service]
        assert integer(each["accumulate_gas_used"]) == expected
        assert each["accumulate_average_time_ns"] == sum(network.times[service]) / NODES


def test_gas_of_jamtart_s_routes_of_2026(asked):
    system, network = asked
    now = datetime.now(UTC)
    window = {
        name: f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        for name, moment in (("start", now - timedelta(hours=1)), ("end", now + timedelta(hours=1)))
    }
    gas = sum(sum(each) for each in network.gas.values())
    found = system.get("/api/grafana/execution", **window)
    assert integer(found["refinement"]["total_gas"]) == gas
    assert integer(found["authorization"]["total_gas"]) == sum(network.authorized)
    assert integer(found["accumulation"]["total_gas"]) == sum(network.services.values())
    services = {
        int(row["service_id"], 16): row for row in system.get("/api/grafana/services", **window)
    }
    assert integer(services[7]["refinement_gas"]) == gas
    assert integer(services[7]["authorization_gas"]) == sum(network.authorized)
    assert services[7]["refinements"] == 2 * len(network.authorized)
    for service, expected in network.services.items():
        assert integer(services[service]["execution_gas"]) == expected
    listed = system.get("/api/grafana/wp-active", **window)["work_packages"]
    known = sorted(each for some in network.gas.values() for each in some)
    assert sorted(integer(each["refine_gas_used"]) for each in listed) == known


@pytest.mark.parametrize("path", ["/api/da/stats", "/api/da/stats/enhanced"])
def test_what_is_stored(asked, path):
    system, network = asked
    found = system.get(path)
    total = sum(each["shards_size"] for each in network.status.values())
    assert total > 2**64
    assert integer(found["aggregate"]["total_shard_size_bytes"]) == total
    sizes = [each["preimages_size"] for each in network.status.values()]
    names = ("total_preimages_size_bytes", "total_preimage_size_bytes")
    (name,) = found["aggregate"].keys() & set(names)
    assert integer(found["aggregate"][name]) == sum(sizes)
    for each in found["by_node"]:
        assert each["shard_size_bytes"] == network.status[each["node_id"]]["shards_size"]
    average = found["aggregate"].get("average_shard_size_per_node")
    assert average in (None, round(total / NODES, 3))


def test_what_was_dropped(asked):
    system, network = asked
    total = sum(DROPPED)
    for node in network.nodes:
        found = system.node(node.peer_id)
        assert (integer(found["dropped_count"]), found["dropped_messages"]) == (total, 3)
    sessions = system.get("/api/sessions")["sessions"]
    assert {integer(each["dropped_count"]) for each in sessions} == {total}


def test_sql_without_a_reduce_and_with_one(asked):
    system, network = asked
    gauge = "shards_size"
    mapped = f"SELECT sum({gauge}) AS n, max({gauge})::UHUGEINT * 1000000 AS m FROM status"
    body = {"map": mapped}
    partials = system.http.post("/api/sql", json=body).json()
    assert [each["type"] for each in partials["columns"]] == ["HUGEINT", "UHUGEINT"]
    said = [
        event["data"]["Status"][gauge]
        for node in network.nodes
        for event in system.events(node.peer_id)
        if event["event_type"] == 10
    ]
    assert sum(integer(n) for n, _ in partials["rows"] if n is not None) == sum(said)
    assert max(integer(m) for _, m in partials["rows"] if m is not None) == max(said) * 10**6
    body["reduce"] = "SELECT sum(n) FROM partials"
    ((whole,),) = system.http.post("/api/sql", json=body).json()["rows"]
    assert integer(whole) == sum(said)


# It asks every route twice; sums from memory have the other tests.
@pytest.mark.parametrize(
    "asked",
    [pytest.param("running", marks=pytest.mark.soak), "restarted"],
    indirect=True,
    scope="module",
)
def test_no_route_is_taken_away_and_each_is_as_declared(asked):
    system, network = asked
    node = network.nodes[0].peer_id.hex()
    ends = {
        **dict.fromkeys(("hash", "wp_hash"), digest(1, 0).hex()),
        **dict.fromkeys(("core_index", "core_id", "slot", "service_id", "validator_idx"), "1"),
        "id": node,
    }
    now = datetime.now(UTC)
    window = {
        name: f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        for name, moment in (("start", now - timedelta(hours=1)), ("end", now + timedelta(hours=1)))
    }
    for route in ROUTES:
        if (
            route.method != "GET"
            or route.answer is None
            or route.name.startswith(("jam_", "chain_"))
        ):
            continue
        if route.name in (
            "event",
            "trace",
            "event_fields",
            "session_fields",
            "failure",
            "openapi",
            "detailed_health",
            "block_trace",
        ):
            continue
        # Without keys a caller is an operator.
        if route.role > Role.OPERATOR:
            assert system.http.get(route.path).status_code == 403, route.name
            continue
        path = route.path
        for name, value in ends.items():
            path = path.replace(f"{{{name}}}", value)
        needed = {each.name for each in route.parameters if each.required}
        given = {name: window[name] for name in needed}
        for int64 in ("number", "string"):
            found = system.get(path, int64=int64, **given)
            assert violations(found, reference(route.answer)) == [], route.name
        # JavaScript would round no integer that is left.
        assert not any(map(rounds, integers(found))), route.name


def integers(value):
    """All integers inside a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [found for each in value for found in integers(each)]
    return [value] if type(value) is int else []


def rounds(number):
    return abs(number) > 2**53 - 1


def as_numbers(text):
    """JSON with each text of digits as a number."""
    return re.sub(r'"(\d{1,20})"', r"\1", text)


def test_events_have_their_64_bit_fields_as_text(asked):
    system, network = asked
    node = network.nodes[0].peer_id.hex()
    for path, more in (
        (f"/api/nodes/{node}/events", {"limit": 1000}),
        ("/api/events/search", {"event_types": "0,10,95,101", "limit": 1000}),
        ("/api/events/export", {"node_id": node}),
        ("/api/events/export", {"node_id": node, "format": "csv"}),
    ):
        plain = system.http.get(path, params=more).text
        text = system.http.get(path, params={**more, "int64": "string"}).text
        assert re.search(r":\d{17,}", plain), path
        assert not re.search(r":\d{17,}", text), path
        if "search" not in path and "csv" not in more.values():
            assert as_numbers(text) == plain, path
    export = {"node_id": node, "format": "csv"}
    csv = system.http.get("/api/events/export", params={**export, "int64": "string"}).text
    plain = system.http.get("/api/events/export", params=export).text
    assert re.sub(r'""(\d{1,20})""', r"\1", csv) == plain


def test_sql_has_its_64_bit_columns_as_text(asked):
    system, _ = asked
    body = {"map": "SELECT max(shards_size) AS n, 7::INTEGER AS small FROM status"}
    found = system.http.post("/api/sql", params={"int64": "string"}, json=body).json()
    plain = system.http.post("/api/sql", json=body).json()
    rows = [[n if n is None else str(n), small] for n, small in plain["rows"]]
    assert found == {**plain, "rows": rows}
