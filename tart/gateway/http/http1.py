"""HTTP/1.1 from bytes: the head of a request and its body (RFC 9112, RFC 9110).

Pure. A request is read in one place, so that no part of the gateway can take it for another than
any other part does. Everything that the grammar does not allow is refused, also where a server
may be lenient: a proxy in front may be lenient in another way. Everything that the grammar allows
is read.

Where a recipient has a choice: a line ends with CR LF and never with LF alone (RFC 9112, 2.2),
folded lines are refused (5.2), ``Content-Length`` is given once and never beside
``Transfer-Encoding`` (6.3), trailer fields and chunk extensions are validated and dropped (7.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple, Protocol

from tart.errors import TartError

# Limits of one line with the size of a chunk, and of all trailer fields together.
SIZE_LINE_BYTES = 256
TRAILER_BYTES = 8192
# Limit of all lines with sizes together, plus eight bytes for each byte of data: enough for chunks
# of one byte, and it bounds the extensions, which are ignored.
EXTENSIONS_BYTES = 4096
_LINE_BYTES_PER_BYTE = 8

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_REQUEST_LINE = re.compile(rb"(%b) ([!-~]++) HTTP/([0-9])\.([0-9])" % _TOKEN)
_FIELD = re.compile(rb"%b:[\t -~\x80-\xff]*+" % _TOKEN)
_FIELDS = re.compile(rb"(?:\r\n%b)*+\r\n\r\n" % _FIELD.pattern)
# Characters that browsers do not escape are accepted; a fragment never reaches a server.
_PATH = re.compile(rb"/[!-\"$-~]*+")
_ABSOLUTE = re.compile(rb"[Hh][Tt][Tt][Pp][Ss]?://([^/?#]++)([/?][!-\"$-~]*+)?")
_HOST = re.compile(r"(?:\[[0-9A-Za-z:.%_~-]++\]|[0-9A-Za-z._~%!$&'()*+,;=-]++)(?::[0-9]*+)?")
# A size with its extensions (RFC 9112, 7.1.1).
_SIZE = re.compile(
    rb'([0-9A-Fa-f]++)(?:[ \t]*+;[ \t]*+%b(?:[ \t]*+=[ \t]*+(?:%b|"(?:[^"\\\x00-\x08\n-\x1f\x7f]'
    rb'|\\[\t -~\x80-\xff])*+"))?)*+' % (_TOKEN, _TOKEN)
)
# Bytes that no head can contain. A CR at the very end may yet be followed by its LF.
_NEVER_IN_HEAD = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Bytes that are replaced in the head of a response.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_STATUS_LINES: dict[int, bytes] = {
    each: f"HTTP/1.1 {each} {each.phrase}\r\n".encode() for each in HTTPStatus
}
_DIGITS = re.compile(r"[0-9]++")


_CODES = {
    400: "bad_request",
    413: "too_large",
    417: "expectation_failed",
    501: "not_implemented",
}


class Unreadable(TartError):
    """A request that is not valid or is ambiguous."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.code = _CODES[status]


class Head(NamedTuple):
    r"""The head of a request.

    Attributes:
        target: Path and query, whatever the form of the target; ``*`` for OPTIONS of the server.
        version: ``1.1`` or ``1.0``.
        fields: Names in lower case and values, in the order of the request; bytes of a value
            that are not UTF-8 are written as ``\xff``.
        length: Of the body in bytes; ``None`` if it is chunked.
        keep_alive: Whether another request may follow.
        expects_continue: Whether the client waits for 100 before it sends the body.
    """

    method: str
    target: bytes
    version: str
    fields: list[tuple[str, str]]
    length: int | None = 0
    keep_alive: bool = True
    expects_continue: bool = False


def end_of_head(received: bytes | bytearray, searched: int, limit: int) -> int:
    """Return the length of the head at the beginning, with its empty line; 0 if it is incomplete.

    Args:
        received: All bytes from the start of the request.
        searched: The length of ``received`` at the previous call.
        limit: The longest head, in bytes.

    Raises:
        Unreadable: The head is longer than the limit, or the bytes are not the start of a head.
    """
    end = received.find(b"\r\n\r\n", max(0, searched - 3))
    if end >= limit or (end < 0 and len(received) >= limit):
        raise Unreadable(f"the head of the request has more than {limit} bytes", 413)
    if end < 0:
        if _NEVER_IN_HEAD.search(received, max(0, searched - 1)):
            raise Unreadable(
                "the head of the request has a control character, or a line that does not end "
                "with CR LF"
            )
        return 0
    return end + 4


