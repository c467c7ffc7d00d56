"""``tart/control_store.py``: keys and the audit log in a file that two processes use."""

import os
import sqlite3
import stat
import threading

import pytest

from tart.access.keys import new_key
from tart.access.logins import new_login
from tart.access.roles import Role
from tart.control_store import SCHEMA_VERSION, AuditEntry, has_keys, open_store
from tart.errors import StorageError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "control.sqlite"


def entry(number):
    return AuditEntry(number, None, "127.0.0.1", "request", f"GET /{number}", 401)


def test_keys_are_there_when_the_store_is_opened_again(path):
    first, _ = new_key("one", Role.VIEWER, 1)
    second, _ = new_key("two", Role.ADMIN, 2)
    with open_store(path) as store:
        store.add(first)
        store.add(second)
        assert store.revoke(first.id, 7) is True
        assert store.revoke(first.id, 8) is False
        assert store.revoke("00000000", 8) is False

    with open_store(path) as store:
        stored, other = store.keys()
    assert (stored.id, stored.revoked_at, other) == (first.id, 7, second)


def modes(path):
    """The permissions of the file and of all beside it."""
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}


PRIVATE = {f"control.sqlite{suffix}": 0o600 for suffix in ("", "-wal", "-shm")}


@pytest.mark.parametrize("umask", [0o000, 0o027])
def test_other_users_may_read_neither_the_file_nor_those_beside_it(path, umask, monkeypatch):
    before = os.umask(umask)
    connect = sqlite3.connect
    # At the first moment, too.
    monkeypatch.setattr(
        sqlite3,
        "connect",
        lambda *args, **more: (seen.append(modes(path)), connect(*args, **more))[1],
    )
    seen = []
    try:
        with open_store(path) as store:
            store.add(new_key("one", Role.VIEWER, 1)[0])
            assert modes(path) == PRIVATE
    finally:
        os.umask(before)
    assert seen == [{"control.sqlite": 0o600}]


def test_files_that_were_open_to_others_are_narrowed_and_named_in_one_line(path, caplog):
    with open_store(path) as store:
        store.add(new_key("one", Role.VIEWER, 1)[0])
        for name in PRIVATE:
            path.with_name(name).chmod(0o640)
        with open_store(path) as other:
            assert len(other.keys()) == 1
        assert modes(path) == PRIVATE
    (record,) = caplog.records
    assert (
        "other users had access to control.sqlite (640), control.sqlite-wal (640), "
        "control.sqlite-shm (640); only its owner has now"
    ) in record.getMessage()


def test_asking_for_keys_creates_no_file(path):
    assert has_keys(path) is False
    assert not path.exists()
    with open_store(path) as store:
        assert has_keys(path) is False
        store.add(new_key("k", Role.VIEWER, 1)[0])
    assert has_keys(path) is True


def test_the_version_changes_with_writes_of_other_connections_only(path):
    with open_store(path) as mine, open_store(path) as other:
        before = mine.version()
        mine.add(new_key("mine", Role.VIEWER, 1)[0])
        assert mine.version() == before
        other.add(new_key("other", Role.VIEWER, 1)[0])
        assert mine.version() != before


def test_logins_and_the_id_of_the_server_are_there_when_the_store_is_opened_again(path):
    logins = [new_login("00000000", number, 10)[0] for number in range(3)]
    with open_store(path) as store:
        name = store.server_id()
        store.change_logins(logins[:2], [])
        store.change_logins(logins[2:], [logins[0].digest, b"not there"])
    with open_store(path) as store:
        assert store.logins() == logins[1:]
        assert store.server_id() == name
    with open_store(path.with_name("other.sqlite")) as other:
        assert other.server_id() != name


def test_the_audit_log_is_read_backwards_page_by_page(path):
    with open_store(path) as store:
        store.append_audit([entry(number) for number in range(5)])
        newest = store.read_audit(2)
        assert [each.entry.time_us for each in newest] == [4, 3]
        rest = store.read_audit(10, before=newest[-1].number)
        assert [each.entry for each in rest] == [entry(2), entry(1), entry(0)]


def test_the_oldest_audit_entries_are_deleted(path):
    with open_store(path, audit_rows=3) as store:
        for number in range(5):
            store.append_audit([entry(number)])
        assert [each.entry.time_us for each in store.read_audit(10)] == [4, 3, 2]


def test_two_connections_may_write_at_the_same_time(path):
    def write(first):
        with open_store(path) as store:
            for number in range(first, first + 50):
                store.append_audit([entry(number)])

    threads = [threading.Thread(target=write, args=(start,)) for start in (0, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_store(path) as store:
        found = sorted(each.entry.time_us for each in store.read_audit(1000))
    assert found == [*range(50), *range(100, 150)]


@pytest.mark.parametrize("kind", ["garbage", "directory", "newer"])
def test_a_file_that_cannot_be_used_is_a_storage_error(tmp_path, kind):
    path = tmp_path / "control.sqlite"
    if kind == "garbage":
        path.write_bytes(b"this is no database" * 100)
    elif kind == "directory":
        path.mkdir()
    else:
        with sqlite3.connect(path) as database:
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        database.close()

    with pytest.raises(StorageError, match=r"control\.sqlite"), open_store(path):
        pass
