"""The errors that tart raises on purpose, by who must act on them.

    TartError
    ├── ConfigError            the operator, before anything starts; exit code 2
    ├── StartupError           the operator: port in use, directory not writable; exit code 1
    │   └── ReaderLeft             no one: the reader of a pipe closed it, as head does; silent
    ├── ProtocolError          the node: its bytes end its connection
    │   ├── FrameTooLong           a length prefix beyond the limit
    │   ├── NodeInformationError   the first message is not node information
    │   └── PeerRefused            the settings do not allow this node
    ├── DecodeError            the node: costs that one event, which is stored as received
    ├── EncodeError            the caller of the encoder: a value that does not fit its type
    ├── CaptureError           the maker of the capture: the bytes are not one
    ├── QueryError             the caller of the API
    │   ├── BadQuery               a parameter that is not valid
    │   ├── SqlRefused             a statement that is not run, or that failed
    │   ├── NotFound               the name is not known
    │   ├── Conflict               the present state does not allow it
    │   ├── Ambiguous              the name stands for more than one
    │   └── QueryTimeout           no answer within the deadline
    ├── AccessError            the caller of the API: the key is missing or insufficient
    │   ├── Unauthorized           no key, or an unknown one
    │   ├── Forbidden              the key or the address does not permit this
    │   └── TooManyRequests        the rate limit is exceeded
    ├── Busy                   the caller of the API: too many requests wait; retry later
    ├── ShardUnavailable       tart: the answer lacks shards, and says so
    ├── ChainUnavailable       tart: the chain process does not answer now
    │   └── ChainNotFollowed       the operator: no node's RPC is set
    ├── Incomplete             tart: a streamed answer lacks something
    ├── HandleClosed           tart: a file or database was used after it was closed
    └── StorageError           tart: fatal to one shard, which the supervisor restarts
        ├── RowsRefused            rows of aggregates with values that do not fit: left out
        ├── DamagedFile            a part of a file that cannot be read: the rest is served
        ├── StartInterrupted       stopped while starting; the next start continues there
        └── NoRoom                 retried until there is room
            ├── DiskFull               on the disk
            └── OutOfMemory            within ``storage.memory_limit``

Errors of one module stand there, and are of the kinds above: those of HTTP in ``gateway.http``,
``gateway.fanout`` and ``gateway.handlers``; of alerts in ``gateway.alerting``; of messages between
processes in ``ipc.messages``; of a server's answers in ``cli.http_client`` and
``client.core.request``; of statements in ``sandbox.statement`` and ``sandbox.process``; of what a
start finds in ``supervisor.sockets``, ``supervisor.data_lock`` and ``cli.startup_checks``; of the
dashboard's requests in ``dash.source``; of the rule file in ``alerting.rules``; of nodes' RPC in
``rpc.data_error`` and ``chain.endpoint``.

Each error carries its data as attributes and is one sentence as text. ``status`` and ``code`` are
what the gateway answers where the error ends a request. Expected outcomes (more bytes needed, a
full batch) are values, not errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class TartError(Exception):
    """The base of all errors of tart.

    Attributes:
        status: The HTTP status of a request that ends with this error.
        code: The error's name in the body of that response.
    """

    status = 500
    code = "internal"

    @property
    def sentences(self) -> tuple[str, ...]:
        """The text of the error, one sentence for each fault."""
        return (str(self),)


class SettingFault:
    """A wrong setting; as text, a sentence with its place.

    A plain class: every command imports this module, and starts without ``typing``.

    Attributes:
        key: The dotted key; empty if it is not known or not about one setting.
        origin: The file, the variable or the flag that has it; empty for a default.
        line: The line of the file; ``None`` elsewhere, or if it is not known.
        text: What is wrong, and what is accepted.
    """

    __slots__ = ("key", "line", "origin", "text")

    def __init__(self, key: str, origin: str, line: int | None, text: str) -> None:
        self.key = key
        self.origin = origin
        self.line = line
        self.text = text

    def __str__(self) -> str:
        place = self.origin if self.line is None else f"{self.origin}:{self.line}"
        # A variable and a flag name their setting.
        key = "" if self.origin.startswith(("TART_", "--")) else self.key
        return ": ".join(part for part in (place, key, self.text) if part)


class ConfigError(TartError):
    """Settings or a command line that are not valid.

    Attributes:
        faults: What is wrong with settings; empty for other errors, whose text says it.
    """

    def __init__(self, message: str = "", faults: Iterable[SettingFault] = ()) -> None:
        self.faults = tuple(faults)
        super().__init__(message or "; ".join(map(str, self.faults)))

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that is wrong, a sentence each."""
        return tuple(map(str, self.faults)) or (str(self),)


class StartupError(TartError):
    """The system does not let tart start; the text says what to free or to change."""


class ReaderLeft(StartupError):
    """The reader of a command's output closed it; the command ends without a word."""

    def __init__(self) -> None:
        super().__init__("the reader of the output closed it")


class ProtocolError(TartError):
    """A node broke the protocol in a way that ends its connection.

    Attributes:
        rule: Short name of the broken rule, a metric label.
        frame: The bytes of the offending frame as far as they were read.
    """

    rule = "protocol"

    def __init__(self, message: str, frame: bytes = b"") -> None:
        super().__init__(message)
        self.frame = frame


class FrameTooLong(ProtocolError):
    """A frame announces more bytes than the limit; the next frame cannot be found."""

    rule = "frame_too_long"

    def __init__(self, length: int, limit: int, frame: bytes = b"") -> None:
        super().__init__(f"frame of {length} bytes announced, at most {limit} are accepted", frame)
        self.length = length
        self.limit = limit


