import json

from tart.chain.core.actions import Ask, Subscribe
from tart.chain.core.endpoint_session import (
    Answered,
    EndpointSession,
    Failed,
    SubscriptionFailed,
    Updated,
)
from tart.rpc.connection import MAX_PENDING


def reply(text, **members):
    return json.dumps({"jsonrpc": "2.0", "id": json.loads(text)["id"], **members})


def test_an_answer_has_the_number_of_the_follower():
    session = EndpointSession(10)
    text = session.send(Ask(0, 77, "parent", ("aa",)), 0)
    assert json.loads(text)["params"] == ["aa"]
    assert session.receive(reply(text, result=5)) == [Answered(77, 5)]
    assert session.receive(reply(text, result=5)) == []
    assert session.noise == 1


def test_an_error_is_a_failure_with_its_code():
    session = EndpointSession(10)
    text = session.send(Ask(0, 77, "parent", ()), 0)
    (event,) = session.receive(reply(text, error={"code": 1, "message": "no"}))
    assert event.number == 77
    assert event.fault.code == 1


def test_updates_and_ends_of_a_subscription_name_its_method():
    session = EndpointSession(10)
    text = session.send(Subscribe(0, "subscribeBestBlock"), 0)
    assert session.receive(reply(text, result=9)) == []
    update = {"jsonrpc": "2.0", "method": "subscribeBestBlock"}
    value = json.dumps({**update, "params": {"subscription": 9, "result": 1}})
    assert session.receive(value) == [Updated("subscribeBestBlock", 1)]
    error = json.dumps({**update, "params": {"subscription": 9, "error": "gone"}})
    assert session.receive(error) == [SubscriptionFailed("subscribeBestBlock")]


def test_a_refused_subscription_fails():
    session = EndpointSession(10)
    text = session.send(Subscribe(0, "subscribeBestBlock"), 0)
    refused = session.receive(reply(text, error={"code": -32601, "message": "no"}))
    assert refused == [SubscriptionFailed("subscribeBestBlock")]


def test_a_request_without_answer_fails_in_time_and_a_late_answer_has_no_effect():
    session = EndpointSession(10)
    text = session.send(Ask(0, 77, "parent", ()), 5)
    assert session.next_deadline == 15
    assert session.expire(14) == []
    assert session.expire(15) == [Failed(77, None)]
    assert session.timeouts == 1
    assert session.next_deadline is None
    assert session.receive(reply(text, result=5)) == []


def test_garbage_has_no_events_and_is_counted():
    session = EndpointSession(10)
    for text in ("", "{", "[]", "7", '{"id": 4, "result": 1}', b"\xff"):
        assert session.receive(text) == []
    assert session.noise == 6


def test_what_cannot_be_sent_fails():
    session = EndpointSession(10)
    for number in range(MAX_PENDING):
        assert session.send(Ask(0, number, "parent", ()), 0)
    assert session.send(Ask(0, 999, "parent", ()), 0) is None
    assert session.send(Subscribe(0, "subscribeBestBlock"), 0) is None
    assert session.take_unsent() == [Failed(999, None), SubscriptionFailed("subscribeBestBlock")]
    assert session.take_unsent() == []
