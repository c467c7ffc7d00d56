import doctest
import json
from base64 import b64encode

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tart.errors import Busy
from tart.rpc import connection as module
from tart.rpc.connection import (
    ProtocolNoise,
    Refused,
    Reply,
    RpcConnection,
    Subscribed,
    SubscriptionFailed,
    Update,
)
from tart.rpc.data_error import RpcDataError
from tart.rpc.fake_node import RPC_DIALECTS, FakeRpcNode
from tart.rpc.parameters import read_parameters
from tart.rpc.readings import (
    read_blob,
    read_block,
    read_optional_blob,
    read_optional_block,
    read_services,
    read_update,
)
from tart.rpc.service_data import decode_service_data
from tart.rpc.statistics import decode_statistics
from tests.cases import all_cases, examples
from tests.rpc.chains import SmallChain
from tests.rpc.strategies import JSON

UNKNOWN = "ERERERERERERERERERERERERERERERERERERERERERE="


def response(request_id, **members):
    return json.dumps({"jsonrpc": "2.0", "id": request_id, **members})


def notification(key, name="subscription", **members):
    params = {name: key, **members}
    return json.dumps({"jsonrpc": "2.0", "method": "subscribeBestBlock", "params": params})


def test_the_example_is_true():
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


def test_a_call_is_answered_by_its_id_in_any_order():
    connection = RpcConnection()
    first = connection.call("parent", UNKNOWN)
    second = connection.call("bestBlock")
    assert json.loads(first.text) == {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "parent",
        "params": [UNKNOWN],
    }
    assert connection.pending == 2
    assert connection.receive(response(2, result=7)) == [Reply(second.id, "bestBlock", 7)]
    error = {"code": 1, "message": "gone", "data": UNKNOWN}
    (refused,) = connection.receive(response(1, error=error))
    assert refused == Refused(first.id, "parent", 1, "gone", UNKNOWN)
    assert refused.fault.is_unavailable
    assert connection.pending == 0


@all_cases("request_id", [1, 1.0, "1"], ids=repr)
def test_an_id_may_come_back_as_another_kind_of_scalar(request_id):
    connection = RpcConnection()
    connection.call("bestBlock")
    assert connection.receive(response(request_id, result=None)) == [Reply(1, "bestBlock", None)]


@all_cases(
    ("text", "kind"),
    [
        ("{", "not_json"),
        (b"\xff", "not_json"),
        ("[" * 10_000, "not_json"),
        ("7", "no_message"),
        ("{}", "no_message"),
        ("[]", "batch"),
        ('{"id":true,"result":1}', "unknown_id"),
        ('{"id":9,"result":1}', "unknown_id"),
        ('{"id":"x","result":1}', "unknown_id"),
        ('{"id":[1],"result":1}', "unknown_id"),
        ('{"id":1e300,"result":1}', "unknown_id"),
        ('{"id":null,"error":{"code":0}}', "error_without_id"),
        ('{"method":"subscribeBestBlock","params":[7]}', "no_message"),
        (notification(7, result=1), "unknown_subscription"),
        (notification(7), "no_result"),
        (notification(None, result=1), "no_subscription"),
        (notification([7], result=1), "no_subscription"),
    ],
    ids=repr,
)
def test_a_message_that_makes_no_sense_is_noise_and_counted(text, kind):
    connection = RpcConnection()
    (event,) = connection.receive(text)
    assert isinstance(event, ProtocolNoise)
    assert event.kind == kind
    assert event.text
    assert connection.noise == {kind: 1}


def test_a_message_that_is_too_long_is_not_read():
    connection = RpcConnection(max_message_bytes=100)
    connection.call("bestBlock")
    (event,) = connection.receive(response(1, result="x" * 100))
    assert event.kind == "too_long"
    assert connection.receive(response(1, result="x")) == [Reply(1, "bestBlock", "x")]


def test_a_batch_is_read_and_one_beyond_the_limit_is_cut():
    connection = RpcConnection()
    connection.call("bestBlock")
    messages = [{"id": 1, "result": 2}] + [{"id": None}] * module.MAX_BATCH
    events = connection.receive(json.dumps(messages))
    assert events[0] == Reply(1, "bestBlock", 2)
    assert events[-1].kind == "batch"
    assert len(events) == module.MAX_BATCH + 1