def read_head(head: bytes) -> Head:
    """Parse the head of a request, from its first byte to its empty line.

    Raises:
        Unreadable: RFC 9112 does not allow it, or it is ambiguous.
    """
    line = _REQUEST_LINE.match(head)
    if line is None or head[line.end() : line.end() + 2] != b"\r\n":
        raise Unreadable("the request line must be: method, target, HTTP/1.1, one space between")
    method, target, major, minor = line.groups()
    if major != b"1":
        raise Unreadable("only HTTP/1.1 and HTTP/1.0 are supported")
    if _FIELDS.fullmatch(head, line.end()) is None:
        raise Unreadable(_explain_fields(head[:-4].split(b"\r\n")[1:]))
    fields, framing = _fields(head[line.end() : -4])
    is_1_0 = minor == b"0"
    host = framing.get("host")
    target = _origin_form(method, target, host)
    if host is None and not is_1_0:
        raise Unreadable("a request of HTTP/1.1 must have the header Host")
    listed = _words(framing.get("connection"))
    body = _length(framing, is_1_0)
    expected = framing.get("expect")
    if expected is not None and not is_1_0 and expected.lower() != "100-continue":
        raise Unreadable("Expect may only be 100-continue", 417)
    return Head(
        method.decode(),
        target,
        "1.0" if is_1_0 else "1.1",
        fields,
        body,
        keep_alive="close" not in listed and (not is_1_0 or "keep-alive" in listed),
        expects_continue=expected is not None and not is_1_0 and body != 0,
    )


def response_head(status: int, fields: Iterable[tuple[str, str]]) -> bytes:
    """Return the head of a response, with its empty line.

    A value cannot begin another line, whatever its source: control characters become spaces.
    """
    lines = [f"{name}: {value}\r\n" for name, value in fields]
    text = "".join(lines)
    if _CONTROLS.search(text.replace("\r\n", "")) or text.count("\n") != len(lines):
        text = "".join(f"{_CONTROLS.sub(' ', line[:-2])}\r\n" for line in lines)
    return _STATUS_LINES[status] + text.encode(errors="backslashreplace") + b"\r\n"


class Body(Protocol):
    """Reads the body of a request as it is received."""

    ended: bool

    def take(self, received: bytearray) -> bytes:
        """Take the next piece off ``received``; empty if it is incomplete, or the body has ended.

        Raises:
            Unreadable: The body is not valid, or too long.
        """


class Sized:
    """A body with a Content-Length."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.ended = length == 0

    def take(self, received: bytearray) -> bytes:
        """See ``Body``."""
        piece = bytes(received[: self._left])
        del received[: self._left]
        self._left -= len(piece)
        self.ended = self._left == 0
        return piece


class Chunked:
    """A chunked body (RFC 9112, 7.1).

    Args:
        limit: The longest body, in bytes of data.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = 0
        # Bytes left of the current chunk: ``None`` between chunks, -1 behind the last.
        self._left: int | None = None
        self._lines = 0
        self._trailers = 0
        self.ended = False

    def take(self, received: bytearray) -> bytes:
        """See ``Body``."""
        while not self.ended:
            if self._left is None:
                if (line := self._line(received, SIZE_LINE_BYTES)) is None:
                    return b""
                self._begin(line)
            elif self._left > 0:
                piece = bytes(received[: self._left])
                del received[: self._left]
                self._left -= len(piece)
                return piece
            elif self._left == 0:
                if not self._skip_end(received):
                    return b""
            elif (line := self._line(received, TRAILER_BYTES - self._trailers)) is None:
                return b""
            else:
                self._trailer(line)
        return b""

    def _begin(self, line: bytes) -> None:
        match = _SIZE.fullmatch(line)
        if match is None:
            raise Unreadable("the size of a chunk must be hexadecimal digits")
        digits = match[1].lstrip(b"0")
        size = int(digits or b"0", 16)
        self._data += size
        if self._data > self._limit:
            raise Unreadable(f"the body may have {self._limit} bytes", 413)
        self._lines += len(line) + 2
        if self._lines > EXTENSIONS_BYTES + _LINE_BYTES_PER_BYTE * self._data:
            raise Unreadable("the extensions of the chunks are too long", 413)
        self._left = size or -1

    def _skip_end(self, received: bytearray) -> bool:
        """Skip the end of a chunk's data; return whether it was complete."""
        if not b"\r\n".startswith(received[:2]):
            raise Unreadable("the data of a chunk must be followed by CR LF")
        if len(received) < 2:
            return False
        del received[:2]
        self._left = None
        return True

    def _trailer(self, line: bytes) -> None:
        self._trailers += len(line) + 2
        if not line:
            self.ended = True
        elif _FIELD.fullmatch(line) is None:
            raise Unreadable(_explain_field(line))

    def _line(self, received: bytearray, limit: int) -> bytes | None:
        """Take the next line, without its end; ``None`` if it is incomplete."""
        end = received.find(b"\n", 0, limit)
        if end < 0:
            if len(received) >= limit:
                raise Unreadable("a line of the chunked body is too long", 413)
            if _NEVER_IN_HEAD.search(received):
                raise Unreadable("a line of the chunked body has a control character")
            return None
        line = bytes(received[: end + 1])
        if not line.endswith(b"\r\n"):
            raise Unreadable("a line of the chunked body does not end with CR LF")
        del received[: end + 1]
        return line[:-2]


