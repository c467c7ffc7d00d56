"""The common rules on the wire: errors, HEAD, OPTIONS, gzip, ETag, CORS, partial answers."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tart.errors import NotFound
from tart.gateway.api.contract import ROUTES
from tart.gateway.fanout.queries import Coverage
from tart.gateway.http import responses
from tart.gateway.http.responses import Answer, _accepts_gzip, _matches, render
from tart.ipc.messages import Failure, SampledEvents
from tart.query.shard_queries.catalog import QUERIES
from tests.cases import all_cases
from tests.gateway.fake_shard import NODE_A, FakeShard, event, node
from tests.gateway.json_schema import SCHEMAS, violations
from tests.gateway.running import (
    QUIET_AND_UNSHARED,
    Run,
    Running,
    eventually,
    running_gateway,
    shared_gateway,
    url_of,
)

# Those that need the RPC of a node ask no shard without one: tests/gateway/handlers.
SCATTERED = [
    route
    for route in ROUTES
    if route.scattered
    and 504 in route.errors
    and route.method == "GET"
    and not route.path.startswith(("/api/jam/", "/api/chain/"))
]
# Routes of one kind share a gateway.
TAGGED = [route for route in SCATTERED if route.tag]


def with_gateway(directory: Path, test: Callable[[Running], Awaitable[None]], **api: Any) -> None:
    """Run one test against a gateway of its own."""

    async def run() -> None:
        async with running_gateway(directory, **api) as running:
            await test(running)

    asyncio.run(run())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run tests that change nothing against one gateway with one node."""

    def know(shards: list[FakeShard]) -> None:
        shards[0].nodes = [node(is_connected=False, connections=[])]

    with shared_gateway(tmp_path_factory.mktemp("shared"), prepare=know) as run:
        yield run


@asynccontextmanager
async def raw(gateway: Running) -> AsyncIterator[tuple[Any, Any]]:
    """A bare connection, for what a decent client does not send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def spoken(gateway: Running, request: bytes) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of the answer to raw bytes."""
    async with raw(gateway) as (reader, writer):
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        return int(head.split()[1]), json.loads(await reader.readexactly(length))


def assert_error(status: int, body: Any, expected: int, code: str) -> None:
    assert (status, body["error"]["code"]) == (expected, code)
    assert violations(body, SCHEMAS["Error"]) == []
    assert "Traceback" not in json.dumps(body)


# --- Errors ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nope", 404, "not_found"),
        ("POST", "/", 405, "method_not_allowed"),
        ("GET", "/assets/nope.js", 404, "not_found"),
        ("GET", "/assets/..%2findex.html", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/nope", 404, "not_found"),
        ("GET", "/%ff%00", 404, "not_found"),
        ("GET", "/api/nodes/a/b/c", 404, "not_found"),
        ("OPTIONS", "/api/nope", 404, "not_found"),
        ("POST", "/api/stats", 405, "method_not_allowed"),
        ("DELETE", "/metrics", 405, "method_not_allowed"),
        ("PUT", f"/api/nodes/{NODE_A}", 405, "method_not_allowed"),
        ("GET", "/api/nodes/zz", 400, "bad_parameter"),
        ("GET", f"/api/nodes/{NODE_A}", 404, "not_found"),
        ("GET", "/api/ws", 426, "upgrade_required"),
    ],
)
def test_errors_of_requests_have_the_common_shape(
    tmp_path: Path, method: str, path: str, status: int, code: str
) -> None:
    async def check(gateway: Running) -> None:
        response = await gateway.client.request(method, path)
        assert_error(response.status_code, response.json(), status, code)
        assert response.headers["content-type"] == "application/json"
        assert response.headers["cache-control"].startswith("no-cache")
        assert ("allow" in response.headers) == (status == 405)

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/9\r\n\r\n", 400, "bad_request"),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400, "bad_request"),
        (b"GET /api/stats HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400, "bad_request"),
        (
            b"POST /api/stats HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: joy\r\n\r\n",
            417,
            "expectation_failed",
        ),
        (
            b"GET /api/stats HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\nx",
            413,
            "too_large",
        ),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", 413, "too_large"),
        (
            b"GET /api/ws HTTP/1.1\r\nHost: [::1]\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\n\r\n",
            400,
            "bad_request",
        ),
    ],
    ids=["no-http", "version", "bytes", "length", "expect", "body", "header", "handshake"],
)
def test_errors_of_malformed_requests_have_the_common_shape(
    shared: Run, request_bytes: bytes, status: int, code: str
) -> None:
    async def check(gateway: Running) -> None:
        assert_error(*(await spoken(gateway, request_bytes)), status, code)

    shared(check)