def test_an_error_without_id_is_that_of_the_only_call():
    connection = RpcConnection()
    connection.call("statistics")
    assert connection.receive('{"error":{"code":0}}') == [Refused(1, "statistics", 0, "")]
    connection.call("statistics")
    connection.call("bestBlock")
    (event,) = connection.receive('{"error":{"code":0,"message":"Oops"}}')
    assert event == ProtocolNoise("error_without_id", "an error without id, and 2 calls wait: Oops")


def test_a_response_without_result_and_error_refuses():
    connection = RpcConnection()
    connection.call("bestBlock")
    assert connection.receive(response(1)) == [Refused(1, "bestBlock", 0, "")]


@all_cases("key", [7, 0, -1.5, "0x0", "", (1 << 63) - 1, (1 << 80) + 1], ids=repr)
def test_a_subscription_is_named_by_any_scalar(key):
    connection = RpcConnection()
    connection.subscribe("subscribeBestBlock")
    assert connection.receive(response(1, result=key)) == [Subscribed(1, "subscribeBestBlock", key)]
    assert connection.receive(notification(key, result=[1])) == [
        Update(key, "subscribeBestBlock", [1])
    ]
    assert connection.receive(notification(key, name="subscriptionId", result=None)) == [
        Update(key, "subscribeBestBlock", None)
    ]
    end = connection.unsubscribe(key)
    assert json.loads(end.text)["method"] == "unsubscribeBestBlock"
    assert json.loads(end.text)["params"] == [key]
    assert connection.receive(notification(key, result=1))[0].kind == "unknown_subscription"
    assert connection.receive(response(end.id, result=True)) == []
    assert connection.unsubscribe(key) is None


@all_cases("key", [None, [], {}, "x" * 257], ids=repr)
def test_other_values_are_no_subscription(key):
    connection = RpcConnection()
    connection.subscribe("subscribeBestBlock")
    refused, noise = connection.receive(response(1, result=key))
    assert isinstance(refused, Refused)
    assert noise.kind == "subscription_id"
    assert connection.subscriptions == {}


def test_two_subscriptions_with_one_id_are_one():
    connection = RpcConnection()
    connection.subscribe("subscribeBestBlock")
    connection.subscribe("subscribeFinalizedBlock")
    connection.receive(response(1, result=7))
    refused, noise = connection.receive(response(2, result=7))
    assert (refused.method, noise.kind) == ("subscribeFinalizedBlock", "subscription_id")
    assert connection.subscriptions == {7: "subscribeBestBlock"}


def test_a_refused_subscription_is_refused():
    connection = RpcConnection()
    connection.subscribe("subscribeBestBlock")
    error = {"code": -32601, "message": "Method not found"}
    (refused,) = connection.receive(response(1, error=error))
    assert refused.fault.is_unsupported


def test_a_subscription_ends_with_the_node_s_error():
    connection = RpcConnection()
    connection.subscribe("subscribeBestBlock")
    connection.receive(response(1, result=7))
    (event,) = connection.receive(notification(7, error="Error: Forced"))
    assert event == SubscriptionFailed(7, "subscribeBestBlock", "Error: Forced")
    assert connection.subscriptions == {}


def test_an_update_before_the_answer_to_its_subscription_is_kept():
    connection = RpcConnection()
    connection.subscribe("subscribeBestBlock")
    connection.subscribe("subscribeFinalizedBlock")
    assert connection.receive(notification(7, result="a")) == []
    assert connection.receive(notification(8, result="b")) == []
    assert connection.receive(notification(7, error="c")) == []
    assert connection.receive(notification(7, result="d")) == []
    assert connection.receive(response(1, result=7)) == [
        Subscribed(1, "subscribeBestBlock", 7),
        Update(7, "subscribeBestBlock", "a"),
        SubscriptionFailed(7, "subscribeBestBlock", "c"),
    ]
    assert connection.receive(response(2, result=8)) == [
        Subscribed(2, "subscribeFinalizedBlock", 8),
        Update(8, "subscribeFinalizedBlock", "b"),
    ]
    assert not connection.noise


