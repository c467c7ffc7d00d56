"""Requests that any of several endpoints may answer: the first answer wins.

Pure. A request goes to one endpoint at a time. One that refuses, or does not answer in time, is
not asked again before all others; after some rounds the request is given up. An endpoint has a
bounded number of requests at a time, and no endpoint waits for another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tart.units import SECOND_US

PER_ENDPOINT = 8
ROUNDS = 2
RETRY_US = 2 * SECOND_US
# After this a request that no endpoint answered is repeated, if it must not be given up for that.
SILENCE_US = 10 * SECOND_US
# An endpoint that was lost this often with a request in flight counts as one that refused it.
MAX_LOSSES = 5
# Requests that are passed over, because their endpoints are busy, before a search ends.
MAX_PASSED = 64


@dataclass(eq=False)
class Request:
    """A request.

    Attributes:
        key: A block's hash, an endpoint or a service; with the method it identifies the request.
        only: The endpoint that it is for; None if any may answer.
        preferred: Endpoints that are asked first.
        excluded: Endpoints that are not asked.
        patient: Whether it is given up only if an endpoint answered that it does not know.
        refused: Endpoints that refused it in this round, or did not answer.
        answered: Whether an endpoint refused it, instead of not answering.
    """

    number: int
    method: str
    key: bytes | int
    parameters: tuple[Any, ...]
    only: int | None = None
    preferred: frozenset[int] = frozenset()
    urgent: bool = False
    excluded: frozenset[int] = frozenset()
    patient: bool = False
    answered: bool = False
    refused: set[int] = field(default_factory=set)
    rounds: int = 0
    losses: int = 0
    not_before: int = 0


class Due(NamedTuple):
    """The result of a turn: requests to send, by endpoint, and requests that were given up."""

    send: list[tuple[int, Request]]
    given_up: list[Request]


class RequestQueue:
    """The requests that wait or are in flight.

    Attributes:
        sent: The number of requests sent, by endpoint.
        failures: Those that were refused or not answered in time, by endpoint.
    """

    def __init__(self, endpoints: int) -> None:
        self.sent = [0] * endpoints
        self.failures = [0] * endpoints
        self._connected: set[int] = set()
        self._unsupported: set[tuple[int, str]] = set()
        self._urgent: deque[Request] = deque()
        self._waiting: deque[Request] = deque()
        self._known: dict[tuple[str, bytes | int], Request] = {}
        self._in_flight: dict[int, tuple[int, Request]] = {}
        self._load = [0] * endpoints
        self._numbers = 0

    def __len__(self) -> int:
        """Return how many requests wait or are in flight."""
        return len(self._known)

    @property
    def in_flight(self) -> int:
        """The number of requests that were sent and not answered."""
        return len(self._in_flight)

    def connect(self, endpoint: int) -> None:
        """Ask an endpoint from now on; it may have methods now that it did not have."""
        self._connected.add(endpoint)
        self._unsupported = {each for each in self._unsupported if each[0] != endpoint}

    def disconnect(self, endpoint: int) -> None:
        """Ask others what an endpoint was asked, and drop what only it can answer."""
        self._connected.discard(endpoint)
        lost = [number for number, (target, _) in self._in_flight.items() if target == endpoint]
        for number in lost:
            request = self._take(number)
            request.losses += 1
            if request.losses > MAX_LOSSES:
                request.refused.add(endpoint)
            self._wait(request, first=True)
        for request in [each for each in self._known.values() if each.only == endpoint]:
            self.discard(request.method, request.key)

    def add(
        self,
        method: str,
        key: bytes | int,
        parameters: tuple[Any, ...] = (),
        *,
        only: int | None = None,
        preferred: Collection[int] = (),
        urgent: bool = False,
        excluded: Collection[int] = (),
        patient: bool = False,
    ) -> None:
        """Add a request; one that is there already is not added again."""
        if (method, key) in self._known:
            return
        self._numbers += 1
        request = Request(
            self._numbers,
            method,
            key,
            parameters,
            only,
            frozenset(preferred),
            urgent,
            frozenset(excluded),
            patient,
        )
        self._known[method, key] = request
        self._wait(request)

    def discard(self, method: str, key: bytes | int) -> None:
        """Forget a request; an answer that arrives yet has no effect."""
        self._known.pop((method, key), None)

    def resolve(self, number: int, endpoint: int) -> Request | None:
        """Return the request that an endpoint answered, None if it is not waited for."""
        request = self._end(number, endpoint)
        if request is None or not self._is_known(request):
            return None
        del self._known[request.method, request.key]
        return request

    def fail(
        self, number: int, endpoint: int, *, unsupported: bool = False, answered: bool = True
    ) -> None:
        """Record that an endpoint refused a request, or did not answer in time."""
        request = self._end(number, endpoint)
        if request is None:
            return
        self.failures[endpoint] += 1
        if unsupported:
            self._unsupported.add((endpoint, request.method))
        if self._is_known(request):
            self._ask_others(request, endpoint, answered=answered)

    def refuse(self, request: Request, endpoint: int) -> None:
        """Record that the answer to a request that ``resolve`` returned makes no sense."""
        self.failures[endpoint] += 1
        self._known[request.method, request.key] = request
        self._ask_others(request, endpoint, answered=True)

    def next_due(self, now: int) -> Due:
        """Return the requests to send now, each to a connected endpoint that is free."""
        due = Due([], [])
        for waiting in (self._urgent, self._waiting):
            passed: list[Request] = []
            while waiting and len(passed) < MAX_PASSED and self._has_room():
                request = waiting.popleft()
                if not self._is_known(request):
                    continue
                if not self._place(request, now, due):
                    passed.append(request)
            # Those that wait for a later time go behind the others.
            for request in reversed(passed):
                if request.not_before > now:
                    waiting.append(request)
                else:
                    waiting.appendleft(request)
        return due

    def _has_room(self) -> bool:
        return any(self._load[endpoint] < PER_ENDPOINT for endpoint in self._connected)

    def _place(self, request: Request, now: int, due: Due) -> bool:
        """Send a request, or give it up; return whether it leaves the queue."""
        if request.not_before > now:
            return False
        able = set(self._able(request))
        free = [each for each in able if self._load[each] < PER_ENDPOINT]
        if free:
            endpoint = min(
                free, key=lambda each: (each not in request.preferred, self._load[each], each)
            )
            self._in_flight[request.number] = endpoint, request
            self._load[endpoint] += 1
            self.sent[endpoint] += 1
            due.send.append((endpoint, request))
            return True
        if able:
            return False
        if request.patient and request.refused and not request.answered:
            request.refused.clear()
            request.not_before = now + SILENCE_US
            return False
        request.rounds += 1
        if request.rounds >= ROUNDS or not request.refused:
            del self._known[request.method, request.key]
            due.given_up.append(request)
            return True
        request.refused.clear()
        request.not_before = now + RETRY_US
        return False

    def _able(self, request: Request) -> Iterator[int]:
        for endpoint in self._connected:
            if (
                request.only in (None, endpoint)
                and endpoint not in request.refused
                and endpoint not in request.excluded
                and (endpoint, request.method) not in self._unsupported
            ):
                yield endpoint

    def _is_known(self, request: Request) -> bool:
        """Return whether a request was not forgotten; another one may have taken its place."""
        return self._known.get((request.method, request.key)) is request

    def _end(self, number: int, endpoint: int) -> Request | None:
        """Return the request of an endpoint that is no longer in flight; None if it was not."""
        target, request = self._in_flight.get(number, (None, None))
        return None if request is None or target != endpoint else self._take(number)

    def _ask_others(self, request: Request, endpoint: int, *, answered: bool) -> None:
        request.answered |= answered
        request.refused.add(endpoint)
        self._wait(request, first=True)

    def _take(self, number: int) -> Request:
        endpoint, request = self._in_flight.pop(number)
        self._load[endpoint] -= 1
        # A late answer to the earlier attempt does not fit the next one.
        self._numbers += 1
        request.number = self._numbers
        return request

    def _wait(self, request: Request, *, first: bool = False) -> None:
        waiting = self._urgent if request.urgent else self._waiting
        if first:
            waiting.appendleft(request)
        else:
            waiting.append(request)