def test_an_internal_error_is_500_without_its_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].answers["chain"] = lambda _: "no chain"
        response = await gateway.get("/api/stats")
        assert_error(response.status_code, response.json(), 500, "internal")
        assert "ValidationError" not in response.text

    with_gateway(tmp_path, check)
    assert "ValidationError" in caplog.text


@pytest.mark.parametrize(
    "routes",
    [TAGGED, [route for route in SCATTERED if not route.tag]],
    ids=["for dashboards", "others"],
)
def test_unavailable_shards_are_503_and_late_ones_504(tmp_path: Path, routes: Any) -> None:
    async def check(gateway: Running) -> None:
        await gateway.settle()
        for shard in gateway.shards:
            for name in QUERIES:
                if name != "statistics":
                    shard.answers[name] = lambda _: None
        for route in routes:
            response = await gateway.get(url_of(route))
            assert_error(response.status_code, response.json(), 504, "deadline")
            assert response.headers["x-tart-shards"] == "0/2"
            assert gateway.shards[0].cancelled
            gateway.shards[0].cancelled.clear()
        for shard in gateway.shards:
            await shard.stop()
        await eventually(lambda: not any(each.up for each in gateway.gateway.shards.every))
        for route in routes:
            response = await gateway.get(url_of(route))
            assert_error(response.status_code, response.json(), 503, "no_shard")
            assert response.headers["x-tart-shards"] == "0/2"

    with_gateway(tmp_path, check, intervals=QUIET_AND_UNSHARED, deadline_seconds=0.05)


