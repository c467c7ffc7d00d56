"""Requests byte by byte, as no decent client would send them, to a running tart.

What RFC 9112 does not allow, or what two readers could take for different requests, is 400 and
the end of the connection; what it allows is served, whatever it looks like.
"""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.raw import Raw
from tests.gateway.json_schema import SCHEMAS, violations
from tests.running import DEADLINE, System, running_system

pytestmark = pytest.mark.slow

OK, CLOSED, OPEN = 200, "closed", "open"
HEAD = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n"
SQL = b"POST /api/sql HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = SQL + b"Transfer-Encoding: chunked\r\n\r\n"
# A body that is read and then refused for what it says, so that it was read whole.
BODY = b'{"map":1}'
READ = 400
ENVIRON = {"TART_API_REQUESTS_PER_SECOND": "1000000", "TART_API_BURST_REQUESTS": "1000000"}
ENVIRON |= {"TART_API_REQUEST_SECONDS": "20"}


@dataclass(frozen=True)
class Answer:
    """One answer of the server."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """Of an error, which must be one as documented."""
        error = json.loads(self.body)
        assert violations(error, SCHEMAS["Error"]) == []
        return str(error["error"]["code"])


class Wire(Raw):
    """A bare connection."""

    def answer(self, *, head_only: bool = False) -> Answer | None:
        """The next answer; ``None`` if the connection ends before one begins."""
        while b"\r\n\r\n" not in self._received:
            if not self._more():
                assert not self._received
                return None
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = 0 if head_only else int(headers.get("content-length", 0))
        while len(self._received) < length:
            assert self._more()
        body, self._received = self._received[:length], self._received[length:]
        return Answer(int(status_line.split()[1]), headers, body)

    def state(self) -> str:
        """Whether it may be used again: what is sent now is answered."""
        self.send(HEAD + b"\r\n")
        answer = self.answer()
        assert answer is None or answer.status == OK
        return CLOSED if answer is None else OPEN

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        self._received += data
        return bool(data)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A running tart; whatever happened to it, it wrote no traceback."""
    with running_system(tmp_path_factory.mktemp("raw") / "d", shards=1, environ=ENVIRON) as running:
        yield running
        assert running.get("/api/health/detailed")["status"] == "Healthy"
        errors = [line for line in running.process.errors().splitlines() if "Traceback" in line]
        assert errors == []


def line(name_and_value: bytes) -> bytes:
    """A GET with one more header."""
    return HEAD + name_and_value + b"\r\n\r\n"


def chunks(data: bytes) -> bytes:
    """A POST with this behind its head."""
    return CHUNKED + data


