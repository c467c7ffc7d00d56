"""A bare Debian in a directory, entered by chroot in a mount namespace of its own."""

import subprocess
from pathlib import Path

from tests.supervisor.process import Process

ENTER = """
set -e
root=$1; shift
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs none "$root/tmp"
exec chroot "$root" /usr/bin/env -i \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
"""
UNSHARE = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "enter"]
# Becomes the program, so that it gets the signals, unlike runuser.
AS_TART = ("setpriv", "--reuid=tart", "--regid=tart", "--clear-groups")
# What every package manager and every boot writes.
_OF_THE_SYSTEM = (
    "run/",
    "var/lib/dpkg",
    "var/cache/debconf",
    "var/log",
    "proc",
    "dev",
    "tmp",
    "var/backups",
)


class BareDebian:
    """The machine that a user has: nothing but what debootstrap installs."""

    def __init__(self, root: Path):
        self.root = root

    def run(self, *command, check=True, environ=()):
        """Run a command as root there; its end, with text."""
        given = ("DEBIAN_FRONTEND=noninteractive", *environ)
        done = subprocess.run(
            [*UNSHARE, self.root, *given, *command], capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def start(self, *command, environ=()):
        """Start a command as root there; a ``Process``."""
        return Process(self.root, *environ, *command, program=UNSHARE)

    def files(self):
        """All paths but those that belong to the system."""
        found = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*"))
        return {path for path in found if not path.startswith(_OF_THE_SYSTEM)}

    def path(self, path):
        return self.root / path.lstrip("/")

    def user(self, name):
        """Number and group of a user; ``None`` if there is none."""
        rows = [line.split(":") for line in self.path("/etc/passwd").read_text().splitlines()]
        return next(((int(row[2]), int(row[3])) for row in rows if row[0] == name), None)
