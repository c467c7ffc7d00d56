import json
import os
import signal
import socket
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.running import wait_for
from tests.supervisor.process import Process


def toy(*parts, environ=None, **limits):
    given = {"backoff_seconds": 0.01} | limits
    return Process("tests.supervisor.toy", json.dumps(given), *parts, environ=environ)


def test_readiness_is_announced_once_and_all_children_stop_cleanly():
    with toy("shard 0=steady", "shard 1=steady", "gateway=steady") as running:
        running.line("all ready")
        running.send(signal.SIGTERM)
        for name in ("shard 0", "shard 1", "gateway"):
            running.line(rf"{name} up \d+")
            running.line(f"{name} SIGTERM")
        running.line("supervisor returned 0")

        assert running.ended() == 0
        assert running.rest() == []


def test_sigint_stops_as_sigterm_does():
    with toy("shard 0=steady") as running:
        running.line("all ready")
        # To the whole group, as a terminal does on Ctrl-C.
        os.killpg(running.pid, signal.SIGINT)
        running.line("shard 0 SIGTERM")

        assert running.ended() == 0


def test_a_child_that_stops_first_by_a_signal_to_the_group_is_not_restarted():
    with toy("shard 0=steady", "gateway=steady", environ={"TOY_GROUP": "1"}) as running:
        running.line("all ready")

        assert running.ended() == 0
        assert "restarting" not in running.errors()


def test_a_stop_before_everything_accepts_is_clean():
    with toy("shard 0=steady", "gateway=silent") as running:
        running.line(r"shard 0 up \d+")
        running.line(r"gateway up \d+")
        running.send(signal.SIGTERM)

        assert running.ended() == 0
        assert "all ready" not in running.rest()


def test_a_killed_child_is_restarted_while_the_others_stay():
    with toy("shard 0=steady", "shard 1=steady") as running:
        running.line("all ready")
        running.line(r"shard 1 up \d+")
        victim = int(running.line(r"shard 0 up (\d+)")[1])
        os.kill(victim, signal.SIGKILL)

        assert int(running.line(r"shard 0 up (\d+)")[1]) != victim

        running.send(signal.SIGTERM)
        assert running.ended() == 0
        assert not any(" up " in each or "ready" in each for each in running.rest())
        assert "shard 0 was killed by SIGKILL; restarting it in 0.0 s" in running.errors()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a namespace of processes")
def test_as_the_first_process_of_a_container_it_waits_for_those_without_a_parent():
    enter = ["unshare", "--pid", "--fork", sys.executable, "-W", "error", "-m"]
    limits = json.dumps({"backoff_seconds": 0.01})
    arguments = (limits, "shard 0=abandoning", "gateway=steady")
    with Process("tests.supervisor.toy", *arguments, program=enter) as running:
        running.line("all ready")
        running.line(r"shard 0 left \d+")
        (first,) = children(running.pid)
        wait_for(lambda: len(children(first)) == 2, "shard and gateway are its only children")
        # The end of the whole namespace.
        os.kill(first, signal.SIGTERM)
        running.line("supervisor returned 0")
        assert running.ended() == 0


def children(pid):
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def test_a_child_that_exits_is_restarted():
    with toy("shard 0=steady", "gateway=leaving", crash_limit=3) as running:
        for _ in range(3):
            running.line("gateway left")

        assert running.ended() == 1
        assert "gateway ended with exit code 0; restarting it" in running.errors()


def test_a_crash_loop_stops_the_supervisor():
    with toy("shard 0=steady", "gateway=crashing", crash_limit=3) as running:
        running.line(r"shard 0 up \d+")

        assert running.ended() == 1
        assert (
            "gateway ended 3 times within 60 s, the last time it ended with exit code 3; "
            "giving up, its earlier log lines say why"
        ) in running.errors()
        assert running.errors().count("restarting it") == 2


def test_an_optional_child_that_crashes_is_restarted_for_ever_and_costs_the_others_nothing():
    with toy("shard 0=steady", "chain=crashing", crash_limit=2, optional=["chain"]) as running:
        running.line("all ready")
        wait_for(lambda: "restarting it every 10 s" in running.errors())
        running.send(signal.SIGTERM)
        running.line("shard 0 SIGTERM")
        assert running.ended() == 0
        errors = running.errors()
        assert "chain ended 2 times within 60 s" in errors
        assert "the other processes are not affected" in errors


def test_an_optional_child_that_never_accepts_is_not_waited_for():
    limits = {"optional": ["chain"], "ready_seconds": 0.5}
    with toy("shard 0=steady", "chain=silent", **limits) as running:
        running.line("all ready")
        running.send(signal.SIGTERM)
        assert running.ended() == 0
        assert "did not accept" not in running.errors()


def test_an_unclean_stop_has_exit_code_1():
    with toy("shard 0=steady", "gateway=sulking") as running:
        running.line("all ready")
        running.send(signal.SIGTERM)

        assert running.ended() == 1
        assert "gateway ended with exit code 7 while stopping" in running.errors()


