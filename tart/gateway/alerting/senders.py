"""The sender of one channel: reads its secrets, renders a message and makes one attempt.

Each channel has its own: what hangs, leaks or fails in one sender costs no other channel.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from tart.alerting.engine.model import Request
from tart.alerting.engine.outbox import Outcome, Verdict
from tart.alerting.rules.model import Channel
from tart.alerting.rules.secrets import read_secret
from tart.errors import ConfigError
from tart.gateway.alerting.apprise_sender import notify
from tart.gateway.alerting.channel_thread import ChannelThread, ThreadBusy
from tart.gateway.alerting.command_sender import run_command
from tart.gateway.alerting.http_sender import post, resolve
from tart.gateway.alerting.redaction import Redactor
from tart.gateway.alerting.smtp_sender import send_mail
from tart.gateway.alerting.tls_context import TlsContexts

# Renders a message with the secrets of its channel.
Render = Callable[[Mapping[str, str]], Request]
_MAX_SECRET_BYTES = 64 << 10
# For files of secrets and authorities.
_PREPARE_SECONDS = 10.0
_WITHOUT_HTTP = frozenset({"email", "command", "apprise"})
_HANGING = Outcome(Verdict.RETRY, "the attempt before, or a file that it reads, hangs")
# An e-mail takes several steps, each with the time limit of the channel.
_SMTP_STEPS = 4


class ChannelSender:
    """Makes attempts for one channel.

    Args:
        channel: The channel.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._thread = ChannelThread()
        self._contexts = TlsContexts()

    async def send(self, render: Render) -> Outcome:
        """Make one attempt, with the secrets as they are now.

        The outcome has no secret. No exception leaves this function but that of a cancellation.
        """
        try:
            secrets, context = await self._thread.run(self._prepare, _PREPARE_SECONDS)
        except ConfigError as error:
            return Outcome(Verdict.RETRY, str(error))
        except (TimeoutError, ThreadBusy):
            return _HANGING
        redact = Redactor(secrets.values())
        try:
            request = render(secrets)
        except ConfigError as error:
            return Outcome(Verdict.DOUBTFUL, redact(str(error)))
        except Exception as error:
            # A message that cannot be written now cannot be written later either.
            return Outcome(Verdict.DOUBTFUL, redact(f"{type(error).__name__}: {error}"))
        # A receiver may quote the request in its answer.
        authorization = request.headers.get("authorization", "")
        redact = Redactor([*secrets.values(), authorization.partition(" ")[2]])
        try:
            outcome = await self._attempt(request, context)
        except TimeoutError:
            seconds = request.details["timeout_seconds"]
            return Outcome(Verdict.RETRY, f"no end of the attempt within {seconds:g} s")
        except ThreadBusy:
            return _HANGING
        except Exception as error:
            return Outcome(Verdict.RETRY, redact(f"{type(error).__name__}: {error}"))
        return Outcome(outcome.verdict, redact(outcome.error), outcome.retry_after_us)

    def _prepare(self) -> tuple[dict[str, str], ssl.SSLContext]:
        """Read secrets and authorities, whose files may hang, and import what takes its time."""
        if self._channel.type not in _WITHOUT_HTTP:
            import_module("httpx")
        ca_file = self._channel.settings.get("ca_file") or ""
        return read_secrets(self._channel), self._contexts.get(ca_file)

    async def _attempt(self, request: Request, context: ssl.SSLContext) -> Outcome:
        seconds = request.details["timeout_seconds"]
        match request.kind:
            case "http":
                failed = await self._thread.run(partial(resolve, request.url), seconds)
                return failed or await post(request, context)
            case "smtp":
                work = partial(send_mail, request, context)
                return await self._thread.run(work, seconds * _SMTP_STEPS)
            case "command":
                return await run_command(request)
            case "apprise":
                return await self._thread.run(partial(notify, request), seconds)


def read_secrets(channel: Channel, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the values of a channel's secrets.

    Raises:
        ConfigError: One cannot be read; the sentence names its source.
    """
    environ = os.environ if environ is None else environ
    return {
        name: read_secret(secret, environ=environ, read_file=_read_file)
        for name, secret in channel.secrets.items()
    }


def _read_file(path: str) -> str:
    with Path(path).open(encoding="utf-8") as file:
        text: Any = file.read(_MAX_SECRET_BYTES + 1)
    if len(text) > _MAX_SECRET_BYTES:
        raise OSError(f"it has more than {_MAX_SECRET_BYTES} bytes")
    return str(text)
