"""``tart/gateway/alerting/senders.py``: secrets are read for each attempt and never shown."""

from __future__ import annotations

import asyncio
import base64
import inspect
import logging
import os
import threading
from typing import get_args, get_type_hints

import pytest

from tart.alerting.engine.model import Request
from tart.alerting.engine.outbox import Outcome, Verdict
from tart.alerting.messages.table import render
from tart.alerting.rules.model import Channel, Secret
from tart.errors import ConfigError
from tart.gateway.alerting import senders
from tart.gateway.alerting.senders import ChannelSender, read_secrets
from tests.alerting.messages.examples import CONTEXT, notification
from tests.gateway.alerting.hostile_receiver import HostileReceiver


async def send(channel: Channel) -> Outcome:
    message = notification()
    return await ChannelSender(channel).send(
        lambda secrets: render(message, channel, secrets, CONTEXT)
    )


@pytest.mark.anyio
async def test_a_renewed_secret_is_used_by_the_next_attempt(tmp_path):
    first, second = HostileReceiver(), HostileReceiver()
    file = tmp_path / "url"
    channel = Channel("ops", "webhook", {}, {"url": Secret("file", str(file))})
    with first, second:
        for receiver in (first, second):
            file.write_text(receiver.url + "\n")
            assert (await send(channel)).verdict is Verdict.DELIVERED
    assert (len(first.received), len(second.received)) == (1, 1)


@pytest.mark.anyio
async def test_a_secret_that_cannot_be_read_is_tried_again(tmp_path):
    channel = Channel("ops", "webhook", {}, {"url": Secret("file", str(tmp_path / "none"))})
    outcome = await send(channel)
    assert outcome.verdict is Verdict.RETRY
    assert "none cannot be read: no such file or directory" in outcome.error
    (tmp_path / "none").write_bytes(b"x" * 100_000)
    assert "more than 65536 bytes" in (await send(channel)).error
    (tmp_path / "none").write_bytes(b"\xff\xfe")
    assert "not text" in (await send(channel)).error


@pytest.mark.anyio
async def test_no_error_and_no_log_line_has_a_secret(caplog):
    caplog.set_level(logging.DEBUG)
    token = base64.b64encode(b"a signing key of 32 bytes length").decode()
    for behaviour in ("error", "unauthorized", "redirect", "close"):
        # A receiver that repeats what it got.
        answer = b"no hook /hooks/s3cr3t-t0ken, authorization Bearer p4ssw0rd"
        with HostileReceiver([behaviour], answer=answer) as receiver:
            secrets = {
                "url": Secret("value", receiver.url),
                "bearer_token": Secret("value", "p4ssw0rd"),
                "secret": Secret("value", token),
            }
            outcome = await send(Channel("ops", "webhook", {}, secrets))
        assert outcome.verdict is not Verdict.DELIVERED
        for secret in ("s3cr3t", "p4ssw0rd", token):
            assert secret not in outcome.error
    logged = [
        record.getMessage() for record in caplog.records if not record.name.startswith("asyncio")
    ]
    assert not [text for text in logged if "t0ken" in text or "p4ssw0rd" in text]


@pytest.mark.anyio
async def test_a_signing_secret_that_is_none_is_named_without_its_text():
    secrets = {"url": Secret("value", "http://a"), "secret": Secret("value", "n0t-b4se64!")}
    outcome = await send(Channel("ops", "webhook", {}, secrets))
    assert outcome == Outcome(
        Verdict.DOUBTFUL, "secret: it is not base64, with or without whsec_ before it"
    )


@pytest.mark.anyio
async def test_whatever_a_part_raises_becomes_an_outcome(monkeypatch):
    channel = Channel(
        "ops", "webhook", {}, {"url": Secret("value", "http://127.0.0.1/s3cr3t-path")}
    )

    def fail_render(secrets):
        raise KeyError("s3cr3t-path")

    outcome = await ChannelSender(channel).send(fail_render)
    assert outcome.verdict is Verdict.DOUBTFUL
    assert "s3cr3t" not in outcome.error

    async def fail_post(request, contexts):
        raise RuntimeError(f"cannot post to {request.url}")

    monkeypatch.setattr(senders, "post", fail_post)
    outcome = await send(channel)
    assert outcome == Outcome(Verdict.RETRY, "RuntimeError: cannot post to ***")


@pytest.mark.anyio
async def test_a_mail_server_that_hangs_costs_the_time_limit():
    async def accept(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    settings = {
        "host": "127.0.0.1",
        "port": server.sockets[0].getsockname()[1],
        "tls": "none",
        "from": "tart@example.org",
        "to": ["ops@example.org"],
        "timeout": 0.1,
    }
    outcome = await send(Channel("ops", "email", settings))
    assert outcome.verdict is Verdict.RETRY
    assert "no answer in time" in outcome.error
    server.close()


@pytest.mark.anyio
async def test_a_secret_file_that_hangs_costs_the_channel_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(senders, "_PREPARE_SECONDS", 0.05)
    pipe = tmp_path / "url"
    os.mkfifo(pipe)
    sender = ChannelSender(Channel("ops", "webhook", {}, {"url": Secret("file", str(pipe))}))
    for _ in range(3):
        outcome = await sender.send(lambda secrets: Request("http"))
        assert outcome.verdict is Verdict.RETRY
        assert "hangs" in outcome.error
    # The thread ends once the file can be read.
    pipe.open("w").close()


@pytest.mark.anyio
async def test_a_name_service_that_hangs_costs_the_channel_alone(monkeypatch):
    release = threading.Event()

    def hang(url):
        release.wait(30)

    monkeypatch.setattr(senders, "resolve", hang)
    secrets = {"url": Secret("value", "http://receiver.example/")}
    channel = Channel("ops", "webhook", {"timeout": 0.05}, secrets)
    message = notification()
    sender = ChannelSender(channel)
    errors = [
        (await sender.send(lambda secrets: render(message, channel, secrets, CONTEXT))).error
        for _ in range(3)
    ]
    release.set()
    assert errors[0] == "no end of the attempt within 0.05 s"
    assert "hangs" in errors[1]
    assert errors[1] == errors[2]


def test_a_missing_variable_is_named():
    channel = Channel("ops", "slack", {}, {"url": Secret("environment", "HOOK")})
    with pytest.raises(ConfigError, match="HOOK is not set"):
        read_secrets(channel, {})
    assert read_secrets(channel, {"HOOK": "http://a"}) == {"url": "http://a"}


def test_every_kind_of_request_has_a_sender():
    kinds = get_args(get_type_hints(Request)["kind"])
    source = inspect.getsource(ChannelSender)
    assert [kind for kind in kinds if f'case "{kind}"' not in source] == []
