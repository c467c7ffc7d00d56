"""Authentication and authorization: API keys, logins, rate limits, and the audit log.

The decision is made in memory, before anything of the request but its headers is read. Keys are
read again twice a second, so that changes by the command line take effect at once; entries for
the audit log are written then, too. While the keys cannot be read, all requests are denied.

A login is a session of the web page: a key begins it, and a cookie stands for the key until the
login expires, its holder logs out, or the key is revoked. The cookie counts only in requests of
this server's own page. Logins are in memory, and in ``control.sqlite`` for the next gateway.

If no key was ever made, the API serves the local machine alone: the client's address must be
loopback; the Host header must be, too (the name of a page elsewhere may resolve to this machine);
and there must not be a proxy.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from tart.access.keys import Key, KeyRing, new_key
from tart.access.logins import Login, LoginTable, new_login, token_digest
from tart.access.networks import is_loopback, parse_authority
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
from tart.gateway.fanout.queries import now_us
from tart.gateway.http.cookies import cookie_name
from tart.handles import OwnedHandle
from tart.os_errors import reason
from tart.units import HOUR_US, SECOND_US

log = logging.getLogger(__name__)

REFRESH_SECONDS = 0.5
MAX_QUEUED_ENTRIES = 1000
DETAIL_LENGTH = 2000
_HOW_TO_GET_A_KEY = (
    "this needs an API key: the operator creates one with 'tart keys create --name NAME "
    "--role viewer'; send it as 'Authorization: Bearer tart_…', or as ?token=tart_… with a "
    "WebSocket or an event stream. /api/docs and /api/openapi.json need no key"
)
_LOGIN_ENDED = (
    "this login has ended: it expired, or its key was revoked; log in again, or send an API key as "
    "'Authorization: Bearer tart_…'"
)
_FOREIGN_PAGE = (
    "a page of another origin may not act with the login of this browser; if this is the page of "
    "tart behind a proxy, let the proxy pass the Host header on"
)
# A denied request, which may be a guess, costs as much as this many requests.
_DENIED_COST = 20.0
# Denied requests of one address that are written to the audit log; further ones are counted.
_AUDITED_PER_SECOND, _AUDITED_BURST = 0.2, 20.0

Result = TypeVar("Result")


class KeysUnreadable(AccessError):
    """The key store cannot be read."""

    status = 503
    code = "keys_unreadable"


@dataclass(frozen=True)
class Credentials:
    """The properties of a request that identify its sender.

    Attributes:
        address: The client's IP address.
        host: The ``Host`` header.
        key: The text that was sent as a key; ``None`` if none was.
        token: The value of the cookie of a login; ``None`` without one.
        forwarded: Whether a proxy's header is present.
        foreign: Whether a page of another origin requests a change.
        own_page: Whether this server's page sent it, or no page: only then the cookie counts.
    """

    address: str
    host: str
    key: str | None = None
    token: str | None = None
    forwarded: bool = False
    foreign: bool = False
    own_page: bool = True

    @property
    def local(self) -> bool:
        """True if the request was sent by the local machine to its loopback address."""
        named = parse_authority(self.host)
        # Browsers always send a host.
        host_is_local = not self.host or (named is not None and is_loopback(named.host))
        is_local = is_loopback(self.address) and host_is_local
        return is_local and not self.forwarded and not self.foreign


@dataclass(frozen=True)
class Caller:
    """The sender of an authorized request.

    Attributes:
        key: The id of its key; ``None`` without one.
        login: Its login, if a cookie stands for the key.
    """

    address: str
    role: Role
    key: str | None = None
    login: Login | None = None


@dataclass(frozen=True)
class Identity:
    """The permissions of the sender of a request, for the web page.

    Attributes:
        caller: ``None`` if it may do nothing.
        key: Of the caller; ``None`` if it has none.
        mode: ``none`` if no key is needed, ``local`` while no key exists, else ``key``.
        refusal: Why there is no caller.
    """

    caller: Caller | None
    key: Key | None
    mode: Literal["none", "local", "key"]
    refusal: str | None = None


class Authenticator:
    """Authorizes requests and writes the audit log.

    Args:
        path: Of ``control.sqlite``.
        max_queued_entries: Entries of the audit log that wait to be written; more are dropped.
        refresh_seconds: How often the keys are read again.

    Attributes:
        denied: Requests denied, by the error's code.
        audit_dropped: Entries that the audit log lacks.
        logins_evicted: Logins that ended because there were too many.
    """

    def __init__(
        self,
        path: Path,
        config: ApiConfig,
        background: Background | None = None,
        *,
        max_queued_entries: int = MAX_QUEUED_ENTRIES,
        refresh_seconds: float = REFRESH_SECONDS,
    ) -> None:
        self._background = background or Background()
        self._open_to_all = config.auth == "none"
        self._ring: KeyRing | None = None
        self._login_us = round(config.session_hours * HOUR_US)
        self._logins: LoginTable | None = None
        # Logins that ended and are to be deleted from the file.
        self._ended: set[bytes] = set()
        self._cookie_name = ""
        self._changed = asyncio.Event()
        self._limiter = RateLimiter(config.requests_per_second, config.burst_requests)
        self._audit_rates = RateLimiter(_AUDITED_PER_SECOND, _AUDITED_BURST)
        self._entries: deque[AuditEntry] = deque()
        self._max_queued_entries = max_queued_entries
        self._refresh_seconds = refresh_seconds
        self._owned: OwnedHandle[ControlStore] = OwnedHandle("keys", lambda: open_store(path))
        self._version = -1
        self._refreshing = asyncio.Lock()
        self._refreshes: set[asyncio.Task[None]] = set()
        self._failed = False
        self._stopping = asyncio.Event()
        self._refresher: asyncio.Task[None] | None = None
        self.denied: Counter[str] = Counter()
        self.audit_dropped = 0
        self.logins_evicted = 0

    @property
    def cookie_name(self) -> str:
        """The name of the cookie of a login; empty until the file was read."""
        return self._cookie_name

    @property
    def logins(self) -> int:
        """The number of logins."""
        return 0 if self._logins is None else len(self._logins)

    def __len__(self) -> int:
        return 0 if self._ring is None else len(self._ring)

    async def start(self) -> None:
        """Read the keys, and refresh them from now on."""
        await self._refresh()
        self._refresher = asyncio.create_task(self._refresh_periodically())

    async def stop(self) -> None:
        """Write the queued entries and close the file; a second call has no effect."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._refresher is not None:
            await self._refresher
            await self._refresh()
        await asyncio.gather(*self._refreshes, return_exceptions=True)
        await self._owned.close()

    def authorize(self, credentials: Credentials, needed: Role, now: float) -> Caller:
        """Return the caller of a request that needs a role.

        Args:
            credentials: Of the request.
            needed: The least role that may send it.
            now: Monotonic seconds.

        Raises:
            AccessError: The caller lacks a key or the role, or sends too many requests.
        """
        try:
            caller = self._recognize(credentials, needed)
        except AccessError as error:
            if wait := self._limiter.take(credentials.address, now, _DENIED_COST):
                raise TooManyRequests(wait) from error
            raise
        if wait := self._limiter.take(caller.key or caller.address, now):
            raise TooManyRequests(wait)
        return caller

    def valid(self, caller: Caller) -> bool:
        """Return whether an authorized caller would be authorized again."""
        if self._ring is None:
            return True
        if caller.key and not self._ring.is_valid(caller.key):
            return False
        if caller.login and self._logins is not None:
            return self._logins.is_open(caller.login.digest, now_us())
        return bool(caller.key) or self._open_to_all or not self._ring.any_created

    async def wait_revoked(self, caller: Caller) -> None:
        """Wait until a caller is no longer valid."""
        while self.valid(caller):
            seconds = None
            if caller.login:
                seconds = (caller.login.expires_at - now_us()) / SECOND_US
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._changed.wait()

    def identify(self, credentials: Credentials) -> Identity:
        """Return what the sender of a request may do.

        Raises:
            KeysUnreadable: The keys cannot be read.
        """
        mode: Literal["none", "local", "key"] = "none" if self._open_to_all else "key"
        if mode == "key" and self._ring is not None and not self._ring.any_created:
            mode = "local"
        try:
            caller = self._caller(credentials, Role.VIEWER)
        except KeysUnreadable:
            raise
        except AccessError as error:
            return Identity(None, None, mode, str(error))
        key = None
        if caller.key is not None and self._ring is not None:
            key, mode = self._ring.by_id(caller.key), "key"
        return Identity(caller, key, mode)

    # --- Logins ----------------------------------------------------------------------

    async def log_in(
        self, credentials: Credentials, text: str, now: float
    ) -> tuple[Key, Login, str]:
        """Begin a login with a key; return the key, the login, and the token of its cookie.

        Args:
            credentials: Of the request.
            text: The key.
            now: Monotonic seconds.

        Raises:
            Unauthorized: The key is not known.
            Forbidden: A page of another origin requests it.
            TooManyRequests: The client sent too many unknown keys.
            KeysUnreadable: The file cannot be read or written.
        """
        try:
            if not credentials.own_page:
                raise Forbidden(_FOREIGN_PAGE)
            key = self._key_of(credentials, text)
        except AccessError as error:
            self.record_denied(credentials, error, "POST /api/login", now)
            if wait := self._limiter.take(credentials.address, now, _DENIED_COST):
                raise TooManyRequests(wait) from error
            raise
        assert self._logins is not None
        login, token = new_login(key.id, now_us(), self._login_us)
        evicted = [each.digest for each in self._logins.add(login)]
        self.logins_evicted += len(evicted)
        if evicted:
            self._notify()
        try:
            await self._administer(lambda store: store.change_logins([login], evicted))
        except BaseException:
            self._logins.remove([login.digest])
            raise
        self.record(key.id, credentials.address, "login", key.name, 200)
        return key, login, token

    async def log_out(self, credentials: Credentials, *, everywhere: bool) -> int:
        """End the login of a cookie; return how many logins ended.

        Args:
            credentials: Of the request.
            everywhere: End all logins of the same key.

        Raises:
            Forbidden: A page of another origin requests it.
            KeysUnreadable: The login ended, but the file cannot be written: it would be open again
                after a restart.
        """
        if not credentials.own_page:
            raise Forbidden(_FOREIGN_PAGE)
        if credentials.token is None or self._logins is None:
            return 0
        login = self._logins.find(credentials.token, now_us())
        # The file may have a login that the memory lost in an attempt before.
        ended = {token_digest(credentials.token)}
        if login is not None and everywhere:
            ended |= {each.digest for each in self._logins.of_key(login.key)}
        before = len(self._logins)
        self._logins.remove(ended)
        count = before - len(self._logins)
        self._notify()
        if login is not None:
            self.record(login.key, credentials.address, "logout", f"{count} logins ended", 200)
        await self._administer(lambda store: store.change_logins([], ended))
        return count

    def record_denied(
        self, credentials: Credentials, error: AccessError, action: str, now: float
    ) -> None:
        """Count a denied request, and write it to the audit log unless its address has many."""
        self.denied[error.code] += 1
        if self._audit_rates.take(credentials.address, now):
            self.audit_dropped += 1
        else:
            key_id = self._key_id(credentials)
            self.record(key_id, credentials.address, "request", action, error.status)

    def record(self, key: str | None, address: str, action: str, detail: str, status: int) -> None:
        """Queue an entry of the audit log; drop and count it if too many are queued."""
        if len(self._entries) >= self._max_queued_entries:
            self.audit_dropped += 1
            return
        entry = AuditEntry(now_us(), key, address, action, detail[:DETAIL_LENGTH], status)
        self._entries.append(entry)

    # --- For administrators ----------------------------------------------------------

    async def keys(self) -> list[dict[str, object]]:
        """Return all keys as JSON, the newest first, without their secrets."""
        keys = await self._administer(lambda store: store.keys())
        return [
            {
                "id": key.id,
                "name": key.name,
                "role": str(key.role),
                "created_at": key.created_at,
                "revoked_at": key.revoked_at,
            }
            for key in reversed(keys)
        ]

    async def create(self, name: str, role: Role) -> tuple[str, str, int]:
        """Create a key; return its id, its text, and the time in Unix microseconds."""
        key, text = new_key(name, role, now_us())
        await self._administer(lambda store: store.add(key))
        await self._refresh(again=True)
        return key.id, text, key.created_at

    async def revoke(self, key_id: str) -> None:
        """Revoke a key at once.

        Raises:
            NotFound: No valid key has that id.
        """
        if not await self._administer(lambda store: store.revoke(key_id, now_us())):
            raise NotFound(f"no active key with id {key_id}", "id")
        await self._refresh(again=True)

    async def audit(self, limit: int, before: int | None) -> list[AuditRecord]:
        """Return entries of the audit log, newest first."""
        await self._refresh()
        return await self._administer(lambda store: store.read_audit(limit, before))

    # --- The file --------------------------------------------------------------------

    def _recognize(self, credentials: Credentials, needed: Role) -> Caller:
        caller = self._caller(credentials, needed)
        if caller.role < needed:
            raise Forbidden(f"this needs the role {needed}, and yours is {caller.role}")
        return caller

    def _caller(self, credentials: Credentials, needed: Role) -> Caller:
        if needed is Role.ANYONE:
            return Caller(credentials.address, Role.ANYONE)
        ring = self._readable_ring()
        # A key that was sent is checked, also where none is needed.
        if credentials.key:
            key = self._key_of(credentials, credentials.key)
            return Caller(credentials.address, key.role, key.id)
        login = self._login_of(credentials)
        if login is not None and credentials.own_page and (holder := ring.by_id(login.key)):
            return Caller(credentials.address, holder.role, holder.id, login)
        if self._open_to_all:
            return Caller(credentials.address, Role.OPERATOR)
        if ring.any_created:
            if login is not None and not credentials.own_page:
                raise Forbidden(_FOREIGN_PAGE)
            raise Unauthorized(_HOW_TO_GET_A_KEY if credentials.token is None else _LOGIN_ENDED)
        if not credentials.local:
            raise Forbidden(
                "without API keys only the local machine is served, directly and by its loopback "
                "address: create a key with 'tart keys create', or set api.auth to \"none\""
            )
        return Caller(credentials.address, Role.OPERATOR)

    def _readable_ring(self) -> KeyRing:
        if self._ring is None:
            raise KeysUnreadable(
                "the API keys cannot be read, so all requests are denied; see the server log"
            )
        return self._ring

    def _login_of(self, credentials: Credentials) -> Login | None:
        """Return the open login of a request's cookie; a cookie that is not known is ignored."""
        if credentials.token is None or self._logins is None:
            return None
        return self._logins.find(credentials.token, now_us())

    def _key_id(self, credentials: Credentials) -> str | None:
        """Return the id of the key of a request, if it has a valid one."""
        if self._ring is None:
            return None
        if (key := self._ring.find(credentials.key or "")) is not None:
            return key.id
        login = self._login_of(credentials)
        return None if login is None else login.key

    def _key_of(self, credentials: Credentials, text: str) -> Key:
        """Return the key with a text.

        An unknown key is refused even where none is needed: its sender should learn of it.
        """
        ring = self._readable_ring()
        if (key := ring.find(text)) is not None:
            return key
        unneeded = self._open_to_all or (credentials.local and not ring.any_created)
        if unneeded:
            hint = "no key is needed here, so send none"
        else:
            hint = "the operator creates one with 'tart keys create'"
        raise Unauthorized(f"this API key is not known, or was revoked; {hint}")

    async def _refresh_periodically(self) -> None:
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._refresh_seconds):
                    await self._stopping.wait()
            with self._background.guard("keys"):
                await self._refresh()

    async def _refresh(self, *, again: bool = False) -> None:
        """Read keys that other processes have changed, and write the queued entries.

        A refresh runs to its end also if its caller is cancelled: keys that were read are used,
        and entries that were written must not be written again.
        """
        refresh = asyncio.create_task(self._refresh_once(again))
        self._refreshes.add(refresh)
        refresh.add_done_callback(self._refreshes.discard)
        await asyncio.shield(refresh)

    async def _refresh_once(self, again: bool) -> None:
        async with self._refreshing:
            try:
                ring = await self._with_store(lambda store: self._changed_keys(store, again))
                if self._logins is None:
                    self._logins = await self._with_store(lambda store: LoginTable(store.logins()))
                    self._cookie_name = cookie_name(
                        await self._with_store(lambda store: store.server_id())
                    )
            except StorageError as error:
                if not self._failed:
                    log.error("cannot read the API keys, denying all requests: %s", error.__cause__)
                self._ring, self._failed = None, True
                return
            self._failed = False
            if ring is not None:
                self._ring = ring
                self._notify()
            await self._prune_logins()
            await self._write_entries()

    def _notify(self) -> None:
        """Wake those that wait for a caller to become invalid."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _prune_logins(self) -> None:
        """End logins that expired or whose keys were revoked, and delete them from the file."""
        if self._logins is None or self._ring is None:
            return
        self._ended |= {each.digest for each in self._logins.prune(now_us(), self._ring.is_valid)}
        if not (ended := set(self._ended)):
            return
        try:
            await self._with_store(lambda store: store.change_logins([], ended))
        except StorageError as error:
            log.warning("cannot delete %d logins, retrying: %s", len(ended), error.__cause__)
            return
        self._ended -= ended

    async def _write_entries(self) -> None:
        """Write the queued entries; on failure they stay queued, and requests go on."""
        if not (entries := list(self._entries)):
            return
        try:
            await self._with_store(lambda store: store.append_audit(entries))
        except StorageError as error:
            log.warning(
                "cannot write %d audit log entries, retrying: %s", len(entries), error.__cause__
            )
            return
        for _ in entries:
            self._entries.popleft()

    def _changed_keys(self, store: ControlStore, again: bool) -> KeyRing | None:
        """Return the keys if they changed; runs on the store's thread."""
        # Writes of this connection do not change the version.
        version = store.version()
        if version == self._version and self._ring is not None and not again:
            return None
        self._version = version
        return KeyRing(store.keys())

    async def _administer(self, work: Callable[[ControlStore], Result]) -> Result:
        """Run an administrator's request on the store.

        Raises:
            KeysUnreadable: The file is locked, or cannot be used.
        """
        try:
            return await self._with_store(work)
        except StorageError as error:
            log.warning("cannot use the key store: %s", error)
            raise KeysUnreadable(
                f"the key store cannot be used now, another process may hold it: {error}; "
                "retry, and see the server log if this persists"
            ) from None

    async def _with_store(self, work: Callable[[ControlStore], Result]) -> Result:
        """Run ``work`` on the store's thread, one call after another."""
        try:
            return await self._owned.use(work)
        except (StorageError, sqlite3.Error) as error:
            raise StorageError(reason(error)) from error
