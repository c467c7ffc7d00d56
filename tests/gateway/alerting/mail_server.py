"""A real SMTP server (aiosmtpd) on a free port, with TLS and logins."""

from __future__ import annotations

import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.running import free_port

LOGIN = (b"tart", b"p4ssw0rd")


class MailServer(Controller):
    """Collects e-mails; answers of its own come first.

    Args:
        context: For STARTTLS, which it then requires.
        needs_login: Whether it accepts e-mails after a login only.
    """

    def __init__(self, context: ssl.SSLContext | None, *, needs_login: bool) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        # Answers to the next DATA commands and to recipients.
        self.answers: list[str] = []
        self.refused_recipients: dict[str, str] = {}
        super().__init__(
            self,
            hostname="127.0.0.1",
            # The controller connects to it to see that it listens, so it must be known.
            port=free_port(),
            tls_context=context,
            require_starttls=context is not None,
            auth_required=needs_login,
            authenticator=self._authenticate if needs_login else None,
        )

    def _authenticate(self, server: Any, session: Any, envelope: Any, kind: str, data: Any) -> Any:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == LOGIN
        return AuthResult(success=right, handled=right)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused_recipients:
            return self.refused_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answers:
            return self.answers.pop(0)
        parsed = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.hostname, self.port


@contextmanager
def running_mail_server(
    context: ssl.SSLContext | None = None, *, needs_login: bool = False
) -> Iterator[MailServer]:
    """A server that runs until it is left."""
    server = MailServer(context, needs_login=needs_login)
    server.start()
    try:
        yield server
    finally:
        server.stop()
