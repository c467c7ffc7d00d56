"""Owners of files that root creates for the user that tart runs as."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path


def inherit_owner(path: Path) -> None:
    """Give a file or directory that root created to the owner of the directory that it is in.

    An administrator runs commands as root, and the server, as another user, must be able to write
    what they create. Does nothing for other users.
    """
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def owner_name(path: Path) -> str:
    """Return the name of the user who owns a file, or the number of a user without a name.

    Raises:
        OSError: The file does not exist.
    """
    number = path.stat().st_uid
    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return f"user {number}"
