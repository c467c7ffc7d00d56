"""For those who build nodes: JIP-3 telemetry out of a node, right and without harm to it.

    from tart.client import TelemetryEmitter, node_information

Imports nothing of the server, and nothing that is not in Python's own library.
"""

from tart.client.core import Dropped, EventId, Statistics
from tart.client.emitter import TelemetryEmitter
from tart.client.node import node_information
from tart.client.threaded import ThreadedEmitter
from tart.protocol.node_information import NodeInformation

__all__ = [
    "Dropped",
    "EventId",
    "NodeInformation",
    "Statistics",
    "TelemetryEmitter",
    "ThreadedEmitter",
    "node_information",
]
