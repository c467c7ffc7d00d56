import json
from base64 import b64encode

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tart.rpc.connection import Reply, RpcConnection, Subscribed, Update
from tart.rpc.readings import read_blob, read_block
from tests.rpc.chains import SmallChain
from tests.rpc.serving import served
from tests.running import DEADLINE, wait_for


class Client:
    """A blocking client: ``RpcConnection`` over a WebSocket."""

    def __init__(self, url):
        self._connecting = connect(url, proxy=None, max_size=16 << 20)
        self.connection = RpcConnection()

    def __enter__(self):
        self.socket = self._connecting.__enter__()
        return self

    def __exit__(self, *outcome):
        self._connecting.__exit__(*outcome)

    def ask(self, outgoing):
        self.socket.send(outgoing.text)
        return self.next()

    def next(self, timeout=DEADLINE):
        (event,) = self.connection.receive(self.socket.recv(timeout))
        return event


def test_a_client_reads_the_chain_and_follows_it():
    chain = SmallChain()
    with served(chain) as node, Client(node.url) as client:
        block = node.run(lambda: chain.add(100))
        best = client.ask(client.connection.call("bestBlock"))
        assert read_block(best.result) == block
        digest = b64encode(block.hash).decode()
        blob = client.ask(client.connection.call("statistics", digest))
        assert read_blob(blob.result) == chain.states[block.hash]
        started = client.ask(client.connection.subscribe("subscribeBestBlock"))
        assert isinstance(started, Subscribed)
        assert node.server.subscriptions == ["subscribeBestBlock"]
        newer = node.run(lambda: chain.add(101))
        update = client.next()
        assert isinstance(update, Update)
        assert read_block(update.value) == newer
        assert node.server.calls == {"bestBlock": 1, "statistics": 1, "subscribeBestBlock": 1}
        assert (node.server.clients, node.server.connections) == (1, 1)


def test_clients_that_end_are_forgotten_and_closed_connections_are_told():
    with served(SmallChain()) as node:
        with Client(node.url):
            wait_for(lambda: node.server.clients == 1)
        wait_for(lambda: node.server.clients == 0)
        for abort in (False, True):
            with Client(node.url) as client:
                wait_for(lambda: node.server.clients == 1)
                node.disconnect(abort=abort)
                with pytest.raises(ConnectionClosed):
                    client.socket.recv(DEADLINE)
            wait_for(lambda: node.server.clients == 0)
        assert node.server.connections == 3


def test_connections_are_refused_while_they_shall_be():
    with served(SmallChain()) as node:
        node.server.faults.refuse = True
        with pytest.raises(InvalidStatus), Client(node.url):
            pass
        assert node.server.refused == 1
        node.server.faults.refuse = False
        with Client(node.url) as client:
            assert isinstance(client.ask(client.connection.call("bestBlock")), Reply)


def test_connections_are_bounded():
    with served(SmallChain(), max_connections=1) as node, Client(node.url):
        wait_for(lambda: node.server.clients == 1)
        with pytest.raises(InvalidStatus), Client(node.url):
            pass


def test_a_hanging_node_reads_and_sends_nothing():
    chain = SmallChain()
    with served(chain) as node, Client(node.url) as client:
        node.server.faults.hanging_methods.add("parameters")
        client.ask(client.connection.subscribe("subscribeBestBlock"))
        client.socket.send(client.connection.call("parameters").text)
        # The next answer is that of the next call.
        assert client.ask(client.connection.call("bestBlock")).method == "bestBlock"
        node.server.faults.hang = True
        client.socket.send(client.connection.call("bestBlock").text)
        wait_for(lambda: node.server.received == 4)
        node.run(lambda: chain.add(100))
        node.server.faults.hang = False
        node.run(lambda: chain.add(101))
        assert read_block(client.next().value).slot == 101


def test_a_call_closes_the_connection_where_it_shall():
    with served(SmallChain()) as node, Client(node.url) as client:
        node.server.faults.close_methods.add("statistics")
        client.socket.send(client.connection.call("statistics", "x").text)
        with pytest.raises(ConnectionClosed):
            client.socket.recv(DEADLINE)


def test_answers_are_slow_long_and_between_garbage_where_they_shall_be():
    with served(SmallChain()) as node, Client(node.url) as client:
        node.server.faults.delay_seconds = 0.01
        node.server.faults.padding_bytes = 1 << 20
        node.server.faults.garbage = "{"
        client.socket.send(client.connection.call("bestBlock").text)
        assert client.socket.recv(DEADLINE) == "{"
        answer = client.socket.recv(DEADLINE)
        assert len(answer) > 1 << 20
        assert json.loads(answer)["id"] == 1


def test_a_client_that_does_not_read_is_disconnected():
    chain = SmallChain()
    with served(chain, max_waiting=2) as node, Client(node.url) as client:
        client.ask(client.connection.subscribe("subscribeBestBlock"))
        node.server.faults.delay_seconds = DEADLINE
        for slot in range(1, 5):
            node.run(lambda slot=slot: chain.add(slot))
        wait_for(lambda: node.server.overflows == 1)
        with pytest.raises(ConnectionClosed):
            client.socket.recv(DEADLINE)
        wait_for(lambda: node.server.clients == 0)
