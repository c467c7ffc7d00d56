"""Client side of a connection to a node's RPC (JIP-2, JSON-RPC 2.0), without I/O.

Pure. The caller moves the texts, as with h11 and wsproto: ``call``, ``subscribe`` and
``unsubscribe`` return text to send, ``receive`` takes a message and returns events. Nothing that
a node sends raises: a message that makes no sense is a ``ProtocolNoise``, counted and harmless.
Values of events are JSON; ``tart.rpc.readings`` reads them.

What is remembered has limits: calls that wait, subscriptions, bytes of a message. Deadlines are the
caller's: a call that it gives up is forgotten by ``abandon``, and a late answer is noise.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple, TypeAlias

from tart.errors import Busy
from tart.json_encoding import pack
from tart.rpc.data_error import RpcDataError
from tart.rpc.readings import RpcFault, describe, parse_json, read_fault

# Statistics of a full network are 78 KB as Base64; a preimage of 4 MB is 5.5 MB.
MAX_MESSAGE_BYTES = 16 << 20
MAX_PENDING = 256
MAX_SUBSCRIPTIONS = 64
# Items of one message that are looked at; nodes answer single calls with single responses.
MAX_BATCH = 1024
# Updates that arrive before the answer that names their subscription, and the size of the messages
# that bring them: together 16 MiB at most.
MAX_EARLY_UPDATES = 16
MAX_EARLY_BYTES = 1 << 20
# Characters of a subscription's id.
MAX_KEY = 256

SubscriptionKey: TypeAlias = str | int | float | bool | None


class Outgoing(NamedTuple):
    """A request.

    Attributes:
        id: By which its outcome names it.
        text: To be sent.
    """

    id: int
    text: str


class Reply(NamedTuple):
    """The result of a call."""

    id: int
    method: str
    result: Any


class Refused(NamedTuple):
    """The error of a call, or of a request to subscribe."""

    id: int
    method: str
    code: int
    message: str
    data: Any = None

    @property
    def fault(self) -> RpcFault:
        """The error, which says if another node may have the answer."""
        return RpcFault(self.code, self.message, self.data)


class Subscribed(NamedTuple):
    """A subscription began; updates bear its key."""

    id: int
    method: str
    key: SubscriptionKey


class Update(NamedTuple):
    """A value of a subscription; ``read_update`` or ``read_block`` reads it."""

    key: SubscriptionKey
    method: str
    value: Any


class SubscriptionFailed(NamedTuple):
    """A subscription ended with an error of the node; it may be made again."""

    key: SubscriptionKey
    method: str
    message: str


class ProtocolNoise(NamedTuple):
    """A message, or a part of one, that makes no sense.

    Attributes:
        kind: A short name, for counting.
        text: A sentence for the log.
    """

    kind: str
    text: str


Event: TypeAlias = Reply | Refused | Subscribed | Update | SubscriptionFailed | ProtocolNoise


class _Pending(NamedTuple):
    method: str
    subscribes: bool
    silent: bool


class RpcConnection:
    """One connection to a node's RPC.

    Args:
        max_pending: Calls that may wait for their answers.
        max_subscriptions: Subscriptions, those not answered yet included.
        max_message_bytes: Size of a message; larger ones are noise.

    Attributes:
        noise: Messages and parts of messages that made no sense, by kind.

    Example:
        >>> connection = RpcConnection()
        >>> connection.call("bestBlock").text
        '{"jsonrpc":"2.0","id":1,"method":"bestBlock","params":[]}'
        >>> connection.receive('{"jsonrpc":"2.0","id":1,"result":{"header_hash":"…","slot":7}}')
        [Reply(id=1, method='bestBlock', result={'header_hash': '…', 'slot': 7})]
    """

    def __init__(
        self,
        *,
        max_pending: int = MAX_PENDING,
        max_subscriptions: int = MAX_SUBSCRIPTIONS,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        self.noise: Counter[str] = Counter()
        self._max_pending = max_pending
        self._max_subscriptions = max_subscriptions
        self._max_message_bytes = max_message_bytes
        self._next_id = 1
        self._pending: dict[int, _Pending] = {}
        self._subscriptions: dict[SubscriptionKey, str] = {}
        # Key, failure or not, and value of updates whose subscription is not answered yet.
        self._early: list[tuple[SubscriptionKey, bool, Any]] = []

    @property
    def pending(self) -> int:
        """Calls that wait for their answers."""
        return len(self._pending)

    @property
    def subscriptions(self) -> dict[SubscriptionKey, str]:
        """The methods of the subscriptions, by key."""
        return dict(self._subscriptions)

    def call(self, method: str, *params: Any) -> Outgoing:
        """Return a call; ``params`` are JSON values in JIP-2's order.

        Raises:
            Busy: Too many calls wait for their answers.
        """
        return self._request(method, params, subscribes=False)

    def subscribe(self, method: str, *params: Any) -> Outgoing:
        """Return a request to subscribe; ``Subscribed`` or ``Refused`` follows.

        Raises:
            Busy: Too many calls wait, or there are too many subscriptions.
        """
        waiting = sum(pending.subscribes for pending in self._pending.values())
        if len(self._subscriptions) + waiting >= self._max_subscriptions:
            raise Busy(f"at most {self._max_subscriptions} subscriptions to a node are possible")
        return self._request(method, params, subscribes=True)

    def unsubscribe(self, key: SubscriptionKey) -> Outgoing | None:
        """Return a request to end a subscription; None if there is none.

        Its updates are noise from now on, and its answer is no event.

        Raises:
            Busy: Too many calls wait for their answers; the subscription stays.
        """
        method = self._subscriptions.get(key)
        if method is None:
            return None
        outgoing = self._request(f"un{method}", (key,), subscribes=False, silent=True)
        del self._subscriptions[key]
        return outgoing

    def abandon(self, request_id: int) -> bool:
        """Forget a call whose answer came too late; return True if it was waiting."""
        return self._pending.pop(request_id, None) is not None

    def receive(self, message: str | bytes | bytearray | memoryview) -> list[Event]:
        """Return the events of a message."""
        if len(message) > self._max_message_bytes:
            return [self._note("too_long", f"a message of {len(message)} bytes is not read")]
        try:
            value = parse_json(message)
        except RpcDataError as wrong:
            return [self._note("not_json", str(wrong))]
        size = len(message)
        if not isinstance(value, list):
            return self._receive_item(value, size)
        events: list[Event] = []
        for item in value[:MAX_BATCH]:
            events += self._receive_item(item, size)
        if not value or len(value) > MAX_BATCH:
            events.append(self._note("batch", f"a batch of {len(value)} messages is not read"))
        return events

    # --- Messages ---

    def _request(
        self, method: str, params: tuple[Any, ...], *, subscribes: bool, silent: bool = False
    ) -> Outgoing:
        if len(self._pending) >= self._max_pending:
            raise Busy(f"{self._max_pending} calls wait for a node's answers, and no more may")
        request_id = self._next_id
        self._next_id += 1
        request = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": list(params)}
        text = pack(request).decode()
        self._pending[request_id] = _Pending(method, subscribes, silent)
        return Outgoing(request_id, text)

    def _receive_item(self, item: object, size: int) -> list[Event]:
        if isinstance(item, dict):
            # PyJAMaz names the method in its responses, too: what has an id is a response.
            if item.get("id") is not None:
                return self._receive_response(item["id"], item)
            if "method" in item and isinstance(item.get("params"), dict):
                return self._receive_update(item["params"], size)
            if item.get("error") is not None:
                return self._receive_lost_error(item["error"])
        return [self._note("no_message", f"{describe(item)} is neither response nor update")]

    def _receive_lost_error(self, error: object) -> list[Event]:
        """Return the refusal of the only call that waits: JavaJAM forgets ids in some errors."""
        waiting = [number for number, call in self._pending.items() if not call.silent]
        fault = read_fault(error)
        if len(waiting) != 1:
            text = f"an error without id, and {len(waiting)} calls wait: {fault.message}"
            return [self._note("error_without_id", text)]
        method = self._pending.pop(waiting[0]).method
        return [Refused(waiting[0], method, *fault)]

    def _receive_response(self, request_id: object, response: dict[str, Any]) -> list[Event]:
        number = _request_number(request_id)
        pending = None if number is None else self._pending.pop(number, None)
        if pending is None or number is None:
            return [self._note("unknown_id", f"a response bears {describe(request_id)} as id")]
        error = response.get("error")
        if pending.silent:
            return []
        if error is not None or "result" not in response:
            return [Refused(number, pending.method, *read_fault(error))]
        result = response["result"]
        if pending.subscribes:
            return self._begin(number, pending.method, result)
        return [Reply(number, pending.method, result)]

    # --- Subscriptions ---

    def _begin(self, request_id: int, method: str, key: object) -> list[Event]:
        if not isinstance(key, str | int | float) or (isinstance(key, str) and len(key) > MAX_KEY):
            text = f"a subscription's id is a short text or a number, not {describe(key)}"
            return [Refused(request_id, method, 0, text), self._note("subscription_id", text)]
        if key in self._subscriptions:
            text = f"the id {describe(key)} is that of another subscription"
            return [Refused(request_id, method, 0, text), self._note("subscription_id", text)]
        self._subscriptions[key] = method
        events: list[Event] = [Subscribed(request_id, method, key)]
        for early_key, failed, value in self._early:
            if early_key == key:
                events += self._update(key, value, failed=failed)
        # Those of other keys wait for other subscriptions, if there are any.
        self._early = [early for early in self._early if early[0] != key]
        if not any(pending.subscribes for pending in self._pending.values()):
            self._early.clear()
        return events

    def _receive_update(self, params: dict[str, Any], size: int) -> list[Event]:
        key = params.get("subscription", params.get("subscriptionId"))
        if not isinstance(key, str | int | float):
            return [self._note("no_subscription", f"{describe(params)} names no subscription")]
        if params.get("error") is not None:
            failed, value = True, params["error"]
        elif "result" in params:
            failed, value = False, params["result"]
        else:
            return [self._note("no_result", "an update has neither result nor error")]
        if key not in self._subscriptions:
            return self._postpone(key, value, size, failed=failed)
        return self._update(key, value, failed=failed)

    def _update(self, key: SubscriptionKey, value: Any, *, failed: bool) -> list[Event]:
        method = self._subscriptions.get(key)
        if method is None:  # it has just failed
            return []
        if not failed:
            return [Update(key, method, value)]
        del self._subscriptions[key]
        return [SubscriptionFailed(key, method, read_fault(value).message)]

    def _postpone(
        self, key: SubscriptionKey, value: Any, size: int, *, failed: bool
    ) -> list[Event]:
        """Keep an update that may belong to a subscription not answered yet."""
        expected = any(pending.subscribes for pending in self._pending.values())
        if not expected or size > MAX_EARLY_BYTES:
            return [self._note("unknown_subscription", f"an update is for {describe(key)}")]
        self._early.append((key, failed, value))
        if len(self._early) > MAX_EARLY_UPDATES:
            # The newest are worth most: a new head makes up for one that is missing.
            oldest, _, _ = self._early.pop(0)
            return [self._note("unknown_subscription", f"an update is for {describe(oldest)}")]
        return []

    def _note(self, kind: str, text: str) -> ProtocolNoise:
        self.noise[kind] += 1
        return ProtocolNoise(kind, text)


def _request_number(request_id: object) -> int | None:
    """Return the id of ours that a response bears; some nodes make text of numbers."""
    if isinstance(request_id, bool):
        return None
    if isinstance(request_id, int):
        return request_id
    if isinstance(request_id, float) and request_id.is_integer():
        return int(request_id)
    if isinstance(request_id, str) and len(request_id) <= 20 and request_id.isdecimal():
        return int(request_id)
    return None
