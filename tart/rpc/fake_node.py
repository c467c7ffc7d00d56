"""FakeRpcNode: a JAM node's side of the RPC (JIP-2), with the deviations of implementations.

Pure: it reads and writes messages; the caller sends them, so it works with asyncio, blocking
sockets and no sockets at all. Public, as ``tart.testing`` is: for the tests, the simulator, and
authors of other clients of the RPC.
"""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from tart.json_encoding import pack
from tart.rpc.data_error import RpcDataError
from tart.rpc.model import BlockDescriptor
from tart.rpc.readings import (
    BLOCK_UNAVAILABLE,
    HASH_BYTES,
    INVALID_PARAMETERS,
    METHOD_NOT_FOUND,
    parse_json,
    read_hash,
    read_integer,
)


class RpcChain(Protocol):
    """The chain that ``FakeRpcNode`` answers from: what a node knows of it."""

    def parameters(self) -> Mapping[str, int]:
        """Members of ``parameters().V1``."""

    def best(self) -> BlockDescriptor:
        """The head of the best chain."""

    def finalized(self) -> BlockDescriptor:
        """The finalized head."""

    def parent(self, block: bytes) -> BlockDescriptor | None:
        """The parent of a block; None if the block or its parent is not known."""

    def statistics(self, block: bytes) -> bytes | None:
        """The statistics in the state after a block; None if that state is not known."""

    def services(self, block: bytes) -> list[int]:
        """Ids of the services in the state after a block."""

    def service_data(self, block: bytes, service: int) -> bytes | None:
        """A service's account in the state after a block; None if there is no such service."""


@runtime_checkable
class PreimageChain(RpcChain, Protocol):
    """A chain whose services have preimages, such as their code."""

    def preimage(self, block: bytes, service: int, digest: bytes) -> bytes | None:
        """A preimage of a service in the state after a block; None if there is none."""


@dataclass(frozen=True, kw_only=True)
class RpcDialect:
    """Deviations of an implementation from JIP-2; the defaults are JIP-2 itself.

    Attributes:
        octets: Form of binary data.
        blocks: Form of a block.
        hash_name: Member of a block and of an update with the header hash.
        slot_text: Slots are decimal text.
        subscription_name: Member of a notification with the subscription.
        subscription_ids: Form of the ids.
        wrapped: Updates of state have hash, slot and value; otherwise they are the bare value.
        initial: The present value follows a subscription at once.
        missing: Answer for an unknown block or state.
        missing_code: Code of that error for a block.
        missing_state_code: The same for its state.
        other_code: Code of all other errors; None for those of JSON-RPC.
        messages: Errors have messages.
        silent_parameters: An error about parameters has no id.
        best_is_finalized: The finalized block is the best.
        parent_keeps_slot: A parent is answered with the slot of its child.
        present_state: Statistics and accounts are those of the best block, whatever was asked.
        empty_statistics: Statistics are an empty text.
        statistics_updates: ``subscribeStatistics`` sends updates.
        account_version: Accounts begin with the version.
        services: ``listServices`` names services; otherwise it is empty.
        subscriptions: The methods of subscriptions that exist.
        one_unsubscribe: One method, ``unsubscribe``, ends all kinds of subscriptions.
        echoed_method: Responses have the method.
        wrapped_parameters: The parameters are the member ``V1`` of an object.
    """

    octets: Literal["base64", "array", "hex", "plain_hex"] = "base64"
    blocks: Literal["object", "array"] = "object"
    hash_name: str = "header_hash"
    slot_text: bool = False
    subscription_name: str = "subscription"
    subscription_ids: Literal["number", "random", "large", "text", "hex"] = "number"
    wrapped: bool = True
    initial: bool = False
    missing: Literal["error", "null"] = "error"
    missing_code: int = BLOCK_UNAVAILABLE
    missing_state_code: int = BLOCK_UNAVAILABLE
    other_code: int | None = None
    messages: bool = True
    silent_parameters: bool = False
    best_is_finalized: bool = False
    parent_keeps_slot: bool = False
    present_state: bool = False
    empty_statistics: bool = False
    statistics_updates: bool = True
    account_version: bool = True
    services: bool = True
    subscriptions: frozenset[str] = frozenset(
        (
            "subscribeBestBlock",
            "subscribeFinalizedBlock",
            "subscribeStatistics",
            "subscribeServiceData",
        )
    )
    one_unsubscribe: bool = False
    echoed_method: bool = False
    wrapped_parameters: bool = True


