"""``tart restore``: only a complete, undamaged backup, only into an empty directory, or nothing."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tart.alert_store import Change
from tart.cli import restore
from tart.cli.interrupted_restore import COMPLETE, DRAFT
from tart.cli.startup_checks import refuse_start
from tart.config.load import load
from tart.errors import StartupError
from tests.cli.backups import list_backups
from tests.cli.test_verify import filled
from tests.test_alert_store import ALERT, GROUP, message, with_store


@pytest.fixture
def backup(tmp_path, run):
    """A backup of a small data directory, with keys."""
    filled(tmp_path / "data")
    run("keys", "create", "--new", "--name", "k")
    assert run("backup", tmp_path / "kept")[0] == 0
    ((made, _),) = list_backups(tmp_path / "kept")
    return made


def segment_of(backup):
    (file,) = (backup / "00").glob("2*.duckdb")
    return file


def assert_restored(backup, directory, run):
    manifest = json.loads((backup / "backup.json").read_text())
    for name in manifest["files"]:
        copy, original = directory / name, backup / name
        assert copy.read_bytes() == original.read_bytes()
        assert copy.stat().st_ino != original.stat().st_ino
        assert copy.stat().st_nlink == 1
    names = {name.split("/")[0] for name in manifest["files"]}
    assert {path.name for path in directory.iterdir()} == names | {"run", "tart.lock"}
    assert run("verify", "--deep", data=directory.name)[0] == 0
    assert "in use" in run("keys", "list", data=directory.name)[1]


def test_a_restored_directory_has_copies_of_the_files_and_nothing_else(backup, tmp_path, run):
    code, out, _ = run("restore", backup, data="again")

    assert (code, f"{tmp_path / 'again'}: 3 files restored" in out) == (0, True)
    assert_restored(backup, tmp_path / "again", run)


def test_alerts_and_messages_that_wait_are_restored_with_their_ids(tmp_path, run):
    filled(tmp_path / "data")
    change = Change(1, alerts=[ALERT], groups=[GROUP], notifications=[message(1)])
    with_store(tmp_path / "data" / "control.sqlite", lambda store: store.commit(change))
    assert run("backup", tmp_path / "kept")[0] == 0
    ((made, _),) = list_backups(tmp_path / "kept")
    assert run("restore", made, data="again")[0] == 0

    async def read(store):
        return await store.load(), await store.queued("ops", 9)

    state, waiting = with_store(tmp_path / "again" / "control.sqlite", read)
    assert (state.alerts, state.groups) == ((ALERT,), (GROUP,))
    assert [each.notification for each in waiting] == [message(1)]


def test_what_is_no_backup_is_refused_and_nothing_is_created(backup, tmp_path, run):
    code, _, err = run("restore", tmp_path, data="again")
    assert (code, "is not a backup of tart" in err) == (2, True)
    code, _, err = run("restore", tmp_path / "gone", data="again")
    assert (code, "is not a backup of tart" in err) == (2, True)
    manifest = json.loads((backup / "backup.json").read_text())
    for name in ("../file", "/etc/file", "a/b/c", ".."):
        files = {name: {"bytes": 1, "digest": ""}}
        (backup / "backup.json").write_text(json.dumps({**manifest, "files": files}))
        code, _, err = run("restore", backup, data="again")
        assert (code, f"{name!r} is not a file of a backup" in err) == (1, True)
    (backup / "backup.json").write_text(json.dumps({"format": 99}))
    code, _, err = run("restore", backup, data="again")
    assert (code, "format 99, this release knows 1" in err) == (2, True)
    for text, sentence in (
        ("{", "backup.json: is not JSON; the backup is damaged"),
        ("[]", "is not a backup of tart: backup.json is of another kind"),
        ('{"format": 1}', "backup.json: lacks files or their sizes; the backup is damaged"),
        ('{"format": 1, "begun_at": "x", "files": {"a": 1}}', "lacks files or their sizes"),
    ):
        (backup / "backup.json").write_text(text)
        code, _, err = run("restore", backup, data="again")
        assert (code, sentence in err, err.count("\n")) == (2, True, 1)
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("existing", [False, True])
def test_a_damaged_backup_leaves_nothing(backup, tmp_path, run, existing):
    again = tmp_path / "again"
    if existing:
        again.mkdir()
        (again / "README.md").write_text("mine")
    segment, control = segment_of(backup), backup / "control.sqlite"
    content, keys = segment.read_bytes(), control.read_bytes()

    def refuse(sentence):
        code, out, err = run("restore", backup, data="again")
        assert (code, out, sentence in err) == (1, "", True), err
        assert [path.name for path in tmp_path.glob("again/*")] == ["README.md"] * existing
        assert again.exists() == existing

    for file, before in ((segment, content), (control, keys)):
        file.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        refuse("differs from the file that was backed up; the backup is damaged and nothing")
        file.write_bytes(before[:-1])
        refuse(f"has {len(before) - 1} bytes instead of {len(before)}")
        file.unlink()
        refuse("no such file or directory; the backup is not complete")
        file.write_bytes(before)
    assert run("restore", backup, data="again")[0] == 0


def test_a_full_disk_leaves_nothing(backup, tmp_path, run, monkeypatch):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # fails as a full disk does
    try:
        code, _, err = run("restore", backup, data="again")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (code, "again: restore failed and changed nothing: " in err) == (1, True)
    assert not (tmp_path / "again").exists()
    usage = SimpleNamespace(free=1 << 10)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    code, _, err = run("restore", backup, data="again")
    assert (code, "and 1.0 KiB are free; nothing was restored" in err) == (1, True)
    assert not (tmp_path / "again").exists()


def test_a_directory_that_is_not_empty_is_refused_and_unchanged(backup, tmp_path, run):
    for name in ("notes.txt", "00", "x"):
        other = tmp_path / name.replace(".", "-")
        other.mkdir()
        (other / name).write_text("mine")
        code, _, err = run("restore", backup, data=other.name)
        assert (code, f"{other} has data already: {name}; restore into" in err) == (2, True)
        assert (other / name).read_text() == "mine"
        assert [path.name for path in other.iterdir()] == [name]
    code, _, err = run("restore", backup)
    assert (code, "has data already: 00, control.sqlite" in err) == (2, True)


# Ends the process as `kill -9` does, at the n-th call of a function that a restore calls.
KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from tart.alert_store import Change
from tart.cli import restore
from tart.cli.main import main
name, number = sys.argv[1], int(sys.argv[2])
owner = restore if hasattr(restore, name) else Path
real, calls = getattr(owner, name), []
def counted(*arguments):
    calls.append(1)
    if len(calls) == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
setattr(owner, name, counted)
sys.exit(main(sys.argv[3:]))
"""


