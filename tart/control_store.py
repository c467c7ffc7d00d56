"""API keys, logins and the audit log in ``control.sqlite``, beside the gateway's node registry.

The command line and the gateway may write at the same time: each statement is a transaction
of its own, and waits for the other process. The first process to open the file creates the tables.

The file has digests of keys and audited requests, so its user alone may read it, and likewise what
SQLite writes beside it: the write-ahead log has the same rows.
"""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tart.access.keys import Key
from tart.access.logins import Login
from tart.access.roles import ROLES
from tart.errors import StorageError
from tart.file_owner import inherit_owner
from tart.os_errors import reason

log = logging.getLogger(__name__)

# The version of all tables, those of the node registry included, in ``user_version``.
SCHEMA_VERSION = 1
# The greatest number of audit records; older ones are deleted.
AUDIT_ROWS = 100_000
_WAIT_SECONDS = 5.0
_CREATE = """
    CREATE TABLE IF NOT EXISTS keys (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        digest BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        revoked_at INTEGER
    ) STRICT;
    CREATE TABLE IF NOT EXISTS audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        key TEXT,
        address TEXT NOT NULL,
        action TEXT NOT NULL,
        detail TEXT NOT NULL,
        status INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS logins (
        digest BLOB PRIMARY KEY,
        key TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT;
"""
_CREATE_SERVER = """
    CREATE TABLE IF NOT EXISTS server (
        row INTEGER PRIMARY KEY CHECK (row = 1),
        id TEXT NOT NULL
    ) STRICT
"""


class AuditEntry(NamedTuple):
    """An entry of the audit log.

    Attributes:
        time_us: The time, Unix microseconds; ``at`` in the table and the API.
        key: The id of the key; ``None`` without a key.
        address: The address of the client; ``local`` for the command line.
        action: ``request``, or the name of the route: ``sql``, ``create_key``, ``login`` …
        detail: The path, the statement, or the key that was created.
        status: The HTTP status; 0 for the command line.
    """

    time_us: int
    key: str | None
    address: str
    action: str
    detail: str
    status: int


class AuditRecord(NamedTuple):
    """A stored audit entry with its number."""

    number: int
    entry: AuditEntry


def make_private(path: Path) -> None:
    """Let only its user read a database of SQLite; call this before SQLite opens it.

    A file that does not exist is created with these permissions and, by root, with the owner of
    its directory; SQLite gives both to the files that it writes beside it. Files that are open to
    others lose that, and the log names them.

    Raises:
        OSError: The file cannot be created, or belongs to another user and is open to others.
    """
    with suppress(FileExistsError):
        # Only ever a new file: opening one that SQLite has open, and closing it again, would drop
        # the locks of the whole process.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        inherit_owner(path)
    narrowed = []
    for suffix in ("", "-wal", "-shm", "-journal"):
        file = path.with_name(path.name + suffix)
        with suppress(FileNotFoundError):
            mode = stat.S_IMODE(file.stat().st_mode)
            if mode & 0o077:
                file.chmod(mode & 0o700)
                narrowed.append(f"{file.name} ({mode:o})")
    if narrowed:
        log.warning(
            "%s: other users had access to %s; only its owner has now. It holds digests of keys "
            "and the audit log",
            path.parent,
            ", ".join(narrowed),
        )


