"""The connection to one endpoint: a WebSocket client that is made again whenever it is lost.

The follower decides what to send; here are only the socket, the deadlines, and the limits of what
an endpoint may send. An endpoint that does not answer, sends too much or sends garbage is closed
and connected to again after a random time that grows with each attempt (full jitter), until it
answers. The URL may have a password or a token, so it is in no message; the label of the endpoint
has only the host.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from tart.chain.core.actions import Ask, Subscribe
from tart.chain.core.endpoint_session import MAX_NOISE, Answered, EndpointSession, SessionEvent
from tart.errors import TartError
from tart.os_errors import reason
from tart.printable import replace_unprintable
from tart.rpc.connection import MAX_MESSAGE_BYTES

log = logging.getLogger(__name__)

FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0
# Before a warning about an endpoint: it may start along with tart, or be restarted.
GRACE_SECONDS = 10.0
PING_SECONDS = 20.0
CLOSE_SECONDS = 1.0
# Messages that wait to be sent; the follower has fewer requests in flight.
MAX_UNSENT = 300
# An endpoint may send this at once, and this much a second in the long run.
MESSAGES_BURST, MESSAGES_PER_SECOND = 1000, 200
BYTES_BURST, BYTES_PER_SECOND = 64 << 20, 8 << 20
# Requests without an answer in a row after which the connection is given up.
MAX_TIMEOUTS = 4
_ERROR_CHARACTERS = 200
_DEFAULT_PORTS = {"ws": 80, "wss": 443}


class EndpointFault(TartError):
    """An endpoint that does what no node does; its connection is closed."""


class _Connect(connect):
    """Follows no redirect: an endpoint is at the address that the settings name.

    Otherwise one could have tart connect to any address, or be another endpoint and vote twice.
    """

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the error."""
        return exc


class Receiver(Protocol):
    """Receives what happens at the endpoints; see ``worker``."""

    def connected(self, index: int) -> None:
        """An endpoint is connected."""

    def lost(self, index: int, error: str) -> None:
        """A connection ended, or could not be made."""

    def received(self, index: int, event: SessionEvent) -> None:
        """An endpoint answered, or did not in time."""


def labels(urls: tuple[str, ...]) -> list[str]:
    """Return the names of endpoints for logs and answers: scheme, host and port, and no secrets.

    Endpoints of one host and port are numbered. A port that a URL leaves out is the scheme's, which
    is seldom meant: nodes listen on 19800.
    """
    seen: dict[str, int] = {}
    names = []
    for url in urls:
        parts = urlsplit(url)
        port = "" if parts.port else f":{_DEFAULT_PORTS[parts.scheme]}"
        name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{port}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names


class Budget:
    """A token bucket of what an endpoint may send."""

    def __init__(self, burst: float, rate: float, now: float) -> None:
        self._burst, self._rate = burst, rate
        self._left, self._filled_at = burst, now

    def take(self, amount: float, now: float) -> bool:
        """Return whether the amount was left, and take it."""
        self._left = min(self._burst, self._left + (now - self._filled_at) * self._rate)
        self._filled_at = now
        self._left -= amount
        return self._left >= 0