WHOLE = b"9\r\n%b\r\n" % BODY
REQUESTS: dict[str, tuple[bytes, int, str]] = {
    # --- The request line (RFC 9112, 2.2 and 3)
    "a plain request": (HEAD + b"\r\n", OK, OPEN),
    "an empty line before it": (b"\r\n" + HEAD + b"\r\n", OK, OPEN),
    "two empty lines before it": (b"\r\n\r\n" + HEAD + b"\r\n", 400, CLOSED),
    "a later minor version": (HEAD.replace(b"1.1", b"1.9") + b"\r\n", OK, OPEN),
    "a URL as target": (HEAD.replace(b" /", b" http://localhost/") + b"\r\n", OK, OPEN),
    "a URL of another case": (HEAD.replace(b" /", b" HTTP://LOCALHOST/") + b"\r\n", OK, OPEN),
    "a URL of another host": (HEAD.replace(b" /", b" http://other/") + b"\r\n", 400, CLOSED),
    "a URL with a user": (HEAD.replace(b" /", b" http://a@localhost/") + b"\r\n", 400, CLOSED),
    "a URL without a host": (HEAD.replace(b" /", b" http:///") + b"\r\n", 400, CLOSED),
    "a URL that is none": (HEAD.replace(b" /", b" http://[/") + b"\r\n", 400, CLOSED),
    "a fragment": (HEAD.replace(b"health", b"health#a") + b"\r\n", 400, CLOSED),
    "a tunnel": (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n", 400, CLOSED),
    "no target": (b"GET HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, CLOSED),
    "no version": (b"GET /api/health\r\nHost: localhost\r\n\r\n", 400, CLOSED),
    "another version": (HEAD.replace(b"1.1", b"2.0") + b"\r\n", 400, CLOSED),
    "two spaces": (HEAD.replace(b"GET ", b"GET  ") + b"\r\n", 400, CLOSED),
    "a tab": (HEAD.replace(b"GET ", b"GET\t") + b"\r\n", 400, CLOSED),
    "a space at the end": (HEAD.replace(b"1.1", b"1.1 ") + b"\r\n", 400, CLOSED),
    "bytes in the path": (HEAD.replace(b"health", b"\xff\xfe") + b"\r\n", 400, CLOSED),
    "escapes of a terminal": (b"\x1b[2J\x07 / HTTP/1.1\r\n\r\n", 400, CLOSED),
    "a TLS handshake": (b"\x16\x03\x01\x02\x00\x01\x00\x01", 400, CLOSED),
    "lines that end with LF": (HEAD.replace(b"\r\n", b"\n") + b"\n", 400, CLOSED),
    "lines that end with CR": (HEAD.replace(b"\r\n", b"\r") + b"\r\n\r\n", 400, CLOSED),
    # --- Headers (RFC 9112, 5)
    "a space before the colon": (line(b"X : a"), 400, CLOSED),
    "a tab before the colon": (line(b"X\t: a"), 400, CLOSED),
    "a space before the name": (line(b" X: a"), 400, CLOSED),
    "a space before the first": (HEAD.replace(b"Host", b" Host") + b"\r\n", 400, CLOSED),
    "a folded header": (line(b"X: a\r\n b"), 400, CLOSED),
    "no colon": (line(b"X"), 400, CLOSED),
    "no name": (line(b": a"), 400, CLOSED),
    "no value": (line(b"X:"), OK, OPEN),
    "a value with spaces around": (line(b"X: \t a \t"), OK, OPEN),
    "a value of other bytes": (line(b"X: \xff\xc3\x28"), OK, OPEN),
    "a LF in a value": (line(b"X: a\nY: b"), 400, CLOSED),
    "a CR in a value": (line(b"X: a\rY: b"), 400, CLOSED),
    "a NUL in a value": (line(b"X: a\x00b"), 400, CLOSED),
    "a name of other bytes": (line(b"X\xff: a"), 400, CLOSED),
    # --- Host (RFC 9112, 3.2)
    "no host": (b"GET /api/health HTTP/1.1\r\n\r\n", 400, CLOSED),
    "two hosts": (line(b"Host: localhost"), 400, CLOSED),
    "two hosts that differ": (line(b"Host: other"), 400, CLOSED),
    "an empty host": (b"GET /api/health HTTP/1.1\r\nHost:\r\n\r\n", 400, CLOSED),
    "a host with a path": (b"GET /api/health HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, CLOSED),
    "no host in HTTP/1.0": (b"GET /api/health HTTP/1.0\r\n\r\n", OK, CLOSED),
    "HTTP/1.0 that stays": (
        b"GET /api/health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        OK,
        OPEN,
    ),
    "a last request": (line(b"Connection: close"), OK, CLOSED),
    "another word of Connection": (line(b"Connection: x, y"), OK, OPEN),
    # --- The length of the body (RFC 9112, 6)
    "a length": (SQL + b"Content-Length: 9\r\n\r\n" + BODY, READ, OPEN),
    "a length with zeros": (SQL + b"Content-Length: 009\r\n\r\n" + BODY, READ, OPEN),
    "a length of 0 with GET": (line(b"Content-Length: 0"), OK, OPEN),
    "a body with GET": (line(b"Content-Length: 3") + b"abc", OK, OPEN),
    "arabic digits": (SQL + b"Content-Length: \xd9\xa5\r\n\r\nhello", 400, CLOSED),
    "wide digits": (SQL + b"Content-Length: \xef\xbc\x95\r\n\r\nhello", 400, CLOSED),
    "a signed length": (SQL + b"Content-Length: +9\r\n\r\n" + BODY, 400, CLOSED),
    "a negative length": (SQL + b"Content-Length: -9\r\n\r\n" + BODY, 400, CLOSED),
    "a length with a line": (SQL + b"Content-Length: 1_0\r\n\r\n" + BODY, 400, CLOSED),
    "a list of lengths": (SQL + b"Content-Length: 9, 9\r\n\r\n" + BODY, 400, CLOSED),
    "no digits": (SQL + b"Content-Length:\r\n\r\n", 400, CLOSED),
    "two lengths": (SQL + b"Content-Length: 9\r\nContent-Length: 9\r\n\r\n", 400, CLOSED),
    "very many digits": (SQL + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 413, CLOSED),
    "a length and chunks": (CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n0\r\n\r\n", 400, CLOSED),
    "chunks and a length": (
        SQL + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        CLOSED,
    ),
    "chunks twice": (CHUNKED[:-2] + b"Transfer-Encoding: chunked\r\n\r\n", 400, CLOSED),
    "chunks that are not last": (
        SQL + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        400,
        CLOSED,
    ),
    "another coding": (SQL + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, CLOSED),
    "a coding like chunked": (SQL + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, CLOSED),
    "chunks in HTTP/1.0": (CHUNKED.replace(b"1.1", b"1.0") + b"0\r\n\r\n", 400, CLOSED),
    # --- Chunks (RFC 9112, 7.1)
    "chunks": (chunks(WHOLE + b"0\r\n\r\n"), READ, OPEN),
    "chunks of one byte": (
        chunks(b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"),
        READ,
        OPEN,
    ),
    "zeros before a size": (chunks(b"00" + WHOLE + b"000\r\n\r\n"), READ, OPEN),
    "extensions": (chunks(b'9;a=b;c="d;e"' + WHOLE[1:] + b"0;f\r\n\r\n"), READ, OPEN),
    "trailers": (chunks(WHOLE + b"0\r\nX: a\r\nContent-Length: 5\r\n\r\n"), READ, OPEN),
    "a size with 0x": (chunks(b"0x9" + WHOLE[1:] + b"0\r\n\r\n"), 400, CLOSED),
    "a size with a sign": (chunks(b"+9" + WHOLE[1:] + b"0\r\n\r\n"), 400, CLOSED),
    "a size with a space": (chunks(b"9 " + WHOLE[1:] + b"0\r\n\r\n"), 400, CLOSED),
    "a size with a line": (chunks(b"0_9" + WHOLE[1:] + b"0\r\n\r\n"), 400, CLOSED),
    "no size": (chunks(b"\r\n0\r\n\r\n"), 400, CLOSED),
    "a size and LF": (chunks(b"9\n" + WHOLE[3:] + b"0\r\n\r\n"), 400, CLOSED),
    "an extension and LF": (chunks(b"9;a\n" + WHOLE[3:] + b"0\r\n\r\n"), 400, CLOSED),
    "an extension that is none": (chunks(b"9;\x00" + WHOLE[1:] + b"0\r\n\r\n"), 400, CLOSED),
    "bytes behind a chunk": (chunks(WHOLE[:-2] + b"XX0\r\n\r\n"), 400, CLOSED),
    "a byte too many": (chunks(WHOLE[:-2] + b"X\r\n0\r\n\r\n"), 400, CLOSED),
    "only LF behind a chunk": (chunks(WHOLE[:-2] + b"\n0\r\n\r\n"), 400, CLOSED),
    "a trailer with a space": (chunks(WHOLE + b"0\r\nX : a\r\n\r\n"), 400, CLOSED),
    "a trailer without a colon": (chunks(WHOLE + b"0\r\nGET / HTTP/1.1\r\n\r\n"), 400, CLOSED),
    "a trailer and LF": (chunks(WHOLE + b"0\r\nX: a\n\r\n"), 400, CLOSED),
    "endless extensions": (chunks(b"9;" + b"a" * 9000), 413, CLOSED),
    "endless trailers": (chunks(WHOLE + b"0\r\n" + b"X: a\r\n" * 5000), 413, CLOSED),
    "an immense chunk": (chunks(b"f" * 20 + b"\r\n"), 413, CLOSED),
}
EXPECTED = [(name, *expected) for name, expected in REQUESTS.items()]


def check(wire: Wire, status: int, state: str) -> None:
    """The next answer is this, and afterwards the connection is open or closed."""
    answer = wire.answer()
    assert answer is not None
    assert answer.status == status, answer.body
    if status >= 400:
        # A body that was read says something that the route does not understand.
        assert answer.code == ("bad_parameter" if state == OPEN else CODES[status])
    assert answer.headers["connection"] == ("keep-alive" if state == OPEN else "close")
    assert wire.state() == state


CODES = {400: "bad_request", 413: "too_large", 501: "not_implemented"}


@pytest.mark.parametrize(("data", "status", "state"), REQUESTS.values(), ids=REQUESTS)
def test_a_request_has_one_meaning_or_none(
    system: System, data: bytes, status: int, state: str
) -> None:
    with Wire(system) as wire:
        wire.send(data)
        check(wire, status, state)


@pytest.mark.parametrize(("data", "status", "state"), REQUESTS.values(), ids=REQUESTS)
def test_however_it_is_cut_it_is_the_same(
    system: System, data: bytes, status: int, state: str
) -> None:
    with Wire(system) as wire:
        wire.drip(data)
        check(wire, status, state)


@pytest.mark.parametrize(("data", "status", "state"), REQUESTS.values(), ids=REQUESTS)
def test_behind_others_it_is_the_same_and_they_are_answered_first(
    system: System, data: bytes, status: int, state: str
) -> None:
    before = (HEAD + b"\r\n") + chunks(WHOLE + b"0\r\nX: a\r\n\r\n")
    with Wire(system) as wire:
        wire.send(before + data)
        first, second = wire.answer(), wire.answer()
        assert first is not None
        assert second is not None
        assert (first.status, second.status, second.code) == (OK, READ, "bad_parameter")
        check(wire, status, state)


def test_what_follows_a_refused_request_is_never_taken_for_another(system: System) -> None:
    for name, (data, status, state) in REQUESTS.items():
        if state == OPEN:
            continue
        with Wire(system) as wire:
            wire.send(data + (HEAD + b"\r\n") * 3)
            answer = wire.answer()
            assert answer is not None
            assert answer.status == status, name
            assert wire.answer() is None, name


def test_each_request_that_cannot_be_read_is_counted_and_logged_in_one_line(
    system: System,
) -> None:
    def counted() -> float:
        (found,) = [
            float(each.split()[1])
            for each in system.http.get("/metrics").text.splitlines()
            if each.startswith("tart_api_requests_unreadable_total ")
        ]
        return found

    before = counted()
    for _ in range(3):
        with Wire(system) as wire:
            wire.send(b"\x1b]0;\x07 / HTTP/1.1\r\n\r\n")
            answer = wire.answer()
            assert answer is not None
            assert answer.status == 400
    assert counted() == before + 3
    logged = system.process.errors()
    assert "cannot be read" in logged
    assert not set("\x1b\x07\r") & set(logged)


def test_an_error_repeats_no_bytes_that_are_no_text(system: System) -> None:
    for kind in (b"\xff\xfe", b"a\xc3", b"\xed\xa0\x80"):
        with Wire(system) as wire:
            wire.send(SQL + b"Content-Type: %b\r\nContent-Length: 2\r\n\r\n{}" % kind)
            answer = wire.answer()
            assert answer is not None
            assert (answer.status, answer.code) == (415, "unsupported_body")
    for header in (b"Origin: http://\xff", b"Authorization: Bearer \xff", b"Accept-Encoding: \xff"):
        for path in (b"/api/stats", b"/api/ws", b"/api/nope"):
            with Wire(system) as wire:
                wire.send(b"GET %b HTTP/1.1\r\nHost: localhost\r\n%b\r\n\r\n" % (path, header))
                answer = wire.answer()
                assert answer is not None
                assert answer.status < 500


@pytest.mark.parametrize("path", ["events/export", "events/stream", "metrics/stream"])
def test_nobody_is_told_the_length_of_what_has_none(system: System, path: str) -> None:
    with Wire(system) as wire:
        wire.send(b"HEAD /api/%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode())
        answer = wire.answer(head_only=True)
        assert answer is not None
        assert answer.status == OK
        assert "content-length" not in answer.headers
        assert wire.state() == OPEN


def test_who_does_not_know_chunks_gets_none(system: System) -> None:
    """RFC 9112, 6.1: no Transfer-Encoding to a client of HTTP/1.0."""
    with Wire(system) as wire:
        wire.send(b"GET /api/metrics/stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        answer = wire.answer()
        assert answer is not None
        assert "transfer-encoding" not in answer.headers
        assert answer.headers["connection"] == "close"
        while b"\n\n" not in wire._received:
            assert wire._more()
        assert wire._received.startswith((b"data: {", b":"))


# --- Mutations ------------------------------------------------------------------------


SEEDS = [
    *(data for data, _, state in REQUESTS.values() if state == OPEN),
    b"GET /api/events?limit=5&cursor=a HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\n\r\n",
    b"GET /api/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
]
PARTS = [b"\r\n", b"\n", b"\r", b"\x00", b" ", b":", b",", b";", b"%", b"#", b"0", b"-", b"\xff"]
PARTS += [b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: a\r\n", b"\t"]
PARTS += [b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"/../", b"//", b"HTTP/1.1"]


def mutated(chance: random.Random) -> bytes:
    """A request with a few changes."""
    data = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[place : place + 1] = bytes((chance.randrange(256),))
            case 1:
                data[place:place] = chance.choice(PARTS)
            case 2:
                del data[place : place + chance.randint(1, 9)]
            case 3:
                data[place:place] = data[place : place + chance.randint(1, 40)]
            case 4:
                other = chance.choice(SEEDS)
                data[place:] = other[chance.randrange(len(other)) :]
    return bytes(data)


def assail(system: System, count: int, seed: int) -> None:
    """Send so many mutations: each is answered in time, never with a fault of ours."""
    chance = random.Random(seed)
    for number in range(count):
        data = mutated(chance)
        with Wire(system) as wire:
            wire.send(data)
            # No more will come: whoever waits for the rest need not.
            wire.socket.shutdown(socket.SHUT_WR)
            began = time.monotonic()
            while (answer := wire.answer(head_only=data.startswith(b"HEAD"))) is not None:
                assert answer.status not in (500, 502), (seed, number, data)
                if answer.status == 101:
                    break
                if answer.status >= 400:
                    assert answer.code, (seed, number, data)
            assert time.monotonic() - began < DEADLINE, (seed, number, data)


def test_no_mutation_of_a_request_is_a_fault_of_ours(system: System) -> None:
    assail(system, 400, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_no_mutation_of_a_request_is_a_fault_of_ours_for_long(system: System) -> None:
    assail(system, 100_000, seed=random.randrange(1 << 32))
