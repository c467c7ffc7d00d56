"""``tart/gateway/handlers/exports.py``: exports over several shards."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tart.access.roles import Role
from tart.ipc.messages import Failure
from tart.protocol import capture
from tart.protocol.capture import CLOSED, EVENT_ID, FRAME, OPENED, CaptureReader, Record
from tart.query.core.event_ids import event_api_id
from tart.query.core.query import Attached
from tart.units import SECOND_US
from tests.gateway.broken_off import broken_off
from tests.gateway.fake_shard import NODE_B, NOON, event, node
from tests.gateway.running import Running, eventually, with_gateway

# What a shard says of it: file, rows, and when they were received.
DAMAGED = ["01/2026-11-20.duckdb", 3, None, None]


def fill(gateway: Running, each: int = 7) -> None:
    """Events of two nodes, by turns on the one shard and the other."""
    for i in range(each):
        gateway.shards[0].append(event(0, i, at=NOON + 2 * i * SECOND_US))
        gateway.shards[1].append(event(1, i, at=NOON + (2 * i + 1) * SECOND_US, node=NODE_B))


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


def test_an_export_without_events_is_complete(tmp_path: Path) -> None:
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


def test_the_filters_and_window_of_an_export_are_sent_to_the_shards(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        gateway.shards[1].nodes = [node(NODE_B)]
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


def test_a_format_that_only_sql_has_is_refused_by_its_name(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        response = await gateway.get("/api/events/export?format=parquet")
        assert response.status_code == 400
        assert response.json()["error"]["message"] == (
            "format must be one of ndjson, csv, capture; /api/sql has parquet"
        )
        response = await gateway.get(
            "/api/events/export", headers={"accept": "application/vnd.apache.parquet"}
        )
        assert (response.status_code, response.json()["error"]["param"]) == (400, "Accept")

    with_gateway(tmp_path, check)


def test_accept_selects_the_format_of_an_export(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for accept, media_type in (
            ("*/*", "application/x-ndjson"),
            ("text/csv", "text/csv; charset=utf-8"),
            ("text/html, */*", "application/x-ndjson"),
        ):
            response = await gateway.get("/api/events/export", headers={"accept": accept})
            assert response.headers["content-type"] == media_type

    with_gateway(tmp_path, check)


def test_an_export_that_breaks_off_does_not_look_complete(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway, 3000)
        asked = 0

        def second_time_never(parameters: dict[str, Any]) -> Any:
            nonlocal asked
            asked += 1
            return fails if asked > 3 else gateway.shards[1].usual_answer("export", parameters)

        fails = Failure(0, "internal", "broken")
        gateway.shards[1].answers["export"] = second_time_never
        with pytest.raises(httpx.RemoteProtocolError):
            await gateway.get("/api/events/export")

    with_gateway(tmp_path, check)


@pytest.mark.parametrize("form", ["ndjson", "csv", "capture"])
@pytest.mark.parametrize("why", ["shard", "later", "damage"])
def test_an_incomplete_export_has_the_rest_and_no_end(tmp_path: Path, form: str, why: str) -> None:
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
            return gateway.shards[1].usual_answer("export", parameters)

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


def test_a_slow_client_gets_all_of_an_incomplete_export(
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


def test_head_of_an_export_has_no_body(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        response = await gateway.client.head("/api/events/export")
        assert (response.status_code, response.content) == (200, b"")

    with_gateway(tmp_path, check)


def test_an_export_with_unreadable_rows_has_the_rest_and_no_end(tmp_path: Path) -> None:
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