def test_an_early_update_belongs_to_one_subscription():
    connection = RpcConnection()
    connection.subscribe("subscribeBestBlock")
    connection.subscribe("subscribeFinalizedBlock")
    connection.receive(notification(7, result="a"))
    assert len(connection.receive(response(1, result=7))) == 2
    connection.unsubscribe(7)
    assert connection.receive(response(2, result=7)) == [
        Subscribed(2, "subscribeFinalizedBlock", 7)
    ]


def test_true_is_not_the_first_call():
    connection = RpcConnection()
    connection.call("bestBlock")
    assert connection.receive(response(True, result=1))[0].kind == "unknown_id"
    assert connection.pending == 1


def test_early_updates_are_bounded():
    connection = RpcConnection()
    connection.subscribe("subscribeBestBlock")
    events = []
    for number in range(module.MAX_EARLY_UPDATES + 3):
        events += connection.receive(notification(7, result=number))
    assert connection.noise == {"unknown_subscription": 3}
    large = notification(7, result="x" * module.MAX_EARLY_BYTES)
    assert connection.receive(large)[0].kind == "unknown_subscription"
    _, *updates = connection.receive(response(1, result=7))
    assert [update.value for update in updates] == list(range(3, module.MAX_EARLY_UPDATES + 3))


def test_calls_and_subscriptions_are_bounded():
    connection = RpcConnection(max_pending=2, max_subscriptions=1)
    connection.subscribe("subscribeBestBlock")
    with pytest.raises(Busy, match="at most 1 subscriptions"):
        connection.subscribe("subscribeFinalizedBlock")
    connection.receive(response(1, result=7))
    with pytest.raises(Busy, match="at most 1 subscriptions"):
        connection.subscribe("subscribeFinalizedBlock")
    abandoned = connection.call("bestBlock")
    connection.call("bestBlock")
    with pytest.raises(Busy, match="2 calls wait"):
        connection.call("bestBlock")
    with pytest.raises(Busy):
        connection.unsubscribe(7)
    assert connection.subscriptions == {7: "subscribeBestBlock"}
    assert connection.abandon(abandoned.id)
    assert not connection.abandon(abandoned.id)
    connection.call("bestBlock")
    assert connection.receive(response(abandoned.id, result=1))[0].kind == "unknown_id"


# --- Against every dialect ---------------------------------------------------------


class Client:
    """The two sides together."""

    def __init__(self, chain, dialect):
        self.chain = chain
        self.node = FakeRpcNode(chain, dialect)
        self.connection = RpcConnection()

    def send(self, outgoing):
        events = []
        for text in self.node.receive(outgoing.text):
            events += self.connection.receive(text)
        return events

    def ask(self, method, *params):
        (event,) = self.send(self.connection.call(method, *params))
        return event

    def announce(self):
        events = []
        for text in self.node.announce():
            events += self.connection.receive(text)
        return events


def hash_text(block):
    return b64encode(block.hash).decode()


@all_cases("name", RPC_DIALECTS)
def test_every_dialect_is_read(name):
    dialect = RPC_DIALECTS[name]
    chain = SmallChain()
    first, second = chain.add(100), chain.add(101)
    client = Client(chain, name)
    cores = read_parameters(client.ask("parameters").result).cores
    assert read_block(client.ask("bestBlock").result) == second
    final = read_block(client.ask("finalizedBlock").result)
    assert final == (second if dialect.best_is_finalized else chain.final)
    parent = read_block(client.ask("parent", hash_text(second)).result)
    assert parent.hash == first.hash
    assert parent.slot == (101 if dialect.parent_keeps_slot else 100)
    blob = read_blob(client.ask("statistics", hash_text(second)).result)
    if not dialect.empty_statistics:
        assert decode_statistics(blob, cores=cores, validators=6).cores[0].gas_used == 101
    assert read_services(client.ask("listServices", hash_text(second)).result) in ([], [0])
    account = decode_service_data(read_blob(client.ask("serviceData", hash_text(second), 0).result))
    assert account.balance == 10**6
    nothing = client.ask("serviceData", hash_text(second), 1).result
    assert read_optional_blob(nothing) is None
    assert not client.connection.noise


