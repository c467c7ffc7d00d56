"""What the unit promises, with a stand-in for systemd's end of the notify socket."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from tart.cli.install import unit
from tart.config.schema import SupervisorConfig
from tests.running import running_system, wait_for
from tests.supervisor.process import DEADLINE

PARTS = ["shard 0", "shard 1", "gateway"]


class Service:
    """A running tart and all that it tells systemd."""

    def __init__(self, system, end):
        self.system = system
        self.process = system.process
        self._end = end

    def until(self, message):
        """Read on to the first message that matches; what came before it."""
        before = []
        while not re.fullmatch(message, each := self._end.recv(4096).decode()):
            before.append(each)
        return before

    def all_answer(self):
        """Return whether a query reaches every shard."""
        response = self.system.http.get("/api/nodes")
        return response.headers.get("X-Tart-Shards") == "2/2"

    def pid_of(self, part):
        """The newest process of a part, as the log has it."""
        return int(re.findall(rf"{part} started, pid (\d+)", self.process.errors())[-1])


@contextmanager
def service(directory, watchdog_seconds=60):
    environ = {
        "NOTIFY_SOCKET": str(directory / "notify"),
        "WATCHDOG_USEC": str(watchdog_seconds * 1_000_000),
        "TART_SUPERVISOR_BACKOFF_SECONDS": "0.01",
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(environ["NOTIFY_SOCKET"])
        end.settimeout(DEADLINE)
        with running_system(directory / "data", environ=environ) as system:
            yield Service(system, end)


READY = "READY=1\nSTATUS=3 of 3 processes accept"


@pytest.mark.slow
def test_it_is_ready_reloads_and_stops_as_systemd_expects(tmp_path):
    with service(tmp_path) as tart:
        assert tart.until(READY) == []
        assert tart.until("WATCHDOG=1") == []
        tart.process.send(signal.SIGHUP)
        assert set(tart.until(r"RELOADING=1\nMONOTONIC_USEC=\d+")) <= {"WATCHDOG=1"}
        assert tart.until(READY) == []
        tart.process.send(signal.SIGTERM)
        assert set(tart.until("STOPPING=1\nSTATUS=stopping: SIGTERM; .*")) <= {"WATCHDOG=1"}

        assert tart.process.ended() == 0


@pytest.mark.slow
def test_reloading_changes_the_log_at_once_and_names_what_it_cannot_change(tmp_path):
    (tmp_path / "config.toml").write_text("")
    with service(tmp_path) as tart:
        tart.until(READY)
        (tmp_path / "config.toml").write_text("[log]\nlevel = 'debug'\n[storage]\nthreads = 2\n")
        tart.process.send(signal.SIGHUP)
        tart.until(READY)

        said = [json.loads(line)["message"] for line in tart.process.errors().splitlines()]
        assert (
            'SIGHUP: settings reloaded; applied log.level: "info" → "debug"; '
            "restart to apply storage.threads: 1 → 2"
        ) in said


@pytest.mark.slow
def test_a_killed_process_comes_back_and_systemd_sees_it(tmp_path):
    with service(tmp_path) as tart:
        tart.until(READY)
        for part in PARTS:
            os.kill(tart.pid_of(part), signal.SIGKILL)
            tart.until("STATUS=2 of 3 processes accept")
            tart.until(READY)

            wait_for(tart.all_answer, f"an answer of all shards after the end of {part}")
        tart.process.send(signal.SIGTERM)
        assert tart.process.ended() == 0


@pytest.mark.slow
def test_when_the_supervisor_is_killed_all_end_and_the_next_start_succeeds(tmp_path):
    with service(tmp_path) as tart:
        tart.until(READY)
        tart.process.send(signal.SIGKILL)
        # Its children have its output open: this waits for them, too.
        assert tart.process.ended() == -signal.SIGKILL
    (tmp_path / "notify").unlink()
    with service(tmp_path) as tart:
        assert tart.until(READY) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "part",
    # Of the shards one; the others do the same.
    [pytest.param(part, marks=[pytest.mark.soak] if part == "shard 0" else []) for part in PARTS],
)
def test_a_process_that_hangs_starves_the_watchdog_and_is_ended_with_the_rest(tmp_path, part):
    with service(tmp_path, watchdog_seconds=4) as tart:
        tart.until(READY)
        os.kill(tart.pid_of(part), signal.SIGSTOP)
        tart.until(rf"STATUS=3 of 3 processes accept.*, {part} is unresponsive.*")
        # Now systemd hears nothing more, and at the end of WatchdogSec= does this.
        tart.process.send(signal.SIGTERM)

        assert tart.until("STOPPING=1\nSTATUS=stopping: SIGTERM; .*") == []
        assert tart.process.ended() == 1
        assert f"{part} was killed by SIGKILL while stopping" in tart.process.errors()


# --- The unit ----------------------------------------------------------------------------


def setting(name):
    """What the unit says of one setting."""
    return re.findall(rf"^{name}=(.*)$", unit(Path("/bin/true")), re.MULTILINE)


def test_systemd_waits_longer_than_tart_does():
    assert int(setting("TimeoutStartSec")[0]) > SupervisorConfig().ready_seconds
    assert int(setting("TimeoutStopSec")[0]) > SupervisorConfig().stop_seconds


def test_nothing_in_the_unit_forbids_what_tart_needs():
    """Fork, and the limits under which SQL that people send runs."""
    filters = " ".join(setting("SystemCallFilter"))
    assert "~@process" not in filters
    assert "~@resources" not in filters
    assert "AF_UNIX" in setting("RestrictAddressFamilies")[0]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit_and_little_exposed(tmp_path):
    written = tmp_path / "tart.service"
    # It looks whether the program is there.
    written.write_text(unit(Path("/bin/true")))

    checked = subprocess.run(
        ["systemd-analyze", "verify", written], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    # In tenths: 25 is an exposure of 2.5.
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", written],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout
