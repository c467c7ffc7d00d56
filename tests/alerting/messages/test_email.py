"""``tart/alerting/messages/email.py``: e-mails as mail programs read them."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default

from hypothesis import given

from tart.alerting.engine.model import State
from tart.alerting.messages.email import render
from tests.alerting.messages.examples import (
    CONTEXT,
    TEXTS,
    channel,
    hostile_notification,
    notification,
    view,
)
from tests.cases import all_cases, examples

SETTINGS = {
    "host": "mail.example.org",
    "from": "tart at Zürich <tart@example.org>",
    "to": ["ops@example.org", "Night <night@example.org>"],
}


def mail_of(message, **settings) -> tuple[EmailMessage, bytes]:
    request = render(message, channel("email", **SETTINGS, **settings), {}, CONTEXT)
    parsed = email.message_from_bytes(request.body, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed, request.body


def test_an_e_mail_has_text_html_and_the_headers_of_a_machine():
    mail, _ = mail_of(notification(view(1, text="Zürich is silent"), truncated=2))
    assert mail["From"] == "tart at Zürich <tart@example.org>"
    assert mail["To"] == "ops@example.org, Night <night@example.org>"
    assert mail["Subject"] == "[critical] NodeSilent: 3 firing"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Zürich is silent" in text.get_content()
    assert '<a href="https://tart.example.org/#/nodes/01010101">' in html.get_content()
    assert "and 2 more alerts" in html.get_content()


def test_e_mails_of_a_group_are_one_thread_and_attempts_one_e_mail():
    first, body = mail_of(notification())
    again, same_body = mail_of(notification())
    ended, _ = mail_of(notification(view(1, state=State.RESOLVED), id="msg_2"))
    other, _ = mail_of(notification(group_key="other"))
    assert first["Message-ID"] == again["Message-ID"] == "<msg_0001@example.org>"
    assert first["Message-ID"] != ended["Message-ID"]
    assert first["References"] == first["In-Reply-To"] == ended["References"]
    assert first["References"] != other["References"]
    assert body.count(b"\r\n") == same_body.count(b"\r\n")


@all_cases(
    ("tls", "port", "expected"),
    [(None, None, 587), ("tls", None, 465), ("none", None, 25), ("starttls", 2525, 2525)],
)
def test_the_port_follows_from_tls(tls, port, expected):
    made = channel("email", **SETTINGS, tls=tls, port=port)
    details = render(notification(), made, {"password": "p"}, CONTEXT).details
    assert details["port"] == expected
    assert details["sender"] == "tart@example.org"
    assert details["recipients"] == ("ops@example.org", "night@example.org")


@examples(0.16)
@given(TEXTS)
def test_no_text_of_a_node_becomes_a_header_or_html(text):
    mail, body = mail_of(hostile_notification(text))
    plain, _ = mail_of(notification())
    assert sorted(mail.keys()) == sorted(plain.keys())
    assert len(mail["Subject"]) <= 200
    # RFC 5322, 2.1.1.
    assert max(map(len, body.split(b"\r\n"))) <= 998
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content()
