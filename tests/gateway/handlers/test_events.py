"""``tart/gateway/handlers/events.py``: single events, exports and SQL, over several shards."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import duckdb
import httpx
import nanoarrow as na
import pytest
from nanoarrow.ipc import StreamWriter

from tart.access.roles import Role
from tart.gateway.fanout.sql_admission import RUNNING, WAITING
from tart.ipc.messages import Attached, Failure
from tart.protocol import capture
from tart.protocol.capture import CLOSED, EVENT_ID, FRAME, OPENED, CaptureReader, Record
from tart.query.core.catalog import event_api_id
from tart.units import SECOND_US
from tests.gateway.fake_shard import NODE_B, NOON, event
from tests.gateway.running import Running, eventually, running_gateway

# What a shard says of it: file, rows, and when they were received.
DAMAGED = ["01/2026-11-20.duckdb", 3, None, None]
Begun = Callable[[], Awaitable[None]]


def with_gateway(
    directory: Path, test: Callable[[Running], Awaitable[None]], shards: int = 2, **api: Any
) -> None:
    """Run one test against a gateway of its own."""

    async def run() -> None:
        async with running_gateway(directory, shards, **api) as running:
            await test(running)

    asyncio.run(run())


def fill(gateway: Running, each: int = 7) -> None:
    """Events of two nodes, by turns on the one shard and the other."""
    for i in range(each):
        gateway.shards[0].append(event(0, i, at=NOON + 2 * i * SECOND_US))
        gateway.shards[1].append(event(1, i, at=NOON + (2 * i + 1) * SECOND_US, node=NODE_B))


def arrow(sql: str) -> bytes:
    """What a shard's map finds."""
    out = io.BytesIO()
    with duckdb.connect(":memory:") as connection, StreamWriter.from_writable(out) as writer:
        writer.write_stream(na.c_array_stream(connection.sql(sql)))
    return out.getvalue()


# --- One event -------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", "/trace"])
def test_the_shard_that_has_an_event_speaks_for_all(tmp_path: Path, suffix: str) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        api_id = event_api_id(1, 3)
        response = await gateway.get(f"/api/events/{api_id}{suffix}")
        assert response.status_code == 200
        assert api_id in (response.json().get("id"), response.json().get("root"))
        assert response.headers["x-tart-shards"] == "2/2"
        missing = await gateway.get(f"/api/events/{event_api_id(1, 99)}{suffix}")
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")

    with_gateway(tmp_path, check)


