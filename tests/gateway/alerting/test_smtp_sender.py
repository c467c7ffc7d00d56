"""``tart/gateway/alerting/smtp_sender.py`` against a real SMTP server."""

from __future__ import annotations

import ssl

import trustme

from tart.alerting.engine.model import State
from tart.alerting.engine.outbox import Outcome, Verdict
from tart.alerting.messages.email import render
from tart.gateway.alerting.smtp_sender import send_mail
from tests.alerting.messages.examples import CONTEXT, channel, notification, view
from tests.gateway.alerting.mail_server import running_mail_server
from tests.running import free_port

AUTHORITY = trustme.CA()
CLIENT = ssl.create_default_context()
AUTHORITY.configure_trust(CLIENT)


def server_context(name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name).configure_cert(context)
    return context


def send(port: int, message=None, *, password: str = "", **settings: object) -> Outcome:
    made = channel(
        "email",
        **{
            "host": "127.0.0.1",
            "port": port,
            "tls": "none",
            "from": "tart <tart@example.org>",
            "to": ["ops@example.org", "night@example.org"],
            "timeout": 10,
            **settings,
        },
    )
    secrets = {"password": password} if password else {}
    return send_mail(render(message or notification(), made, secrets, CONTEXT), CLIENT)


def test_an_e_mail_arrives_by_starttls_with_a_login():
    login = {"tls": "starttls", "username": "tart", "password": "p4ssw0rd"}
    with running_mail_server(server_context(), needs_login=True) as server:
        port = server.address[1]
        assert send(port, **login) == Outcome(Verdict.DELIVERED)
        ended = notification(view(1, state=State.RESOLVED), id="msg_2")
        assert send(port, ended, **login) == Outcome(Verdict.DELIVERED)
        refused = send(port, **(login | {"password": "wr0ng"}))
        plain = send(port)
    assert server.recipients == [["ops@example.org", "night@example.org"]] * 2
    first, second = server.mails
    assert first["Subject"] == "[critical] Node 01010101 has been silent for 91 s"
    assert second["Subject"] == "[resolved] Node 01010101 has been silent for 91 s"
    assert first["References"] == second["References"]
    assert refused.verdict is Verdict.DOUBTFUL
    assert "refuses the login" in refused.error
    assert plain.verdict is Verdict.DOUBTFUL
    assert len(server.mails) == 2


def test_a_certificate_of_another_host_ends_the_attempt():
    with running_mail_server(server_context("other.example")) as server:
        outcome = send(server.address[1], tls="starttls")
    assert outcome.verdict is Verdict.RETRY
    assert "the certificate is not accepted" in outcome.error
    assert server.mails == []


def test_a_server_without_starttls_gets_no_plain_e_mail():
    with running_mail_server() as server:
        outcome = send(server.address[1], tls="starttls")
    assert outcome.verdict is Verdict.DOUBTFUL
    assert outcome.error.endswith(
        "STARTTLS extension not supported by server; see the channel's tls: starttls, tls or none"
    )
    assert server.mails == []


def test_answers_of_the_server_decide_what_follows():
    with running_mail_server() as server:
        port = server.address[1]
        server.answers = ["451 try later", "554 no such thing"]
        later, never = send(port), send(port)
        server.refused_recipients = {"ops@example.org": "550 no such user"}
        partly = send(port)
        server.refused_recipients["night@example.org"] = "450 mailbox busy"
        busy = send(port)
        server.refused_recipients["night@example.org"] = "550 no such user"
        unknown = send(port)
    assert (later.verdict, never.verdict) == (Verdict.RETRY, Verdict.DOUBTFUL)
    assert later.error == f"127.0.0.1:{port}: 451 try later"
    # Those who got it do not get it again.
    assert partly.verdict is Verdict.DELIVERED
    assert partly.error == "not accepted for ops@example.org (550 no such user)"
    assert server.recipients == [["night@example.org"]]
    assert busy.verdict is Verdict.RETRY
    assert unknown.verdict is Verdict.DOUBTFUL


def test_where_nothing_listens_the_reason_is_plain():
    outcome = send(free_port())
    assert outcome.verdict is Verdict.RETRY
    assert "connection refused" in outcome.error
