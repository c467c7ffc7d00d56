"""Requests of channels by HTTP: one POST, no redirect, a bounded answer."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import msgspec

from tart.alerting.engine.model import Request
from tart.alerting.engine.outbox import Outcome, Verdict
from tart.gateway.alerting.redaction import target
from tart.os_errors import reason
from tart.units import SECOND_US

if TYPE_CHECKING:
    import httpx

# At level info it logs every URL, with its token.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)

# Of an answer that is an error; it is read no further.
_MAX_BODY_BYTES = 4096
_BODY_SECONDS = 2.0
_REASON_CHARACTERS = 160
# What an operator may mend: a token, a URL, the permission.
_DOUBTFUL = frozenset({401, 403, 404, 405, 407, 421})
# Raised where an answer is not the JSON that was looked for; a deeply nested one is not read.
_NO_DOCUMENT = (
    *(msgspec.MsgspecError, RecursionError, OverflowError),
    *(AttributeError, ValueError, TypeError),
)
# Timeouts and limits of a receiver that accepts the same request later.
_LATER = frozenset({408, 425, 429})


def resolve(url: str) -> Outcome | None:
    """Look up the host of a URL; return why that fails, ``None`` if it does not. Blocks.

    The event loop looks names up on threads that all channels share: two name servers that do not
    answer would keep every channel waiting. So each channel tries on its own thread before.
    """
    if getproxies():
        # The proxy looks it up.
        return None
    try:
        parts = urlsplit(url)
        if parts.hostname:
            socket.getaddrinfo(parts.hostname, parts.port or parts.scheme, type=socket.SOCK_STREAM)
    except ValueError:
        # ``post`` says what is wrong with it.
        return None
    except OSError as error:
        return Outcome(Verdict.RETRY, f"{target(url)}: {reason(error)}")
    return None


@dataclass(frozen=True)
class Reply:
    """The answer to a request.

    Attributes:
        body: Its beginning; empty if it was not read.
        location: Where it redirects to.
        retry_after_us: How long the receiver wants no request.
    """

    status: int
    body: bytes
    location: str
    retry_after_us: int


async def post(request: Request, context: ssl.SSLContext) -> Outcome:
    """Send a request, and return the outcome."""
    reply = await exchange(request, context)
    return reply if isinstance(reply, Outcome) else _outcome_of(reply, request.url)


async def exchange(
    request: Request, context: ssl.SSLContext, *, max_success_bytes: int = 0
) -> Reply | Outcome:
    """Send a request; return the answer, or the outcome if there is none.

    Args:
        max_success_bytes: Of the body of a successful answer that are read.
    """
    # Only senders need it; its first import takes a tenth of a second, on the sender's thread.
    import httpx

    seconds = request.details["timeout_seconds"]
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(
                verify=context,
                timeout=seconds,
                follow_redirects=False,
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
            ) as client,
            client.stream(
                "POST",
                request.url,
                content=request.body,
                # A compressed answer could be larger than what is read of it.
                headers={**request.headers, "accept-encoding": "identity"},
            ) as response,
        ):
            return await _reply_of(response, max_success_bytes)
    except TimeoutError:
        return Outcome(Verdict.RETRY, f"{target(request.url)} did not answer within {seconds:g} s")
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, ValueError):
        return Outcome(
            Verdict.DOUBTFUL, "the URL, a token or a password has characters that HTTP forbids"
        )
    except (httpx.HTTPError, OSError) as error:
        return Outcome(Verdict.RETRY, f"{target(request.url)}: {_reason(error, seconds)}")


async def _reply_of(response: httpx.Response, max_success_bytes: int) -> Reply:
    status = response.status_code
    most = max_success_bytes if status < 300 else 0 if status < 400 else _MAX_BODY_BYTES
    body = await _read(response, most) if most else b""
    return Reply(
        status, body, response.headers.get("location", ""), _retry_after_us(response, body)
    )


def _outcome_of(reply: Reply, url: str) -> Outcome:
    if 200 <= reply.status < 300:
        # The message is accepted, whatever the body is.
        return Outcome(Verdict.DELIVERED)
    if 300 <= reply.status < 400:
        return Outcome(Verdict.DOUBTFUL, redirect_error(reply, url, "the channel"))
    error = status_error(reply, url)
    if reply.status in _DOUBTFUL:
        return Outcome(Verdict.DOUBTFUL, error)
    if reply.status in _LATER or reply.status >= 500:
        return Outcome(Verdict.RETRY, error, reply.retry_after_us)
    return Outcome(Verdict.REFUSED, error)


def redirect_error(reply: Reply, url: str, setting: str) -> str:
    """Return the sentence about an answer that redirects.

    Args:
        setting: What has the URL.
    """
    place = target(reply.location) if "://" in reply.location else "another path"
    return (
        f"{target(url)} redirects to {place} (status {reply.status}); redirects "
        f"are not followed, so {setting} needs the final URL"
    )


def status_error(reply: Reply, url: str) -> str:
    """Return the sentence about an answer that is an error."""
    return f"{target(url)} answered with status {reply.status}{_explanation(reply.body)}"


async def _read(response: httpx.Response, most: int) -> bytes:
    """Return the beginning of a body; a part of it if the receiver is slow or hangs up."""
    import httpx

    body = b""
    with suppress(TimeoutError, httpx.HTTPError, OSError):
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in response.aiter_raw(_MAX_BODY_BYTES):
                body += chunk
                if len(body) >= most:
                    break
    return body[:most]


def _explanation(body: bytes) -> str:
    text = "".join(
        character if character.isprintable() else " " for character in body.decode(errors="replace")
    ).strip()
    return f": {text[:_REASON_CHARACTERS]}" if text else ""


def _retry_after_us(response: httpx.Response, body: bytes) -> int:
    """Return how long the receiver wants no request: RFC 9110, 10.2.3, or Telegram's JSON."""
    value = response.headers.get("retry-after", "").strip()
    with suppress(ValueError, OverflowError):
        return int(float(value) * SECOND_US)
    with suppress(ValueError, TypeError):
        until = parsedate_to_datetime(value)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return int((until - datetime.now(UTC)).total_seconds() * SECOND_US)
    with suppress(*_NO_DOCUMENT):
        document: Any = msgspec.json.decode(body)
        seconds = document.get("parameters", document).get("retry_after")
        return int(float(seconds) * SECOND_US)
    return 0


def _reason(error: BaseException, seconds: float) -> str:
    """Return why a request failed: the reason of the system below httpx, if there is one."""
    inner: BaseException | None = error
    last = error
    while inner is not None:
        if isinstance(inner, ssl.SSLError) or (isinstance(inner, OSError) and inner.errno):
            return reason(inner)
        last, inner = inner, inner.__cause__ or inner.__context__
    if "Timeout" in type(error).__name__:
        return f"no answer within {seconds:g} s"
    return f"{str(last) or type(last).__name__}"
