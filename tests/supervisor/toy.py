"""A supervisor with toy parts, run as ``python -m tests.supervisor.toy LIMITS NAME=KIND…``.

``LIMITS`` is JSON for SupervisorConfig. Each kind is a function below. Parts and supervisor
report on stdout, one line per happening, written at once.
"""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import sys
from functools import partial
from pathlib import Path

from tart.config.schema import SupervisorConfig
from tart.errors import ConfigError, StartupError
from tart.stop_signals import GRACE_SECONDS
from tart.supervisor.core.watchdog import read_watchdog
from tart.supervisor.sd_notify import Notifier
from tart.supervisor.supervisor import Supervisor


def say(text):
    os.write(1, f"{text}\n".encode())


def steady(name, startup, stop=(signal.SIGTERM,)):
    """Accepts, reports SIGHUP, stops on SIGTERM or when the lifeline ends."""
    heard, hears = os.pipe()
    os.set_blocking(hears, False)
    signal.set_wakeup_fd(hears)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    say(f"{name} up {os.getpid()}")
    startup.ready()
    startup.ready()  # harmless, as promised
    while True:
        startup.heartbeat()
        patience = startup.heartbeat_seconds or None
        readable, _, _ = select.select([heard, startup.lifeline], [], [], patience)
        if not readable:
            continue
        if startup.lifeline in readable:
            say(f"{name} orphaned")
            return 0
        number = os.read(heard, 1)[0]
        say(f"{name} {signal.Signals(number).name}")
        if number in stop:
            return 0


def abandoning(name, startup):
    """Leaves a process behind that ends after its parent, then is steady."""
    parent = os.fork()
    if parent == 0:
        if os.fork() == 0:
            while os.getppid() != 1:
                select.select([], [], [], 0.01)
            say(f"{name} left {os.getpid()}")
            os._exit(0)
        os._exit(0)
    os.waitpid(parent, 0)
    return steady(name, startup)


def stubborn(name, startup):
    """Accepts and does not stop."""
    return steady(name, startup, stop=())


def finishing(name, startup):
    """Stops when it is told and a file is there."""
    code = steady(name, startup)
    while not Path(os.environ["TOY_FINISHED"]).exists():
        select.select([startup.lifeline], [], [], 0.01)
    return code


def silent(name, startup):
    """Never accepts; has no handler for SIGTERM."""
    say(f"{name} up {os.getpid()}")
    select.select([startup.lifeline], [], [])


def recovering(name, startup):
    """Gets on for as long as it is let, then accepts: when a file is there, and says so."""
    say(f"{name} up {os.getpid()}")
    done = Path(os.environ["TOY_RECOVERED"])
    startup.waive_startup()
    while not done.exists():
        startup.extend_startup()
        if select.select([startup.lifeline], [], [], 0.01)[0]:
            return 0
    return steady(name, startup)


def advancing(name, startup):
    """Gets on for three times as long as it has to accept, then does."""
    for _ in range(9):
        startup.extend_startup()
        select.select([startup.lifeline], [], [], startup.startup_seconds)
    return steady(name, startup)


def late(name, startup):
    """Accepts the first time it is started in this directory, never again."""
    first = Path(os.environ["NOTIFY_SOCKET"]).with_name("first")
    if first.exists():
        return silent(name, startup)
    first.touch()
    return steady(name, startup)


def leaving(name, startup):
    """Accepts and ends, successfully, though nobody asked."""
    startup.ready()
    say(f"{name} left")
    return 0


def sulking(name, startup):
    """Stops when asked, but not with success."""
    steady(name, startup)
    return 7


def crashing(name, startup):
    return 3


def exiting(name, startup):
    sys.exit("enough")


def refused(name, startup):
    raise StartupError("the disk is full")


def faulty(name, startup):
    raise RuntimeError("boom")


def descriptors(name, startup):
    """Reports what it has open beyond the standard streams."""
    open_now = sorted(int(each) for each in os.listdir("/proc/self/fd"))
    pipes = [each for each in open_now if each > 2 and is_pipe(each)]
    say(f"{name} pipes {len(pipes)}")
    return steady(name, startup)


def is_pipe(descriptor):
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}").startswith("pipe:")
    except OSError:  # the descriptor that listed the directory
        return False


def announce(waived):
    """Say that all are ready; with TOY_GROUP stop the whole group, and wait for a child to end."""
    say(" but ".join(["all ready", *waived]))
    if "TOY_GROUP" in os.environ:
        os.killpg(0, signal.SIGTERM)
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)


def reload():
    """As good as the file that TOY_SETTINGS names."""
    text = Path(os.environ["TOY_SETTINGS"]).read_text()
    say(f"reads {text} settings")
    if text != "good":
        raise ConfigError(f"{text} setting")


def main(limits, *parts):
    logging.basicConfig(level="DEBUG", format="%(levelname)s %(message)s")
    settings = json.loads(limits)
    grace_seconds = settings.pop("grace_seconds", GRACE_SECONDS)
    optional = settings.pop("optional", ())
    pairs = [part.split("=") for part in parts]
    code = Supervisor(
        {name: partial(globals()[kind], name) for name, kind in pairs},
        SupervisorConfig(**settings),
        on_ready=announce,
        reload=reload,
        notifier=Notifier(os.environ.get("NOTIFY_SOCKET", "")),
        watchdog=read_watchdog(os.environ, os.getpid()),
        optional=optional,
        grace_seconds=grace_seconds,
    ).run()
    say(f"supervisor returned {code}")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