@all_cases("name", RPC_DIALECTS)
def test_what_is_missing_is_told_in_every_dialect(name):
    dialect = RPC_DIALECTS[name]
    client = Client(SmallChain(), name)
    unknown = client.ask("parent", UNKNOWN)
    if isinstance(unknown, Reply):
        assert read_optional_block(unknown.result) is None
    else:
        # JavaJAM has no texts, so its code must do.
        assert unknown.fault.is_unavailable
    method = client.ask("workReport", UNKNOWN)
    assert isinstance(method, Refused)
    assert method.fault.is_unsupported or not dialect.messages
    assert isinstance(client.ask("statistics"), Refused)
    assert client.connection.pending == 0


@all_cases("name", RPC_DIALECTS)
def test_updates_are_read_in_every_dialect(name):
    dialect = RPC_DIALECTS[name]
    chain = SmallChain()
    client = Client(chain, name)
    started, *initial = client.send(client.connection.subscribe("subscribeBestBlock"))
    assert isinstance(started, Subscribed)
    assert len(initial) == dialect.initial
    client.send(client.connection.subscribe("subscribeStatistics", False))
    block = chain.add(100)
    best, *statistics = client.announce()
    assert best.key == started.key
    assert read_block(best.value) == block
    assert len(statistics) == dialect.statistics_updates
    for event in statistics:
        update = read_update(event.value)
        assert update.block == (block if dialect.wrapped else None)
        if not dialect.empty_statistics:
            decoded = decode_statistics(read_blob(update.value), cores=2, validators=6)
            assert decoded.current[0].blocks == 100
    end = client.connection.unsubscribe(started.key)
    assert client.send(end) == []
    assert not client.connection.noise
    if not dialect.one_unsubscribe:
        assert client.node.subscriptions == ["subscribeStatistics"]


# --- Any message -------------------------------------------------------------------

IDS = st.one_of(st.integers(0, 6), st.integers(0, 6).map(str), JSON)
MESSAGES = st.one_of(
    JSON,
    st.fixed_dictionaries({"id": IDS}, optional={"result": JSON, "error": JSON}),
    st.builds(
        lambda name, key, rest: {"method": "m", "params": {name: key, **rest}},
        st.sampled_from(["subscription", "subscriptionId"]),
        IDS,
        st.fixed_dictionaries({}, optional={"result": JSON, "error": JSON}),
    ),
)


class AnyConversation(RuleBasedStateMachine):
    """Calls of the caller, and whatever a network may send."""

    def __init__(self):
        super().__init__()
        self.connection = RpcConnection(max_pending=4, max_subscriptions=3)
        self.noise = 0

    @rule(subscribes=st.booleans())
    def ask(self, subscribes):
        try:
            (self.connection.subscribe if subscribes else self.connection.call)("subscribeX", 1)
        except Busy:
            return

    @rule(message=st.one_of(MESSAGES, st.lists(MESSAGES, max_size=3)))
    def receive_json(self, message):
        self.count(self.connection.receive(json.dumps(message)))

    @rule(message=st.one_of(st.text(), st.binary()))
    def receive_anything(self, message):
        self.count(self.connection.receive(message))

    @rule(key=IDS)
    def end(self, key):
        if isinstance(key, str | int | float):
            try:
                self.connection.unsubscribe(key)
            except Busy:
                return

    def count(self, events):
        for event in events:
            if isinstance(event, Update | SubscriptionFailed):
                try:
                    read_update(event[2])
                except RpcDataError:
                    continue
            self.noise += isinstance(event, ProtocolNoise)

    @invariant()
    def is_bounded(self):
        assert self.connection.pending <= 4
        assert len(self.connection.subscriptions) <= 3
        assert sum(self.connection.noise.values()) == self.noise


TestAnyConversation = pytest.mark.slow(AnyConversation.TestCase)
TestAnyConversation.settings = examples(0.3)
