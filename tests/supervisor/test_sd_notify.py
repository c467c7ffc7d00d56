import logging
import re
import socket
import time
from contextlib import contextmanager

import pytest

from tart.supervisor.sd_notify import Notifier


@contextmanager
def systemd(name):
    """The other end: a datagram socket, as systemd has one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(name)
        end.settimeout(30.0)
        yield end


@pytest.mark.parametrize("abstract", [False, True])
def test_messages_arrive_as_single_datagrams(tmp_path, abstract):
    name = f"{tmp_path}/notify"
    bound, told = ("\0" + name, "@" + name) if abstract else (name, name)
    with systemd(bound) as end:
        notifier = Notifier(told)
        notifier.ready("3 of 3")
        notifier.status("2 of 3")
        notifier.alive()
        notifier.stopping("SIGTERM")

        assert end.recv(4096) == b"READY=1\nSTATUS=3 of 3"
        assert end.recv(4096) == b"STATUS=2 of 3"
        assert end.recv(4096) == b"WATCHDOG=1"
        assert end.recv(4096) == b"STOPPING=1\nSTATUS=SIGTERM"


def test_reloading_carries_the_monotonic_time_in_microseconds(tmp_path):
    with systemd(f"{tmp_path}/notify") as end:
        before = time.monotonic_ns() // 1000
        Notifier(f"{tmp_path}/notify").reloading()
        after = time.monotonic_ns() // 1000

        found = re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=(\d+)", end.recv(4096))

    assert before <= int(found[1]) <= after


def test_without_an_address_nothing_is_sent(caplog):
    Notifier("").ready("all")
    Notifier().reloading()

    assert caplog.records == []


def test_a_socket_that_is_gone_is_logged_and_survived(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        Notifier(f"{tmp_path}/nobody").ready("all")

    assert "cannot notify systemd of READY=1: no such file or directory" in caplog.text
