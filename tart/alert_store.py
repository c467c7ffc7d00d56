"""The state of alerting in ``control.sqlite``: alerts, groups, outbox, history and silences.

One commit writes what a turn of the evaluation changed, the messages that it made included, in one
transaction: a process that is killed at any moment has either both or neither. A message has its
id from its first commit on; the outbox delivers it at least once, always with this id.

The file is the truth, what callers have in memory is a copy: after a commit that failed, or whose
end is not known, they load it again. All statements run on one thread of the store, so that a slow
disk or a lock costs the event loop nothing; each call waits for a bounded time, and the number of
calls that wait is bounded.

Other tables of the file belong to ``control_store`` and ``gateway.fanout.node_registry``. Releases
before these tables were there ignore them; their own version is in ``alert_schema``.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec

from tart import json_encoding
from tart.alerting.engine.model import Alert, Group, Notification, Silence, Transition
from tart.control_store import SCHEMA_VERSION as CONTROL_SCHEMA_VERSION
from tart.control_store import make_private, server_id
from tart.errors import BadQuery, HandleClosed, StorageError
from tart.handles import OwnedHandle
from tart.os_errors import reason
from tart.units import DAY_US

T = TypeVar("T")

# The version of the tables of this module.
SCHEMA_VERSION = 1
# The longest time that a statement waits for another process, and a caller for its answer.
_LOCK_SECONDS = 5.0
_CALL_SECONDS = 20.0
# Calls that may wait for the thread.
_MAX_WAITING = 64
# How long silences that have ended are shown.
_SILENCE_STORED_US = 30 * DAY_US
_CREATE = """
    CREATE TABLE IF NOT EXISTS alert_schema (
        row INTEGER PRIMARY KEY CHECK (row = 1),
        version INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS alerts (
        id TEXT PRIMARY KEY,
        document TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS alert_groups (
        channel TEXT NOT NULL,
        key TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (channel, key)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS alert_outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        channel TEXT NOT NULL,
        group_key TEXT NOT NULL,
        state TEXT NOT NULL,
        begun INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL,
        next_us INTEGER NOT NULL,
        error TEXT,
        created_us INTEGER NOT NULL,
        finished_us INTEGER,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS alert_outbox_order
        ON alert_outbox (state, channel, group_key, number);
    CREATE TABLE IF NOT EXISTS alert_history (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at_us INTEGER NOT NULL,
        rule TEXT NOT NULL,
        node TEXT,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS alert_history_time ON alert_history (at_us);
    CREATE TABLE IF NOT EXISTS alert_silences (
        id TEXT PRIMARY KEY,
        ends_us INTEGER NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
"""
DeliveryState: TypeAlias = Literal["queued", "delivered", "dead", "superseded"]


@dataclass(frozen=True)
class StoreLimits:
    """Bounds of what is stored.

    Attributes:
        history_rows: Transitions; the oldest are deleted first.
        history_us: The age at which a transition is deleted.
        finished_rows: Messages that were delivered or given up.
        finished_us: The age at which such a message is deleted.
        queued_rows: Messages of one channel that wait; beyond this its oldest are given up.
        silences: Silences that have not ended.
    """

    history_rows: int = 100_000
    history_us: int = 90 * DAY_US
    finished_rows: int = 10_000
    finished_us: int = 30 * DAY_US
    queued_rows: int = 1_000
    silences: int = 1_000


@dataclass(frozen=True)
class StoredState:
    """The state that the evaluation continues with."""

    alerts: tuple[Alert, ...] = ()
    groups: tuple[Group, ...] = ()
    silences: tuple[Silence, ...] = ()


@dataclass(frozen=True)
class Change:
    """The writes of one turn of the evaluation.

    Attributes:
        now_us: The time of the turn.
        alerts: New and changed ones.
        removed_alerts: Ids of those that are not stored any more.
        groups: New and changed ones.
        removed_groups: Their channels and keys.
        notifications: New messages for the outbox.
        transitions: New rows of the history.
    """

    now_us: int
    alerts: Sequence[Alert] = ()
    removed_alerts: Sequence[str] = ()
    groups: Sequence[Group] = ()
    removed_groups: Sequence[tuple[str, str]] = ()
    notifications: Sequence[Notification] = ()
    transitions: Sequence[Transition] = ()


@dataclass(frozen=True)
class Delivery:
    """A message of the outbox, and what became of it.

    Attributes:
        number: Of the row; grows with each message.
        state: ``queued`` until it was delivered, given up (``dead``) or ``superseded``: a newer
            message of its group is sent instead.
        is_begun: Whether an attempt has begun, of which it is perhaps not known how it ended: the
            receiver may have the message.
        attempts: How many attempts have ended.
        next_us: When it is tried next.
        error: Of the last attempt; has no secret.
        finished_us: When it was delivered or given up.
    """

    number: int
    notification: Notification
    state: DeliveryState
    attempts: int
    next_us: int
    error: str | None = None
    finished_us: int | None = None
    is_begun: bool = False


@dataclass(frozen=True)
class Outbox:
    """Messages that are due.

    Attributes:
        due: At most one of each channel and group, its oldest: messages of a group arrive in order.
        next_us: When the next message after these is due; ``None`` if none waits.
    """

    due: tuple[Delivery, ...] = ()
    next_us: int | None = None


@dataclass(frozen=True)
class ChannelDeliveries:
    """The messages of a channel that are stored.

    Attributes:
        queued: Waiting.
        delivered: Delivered.
        failed: Attempts that failed.
        dead: Given up.
        last_error: Of the newest failed attempt that is still stored.
        last_delivered_us: Unix microseconds.
    """

    queued: int = 0
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    last_error: str | None = None
    last_delivered_us: int | None = None


@dataclass(frozen=True)
class HistoryRecord:
    """A stored transition with its number."""

    number: int
    transition: Transition


@dataclass(frozen=True)
class HistoryFilter:
    """A selection of transitions; ``None`` means all.

    Attributes:
        before: Only those with a smaller number.
        start_us: The first time.
        end_us: The time before which they happened.
    """

    before: int | None = None
    rule: str | None = None
    node: str | None = None
    start_us: int | None = None
    end_us: int | None = None


class AlertStore:
    """The tables, as a process with an event loop uses them.

    Args:
        path: Of ``control.sqlite``.
        limits: How much is stored.
        call_seconds: The longest time that a call waits. What it began may happen nevertheless.

    Attributes:
        failures: Calls that failed or were not answered in time.
        dropped: Messages that were given up because the outbox was full.
    """

    def __init__(
        self,
        path: Path,
        limits: StoreLimits | None = None,
        *,
        call_seconds: float = _CALL_SECONDS,
        lock_seconds: float = _LOCK_SECONDS,
    ) -> None:
        self._path = path
        self._limits = limits or StoreLimits()
        self._call_seconds = call_seconds
        self._owned = OwnedHandle("alert store", lambda: open_tables(path, lock_seconds))
        self._waiting = 0
        self.failures = 0
        self.dropped = 0

    async def close(self) -> None:
        """Close the file; calls that wait are answered before."""
        await self._owned.close()

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return the result of statements that only read; another writer does not delay them.

        Raises:
            StorageError: See ``use``.
        """
        return await self._call(work, "BEGIN")

    async def use(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return the result of statements that run on the store's thread in one transaction.

        Raises:
            StorageError: The file cannot be read or written, or does not answer in time. If it was
                written, it is not known whether it was: read it again.
        """
        return await self._call(work, "BEGIN IMMEDIATE")

    async def _call(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        if self._waiting >= _MAX_WAITING:
            self.failures += 1
            raise StorageError(f"{self._path}: too many calls wait for it")
        self._waiting += 1
        call = asyncio.ensure_future(self._owned.use(lambda tables: _transact(tables, work, begin)))
        call.add_done_callback(self._count_end)
        try:
            async with asyncio.timeout(self._call_seconds):
                return await asyncio.shield(call)
        except TimeoutError:
            self.failures += 1
            raise StorageError(f"{self._path}: no answer within {self._call_seconds:g} s") from None
        except (sqlite3.Error, OSError, HandleClosed, msgspec.MsgspecError) as error:
            self.failures += 1
            raise StorageError(
                f"{self._path}: alerts cannot be read or written: {reason(error)}"
            ) from None
        except StorageError:
            self.failures += 1
            raise

    def _count_end(self, call: asyncio.Future[Any]) -> None:
        self._waiting -= 1
        if not call.cancelled():
            # Of a caller that left.
            call.exception()

    # --- Evaluation ------------------------------------------------------------------

    async def load(self) -> StoredState:
        """Return what the evaluation continues with."""
        return await self.read(_load)

    async def commit(self, change: Change) -> None:
        """Write a turn of the evaluation.

        Raises:
            StorageError: See ``use``.
        """
        self.dropped += await self.use(lambda database: _commit(database, change, self._limits))

    # --- Delivery --------------------------------------------------------------------

    async def enqueue(self, notification: Notification) -> None:
        """Add a message to the outbox, such as a test."""
        await self.commit(Change(notification.created_us, notifications=(notification,)))

    async def outbox(self, now_us: int, limit: int = 100) -> Outbox:
        """Return the messages that are due, the oldest first."""
        return await self.read(lambda database: _outbox(database, now_us, limit))

    async def begin_attempt(self, notification_id: str) -> None:
        """Record that an attempt begins: from here on the receiver may have the message."""
        await self.use(
            lambda database: (
                database.execute(
                    "UPDATE alert_outbox SET begun = 1 WHERE id = ?", (notification_id,)
                ).rowcount
            )
        )

    async def record_attempt(
        self,
        notification_id: str,
        state: DeliveryState,
        now_us: int,
        *,
        next_us: int = 0,
        error: str | None = None,
    ) -> None:
        """Record an attempt to deliver a message.

        Args:
            notification_id: The message.
            state: ``delivered``, ``dead`` (given up), or ``queued``: it is tried again.
            now_us: The time of the attempt.
            next_us: When it is tried again.
            error: Why it failed, without secrets.
        """
        finished_us = None if state == "queued" else now_us
        await self.use(
            lambda database: (
                database.execute(
                    "UPDATE alert_outbox SET state = ?, attempts = attempts + 1, next_us = ?, "
                    "error = ?, finished_us = ? WHERE id = ? AND state = 'queued'",
                    (state, next_us, error, finished_us, notification_id),
                ).rowcount
            )
        )

    async def queued(self, channel: str, limit: int) -> list[Delivery]:
        """Return the messages of a channel that wait, also those not due; the oldest first."""
        return await self.read(
            lambda database: [
                _delivery(row)
                for row in database.execute(
                    f"{_SELECT_DELIVERY} WHERE state = 'queued' AND channel = ? "
                    "ORDER BY number LIMIT ?",
                    (channel, limit),
                )
            ]
        )

    async def server_id(self) -> str:
        """Return the id of this server, which messages name: see ``ControlStore.server_id``."""
        return await self.use(server_id)

    async def queued_channels(self) -> list[str]:
        """Return the channels that have messages waiting."""
        return await self.read(
            lambda database: [
                name
                for (name,) in database.execute(
                    "SELECT DISTINCT channel FROM alert_outbox WHERE state = 'queued'"
                )
            ]
        )

    async def supersede(self, ids: Sequence[str], newest: Notification, now_us: int) -> None:
        """Replace messages by a newer one of their group.

        Args:
            ids: Of the messages that are not sent any more.
            newest: The message that is sent, with what it takes over from them.
            now_us: The time.
        """
        await self.use(lambda database: _supersede(database, ids, newest, now_us))

    async def retry(self, notification_id: str, now_us: int) -> bool:
        """Queue a message that was given up; return whether there was one."""
        count = await self.use(
            lambda database: (
                database.execute(
                    "UPDATE alert_outbox SET state = 'queued', next_us = ?, finished_us = NULL "
                    "WHERE id = ? AND state = 'dead'",
                    (now_us, notification_id),
                ).rowcount
            )
        )
        return count == 1

    async def deliveries(
        self,
        limit: int,
        *,
        before: int | None = None,
        state: DeliveryState | None = None,
        channel: str | None = None,
    ) -> list[Delivery]:
        """Return messages, the newest first; ``None`` means all."""
        condition = "number < ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR channel = ?3)"
        values = (1 << 62 if before is None else before, state, channel, limit)
        return await self.read(
            lambda database: [
                _delivery(row)
                for row in database.execute(
                    f"{_SELECT_DELIVERY} WHERE {condition} ORDER BY number DESC LIMIT ?4", values
                )
            ]
        )

    async def delivery_counts(self) -> Mapping[str, ChannelDeliveries]:
        """Return the stored messages by channel."""
        return await self.read(_delivery_counts)

    # --- History ---------------------------------------------------------------------

    async def history(
        self, limit: int, selection: HistoryFilter | None = None
    ) -> list[HistoryRecord]:
        """Return transitions, the newest first."""
        return await self.read(
            lambda database: _history(database, limit, selection or HistoryFilter())
        )

    async def last_fired(self) -> Mapping[str, int]:
        """Return by rule when an alert began to fire last, as far as the history goes back."""
        return await self.read(
            lambda database: dict(
                database.execute(
                    "SELECT rule, max(at_us) FROM alert_history "
                    "WHERE document ->> 'next' = 'firing' GROUP BY rule"
                )
            )
        )

    # --- Silences --------------------------------------------------------------------

    async def add_silence(self, silence: Silence) -> None:
        """Store a silence.

        Raises:
            BadQuery: There are too many that have not ended.
            StorageError: See ``use``.
        """
        await self.use(lambda database: _add_silence(database, silence, self._limits.silences))

    async def end_silence(self, silence_id: str, now_us: int) -> Silence | None:
        """End a silence that has not ended; return it as it was, ``None`` if there is none."""
        return await self.use(lambda database: _end_silence(database, silence_id, now_us))

    async def silences(self) -> tuple[Silence, ...]:
        """Return all silences, also those that ended within the time that they are stored."""
        return await self.read(_silences)


@contextmanager
def open_tables(path: Path, lock_seconds: float = _LOCK_SECONDS) -> Iterator[sqlite3.Connection]:
    """Open the file, and create the tables that it lacks.

    Raises:
        StorageError: A later release wrote it.
        sqlite3.Error, OSError: The file cannot be used.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    make_private(path)
    database = sqlite3.connect(path, timeout=lock_seconds, isolation_level=None)
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        _require_known(path, version, CONTROL_SCHEMA_VERSION)
        database.execute("PRAGMA journal_mode = WAL")
        # A message that was sent must not be sent under another id after a loss of power.
        database.execute("PRAGMA synchronous = FULL")
        # Of a file that has the tables this only reads, and waits for no writer.
        database.executescript(_CREATE)
        row = database.execute("SELECT version FROM alert_schema").fetchone()
        if row is None:
            database.execute(
                "INSERT INTO alert_schema VALUES (1, ?) ON CONFLICT DO NOTHING", (SCHEMA_VERSION,)
            )
        else:
            _require_known(path, row[0], SCHEMA_VERSION)
        yield database
    finally:
        database.close()


def _require_known(path: Path, version: int, known: int) -> None:
    if version > known:
        raise StorageError(
            f"{path} has schema {version}, this release knows {known}: alerts are not evaluated; "
            "use the release that wrote it, or a newer one"
        )


def _transact(
    database: sqlite3.Connection, work: Callable[[sqlite3.Connection], T], begin: str
) -> T:
    database.execute(begin)
    try:
        result = work(database)
        database.execute("COMMIT")
    except BaseException:
        # A full disk may have ended the transaction already.
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    return result


def _pack(value: Any) -> str:
    return json_encoding.pack(value).decode()


def _load(database: sqlite3.Connection) -> StoredState:
    return StoredState(
        tuple(
            msgspec.json.decode(document, type=Alert)
            for (document,) in database.execute("SELECT document FROM alerts ORDER BY rowid")
        ),
        tuple(
            msgspec.json.decode(document, type=Group)
            for (document,) in database.execute("SELECT document FROM alert_groups")
        ),
        _silences(database),
    )


def _silences(database: sqlite3.Connection) -> tuple[Silence, ...]:
    rows = database.execute("SELECT document FROM alert_silences ORDER BY rowid")
    return tuple(msgspec.json.decode(document, type=Silence) for (document,) in rows)


def _commit(database: sqlite3.Connection, change: Change, limits: StoreLimits) -> int:
    """Write a turn; return how many messages were given up because the outbox is full."""
    database.executemany(
        "INSERT INTO alerts VALUES (?, ?) "
        "ON CONFLICT (id) DO UPDATE SET document = excluded.document",
        [(alert.id, _pack(alert)) for alert in change.alerts],
    )
    database.executemany(
        "DELETE FROM alerts WHERE id = ?", [(alert_id,) for alert_id in change.removed_alerts]
    )
    database.executemany(
        "INSERT INTO alert_groups VALUES (?, ?, ?) "
        "ON CONFLICT (channel, key) DO UPDATE SET document = excluded.document",
        [(group.channel, group.key, _pack(group)) for group in change.groups],
    )
    database.executemany(
        "DELETE FROM alert_groups WHERE channel = ? AND key = ?", change.removed_groups
    )
    database.executemany(
        "INSERT INTO alert_outbox (id, channel, group_key, state, attempts, next_us, created_us, "
        "document) VALUES (?, ?, ?, 'queued', 0, ?, ?, ?)",
        [
            (each.id, each.channel, each.group_key, each.created_us, each.created_us, _pack(each))
            for each in change.notifications
        ],
    )
    database.executemany(
        "INSERT INTO alert_history (at_us, rule, node, document) VALUES (?, ?, ?, ?)",
        [
            (each.at_us, each.alert.rule, dict(each.alert.labels).get("node"), _pack(each))
            for each in change.transitions
        ],
    )
    return _delete_beyond(database, change, limits)


def _delete_beyond(database: sqlite3.Connection, change: Change, limits: StoreLimits) -> int:
    if change.transitions:
        database.execute(
            "DELETE FROM alert_history WHERE at_us < ? "
            "OR number <= (SELECT max(number) FROM alert_history) - ?",
            (change.now_us - limits.history_us, limits.history_rows),
        )
    if not change.notifications:
        return 0
    database.execute(
        "DELETE FROM alert_outbox WHERE state != 'queued' AND (finished_us < ? OR number <= "
        "(SELECT number FROM alert_outbox WHERE state != 'queued' "
        "ORDER BY number DESC LIMIT 1 OFFSET ?))",
        (change.now_us - limits.finished_us, limits.finished_rows),
    )
    # A channel that takes nothing costs no message of another.
    return sum(
        database.execute(
            "UPDATE alert_outbox SET state = 'dead', finished_us = ?, "
            "error = 'too many messages waited' WHERE state = 'queued' AND channel = ? AND "
            "number <= (SELECT number FROM alert_outbox WHERE state = 'queued' AND channel = ? "
            "ORDER BY number DESC LIMIT 1 OFFSET ?)",
            (change.now_us, channel, channel, limits.queued_rows),
        ).rowcount
        for channel in {notification.channel for notification in change.notifications}
    )


def _supersede(
    database: sqlite3.Connection, ids: Sequence[str], newest: Notification, now_us: int
) -> None:
    database.executemany(
        "UPDATE alert_outbox SET state = 'superseded', finished_us = ? "
        "WHERE id = ? AND state = 'queued'",
        [(now_us, notification_id) for notification_id in ids],
    )
    database.execute(
        "UPDATE alert_outbox SET document = ? WHERE id = ?", (_pack(newest), newest.id)
    )


_SELECT_DELIVERY = (
    "SELECT number, document, state, attempts, next_us, error, finished_us, begun FROM alert_outbox"
)


def _delivery(row: tuple[Any, ...]) -> Delivery:
    number, document, state, attempts, next_us, error, finished_us, begun = row
    return Delivery(
        number=number,
        notification=msgspec.json.decode(document, type=Notification),
        state=state,
        attempts=attempts,
        next_us=next_us,
        error=error,
        finished_us=finished_us,
        is_begun=bool(begun),
    )


# The oldest message of each channel and group: a later one must not overtake it.
_HEADS = """
    WHERE number IN (
        SELECT min(number) FROM alert_outbox WHERE state = 'queued' GROUP BY channel, group_key
    )
"""


def _outbox(database: sqlite3.Connection, now_us: int, limit: int) -> Outbox:
    rows = database.execute(
        f"{_SELECT_DELIVERY} {_HEADS} AND next_us <= ? ORDER BY number LIMIT ?", (now_us, limit)
    )
    due = tuple(map(_delivery, rows))
    if len(due) == limit:
        return Outbox(due, now_us)
    (next_us,) = database.execute(
        f"SELECT min(next_us) FROM alert_outbox {_HEADS} AND next_us > ?", (now_us,)
    ).fetchone()
    return Outbox(due, next_us)


def _delivery_counts(database: sqlite3.Connection) -> Mapping[str, ChannelDeliveries]:
    rows = database.execute(
        "SELECT channel, sum(state = 'queued'), sum(state = 'delivered'), "
        "sum(attempts - (state = 'delivered')), sum(state = 'dead'), "
        "max(CASE WHEN state = 'delivered' THEN finished_us END) "
        "FROM alert_outbox GROUP BY channel"
    ).fetchall()
    errors = dict(
        database.execute(
            "SELECT channel, error FROM alert_outbox WHERE error IS NOT NULL ORDER BY number"
        )
    )
    return {
        channel: ChannelDeliveries(queued, delivered, failed, dead, errors.get(channel), last_us)
        for channel, queued, delivered, failed, dead, last_us in rows
    }


def _history(
    database: sqlite3.Connection, limit: int, selection: HistoryFilter
) -> list[HistoryRecord]:
    conditions = {
        "number < ?": selection.before,
        "rule = ?": selection.rule,
        "node = ?": selection.node,
        "at_us >= ?": selection.start_us,
        "at_us < ?": selection.end_us,
    }
    given = {text: value for text, value in conditions.items() if value is not None}
    rows = database.execute(
        f"SELECT number, document FROM alert_history WHERE {' AND '.join(given) or 'true'} "
        "ORDER BY number DESC LIMIT ?",
        (*given.values(), limit),
    )
    return [
        HistoryRecord(number, msgspec.json.decode(document, type=Transition))
        for number, document in rows
    ]


def _add_silence(database: sqlite3.Connection, silence: Silence, limit: int) -> None:
    (count,) = database.execute(
        "SELECT count(*) FROM alert_silences WHERE ends_us > ?", (silence.created_us,)
    ).fetchone()
    if count >= limit:
        raise BadQuery(f"there are {count} silences already; end one first")
    now_us = silence.created_us
    # Each turn reads all: of those that ended no more are stored than may hold.
    database.execute(
        "DELETE FROM alert_silences WHERE ends_us < ?1 OR (ends_us <= ?2 AND rowid NOT IN "
        "(SELECT rowid FROM alert_silences WHERE ends_us <= ?2 ORDER BY ends_us DESC LIMIT ?3))",
        (now_us - _SILENCE_STORED_US, now_us, limit),
    )
    database.execute(
        "INSERT INTO alert_silences VALUES (?, ?, ?)", (silence.id, silence.ends_us, _pack(silence))
    )


def _end_silence(database: sqlite3.Connection, silence_id: str, now_us: int) -> Silence | None:
    row = database.execute(
        "SELECT document FROM alert_silences WHERE id = ? AND ends_us > ?", (silence_id, now_us)
    ).fetchone()
    if row is None:
        return None
    silence = msgspec.json.decode(row[0], type=Silence)
    ended = replace(silence, ends_us=now_us)
    database.execute(
        "UPDATE alert_silences SET ends_us = ?, document = ? WHERE id = ?",
        (now_us, _pack(ended), silence_id),
    )
    return silence