@contextmanager
def open_store(path: Path, *, audit_rows: int = AUDIT_ROWS) -> Iterator[ControlStore]:
    """Open the store in a file, which is created if it does not exist.

    Only the thread that opens the store may use it.

    Args:
        path: The file.
        audit_rows: The greatest number of audit entries.

    Raises:
        StorageError: The file cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        make_private(path)
        # Python's sqlite3 refuses every thread but this one.
        database = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
        try:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise StorageError(
                    f"{path} has schema {version}, this release knows {SCHEMA_VERSION}: "
                    "use the release that wrote it, or a newer one"
                )
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_CREATE)
            database.execute(_CREATE_SERVER)
            yield ControlStore(database, audit_rows)
        finally:
            database.close()
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"{path}: keys cannot be read or written: {reason(error)}") from None


def server_id(database: sqlite3.Connection) -> str:
    """Return the id of this server: eight hex digits, made at the first call."""
    database.execute(_CREATE_SERVER)
    if (row := database.execute("SELECT id FROM server").fetchone()) is None:
        database.execute(
            "INSERT INTO server VALUES (1, ?) ON CONFLICT DO NOTHING", (secrets.token_hex(4),)
        )
        row = database.execute("SELECT id FROM server").fetchone()
    return str(row[0])


def has_keys(path: Path) -> bool:
    """Return whether a key exists or ever existed; does not create the file.

    Raises:
        StorageError: The file cannot be used.
    """
    if not path.exists():
        return False
    with open_store(path) as store:
        return bool(store.keys())


class ControlStore:
    """An open ``control.sqlite``."""

    def __init__(self, database: sqlite3.Connection, audit_rows: int) -> None:
        self._database = database
        self._audit_rows = audit_rows

    def version(self) -> int:
        """Return a number that changes when another connection has written."""
        (number,) = self._database.execute("PRAGMA data_version").fetchone()
        return int(number)

    def keys(self) -> list[Key]:
        """Return all keys, the oldest first."""
        rows = self._database.execute(
            "SELECT id, name, role, digest, created_at, revoked_at FROM keys ORDER BY created_at"
        )
        return [
            Key(number, name, ROLES[role], digest, created_at, revoked_at)
            for number, name, role, digest, created_at, revoked_at in rows
        ]

    def add(self, key: Key) -> None:
        """Store a new key."""
        self._database.execute(
            "INSERT INTO keys VALUES (?, ?, ?, ?, ?, NULL)",
            (key.id, key.name, str(key.role), key.digest, key.created_at),
        )

    def revoke(self, key_id: str, now_us: int) -> bool:
        """Revoke a key; return whether an active key had that id."""
        cursor = self._database.execute(
            "UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
            (now_us, key_id),
        )
        return cursor.rowcount == 1

    def server_id(self) -> str:
        """Return the id of this server: eight hex digits, made at the first call."""
        return server_id(self._database)

    def logins(self) -> list[Login]:
        """Return all logins, the oldest first."""
        rows = self._database.execute(
            "SELECT digest, key, created_at, expires_at FROM logins ORDER BY created_at, rowid"
        )
        return [Login(*row) for row in rows]

    def change_logins(self, added: Iterable[Login], removed: Iterable[bytes]) -> None:
        """Store new logins, and delete those with the digests."""
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(
            "INSERT INTO logins VALUES (?, ?, ?, ?)",
            [(each.digest, each.key, each.created_at, each.expires_at) for each in added],
        )
        self._database.executemany(
            "DELETE FROM logins WHERE digest = ?", [(digest,) for digest in removed]
        )
        self._database.execute("COMMIT")

    def append_audit(self, entries: Sequence[AuditEntry]) -> None:
        """Append entries to the audit log, and delete the oldest beyond the limit."""
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(
            "INSERT INTO audit (at, key, address, action, detail, status) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            entries,
        )
        self._database.execute(
            "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?",
            (self._audit_rows,),
        )
        self._database.execute("COMMIT")

    def read_audit(self, limit: int, before: int | None = None) -> list[AuditRecord]:
        """Return the newest entries, newest first.

        Args:
            limit: The greatest number of entries.
            before: Only entries with a smaller number.
        """
        rows = self._database.execute(
            "SELECT number, at, key, address, action, detail, status FROM audit "
            "WHERE number < ? ORDER BY number DESC LIMIT ?",
            (1 << 62 if before is None else before, limit),
        )
        return [AuditRecord(number, AuditEntry(*row)) for number, *row in rows]
