"""Limits of the API: open connections, and subscribers of live streams.

At most ``api.max_connections`` connections are open. When the limit is reached, a new connection
evicts one that is idle: one without a request, or whose request is still being received. An idle
connection on which a request was authorized since it was last considered is passed over once (the
clock algorithm of page caches), so strangers are evicted before a dashboard. If every connection is
in use, the new one is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from tart.errors import TartError


class TooManySubscribers(TartError):
    """As many WebSockets and event streams as the settings allow are open."""

    status = 503
    code = "too_many_subscribers"


class SubscriberSlots:
    """Limits WebSockets and event streams to ``api.max_subscribers``."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0

    @contextmanager
    def reserve(self) -> Iterator[None]:
        """Hold a slot, from before the handshake until the client has left.

        Raises:
            TooManySubscribers: No slot is free.
        """
        if self._used >= self._limit:
            raise TooManySubscribers("as many subscribers as allowed are connected")
        self._used += 1
        try:
            yield
        finally:
            self._used -= 1


class Evictable(Protocol):
    """A connection, as far as the limit concerns it.

    Attributes:
        recently_authorized: Whether a request was authorized since the connection was last
            considered for eviction.
    """

    recently_authorized: bool

    @property
    def in_use(self) -> bool:
        """True if a complete request is being answered, or a stream is open."""

    def drop(self) -> None:
        """Close the connection at once."""


class ConnectionLimiter:
    """The open connections.

    Args:
        limit: The most that may be open.

    Attributes:
        evicted: Connections closed for a new one.
        refused: New connections closed because all others were in use.
        unreadable: Requests that could not be read, and ended their connection.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # In the order in which they are considered for eviction.
        self._open: dict[Evictable, None] = {}
        self.evicted = 0
        self.refused = 0
        self.unreadable = 0

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Evictable]:
        return iter(list(self._open))

    def metrics(self) -> dict[str, tuple[float, str]]:
        """Return the metrics of the connections: name to (value, help)."""
        return {
            "tart_api_connections": (
                len(self._open),
                "Open connections of the API, including streams.",
            ),
            "tart_api_connections_evicted_total": (
                self.evicted,
                "Idle connections closed for a new one because api.max_connections were open.",
            ),
            "tart_api_connections_refused_total": (
                self.refused,
                "New connections closed because all api.max_connections were in use.",
            ),
            "tart_api_requests_unreadable_total": (
                self.unreadable,
                "Requests that are not valid HTTP/1.1 or are ambiguous: refused and closed.",
            ),
        }

    def admit(self, connection: Evictable) -> bool:
        """Add a connection, evicting another if necessary; return whether there was room."""
        if len(self._open) >= self._limit and not self._evict():
            self.refused += 1
            return False
        self._open[connection] = None
        return True

    def release(self, connection: Evictable) -> None:
        """Remove a connection that is closed, or was never admitted."""
        self._open.pop(connection, None)

    def _evict(self) -> bool:
        # Two rounds: in the first, each may turn out to be recently authorized.
        for _ in range(2 * len(self._open)):
            connection = next(iter(self._open))
            del self._open[connection]
            if not connection.in_use and not connection.recently_authorized:
                self.evicted += 1
                connection.drop()
                return True
            if not connection.in_use:
                connection.recently_authorized = False
            self._open[connection] = None
        return False