def _fields(lines: bytes) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Return all fields, and those that determine how the request is read.

    Of the latter, the values of several lines are joined by commas (RFC 9110, 5.3), unless the
    field may be given only once.
    """
    fields: list[tuple[str, str]] = []
    framing: dict[str, str] = {}
    for line in lines.decode(errors="backslashreplace").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip(" \t")
        fields.append((name, value))
        if name in _FRAMING:
            if name in framing:
                if name in _ONCE:
                    raise Unreadable(f"the header {name} is given more than once")
                value = f"{framing[name]}, {value}"
            framing[name] = value
    return fields, framing


_ONCE = frozenset(("host", "content-length"))
_FRAMING = _ONCE | {"transfer-encoding", "connection", "expect"}


def _explain_fields(lines: list[bytes]) -> str:
    return next((_explain_field(line) for line in lines if _FIELD.fullmatch(line) is None), "")


def _explain_field(line: bytes) -> str:
    """Return why a line is not a field, without repeating its content."""
    if line[:1] in (b" ", b"\t"):
        return "a header may not continue on another line"
    name, colon, _ = line.partition(b":")
    if not colon:
        return "a line of the head has no colon"
    if re.fullmatch(_TOKEN, name) is None:
        return "the name of a header has a space or another invalid character"
    return "the value of a header has a control character"


def _origin_form(method: bytes, target: bytes, host: str | None) -> bytes:
    """Return path and query of a target in any form (RFC 9112, 3.2)."""
    if host is not None and _HOST.fullmatch(host) is None:
        raise Unreadable("the header Host must be a name or an address, with an optional port")
    if _PATH.fullmatch(target):
        return target
    if target == b"*" and method == b"OPTIONS":
        return target
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise Unreadable("the target of a request must be a path, or a URL of this host")
    authority = match[1].decode()
    # A request that names two hosts is meant for a proxy.
    if host is not None and authority.lower() != host.lower():
        raise Unreadable("the target of the request and the header Host name different hosts")
    if _HOST.fullmatch(authority) is None:
        raise Unreadable("the target of the request has no valid host")
    path: bytes = match[2] or b"/"
    return path if path.startswith(b"/") else b"/" + path


def _length(framing: dict[str, str], is_1_0: bool) -> int | None:
    """Return the length of the body; ``None`` if it is chunked (RFC 9112, 6.3)."""
    coding, length = framing.get("transfer-encoding"), framing.get("content-length")
    if coding is not None:
        if length is not None:
            raise Unreadable("Content-Length and Transfer-Encoding exclude each other")
        if is_1_0:
            raise Unreadable("HTTP/1.0 has no Transfer-Encoding")
        codings = _words(coding)
        if codings.count("chunked") != 1 or codings[-1] != "chunked":
            raise Unreadable("the last coding of Transfer-Encoding, and no other, must be chunked")
        if len(codings) > 1:
            raise Unreadable("no other Transfer-Encoding than chunked is supported", 501)
        return None
    if length is None:
        return 0
    if _DIGITS.fullmatch(length) is None:
        raise Unreadable("Content-Length must be decimal digits")
    # Longer numbers are beyond any limit, and cost more to parse.
    return int(length.lstrip("0")[:19] or "0")


# Clients send the same few values.
@lru_cache(64)
def _words(value: str | None) -> tuple[str, ...]:
    """Return the members of a list (RFC 9110, 5.6.1), in lower case."""
    if value is None:
        return ()
    return tuple(word for each in value.lower().split(",") if (word := each.strip(" \t")))


def http_chunk(data: bytes) -> bytes:
    """Return bytes, at least one, as a chunk of a body (RFC 9112, 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)