class EndpointClient:
    """One endpoint.

    Args:
        index: Its number at the follower.
        url: With secrets.
        label: Without.
        timeout: Seconds to connect, and for an answer.
        receiver: Of what happens.
        jitter: Returns a random number from 0 to 1.
        grace_seconds: For how long an endpoint may be away without a warning.
    """

    def __init__(
        self,
        index: int,
        url: str,
        label: str,
        timeout: float,
        receiver: Receiver,
        jitter: Callable[[], float] = random.random,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self.label = label
        self._index = index
        self._url = url
        self._timeout = timeout
        self._receiver = receiver
        self._jitter = jitter
        self._session: EndpointSession | None = None
        self._unsent: asyncio.Queue[str] = asyncio.Queue(MAX_UNSENT)
        self._answers = False
        self._described: str | None = None
        self._grace = grace_seconds
        self._warn_from = time.monotonic() + grace_seconds

    async def run(self) -> None:
        """Keep connected until cancelled."""
        attempts = 0
        while True:
            self._answers = False
            error = await self._connect()
            self._session = None
            if self._answers:
                self._warn_from = time.monotonic() + self._grace
                log.info("lost the connection to the RPC of %s: %s; retrying", self.label, error)
            self._describe(error)
            self._receiver.lost(self._index, error)
            attempts = 1 if self._answers else attempts + 1
            longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(attempts - 1, 10))
            await asyncio.sleep(max(0.01, longest * self._jitter()))

    def send(self, action: Ask | Subscribe) -> None:
        """Send a message; one that cannot be sent fails as one that is not answered."""
        session = self._session
        if session is None:
            return
        text = session.send(action, time.monotonic())
        if text is not None and not self._unsent.full():
            self._unsent.put_nowait(text)
        for event in session.take_unsent():
            asyncio.get_running_loop().call_soon(self._receiver.received, self._index, event)

    async def _connect(self) -> str:
        """Connect, and serve the connection; return why it ended."""
        try:
            async with _Connect(
                self._url,
                open_timeout=self._timeout,
                ping_interval=PING_SECONDS,
                ping_timeout=PING_SECONDS,
                close_timeout=CLOSE_SECONDS,
                max_size=MAX_MESSAGE_BYTES,
                max_queue=4,
                compression=None,
                proxy=None,
                logger=_SILENT,
            ) as socket:
                return await self._serve(socket)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # The boundary of an endpoint: whatever it does costs its connection.
            return self.explain(error)

    async def _serve(self, socket: ClientConnection) -> str:
        session = self._session = EndpointSession(self._timeout)
        self._unsent = asyncio.Queue(MAX_UNSENT)
        self._receiver.connected(self._index)
        tasks = [
            asyncio.create_task(work)
            for work in (
                self._receive(socket, session),
                self._send_all(socket),
                self._expire(session),
            )
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            if (error := task.exception()) is not None:
                return self.explain(error)
        return "the connection ended"

    async def _receive(self, socket: ClientConnection, session: EndpointSession) -> None:
        now = time.monotonic()
        messages = Budget(MESSAGES_BURST, MESSAGES_PER_SECOND, now)
        octets = Budget(BYTES_BURST, BYTES_PER_SECOND, now)
        while True:
            text = await socket.recv()
            now = time.monotonic()
            if not messages.take(1, now) or not octets.take(len(text), now):
                raise EndpointFault("it sends more than a node has to send")
            for event in session.receive(text):
                if isinstance(event, Answered):
                    self._answer()
                self._receiver.received(self._index, event)
            if session.noise > MAX_NOISE:
                raise EndpointFault("it sends messages that are not JIP-2")
            # A message that is there already does not let others take their turn.
            await asyncio.sleep(0)

    async def _send_all(self, socket: ClientConnection) -> None:
        while True:
            await socket.send(await self._unsent.get())

    async def _expire(self, session: EndpointSession) -> None:
        """Give up requests that are not answered, and the connection if it answers none."""
        while True:
            deadline = session.next_deadline
            now = time.monotonic()
            await asyncio.sleep(0.5 if deadline is None else min(0.5, max(0.02, deadline - now)))
            for event in session.expire(time.monotonic()):
                self._receiver.received(self._index, event)
            if session.timeouts >= MAX_TIMEOUTS:
                raise EndpointFault(f"it did not answer within {self._timeout:g} s")

    def _answer(self) -> None:
        if not self._answers:
            self._answers = True
            self._described = None
            log.info("connected to the RPC of %s", self.label)

    def _describe(self, error: str) -> None:
        """Log the end of a connection, once until it answers again or fails otherwise."""
        if error != self._described and time.monotonic() >= self._warn_from:
            self._described = error
            log.warning(
                "no connection to the RPC of %s: %s; retrying within %g s at first, later within "
                "%g s",
                self.label,
                error,
                FIRST_BACKOFF,
                LONGEST_BACKOFF,
            )

    def explain(self, error: BaseException) -> str:
        """Return a reason in words, without the URL."""
        match error:
            case EndpointFault():
                text = str(error)
            case TimeoutError():
                text = f"it did not accept within {self._timeout:g} s"
            case OSError():
                text = reason(error)
            case InvalidStatus():
                status = error.response.status_code
                redirect = ", a redirect" if 300 <= status < 400 else ""
                text = f"it answers HTTP status {status}{redirect}"
            case ConnectionClosed():
                frame = error.rcvd or error.sent
                text = "the connection was lost" if frame is None else f"closed: {frame}"
            case WebSocketException():
                text = f"it does not speak WebSocket ({type(error).__name__})"
            case AssertionError() if self._session is None:
                # Of the library, if a server answers and closes before the request was sent.
                text = "the connection was lost"
            case _:
                log.error("endpoint %s failed (a bug in tart)", self.label, exc_info=error)
                text = f"{type(error).__name__} (a bug in tart)"
        return replace_unprintable(text)[:_ERROR_CHARACTERS]


# Its own log would have the URL with its secrets.
_SILENT = logging.Logger("websockets", level=logging.CRITICAL + 1)
