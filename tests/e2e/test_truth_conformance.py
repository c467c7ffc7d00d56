"""What nodes did wrong is found, each thing with its place, and nothing else is.

A simulated network does nothing wrong but what was put into it. What is wrong on purpose is
sent by hand: every rule there is, and what other implementations are known to write.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import ExitStack
from datetime import datetime

import pytest

from tart.aggregate.keyed.conformance import EXAMPLE_BYTES
from tart.aggregate.rules.conformance_checks import STATUS_LATE_US
from tart.protocol.byte_reader import encode_natural
from tart.protocol.rules import RULES
from tart.query.topics.conformance import CLOCK_US, NOT_JCE_US
from tart.units import HOUR_US, JCE_US
from tests.aggregate.node_script import NodeScript
from tests.e2e.test_truth_sessions import at, every
from tests.running import running_system, wait_for
from tests.shard.check.test_offline_check import ALONE, DEVIATING, LARGEST
from tests.shard.running import framed
from tests.vectors import event_vectors

pytestmark = pytest.mark.slow

CLOCKS = {"clock_offset", "clock_not_jce"}


def conformance(system, node):
    """``/api/nodes/{id}/conformance``."""
    return system.get(f"/api/nodes/{node}/conformance")


def counts(body):
    """Findings by rule, but for those that depend on when the test runs."""
    return {each["code"]: each["count"] for each in body["findings"] if each["code"] not in CLOCKS}


# --- A whole network -------------------------------------------------------------------

BEGINNINGS = ("Authoring", "Importing", "WorkPackageSubmission", "WorkPackageBeingShared")
# What tells the outcome: of a block authored or imported, of a package at a guarantor.
ENDS = (
    *("Authored", "AuthoringFailed", "BlockVerified", "BlockVerificationFailed"),
    *("BlockExecuted", "BlockExecutionFailed", "WorkPackageFailed", "DuplicateWorkPackage"),
    *("WorkReportSignatureSent", "GuaranteesDistributed"),
)


def cut_short(facts, node):
    """How many of a node's pipelines its connections' ends cut short, for certain."""
    ended = {
        (fact["session"], fact["root"]["event_id"])
        for fact in facts.events(*ENDS)
        if fact["node"] == node
    }
    lost = {
        fact["session"]: max(each["event_id"] for each in fact["dropped_messages"])
        for fact in facts.of("closed", node=node)
        if fact["dropped_messages"]
    }
    return sum(
        (fact["session"], fact["event_id"]) not in ended
        and lost.get(fact["session"], -1) < fact["event_id"]
        for fact in facts.events(*BEGINNINGS)
        if fact["node"] == node
    )


def expected_of(facts, node):
    """By rule, what is to be found of a node."""
    dropped = sum(len(fact["dropped_messages"]) for fact in facts.of("closed", node=node))
    found = {"events_dropped": dropped, "pipeline_cut_short": cut_short(facts, node)}
    return {code: count for code, count in found.items() if count}


def test_of_each_node_exactly_what_was_put_in_is_found(truth):
    met = Counter()
    for node in truth.facts.of("node"):
        found = counts(conformance(truth.system, node["node"]))
        assert found == expected_of(truth.facts, node["node"])
        met.update(found)
    assert all(met[code] for code in ("events_dropped", "pipeline_cut_short"))


def test_what_was_dropped_is_shown_by_its_event_and_number(truth):
    for node in truth.facts.of("node"):
        dropped = {
            (each["event_id"], f"no events dropped, not {each['num']}")
            for fact in truth.facts.of("closed", node=node["node"])
            for each in fact["dropped_messages"]
        }
        body = conformance(truth.system, node["node"])
        examples = [
            example
            for each in body["findings"]
            if each["code"] == "events_dropped"
            for example in each["examples"]
        ]
        assert len(examples) == min(3, len(dropped))
        assert {(each["event_id"], each["expectation"]) for each in examples} <= dropped
        for each in examples:
            event = truth.system.get(f"/api/events/{each['id']}")
            assert event["data"]["Dropped"]["num"] == int(each["expectation"].split()[-1])
            assert event["raw"]["frame"].endswith(each["hex"][2:])


def test_each_node_introduces_itself_as_it_did(truth):
    for node in truth.facts.of("node"):
        body = conformance(truth.system, node["node"])
        sessions = [fact for fact in truth.facts.of("closed", node=node["node"]) if fact["events"]]
        (shown,) = body["handshakes"]
        assert (shown["protocol_version"], shown["params_layout"]) == (
            *(node["protocol"], node["layout"]),
        )
        assert shown["sessions"] == body["sessions"] == len(sessions)
        assert body["implementation_name"] == node["name"]


def test_rates_are_what_was_sent_over_the_time_connected(truth):
    for node in truth.facts.of("node"):
        body = conformance(truth.system, node["node"])
        sent = truth.facts.counts(node["node"])
        assert (body["event_count"], body["status_count"]) == (sent.total(), sent[10])
        connected = sum(
            (at(each["ended_at"]) - at(each["started_at"])).total_seconds()
            for each in every(truth.system, f"/api/nodes/{node['node']}/sessions")
        )
        assert body["connected_seconds"] == pytest.approx(connected, abs=0.001)
        assert body["events_per_second"] == pytest.approx(sent.total() / connected, abs=0.01)
        interval = connected / sent[10] if sent[10] else None
        assert body["status_interval_seconds"] == pytest.approx(interval, abs=0.001)


def test_a_clock_is_off_by_what_its_fastest_event_says(truth):
    node = min(truth.facts.of("node"), key=lambda each: truth.facts.counts(each["node"]).total())
    hours: dict = {}
    for event in truth.system.events(bytes.fromhex(node["node"])):
        received = _us(event["received_at"])
        ((_, fields),) = event["data"].items()
        hours.setdefault(received // HOUR_US, []).append(received - fields["timestamp"] - JCE_US)
    least = {hour: min(offsets) for hour, offsets in hours.items()}
    body = conformance(truth.system, node["node"])
    assert body["clock"]["offset_ms"] == round(least[max(least)] / 1000, 3)
    found = {each["code"]: each["count"] for each in body["findings"] if each["code"] in CLOCKS}
    assert found == Counter(
        "clock_not_jce" if abs(offset) >= NOT_JCE_US else "clock_offset"
        for offset in least.values()
        if abs(offset) >= CLOCK_US
    )


def _us(text):
    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def test_the_whole_is_the_sum_of_its_nodes(truth):
    body = truth.system.get("/api/conformance")
    each_of = {
        node["node"]: conformance(truth.system, node["node"]) for node in truth.facts.of("node")
    }
    assert {node["node_id"] for node in body["nodes"]} == each_of.keys()
    for node in body["nodes"]:
        alone = each_of[node["node_id"]]
        assert {name: node[name] for name in node if name != "findings"} == {
            name: alone[name] for name in node if name != "findings"
        }
        assert [(e["code"], e["count"]) for e in node["findings"]] == [
            (e["code"], e["count"]) for e in alone["findings"]
        ]
    total = sum((Counter(counts(alone)) for alone in each_of.values()), Counter())
    assert {each["code"]: each["count"] for each in body["rules"] if each["code"] in total} == total
    assert {each["code"] for each in body["rules"]} - CLOCKS == total.keys()
    assert body["unidentified"] == []


def test_the_matrix_has_the_same_findings(truth):
    body, plain = (
        truth.system.get("/api/conformance/matrix"),
        truth.system.get("/api/conformance"),
    )
    rules = [rule["code"] for rule in body["rules"]]
    assert rules == [rule["code"] for rule in plain["rules"]]
    cells = {
        (body["nodes"][cell["node"]]["node_id"], rules[cell["rule"]]): cell["count"]
        for cell in body["cells"]
    }
    assert cells == {
        (node["node_id"], finding["code"]): finding["count"]
        for node in plain["nodes"]
        for finding in node["findings"]
    }
    checked = {node["node_id"]: node["event_count"] for node in body["nodes"]}
    names = {node["node"]: (node["name"], node["version"]) for node in truth.facts.of("node")}
    assert checked == {node: truth.facts.counts(node).total() for node in names}
    assert body["event_count"] == sum(checked.values())
    for node in body["nodes"]:
        implementation = body["implementations"][node["implementation"]]
        assert (implementation["name"], implementation["version"]) == names[node["node_id"]]


def test_examples_are_of_the_rule_and_the_nodes_that_were_asked_for(truth):
    path = "/api/conformance/examples"
    found = truth.system.get(path, rule="events_dropped", limit=1000)["examples"]
    dropped = {
        (fact["node"], each["event_id"]): each["num"]
        for fact in truth.facts.of("closed")
        for each in fact["dropped_messages"]
    }
    assert found
    for each in found:
        number = dropped[each["node_id"], each["event_id"]]
        assert each["found"][:18] == "0x" + number.to_bytes(8, "little").hex()
        assert truth.system.get(f"/api/events/{each['id']}")["event_type"] == 0
    assert [each["at"] for each in found] == sorted((each["at"] for each in found), reverse=True)
    name = found[0]["implementation_name"]
    nodes = {node["node"] for node in truth.facts.of("node") if node["name"] == name}
    some = truth.system.get(path, rule="events_dropped", limit=1000, implementation=name)
    assert some["examples"] == [each for each in found if each["node_id"] in nodes]
    node = found[0]["node_id"]
    alone = truth.system.get(path, rule="events_dropped", node_id=node[:16], limit=1)
    assert alone["examples"] == found[:1]
    assert truth.system.get(path, implementation="nobody")["examples"] == []


# --- Every rule, by hand ---------------------------------------------------------------

HASH = bytes(32)
STATUS_HEAD, STATUS_TAIL = bytes(12), bytes(20)
# Number, payload, and the place of what is wrong with it: offset and field.
PAYLOADS = {
    "truncated": (28, HASH + b"\x05abc", 42, "reason"),
    "unknown_event": (48, b"", 8, ""),
    "bool_out_of_range": (13, b"\x02", 9, "synced"),
    "option_out_of_range": (27, HASH + b"\x02\0", 41, "terminator"),
    "trailing_bytes": (13, b"\x01\xaa\xbb", 10, ""),
    "dropped_count_u32": (0, bytes(8) + b"\x01\0\0\0", 17, "num"),
    "dropped_without_timestamp": (0, b"\x01" + bytes(7), 9, "last_timestamp"),
    "other_version_layout": (61, HASH + b"\x01\x02ok", 9, ""),
    "leb128_length": (28, HASH + b"\x80\x01" + b"r" * 128, 41, "reason"),
    "non_canonical_natural": (28, HASH + b"\x80\x01x", 41, "reason"),
    "core_list_prefixed": (10, STATUS_HEAD + b"\x02\0\0" + STATUS_TAIL, 21, "num_guarantees"),
    "core_count_mismatch": (10, STATUS_HEAD + b"\0\0\0" + STATUS_TAIL, 21, "num_guarantees"),
    "unknown_enum_value": (27, HASH + b"\x01\x02\0", 42, "terminator"),
    "string_too_long": (28, HASH + encode_natural(129) + b"x" * 129, 41, "reason"),
    "invalid_utf8": (28, HASH + b"\x03ab\xff", 44, "reason"),
}
# The same of a node that is understood by its name. Its port has no byte order.
JAMIXIR = {"name": "Jamixir", "version": 0, "port": 0x4242}
MAPPED = bytes(10) + b"\xff\xff\x7f\0\0\1"
OF_JAMIXIR = {
    "slot_natural": (11, b"\5" + HASH, 9, "slot"),
    "epoch_natural": (84, HASH + b"\1\0\5\2" + HASH, 43, "epoch"),
    "port_big_endian": (20, MAPPED + b"\x9c\x40", 25, "from.port"),
    "core_list_packed": (10, STATUS_HEAD + b"\0" + STATUS_TAIL, 21, "num_guarantees"),
    "own_event_ids": (41, bytes(8) + b"\0", 9, "authoring_id"),
}
# What a first message is made of: version, 134 bytes of parameters, the rest.
HELLOS = {
    "unknown_protocol_version": ({"version": 7}, lambda hello: hello, 0, "protocol_version"),
    "unknown_flags": ({"flags": 2}, lambda hello: hello, 1 + 134 + 32 + 32 + 18, "flags"),
    "core_count_out_of_range": ({"cores": 400}, lambda hello: hello, 1 + 24, "core_count"),
    "parameters_prefixed": ({}, lambda hello: hello[:1] + b"\x80\x86" + hello[1:], 1, "params"),
    "parameters_length": ({}, lambda hello: hello[:131] + hello[135:], 1, "params"),
}


def referring_to_the_future(script):
    script.send_authoring_failed(script.node.next_event_id)


def referring_to_another(script):
    script.send_authoring_failed(script.send_best())


def failing_twice(script):
    authoring = script.send("Authoring", slot=1, parent=HASH)
    script.send_authoring_failed(authoring)
    script.send_authoring_failed(authoring)


def with_a_clock_set_back(script):
    script.send_best()
    script.send_best(-1_500_000)


def with_status_late(script):
    script.now -= STATUS_LATE_US + 1
    script.send_status(0)
    script.send_status(STATUS_LATE_US + 1)


def beginning_a_package(script):
    script.send("WorkPackageSubmission", builder=HASH, bundle=False)


def with_a_slot_of_no_time(script):
    script.send("BestBlockChanged", slot=2**32 - 1, hash=HASH)


def since_1970(script):
    script.now += JCE_US
    script.send_best(0)


def five_seconds_ago(script):
    script.now -= 5_000_000
    script.send_best(0)


# What is said, and the place of what is wrong with it where it has one.
TALKS = {
    "reference_unknown": (referring_to_the_future, (9, "authoring_id")),
    "reference_wrong_type": (referring_to_another, (9, "authoring_id")),
    "second_outcome": (failing_twice, (9, "authoring_id")),
    "timestamp_backwards": (with_a_clock_set_back, (0, "timestamp")),
    "status_late": (with_status_late, (0, "timestamp")),
    "dropped_implausible": (lambda script: script.send_dropped(2**32 + 1), (17, "num")),
    "implausible_slot": (with_a_slot_of_no_time, (9, "slot")),
    "events_dropped": (lambda script: script.send_dropped(3), (17, "num")),
    "pipeline_cut_short": (beginning_a_package, (0, "")),
    "clock_not_jce": (since_1970, None),
    "clock_offset": (five_seconds_ago, None),
}
# What comes along with what is meant.
BESIDES = {
    "dropped_count_u32": {"events_dropped"},
    "dropped_without_timestamp": {"events_dropped"},
}
APART = {"frame_too_long", "node_information", "events_shed"}
# Half a minute and ten minutes are too long for a test; lengths are read as LEB128 only
# where naturals fit nothing, and then it is the natural that is complained of. No node can
# break ``server_failure``: it is tart that fails.
NOT_HERE = {"status_missing", "pipeline_unfinished", "length_out_of_range", "server_failure"}
# More than a node may, and than those do that are to be heard out.
SAID_BY_ONE = 600
SHEDDING = {
    "TART_TELEMETRY_SHED": "true",
    "TART_TELEMETRY_EVENTS_PER_SECOND": "1",
    "TART_TELEMETRY_BURST_EVENTS": "400",
}


def talk_of(number, **more):
    """A connection of a node of its own, by a clock that is right."""
    script = NodeScript(number=number, **more)
    script.now = time.time_ns() // 1000 - JCE_US
    return script


def hello_of(code, number):
    """A connection whose first message is not as it should be."""
    more, changed, *_ = HELLOS[code]
    script = talk_of(number, **more)
    content = changed(script.frames[0][4:])
    script.frames = [framed(content)]
    return script


def raw(script, number, payload):
    """An event as it is."""
    content = script.now.to_bytes(8, "little") + bytes([number]) + payload
    script.frames.append(framed(content))
    script.node.next_event_id += 1


def breaking(code, number):
    """A connection that breaks one rule."""
    if code in HELLOS:
        return hello_of(code, number)
    script = talk_of(number, **(JAMIXIR if code in OF_JAMIXIR else {}))
    if code in PAYLOADS or code in OF_JAMIXIR:
        raw(script, *{**PAYLOADS, **OF_JAMIXIR}[code][:2])
    elif code in TALKS:
        TALKS[code][0](script)
    elif code == "frame_too_long":
        script.frames.append(b"\xff\xff\xff\xff")
    elif code == "node_information":
        script.frames = [framed(b"GET / HTTP/1.1")]
    else:
        assert code == "events_shed"
        for _ in range(SAID_BY_ONE):
            script.send_best(0)
    return script


def place(code):
    """Offset and field of what is wrong; ``None`` where it has no place."""
    if code in TALKS:
        return TALKS[code][1]
    if code in APART:
        return (0, "") if code != "events_shed" else None
    return tuple({**PAYLOADS, **OF_JAMIXIR, **HELLOS}[code][2:])


BAD, GOOD = event_vectors(conformant=False), event_vectors()


def setting(vector):
    """What a node has to be that says it."""
    return vector.protocol_version, vector.cores or 2


class Wrong:
    """A running tart that was told something wrong, and what that was.

    Attributes:
        scripts: By rule, the connection that broke it.
        clean: One that broke none.
        vectors: What others write otherwise than specified, and the node that said it.
        good: The nodes that said what others write as specified.
    """

    def __init__(self, system):
        self.system = system
        self.scripts = {}
        codes = [code for code in RULES if code not in NOT_HERE]
        for number, code in enumerate(codes, 1):
            self.scripts[code] = breaking(code, number)
            self._say(self.scripts[code])
        self.clean = talk_of(100)
        self.clean.send_authoring_failed(self.clean.send("Authoring", slot=1, parent=HASH))
        self._say(self.clean)
        self.vectors = [(each, self._quote(each, 101 + at)) for at, each in enumerate(BAD)]
        settings = sorted({setting(vector) for vector in GOOD})
        self.good = {self._quote(each, 201 + settings.index(setting(each))) for each in GOOD}
        wait_for(lambda: self._over() == len(self), "all connections to be over")

    def __len__(self):
        return len(self.scripts) + 1 + len(BAD) + len(GOOD)

    def _over(self):
        sessions = self.system.get("/api/sessions", limit=1000)["sessions"]
        return sum(each["outcome"] != "open" for each in sessions)

    def _quote(self, vector, number):
        """A connection on which nothing else is said; whose it is."""
        version, cores = setting(vector)
        script = NodeScript(number=number, version=version, cores=cores)
        script.frames.append(framed(vector.content))
        self._say(script)
        return script.node.peer_id.hex()

    def _say(self, script):
        with self.system.connect() as line:
            line.sendall(b"".join(script.frames))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((1, False), id="1 shard", marks=pytest.mark.soak),
        pytest.param((2, False), id="2 shards", marks=pytest.mark.soak),
        pytest.param((3, True), id="3 shards, restarted"),
        pytest.param((5, True), id="5 shards, restarted", marks=pytest.mark.soak),
    ],
)
def wrong(request, tmp_path_factory):
    shards, restarted = request.param
    data = tmp_path_factory.mktemp("wrong") / "data"
    with ExitStack() as closing:
        running = running_system(data, shards=shards, environ=SHEDDING)
        told = Wrong(closing.enter_context(running))
        if restarted:
            told.system.process.send(signal.SIGTERM)
            assert told.system.process.ended() == 0
            told.system = closing.enter_context(running_system(data, shards=shards))
        yield told


def test_every_rule_is_broken_by_somebody(wrong):
    assert wrong.scripts.keys() | NOT_HERE == RULES.keys()


@pytest.mark.parametrize("code", [code for code in RULES if code not in NOT_HERE])
def test_who_breaks_a_rule_is_found_out_and_of_nothing_else(wrong, code):
    script = wrong.scripts[code]
    if code == "node_information":
        body = wrong.system.get("/api/conformance")
        assert [(each["code"], each["count"]) for each in body["unidentified"]] == [(code, 1)]
        (rule,) = [each for each in body["rules"] if each["code"] == code]
        (example,) = rule["examples"]
        assert (example["node_id"], rule["nodes"]) == (None, 0)
        assert example["hex"] == "0x" + b"GET / HTTP/1.1".hex()
        return
    body = conformance(wrong.system, script.node.peer_id.hex())
    found = {each["code"]: each for each in body["findings"]}
    assert found.keys() == {code} | BESIDES.get(code, set())
    shown, rule = found[code], RULES[code]
    assert (shown["severity"], shown["scope"]) == (rule.severity, rule.scope)
    assert wrong.system.http.get(shown["docs"]).status_code == 200
    if code != "events_shed":
        assert shown["count"] == 1
    if place(code) is None:
        assert shown["examples"] == []
        return
    (example,) = shown["examples"]
    assert (example["offset"], example["field"]) == place(code)
    assert example["expectation"]
    if code == "frame_too_long":
        assert example["hex"] == "0xffffffff"
    elif code != "pipeline_cut_short":
        assert example["hex"] == "0x" + script.frames[-1][4:].hex()
    if rule.scope == "handshake":
        assert (example["id"], example["event_id"]) == (None, None)


def test_what_a_wrong_clock_counts_is_told(wrong):
    def clock(code):
        return conformance(wrong.system, wrong.scripts[code].node.peer_id.hex())["clock"]

    assert clock("clock_not_jce")["looks_like"] == "microseconds since 1970-01-01"
    assert clock("clock_not_jce")["is_jce"] is False
    assert clock("clock_offset")["is_jce"] is True
    assert 5_000 <= clock("clock_offset")["offset_ms"] < 10_000


def test_what_is_shed_is_counted_event_by_event(wrong):
    node = wrong.scripts["events_shed"].node.peer_id.hex()
    (found,) = conformance(wrong.system, node)["findings"]
    (session,) = every(wrong.system, f"/api/nodes/{node}/sessions")
    assert found["count"] == session["shed"] > 0
    assert session["event_count"] + session["shed"] == SAID_BY_ONE


def test_who_does_nothing_wrong_is_conformant(wrong):
    body = conformance(wrong.system, wrong.clean.node.peer_id.hex())
    assert (body["verdict"], body["findings"]) == ("conformant", [])


def test_what_others_write_otherwise_is_found_with_its_place(wrong):
    for vector, node in wrong.vectors:
        (name,) = [each for each in DEVIATING if each in vector.description]
        (found,) = [
            each
            for each in conformance(wrong.system, node)["findings"]
            if each["code"] not in CLOCKS | ALONE
        ]
        (example,) = found["examples"]
        assert (found["code"], example["field"], example["offset"]) == DEVIATING[name]
        assert example["hex"] == "0x" + vector.content[:EXAMPLE_BYTES].hex()
        assert example["size"] == len(vector.content)


def test_what_others_write_as_specified_is_not_found(wrong):
    allowed = CLOCKS | ALONE | LARGEST | {"pipeline_cut_short"}
    for node in wrong.good:
        body = conformance(wrong.system, node)
        assert {each["code"] for each in body["findings"]} <= allowed


def test_sessions_tell_what_was_wrong_on_them(wrong):
    for code, script in wrong.scripts.items():
        scope = RULES[code].scope
        if code == "node_information":
            sessions = every(wrong.system)
            (session,) = [each for each in sessions if each["outcome"] == "refused"]
            assert (session["node_id"], session["protocol_version"]) == (None, None)
            continue
        (session,) = every(wrong.system, f"/api/nodes/{script.node.peer_id.hex()}/sessions")
        assert session["outcome"] == "closed"
        assert session["deviations"] == ({code: 1} if scope in ("handshake", "event") else {})
        assert session["undecodable"] == (scope in ("frame", "connection"))
