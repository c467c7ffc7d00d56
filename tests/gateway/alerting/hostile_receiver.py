"""A receiver of webhooks that answers as badly as told: on a thread, with real sockets."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

# Everything that it can do to a request; "accept" and "accept_slowly" take the message.
BEHAVIOURS = (
    *("accept", "accept_slowly", "too_many", "unavailable", "error", "refuse", "unauthorized"),
    *("gone", "redirect", "hang", "reset", "close", "slow_body", "huge_body", "garbage"),
)
ACCEPTS = frozenset({"accept", "accept_slowly"})
_STATUS = {
    "accept": "200 OK",
    "accept_slowly": "200 OK",
    "too_many": "429 Too Many Requests",
    "unavailable": "503 Service Unavailable",
    "error": "500 Internal Server Error",
    "refuse": "400 Bad Request",
    "unauthorized": "401 Unauthorized",
    "gone": "410 Gone",
    "redirect": "307 Temporary Redirect",
    "slow_body": "500 Internal Server Error",
    "huge_body": "500 Internal Server Error",
}
_MAX_REQUEST = 4 << 20


@dataclass(frozen=True)
class Received:
    """A request, and what became of it."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    behaviour: str

    @property
    def id(self) -> str:
        """The id of the message."""
        return self.headers.get("webhook-id", "")

    def json(self) -> Any:
        """The message."""
        return json.loads(self.body)


class HostileReceiver:
    """Listens on a free port of this machine until it is left.

    Args:
        script: What it does to the next requests, in order; afterwards it accepts.
        choose: Instead of a script: called with the number of the request.
        retry_after: Seconds that "too_many" and "unavailable" name.
        tls: A context for HTTPS.
        answer: Body of its answers besides those of bad behaviour.
    """

    def __init__(
        self,
        script: Iterable[str] = (),
        *,
        choose: Callable[[int], str] | None = None,
        retry_after: str = "1",
        tls: ssl.SSLContext | None = None,
        answer: bytes = b"ok",
    ) -> None:
        self.script = deque(script)
        self.received: list[Received] = []
        self.retry_after = retry_after
        self.answer = answer
        self._choose = choose
        self._tls = tls
        self._stopping = threading.Event()
        self._released = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """Its address, with a path that counts as a secret."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/hooks/s3cr3t-t0ken"

    @property
    def accepted(self) -> list[Received]:
        """The messages that it took."""
        return [each for each in self.received if each.behaviour in ACCEPTS]

    def forget(self) -> None:
        """End the connections that hang, and forget all requests."""
        self._released.set()
        for thread in self._threads:
            thread.join(5)
        self._released.clear()
        self._threads.clear()
        self.received.clear()

    def __enter__(self) -> HostileReceiver:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._released.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in (self._accepting, *self._threads):
            thread.join(5)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that was refused, or that has left, is no failure of the test.
        with suppress(OSError, ValueError), connection:
            connection.settimeout(30)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                path, headers, body = _read_request(connection)
                if self.script:
                    behaviour = self.script.popleft()
                elif self._choose is not None:
                    behaviour = self._choose(len(self.received))
                else:
                    behaviour = "accept"
                self.received.append(Received(path, headers, body, behaviour))
                self._behave(connection, behaviour)

    def _behave(self, connection: socket.socket, behaviour: str) -> None:
        if behaviour == "hang":
            self._released.wait(60)
        elif behaviour == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif behaviour == "garbage":
            connection.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        elif behaviour != "close":
            self._answer(connection, behaviour)

    def _answer(self, connection: socket.socket, behaviour: str) -> None:
        head = [f"HTTP/1.1 {_STATUS[behaviour]}", "Connection: close"]
        body = self.answer
        if behaviour in ("too_many", "unavailable"):
            head.append(f"Retry-After: {self.retry_after}")
        if behaviour == "redirect":
            head.append(f"Location: http://127.0.0.1:{self.port}/elsewhere/another-t0ken")
        if behaviour == "huge_body":
            body = b"x" * (64 << 20)
        head.append(f"Content-Length: {len(body)}")
        connection.sendall("\r\n".join((*head, "", "")).encode())
        if behaviour in ("slow_body", "accept_slowly"):
            for index in range(len(body)):
                if self._released.wait(10 if behaviour == "slow_body" else 0.01):
                    return
                connection.sendall(body[index : index + 1])
        else:
            connection.sendall(body)


def _read_request(connection: socket.socket) -> tuple[str, dict[str, str], bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        body += _receive(connection)
    return first.split()[1], headers, body


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 16)
    if not data:
        raise ValueError("the request is incomplete")
    return data


def wait_until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait on another thread's condition; an assertion fails at the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
