"""Requests to a receiver of OTLP over HTTP: one POST, and the meaning of its answer.

Answers mean what the specification says
(https://opentelemetry.io/docs/specs/otlp/#otlphttp-response): 429, 502, 503 and 504 may be
repeated, other errors not, and spans that a success refuses (``partialSuccess``) not either.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from tart import json_encoding
from tart.alerting.engine.model import Request
from tart.alerting.engine.outbox import Outcome, Verdict
from tart.config.schema import TracesConfig
from tart.errors import ConfigError
from tart.gateway.alerting.channel_thread import ChannelThread, ThreadBusy
from tart.gateway.alerting.http_sender import (
    Reply,
    exchange,
    redirect_error,
    resolve,
    status_error,
)
from tart.gateway.alerting.redaction import Redactor
from tart.gateway.alerting.tls_context import TlsContexts
from tart.os_errors import reason

_REPEATABLE = frozenset({429, 502, 503, 504})
_MAX_ANSWER_BYTES = 64 << 10
_MAX_HEADERS_BYTES = 64 << 10
# For files of headers and authorities.
_PREPARE_SECONDS = 10.0
# Of the path of OTLP, which messages name.
_PUBLIC = ("v1/traces", "traces")
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Delivery:
    """The outcome of a request.

    Attributes:
        outcome: Delivered, to be repeated, or refused.
        rejected_spans: Spans that a receiver refused although it took the request.
        warning: Its sentence about them, or another one; empty without.
    """

    outcome: Outcome
    rejected_spans: int = 0
    warning: str = ""


class OtlpSender:
    """Makes requests to the receiver.

    Args:
        config: ``[traces]``.
        base_dir: The directory that relative paths start from.
    """

    def __init__(self, config: TracesConfig, base_dir: Path) -> None:
        self._config = config
        self._base_dir = base_dir
        self._thread = ChannelThread()
        self._contexts = TlsContexts()

    async def send(self, body: bytes) -> Delivery:
        """Make one request, with the headers and authorities as they are now.

        The outcome has no secret. No exception leaves this function but that of a cancellation.
        """
        seconds = self._config.timeout_seconds
        try:
            headers, context = await self._thread.run(self._prepare, _PREPARE_SECONDS)
            failed = await self._thread.run(partial(resolve, self._config.url), seconds)
        except ConfigError as error:
            return Delivery(Outcome(Verdict.RETRY, str(error)))
        except (TimeoutError, ThreadBusy):
            return Delivery(Outcome(Verdict.RETRY, "the look-up of the receiver, or a file, hangs"))
        if failed is not None:
            return Delivery(failed)
        redact = Redactor([*headers.values(), self._config.url], public=_PUBLIC)
        request = Request(
            kind="http",
            url=self._config.url,
            body=body,
            headers={**headers, **_JSON},
            details={"timeout_seconds": seconds},
        )
        try:
            reply = await exchange(request, context, max_success_bytes=_MAX_ANSWER_BYTES)
        except Exception as error:
            reply = Outcome(Verdict.RETRY, f"{type(error).__name__}: {error}")
        if isinstance(reply, Outcome) and reply.verdict is Verdict.DOUBTFUL:
            # The file of headers can be replaced, so nothing is dropped because of it.
            reply = Outcome(
                Verdict.RETRY,
                "traces.url or a line of traces.headers_file has characters that HTTP forbids",
            )
        delivery = Delivery(reply) if isinstance(reply, Outcome) else self._meaning(reply)
        outcome = delivery.outcome
        return Delivery(
            Outcome(outcome.verdict, redact(outcome.error), outcome.retry_after_us),
            delivery.rejected_spans,
            redact(delivery.warning),
        )

    def _prepare(self) -> tuple[dict[str, str], ssl.SSLContext]:
        """Read headers and authorities, whose files may hang, and import what takes its time."""
        import_module("httpx")
        headers = {}
        if self._config.headers_file:
            headers = read_headers(self._base_dir / self._config.headers_file)
        ca_file = self._config.ca_file
        return headers, self._contexts.get(str(self._base_dir / ca_file) if ca_file else "")

    def _meaning(self, reply: Reply) -> Delivery:
        url = self._config.url
        if 200 <= reply.status < 300:
            rejected, message = _partial_success(reply.body)
            return Delivery(Outcome(Verdict.DELIVERED), rejected, message)
        if 300 <= reply.status < 400:
            return Delivery(Outcome(Verdict.REFUSED, redirect_error(reply, url, "traces.url")))
        verdict = Verdict.RETRY if reply.status in _REPEATABLE else Verdict.REFUSED
        return Delivery(Outcome(verdict, status_error(reply, url), reply.retry_after_us))


def _partial_success(body: bytes) -> tuple[int, str]:
    """Return the number of spans that a receiver refused, and its sentence about them."""
    try:
        document = json_encoding.unpack(body)
        partial_success: Any = document.get("partialSuccess") or {}
        rejected = max(0, int(partial_success.get("rejectedSpans") or 0))
        return rejected, str(partial_success.get("errorMessage") or "")
    except (
        *(msgspec.MsgspecError, RecursionError, OverflowError),
        *(AttributeError, ValueError, TypeError),
    ):
        # Protobuf, or nothing at all: it took the request.
        return 0, ""


def read_headers(path: Path) -> dict[str, str]:
    """Return the headers of a file: ``NAME: VALUE``, one a line; empty ones and ``#`` are skipped.

    Raises:
        ConfigError: The file cannot be read, or has another line; the sentence does not quote it.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_MAX_HEADERS_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"traces.headers_file {path} cannot be read: {why}") from None
    if len(text) > _MAX_HEADERS_BYTES:
        raise ConfigError(f"traces.headers_file {path} has more than {_MAX_HEADERS_BYTES} bytes")
    headers: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.partition(":")
        if not separator or not name.strip():
            raise ConfigError(
                f"line {number} of traces.headers_file {path} is not a header such as "
                "'Authorization: Bearer …'"
            )
        headers[name.strip().lower()] = value.strip()
    return headers
