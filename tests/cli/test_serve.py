import os
import re
import signal
import socket
import sys
from contextlib import contextmanager

import pytest

from tests.running import wait_for
from tests.supervisor.process import ROOT, Process

READY = r"tart ready telemetry=(\S+):(\d+) api=(\S+):(\d+) shards=(\d+)"


def serve(directory, *arguments, host="127.0.0.1", environ=None):
    """``tart serve`` with toy parts, its data in ``directory``, on free ports."""
    given = ["--data-dir", "data", "--telemetry-bind", f"{host}:0", "--api-bind", f"{host}:0"]
    directory.mkdir(exist_ok=True)
    return Process(
        "tests.cli.toy_tart", "serve", *given, *arguments, environ=environ, cwd=directory
    )


@contextmanager
def serving(directory, *arguments, **options):
    """The running server and the addresses of its ready line."""
    with serve(directory, *arguments, **options) as running:
        found = running.line(READY)
        yield running, (found[1].strip("[]"), int(found[2])), (found[3].strip("[]"), int(found[4]))


def asked(address):
    """Who answers: name and process id."""
    with socket.create_connection(address, timeout=30) as connection:
        name, _, pid = connection.makefile().read().rpartition(" ")
    return name, int(pid)


def assert_refused(running, code, sentence):
    assert running.ended() == code
    assert running.errors() == f"tart: {sentence}\n"
    assert running.rest() == []


def test_the_ready_line_has_the_addresses_of_telemetry_and_api(tmp_path):
    with serving(tmp_path, "--shards", 2) as (running, telemetry, api):
        assert asked(telemetry)[0] in ("shard 0 of 2", "shard 1 of 2")
        assert asked(api)[0] == "gateway of 2"
        running.send(signal.SIGTERM)

        assert running.ended() == 0
        assert running.rest() == []
        assert "Traceback" not in running.errors()


def test_ipv6_addresses_are_written_in_brackets(tmp_path):
    with serve(tmp_path, "--shards", 1, host="[::1]") as running:
        found = running.line(READY)
        assert found[1] == found[3] == "[::1]"
        assert asked(("::1", int(found[2])))[0] == "shard 0 of 1"


def test_a_killed_shard_comes_back_on_the_same_port(tmp_path):
    environ = {"TART_SUPERVISOR_BACKOFF_SECONDS": "0.01"}
    with serving(tmp_path, "--shards", 2, environ=environ) as (_, telemetry, api):
        name, victim = asked(telemetry)
        _, gateway = asked(api)
        os.kill(victim, signal.SIGKILL)

        again = None
        while again in (None, victim):
            try:
                other, pid = asked(telemetry)
            except (ConnectionError, ValueError):
                continue  # It was in the dead shard's queue.
            again = pid if other == name else again

        assert asked(api) == ("gateway of 2", gateway)


def test_a_second_server_on_the_same_data_is_refused(tmp_path):
    with (
        serving(tmp_path, "--shards", 1) as (first, _, _),
        serve(tmp_path, "--shards", 1) as second,
    ):
        sentence = (
            f"--data-dir: another tart (pid {first.pid}) uses {tmp_path / 'data'}; stop it, or "
            "name another directory"
        )
        assert_refused(second, 1, sentence)


@pytest.mark.parametrize(("flag", "key"), [("--telemetry-bind", 1), ("--api-bind", 2)])
def test_a_port_in_use_is_refused(tmp_path, flag, key):
    with serving(tmp_path / "first", "--shards", 1) as first:
        host, port = first[key]
        with serve(tmp_path / "second", flag, f"{host}:{port}") as second:
            assert_refused(
                second,
                1,
                f"{flag}: cannot listen on {host}:{port}: "
                "another program uses this port; stop it or choose another",
            )


def test_a_directory_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with serve(tmp_path, "--data-dir", "file/data") as running:
        assert_refused(
            running,
            1,
            f"--data-dir: cannot write to {tmp_path}/file/data: "
            "a part of the path is not a directory",
        )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--shards", "257"], "--shards: 257 is not between 0 and 256"),
        (["--shards", "two"], "--shards: 'two' is not a whole number"),
        (["--config", "no.toml"], "no.toml: cannot be read: no such file or directory"),
    ],
)
def test_serving_with_invalid_settings_exits_with_2(tmp_path, arguments, sentence):
    with serve(tmp_path, *arguments) as running:
        assert_refused(running, 2, sentence)


