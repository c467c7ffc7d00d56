"""The measurements of an offline server."""

from __future__ import annotations

from collections.abc import Callable

from tart.alerting.figures.inputs import ServerState
from tart.background_tasks import Background
from tart.gateway.alerting.measurements import Measurements
from tart.gateway.alerting.sources import GatewaySource
from tart.gateway.live.summary import Summaries
from tart.offline.server import OfflineServer

# A slow machine must not change a measurement.
_SECONDS = 600.0


class OfflineSource(GatewaySource):
    """An offline server as the source of measurements.

    Args:
        server: The shards.
        state: Returns the state of the machine and of the shards' processes, which an offline
            server does not have; without it figures of the server have no value.
    """

    def __init__(
        self, server: OfflineServer, state: Callable[[], ServerState] | None = None
    ) -> None:
        summaries = Summaries(
            server.queries, Background(), interval_seconds=0.0, clock=server.clock
        )
        super().__init__(server.queries, summaries)
        self._state = state

    async def server(self) -> ServerState | None:
        """Return the state that the caller gives."""
        return None if self._state is None else self._state()


def offline_measurements(
    server: OfflineServer, state: Callable[[], ServerState] | None = None
) -> Measurements:
    """Return what measures the conditions of rules on an offline server.

    Args:
        server: The shards.
        state: See ``OfflineSource``.
    """
    return Measurements(
        OfflineSource(server, state),
        Background(),
        budget_seconds=_SECONDS,
        query_seconds=_SECONDS,
    )
