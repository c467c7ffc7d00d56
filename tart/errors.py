"""Every error tart raises on purpose, sorted by who must act.

    TartError
    ├── ConfigError            the operator, before anything starts; exit code 2
    ├── StartupError           the operator: port taken, directory not writable; exit code 1
    ├── ProtocolError          the node: what it said ends its connection
    │   ├── FrameTooLong           a length prefix beyond the limit
    │   ├── NodeInformationError   the first message is not node information
    │   └── PeerRefused            the settings do not name this node
    ├── DecodeError            the node: costs that one event, which is kept as it came
    ├── EncodeError            the caller of the encoder: a value that does not fit its type
    ├── CaptureError           whoever made the capture: bytes that are none
    ├── QueryError             the caller of the API
    │   ├── BadQuery               a parameter that cannot be understood
    │   ├── SqlRefused             a statement that is not run, or that failed
    │   ├── NotFound               nothing of that name
    │   └── QueryTimeout           no answer within the deadline
    ├── AccessError            who asks: has no key, or one that may not do this
    │   ├── Unauthorized           no key, or one that is not known
    │   ├── Forbidden              a key, or an address, that may not do this
    │   └── TooManyRequests        too often
    ├── Busy                   whoever asks: too many wait already; try again a little later
    ├── ShardUnavailable       us: degrades an answer, never hides that it did
    ├── Incomplete             us: an answer that is sent bit by bit lacks something
    ├── HandleClosed           us: asked of a part that has stopped
    └── StorageError           us: fatal to one shard, which the supervisor restarts
        ├── RowsRefused            rows of aggregates with values that do not fit: left out
        ├── DamagedFile            a file or a part of it that cannot be read: the rest serves
        ├── StartInterrupted       told to stop while starting; the next start goes on from there
        └── NoRoom                 tried again until there is room
            ├── DiskFull               on the disk
            └── OutOfMemory            within ``storage.memory_limit``

Each carries its data as attributes and builds its sentence in ``__str__``.
``status`` is what the gateway answers when the error reaches a person.
Expected outcomes (more bytes needed, a full batch) are values, never errors.
"""

from __future__ import annotations

from collections.abc import Sequence


class TartError(Exception):
    """The root: everything raised here is one."""

    status = 500
    code = "internal"


class ConfigError(TartError):
    """A setting that cannot be used; the text names the key and what is accepted."""


class StartupError(TartError):
    """The machine does not let tart start; the text says what to free or to change."""


class ProtocolError(TartError):
    """A node broke the protocol in a way that ends its connection.

    Attributes:
        rule: short name of the rule that was broken, a metric label.
        frame: the bytes of the offending frame as far as they were read.
    """

    rule = "protocol"

    def __init__(self, message: str, frame: bytes = b"") -> None:
        super().__init__(message)
        self.frame = frame


class FrameTooLong(ProtocolError):
    """A frame announces more bytes than the limit; reading on would be guessing."""

    rule = "frame_too_long"

    def __init__(self, length: int, limit: int, frame: bytes = b"") -> None:
        super().__init__(f"frame of {length} bytes announced, at most {limit} are accepted", frame)
        self.length = length
        self.limit = limit


class NodeInformationError(ProtocolError):
    """The first message of a connection cannot be read as node information."""

    rule = "node_information"


class PeerRefused(ProtocolError):
    """A node that is not among ``telemetry.peer_ids``."""

    rule = "peer_refused"

    def __init__(self, peer_id: bytes) -> None:
        super().__init__(f"node {peer_id.hex()} is not among telemetry.peer_ids")


class DecodeError(TartError):
    """Bytes that JIP-3's types do not allow.

    Attributes:
        rule: short name of the rule that was broken, a metric label.
        field: dotted path of the field being read, ``""`` before the first.
        offset: where in the decoded bytes it failed, in bytes.
        expectation: what would have been right there.
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
    """A value that its JIP-3 type cannot carry."""

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
    """Bytes that are no capture, or not all of one."""


class QueryError(TartError):
    """A question that cannot be answered as asked."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class BadQuery(QueryError):
    """A parameter that cannot be understood; the text says what is accepted."""

    code = "bad_parameter"


class SqlRefused(QueryError):
    """A SQL statement that is not run, or that failed; DuckDB's words where they are its."""

    status = 422
    code = "sql"


class NotFound(QueryError):
    """Nothing is known under that name."""

    status = 404
    code = "not_found"


class QueryTimeout(QueryError):
    """The deadline passed before the answer was there."""

    status = 504
    code = "deadline"


class AccessError(TartError):
    """Whoever asks may not have the answer."""

    status = 403
    code = "forbidden"


class Unauthorized(AccessError):
    """No key was sent, or one that is not known."""

    status = 401
    code = "unauthorized"


class Forbidden(AccessError):
    """The key, or the address, may not do this."""


class TooManyRequests(AccessError):
    """More requests than a key or an address may make.

    Attributes:
        seconds: until the next one would be taken.
    """

    status = 429
    code = "too_many_requests"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many requests; the next is taken in {seconds:.1f} s")
        self.seconds = seconds


class ShardUnavailable(TartError):
    """No shard could be asked."""

    status = 503
    code = "no_shard"


class Busy(TartError):
    """As many wait for an answer as may; it is worth trying again.

    Attributes:
        seconds: until then.
    """

    status = 503
    code = "busy"

    def __init__(self, message: str, seconds: float = 2.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class Incomplete(TartError):
    """An answer that is sent bit by bit lacks something, so it must not end like a whole one.

    Raised after the last byte that could be sent.

    Attributes:
        reasons: what is missing and why, a sentence for each.
    """

    status = 503
    code = "incomplete"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(reasons)
        self.reasons = tuple(reasons)

    def __str__(self) -> str:
        return "; ".join(self.reasons)


class HandleClosed(TartError):
    """A file or database that is closed already was to be used."""

    status = 503
    code = "unavailable"


class StorageError(TartError):
    """A shard cannot read or write its files."""


class DamagedFile(StorageError):
    """What is in a file is not what was written to it."""


class RowsRefused(StorageError):
    """DuckDB does not take the rows of a table of aggregates: a fault of tart.

    Attributes:
        table: which.
        reason: in DuckDB's words.
    """

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(table, reason)
        self.table = table
        self.reason = reason

    def __str__(self) -> str:
        return f"rows of {self.table} are not stored: {self.reason}"


class StartInterrupted(StorageError):
    """A start was told to stop; what it did is kept."""


class NoRoom(StorageError):
    """There was no room for a write; what it would have changed is as before."""

    what = ""


class DiskFull(NoRoom):
    """The disk has none."""

    what = "disk"


class OutOfMemory(NoRoom):
    """DuckDB has none within ``storage.memory_limit``."""

    what = "memory"