def test_flags_override_variables_and_variables_override_the_file(tmp_path):
    (tmp_path / "config.toml").write_text("shards = 3\n[log]\nlevel = 'error'\n")
    with serve(tmp_path, "--shards", "1", environ={"TART_SHARDS": "2"}) as running:
        assert running.line(READY)[5] == "1"
    with serve(tmp_path, environ={"TART_SHARDS": "2"}) as running:
        assert running.line(READY)[5] == "2"
    with serve(tmp_path) as running:
        assert running.line(READY)[5] == "3"


def test_the_data_directory_is_unlocked_after_the_server_was_killed(tmp_path):
    with serving(tmp_path, "--shards", 1) as (running, _, _):
        running.send(signal.SIGKILL)
        assert running.ended() == -signal.SIGKILL
    with serving(tmp_path, "--shards", 1) as (running, _, _):
        running.send(signal.SIGTERM)
        assert running.ended() == 0


def test_sighup_applies_log_settings_and_names_those_that_need_a_restart(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[log]\nlevel = 'info'")
    with serving(tmp_path, "--shards", 1) as (running, _, api):
        file.write_text("[log]\nlevel = 'debug'\n[storag]\nflush_rows = 0")
        running.send(signal.SIGHUP)
        failed = "SIGHUP: not reloaded, the current settings stay: "
        wait_for(lambda: running.errors().count(failed) == 2)
        assert f"{failed}config.toml:3: unknown section [storag]" in running.errors()
        assert f"{failed}config.toml:4: storage.flush_rows: 0 is not" in running.errors()
        assert "toy heard SIGHUP" not in running.errors()
        file.write_text("[log]\nlevel = 'debug'\n[storage]\nflush_rows = 7")
        running.send(signal.SIGHUP)
        # Each part logs what it heard at a level that was not in use before.
        while running.errors().count("toy heard SIGHUP") < 2:
            asked(api)
        running.send(signal.SIGTERM)

        assert running.ended() == 0
        assert (
            'settings reloaded; applied log.level: \\"info\\" → \\"debug\\"; '
            "restart to apply storage.flush_rows: 20_000 → 7"
        ) in running.errors()


def test_a_closed_stdout_does_not_stop_the_server(tmp_path):
    """As in ``tart serve | true``: neither the ready line nor a later fork may fail."""
    environ = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "TART_SUPERVISOR_BACKOFF_SECONDS": "0.01",
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(environ["NOTIFY_SOCKET"])
        systemd.settimeout(30)
        with serve(tmp_path, "--shards", 1, environ=environ) as running:
            running.hang_up()
            assert systemd.recv(4096).startswith(b"READY=1")
            shard = int(re.search(r"shard 0 started, pid (\d+)", running.errors())[1])
            os.kill(shard, signal.SIGKILL)
            assert systemd.recv(4096) == b"STATUS=1 of 2 processes accept"
            assert systemd.recv(4096).startswith(b"READY=1")
            running.send(signal.SIGTERM)

            assert running.exited() == 0
            assert "could not be started" not in running.errors()


def test_a_crash_inside_a_library_leaves_its_stack(tmp_path):
    environ = {"TART_SUPERVISOR_BACKOFF_SECONDS": "0.01"}
    with serving(tmp_path, "--shards", 1, environ=environ) as (running, telemetry, _):
        _, victim = asked(telemetry)
        os.kill(victim, signal.SIGSEGV)
        wait_for(lambda: "shard 0 was killed by SIGSEGV" in running.errors(), "the end")
        errors = running.errors()
        assert "Fatal Python error: Segmentation fault" in errors
        assert re.search(r'File ".*toy_tart\.py", line \d+ in answer', errors)


def test_the_ready_line_has_a_priority_in_the_journal(tmp_path):
    # The pipe of stdout stands for the journal's socket.
    shell = (
        "exec 3>&1; export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/3); exec 3>&-;"
        'exec "$0" -m "$@"'
    )
    arguments = ("--telemetry-bind", "127.0.0.1:0", "--api-bind", "127.0.0.1:0", "--shards", "1")
    with Process(
        "tests.cli.toy_tart",
        "serve",
        *arguments,
        environ={"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        program=["sh", "-c", shell, sys.executable],
    ) as running:
        running.line(f"<6>{READY}")
        running.send(signal.SIGTERM)
        assert running.ended() == 0
