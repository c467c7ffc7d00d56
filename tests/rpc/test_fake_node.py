import json
from base64 import b64encode

from tart.rpc.fake_node import FakeRpcNode
from tests.rpc.chains import SmallChain


def ask(node, method, *params, request_id=1):
    """The response to a call."""
    request = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": list(params)}
    return json.loads(node.receive(json.dumps(request))[0])


def b64(octets):
    return b64encode(octets).decode()


def test_a_plain_rpc_node_answers_as_jip_2_has_it():
    chain = SmallChain()
    first = chain.add(100)
    second = chain.add(101)
    node = FakeRpcNode(chain)
    block = {"header_hash": b64(second.hash), "slot": 101}
    assert ask(node, "bestBlock", request_id="x") == {"jsonrpc": "2.0", "id": "x", "result": block}
    assert ask(node, "finalizedBlock")["result"]["slot"] == 0
    assert ask(node, "parameters")["result"]["V1"]["val_count"] == 6
    parent = {"header_hash": b64(first.hash), "slot": 100}
    assert ask(node, "parent", b64(second.hash))["result"] == parent
    assert ask(node, "statistics", b64(first.hash))["result"] == b64(chain.states[first.hash])
    assert ask(node, "listServices", b64(first.hash))["result"] == [0]
    assert ask(node, "serviceData", b64(first.hash), 0)["result"] == b64(chain.accounts[0])
    assert ask(node, "serviceData", b64(first.hash), 1)["result"] is None
    assert ask(node, "syncState")["result"] == {"num_peers": 0, "status": "Completed"}


def test_a_plain_rpc_node_has_preimages_where_its_chain_has_them():
    class WithCode(SmallChain):
        def preimage(self, block, service, digest):
            return b"code" if (block, service) == (self.head.hash, 7) else None

    digest = b64(b"\x11" * 32)
    for chain, expected in ((WithCode(), b64(b"code")), (SmallChain(), None)):
        node = FakeRpcNode(chain)
        head = b64(chain.head.hash)
        assert ask(node, "servicePreimage", head, 7, digest)["result"] == expected
        assert ask(node, "servicePreimage", head, 8, digest)["result"] is None
    assert ask(node, "servicePreimage", head, 7)["error"]["code"] == -32602


def test_a_plain_rpc_node_refuses_as_jip_2_has_it():
    node = FakeRpcNode(SmallChain())
    unknown = b64(b"\x11" * 32)
    assert ask(node, "parent", unknown)["error"] == {
        "code": 1,
        "message": f"Block unavailable: 0x{'11' * 32}",
        "data": unknown,
    }
    assert ask(node, "statistics", unknown)["error"]["code"] == 1
    assert ask(node, "statistics")["error"]["code"] == -32602
    assert ask(node, "statistics", 7)["error"]["code"] == -32602
    assert ask(node, "nothing")["error"]["code"] == -32601
    assert ask(node, "unsubscribe", 7)["error"]["code"] == -32601
    assert json.loads(node.receive("{")[0])["error"]["code"] == -32700
    assert json.loads(node.receive("7")[0])["error"]["code"] == -32600


def test_an_rpc_node_announces_new_heads_to_those_who_asked():
    chain = SmallChain()
    node = FakeRpcNode(chain)
    best = ask(node, "subscribeBestBlock")["result"]
    final = ask(node, "subscribeFinalizedBlock")["result"]
    statistics = ask(node, "subscribeStatistics", False)["result"]
    account = ask(node, "subscribeServiceData", 0, True)["result"]
    assert node.announce() == []
    block = chain.add(100)
    messages = list(map(json.loads, node.announce()))
    descriptor = {"header_hash": b64(block.hash), "slot": 100}
    assert messages == [
        {
            "jsonrpc": "2.0",
            "method": "subscribeBestBlock",
            "params": {"subscription": best, "result": descriptor},
        },
        {
            "jsonrpc": "2.0",
            "method": "subscribeStatistics",
            "params": {
                "subscription": statistics,
                "result": {**descriptor, "value": b64(chain.states[block.hash])},
            },
        },
    ]
    assert node.announce() == []
    assert ask(node, "unsubscribeStatistics", statistics)["result"] is True
    assert ask(node, "unsubscribeStatistics", [])["result"] is False
    chain.add(101)
    chain.final = block
    changed = [json.loads(message)["params"]["subscription"] for message in node.announce()]
    assert changed == [best, final, account]
    assert node.subscriptions == [
        "subscribeBestBlock",
        "subscribeFinalizedBlock",
        "subscribeServiceData",
    ]


def test_a_subscription_whose_state_is_missing_ends_with_an_error_text():
    chain = SmallChain()
    node = FakeRpcNode(chain)
    ask(node, "subscribeStatistics", False)
    del chain.states[chain.add(100).hash]
    (message,) = map(json.loads, node.announce())
    assert message["params"]["error"].startswith("State unavailable")
    assert node.subscriptions == []


def test_an_rpc_node_answers_a_batch_with_one_message_and_notifications_with_none():
    node = FakeRpcNode(SmallChain())
    requests = [
        {"jsonrpc": "2.0", "method": "bestBlock"},
        {"jsonrpc": "2.0", "method": "bestBlock", "id": 1},
        {"jsonrpc": "2.0", "method": "finalizedBlock", "id": 2},
    ]
    (reply,) = node.receive(json.dumps(requests))
    assert [each["id"] for each in json.loads(reply)] == [1, 2]
    assert node.receive(json.dumps(requests[:1])) == []
    assert [method for method, _ in node.calls] == [
        "bestBlock",
        "bestBlock",
        "finalizedBlock",
        "bestBlock",
    ]
