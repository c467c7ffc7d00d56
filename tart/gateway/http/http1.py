"""HTTP/1.1 from bytes: the head of a request and its body (RFC 9112, RFC 9110).

Pure. A request is read in one place, so that nothing can take it for another one than we do:
what the grammar does not allow is refused, also where a server may be lenient, for a proxy in
front may have been lenient in another way. What the grammar allows is read.

Where a recipient has a choice: a line ends with CR LF and never with LF alone (RFC 9112, 2.2),
folded lines are refused (5.2), ``Content-Length`` stands once and never beside
``Transfer-Encoding`` (6.3), trailer fields and extensions of chunks are checked and dropped
(7.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple, Protocol

from tart.errors import TartError

# Of one line with the size of a chunk, and of all trailer fields together, in bytes.
SIZE_LINE_BYTES = 256
TRAILER_BYTES = 8192
# All lines with sizes together may have so many bytes, and eight more for each byte of data:
# enough for chunks of one byte, and extensions that nobody reads have an end.
EXTENSIONS_BYTES = 4096
_LINE_BYTES_PER_BYTE = 8

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_REQUEST_LINE = re.compile(rb"(%b) ([!-~]++) HTTP/([0-9])\.([0-9])" % _TOKEN)
_FIELD = re.compile(rb"%b:[\t -~\x80-\xff]*+" % _TOKEN)
_FIELDS = re.compile(rb"(?:\r\n%b)*+\r\n\r\n" % _FIELD.pattern)
# What browsers leave unescaped is let pass; a fragment never reaches a server.
_PATH = re.compile(rb"/[!-\"$-~]*+")
_ABSOLUTE = re.compile(rb"[Hh][Tt][Tt][Pp][Ss]?://([^/?#]++)([/?][!-\"$-~]*+)?")
_HOST = re.compile(r"(?:\[[0-9A-Za-z:.%_~-]++\]|[0-9A-Za-z._~%!$&'()*+,;=-]++)(?::[0-9]*+)?")
# A size with its extensions (RFC 9112, 7.1.1).
_SIZE = re.compile(
    rb'([0-9A-Fa-f]++)(?:[ \t]*+;[ \t]*+%b(?:[ \t]*+=[ \t]*+(?:%b|"(?:[^"\\\x00-\x08\n-\x1f\x7f]'
    rb'|\\[\t -~\x80-\xff])*+"))?)*+' % (_TOKEN, _TOKEN)
)
# No head goes on behind one of these. A CR at the very end may yet be followed by its LF.
_NEVER_IN_HEAD = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# In a head of ours.
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
    """A request that is none, or could be taken for more than one."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.code = _CODES[status]


class Head(NamedTuple):
    """The head of a request.

    Attributes:
        target: path and query, whichever form they came in; ``*`` for OPTIONS of the server.
        version: ``1.1`` or ``1.0``.
        fields: names in lower case and values, in the order in which they came; a value's bytes
            that are not UTF-8 are written as ``\\xff``.
        length: of the body in bytes, ``None`` where it comes in chunks.
        keep_alive: whether another request may follow.
        expects_continue: whether the client waits for 100 before it sends the body.
    """

    method: str
    target: bytes
    version: str
    fields: list[tuple[str, str]]
    length: int | None = 0
    keep_alive: bool = True
    expects_continue: bool = False