# Deviations as read in the implementations' sources; for JavaJAM as observed from outside, and for
# typeberry 0.11.0 and Parity's server as recorded (tests/vectors/rpc). docs/rpc.md has the list.
# ``arrays`` is the form of JIP-2's text before October 2025.
RPC_DIALECTS: Mapping[str, RpcDialect] = {
    "plain": RpcDialect(),
    "polkajam": RpcDialect(subscription_ids="random"),
    "arrays": RpcDialect(octets="array", blocks="array", missing="null", wrapped_parameters=False),
    "typeberry": RpcDialect(
        subscription_name="subscriptionId",
        subscription_ids="hex",
        wrapped=False,
        initial=True,
        missing_state_code=0,
        best_is_finalized=True,
        account_version=False,
        services=False,
    ),
    "pyjamaz": RpcDialect(
        blocks="array",
        subscription_ids="hex",
        initial=True,
        missing_code=3000,
        missing_state_code=3000,
        other_code=4000,
        parent_keeps_slot=True,
        present_state=True,
        echoed_method=True,
    ),
    "javajam": RpcDialect(other_code=0, messages=False, silent_parameters=True),
    "jamixir": RpcDialect(missing="null", best_is_finalized=True, statistics_updates=False),
    "new-jamneration": RpcDialect(
        subscription_ids="text",
        subscriptions=frozenset(
            ("subscribeBestBlock", "subscribeFinalizedBlock", "subscribeStatistics")
        ),
        one_unsubscribe=True,
    ),
    "pbnj": RpcDialect(hash_name="hash", subscription_ids="text", slot_text=True),
    "romio": RpcDialect(subscription_ids="large", initial=True, empty_statistics=True),
    "tessera": RpcDialect(octets="array", initial=True),
    "hex": RpcDialect(octets="hex", hash_name="headerHash"),
    "plain-hex": RpcDialect(octets="plain_hex"),
}
# jsonrpsee gives random ids below 2^53, romio random ids of 63 bits.
_RANDOM_ID, _LARGE_ID = (1 << 52) + 1, (1 << 62) + 1
_INVALID_REQUEST = -32600
_MAX_CALLS = 1024


