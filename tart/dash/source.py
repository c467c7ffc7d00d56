"""Requests of the dashboard: the answers that a page needs, side by side, within a deadline."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from tart.client.core.request import ApiError, ApiUnreachable
from tart.dash.core.coverage import coverage_notes
from tart.dash.core.model import Collector, Page, Place, Request, View
from tart.errors import TartError
from tart.os_errors import reason
from tart.printable import replace_unprintable

DEADLINE_SECONDS = 10.0
# Answers that are used again; the oldest are forgotten.
_MAX_ANSWERS = 64
# Characters of an exception that are shown: it may quote an answer.
_MAX_DETAIL = 200
_UNAUTHORIZED, _FORBIDDEN = 401, 403
# The same request is refused again: a condition that is wrong, a prefix of several nodes.
_WRONG_REQUEST = (400, 409, 422)

_HEALTH = Request("health", "network_health", optional=True, every_seconds=5)

Cause = Literal["unreachable", "refused", "failed", "fault"]


class LoadError(TartError):
    """A page could not be loaded; the message is one sentence without its subject.

    Attributes:
        cause: ``unreachable``: no server answers. ``refused``: the key is wrong or may not read
            this, or what is asked for is wrong. ``failed``: the server answers with an error.
            ``fault``: the view is at fault.
    """

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


class Api(Protocol):
    """A client of the API, such as ``AsyncTartClient``."""

    async def close(self) -> None:
        """Close its connections."""


@dataclass(frozen=True, slots=True)
class _Stored:
    answer: Any
    loaded_at: float


class Source:
    """Loads pages.

    Args:
        api: The client; its own retries must be off, since a page is loaded again anyway.
        deadline_seconds: Time within which all requests of a page must be answered.
        clock: Returns seconds, for the age of answers.
    """

    def __init__(
        self,
        api: Api,
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._deadline_seconds = deadline_seconds
        self._clock = clock
        self._stored: dict[str, _Stored] = {}

    async def close(self) -> None:
        """Close the client."""
        await self._api.close()

    async def load(self, view: View, place: Place, collector: Collector | None = None) -> Page:
        """Return the page of a place.

        Args:
            view: The view.
            place: The place.
            collector: The memory of the view, if it has one that goes on.

        Raises:
            LoadError: A request that the page needs failed, or the view did.
        """
        try:
            requests = collector.requests() if collector else view.requests(place)
        except Exception as error:
            raise _fault(view, error) from error
        answers, notes = await self.answers(requests)
        try:
            collected = collector.collect(answers) if collector else answers
            notes = (*notes, *coverage_notes(collected.values()))
            page = view.page(place, collected, datetime.now(UTC))
        except Exception as error:
            raise _fault(view, error) from error
        return replace(page, notes=(*notes, *page.notes)) if notes else page

    async def network_health(self) -> str:
        """Return the health of the network in one word; empty if it is not known."""
        answers, _ = await self.answers((_HEALTH,))
        health = answers[_HEALTH.name]
        # The page says what is wrong with answers that are none of tart's.
        known = isinstance(health, dict) and "overall_health" in health
        return replace_unprintable(str(health["overall_health"])) if known else ""

    async def answers(
        self, requests: tuple[Request, ...]
    ) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """Return the answers by name, and a note for each optional request that failed.

        Raises:
            LoadError: A request failed that is not optional.
        """
        outcomes = await asyncio.gather(*map(self._answer, requests), return_exceptions=True)
        answers: dict[str, Any] = {}
        notes = []
        for request, outcome in zip(requests, outcomes, strict=True):
            if isinstance(outcome, LoadError) and request.optional:
                answers[request.name] = None
                notes.append(f"{request.name}: {outcome}")
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                answers[request.name] = outcome
        return answers, tuple(notes)

    async def _answer(self, request: Request) -> Any:
        key = f"{request.method} {sorted(request.arguments.items())}"
        stored = self._stored.get(key)
        if stored is not None and self._clock() - stored.loaded_at < request.every_seconds:
            return stored.answer
        method = getattr(self._api, request.method)
        try:
            async with asyncio.timeout(self._deadline_seconds):
                answer = await method(**request.arguments)
        except TimeoutError:
            raise LoadError(
                "unreachable", f"no answer within {self._deadline_seconds:g} s"
            ) from None
        except ApiError as error:
            raise _refusal(error) from error
        except ApiUnreachable as error:
            raise LoadError("unreachable", _unreachable(error)) from error
        except Exception as error:
            # As of a server that is none of tart's; no answer ends the dashboard.
            raise LoadError("failed", _unreadable(error)) from error
        if request.every_seconds:
            self._store(key, answer)
        return answer

    def _store(self, key: str, answer: Any) -> None:
        self._stored.pop(key, None)
        self._stored[key] = _Stored(answer, self._clock())
        while len(self._stored) > _MAX_ANSWERS:
            del self._stored[next(iter(self._stored))]


def _fault(view: View, error: Exception) -> LoadError:
    detail = replace_unprintable(f"{type(error).__name__}: {error}")
    return LoadError("fault", f"the view {view.name} has a fault: {detail[:_MAX_DETAIL]}")


def _refusal(error: ApiError) -> LoadError:
    message = replace_unprintable(str(error.args[0]))
    if not error.code:
        return LoadError("failed", f"the server answers {error.status}, and not as tart does")
    if error.status == _UNAUTHORIZED:
        return LoadError(
            "refused", f"{message}; put the key into TART_KEY, or into a file named by --key-file"
        )
    if error.status == _FORBIDDEN:
        return LoadError("refused", f"the key may not read this: {message}")
    if error.status in _WRONG_REQUEST:
        return LoadError("refused", message)
    return LoadError("failed", f"the server answers {error.status}: {message}")


def _unreadable(error: Exception) -> str:
    detail = replace_unprintable(f"{type(error).__name__}: {error}")
    return f"the answer cannot be read, perhaps of another program: {detail[:_MAX_DETAIL]}"


def _unreachable(error: ApiUnreachable) -> str:
    """Return why no server answers, in plain words: the system's reason, where there is one."""
    causes = list(_causes(error))
    system = [cause for cause in causes if isinstance(cause, OSError) and cause.errno is not None]
    if system:
        return _system_reason(system[-1])
    if any("Timeout" in type(cause).__name__ for cause in causes):
        return "no answer in time"
    return replace_unprintable(str(error))


def _system_reason(error: OSError) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"{reason(error)}; name its authority with --ca-file"
        case ssl.SSLError() if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
            return "the server does not speak TLS; try http://"
        case _:
            return reason(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes; of a group, as of several addresses, the first one."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        group = cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
        cause = next(iter(group), None) or cause.__cause__ or cause.__context__
