"""``tart/gateway/http/auth.py``: who is let in, how often, and what is written down of it."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tart import control_store as store
from tart.access.keys import new_key
from tart.access.roles import Role
from tart.config.schema import ApiConfig
from tart.control_store import open_store
from tart.errors import AccessError, Forbidden, NotFound, TooManyRequests, Unauthorized
from tart.gateway.http import auth as accessing
from tart.gateway.http.auth import MAX_NOTES, Authenticator, Caller, KeysUnreadable, Visitor
from tests.gateway.running import eventually

HERE = Visitor("127.0.0.1", "localhost:8080")
ELSEWHERE = Visitor("192.0.2.1", "tart.example")


def use(path: Path, test: Callable[[Authenticator], Awaitable[None]], **settings: Any) -> None:
    """Open an access of settings, and close it."""

    async def run() -> None:
        access = Authenticator(path, replace(ApiConfig(), **settings))
        await access.start()
        try:
            await test(access)
        finally:
            await access.stop()

    asyncio.run(run())


def made(path: Path, role: Role = Role.VIEWER) -> tuple[str, str]:
    """The id and the text of a key that the command line made."""
    key, text = new_key("test", role, 1)
    with open_store(path) as kept:
        kept.add(key)
    return key.id, text


def admitted(access: Authenticator, visitor: Visitor, role: Role = Role.VIEWER) -> Caller:
    return access.authorize(visitor, role, time.monotonic())


def refusal(access: Authenticator, visitor: Visitor, role: Role = Role.VIEWER) -> AccessError:
    with pytest.raises(AccessError) as caught:
        admitted(access, visitor, role)
    return caught.value


@pytest.mark.parametrize(
    "visitor",
    [
        ELSEWHERE,
        replace(HERE, host="rebound.example"),
        replace(HERE, host="[::1].evil.com"),
        replace(HERE, host="127.0.0.1:80@evil.com"),
        replace(HERE, host="localhost.evil.com:8080"),
        replace(HERE, host="127.0.0.1%00evil.com"),
        replace(HERE, address="192.0.2.1"),
        replace(HERE, forwarded=True),
        replace(HERE, foreign=True),
    ],
)
def test_without_keys_this_machine_is_served_and_nobody_else(
    tmp_path: Path, visitor: Visitor
) -> None:
    async def check(access: Authenticator) -> None:
        assert admitted(access, HERE).role is Role.OPERATOR
        assert admitted(access, replace(HERE, host="")).role is Role.OPERATOR
        assert isinstance(refusal(access, visitor), Forbidden)
        assert isinstance(refusal(access, HERE, Role.ADMIN), Forbidden)
        assert admitted(access, visitor, Role.ANYONE).role is Role.ANYONE

    use(tmp_path / "c", check)


def test_once_there_is_a_key_everybody_needs_one(tmp_path: Path) -> None:
    path = tmp_path / "c"

    async def check(access: Authenticator) -> None:
        caller = admitted(access, HERE)
        ended = asyncio.create_task(access.wait_revoked(caller))
        key_id, text = made(path)
        await asyncio.wait_for(ended, 10)
        assert isinstance(refusal(access, HERE), Unauthorized)
        assert isinstance(refusal(access, replace(ELSEWHERE, key=text + "x")), Unauthorized)
        known = admitted(access, replace(ELSEWHERE, key=text))
        assert known == Caller("192.0.2.1", Role.VIEWER, key_id)
        assert len(access) == 1

    use(path, check)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ADMIN])
def test_each_role_may_its_own(tmp_path: Path, role: Role) -> None:
    path = tmp_path / "c"
    _, text = made(path, role)

    async def check(access: Authenticator) -> None:
        visitor = replace(ELSEWHERE, key=text)
        for needed in Role:
            if needed <= role:
                admitted(access, visitor, needed)
            else:
                assert isinstance(refusal(access, visitor, needed), Forbidden)

    use(path, check)


def test_a_revoked_key_ends_its_streams_at_once_and_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c"
    key_id, text = made(path)

    async def check(access: Authenticator) -> None:
        visitor = replace(HERE, key=text)
        caller = admitted(access, visitor)
        stream = asyncio.create_task(access.wait_revoked(caller))
        await asyncio.sleep(0)
        assert not stream.done()
        await access.revoke(key_id)
        await asyncio.wait_for(stream, 10)
        assert isinstance(refusal(access, visitor), Unauthorized)
        assert isinstance(refusal(access, HERE), Unauthorized)
        with pytest.raises(NotFound):
            await access.revoke(key_id)

    use(path, check)


def test_auth_none_serves_all_but_administration(tmp_path: Path) -> None:
    async def check(access: Authenticator) -> None:
        caller = admitted(access, ELSEWHERE, Role.OPERATOR)
        assert access.valid(caller)
        assert isinstance(refusal(access, ELSEWHERE, Role.ADMIN), Forbidden)
        _, text, _ = await access.create("boss", Role.ADMIN)
        assert admitted(access, replace(ELSEWHERE, key=text), Role.ADMIN).role is Role.ADMIN

    use(tmp_path / "c", check, auth="none")


@pytest.mark.parametrize(
    ("auth", "visitor", "unneeded"),
    [("keys", HERE, True), ("keys", ELSEWHERE, False), ("none", ELSEWHERE, True)],
)
def test_a_key_that_is_not_known_is_refused_also_where_none_is_needed(
    tmp_path: Path, auth: str, visitor: Visitor, unneeded: bool
) -> None:
    async def check(access: Authenticator) -> None:
        _, text = new_key("never kept", Role.ADMIN, 1)
        for key in (text, "tart_", "Basic", "0"):
            error = refusal(access, replace(visitor, key=key))
            assert isinstance(error, Unauthorized)
            assert ("ask without" in str(error)) is unneeded
        admitted(access, replace(visitor, key=text), Role.ANYONE)
        if unneeded:
            admitted(access, replace(visitor, key=""))

    use(tmp_path / "c", check, auth=auth)


def test_with_auth_none_a_revoked_key_still_ends_its_streams(tmp_path: Path) -> None:
    path = tmp_path / "c"
    key_id, text = made(path)

    async def check(access: Authenticator) -> None:
        stream = asyncio.create_task(
            access.wait_revoked(admitted(access, replace(ELSEWHERE, key=text)))
        )
        await access.revoke(key_id)
        await asyncio.wait_for(stream, 10)
        assert access.valid(admitted(access, ELSEWHERE))

    use(path, check, auth="none")


def test_while_keys_cannot_be_read_nobody_gets_in(tmp_path: Path) -> None:
    path = tmp_path / "c"
    path.mkdir()

    async def check(access: Authenticator) -> None:
        assert isinstance(refusal(access, HERE), KeysUnreadable)
        admitted(access, HERE, Role.ANYONE)
        path.rmdir()
        await eventually(lambda: access._ring is not None)
        admitted(access, HERE)

    use(path, check)


def test_too_many_requests_of_a_key_or_an_address_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "c"
    _, text = made(path)

    async def check(access: Authenticator) -> None:
        visitor = replace(ELSEWHERE, key=text)
        for _ in range(3):
            admitted(access, visitor)
        error = refusal(access, visitor)
        assert isinstance(error, TooManyRequests)
        assert 0 < error.seconds <= 2
        admitted(access, HERE, Role.ANYONE)

    use(path, check, requests_per_second=0.5, burst_requests=3.0)


def test_guessing_is_slow_and_does_not_hinder_who_has_a_key(tmp_path: Path) -> None:
    path = tmp_path / "c"
    _, text = made(path)

    async def check(access: Authenticator) -> None:
        guess = replace(ELSEWHERE, key="tart_" + "0" * 52)
        refused = [refusal(access, guess) for _ in range(20)]
        guesses = sum(isinstance(error, Unauthorized) for error in refused)
        assert guesses == 1
        admitted(access, replace(ELSEWHERE, key=text))

    use(path, check, requests_per_second=1.0, burst_requests=10.0)


def test_refusals_are_written_down_but_a_flood_of_them_is_only_counted(tmp_path: Path) -> None:
    async def check(access: Authenticator) -> None:
        for _ in range(50):
            access.record_denied(ELSEWHERE, Unauthorized("no"), "GET /api/nodes", 0.0)
        found = [each.entry for each in await access.audit(100, None)]
        assert len(found) == 20
        assert {(each.address, each.detail, each.status) for each in found} == {
            ("192.0.2.1", "GET /api/nodes", 401)
        }
        assert (access.denied["unauthorized"], access.audit_dropped) == (50, 30)

    use(tmp_path / "c", check)


def test_what_waits_to_be_written_is_bounded(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(accessing, "LOOK_SECONDS", 3600)

    async def check(access: Authenticator) -> None:
        for number in range(MAX_NOTES + 5):
            access.record("ab", "192.0.2.1", "sql", str(number), 0)
        assert access.audit_dropped == 5
        newest = (await access.audit(1, None))[0].entry
        assert newest.detail == str(MAX_NOTES - 1)

    use(tmp_path / "c", check)


def test_what_was_noted_is_kept_when_the_gateway_stops(tmp_path: Path) -> None:
    path = tmp_path / "c"

    async def check(access: Authenticator) -> None:
        access.record("ab", "192.0.2.1", "sql", "SELECT 1", 200)

    use(path, check)
    with open_store(path) as store:
        assert [each.entry.detail for each in store.read_audit(5)] == ["SELECT 1"]


@pytest.mark.slow
def test_stopping_while_statements_run_ends_none_of_them_badly(tmp_path: Path) -> None:
    """In a process of its own: it was a segmentation fault, within a second of these."""
    program = f"import faulthandler; faulthandler.enable(); from {__name__} import stop_and_go"
    outcome = subprocess.run(
        [sys.executable, "-c", f"{program}; stop_and_go({str(tmp_path / 'c')!r}, 100)"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    with open_store(tmp_path / "c") as store:
        # Whatever was cancelled, each line was written, and once.
        lines = [each.entry.detail for each in store.read_audit(1000)]
    assert sorted(lines) == sorted(str(number) for number in range(100))


def stop_and_go(path: str, rounds: int) -> None:
    """Cancel whoever waits for the file, and stop; again and again."""
    chance = random.Random(2)

    async def run() -> None:
        for number in range(rounds):
            access = Authenticator(Path(path), ApiConfig())
            await access.start()
            access.record(None, "192.0.2.1", "request", str(number), 200)
            for _ in range(3):
                tasks = [
                    asyncio.create_task(access.audit(100, None)),
                    asyncio.create_task(access.keys()),
                ]
                await asyncio.sleep(chance.random() * 0.0005)
                for task in tasks:
                    task.cancel()
            await access.stop()

    asyncio.run(run())


def test_a_change_that_is_read_for_somebody_who_left_counts_all_the_same(tmp_path: Path) -> None:
    """Else a key that was revoked would have opened doors until the next change."""
    path = tmp_path / "c"
    key_id, text = made(path)

    async def check(access: Authenticator) -> None:
        with open_store(path) as store:
            assert store.revoke(key_id, 2)
        asked = asyncio.create_task(access.audit(1, None))
        # Until its look at the file has begun.
        await eventually(lambda: access._looks)
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, *access._looks, return_exceptions=True)
        visitor = Visitor("192.0.2.1", "tart.example", text)
        assert isinstance(refusal(access, visitor), Unauthorized)

    use(path, check)


def test_a_locked_file_is_no_fault_of_the_server(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(store, "_WAIT_SECONDS", 0.05)
    path = tmp_path / "c"

    async def check(access: Authenticator) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(KeysUnreadable, match="locked") as caught:
                await access.create("a", Role.VIEWER)
            assert caught.value.status == 503
            other.execute("ROLLBACK")
        assert len(await access.keys()) == 0
        await access.create("a", Role.VIEWER)

    use(path, check)
