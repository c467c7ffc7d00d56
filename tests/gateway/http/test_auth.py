"""Authorization by keys and addresses, rate limits, and the audit log."""

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
from tart.gateway.http.auth import Authenticator, Caller, Credentials, KeysUnreadable
from tests.gateway.running import eventually

HERE = Credentials("127.0.0.1", "localhost:8080")
ELSEWHERE = Credentials("192.0.2.1", "tart.example")


def use(
    path: Path,
    test: Callable[[Authenticator], Awaitable[None]],
    limits: dict[str, Any] | None = None,
    **settings: Any,
) -> None:
    """Run a test with a started authenticator."""

    async def run() -> None:
        access = Authenticator(path, replace(ApiConfig(), **settings), **limits or {})
        await access.start()
        try:
            await test(access)
        finally:
            await access.stop()

    asyncio.run(run())


def create_key(path: Path, role: Role = Role.VIEWER) -> tuple[str, str]:
    """Create a key as the command line does; return its id and its text."""
    key, text = new_key("test", role, 1)
    with open_store(path) as opened:
        opened.add(key)
    return key.id, text


def authorize(access: Authenticator, credentials: Credentials, role: Role = Role.VIEWER) -> Caller:
    return access.authorize(credentials, role, time.monotonic())


def refusal(
    access: Authenticator, credentials: Credentials, role: Role = Role.VIEWER
) -> AccessError:
    with pytest.raises(AccessError) as caught:
        authorize(access, credentials, role)
    return caught.value


@pytest.mark.parametrize(
    "credentials",
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
def test_without_keys_only_the_local_machine_is_served(
    tmp_path: Path, credentials: Credentials
) -> None:
    async def check(access: Authenticator) -> None:
        assert authorize(access, HERE).role is Role.OPERATOR
        assert authorize(access, replace(HERE, host="")).role is Role.OPERATOR
        assert isinstance(refusal(access, credentials), Forbidden)
        assert isinstance(refusal(access, HERE, Role.ADMIN), Forbidden)
        assert authorize(access, credentials, Role.ANYONE).role is Role.ANYONE

    use(tmp_path / "c", check)


def test_after_the_first_key_every_request_needs_one(tmp_path: Path) -> None:
    path = tmp_path / "c"

    async def check(access: Authenticator) -> None:
        caller = authorize(access, HERE)
        ended = asyncio.create_task(access.wait_revoked(caller))
        key_id, text = create_key(path)
        await asyncio.wait_for(ended, 60)
        assert isinstance(refusal(access, HERE), Unauthorized)
        assert isinstance(refusal(access, replace(ELSEWHERE, key=text + "x")), Unauthorized)
        known = authorize(access, replace(ELSEWHERE, key=text))
        assert known == Caller("192.0.2.1", Role.VIEWER, key_id)
        assert len(access) == 1

    use(path, check)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ADMIN])
def test_a_role_may_use_its_own_routes_and_those_of_lower_roles(tmp_path: Path, role: Role) -> None:
    path = tmp_path / "c"
    _, text = create_key(path, role)

    async def check(access: Authenticator) -> None:
        credentials = replace(ELSEWHERE, key=text)
        for needed in Role:
            if needed <= role:
                authorize(access, credentials, needed)
            else:
                assert isinstance(refusal(access, credentials, needed), Forbidden)

    use(path, check)


def test_a_revoked_key_ends_its_streams_at_once_and_authorizes_no_request(tmp_path: Path) -> None:
    path = tmp_path / "c"
    key_id, text = create_key(path)

    async def check(access: Authenticator) -> None:
        credentials = replace(HERE, key=text)
        caller = authorize(access, credentials)
        stream = asyncio.create_task(access.wait_revoked(caller))
        await asyncio.sleep(0)
        assert not stream.done()
        await access.revoke(key_id)
        await asyncio.wait_for(stream, 60)
        assert isinstance(refusal(access, credentials), Unauthorized)
        assert isinstance(refusal(access, HERE), Unauthorized)
        with pytest.raises(NotFound):
            await access.revoke(key_id)

    use(path, check)


def test_with_auth_none_everything_but_administration_is_served(tmp_path: Path) -> None:
    async def check(access: Authenticator) -> None:
        caller = authorize(access, ELSEWHERE, Role.OPERATOR)
        assert access.valid(caller)
        assert isinstance(refusal(access, ELSEWHERE, Role.ADMIN), Forbidden)
        _, text, _ = await access.create("boss", Role.ADMIN)
        assert authorize(access, replace(ELSEWHERE, key=text), Role.ADMIN).role is Role.ADMIN

    use(tmp_path / "c", check, auth="none")