@pytest.mark.parametrize(
    ("function", "number", "left"),
    [
        ("copy_file", 2, DRAFT),
        ("rename", 1, DRAFT),  # of the draft
        ("rename", 2, COMPLETE),  # of the first entry
        ("rename", 3, COMPLETE),
        ("rmdir", 1, COMPLETE),
    ],
)
def test_a_restore_that_was_killed_is_cleaned_up_or_finished(
    backup, tmp_path, run, function, number, left
):
    again = tmp_path / "again"
    command = ["restore", str(backup), "--data-dir", str(again)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, function, str(number), *command], check=False, cwd=tmp_path
    )
    assert killed.returncode == -signal.SIGKILL
    assert (again / left).is_dir()
    settings = load(
        flags={"data_dir": str(again), "telemetry.bind": "[::1]:0", "api.bind": "[::1]:0"}
    )
    if left == COMPLETE:
        with pytest.raises(StartupError, match="was interrupted; run 'tart restore' again"):
            refuse_start(settings)
    else:
        refuse_start(settings)

    assert run("restore", backup, data="again")[0] == (2 if function == "rmdir" else 0)

    assert_restored(backup, again, run)
    refuse_start(settings)


def test_an_interrupted_restore_is_finished_before_another_backup_is_refused(
    backup, tmp_path, run, monkeypatch
):
    other = tmp_path / "other"
    shutil.copytree(backup, other)
    manifest = json.loads((other / "backup.json").read_text())
    (other / "backup.json").write_text(json.dumps({**manifest, "begun_at": "2001"}))
    with monkeypatch.context() as patch:
        patch.setattr(restore, "finish_interrupted", lambda root: None)
        assert run("restore", backup, data="again")[0] == 0
    assert (tmp_path / "again" / COMPLETE).is_dir()

    code, _, err = run("restore", other, data="again")

    assert code == 2
    assert f"the interrupted restore of {manifest['begun_at']} was finished" in err
    assert_restored(backup, tmp_path / "again", run)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_restores_belongs_to_the_owner_of_the_directory(backup, tmp_path, run):
    again = tmp_path / "again"
    again.mkdir()
    os.chown(again, 1234, 1235)
    assert run("restore", backup, data="again")[0] == 0
    for path in again.rglob("*"):
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1235), path
