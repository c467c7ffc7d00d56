import os
import socket
import stat
from pathlib import Path

import pytest

from tart.errors import ConfigError, StartupError
from tart.supervisor.data_lock import LOCK_NAME, lock_directories, restrict_umask


def in_use(pid, directory):
    return f"another tart (pid {pid}) uses {directory}; stop it, or name another directory"


def refusal(data, run=None, kind=StartupError):
    with pytest.raises(kind) as caught, lock_directories(data, run or data / "run"):
        pass
    return str(caught.value)


def test_both_directories_are_made_for_owner_and_group(tmp_path):
    data = tmp_path / "a" / "data"
    with lock_directories(data, data / "run"):
        for made in (data, data / "run"):
            assert stat.S_IMODE(made.stat().st_mode) & ~0o750 == 0
        assert (data / LOCK_NAME).read_text() == f"{os.getpid()}\n"


def test_directories_that_exist_are_used_as_they_are(tmp_path):
    tmp_path.chmod(0o700)
    (tmp_path / "run").mkdir()
    with lock_directories(tmp_path, tmp_path / "run"):
        assert sorted(each.name for each in tmp_path.iterdir()) == ["run", LOCK_NAME]
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_second_tart_is_refused_with_the_owner_s_pid(tmp_path):
    with lock_directories(tmp_path, tmp_path / "run"):
        said = refusal(tmp_path)

    assert said == in_use(os.getpid(), tmp_path)


def test_the_lock_is_released_at_the_end(tmp_path):
    for _ in range(2):
        with lock_directories(tmp_path, tmp_path / "run"):
            pass


def test_a_lock_file_that_is_not_locked_is_ignored(tmp_path):
    (tmp_path / LOCK_NAME).write_text("4711 and more")
    with lock_directories(tmp_path, tmp_path / "run"):
        assert (tmp_path / LOCK_NAME).read_text() == f"{os.getpid()}\n"


def test_the_lock_is_held_while_a_forked_process_lives(tmp_path):
    gate, opens = os.pipe()
    owner = os.fork()
    if owner == 0:
        with lock_directories(tmp_path, tmp_path / "run"):
            if os.fork() == 0:
                os.close(opens)
                os.read(gate, 1)
            os._exit(0)
    os.waitpid(owner, 0)
    os.close(gate)
    try:
        said = refusal(tmp_path)
    finally:
        os.close(opens)

    assert said == (
        f"{tmp_path} is still in use by child processes of a killed supervisor (pid {owner}); "
        "they are stopping, retry in a few seconds"
    )


def test_a_run_directory_elsewhere_is_locked_too(tmp_path):
    run = tmp_path / "run"
    with lock_directories(tmp_path / "one", run):
        said = refusal(tmp_path / "two", run)

    assert said == in_use(os.getpid(), run)


def test_a_refused_run_directory_frees_the_data_directory(tmp_path):
    (tmp_path / "file").touch()
    refusal(tmp_path / "data", tmp_path / "file" / "run")
    with lock_directories(tmp_path / "data", tmp_path / "run"):
        pass


@pytest.mark.parametrize("name", ["file", "file/under"])
def test_a_directory_that_cannot_be_made_is_refused(tmp_path, name):
    (tmp_path / "file").touch()
    reason = "a part of the path is not a directory"

    assert refusal(tmp_path / name) == f"data_dir: cannot write to {tmp_path / name}: {reason}"
    assert refusal(tmp_path / "data", tmp_path / name) == (
        f"run_dir: cannot write to {tmp_path / name}: {reason}"
    )


def test_a_directory_where_nothing_can_be_made_is_refused():
    """/proc refuses even root, whom permissions do not stop."""
    assert refusal(Path("/proc/self")).startswith("data_dir: cannot write to /proc/self: ")


def test_a_lock_that_cannot_be_opened_is_refused(tmp_path):
    (tmp_path / LOCK_NAME).mkdir()

    assert refusal(tmp_path) == f"data_dir: cannot write to {tmp_path}: it is a directory"


@pytest.mark.parametrize("name", ["site-packages", "dist-packages"])
def test_a_directory_among_installed_packages_is_refused(tmp_path, name):
    data = tmp_path / name / "shards"

    assert "is among the installed Python packages" in refusal(data, kind=ConfigError)
    assert not data.exists()


def test_sockets_left_over_are_removed_and_nothing_else(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "note.txt").touch()
    (run / "link").symlink_to(run / "00.sock")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(run / "00.sock"))

    with lock_directories(tmp_path, run):
        assert sorted(each.name for each in run.iterdir()) == ["link", "note.txt"]


def test_the_owner_may_belong_to_another_user(tmp_path):
    """Process 1 is alive, whoever may signal it."""
    with lock_directories(tmp_path, tmp_path / "run"):
        (tmp_path / LOCK_NAME).write_text("1\n")
        assert refusal(tmp_path) == in_use(1, tmp_path)
        (tmp_path / LOCK_NAME).write_text("")
        assert refusal(tmp_path) == in_use("unknown", tmp_path)


def test_new_files_are_not_accessible_to_others(tmp_path):
    """Also where the directory was there and is open to all, and whatever the umask was."""
    before = os.umask(0)
    tmp_path.chmod(0o755)
    try:
        with lock_directories(tmp_path, tmp_path / "run"):
            (tmp_path / "file").write_text("")
            (tmp_path / "directory").mkdir()
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
        os.umask(0o077)
        restrict_umask()
        (tmp_path / "closer").write_text("")
    finally:
        os.umask(before)
    assert modes == {"file": 0o640, "directory": 0o750, "run": 0o750, LOCK_NAME: 0o640}
    # Who wants it closer than that has it so.
    assert stat.S_IMODE((tmp_path / "closer").stat().st_mode) == 0o600
