"""Who may ask the gateway what: keys, rates, and the audit log.

The decision is taken in memory, before anything is looked at of the request but its headers. Keys
are looked at again twice a second, so that what the command line changes counts at once;
notes for the audit log are written then, too. While keys cannot be read nobody gets in.

Where no key was ever made the API serves this machine alone: the address must be loopback,
the name asked for, too (a page elsewhere may have its name resolve to us), and no proxy may
stand between.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tart.access.keys import KeyRing, new_key
from tart.access.networks import authority_of, is_loopback
from tart.access.rate_limiter import RateLimiter
from tart.access.roles import Role
from tart.background_tasks import Background
from tart.config.schema import ApiConfig
from tart.control_store import AuditEntry, AuditRecord, ControlStore, open_store
from tart.errors import (
    AccessError,
    Forbidden,
    NotFound,
    StorageError,
    TooManyRequests,
    Unauthorized,
)
from tart.handles import Owned

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
MAX_NOTES = 1000
DETAIL_LENGTH = 2000
_HOW_TO_GET_A_KEY = (
    "this needs a key: whoever runs this tart makes one with 'tart keys create --name NAME "
    "--role viewer'; send it as 'Authorization: Bearer tart_…', with a WebSocket or an event "
    "stream also as ?token=tart_…. /api/docs and /api/openapi.json need none"
)
# A guess costs as much as so many requests.
_DENIED_COST = 20.0
# Of one address, denied requests that are written down: then only counted.
_NOTED_PER_SECOND, _NOTED_AT_ONCE = 0.2, 20.0

Found = TypeVar("Found")


class KeysUnreadable(AccessError):
    """The file of the keys cannot be read."""

    status = 503
    code = "keys_unreadable"


@dataclass(frozen=True)
class Visitor:
    """What a request says of who asks.

    Attributes:
        address: the peer's.
        host: the ``Host`` header.
        key: the text that was sent as a key, ``None`` if none was.
        forwarded: whether a proxy says that it stands between.
        foreign: whether a page of another origin asks for a change.
    """

    address: str
    host: str
    key: str | None = None
    forwarded: bool = False
    foreign: bool = False

    @property
    def local(self) -> bool:
        """Whether it comes from this machine, and meant to."""
        named = authority_of(self.host)
        # Whoever sends no name is no browser.
        meant = not self.host or (named is not None and is_loopback(named.host))
        near = is_loopback(self.address) and meant
        return near and not self.forwarded and not self.foreign


@dataclass(frozen=True)
class Caller:
    """Somebody who was let in.

    Attributes:
        key: the id of the key, if there was one.
    """

    address: str
    role: Role
    key: str | None = None


class Authenticator:
    """Keys, rates and the audit log of the gateway.

    Args:
        path: of ``control.sqlite``.
    """

    def __init__(self, path: Path, config: ApiConfig, background: Background | None = None) -> None:
        self._background = background or Background()
        self._open_to_all = config.auth == "none"
        self._ring: KeyRing | None = None
        self._changed = asyncio.Event()
        self._limiter = RateLimiter(config.requests_per_second, config.burst_requests)
        self._noting = RateLimiter(_NOTED_PER_SECOND, _NOTED_AT_ONCE)
        self._notes: deque[AuditEntry] = deque()
        self._owned: Owned[ControlStore] = Owned("keys", lambda: open_store(path))
        self._version = -1
        self._looking = asyncio.Lock()
        self._looks: set[asyncio.Task[None]] = set()
        self._failed = False
        self._stopping = asyncio.Event()
        self._looker: asyncio.Task[None] | None = None
        # Refused requests by the code of the error, and notes that were not written.
        self.denied: Counter[str] = Counter()
        self.audit_dropped = 0

    def __len__(self) -> int:
        return 0 if self._ring is None else len(self._ring)

    async def start(self) -> None:
        """Read the keys; go on looking."""
        await self._look()
        self._looker = asyncio.create_task(self._keep_looking())

    async def stop(self) -> None:
        """Write what was noted and close the file; a second time without effect."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._looker is not None:
            await self._looker
            await self._look()
        await asyncio.gather(*self._looks, return_exceptions=True)
        await self._owned.close()

    def authorize(self, visitor: Visitor, needed: Role, now: float) -> Caller:
        """Who it is that asks for something of that role; ``now`` in monotonic seconds.

        Raises:
            AccessError: it may not, or asks too often.
        """
        try:
            caller = self._recognised(visitor, needed)
        except AccessError as error:
            if wait := self._limiter.take(visitor.address, now, _DENIED_COST):
                raise TooManyRequests(wait) from error
            raise
        if wait := self._limiter.take(caller.key or caller.address, now):
            raise TooManyRequests(wait)
        return caller

    def valid(self, caller: Caller) -> bool:
        """Whether who was let in once would be again."""
        if self._ring is None:
            return True
        if caller.key:
            return self._ring.holds(caller.key)
        return self._open_to_all or not self._ring.ever

    async def wait_revoked(self, caller: Caller) -> None:
        """Wait until ``caller`` is not ``valid`` any more."""
        while self.valid(caller):
            await self._changed.wait()

    def record_denied(self, visitor: Visitor, error: AccessError, what: str, now: float) -> None:
        """Count a refusal, and write it down unless the address has too many."""
        self.denied[error.code] += 1
        if self._noting.take(visitor.address, now):
            self.audit_dropped += 1
        else:
            self.record(None, visitor.address, "request", what, error.status)

    def record(self, key: str | None, address: str, action: str, detail: str, status: int) -> None:
        """Write a line of the audit log, soon; one too many is counted instead."""
        if len(self._notes) >= MAX_NOTES:
            self.audit_dropped += 1
            return
        entry = AuditEntry(_now_us(), key, address, action, detail[:DETAIL_LENGTH], status)
        self._notes.append(entry)

    # --- For administrators ----------------------------------------------------------

    async def keys(self) -> list[dict[str, object]]:
        """All keys as JSON, the newest first, without what could be used."""
        found = await self._administer(lambda store: store.keys())
        return [
            {
                "id": key.id,
                "name": key.name,
                "role": str(key.role),
                "created_at": key.created_at,
                "revoked_at": key.revoked_at,
            }
            for key in reversed(found)
        ]

    async def create(self, name: str, role: Role) -> tuple[str, str, int]:
        """Make a key: its id, its text, and when."""
        key, text = new_key(name, role, _now_us())
        await self._administer(lambda store: store.add(key))
        await self._look(again=True)
        return key.id, text, key.created_at

    async def revoke(self, key_id: str) -> None:
        """End a key at once; ``NotFound`` if there is none of that id."""
        if not await self._administer(lambda store: store.revoke(key_id, _now_us())):
            raise NotFound(f"no key {key_id} that could be revoked", "id")
        await self._look(again=True)

    async def audit(self, limit: int, before: int | None) -> list[AuditRecord]:
        """Entries of the audit log, newest first."""
        await self._look()
        return await self._administer(lambda store: store.read_audit(limit, before))

    # --- The file --------------------------------------------------------------------

    def _recognised(self, visitor: Visitor, needed: Role) -> Caller:
        caller = self._caller(visitor, needed)
        if caller.role < needed:
            raise Forbidden(f"this needs the role {needed}, and yours is {caller.role}")
        return caller

    def _caller(self, visitor: Visitor, needed: Role) -> Caller:
        if needed is Role.ANYONE:
            return Caller(visitor.address, Role.ANYONE)
        if self._ring is None:
            raise KeysUnreadable("the keys cannot be read, so nobody can be let in; see the log")
        # Whoever sends a key means it, also where none is needed.
        if visitor.key:
            return self._holder(visitor, self._ring)
        if self._open_to_all:
            return Caller(visitor.address, Role.OPERATOR)
        if self._ring.ever:
            raise Unauthorized(_HOW_TO_GET_A_KEY)
        if not visitor.local:
            raise Forbidden(
                "without keys only this machine is served, directly and by its loopback "
                "address: make a key with 'tart keys create', or set api.auth to \"none\""
            )
        return Caller(visitor.address, Role.OPERATOR)

    def _holder(self, visitor: Visitor, ring: KeyRing) -> Caller:
        """Whose key it is; let in as somebody else, who sent it would not learn of it."""
        key = ring.find(visitor.key or "")
        if key is not None:
            return Caller(visitor.address, key.role, key.id)
        unneeded = self._open_to_all or (visitor.local and not ring.ever)
        if unneeded:
            hint = "none is needed here, so ask without"
        else:
            hint = "whoever runs this tart makes one with 'tart keys create'"
        raise Unauthorized(f"this key is not known, or was revoked; {hint}")

    async def _keep_looking(self) -> None:
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._stopping.wait()
            with self._background.guard("keys"):
                await self._look()

    async def _look(self, *, again: bool = False) -> None:
        """Read keys that others have changed, write what was noted.

        To its end, also where nobody waits any more: what was read counts, and what was
        written must not be written again.
        """
        look = asyncio.create_task(self._look_once(again))
        self._looks.add(look)
        look.add_done_callback(self._looks.discard)
        await asyncio.shield(look)

    async def _look_once(self, again: bool) -> None:
        async with self._looking:
            try:
                ring = await self._with_store(lambda store: self._changed_keys(store, again))
            except StorageError as error:
                if not self._failed:
                    log.error("nobody is let in until the keys can be read: %s", error.__cause__)
                self._ring, self._failed = None, True
                return
            self._failed = False
            if ring is not None:
                self._ring = ring
                changed, self._changed = self._changed, asyncio.Event()
                changed.set()
            await self._write_notes()

    async def _write_notes(self) -> None:
        """Write what was noted; what cannot be written waits, and locks nobody out."""
        if not (notes := list(self._notes)):
            return
        try:
            await self._with_store(lambda store: store.append_audit(notes))
        except StorageError as error:
            log.warning("%d lines of the audit log must wait: %s", len(notes), error.__cause__)
            return
        for _ in notes:
            self._notes.popleft()

    def _changed_keys(self, store: ControlStore, again: bool) -> KeyRing | None:
        """The keys if they are others than before. On a thread."""
        # Our own writes do not change it.
        version = store.version()
        if version == self._version and self._ring is not None and not again:
            return None
        self._version = version
        return KeyRing(store.keys())

    async def _administer(self, work: Callable[[ControlStore], Found]) -> Found:
        """What an administrator asked for.

        Raises:
            KeysUnreadable: the file is locked, or cannot be used.
        """
        try:
            return await self._with_store(work)
        except StorageError as error:
            log.warning("an administrator is told to try again: %s", error)
            raise KeysUnreadable(
                f"the keys cannot be read or written now, another process may hold their file: "
                f"{error}; try again, and see the log if it stays so"
            ) from None

    async def _with_store(self, work: Callable[[ControlStore], Found]) -> Found:
        """Do something with the file on its thread, one after another."""
        try:
            return await self._owned.use(work)
        except (StorageError, sqlite3.Error) as error:
            raise StorageError(str(error)) from error


def _now_us() -> int:
    return time.time_ns() // 1000