@pytest.mark.parametrize(
    ("auth", "credentials", "unneeded"),
    [("keys", HERE, True), ("keys", ELSEWHERE, False), ("none", ELSEWHERE, True)],
)
def test_an_unknown_key_is_refused_where_no_key_is_needed(
    tmp_path: Path, auth: str, credentials: Credentials, unneeded: bool
) -> None:
    async def check(access: Authenticator) -> None:
        _, text = new_key("never kept", Role.ADMIN, 1)
        for key in (text, "tart_", "Basic", "0"):
            error = refusal(access, replace(credentials, key=key))
            assert isinstance(error, Unauthorized)
            assert ("send none" in str(error)) is unneeded
        authorize(access, replace(credentials, key=text), Role.ANYONE)
        if unneeded:
            authorize(access, replace(credentials, key=""))

    use(tmp_path / "c", check, auth=auth)


def test_with_auth_none_a_revoked_key_still_ends_its_streams(tmp_path: Path) -> None:
    path = tmp_path / "c"
    key_id, text = create_key(path)

    async def check(access: Authenticator) -> None:
        stream = asyncio.create_task(
            access.wait_revoked(authorize(access, replace(ELSEWHERE, key=text)))
        )
        await access.revoke(key_id)
        await asyncio.wait_for(stream, 60)
        assert access.valid(authorize(access, ELSEWHERE))

    use(path, check, auth="none")


def test_while_keys_cannot_be_read_all_requests_are_denied(tmp_path: Path) -> None:
    path = tmp_path / "c"
    path.mkdir()

    async def check(access: Authenticator) -> None:
        assert isinstance(refusal(access, HERE), KeysUnreadable)
        authorize(access, HERE, Role.ANYONE)
        path.rmdir()
        await eventually(lambda: access._ring is not None)
        authorize(access, HERE)

    use(path, check)


def test_too_many_requests_of_a_key_or_an_address_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "c"
    _, text = create_key(path)

    async def check(access: Authenticator) -> None:
        credentials = replace(ELSEWHERE, key=text)
        for _ in range(3):
            authorize(access, credentials)
        error = refusal(access, credentials)
        assert isinstance(error, TooManyRequests)
        assert 0 < error.seconds <= 2
        authorize(access, HERE, Role.ANYONE)

    use(path, check, requests_per_second=0.5, burst_requests=3.0)


def test_guessing_keys_is_slow_and_does_not_hinder_a_valid_key(tmp_path: Path) -> None:
    path = tmp_path / "c"
    _, text = create_key(path)

    async def check(access: Authenticator) -> None:
        guess = replace(ELSEWHERE, key="tart_" + "0" * 52)
        refused = [refusal(access, guess) for _ in range(20)]
        guesses = sum(isinstance(error, Unauthorized) for error in refused)
        assert guesses == 1
        authorize(access, replace(ELSEWHERE, key=text))

    use(path, check, requests_per_second=1.0, burst_requests=10.0)


def test_denied_requests_are_audited_and_a_flood_of_them_is_only_counted(tmp_path: Path) -> None:
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


def test_the_entry_of_a_denied_request_names_the_key_that_was_sent(tmp_path: Path) -> None:
    key_id, text = create_key(tmp_path / "c")

    async def check(access: Authenticator) -> None:
        for key in (text, "tart_" + "0" * 52, None):
            credentials = replace(ELSEWHERE, key=key)
            access.record_denied(credentials, Forbidden("no"), "POST /api/sql", 0.0)
        entries = [record.entry for record in await access.audit(10, None)]
        assert [entry.key for entry in entries] == [None, None, key_id]

    use(tmp_path / "c", check)


def test_queued_audit_entries_are_bounded(tmp_path: Path) -> None:
    async def check(access: Authenticator) -> None:
        for number in range(15):
            access.record("ab", "192.0.2.1", "sql", str(number), 0)
        assert access.audit_dropped == 5
        newest = (await access.audit(1, None))[0].entry
        assert newest.detail == "9"

    use(tmp_path / "c", check, {"max_queued_entries": 10, "refresh_seconds": 3600})


def test_queued_audit_entries_are_written_when_the_gateway_stops(tmp_path: Path) -> None:
    path = tmp_path / "c"

    async def check(access: Authenticator) -> None:
        access.record("ab", "192.0.2.1", "sql", "SELECT 1", 200)

    use(path, check)
    with open_store(path) as store:
        assert [each.entry.detail for each in store.read_audit(5)] == ["SELECT 1"]


@pytest.mark.slow
def test_stopping_while_statements_run_makes_none_of_them_fail(tmp_path: Path) -> None:
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


def test_a_change_read_for_a_client_that_left_takes_effect(tmp_path: Path) -> None:
    """Else a key that was revoked would have opened doors until the next change."""
    path = tmp_path / "c"
    key_id, text = create_key(path)

    async def check(access: Authenticator) -> None:
        with open_store(path) as store:
            assert store.revoke(key_id, 2)
        asked = asyncio.create_task(access.audit(1, None))
        # Until its look at the file has begun.
        await eventually(lambda: access._refreshes)
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, *access._refreshes, return_exceptions=True)
        credentials = Credentials("192.0.2.1", "tart.example", text)
        assert isinstance(refusal(access, credentials), Unauthorized)

    use(path, check)


def test_a_locked_key_store_is_not_an_internal_error(tmp_path: Path, monkeypatch: Any) -> None:
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
