"""``tart/gateway/tracing/otlp_sender.py`` against a receiver that behaves badly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tart.alerting.engine.outbox import Outcome, Verdict
from tart.config.schema import TracesConfig
from tart.errors import ConfigError
from tart.gateway.tracing.otlp_sender import Delivery, OtlpSender, read_headers
from tart.units import SECOND_US
from tests.cases import all_cases
from tests.gateway.alerting.hostile_receiver import HostileReceiver
from tests.running import free_port

pytestmark = pytest.mark.anyio


async def send(
    receiver: HostileReceiver | str, base: Path = Path(), **settings: object
) -> Delivery:
    url = receiver if isinstance(receiver, str) else receiver.url
    config = TracesConfig(url=url, **({"timeout_seconds": 20.0} | settings))  # type: ignore[arg-type]
    return await OtlpSender(config, base).send(b'{"resourceSpans":[]}')


async def test_a_request_is_json_with_the_headers_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("# for Tempo\n\nAuthorization: Basic s3cr3t:x\nX-Scope:7\n")
    with HostileReceiver(answer=b"") as receiver:
        delivery = await send(receiver, tmp_path, headers_file="headers")
        assert delivery == Delivery(Outcome(Verdict.DELIVERED))
        (received,) = receiver.received
        assert received.body == b'{"resourceSpans":[]}'
        assert received.headers["content-type"] == "application/json"
        assert received.headers["authorization"] == "Basic s3cr3t:x"
        assert received.headers["x-scope"] == "7"
        # A secret that is replaced is used at once.
        (tmp_path / "headers").write_text("Authorization: Basic other\n")
        sender = OtlpSender(TracesConfig(url=receiver.url, headers_file="headers"), tmp_path)
        await sender.send(b"{}")
        assert receiver.received[-1].headers["authorization"] == "Basic other"


@pytest.mark.parametrize(
    ("answer", "rejected", "warning"),
    [
        (b'{"partialSuccess":{}}', 0, ""),
        (b'{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}', 3, "too old"),
        (b'{"partialSuccess":{"rejectedSpans":2}}', 2, ""),
        (b'{"partialSuccess":{"errorMessage":"slow down"}}', 0, "slow down"),
        (b'{"partialSuccess":null}', 0, ""),
        (b"\x0a\x02\x08\x01", 0, ""),
        (b"[]", 0, ""),
        (b'{"partialSuccess":{"rejectedSpans":"many"}}', 0, ""),
        # It took the request, whatever else it says; a second one would bring the same answer.
        (b"[" * 60_000, 0, ""),
        (b'{"partialSuccess":' * 3_000, 0, ""),
        (b'{"partialSuccess":{"rejectedSpans":1e999}}', 0, ""),
    ],
)
async def test_spans_that_a_success_refuses_are_counted(
    answer: bytes, rejected: int, warning: str
) -> None:
    with HostileReceiver(answer=answer) as receiver:
        delivery = await send(receiver)
    assert delivery == Delivery(Outcome(Verdict.DELIVERED), rejected, warning)


@pytest.mark.parametrize(
    ("behaviour", "verdict", "text"),
    [
        ("too_many", Verdict.RETRY, "status 429"),
        ("unavailable", Verdict.RETRY, "status 503"),
        ("close", Verdict.RETRY, "disconnected"),
        ("reset", Verdict.RETRY, "closed the connection"),
        ("garbage", Verdict.RETRY, "http://127.0.0.1"),
        # By the specification these are not repeated.
        ("error", Verdict.REFUSED, "status 500: ok"),
        ("refuse", Verdict.REFUSED, "status 400"),
        ("unauthorized", Verdict.REFUSED, "status 401"),
        ("redirect", Verdict.REFUSED, "traces.url needs the final URL"),
    ],
)
async def test_a_bad_answer_has_the_meaning_of_the_specification(
    behaviour: str, verdict: Verdict, text: str
) -> None:
    with HostileReceiver([behaviour], retry_after="7") as receiver:
        outcome = (await send(receiver)).outcome
    assert outcome.verdict is verdict
    assert text in outcome.error
    assert "t0ken" not in outcome.error
    is_later = behaviour in ("too_many", "unavailable")
    assert outcome.retry_after_us == (7 * SECOND_US if is_later else 0)
    assert len(receiver.received) == 1


async def test_a_receiver_that_hangs_or_is_away_is_tried_again() -> None:
    with HostileReceiver(["hang"]) as receiver:
        outcome = (await send(receiver, timeout_seconds=0.2)).outcome
    assert (outcome.verdict, "0.2 s" in outcome.error) == (Verdict.RETRY, True)
    outcome = (await send(f"http://127.0.0.1:{free_port()}/v1/traces")).outcome
    assert outcome.verdict is Verdict.RETRY


async def test_what_a_receiver_quotes_of_the_headers_is_removed(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("Authorization: Bearer verysecret\n")
    answer = json.dumps({"partialSuccess": {"errorMessage": "no Bearer verysecret"}}).encode()
    with HostileReceiver(["refuse", "accept"], answer=answer) as receiver:
        refused = await send(receiver, tmp_path, headers_file="headers")
        accepted = await send(receiver, tmp_path, headers_file="headers")
    assert "verysecret" not in refused.outcome.error + accepted.warning


async def test_a_file_of_headers_that_is_missing_is_looked_for_again(tmp_path: Path) -> None:
    with HostileReceiver() as receiver:
        outcome = (await send(receiver, tmp_path, headers_file="headers")).outcome
        assert outcome.verdict is Verdict.RETRY
        assert "traces.headers_file" in outcome.error
        assert receiver.received == []


@all_cases("text", ["Authorization Bearer verysecret", ": x", "A: b\nverysecret"])
def test_a_line_that_is_no_header_is_named_and_not_quoted(text: str, tmp_path: Path) -> None:
    path = tmp_path / "headers"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"line [12] of traces.headers_file") as caught:
        read_headers(path)
    assert "verysecret" not in str(caught.value)


def test_a_file_of_headers_is_text_of_limited_size(tmp_path: Path) -> None:
    path = tmp_path / "headers"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_headers(path)
    path.write_text("x" * (65 << 10))
    with pytest.raises(ConfigError, match="bytes"):
        read_headers(path)


async def test_a_header_that_http_forbids_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("X Scope: s3cr3t\n")
    with HostileReceiver() as receiver:
        outcome = (await send(receiver, tmp_path, headers_file="headers")).outcome
        assert outcome.verdict is Verdict.RETRY
        assert "traces.headers_file" in outcome.error
        assert receiver.received == []


async def test_a_redirect_names_the_setting_and_where_to_if_it_says() -> None:
    with HostileReceiver(["redirect"]) as receiver:
        outcome = (await send(f"{receiver.url.rstrip('/')}/v1/traces")).outcome
    assert outcome.error.endswith("redirects are not followed, so traces.url needs the final URL")
