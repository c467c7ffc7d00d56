"""A simulated network played to an offline server."""

from tart.simulate.model.network import Network
from tart.units import JCE_US, SECOND_US


class PlayedNetwork:
    """A network whose telemetry connections are those of a server."""

    def __init__(self, server, network, nodes):
        self.server = server
        self.network = network
        self.connections = {}
        self.events = 0
        for node in range(nodes):
            self.connect(node)

    def connect(self, node):
        connection = self.server.open_session(f"192.0.2.1:{node}")
        connection.receive(self.network.connect(node))
        self.connections[node] = connection

    def disconnect(self, node):
        self.network.disconnect(node)
        self.connections.pop(node).close("it left")

    def play(self, seconds):
        """Let the network and the server's clock go on."""
        for each in self.network.advance(self.network.now + seconds * SECOND_US):
            self.server.advance(JCE_US + each.when)
            self.connections[each.node].receive(each.frame)
            self.events += 1
        self.server.advance(JCE_US + self.network.now)


def network(nodes=3, **options):
    """A network, and the time at which it begins in Unix microseconds."""
    made = Network(nodes=nodes, cores=1, seed=1, **options)
    return made, JCE_US + made.now