class NodeInformationError(ProtocolError):
    """The first message of a connection cannot be decoded as node information."""

    rule = "node_information"


class PeerRefused(ProtocolError):
    """The node is not among ``telemetry.peer_ids``."""

    rule = "peer_refused"

    def __init__(self, peer_id: bytes) -> None:
        super().__init__(f"node {peer_id.hex()} is not among telemetry.peer_ids")


class DecodeError(TartError):
    """Bytes that the types of JIP-3 do not allow.

    Attributes:
        rule: Short name of the broken rule, a metric label.
        field: Dotted path of the field being read, ``""`` before the first.
        offset: Where in the decoded bytes decoding failed, in bytes.
        expectation: What would have been right there.
    """

    def __init__(self, rule: str, offset: int, expectation: str, field: str = "") -> None:
        super().__init__(rule, offset, expectation, field)
        self.rule = rule
        self.offset = offset
        self.expectation = expectation
        self.field = field

    def inside(self, name: str) -> DecodeError:
        """Prefix the field path; called once per enclosing structure."""
        self.field = f"{name}.{self.field}" if self.field else name
        return self

    def __str__(self) -> str:
        where = f" in {self.field}" if self.field else ""
        return f"{self.rule} at offset {self.offset}{where}: expected {self.expectation}"


class EncodeError(TartError):
    """A value that its JIP-3 type cannot represent."""

    def __init__(self, field: str, expectation: str) -> None:
        super().__init__(field, expectation)
        self.field = field
        self.expectation = expectation

    def inside(self, name: str) -> EncodeError:
        """Prefix the field path; called once per enclosing structure."""
        self.field = f"{name}.{self.field}" if self.field else name
        return self

    def __str__(self) -> str:
        return f"cannot encode {self.field or 'value'}: expected {self.expectation}"


class CaptureError(TartError):
    """Bytes that are not a capture, or not a whole one."""


class QueryError(TartError):
    """A query that cannot be answered.

    Attributes:
        parameter: The parameter at fault, if one is.
    """

    status = 400
    code = "bad_request"

    def __init__(self, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class BadQuery(QueryError):
    """A parameter that is not valid; the text says what is accepted."""

    code = "bad_parameter"


class SqlRefused(QueryError):
    """A SQL statement that is not run, or that failed; the text of a failure is DuckDB's."""

    status = 422
    code = "sql"


class NotFound(QueryError):
    """The name is not known."""

    status = 404
    code = "not_found"


class Conflict(QueryError):
    """The present state of what the request is about does not allow it."""

    status = 409
    code = "conflict"


class Ambiguous(QueryError):
    """The name stands for more than one.

    Attributes:
        candidates: What it may stand for, as JSON objects.
    """

    status = 409
    code = "ambiguous"

    def __init__(
        self, message: str, parameter: str, candidates: Sequence[dict[str, object]]
    ) -> None:
        super().__init__(message, parameter)
        self.candidates = candidates


class QueryTimeout(QueryError):
    """The deadline passed before the answer was complete."""

    status = 504
    code = "deadline"


class AccessError(TartError):
    """The caller may not have the answer."""

    status = 403
    code = "forbidden"


class Unauthorized(AccessError):
    """No key was sent, or an unknown one."""

    status = 401
    code = "unauthorized"


class Forbidden(AccessError):
    """The key or the address does not permit this."""


class TooManyRequests(AccessError):
    """More requests than a key or an address may send.

    Attributes:
        seconds: The time until the next request is accepted.
    """

    status = 429
    code = "too_many_requests"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many requests; the next is accepted in {seconds:.1f} s")
        self.seconds = seconds


class ShardUnavailable(TartError):
    """No shard could be queried."""

    status = 503
    code = "no_shard"


class ChainUnavailable(TartError):
    """The chain process cannot be queried now."""

    status = 503
    code = "no_chain"


class ChainNotFollowed(ChainUnavailable):
    """No chain process runs, because the settings name no RPC."""

    code = "not_configured"


class Busy(TartError):
    """The limit of waiting requests is reached.

    Attributes:
        seconds: The time after which a retry makes sense.
    """

    status = 503
    code = "busy"

    def __init__(self, message: str, seconds: float = 2.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class Incomplete(TartError):
    """A streamed answer lacks something, so it must not end like a complete one.

    Raised after the last byte that could be sent.

    Attributes:
        reasons: What is missing and why, a sentence for each.
    """

    status = 503
    code = "incomplete"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(reasons)
        self.reasons = tuple(reasons)

    def __str__(self) -> str:
        return "; ".join(self.reasons)


class HandleClosed(TartError):
    """A file or database was used after it was closed."""

    status = 503
    code = "unavailable"


class StorageError(TartError):
    """A shard cannot read or write its files."""


class DamagedFile(StorageError):
    """The content of a file is not what was written to it."""


class RowsRefused(StorageError):
    """DuckDB rejects rows of a table of aggregates, which is a fault of tart.

    Attributes:
        table: The table.
        reason: DuckDB's message.
    """

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(table, reason)
        self.table = table
        self.reason = reason

    def __str__(self) -> str:
        return f"rows of {self.table} are not stored: {self.reason}"


class StartInterrupted(StorageError):
    """A start was told to stop; its work so far is kept."""


class NoRoom(StorageError):
    """There was no room for a write, which has changed nothing.

    Attributes:
        what: The resource that is short.
    """

    what = ""


class DiskFull(NoRoom):
    """The disk is full."""

    what = "disk"


class OutOfMemory(NoRoom):
    """DuckDB exceeded ``storage.memory_limit``."""

    what = "memory"
