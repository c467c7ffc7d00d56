"""The SDK: telemetry emitters for nodes, and clients of the HTTP API.

    from tart.client import TelemetryEmitter, node_information
    from tart.client import AsyncTartClient, TartClient

The emitters need only the standard library. The clients of the HTTP API need ``tart[client]``
and are imported on first use. Nothing here imports the server.
"""

from typing import TYPE_CHECKING, Any

from tart.client.core.emitter_core import Dropped, EventId, Statistics
from tart.client.core.node import node_information
from tart.client.core.request import ApiError, ApiUnreachable
from tart.client.emitter import TelemetryEmitter
from tart.client.threaded import ThreadedEmitter
from tart.protocol.node_information import NodeInformation

if TYPE_CHECKING:
    from tart.client.http import AsyncTartClient, TartClient
    from tart.client.stream import EventStream, Lagged

__all__ = [
    "ApiError",
    "ApiUnreachable",
    "AsyncTartClient",
    "Dropped",
    "EventId",
    "EventStream",
    "Lagged",
    "NodeInformation",
    "Statistics",
    "TartClient",
    "TelemetryEmitter",
    "ThreadedEmitter",
    "node_information",
]


def __getattr__(name: str) -> Any:
    if name in ("AsyncTartClient", "TartClient"):
        from tart.client import http

        return getattr(http, name)
    if name in ("EventStream", "Lagged"):
        from tart.client import stream

        return getattr(stream, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
