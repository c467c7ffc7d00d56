"""Both clients over real sockets: retries, pages, streams, and our own gateway."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys

import pytest
import trustme

from tart.client import ApiError, ApiUnreachable, AsyncTartClient, TartClient
from tests.client.hosting import unused_address
from tests.client.serving import Reply, scripted
from tests.gateway.fake_shard import NOON, event
from tests.gateway.running import running_gateway

AT_ONCE = {"backoff": (0.0, 0.001), "proxies": False}
BUSY = Reply({"error": {"code": "no_shard", "message": "m"}}, 503)
REFUSED = Reply({"error": {"code": "bad_parameter", "message": "m", "param": "duration"}}, 400)
BROKEN = Reply({"a": 1}, cut=True)
STATS = Reply({"best_block": 7})


def ask(kind: str, url: str, call, **options):
    """Return the answer to a call of one of the two clients, always as a value."""
    options = {**AT_ONCE, **options}
    if kind == "threads":
        with TartClient(url, **options) as client:
            answer = call(client)
            return answer if isinstance(answer, dict | str) else list(answer)

    async def run():
        async with AsyncTartClient(url, **options) as client:
            answer = call(client)
            if hasattr(answer, "__aiter__"):
                return [each async for each in answer]
            return await answer

    return asyncio.run(run())


both = pytest.mark.parametrize("kind", ["threads", "asyncio"])


@both
def test_a_request_has_its_parameters_and_the_key(kind):
    with scripted(STATS) as server:
        answer = ask(kind, server.url + "/", lambda c: c.stats(duration="5m"), key="tart_ab_c")
    (asked,) = server.asked
    assert answer == {"best_block": 7}
    assert (asked.method, asked.path, asked.query) == ("GET", "/api/stats", {"duration": ["5m"]})
    assert asked.headers["authorization"] == "Bearer tart_ab_c"


@both
def test_without_a_key_no_authorization_is_sent(kind):
    with scripted(STATS) as server:
        ask(kind, server.url, lambda c: c.stats())
    assert "authorization" not in server.asked[0].headers


@both
def test_transient_errors_are_retried(kind):
    with scripted(BUSY, BROKEN, BUSY, STATS) as server:
        assert ask(kind, server.url, lambda c: c.stats()) == {"best_block": 7}
    assert len(server.asked) == 4


@both
def test_retries_are_limited(kind):
    with scripted(BUSY, BUSY, BUSY) as server, pytest.raises(ApiError) as caught:
        ask(kind, server.url, lambda c: c.stats(), retries=2)
    assert (caught.value.status, len(server.asked)) == (503, 3)


@both
@pytest.mark.parametrize("script", [[REFUSED], [Reply(b"<html>", 200)], [Reply({}, 500)]])
def test_permanent_errors_are_not_retried(kind, script):
    with scripted(*script) as server, pytest.raises(ApiError):
        ask(kind, server.url, lambda c: c.stats())
    assert len(server.asked) == 1


@both
def test_requests_that_are_not_idempotent_are_not_retried(kind):
    with scripted(BROKEN) as server, pytest.raises(ApiUnreachable):
        ask(kind, server.url, lambda c: c.sql(map="SELECT 1"))
    (asked,) = server.asked
    assert (asked.method, asked.body) == ("POST", {"map": "SELECT 1"})


@both
def test_a_retry_after_beyond_the_limit_fails_the_call(kind):
    late = Reply(
        {"error": {"code": "too_many_requests", "message": "m"}}, 429, {"Retry-After": "9"}
    )
    with scripted(late) as server, pytest.raises(ApiError, match="too_many_requests"):
        ask(kind, server.url, lambda c: c.stats())


@both
def test_a_server_that_cannot_be_reached_raises_api_unreachable(kind):
    with pytest.raises(ApiUnreachable, match="does not answer"):
        ask(kind, f"http://{unused_address()}", lambda c: c.stats(), retries=1)


@both
def test_pages_are_one_iterator_with_retries_of_each_page(kind):
    pages = [
        Reply({"events": [1, 2], "has_more": True, "next_cursor": "b"}),
        BUSY,
        Reply({"events": [], "has_more": True, "next_cursor": "c"}),
        Reply({"events": [3], "has_more": False}),
    ]
    with scripted(*pages) as server:
        found = ask(kind, server.url, lambda c: c.iter_search(event_types=[11, 12], limit=2))
    assert found == [1, 2, 3]
    assert [each.query.get("cursor") for each in server.asked] == [None, ["b"], ["b"], ["c"]]
    assert all(each.query["event_types"] == ["11,12"] for each in server.asked)


@both
def test_an_export_is_streamed_in_chunks(kind):
    with scripted(Reply(b"one\ntwo\n")) as server:
        found = ask(kind, server.url, lambda c: c.export(format="csv", duration="1h"))
    assert b"".join(found) == b"one\ntwo\n"
    assert server.asked[0].query == {
        "format": ["csv"],
        "duration": ["1h"],
        "bytes": ["hex"],
        "int64": ["number"],
    }


@both
@pytest.mark.parametrize(("reply", "error"), [(BROKEN, ApiUnreachable), (REFUSED, ApiError)])
def test_an_export_that_is_cut_short_is_an_error(kind, reply, error):
    with scripted(reply) as server, pytest.raises(error):
        ask(kind, server.url, lambda c: c.export())
    assert len(server.asked) == 1


@both
def test_an_unhealthy_status_is_returned_and_metrics_are_text(kind):
    with scripted(Reply({"status": "Unhealthy"}, 503), Reply(b"tart_up 1\n")) as server:
        assert ask(kind, server.url, lambda c: c.detailed_health()) == {"status": "Unhealthy"}
        assert ask(kind, server.url, lambda c: c.metrics()) == "tart_up 1\n"


@pytest.mark.parametrize("verify", [True, False])
def test_certificates_are_verified_unless_disabled(tmp_path, verify):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    async def scenario():
        async def serve(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with AsyncTartClient(url, verify=verify, retries=0, **AT_ONCE) as client:
            try:
                return await client.stats()
            finally:
                server.close()

    if verify:
        with pytest.raises(ApiUnreachable, match="CERTIFICATE"):
            asyncio.run(scenario())
    else:
        assert asyncio.run(scenario()) == {}


def test_the_gateway_answers_both_clients(tmp_path):
    async def scenario():
        async with running_gateway(tmp_path) as gateway:
            gateway.shards[0].append(*[event(0, each, at=NOON + each) for each in range(7)])
            url = f"http://127.0.0.1:{gateway.port}"
            async with AsyncTartClient(url, proxies=False) as client:
                events = [each async for each in client.iter_events(limit=3)]
                assert [each["event_id"] for each in events] == [6, 5, 4, 3, 2, 1, 0]
                assert (await client.health())["status"]
                assert "tart_" in await client.metrics()
                with pytest.raises(ApiError) as caught:
                    await client.stats(duration="soon")
                assert (caught.value.status, caught.value.parameter) == (400, "duration")

            def in_a_thread():
                with TartClient(url, proxies=False) as client:
                    return list(client.iter_events(limit=3))

            assert await asyncio.to_thread(in_a_thread) == events

    asyncio.run(scenario())


def test_an_incomplete_client_class_raises_not_implemented():
    class Unfinished(TartClient):
        def _open(self):
            return super(TartClient, self)._open()

    with pytest.raises(NotImplementedError):
        Unfinished("http://127.0.0.1")


def test_the_emitter_needs_neither_httpx_nor_websockets():
    code = (
        "import sys, json\n"
        "sys.modules['httpx'] = sys.modules['websockets'] = None\n"
        "import tart.client\n"
        "tart.client.TelemetryEmitter, tart.client.ThreadedEmitter, tart.client.ApiError\n"
        "try:\n"
        "    tart.client.TartClient\n"
        "except ImportError as error:\n"
        "    print(json.dumps(error.name))\n"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert json.loads(outcome.stdout) == "httpx", outcome.stderr


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    import tart.client

    with pytest.raises(AttributeError, match="Nothing"):
        _ = tart.client.Nothing
    assert all(getattr(tart.client, name) for name in tart.client.__all__)
