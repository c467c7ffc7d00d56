"""``tart/gateway/alerting/http_sender.py`` against a receiver that behaves badly."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import trustme

from tart.alerting.engine.outbox import Outcome, Verdict
from tart.alerting.messages.http_post import post as make_request
from tart.gateway.alerting.http_sender import post, resolve
from tart.gateway.alerting.tls_context import TlsContexts
from tart.units import SECOND_US
from tests.alerting.messages.examples import channel
from tests.gateway.alerting.hostile_receiver import HostileReceiver
from tests.running import free_port

CONTEXTS = TlsContexts()


async def send(url: str, **settings: object) -> Outcome:
    made = channel("webhook", **({"timeout": 5} | settings))
    context = CONTEXTS.get(made.settings.get("ca_file", ""))
    return await post(make_request(url, made, b'{"a": 1}', {"webhook-id": "msg_1"}), context)


@pytest.mark.anyio
async def test_a_message_that_is_accepted_is_delivered_with_its_headers():
    with HostileReceiver(["accept", "accept_slowly"], answer=b"o" * 50) as receiver:
        for _ in range(2):
            assert await send(receiver.url) == Outcome(Verdict.DELIVERED)
    first = receiver.received[0]
    assert (first.path, first.id, first.body) == ("/hooks/s3cr3t-t0ken", "msg_1", b'{"a": 1}')
    assert first.headers["content-type"] == "application/json"
    assert first.headers["accept-encoding"] == "identity"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("behaviour", "verdict", "text"),
    [
        ("error", Verdict.RETRY, "answered with status 500: ok"),
        ("close", Verdict.RETRY, "disconnected"),
        ("reset", Verdict.RETRY, "closed the connection"),
        ("garbage", Verdict.RETRY, "http://127.0.0.1"),
        ("huge_body", Verdict.RETRY, "answered with status 500: xxx"),
        ("refuse", Verdict.REFUSED, "answered with status 400"),
        ("gone", Verdict.REFUSED, "answered with status 410"),
        ("unauthorized", Verdict.DOUBTFUL, "answered with status 401"),
        ("redirect", Verdict.DOUBTFUL, "redirects to http://127.0.0.1"),
    ],
)
async def test_a_bad_answer_has_its_verdict_and_no_secret(behaviour, verdict, text):
    with HostileReceiver([behaviour]) as receiver:
        outcome = await send(receiver.url)
    assert outcome.verdict is verdict
    assert text in outcome.error
    assert "t0ken" not in outcome.error
    assert len(outcome.error) < 400
    # Nothing is sent to where a redirect points.
    assert len(receiver.received) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("behaviour", ["hang", "slow_body"])
async def test_a_receiver_that_does_not_end_costs_the_time_limit(behaviour):
    began = time.monotonic()
    with HostileReceiver([behaviour]) as receiver:
        outcome = await send(receiver.url, timeout=0.2)
    assert outcome.verdict is Verdict.RETRY
    assert "0.2 s" in outcome.error or "status 500" in outcome.error
    assert time.monotonic() - began < 20


@pytest.mark.anyio
@pytest.mark.parametrize("behaviour", ["too_many", "unavailable"])
async def test_retry_after_is_seconds_or_a_date(behaviour):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    for text, least, most in (("7", 7, 7), (later, 90, 100), ("soon", 0, 0)):
        with HostileReceiver([behaviour], retry_after=text) as receiver:
            outcome = await send(receiver.url)
        assert outcome.verdict is Verdict.RETRY
        assert least * SECOND_US <= outcome.retry_after_us <= most * SECOND_US


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (b'{"ok": false, "parameters": {"retry_after": 35}}', 35),
        (b'{"message": "rate limited", "retry_after": 1.5, "global": false}', 1.5),
        (b'["retry_after"]', 0),
        (b"[" * 4096, 0),
    ],
)
async def test_retry_after_may_be_in_the_json_of_the_answer(answer, seconds):
    with HostileReceiver(["too_many"], retry_after="", answer=answer) as receiver:
        outcome = await send(receiver.url)
    assert outcome.retry_after_us == seconds * SECOND_US


@pytest.mark.anyio
async def test_where_nothing_listens_the_reason_is_plain():
    outcome = await send(f"http://127.0.0.1:{free_port()}/t0ken")
    assert outcome.verdict is Verdict.RETRY
    assert "connection refused, so nothing listens there" in outcome.error
    assert "t0ken" not in outcome.error


@pytest.mark.anyio
async def test_a_url_that_http_forbids_is_doubtful():
    for url in ("ftp://host/t0ken", "http://host\n/t0ken", "http://host:port/t0ken"):
        outcome = await send(url)
        assert outcome.verdict is Verdict.DOUBTFUL
        assert "t0ken" not in outcome.error


def test_a_host_that_is_not_known_is_named_unless_a_proxy_looks_it_up(monkeypatch):
    for name in (
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "")
    failed = resolve("https://receiver.invalid/t0ken")
    assert failed is not None
    assert failed.verdict is Verdict.RETRY
    assert failed.error.startswith("https://receiver.invalid: the host name cannot be resolved")
    assert resolve("http://127.0.0.1:1/t0ken") is None
    assert resolve("http://host:port/t0ken") is None
    monkeypatch.setenv("https_proxy", "http://proxy.invalid:3128")
    assert resolve("https://receiver.invalid/t0ken") is None


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.mark.anyio
async def test_a_certificate_is_verified_against_the_file_of_authorities(tmp_path):
    authority = trustme.CA()
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    with HostileReceiver(tls=server_context(authority.issue_cert("127.0.0.1"))) as receiver:
        assert await send(receiver.url, ca_file=str(file)) == Outcome(Verdict.DELIVERED)
        unknown = await send(receiver.url)
    with HostileReceiver(tls=server_context(authority.issue_cert("other.example"))) as receiver:
        other = await send(receiver.url, ca_file=str(file))
    for outcome in (unknown, other):
        assert outcome.verdict is Verdict.RETRY
        assert "the certificate is not accepted" in outcome.error
    assert receiver.received == []


@pytest.mark.anyio
async def test_a_proxy_of_the_environment_is_used(monkeypatch):
    with HostileReceiver() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert await send("http://receiver.invalid/hook") == Outcome(Verdict.DELIVERED)
    assert proxy.received[0].path == "http://receiver.invalid/hook"
