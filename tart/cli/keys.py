"""``tart keys``: make, list and revoke keys of the API, while tart runs or not.

Only who may write ``control.sqlite`` can: root, or the user that tart runs as. The text of a
new key goes to stdout alone, so that it can be piped into a file; it is never an argument.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tart.access.keys import NAME_LENGTH, Key, new_key
from tart.access.roles import ROLES
from tart.config import load as configuration
from tart.control_store import AuditEntry, ControlStore, open_store
from tart.errors import ConfigError
from tart.query.core.rfc3339 import rfc3339

_HERE = "local"


def create(path: Path | None, data_dir: str | None, name: str, role: str) -> int:
    """Make a key and print it; returns the exit code."""
    if not name.isprintable() or not 0 < len(name) <= NAME_LENGTH:
        raise ConfigError(f"--name must be 1 to {NAME_LENGTH} printable characters")
    key, text = new_key(name, ROLES[role], _now_us())
    with _store(path, data_dir) as store:
        store.add(key)
        store.append_audit(
            [AuditEntry(_now_us(), None, _HERE, "create_key", f"{key.id} {role} {name}", 0)]
        )
    print(text)
    print(f"key {key.id} for {name}, role {role}; it is not shown again", file=sys.stderr)
    return 0


def show(path: Path | None, data_dir: str | None) -> int:
    """List all keys, the newest first; returns the exit code."""
    with _store(path, data_dir) as store:
        found = store.keys()
    for key in reversed(found):
        print(f"{key.id}  {key.role!s:8}  {rfc3339(key.created_at)}  {_state(key):36}  {key.name}")
    if not found:
        print("there are no keys; the API serves this machine alone", file=sys.stderr)
    return 0


def revoke(path: Path | None, data_dir: str | None, key_id: str) -> int:
    """End a key; returns the exit code, 1 if there is none to end."""
    with _store(path, data_dir) as store:
        done = store.revoke(key_id, _now_us())
        if done:
            store.append_audit([AuditEntry(_now_us(), None, _HERE, "revoke_key", key_id, 0)])
    words = f"key {key_id} is revoked" if done else f"tart: no key {key_id} that could be revoked"
    print(words, file=sys.stderr)
    return 0 if done else 1


@contextmanager
def _store(path: Path | None, data_dir: str | None) -> Iterator[ControlStore]:
    config = configuration.load(path, environ=os.environ, flags={"data_dir": data_dir})
    before = config.control_path.exists()
    with open_store(config.control_path) as store:
        if not before:
            _give_away(config.control_path)
        yield store


def _give_away(path: Path) -> None:
    """A file that root makes belongs to whom the directory does, or tart could not open it."""
    owner = path.parent.stat()
    if os.geteuid() == 0:
        for each in path.parent.glob(f"{path.name}*"):
            os.chown(each, owner.st_uid, owner.st_gid)


def _state(key: Key) -> str:
    return "in use" if key.revoked_at is None else f"revoked {rfc3339(key.revoked_at)}"


def _now_us() -> int:
    return time.time_ns() // 1000
