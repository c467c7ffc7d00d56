"""``tart keys``: creates, lists and revokes API keys, with the server running or stopped.

Only a user who can write ``control.sqlite`` can use it: root, or the user that tart runs as.
The secret of a new key goes to stdout alone, so that it can be redirected into a file; it is
never an argument.
"""

from __future__ import annotations

import argparse
import errno
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tart.access.keys import NAME_LENGTH, Key, new_key
from tart.access.roles import ROLES
from tart.cli.arguments import add_config, add_data_dir
from tart.cli.data_directory import explain, require_data_directory
from tart.cli.installation import load_settings
from tart.cli.json_output import add_json, print_json
from tart.cli.streams import print_note
from tart.control_store import AuditEntry, ControlStore, open_store
from tart.errors import ConfigError, StartupError
from tart.file_owner import inherit_owner
from tart.query.core.rfc3339 import rfc3339

# The address that the audit log has for changes made on the command line.
_LOCAL = "local"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs and their arguments."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    create = verbs.add_parser("create", help="create a key and print its secret once")
    list_ = verbs.add_parser("list", help="list all keys, also revoked ones")
    revoke = verbs.add_parser("revoke", help="revoke a key")
    create.add_argument("--name", required=True, help="name of the key, such as its user")
    create.add_argument(
        "--role",
        choices=("viewer", "operator", "admin"),
        default="viewer",
        help="what the key permits (default viewer)",
    )
    create.add_argument(
        "--new",
        action="store_true",
        help="create the database of keys if there is none, for a server that has not run yet",
    )
    revoke.add_argument("id", metavar="ID", help="id of the key, as 'tart keys list' prints it")
    for verb, function in ((create, _create), (list_, _list), (revoke, _revoke)):
        add_config(verb, installed=True)
        add_data_dir(verb)
        add_json(verb)
        verb.set_defaults(run=function)


def _create(arguments: argparse.Namespace) -> int:
    name, role = arguments.name, arguments.role
    if not name.isprintable() or not 0 < len(name) <= NAME_LENGTH:
        raise ConfigError(f"--name must be 1 to {NAME_LENGTH} printable characters")
    key, secret = new_key(name, ROLES[role], _now_us())
    with _open_store(arguments, new=arguments.new) as store:
        store.add(key)
        details = f"{key.id} {role} {name}"
        store.append_audit([AuditEntry(_now_us(), None, _LOCAL, "create_key", details, 0)])
    if arguments.json:
        print_json({**_members(key), "key": secret})
    else:
        print(secret)
    print_note(f"key {key.id} for {name}, role {role}; it is not shown again")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    """Print all keys, newest first."""
    with _open_store(arguments) as store:
        keys = store.keys()
    if arguments.json:
        print_json({"keys": [_key(key) for key in reversed(keys)]})
        return 0
    for key in reversed(keys):
        print(f"{key.id}  {key.role!s:8}  {rfc3339(key.created_at)}  {_state(key):36}  {key.name}")
    if not keys:
        print_note("no keys; the API accepts requests of this machine only")
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    """Revoke a key; the exit code is 1 if no active key has that id."""
    key_id = arguments.id
    with _open_store(arguments) as store:
        revoked = store.revoke(key_id, _now_us())
        if revoked:
            store.append_audit([AuditEntry(_now_us(), None, _LOCAL, "revoke_key", key_id, 0)])
    if arguments.json and revoked:
        print_json({"id": key_id, "revoked": True})
    if not revoked:
        raise StartupError(f"no active key has the id {key_id}; 'tart keys list' lists them")
    print_note(f"key {key_id} is revoked")
    return 0


@contextmanager
def _open_store(arguments: argparse.Namespace, *, new: bool = False) -> Iterator[ControlStore]:
    """Open the keys of a server.

    Args:
        arguments: The parsed command line.
        new: Whether the database is created if it does not exist.

    Raises:
        ConfigError: The settings are not valid, or there is no database.
    """
    path = load_settings(arguments).control_path
    try:
        if not path.is_file():
            _require_new(path, new=new, can_be_new=arguments.run is _create)
            _make_directory(path.parent)
        elif not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
            raise PermissionError(errno.EACCES, "")
    except OSError as error:
        raise ConfigError(f"{path} cannot be used: {explain(error, path)}") from None
    with open_store(path) as store:
        yield store


def _require_new(path: Path, *, new: bool, can_be_new: bool) -> None:
    """Refuse a database that does not exist unless it is to be created.

    Raises:
        ConfigError: The text says which directory may be meant.
    """
    if new:
        return
    hint = "; --new creates it, for a server that has not run yet" if can_be_new else ""
    try:
        require_data_directory(path.parent)
    except ConfigError as error:
        raise ConfigError(f"{error}{hint}") from None
    raise ConfigError(f"{path} does not exist, so there are no keys{hint}")


def _make_directory(path: Path) -> None:
    if not path.exists():
        path.mkdir(mode=0o750, parents=True)
        inherit_owner(path)


def _members(key: Key) -> Mapping[str, str | None]:
    """Return what the API's answers have of every key."""
    return {
        "id": key.id,
        "name": key.name,
        "role": str(key.role),
        "created_at": rfc3339(key.created_at),
    }


def _key(key: Key) -> Mapping[str, str | None]:
    """Return a key as ``/api/keys`` lists it."""
    revoked_at = None if key.revoked_at is None else rfc3339(key.revoked_at)
    return {**_members(key), "revoked_at": revoked_at}


def _state(key: Key) -> str:
    return "in use" if key.revoked_at is None else f"revoked {rfc3339(key.revoked_at)}"


def _now_us() -> int:
    return time.time_ns() // 1000