class _RpcRefusal(Exception):
    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class FakeRpcNode:
    """One connection to the RPC (JIP-2) of a node, from the node's side.

    Args:
        chain: The chain that the node knows.
        dialect: A name of ``RPC_DIALECTS``, or deviations of one's own.

    Attributes:
        calls: The newest calls, in order: method and parameters.
        call_count: The number of all calls.

    """

    def __init__(self, chain: RpcChain, dialect: str | RpcDialect = "plain") -> None:
        self.chain = chain
        self.dialect = RPC_DIALECTS[dialect] if isinstance(dialect, str) else dialect
        self.calls: deque[tuple[str, list[Any]]] = deque(maxlen=_MAX_CALLS)
        self.call_count = 0
        self._subscriptions: dict[object, _RpcSubscription] = {}

    @property
    def subscriptions(self) -> list[str]:
        """Methods of the subscriptions that are open, in the order in which they began."""
        return [subscription.method for subscription in self._subscriptions.values()]

    def receive(self, text: str | bytes) -> list[str]:
        """Return the messages that answer one message of a client, in order."""
        try:
            request = parse_json(text)
        except RpcDataError:
            return [self._refuse(None, _RpcRefusal(-32700, "Parse error"))]
        if isinstance(request, list):
            batch: list[str] = []
            later: list[str] = []
            for item in request:
                messages = self._answer(item)
                batch += messages[:1]
                later += messages[1:]
            return [f"[{','.join(batch)}]", *later] if batch else later
        return self._answer(request)

    def announce(self) -> list[str]:
        """Return the notifications of subscriptions whose head changed since the last."""
        messages: list[str] = []
        for key in list(self._subscriptions):
            messages += self._update(key)
        return messages

    # --- Requests ---

    def _answer(self, request: object) -> list[str]:
        match request:
            case {"method": str() as method, **rest}:
                params = rest.get("params", [])
                request_id = rest.get("id")
            case _:
                return [self._refuse(None, _RpcRefusal(_INVALID_REQUEST, "Invalid request"))]
        params = params if isinstance(params, list) else []
        self.calls.append((method, params))
        self.call_count += 1
        if "id" not in rest:
            return []
        try:
            result, key = self._result(method, params)
        except (IndexError, RpcDataError) as wrong:
            request_id = None if self.dialect.silent_parameters else request_id
            refusal = _RpcRefusal(INVALID_PARAMETERS, f"Invalid params: {wrong}")
            return [self._refuse(request_id, refusal)]
        except _RpcRefusal as refusal:
            return [self._refuse(request_id, refusal)]
        reply = {"jsonrpc": "2.0", "id": request_id, "result": result}
        if self.dialect.echoed_method:
            reply["method"] = method
        initial = self._update(key) if key is not None and self.dialect.initial else []
        return [_write(reply), *initial]

    def _result(self, method: str, params: list[Any]) -> tuple[Any, object]:
        """Return the result, and the key of a subscription that began."""
        if method in self.dialect.subscriptions:
            key = self._subscribe(method, params)
            return key, key
        if method.startswith("unsubscribe"):
            return self._unsubscribe(method, params), None
        answers: dict[str, Callable[[list[Any]], Any]] = {
            "parameters": self._parameters,
            "bestBlock": lambda _: self._block(self.chain.best()),
            "finalizedBlock": lambda _: self._block(self._head(finalized=True)),
            "parent": self._parent,
            "statistics": lambda params: self._statistics(read_hash(params[0])),
            "listServices": self._services,
            "serviceData": lambda params: self._account(read_hash(params[0]), params[1]),
            "servicePreimage": self._preimage,
            "syncState": lambda _: {"num_peers": 0, "status": "Completed"},
        }
        if method not in answers:
            code = METHOD_NOT_FOUND
            raise _RpcRefusal(code, f"Method not found: {method}")
        return answers[method](params), None

    def _parameters(self, _: list[Any]) -> Any:
        members = dict(self.chain.parameters())
        return {"V1": members} if self.dialect.wrapped_parameters else members

    def _parent(self, params: list[Any]) -> Any:
        block = read_hash(params[0])
        parent = self.chain.parent(block)
        if parent is None:
            return self._missing(block, self.dialect.missing_code, "Block unavailable")
        if self.dialect.parent_keeps_slot:
            parent = parent._replace(slot=parent.slot + 1)
        return self._block(parent)

    def _statistics(self, block: bytes) -> Any:
        if self.dialect.empty_statistics:
            return ""
        block = self.chain.best().hash if self.dialect.present_state else block
        blob = self.chain.statistics(block)
        if blob is None:
            return self._missing(
                block, self.dialect.missing_state_code, "State unavailable of block"
            )
        return self._octets(blob)

    def _services(self, params: list[Any]) -> list[int]:
        block = read_hash(params[0])
        return self.chain.services(block) if self.dialect.services else []

    def _account(self, block: bytes, service: Any) -> Any:
        block = self.chain.best().hash if self.dialect.present_state else block
        blob = self.chain.service_data(block, read_integer(service, "a service id"))
        if blob is None:
            return None
        return self._octets(blob if self.dialect.account_version else blob[-88:])

    def _preimage(self, params: list[Any]) -> Any:
        block, digest = read_hash(params[0]), read_hash(params[2])
        service = read_integer(params[1], "a service id")
        if not isinstance(self.chain, PreimageChain):
            return None
        preimage = self.chain.preimage(block, service, digest)
        return None if preimage is None else self._octets(preimage)

    def _missing(self, block: bytes, code: int, text: str) -> Any:
        if self.dialect.missing == "null":
            return None
        raise _RpcRefusal(code, f"{text}: 0x{block.hex()}", self._octets(block))

    # --- Subscriptions ---

    def _subscribe(self, method: str, params: list[Any]) -> object:
        service = None
        finalized = method == "subscribeFinalizedBlock"
        if method == "subscribeServiceData":
            service = read_integer(params[0], "a service id")
        if method in ("subscribeStatistics", "subscribeServiceData"):
            finalized = bool(params[-1])
        number = self.call_count
        key: object = {
            "number": number,
            "random": _RANDOM_ID + number,
            "large": _LARGE_ID + number,
            "text": f"subscription-{number}",
            "hex": hex(number),
        }[self.dialect.subscription_ids]
        head = None if self.dialect.initial else self._head(finalized=finalized)
        self._subscriptions[key] = _RpcSubscription(method, finalized, service, head)
        return key

    def _unsubscribe(self, method: str, params: list[Any]) -> bool:
        names = {f"un{name}" for name in self.dialect.subscriptions}
        if method not in ({"unsubscribe"} if self.dialect.one_unsubscribe else names):
            raise _RpcRefusal(METHOD_NOT_FOUND, f"Method not found: {method}")
        key = params[0]
        return isinstance(key, str | int) and self._subscriptions.pop(key, None) is not None

    def _update(self, key: object) -> list[str]:
        subscription = self._subscriptions[key]
        head = self._head(finalized=subscription.finalized)
        if head == subscription.head:
            return []
        subscription.head = head
        content: dict[str, Any] = {self.dialect.subscription_name: key}
        try:
            content["result"] = self._content(subscription, head)
        except _RpcRefusal as refusal:
            # In jam-std-common the task that sends updates ends with its first error.
            content["error"] = str(refusal)
            del self._subscriptions[key]
        if subscription.method == "subscribeStatistics" and not self.dialect.statistics_updates:
            return []
        return [_write({"jsonrpc": "2.0", "method": subscription.method, "params": content})]

    def _content(self, subscription: _RpcSubscription, head: BlockDescriptor) -> Any:
        if subscription.method == "subscribeStatistics":
            value = self._statistics(head.hash)
        elif subscription.service is not None:
            value = self._account(head.hash, subscription.service)
        else:
            return self._block(head)
        if not self.dialect.wrapped:
            return value
        name = self.dialect.hash_name
        return {name: self._octets(head.hash), "slot": self._slot(head.slot), "value": value}

    def _head(self, *, finalized: bool) -> BlockDescriptor:
        use_best = not finalized or self.dialect.best_is_finalized
        return self.chain.best() if use_best else self.chain.finalized()

    # --- Forms ---

    def _block(self, block: BlockDescriptor) -> Any:
        digest, slot = self._octets(block.hash), self._slot(block.slot)
        if self.dialect.blocks == "array":
            return [digest, slot]
        return {self.dialect.hash_name: digest, "slot": slot}

    def _slot(self, slot: int) -> int | str:
        return str(slot) if self.dialect.slot_text else slot

    def _octets(self, octets: bytes) -> Any:
        match self.dialect.octets:
            case "array":
                return list(octets)
            case "hex":
                return f"0x{octets.hex()}"
            case "plain_hex" if len(octets) == HASH_BYTES:
                return octets.hex()
        return b64encode(octets).decode()

    def _refuse(self, request_id: object, refusal: _RpcRefusal) -> str:
        code = refusal.code
        if code < 0 and self.dialect.other_code is not None:
            code = self.dialect.other_code
        content: dict[str, Any] = {"code": code}
        if self.dialect.messages:
            content["message"] = str(refusal)
        if refusal.data is not None:
            content["data"] = refusal.data
        return _write({"jsonrpc": "2.0", "id": request_id, "error": content})


@dataclass
class _RpcSubscription:
    method: str
    finalized: bool
    service: int | None
    head: BlockDescriptor | None


def _write(message: Mapping[str, Any]) -> str:
    return pack(message).decode()
