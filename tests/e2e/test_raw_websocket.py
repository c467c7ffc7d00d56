"""WebSocket frame by frame (RFC 6455): the cases of Autobahn's suite that apply to a server.

The suite expects an echo; here a message is answered by what ``/api/ws`` answers, and what ends
a connection ends it with the code that the suite asks for. Sections 12 and 13 (compression) do
not apply: it is not offered.
"""

from __future__ import annotations

import base64
import json
import os
import random
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.raw import Raw
from tests.running import DEADLINE, System, running_system

pytestmark = pytest.mark.slow

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
LIMIT = 100_000
ASK = b'{"type":"Ping"}'
ENVIRON = {"TART_API_REQUESTS_PER_SECOND": "1000000", "TART_API_BURST_REQUESTS": "1000000"}
ENVIRON |= {"TART_API_MAX_BODY_BYTES": str(LIMIT)}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A running tart; whatever happened to it, it wrote no traceback."""
    with running_system(tmp_path_factory.mktemp("ws") / "d", shards=1, environ=ENVIRON) as running:
        yield running
        errors = [line for line in running.process.errors().splitlines() if "Traceback" in line]
        assert errors == []


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True
) -> bytes:
    """One frame of a client."""
    size = len(payload)
    short = size if size < 126 else 126 if size < 1 << 16 else 127
    head = bytes((fin << 7 | rsv << 4 | opcode, masked << 7 | short))
    head += b"" if size < 126 else struct.pack(">H" if size < 1 << 16 else ">Q", size)
    if not masked:
        return head + payload
    mask = b"\x12\x34\x56\x78"
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def text(payload: bytes, *, fin: bool = True) -> bytes:
    """A text message, or its first frame."""
    return frame(TEXT, payload, fin=fin)


def more(payload: bytes, *, fin: bool = True) -> bytes:
    """The next frame of a message."""
    return frame(CONTINUATION, payload, fin=fin)


def close(code: int, reason: bytes = b"") -> bytes:
    """A Close frame."""
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


class Client(Raw):
    """A client that says what it likes."""

    def __init__(self, system: System, path: str = "/api/ws?subscribe=none", **headers: str):
        super().__init__(system)
        given = {
            "Host": "localhost",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
        }
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{name}: {value}" for name, value in given.items() if value]
        self.send("\r\n".join((f"GET {path} HTTP/1.1", *lines, "", "")).encode())
        while b"\r\n\r\n" not in self._received:
            self._received += self.socket.recv(65536)
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        status_line, *fields = head.decode().split("\r\n")
        self.status = int(status_line.split()[1])
        self.headers = dict(field.lower().split(": ", 1) for field in fields)

    def hear(self) -> tuple[int, bytes] | None:
        """The next frame of the server, ``None`` at the end; all of its are whole and unmasked."""
        if (head := self._take(2)) is None:
            return None
        assert head[0] & 0xF0 == 0x80
        assert head[1] < 0x80
        size = head[1]
        if size >= 126:
            length = self._take(2 if size == 126 else 8)
            assert length is not None
            size = int.from_bytes(length, "big")
        payload = self._take(size)
        assert payload is not None
        return head[0] & 0x0F, payload

    def heard(self, count: int | None = None) -> list[Any]:
        """What is answered: names of messages, payloads of pongs, and the code of Close.

        What is told unasked, the greeting and figures, is left out.

        Args:
            count: So many, else all until the end.
        """
        found: list[Any] = []
        while len(found) != count and (told := self.hear()) is not None:
            opcode, payload = told
            if opcode == TEXT:
                name = json.loads(payload)["type"]
                found += [] if name in ("connected", "stats") else [name]
            elif opcode == PONG:
                found.append(payload)
            elif opcode == CLOSE:
                found.append(int.from_bytes(payload[:2], "big"))
                payload[2:].decode()
            # A ping of the server needs no answer within such a time.
        return found

    def _take(self, size: int) -> bytes | None:
        while len(self._received) < size:
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                return None
            self._received += data
        taken, self._received = self._received[:size], self._received[size:]
        return taken


BYE = close(1000)
# In place of a code: the connection goes on, and is closed by the client in the end.
GOES_ON, NO_CODE = -1, 0
KOSME = "κόσμε".encode()
GOOD_TEXTS = [
    KOSME,
    *(chr(each).encode() for each in (0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF)),
    *(chr(each).encode() for each in (0xD7FF, 0xE000, 0xFFFD, 0x1FFFE, 0xFFFE)),
]
BAD_TEXTS = [
    *(KOSME + b"\xed\xa0\x80edited", KOSME + b"\xf4\x90\x80\x80edited"),
    *(b"\x80", b"\xbf", b"\x80\xbf\x80\xbf", b"\xc0 ", b"\xc3", b"\xe0 ", b"\xf0 ", b"\xf8 "),
    *(b"\xfc ", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfe", b"\xff"),
    *(b"\xfe\xfe\xff\xff", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xc1\xbf"),
    *(b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xc0\x80", b"\xed\xa0\x80", b"\xed\xad\xbf"),
    *(b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80", b"\xf4\x90\x80\x80", b"\xce\xba\xe1"),
]
CASES: dict[str, tuple[bytes, list[Any]]] = {
    # --- 1: messages of any size
    **{
        f"1 a text of {size}": (text(ASK.ljust(size)), ["pong", GOES_ON])
        for size in (15, 125, 126, 127, 128, 65_535, 65_536, LIMIT)
    },
    "1 an empty text": (text(b""), ["error", GOES_ON]),
    **{
        f"1 {size} bytes": (frame(BINARY, b"\xfe" * size), ["error", GOES_ON])
        for size in (0, 125, 126, 65_536)
    },
    # --- 2: pings and pongs
    "2 a ping": (frame(PING), [b"", GOES_ON]),
    "2 a ping of text": (frame(PING, b"hello"), [b"hello", GOES_ON]),
    "2 a ping of bytes": (frame(PING, b"\x00\xff\xfe"), [b"\x00\xff\xfe", GOES_ON]),
    "2 the longest ping": (frame(PING, b"a" * 125), [b"a" * 125, GOES_ON]),
    "2 too long a ping": (frame(PING, b"a" * 126), [1002]),
    "2 a pong nobody asked for": (frame(PONG, b"a") + frame(PING, b"b"), [b"b", GOES_ON]),
    "2 ten pings": (
        b"".join(frame(PING, b"%d" % each) for each in range(10)),
        [*(b"%d" % each for each in range(10)), GOES_ON],
    ),
    # --- 3: reserved bits
    **{f"3 bits {rsv} of text": (frame(TEXT, ASK, rsv=rsv), [1002]) for rsv in range(1, 8)},
    **{
        f"3 a bit of {opcode}": (frame(opcode, rsv=4), [1002])
        for opcode in (BINARY, CLOSE, PING, PONG)
    },
    "3 a bit behind a text": (text(ASK) + frame(TEXT, ASK, rsv=1), ["pong", 1002]),
    # --- 4: reserved opcodes
    **{
        f"4 opcode {opcode}": (text(ASK) + frame(opcode, b"a"), ["pong", 1002])
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    },
    # --- 5: fragments
    "5 a ping in two": (frame(PING, b"a", fin=False) + more(b"b"), [1002]),
    "5 a pong in two": (frame(PONG, b"a", fin=False) + more(b"b"), [1002]),
    "5 a Close in two": (frame(CLOSE, b"\x03", fin=False) + more(b"\xe8"), [1002]),
    "5 a text in two": (text(ASK[:5], fin=False) + more(ASK[5:]), ["pong", GOES_ON]),
    "5 a text in three": (
        text(ASK[:5], fin=False) + more(b"", fin=False) + more(ASK[5:]),
        ["pong", GOES_ON],
    ),
    "5 a ping between": (
        text(ASK[:5], fin=False) + frame(PING, b"a") + more(ASK[5:]),
        [b"a", "pong", GOES_ON],
    ),
    "5 nothing to go on with": (more(ASK), [1002]),
    "5 nothing to go on with, yet": (more(ASK, fin=False), [1002]),
    "5 going on behind the end": (text(ASK) + more(ASK), ["pong", 1002]),
    "5 a text inside another": (text(ASK, fin=False) + text(ASK), [1002]),
    "5 bytes inside a text": (text(ASK, fin=False) + frame(BINARY, ASK), [1002]),
    "5 a message in bytes": (
        text(ASK[:1], fin=False)
        + b"".join(more(ASK[i : i + 1], fin=False) for i in range(1, len(ASK)))
        + more(b""),
        ["pong", GOES_ON],
    ),
    # --- 6: text is UTF-8
    **{
        f"6 good {each.hex()}": (text(b'{"type":"%b"}' % each), ["error", GOES_ON])
        for each in GOOD_TEXTS
    },
    **{f"6 bad {each.hex()}": (text(each), [1007]) for each in BAD_TEXTS},
    **{f"6 bad inside {each.hex()}": (text(b'{"type":"%b"}' % each), [1007]) for each in BAD_TEXTS},
    "6 cut inside a character": (
        text(b'{"type":"' + KOSME[:3], fin=False) + more(KOSME[3:] + b'"}'),
        ["error", GOES_ON],
    ),
    "6 an end inside a character": (text(KOSME[:3], fin=False) + more(b""), [1007]),
    # Refused before the message has ended.
    "6 bad in the first of many": (text(b"\xff", fin=False), [1007]),
    "6 bad in a later one": (text(KOSME, fin=False) + more(b"\xed\xa0\x80", fin=False), [1007]),
    "6 bad over two": (text(b"\xed", fin=False) + more(b"\xa0\x80", fin=False), [1007]),
    "6 bad behind a ping": (text(b"a", fin=False) + frame(PING) + more(b"\xff"), [b"", 1007]),
    "6 bad behind a good one": (text(ASK) + text(b"\xff"), ["pong", 1007]),
    "6 a text behind bytes": (
        frame(BINARY, b"\xff", fin=False) + more(b"\xff") + text(ASK),
        ["error", "pong", GOES_ON],
    ),
    # --- 7: closing
    "7 a Close": (BYE, [1000]),
    "7 two": (BYE + BYE, [1000]),
    "7 a ping behind it": (BYE + frame(PING, b"a"), [1000]),
    "7 a text behind it": (BYE + text(ASK), [1000]),
    # The suite would have it end well; websockets calls the message that is cut an error.
    "7 inside a text": (text(ASK, fin=False) + BYE + more(ASK), [1002]),
    "7 no code": (frame(CLOSE), [NO_CODE]),
    "7 half a code": (frame(CLOSE, b"\x03"), [1002]),
    "7 a reason": (close(1000, b"enough"), [1000]),
    "7 the longest reason": (close(1000, b"a" * 123), [1000]),
    "7 too long a reason": (close(1000, b"a" * 124), [1002]),
    "7 a reason that is no text": (close(1000, b"\xce\xba\xe1\xff"), [1007]),
    **{
        f"7 code {code}": (close(code), [code])
        for code in (*range(1000, 1004), *range(1007, 1012), 3000, 3999, 4000, 4999)
    },
    **{
        f"7 no such code {code}": (close(code), [1002])
        for code in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535)
    },
    # --- 9: limits
    "9 too long a text": (text(b" " * (LIMIT + 1)), [1009]),
    "9 too long in pieces": (
        text(b" " * LIMIT, fin=False) + more(b" ", fin=False),
        [1009],
    ),
    "9 an announced length": (b"\x81\xff" + (1 << 40).to_bytes(8, "big") + b"mask", [1009]),
    # --- RFC 6455, 5.1 and 5.2
    "no mask": (frame(TEXT, ASK, masked=False), [1002]),
    "no mask of a ping": (frame(PING, masked=False), [1002]),
    # Too long, whether or not the highest bit may be set.
    "a length with all bits": (b"\x81\xff" + b"\xff" * 8 + b"mask", [1009]),
}


def check(client: Client, answers: list[Any]) -> None:
    """What was sent is answered so, and ended so."""
    *answers, code = answers
    if code == GOES_ON:
        assert client.heard(len(answers)) == answers
        client.send(BYE)
        assert client.heard() == [1000]
    else:
        # What came before the end need not be answered any more.
        *told, ended = client.heard()
        assert ended == code
        assert told == answers[: len(told)]


@pytest.mark.parametrize(("data", "answers"), CASES.values(), ids=CASES)
def test_each_case_is_answered_or_closed_with_its_code(
    system: System, data: bytes, answers: list[Any]
) -> None:
    with Client(system) as client:
        assert client.status == 101
        client.send(data)
        check(client, answers)


@pytest.mark.parametrize(
    "name", [name for name, (data, _) in CASES.items() if len(data) < 1000], ids=str
)
def test_however_it_is_cut_it_is_the_same(system: System, name: str) -> None:
    data, answers = CASES[name]
    with Client(system) as client:
        client.drip(data)
        check(client, answers)


# --- The handshake (RFC 6455, 4.2) ----------------------------------------------------


@pytest.mark.parametrize("version", ["8", "7", "14", "013", "1" * 300, "\u00a013"])
def test_other_versions_are_told_ours(system: System, version: str) -> None:
    with Client(system, Sec_WebSocket_Version=version) as client:
        assert client.status == 400
        assert client.headers["sec-websocket-version"] == "13"
        assert b"13" in (client._take(1) or b"") + client._received


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upgrade": ""}, 426),
        ({"Upgrade": "h2c"}, 426),
        ({"Connection": ""}, 400),
        ({"Connection": "close"}, 400),
        ({"Sec_WebSocket_Key": ""}, 400),
        ({"Sec_WebSocket_Key": "abc"}, 400),
        ({"Sec_WebSocket_Version": ""}, 400),
    ],
)
def test_what_is_no_handshake_is_refused(
    system: System, headers: dict[str, str], status: int
) -> None:
    with Client(system, **headers) as client:
        assert client.status == status
        assert client.headers["content-type"] == "application/json"


def test_compression_is_not_agreed_to(system: System) -> None:
    with Client(system, Sec_WebSocket_Extensions="permessage-deflate") as client:
        assert client.status == 101
        assert "sec-websocket-extensions" not in client.headers


def test_who_does_not_wait_for_the_handshake_is_understood(system: System) -> None:
    with Client(system, Sec_WebSocket_Protocol="x\r\nX: y") as client:
        client.send(frame(PING, b"a"))
        assert client.heard(1) == [b"a"]
    host, _, port = system.api.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=DEADLINE) as early:
        head = "GET /api/ws?subscribe=none HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        head += "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        head += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        early.sendall(head.encode() + frame(PING, b"early"))
        said = b""
        while b"\x8a\x05early" not in said:
            data = early.recv(65536)
            assert data
            said += data


# --- Mutations ------------------------------------------------------------------------


SEEDS = [data for data, _ in CASES.values() if len(data) < 1000]
SEEDS += [
    text(b'{"type":"Subscribe","filter":{"type":"Any","filters":[{"type":"Core","core":3}]}}'),
    text(b'{"type":"GetRecentEvents","limit":5}') + text(b'{"type":"Unsubscribe","silent":true}'),
    text(b'{"type":"SubscribeMetrics","interval_ms":500}') + text(b'{"type":"SubscribeAlerts"}'),
]


def mutated(chance: random.Random) -> bytes:
    """Frames with a few changes."""
    data = bytearray(b"".join(chance.choices(SEEDS, k=chance.randint(1, 3))))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[place : place + 1] = bytes((chance.randrange(256),))
            case 1:
                data[place:place] = chance.randbytes(chance.randint(1, 9))
            case 2:
                del data[place : place + chance.randint(1, 9)]
            case 3:
                data[place:place] = text(b'{"type":"Ping"}')
    return bytes(data)


def assail(system: System, count: int, seed: int) -> None:
    """Send so many mutations: each conversation ends in time; ``system`` looks for faults."""
    chance = random.Random(seed)
    for number in range(count):
        data = mutated(chance)
        with Client(system) as client:
            client.send(data)
            # Whoever waits for the rest of a frame waits no longer.
            client.socket.shutdown(socket.SHUT_WR)
            answers = client.heard()
        codes = [each for each in answers if isinstance(each, int)]
        assert len(codes) <= 1, (seed, number, data)


def test_no_mutation_of_a_conversation_is_a_fault_of_ours(system: System) -> None:
    assail(system, 300, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_no_mutation_of_a_conversation_is_a_fault_of_ours_for_long(system: System) -> None:
    assail(system, 50_000, seed=random.randrange(1 << 32))
