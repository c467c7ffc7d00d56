"""What surrounds a mistaken command: its user, its limits, its streams, its directory.

Each function runs in the process that becomes the command, in its working directory.
"""

from __future__ import annotations

import os
import pty
import resource
import socket
from pathlib import Path

NOBODY = 65534


def as_nobody() -> None:
    """Run as a user to whom permissions apply, which they do not to root."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def with_few_files() -> None:
    """Allow 20 open files."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))


def with_small_files() -> None:
    """Allow files of 64 bytes; Python ignores the signal, so a write fails with EFBIG."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))


def in_a_deleted_directory() -> None:
    """Delete the working directory."""
    directory = Path.cwd()
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()


def with_a_full_stdout() -> None:
    """Write stdout to a full disk."""
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


def with_a_broken_pipe() -> None:
    """Write stdout to a reader that has left."""
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, 1)


def with_a_directory_as_stdin() -> None:
    """Read stdin from a directory."""
    os.dup2(os.open(".", os.O_RDONLY), 0)


def without_stdin() -> None:
    """Close stdin."""
    os.close(0)


def without_stdout() -> None:
    """Close stdout."""
    os.close(1)


def with_a_terminal() -> None:
    """Make a terminal stdin and stdout."""
    _, terminal = pty.openpty()
    os.dup2(terminal, 0)
    os.dup2(terminal, 1)


def without_network() -> None:
    """Let every look-up of a name fail."""

    def refuse(*arguments: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    socket.getaddrinfo = refuse  # type: ignore[assignment]