def end_of_head(received: bytes | bytearray, searched: int, limit: int) -> int:
    """How long the head at the beginning is, its empty line included; 0 if not all is there.

    Args:
        searched: so many bytes were there when it was last looked for.
        limit: the longest head, in bytes.

    Raises:
        Unreadable: it is longer, or cannot become one.
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
    """The head of a request, from its first byte to its empty line.

    Raises:
        Unreadable: RFC 9112 does not allow it, or it could be taken for another one.
    """
    found = _REQUEST_LINE.match(head)
    if found is None or head[found.end() : found.end() + 2] != b"\r\n":
        raise Unreadable("the request line must be: method, target, HTTP/1.1, one space between")
    method, target, major, minor = found.groups()
    if major != b"1":
        raise Unreadable("only HTTP/1.1 and HTTP/1.0 are spoken here")
    if _FIELDS.fullmatch(head, found.end()) is None:
        raise Unreadable(_wrong_with_one_of(head[:-4].split(b"\r\n")[1:]))
    fields, framing = _fields(head[found.end() : -4])
    older = minor == b"0"
    host = framing.get("host")
    target = _origin_form(method, target, host)
    if host is None and not older:
        raise Unreadable("a request of HTTP/1.1 must have the header Host")
    listed = _words(framing.get("connection"))
    body = _length(framing, older)
    expected = framing.get("expect")
    if expected is not None and not older and expected.lower() != "100-continue":
        raise Unreadable("Expect may only be 100-continue", 417)
    return Head(
        method.decode(),
        target,
        "1.0" if older else "1.1",
        fields,
        body,
        keep_alive="close" not in listed and (not older or "keep-alive" in listed),
        expects_continue=expected is not None and not older and body != 0,
    )


def response_head(status: int, fields: Iterable[tuple[str, str]]) -> bytes:
    """The head of a response, its empty line included.

    A value cannot begin another line, whoever said it: control characters become spaces.
    """
    lines = [f"{name}: {value}\r\n" for name, value in fields]
    text = "".join(lines)
    if _CONTROLS.search(text.replace("\r\n", "")) or text.count("\n") != len(lines):
        text = "".join(f"{_CONTROLS.sub(' ', line[:-2])}\r\n" for line in lines)
    return _STATUS_LINES[status] + text.encode(errors="backslashreplace") + b"\r\n"


class Body(Protocol):
    """The body of a request as it is received."""

    ended: bool

    def take(self, received: bytearray) -> bytes:
        """Take the next piece off ``received``; none if more must come, or it has ``ended``.

        Raises:
            Unreadable: the body cannot be read, or is too long.
        """


class Sized:
    """A body whose length was told."""

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
    """A body in chunks (RFC 9112, 7.1).

    Args:
        limit: the longest body, in bytes of data.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = 0
        # Of the chunk that is being read: ``None`` between chunks, -1 behind the last.
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
        found = _SIZE.fullmatch(line)
        if found is None:
            raise Unreadable("the size of a chunk must be hexadecimal digits")
        digits = found[1].lstrip(b"0")
        size = int(digits or b"0", 16)
        self._data += size
        if self._data > self._limit:
            raise Unreadable(f"the body may have {self._limit} bytes", 413)
        self._lines += len(line) + 2
        if self._lines > EXTENSIONS_BYTES + _LINE_BYTES_PER_BYTE * self._data:
            raise Unreadable("the extensions of the chunks are too long", 413)
        self._left = size or -1

    def _skip_end(self, received: bytearray) -> bool:
        """Whether the end of a chunk's data was there."""
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
            raise Unreadable(_wrong_with(line))

    def _line(self, received: bytearray, limit: int) -> bytes | None:
        """The next line without its end; ``None`` if not all of it is there."""
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
    """All fields, and those that say how the request is to be read.

    Of the latter what is said in several lines is joined by commas (RFC 9110, 5.3), unless it
    may be said once only.
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
                    raise Unreadable(f"the header {name} is there more than once")
                value = f"{framing[name]}, {value}"
            framing[name] = value
    return fields, framing


_ONCE = frozenset(("host", "content-length"))
_FRAMING = _ONCE | {"transfer-encoding", "connection", "expect"}


def _wrong_with_one_of(lines: list[bytes]) -> str:
    return next((_wrong_with(line) for line in lines if _FIELD.fullmatch(line) is None), "")


def _wrong_with(line: bytes) -> str:
    """Why a line is no field; what it says is not repeated."""
    if line[:1] in (b" ", b"\t"):
        return "a header may not go on in another line"
    name, colon, _ = line.partition(b":")
    if not colon:
        return "a line of the head has no colon"
    if re.fullmatch(_TOKEN, name) is None:
        return "the name of a header has a space or a character that it may not have"
    return "the value of a header has a control character"


def _origin_form(method: bytes, target: bytes, host: str | None) -> bytes:
    """Path and query of a target in any form (RFC 9112, 3.2)."""
    if host is not None and _HOST.fullmatch(host) is None:
        raise Unreadable("the header Host must be a name or an address, with a port or not")
    if _PATH.fullmatch(target):
        return target
    if target == b"*" and method == b"OPTIONS":
        return target
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        raise Unreadable("the target of a request must be a path, or a URL of this host")
    authority = found[1].decode()
    # Ours has no other names than the one asked for: who names two means a proxy.
    if host is not None and authority.lower() != host.lower():
        raise Unreadable("the target of the request is on another host than the header Host says")
    if _HOST.fullmatch(authority) is None:
        raise Unreadable("the target of the request has no valid host")
    path: bytes = found[2] or b"/"
    return path if path.startswith(b"/") else b"/" + path


def _length(framing: dict[str, str], older: bool) -> int | None:
    """How long the body is; ``None`` where it comes in chunks (RFC 9112, 6.3)."""
    coding, length = framing.get("transfer-encoding"), framing.get("content-length")
    if coding is not None:
        if length is not None:
            raise Unreadable("Content-Length and Transfer-Encoding exclude each other")
        if older:
            raise Unreadable("HTTP/1.0 has no Transfer-Encoding")
        codings = _words(coding)
        if codings.count("chunked") != 1 or codings[-1] != "chunked":
            raise Unreadable("the last coding of Transfer-Encoding, and no other, must be chunked")
        if len(codings) > 1:
            raise Unreadable("no other Transfer-Encoding than chunked is understood", 501)
        return None
    if length is None:
        return 0
    if _DIGITS.fullmatch(length) is None:
        raise Unreadable("Content-Length must be decimal digits")
    # Longer numbers than this are beyond any limit, and cost more to read.
    return int(length.lstrip("0")[:19] or "0")


# Clients say the same again and again.
@lru_cache(64)
def _words(value: str | None) -> tuple[str, ...]:
    """The members of a list (RFC 9110, 5.6.1), in lower case."""
    if value is None:
        return ()
    return tuple(word for each in value.lower().split(",") if (word := each.strip(" \t")))
