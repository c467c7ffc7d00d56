"""``tart/gateway/handlers/sql.py``: statements over several shards."""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path

import duckdb
import nanoarrow as na
import pytest
from nanoarrow.ipc import StreamWriter

from tart.gateway.fanout.sql_admission import OF_CLIENT
from tart.ipc.messages import Failure
from tart.query.core.query import Attached
from tart.query.sql.formats import SQL_FORMATS
from tests.gateway.broken_off import broken_off
from tests.gateway.running import Running, eventually, with_gateway

# What a shard says of it: file, rows, and when they were received.
DAMAGED = ["01/2026-11-20.duckdb", 3, None, None]


# The rows 1 and 2 in the formats of text.
TEXTS = {
    "text/csv; charset=utf-8": "n\r\n1\r\n2\r\n",
    "application/x-ndjson": '{"n":1}\n{"n":2}\n',
    "text/markdown; charset=utf-8": "| n |\n| --: |\n| 1 |\n| 2 |\n",
}


def arrow(sql: str) -> bytes:
    """What a shard's map finds."""
    out = io.BytesIO()
    with duckdb.connect(":memory:") as connection, StreamWriter.from_writable(out) as writer:
        writer.write_stream(na.c_array_stream(connection.sql(sql)))
    return out.getvalue()


def answering(gateway: Running, *maps: str) -> None:
    """Have each shard find what a statement gives."""
    for shard, sql in zip(gateway.shards, maps, strict=True):
        found = Attached({}, arrow(sql))
        shard.answers["sql"] = lambda _, found=found: found  # type: ignore[misc]


def test_sql_results_of_shards_are_combined_by_reduce(tmp_path: Path) -> None:
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
        ("?format=jsonl", "", "application/x-ndjson"),
        ("", "text/markdown", "text/markdown; charset=utf-8"),
        ("", "application/vnd.apache.parquet", "application/vnd.apache.parquet"),
    ],
)
def test_sql_results_have_the_requested_format(
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
        elif "parquet" in media_type:
            (tmp_path / "result.parquet").write_bytes(response.content)
            with duckdb.connect() as connection:
                read = connection.execute(f"FROM '{tmp_path}/result.parquet'").fetchall()
            assert read == [(1,), (2,)]
        elif media_type in TEXTS:
            assert response.text == TEXTS[media_type]

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


@pytest.mark.parametrize("form", SQL_FORMATS)
@pytest.mark.parametrize("why", ["shard", "damage"])
def test_an_incomplete_sql_result_says_so_or_has_no_end(
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
        elif form == "parquet":
            assert received.startswith(b"PAR1")
            assert not received.endswith(b"PAR1")
        elif form == "arrow":
            assert not received.endswith(b"\xff\xff\xff\xff\0\0\0\0")
        else:
            assert b"incomplete" in received.splitlines()[-1]

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
def test_an_invalid_sql_request_is_refused_with_the_reason(
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


def test_an_sql_error_of_a_shard_is_returned(tmp_path: Path) -> None:
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


def test_too_many_concurrent_statements_are_refused(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for shard in gateway.shards:
            shard.answers["sql"] = lambda _: None
        body = {"map": "SELECT 1"}
        waiting = [
            asyncio.ensure_future(gateway.client.post("/api/sql", json=body))
            for _ in range(OF_CLIENT)
        ]
        await eventually(lambda: gateway.gateway.queries.sql_admission.admitted == len(waiting))
        response = await gateway.client.post("/api/sql", json=body)
        assert response.json()["error"]["code"] == "too_many_statements"
        assert response.status_code == 429
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    with_gateway(tmp_path, check)