def test_an_event_that_may_be_with_a_missing_shard_is_not_called_unknown(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        await gateway.shards[0].stop()
        await eventually(lambda: not gateway.gateway.shards.every[0].up)
        found = await gateway.get(f"/api/events/{event_api_id(1, 3)}")
        assert found.status_code == 200
        unknown = await gateway.get(f"/api/events/{event_api_id(0, 3)}")
        assert unknown.status_code == 503

    with_gateway(tmp_path, check)


# --- Exports ---------------------------------------------------------------------------


def test_an_export_has_every_event_once_oldest_first(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        response = await gateway.get("/api/events/export")
        assert response.headers["content-type"] == "application/x-ndjson"
        assert response.headers["x-tart-shards"] == "2/2"
        found = [json.loads(line) for line in response.text.splitlines()]
        assert [each["id"] for each in found] == [
            event_api_id(directory, i) for i in range(7) for directory in (0, 1)
        ]
        # Nobody is asked again who has something waiting or is done.
        assert len([each for each in gateway.shards[0].requests if each.name == "export"]) >= 4

    with_gateway(tmp_path, check)


def test_an_export_of_nothing_is_whole(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        assert (await gateway.get("/api/events/export")).text == ""
        header = (await gateway.get("/api/events/export?format=csv")).text
        assert header.startswith("id,node_id,")
        assert header.endswith("data\r\n")
        response = await gateway.get("/api/events/export?format=capture")
        reader = CaptureReader()
        assert reader.receive_data(response.content) == []
        assert reader.complete

    with_gateway(tmp_path, check)


def test_selections_and_windows_reach_the_shards(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        query = f"node_id={NODE_B}&start=2026-11-20T12:00:03Z&end=2026-11-20T12:00:05Z"
        response = await gateway.get(f"/api/events/export?{query}")
        found = [json.loads(line)["id"] for line in response.text.splitlines()]
        assert found == [event_api_id(1, 1), event_api_id(1, 2)]

    with_gateway(tmp_path, check)


def test_a_capture_opens_each_session_before_its_first_frame(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway, 2)
        # The fake's records are lines; only what the gateway adds is looked at here.
        response = await gateway.get("/api/events/export?format=capture")
        pieces = response.content
        reader = CaptureReader()
        opened = reader.receive_data(pieces[: pieces.index(b'{"id"')])
        assert [(each.kind, each.content) for each in opened] == [(OPENED, b"hello")]

    with_gateway(tmp_path, check)


def test_a_capture_ends_each_session_after_its_last_frame_at_its_time(tmp_path: Path) -> None:
    """Directory 0: session 0 ends at 25, 1 is open; directory 1: session 2 ends at once."""

    def page(rows: list[tuple[int, int, int | None]], directory: int) -> Attached:
        texts = [
            capture.encode_record(Record(FRAME, session << 8 | directory, at, b"x"))
            for at, session, _ in rows
        ]
        part = {
            "received_at": [at for at, *_ in rows],
            "sessions": [session for _, session, _ in rows],
            "lengths": [len(each) for each in texts],
            "next": None,
            "openings": {str(each << 8 | directory): b"hi".hex() for _, each, _ in rows},
            "first_ids": {str(each << 8 | directory): 5 * each for _, each, _ in rows},
            "closings": {str(at): row[2] for at, row in enumerate(rows) if row[2] is not None},
        }
        return Attached({"parts": {str(directory): part}}, b"".join(texts))

    async def check(gateway: Running) -> None:
        pages = page([(10, 0, None), (20, 0, 25), (30, 1, None)], 0), page([(40, 2, 40)], 1)
        for shard, found in zip(gateway.shards, pages, strict=True):
            shard.answers["export"] = lambda _, found=found: found
        response = await gateway.get("/api/events/export?format=capture")
        reader = CaptureReader()
        records = reader.receive_data(response.content)
        assert reader.complete
        assert [(each.kind, each.session, each.received_at) for each in records] == [
            (OPENED, 0, 10),
            (FRAME, 0, 10),
            (FRAME, 0, 20),
            (CLOSED, 0, 25),
            (OPENED, 256, 30),
            (EVENT_ID, 256, 30),
            (FRAME, 256, 30),
            (OPENED, 513, 40),
            (EVENT_ID, 513, 40),
            (FRAME, 513, 40),
            (CLOSED, 513, 40),
        ]

    with_gateway(tmp_path, check)


def test_parquet_is_refused_with_the_reason(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        response = await gateway.get("/api/events/export?format=parquet")
        assert response.status_code == 422
        assert "Arrow" in response.json()["error"]["message"]

    with_gateway(tmp_path, check)


def test_an_export_that_breaks_off_does_not_look_complete(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway, 3000)
        asked = 0

        def second_time_never(parameters: dict[str, Any]) -> Any:
            nonlocal asked
            asked += 1
            return fails if asked > 3 else gateway.shards[1]._export(parameters)

        fails = Failure(0, "internal", "broken")
        gateway.shards[1].answers["export"] = second_time_never
        with pytest.raises(httpx.RemoteProtocolError):
            await gateway.get("/api/events/export")

    with_gateway(tmp_path, check)


async def broken_off(
    gateway: Running, method: str, url: str, begun: Begun | None = None, **arguments: Any
) -> bytes:
    """What came of an answer that must not end properly.

    Args:
        begun: called when it has begun.
    """
    received = b""
    async with gateway.client.stream(method, url, **arguments) as response:
        assert response.status_code == 200
        if begun is not None:
            await begun()
        try:
            async for chunk in response.aiter_raw():
                received += chunk
        except httpx.RemoteProtocolError:
            return received
    pytest.fail(f"{url} ended like a whole answer")


@pytest.mark.parametrize("form", ["ndjson", "csv", "capture"])
@pytest.mark.parametrize("why", ["shard", "later", "damage"])
def test_an_export_that_lacks_something_gives_the_rest_and_does_not_end(
    tmp_path: Path, form: str, why: str
) -> None:
    """A shard is not there, goes away on the way, or could not read all of its events."""
    reasons = {
        "shard": "shard 1 of 2 did not answer, so its events are missing",
        "later": "the export ends early: a shard whose events were being exported does not answer",
        "damage": "3 rows of 01/2026-11-20.duckdb are damaged and cannot be read",
    }

    async def prepare(gateway: Running) -> None:
        asked = 0

        def answer(parameters: dict[str, Any]) -> Any:
            nonlocal asked
            asked += 1
            if why == "later" and asked > 2:
                return Failure(0, "internal", "broken")
            return gateway.shards[1]._export(parameters)

        gateway.shards[1].answers["export"] = answer
        if why == "damage":
            gateway.shards[1].unreadable = [DAMAGED]
        if why == "shard":
            await gateway.shards[1].stop()
            await eventually(lambda: not gateway.gateway.shards.every[1].up)

    async def check(gateway: Running) -> None:
        fill(gateway)
        await prepare(gateway)
        received = await broken_off(gateway, "GET", f"/api/events/export?format={form}")
        # Of the shard that is there everything that can be put in order came.
        assert received.count(b'"event_id"') >= (4 if why == "later" else 7)
        last = received.splitlines()[-1]
        if form == "ndjson":
            error = {"code": "incomplete", "message": reasons[why]}
            assert json.loads(last) == {"error": error}
        elif form == "csv":
            assert next(csv.reader([last.decode()])) == [f"# incomplete: {reasons[why]}"]
        else:
            assert not received.endswith(capture.encode_end(0)[5:])
            assert capture.encode_end(0)[:5] not in received
        # Whoever asks next is served as ever.
        assert (await gateway.get("/api/health")).status_code == 200

    with_gateway(tmp_path, check)


def test_a_client_that_takes_its_time_gets_all_of_an_export_that_lacks_something(
    tmp_path: Path,
) -> None:
    """What waits to be sent when the connection is closed is still sent."""

    async def check(gateway: Running) -> None:
        fill(gateway, 3000)
        await gateway.shards[1].stop()
        await eventually(lambda: not gateway.gateway.shards.every[1].up)
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=1 << 14)
        writer.write(b"GET /api/events/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        while data := await reader.read(1 << 14):
            received += data
            await asyncio.sleep(0.001)
        writer.close()
        assert received.count(b'"event_id"') == 3000
        assert b'"code": "incomplete"' in received
        assert not received.endswith(b"0\r\n\r\n")

    with_gateway(tmp_path, check)


def test_an_export_whose_key_is_revoked_does_not_look_complete(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway, 3000)
        access = gateway.gateway.authenticator
        key_id, text, _ = await access.create("exports", Role.OPERATOR)
        headers = {"Authorization": f"Bearer {text}"}
        path = "/api/events/export"
        await broken_off(gateway, "GET", path, headers=headers, begun=lambda: access.revoke(key_id))

    with_gateway(tmp_path, check)


def test_a_head_of_an_export_has_no_body(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        response = await gateway.client.head("/api/events/export")
        assert (response.status_code, response.content) == (200, b"")

    with_gateway(tmp_path, check)


# --- SQL -------------------------------------------------------------------------------


def answering(gateway: Running, *maps: str) -> None:
    """Have each shard find what a statement gives."""
    for shard, sql in zip(gateway.shards, maps, strict=True):
        found = Attached({}, arrow(sql))
        shard.answers["sql"] = lambda _, found=found: found  # type: ignore[misc]


def test_maps_are_put_together_and_reduced(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        answering(gateway, "SELECT 1::BIGINT AS n", "SELECT 2::BIGINT AS n")
        response = await gateway.client.post("/api/sql", json={"map": "SELECT n FROM x"})
        assert response.status_code == 200
        assert response.headers["cache-control"].startswith("no-cache, no-store")
        assert response.headers["x-tart-shards"] == "2/2"
        assert response.json() == {
            "columns": [{"name": "n", "type": "BIGINT"}],
            "rows": [[1], [2]],
            "row_count": 2,
        }
        reduce = "SELECT sum(n)::BIGINT AS total FROM partials"
        response = await gateway.client.post("/api/sql", json={"map": "…", "reduce": reduce})
        assert response.json()["rows"] == [[3]]
        assert {each.parameters["sql"] for each in gateway.shards[0].requests[-2:]} == {
            "SELECT n FROM x",
            "…",
        }

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        ("", "*/*", "application/json"),
        ("", "text/csv, */*;q=0.1", "text/csv; charset=utf-8"),
        ("", "application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.stream"),
        ("?format=csv", "application/json", "text/csv; charset=utf-8"),
    ],
)
def test_the_result_comes_as_it_is_asked_for(
    tmp_path: Path, query: str, accept: str, media_type: str
) -> None:
    async def check(gateway: Running) -> None:
        answering(gateway, "SELECT 1 AS n", "SELECT 2 AS n")
        response = await gateway.client.post(
            f"/api/sql{query}", json={"map": "SELECT 1"}, headers={"accept": accept}
        )
        assert response.headers["content-type"] == media_type
        if "arrow" in media_type:
            table = na.ArrayStream.from_readable(response.content).read_all()
            assert table.to_pylist() == [{"n": 1}, {"n": 2}]
        elif "csv" in media_type:
            assert response.text == "n\r\n1\r\n2\r\n"

    with_gateway(tmp_path, check)


def test_a_missing_shard_shows_in_the_answer(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        answering(gateway, "SELECT 1 AS n", "SELECT 2 AS n")
        await gateway.shards[1].stop()
        await eventually(lambda: not gateway.gateway.shards.every[1].up)
        response = await gateway.client.post("/api/sql", json={"map": "SELECT 1"})
        assert response.json()["rows"] == [[1]]
        assert response.json()["shards"] == {"answered": 1, "total": 2}
        assert response.headers["x-tart-shards"] == "1/2"
        await gateway.shards[0].stop()
        await eventually(lambda: not gateway.gateway.shards.every[0].up)
        response = await gateway.client.post("/api/sql", json={"map": "SELECT 1"})
        assert response.status_code == 503

    with_gateway(tmp_path, check)


@pytest.mark.parametrize("form", ["json", "csv", "arrow"])
@pytest.mark.parametrize("why", ["shard", "damage"])
def test_a_result_that_lacks_something_says_so_or_does_not_end(
    tmp_path: Path, form: str, why: str
) -> None:
    async def check(gateway: Running) -> None:
        answering(gateway, "SELECT 1 AS n", "SELECT 2 AS n")
        if why == "damage":
            gateway.shards[1].unreadable = [DAMAGED]
        else:
            await gateway.shards[1].stop()
            await eventually(lambda: not gateway.gateway.shards.every[1].up)
        url, body = f"/api/sql?format={form}", {"map": "SELECT 1"}
        if form == "json":
            response = (await gateway.client.post(url, json=body)).json()
            assert ("unreadable" in response) is (why == "damage")
            assert ("shards" in response) is (why == "shard")
            return
        received = await broken_off(gateway, "POST", url, json=body)
        if form == "csv":
            head, *rows, last = received.decode().splitlines()
            assert (head, rows) == ("n", ["1", "2"] if why == "damage" else ["1"])
            assert next(csv.reader([last]))[0].startswith("# incomplete: ")

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "application/json", 400, "bad_parameter"),
        (b"[]", "application/json", 400, "bad_parameter"),
        (b"{}", "application/json", 400, "bad_parameter"),
        (b'{"map": 1}', "application/json", 400, "bad_parameter"),
        (b'{"map": " "}', "application/json", 400, "bad_parameter"),
        (b'{"map": "SELECT 1", "reduce": 2}', "application/json", 400, "bad_parameter"),
        (b'{"map": "SELECT 1", "reduces": "x"}', "application/json", 400, "bad_parameter"),
        (b'{"map": "SELECT 1"}', "text/plain", 415, "unsupported_body"),
        (b'{"map": "SELECT 1", "reduce": "SELEC"}', "application/json", 422, "sql"),
        (b'{"map": "SELECT 1", "reduce": "SELECT x"}', "application/json", 422, "sql"),
        (b'{"map": "SELECT 1", "reduce": "FROM events"}', "application/json", 422, "sql"),
    ],
)
def test_what_is_wrong_with_a_request_is_told(
    tmp_path: Path, content: bytes, kind: str, status: int, code: str
) -> None:
    async def check(gateway: Running) -> None:
        answering(gateway, "SELECT 1 AS n", "SELECT 2 AS n")
        response = await gateway.client.post(
            "/api/sql", content=content, headers={"content-type": kind}
        )
        assert (response.status_code, response.json()["error"]["code"]) == (status, code)
        assert response.json()["error"]["message"]

    with_gateway(tmp_path, check)


def test_a_shard_s_complaint_reaches_the_author(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        answering(gateway, "SELECT 1 AS n", "SELECT 2 AS n")
        gateway.shards[1].answers["sql"] = lambda _: Failure(0, "sql", "there is no table x")
        response = await gateway.client.post("/api/sql", json={"map": "FROM x"})
        assert response.status_code == 422
        assert response.json()["error"]["message"] == "there is no table x"

    with_gateway(tmp_path, check)


def test_sql_is_only_posted(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        response = await gateway.get("/api/sql")
        assert (response.status_code, response.json()["error"]["code"]) == (
            405,
            "method_not_allowed",
        )
        assert response.headers["allow"] == "OPTIONS, POST"

    with_gateway(tmp_path, check)


def test_too_many_statements_are_refused(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for shard in gateway.shards:
            shard.answers["sql"] = lambda _: None
        body = {"map": "SELECT 1"}
        waiting = [
            asyncio.ensure_future(gateway.client.post("/api/sql", json=body))
            for _ in range(RUNNING + WAITING)
        ]
        await eventually(lambda: gateway.gateway.questions.sandboxes._there == len(waiting))
        response = await gateway.client.post("/api/sql", json=body)
        assert response.json()["error"]["code"] == "too_many_statements"
        assert response.status_code == 503
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    with_gateway(tmp_path, check)


def test_an_export_that_lacks_what_cannot_be_read_has_the_rest_and_no_end(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        gateway.shards[1].unreadable = [["01/x.duckdb", 4096, NOON, NOON]]
        lines = []

        async def read() -> None:
            async with gateway.client.stream("GET", "/api/events/export") as response:
                assert response.headers["x-tart-unreadable"] == "4096"
                async for line in response.aiter_lines():
                    lines.append(line)

        with pytest.raises(httpx.RemoteProtocolError):
            await read()
        assert len(lines) == 14 + 1
        assert "cannot be read" in lines[-1]
        page = (await gateway.get("/api/events")).json()
        assert [(each["file"], each["rows"]) for each in page["unreadable"]] == [
            ("01/x.duckdb", 4096)
        ]
        assert "shards" not in page

    with_gateway(tmp_path, check)