def test_a_parameter_that_a_shard_refuses_is_400_and_named(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        refusal = Failure(0, "bad_parameter", "slot is odd", "slot")
        gateway.shards[1].answers["events"] = lambda _: refusal
        response = await gateway.get("/api/events/search?slot=3")
        assert_error(response.status_code, response.json(), 400, "bad_parameter")
        assert response.json()["error"]["param"] == "slot"

    with_gateway(tmp_path, check)


# --- Partial answers ------------------------------------------------------------------


@pytest.mark.parametrize("code", ["internal", "deadline", "no_shard", None])
def test_an_answer_without_one_shard_says_which_shards_answered(
    tmp_path: Path, code: str | None
) -> None:
    async def check(gateway: Running) -> None:
        failure = code and Failure(0, code, "broken")
        gateway.shards[1].answers["events"] = lambda _: failure
        gateway.shards[0].append(event(0, 0))
        response = await gateway.get("/api/events")
        assert response.status_code == 200
        assert response.headers["x-tart-shards"] == "1/2"
        assert "no-store" in response.headers["cache-control"]
        assert response.json()["shards"] == {"answered": 1, "total": 2}
        assert len(response.json()["events"]) == 1
        gateway.shards[1].answers.clear()
        response = await gateway.get("/api/events")
        assert response.headers["x-tart-shards"] == "2/2"
        assert "shards" not in response.json()

    with_gateway(tmp_path, check, deadline_seconds=0.2)


def test_a_shard_that_comes_back_is_queried_again(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        shard = gateway.shards[1]
        shard.append(event(1, 0))
        await shard.stop()
        assert (await gateway.json("/api/events"))["events"] == []
        await shard.start()
        await gateway.all_there()
        assert len((await gateway.json("/api/events"))["events"]) == 1

    with_gateway(tmp_path, check)


def test_an_answer_from_two_queries_counts_the_shards_that_answered_both(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].answers["chain"] = lambda _: Failure(0, "internal", "x")
        gateway.shards[1].answers["aggregate_rows"] = lambda _: Failure(0, "internal", "x")
        response = await gateway.get("/api/stats")
        assert response.headers["x-tart-shards"] == "0/2"
        assert response.json()["shards"] == {"answered": 0, "total": 2}

    with_gateway(tmp_path, check)


def test_a_busy_gateway_tells_when_to_retry(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for shard in gateway.shards:
            shard.answers["events"] = lambda _: Failure(0, "busy", "256 queries are waiting")
        response = await gateway.get("/api/events")
        assert_error(response.status_code, response.json(), 503, "busy")
        assert int(response.headers["retry-after"]) >= 1
        assert response.headers["x-tart-shards"] == "0/2"

    with_gateway(tmp_path, check)


def test_queries_carry_the_age_of_their_request(tmp_path: Path) -> None:
    """Also where they are asked from the other thread, and one after the other."""

    async def check(gateway: Running) -> None:
        gateway.gateway.registry.record(0, [node()])
        # The gateway's own queries belong to no request.
        await gateway.settle()
        for route in SCATTERED:
            for shard in gateway.shards:
                shard.requests.clear()
            await gateway.get(url_of(route))
            ages = [each.age_seconds for shard in gateway.shards for each in shard.requests]
            assert ages, route.name
            assert min(ages) > 0, route.name

    with_gateway(tmp_path, check, intervals=QUIET_AND_UNSHARED)


# --- HEAD, OPTIONS, gzip, ETag, CORS --------------------------------------------------


# Event streams have no end.
ENDING = [route for route in ROUTES if route.media_type != "text/event-stream"]


STREAMED = {"export"}


@all_cases("route", ENDING, ids=lambda route: route.name)
def test_head_has_the_headers_of_get_and_no_body(shared: Run, route: Any) -> None:
    async def check(gateway: Running) -> None:
        path = route.path.replace("{id}", NODE_A)
        # Compressed, two bodies of different moments may differ in length.
        plain = {"accept-encoding": "identity"}
        got = await gateway.get(path, headers=plain)
        head = await gateway.client.head(path, headers=plain)
        assert head.status_code == got.status_code
        assert head.content == b""
        # How long a stream is nobody knows before it is made; what GET cut into chunks is one.
        framing = {"content-length", "transfer-encoding"}
        assert head.headers.keys() - framing == got.headers.keys() - framing
        assert ("content-length" in head.headers) == (route.name not in STREAMED)
        if "etag" in got.headers:
            assert head.headers["content-length"] == got.headers["content-length"]

    shared(check)


@all_cases("route", ROUTES, ids=lambda route: route.name)
def test_options_lists_the_methods(shared: Run, route: Any) -> None:
    async def check(gateway: Running) -> None:
        response = await gateway.client.options(route.path.replace("{id}", "x"))
        assert (response.status_code, response.content) == (204, b"")
        expected = {each.method for each in ROUTES if each.path == route.path} | {"OPTIONS"}
        expected |= {"HEAD"} if "GET" in expected else set()
        assert set(response.headers["allow"].split(", ")) == expected

    shared(check)


@pytest.mark.parametrize("events", [10, 1000])
def test_large_bodies_are_compressed_if_the_client_accepts_gzip(
    tmp_path: Path, events: int
) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].append(*[event(0, i) for i in range(events)])
        path = f"/api/events?limit={events}"
        async with raw(gateway) as (reader, writer):
            line = f"GET {path} HTTP/1.1\r\nHost: [::1]\r\nAccept-Encoding: br, gzip;q=0.5\r\n\r\n"
            writer.write(line.encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            packed = await reader.readexactly(length)
        assert "content-encoding: gzip" in head
        assert "vary: accept-encoding" in head
        plain = await gateway.get(path, headers={"accept-encoding": "identity"})
        assert gzip.decompress(packed) == plain.content
        assert "content-encoding" not in plain.headers

    with_gateway(tmp_path, check)


def test_small_bodies_are_not_compressed(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        response = await gateway.get("/api/health", headers={"accept-encoding": "gzip"})
        assert "content-encoding" not in response.headers

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("br;q=1, gzip; q=0.1", True),
        ("gzip;q=0", False),
        ("*", True),
        ("*;q=0", False),
        ("identity", False),
        ("gzip;q=x", False),
    ],
)
def test_gzip_is_accepted_by_the_weights_of_accept_encoding(
    accepted: str | None, expected: bool
) -> None:
    assert _accepts_gzip(accepted) is expected


def test_an_unchanged_answer_is_not_sent_again(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        first = await gateway.get("/api/stats")
        assert first.headers["cache-control"] == "public, max-age=2"
        tag = first.headers["etag"]
        again = await gateway.get("/api/stats", headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        gateway.shards[0].authored = ["01" * 32]
        changed = await gateway.get("/api/stats", headers={"if-none-match": tag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, False),
        ('W/"a"', True),
        ('"a"', True),
        ('"b", W/"a"', True),
        ("*", True),
        ('"b"', False),
        ("", False),
    ],
)
def test_tags_are_compared_weakly(wanted: str | None, expected: bool) -> None:
    assert _matches(wanted, 'W/"a"') is expected


def test_live_answers_are_never_cached(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for path in ("/api/health", "/api/metrics/live", "/api/events/search", "/metrics"):
            response = await gateway.get(path)
            assert response.headers["cache-control"] == "no-cache, no-store, must-revalidate"
            assert "etag" not in response.headers

    with_gateway(tmp_path, check)


ORIGIN = "https://dash.example"
PREFLIGHT = {"origin": ORIGIN, "access-control-request-method": "GET"}


def test_other_origins_may_not_read_by_default(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for response in (
            await gateway.get("/api/health", headers={"origin": ORIGIN}),
            await gateway.client.options("/api/health", headers=PREFLIGHT),
        ):
            assert not [name for name in response.headers if name.startswith("access-control")]

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("origins", "allowed"), [((ORIGIN,), ORIGIN), (("*",), "*"), (("https://other.example",), None)]
)
def test_origins_of_the_settings_may_read(
    tmp_path: Path, origins: tuple[str, ...], allowed: str | None
) -> None:
    async def check(gateway: Running) -> None:
        for response in (
            await gateway.get("/api/health", headers={"origin": ORIGIN}),
            await gateway.get("/api/nope", headers={"origin": ORIGIN}),
            await gateway.client.options("/api/health", headers=PREFLIGHT),
        ):
            assert response.headers.get("access-control-allow-origin") == allowed
            assert "Origin" in response.headers["vary"]
        preflight = response.headers
        assert ("access-control-allow-methods" in preflight) == (allowed is not None)
        assert "access-control-allow-origin" not in (await gateway.get("/api/health")).headers

    with_gateway(tmp_path, check, cors_origins=origins)


def test_a_body_that_is_a_function_is_called_on_a_thread_and_says_which_shards_answered() -> None:
    threads: list[threading.Thread] = []

    def body() -> dict[str, Any]:
        threads.append(threading.current_thread())
        return {"n": 1}

    data = asyncio.run(render(Answer(body, Coverage(frozenset({0}), 2))))
    assert json.loads(data) == {"n": 1, "shards": {"answered": 1, "total": 2}}
    assert threads != [threading.current_thread()]


def test_an_error_of_a_body_that_is_a_function_is_raised() -> None:
    def body() -> dict[str, Any]:
        raise NotFound("nothing", "id")

    with pytest.raises(NotFound, match="nothing"):
        asyncio.run(render(Answer(body)))


def test_the_event_loop_runs_while_a_body_is_made() -> None:
    running = threading.Event()

    async def check() -> None:
        rendering = asyncio.create_task(render(Answer(lambda: {"ran": running.wait(10)})))
        await asyncio.sleep(0)
        running.set()
        assert json.loads(await rendering) == {"ran": True}

    asyncio.run(check())


def test_a_shared_body_is_compressed_once_for_requests_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compressed = []

    def compress(data: bytes, *given: Any, **named: Any) -> bytes:
        compressed.append(len(data))
        return b"gz"

    monkeypatch.setattr(responses.gzip, "compress", compress)

    async def run() -> None:
        for size in (responses.GZIP_INLINE_BYTES, responses.GZIP_INLINE_BYTES + 1):
            body = responses.SharedBody(bytes(size))
            one = asyncio.create_task(body.compressed())
            two = asyncio.create_task(body.compressed())
            await asyncio.sleep(0)
            one.cancel()
            assert await two == await body.compressed() == b"gz"
            assert compressed.pop() == size
            assert not compressed
            assert body.etag == responses.SharedBody(bytes(size)).etag

    asyncio.run(run())


def test_events_that_were_not_stored_are_told_once_for_each_shard() -> None:
    short, long = SampledEvents(5, 10, 20), SampledEvents(9, 10, 90)
    seen = Coverage(frozenset({0, 1}), 2, sampled=frozenset({(0, short), (0, long), (1, short)}))
    assert responses.members_of(seen) == {
        "sampled": {
            "events": 14,
            "since": "1970-01-01T00:00:00.000010Z",
            "until": "1970-01-01T00:00:00.000090Z",
        }
    }
    assert responses.headers_of(seen)["X-Tart-Sampled"] == "14"
    (sentence,) = responses.lacks_of(seen)
    assert sentence.startswith("14 events received from 1970")
    assert (seen & seen).sampled == seen.sampled
    assert "X-Tart-Sampled" not in responses.headers_of(Coverage(frozenset({0}), 1))