@pytest.mark.slow
def test_a_child_that_does_not_stop_in_time_is_killed():
    with toy("shard 0=steady", "gateway=stubborn", stop_seconds=0.2) as running:
        running.line("all ready")
        running.send(signal.SIGTERM)
        running.line("gateway SIGTERM")

        assert running.ended() == 1
        assert "not stopped within 0.2 s (supervisor.stop_seconds): killing gateway" in (
            running.errors()
        )


def test_signals_that_follow_the_first_at_once_change_nothing(tmp_path):
    """As ``timeout`` and a terminal send them, and whoever passes them on."""
    environ = {"TOY_FINISHED": str(tmp_path / "finished")}
    with toy("gateway=finishing", environ=environ, grace_seconds=3600.0) as running:
        running.line("all ready")
        running.send(signal.SIGTERM)
        running.line("gateway SIGTERM")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            running.send(number)
            wait_for(lambda: "already stopping" in running.errors(), "the repeated signal")
        (tmp_path / "finished").touch()

        assert running.ended() == 0
        assert running.errors().count("already stopping") == 1
        assert (
            "stopping: SIGTERM; send SIGTERM again after 3600 s to stop at once"
        ) in running.errors()


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_after_the_grace_kills_at_once(second):
    with toy("gateway=stubborn", stop_seconds=3600.0, grace_seconds=0.0) as running:
        running.line("all ready")
        running.send(signal.SIGTERM)
        running.line("gateway SIGTERM")
        running.send(second)

        assert running.ended() == 1
        assert (
            f"{second.name} more than 0 s after the first stop signal: killing gateway"
        ) in running.errors()


def test_children_stop_when_the_supervisor_is_killed():
    with toy("shard 0=steady", "gateway=steady") as running:
        running.line("all ready")
        running.send(signal.SIGKILL)
        running.line("shard 0 orphaned")
        running.line("gateway orphaned")

        assert running.ended() == -signal.SIGKILL


@pytest.mark.slow
def test_a_child_that_does_not_accept_in_time_ends_the_start():
    with toy("shard 0=steady", "gateway=silent", ready_seconds=0.3) as running:
        running.line(r"gateway up \d+")

        assert running.ended() == 1
        assert "gateway did not accept within 0.3 s (supervisor.ready_seconds)" in running.errors()
        assert "all ready" not in running.rest()


@pytest.mark.slow
def test_progress_extends_the_deadline_to_accept(tmp_path):
    with toy("shard 0=advancing", "gateway=steady", ready_seconds=1.0) as running:
        running.line("all ready$")
        running.send(signal.SIGTERM)
        assert running.ended() == 0


def title(pid):
    """What ``ps`` shows of a process."""
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0")


def test_readiness_does_not_wait_for_a_child_that_recovers(tmp_path):
    done = tmp_path / "recovered"
    parts = ("shard 0=recovering", "shard 1=steady", "gateway=steady")
    with toy(*parts, environ={"TOY_RECOVERED": str(done)}) as running:
        running.line("all ready but shard 0")
        pid = running.line(r"shard 0 up (\d+)")[1]
        assert title(pid) == "tart: shard 0 (recovering)"
        done.touch()
        running.line(r"shard 0 up \d+")
        wait_for(lambda: title(pid) == "tart: shard 0", "the title")
        running.send(signal.SIGTERM)
        assert running.ended() == 0
        assert (
            "shard 0 is still recovering; the other processes start without it" in running.errors()
        )
        assert "shard 0 accepts connections" in running.errors()


def test_sighup_is_forwarded_only_if_the_settings_are_valid(tmp_path):
    settings = tmp_path / "settings"
    with toy("shard 0=steady", environ={"TOY_SETTINGS": str(settings)}) as running:
        running.line("all ready")
        settings.write_text("bad")
        running.send(signal.SIGHUP)
        running.line("reads bad settings")
        settings.write_text("good")
        running.send(signal.SIGHUP)
        running.line("shard 0 SIGHUP")
        running.send(signal.SIGTERM)

        assert running.ended() == 0
        assert "SIGHUP: not reloaded, the current settings stay: bad setting" in running.errors()
        assert "shard 0 SIGHUP" not in running.rest()


def test_a_child_without_a_handler_survives_sighup(tmp_path):
    (tmp_path / "settings").write_text("good")
    environ = {"TOY_SETTINGS": str(tmp_path / "settings")}
    with toy("shard 0=steady", "gateway=silent", environ=environ) as running:
        running.line(r"gateway up \d+")
        running.line(r"shard 0 up \d+")
        running.send(signal.SIGHUP)
        running.line("shard 0 SIGHUP")
        running.send(signal.SIGTERM)

        assert running.ended() == 0


