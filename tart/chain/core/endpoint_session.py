"""One connection to an endpoint: actions of the follower as messages, messages as its events.

Pure. It stands between the follower, which numbers its requests over all endpoints, and
``tart.rpc.connection``, which numbers those of one connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias, assert_never

from tart.chain.core.actions import Ask, Subscribe
from tart.errors import Busy
from tart.rpc import connection as rpc
from tart.rpc.readings import RpcFault

# Messages without sense after which a connection is closed.
MAX_NOISE = 100


class Answered(NamedTuple):
    """See ``Follower.answered``."""

    number: int
    value: Any


class Failed(NamedTuple):
    """See ``Follower.failed``; ``fault`` is None without an answer."""

    number: int
    fault: RpcFault | None


class Updated(NamedTuple):
    """See ``Follower.updated``."""

    method: str
    value: Any


class SubscriptionFailed(NamedTuple):
    """See ``Follower.subscription_failed``."""

    method: str


SessionEvent: TypeAlias = Answered | Failed | Updated | SubscriptionFailed


class EndpointSession:
    """One connection.

    Args:
        timeout: Seconds after which a request is given up.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._connection = rpc.RpcConnection()
        # By the connection's id: the follower's number, and the deadline, in order.
        self._requests: dict[int, tuple[int, float]] = {}
        self._unread: list[SessionEvent] = []
        self.timeouts = 0

    @property
    def noise(self) -> int:
        """The number of messages that made no sense."""
        return self._connection.noise.total()

    @property
    def next_deadline(self) -> float | None:
        """The time at which the first request is given up, None if none is in flight."""
        return min((deadline for _, deadline in self._requests.values()), default=None)

    def send(self, action: Ask | Subscribe, now: float) -> str | None:
        """Return the message of an action; None if it cannot be sent, see ``take_unsent``."""
        try:
            if isinstance(action, Subscribe):
                return self._connection.subscribe(action.method).text
            outgoing = self._connection.call(action.method, *action.parameters)
        except Busy:
            self._unread.append(_refusal(action))
            return None
        self._requests[outgoing.id] = action.number, now + self._timeout
        return outgoing.text

    def take_unsent(self) -> list[SessionEvent]:
        """Return the events of actions that could not be sent."""
        events, self._unread = self._unread, []
        return events

    def receive(self, text: str | bytes) -> list[SessionEvent]:
        """Return the events of a message; one that makes no sense has none."""
        return list(self._events(self._connection.receive(text)))

    def expire(self, now: float) -> list[SessionEvent]:
        """Return the requests that were not answered in time; late answers have no effect."""
        late = [key for key, (_, deadline) in self._requests.items() if deadline <= now]
        for key in late:
            self._connection.abandon(key)
        self.timeouts += len(late)
        return [Failed(self._requests.pop(key)[0], None) for key in late]

    def _events(self, received: Iterable[rpc.Event]) -> Iterable[SessionEvent]:
        for event in received:
            match event:
                case rpc.Reply():
                    if (request := self._requests.pop(event.id, None)) is not None:
                        self.timeouts = 0
                        yield Answered(request[0], event.result)
                case rpc.Refused():
                    request = self._requests.pop(event.id, None)
                    yield (
                        SubscriptionFailed(event.method)
                        if request is None
                        else Failed(request[0], event.fault)
                    )
                case rpc.Update():
                    yield Updated(event.method, event.value)
                case rpc.SubscriptionFailed():
                    yield SubscriptionFailed(event.method)
                case rpc.Subscribed() | rpc.ProtocolNoise():
                    pass
                case _:
                    assert_never(event)


def _refusal(action: Ask | Subscribe) -> SessionEvent:
    if isinstance(action, Subscribe):
        return SubscriptionFailed(action.method)
    return Failed(action.number, None)
