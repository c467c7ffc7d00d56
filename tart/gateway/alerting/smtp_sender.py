"""E-mails of channels by SMTP (RFC 5321), with TLS from the beginning or by STARTTLS."""

from __future__ import annotations

import smtplib
import socket
import ssl
from typing import Any

from tart.alerting.engine.model import Request
from tart.alerting.engine.outbox import Outcome, Verdict
from tart.os_errors import reason

_TEXT_CHARACTERS = 160


def send_mail(request: Request, context: ssl.SSLContext) -> Outcome:
    """Send an e-mail; blocks, each step for the time limit of the channel at most."""
    details = request.details
    where = f"{details['host']}:{details['port']}"
    try:
        refused = _deliver(request, details, context)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        text = f"{where} accepts no recipient: {_refusals(error.recipients)}"
        return Outcome(_verdict(max(codes), min(codes)), text)
    except smtplib.SMTPNotSupportedError as error:
        text = str(error).rstrip(".")
        hint = "; see the channel's tls: starttls, tls or none" if "STARTTLS" in text else ""
        return Outcome(Verdict.DOUBTFUL, f"{where}: {text}{hint}")
    except smtplib.SMTPAuthenticationError as error:
        verdict = Verdict.DOUBTFUL if error.smtp_code >= 500 else Verdict.RETRY
        return Outcome(
            verdict, f"{where} refuses the login: {_text(error.smtp_code, error.smtp_error)}"
        )
    except smtplib.SMTPResponseException as error:
        text = f"{where}: {_text(error.smtp_code, error.smtp_error)}"
        return Outcome(_verdict(error.smtp_code, error.smtp_code), text)
    except smtplib.SMTPServerDisconnected as error:
        cause = error.__cause__ or error.__context__
        why = reason(cause) if isinstance(cause, OSError) else "it closed the connection"
        return Outcome(Verdict.RETRY, f"{where}: {why}")
    except (OSError, ValueError) as error:
        return Outcome(Verdict.RETRY, f"{where}: {reason(error)}")
    return Outcome(Verdict.DELIVERED, f"not accepted for {_refusals(refused)}" if refused else "")


def _deliver(
    request: Request, details: Any, context: ssl.SSLContext
) -> dict[str, tuple[int, bytes]]:
    """Send the e-mail; return the recipients that the server refused, if it accepted others."""
    # Without a name smtplib asks the name service for one, which may take its time.
    name = socket.gethostname() or "localhost"
    seconds = details["timeout_seconds"]
    connect: Any = smtplib.SMTP
    arguments: dict[str, Any] = {"local_hostname": name, "timeout": seconds}
    if details["tls"] == "tls":
        connect, arguments = smtplib.SMTP_SSL, arguments | {"context": context}
    with connect(details["host"], details["port"], **arguments) as client:
        if details["tls"] == "starttls":
            client.starttls(context=context)
        if details["username"]:
            client.login(details["username"], details["password"])
        refused: dict[str, tuple[int, bytes]] = client.sendmail(
            details["sender"], list(details["recipients"]), request.body
        )
    return refused


def _verdict(greatest: int, least: int) -> Verdict:
    """Return what codes of RFC 5321 mean: from 500 on, a failure for good."""
    return Verdict.DOUBTFUL if least >= 500 and greatest < 600 else Verdict.RETRY


def _refusals(recipients: dict[str, tuple[int, bytes]]) -> str:
    return ", ".join(f"{address} ({_text(*why)})" for address, why in recipients.items())


def _text(code: int, message: bytes | str) -> str:
    text = message.decode(errors="replace") if isinstance(message, bytes) else message
    return f"{code} {' '.join(text.split())}"[:_TEXT_CHARACTERS]
