"""``tart/gateway/fanout/sql_rows.py``: pages of several shards for one statement."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tart.errors import ShardUnavailable, SqlRefused, TartError
from tart.gateway.fanout import sql_rows
from tart.gateway.fanout.queries import coverage
from tart.gateway.fanout.sql_rows import SqlRows
from tart.ipc.messages import Failure
from tart.query.core.query import Attached
from tests.gateway.running import Running, with_gateway

SCAN = {"view": "events", "columns": ["id"], "limit": None, "enough": None}


def pages(*blocks: bytes) -> Any:
    """Answers with a block for each page."""

    def answer(parameters: Any) -> Attached[dict[str, Any]]:
        at = (parameters["after"] or [0])[0]
        more = None if at + 1 == len(blocks) else [at + 1]
        return Attached({"lengths": [len(blocks[at])], "rows": 1, "next": more}, blocks[at])

    return answer


def answering(gateway: Running, *answers: Any) -> None:
    for shard, answer in zip(gateway.shards, answers, strict=True):
        shard.answers["sql_scan"] = answer


async def read(gateway: Running, *scans: dict[str, Any]) -> tuple[list[list[bytes]], SqlRows]:
    """What each scan yields on a thread, and what was read from."""
    source = SqlRows(gateway.gateway.queries, 30.0, coverage)
    found = [await asyncio.to_thread(lambda scan=scan: list(source.rows(scan))) for scan in scans]
    return found, source


def test_all_pages_of_all_shards_are_read(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        answering(gateway, pages(b"a", b"bb", b"ccc"), pages(b"d"))
        (found,), source = await read(gateway, SCAN)
        assert sorted(found) == [b"a", b"bb", b"ccc", b"d"]
        assert source.seen is not None
        assert source.seen.complete

    with_gateway(tmp_path, check)


def test_reading_stops_when_there_are_rows_enough(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        answering(gateway, pages(*[b"a"] * 9), pages(*[b"a"] * 9))
        (found,), _ = await read(gateway, {**SCAN, "enough": 3})
        assert len(found) == 4

    with_gateway(tmp_path, check)


def test_a_shard_that_fails_at_first_is_missing_and_later_is_an_error(tmp_path: Path) -> None:
    def failing(parameters: Any) -> Any:
        return Failure(0, "busy", "…")

    def failing_later(parameters: Any) -> Any:
        return failing(parameters) if parameters["after"] else pages(b"a", b"b")(parameters)

    async def check(gateway: Running) -> None:
        answering(gateway, pages(b"a", b"b"), failing)
        (found,), source = await read(gateway, SCAN)
        assert found == [b"a", b"b"]
        assert source.seen is not None
        assert source.seen.shards == {0}
        answering(gateway, pages(b"a", b"b"), failing_later)
        with pytest.raises(ShardUnavailable, match="run the statement again"):
            await read(gateway, SCAN)
        answers = iter([pages(b"a")(SCAN | {"after": None}), failing(None)])
        answering(gateway, pages(b"a"), lambda _: next(answers))
        with pytest.raises(ShardUnavailable, match="run the statement again"):
            await read(gateway, SCAN, {**SCAN, "view": "sessions"})

    with_gateway(tmp_path, check)


def test_bytes_of_all_shards_and_scans_are_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_rows, "MAX_GATHERED_BYTES", 5)

    async def check(gateway: Running) -> None:
        answering(gateway, pages(b"aa"), pages(b"bb"))
        await read(gateway, SCAN)
        with pytest.raises(SqlRefused, match="narrow it"):
            await read(gateway, SCAN, SCAN)

    with_gateway(tmp_path, check)


def test_a_client_that_leaves_ends_the_reading(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        answering(gateway, lambda _: None, lambda _: None)
        source = SqlRows(gateway.gateway.queries, 30.0, coverage)
        source.left = lambda: True
        with pytest.raises(TartError):
            await asyncio.to_thread(lambda: list(source.rows(SCAN)))

    with_gateway(tmp_path, check)