def test_a_child_keeps_only_its_own_ends_of_the_pipes():
    """One to announce itself, one lifeline: a third would hide somebody's end-of-file."""
    names = [f"shard {index}" for index in range(3)]
    with toy(*(f"{name}=descriptors" for name in names)) as running:
        for name in names:
            running.line(f"{name} pipes 2")
        running.line("all ready")
        running.send(signal.SIGTERM)

        assert running.ended() == 0


def test_systemd_is_notified_of_start_reload_crash_and_stop(tmp_path):
    (tmp_path / "settings").write_text("good")
    environ = {
        "TOY_SETTINGS": str(tmp_path / "settings"),
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(environ["NOTIFY_SOCKET"])
        systemd.settimeout(30.0)
        with toy("shard 0=steady", "gateway=steady", environ=environ) as running:
            ready = b"READY=1\nSTATUS=2 of 2 processes accept"
            assert systemd.recv(4096) == ready
            running.send(signal.SIGHUP)
            assert systemd.recv(4096).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert systemd.recv(4096) == ready
            os.kill(int(running.line(r"shard 0 up (\d+)")[1]), signal.SIGKILL)
            assert systemd.recv(4096) == b"STATUS=1 of 2 processes accept"
            assert systemd.recv(4096) == ready
            running.send(signal.SIGTERM)
            stopping = "stopping: SIGTERM; still running: "
            assert systemd.recv(4096).decode() == f"STOPPING=1\nSTATUS={stopping}shard 0, gateway"
            one_left = (f"STATUS={stopping}shard 0", f"STATUS={stopping}gateway")
            assert systemd.recv(4096).decode() in one_left
            # What a stopped unit shows, too.
            assert systemd.recv(4096) == b"STATUS=stopped: SIGTERM"
            assert running.ended() == 0


@contextmanager
def watched(tmp_path, *parts, **limits):
    """A toy whose systemd wants to hear of it every 0.8 s, and that systemd's messages."""
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "800000"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(environ["NOTIFY_SOCKET"])
        systemd.settimeout(30.0)
        with toy(*parts, environ=environ, **limits) as running:

            def told():
                return systemd.recv(4096).decode()

            yield running, told


def until(told, message):
    """All that systemd is told until it hears ``message``."""
    heard = []
    while (each := told()) != message:
        heard.append(each)
    return heard


HANGS = "STATUS=2 of 2 processes accept, shard 0 is unresponsive"


@pytest.mark.slow
def test_the_watchdog_is_fed_while_all_children_respond(tmp_path):
    with watched(tmp_path, "shard 0=steady", "gateway=steady") as (running, told):
        assert told() == "READY=1\nSTATUS=2 of 2 processes accept"
        assert [told() for _ in range(5)] == ["WATCHDOG=1"] * 5
        victim = int(running.line(r"shard 0 up (\d+)")[1])
        os.kill(victim, signal.SIGSTOP)
        assert set(until(told, HANGS)) <= {"WATCHDOG=1"}
        # It is fed again when the part answers again, and no sooner.
        os.kill(victim, signal.SIGCONT)
        assert told() == "STATUS=2 of 2 processes accept"
        assert told() == "WATCHDOG=1"
        assert "shard 0 is unresponsive; stopping watchdog" in running.errors()


@pytest.mark.slow
def test_an_unresponsive_child_does_not_delay_the_stop(tmp_path):
    parts = ("shard 0=steady", "gateway=steady")
    with watched(tmp_path, *parts, stop_seconds=3600.0) as (running, told):
        until(told, "READY=1\nSTATUS=2 of 2 processes accept")
        os.kill(int(running.line(r"shard 0 up (\d+)")[1]), signal.SIGSTOP)
        until(told, HANGS)
        # What systemd then does, by WatchdogSignal= in the unit.
        running.send(signal.SIGTERM)
        running.line("gateway SIGTERM")

        assert running.ended() == 1
        assert "shard 0 was killed by SIGKILL while stopping" in running.errors()


@pytest.mark.slow
def test_the_watchdog_is_fed_during_a_restart_but_not_forever(tmp_path):
    parts = ("shard 0=steady", "gateway=late")
    with watched(tmp_path, *parts, ready_seconds=0.5) as (running, told):
        until(told, "READY=1\nSTATUS=2 of 2 processes accept")
        os.kill(int(running.line(r"gateway up (\d+)")[1]), signal.SIGKILL)
        # The second time it never accepts.
        heard = until(told, "STATUS=1 of 2 processes accept, gateway is unresponsive")
        assert heard[-1] == "WATCHDOG=1"


def test_nothing_large_is_loaded_before_a_fork():
    """The children would inherit threads, locks and loops that only seem to work."""
    imported = Process("tests.supervisor.loaded")
    with imported as running:
        loaded = set(running.line("(.*)")[1].split())

    assert loaded.isdisjoint({"asyncio", "uvloop", "duckdb", "pyarrow", "numpy", "sanic"})
    assert "tart.supervisor.supervisor" in loaded
