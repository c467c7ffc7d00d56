"""Errors of files that the command line names.

A file that cannot be opened is the command line's fault (exit code 2); one that can no longer be
written, because the disk is full or broken, is the machine's (exit code 1).
"""

from __future__ import annotations

import errno

from tart.errors import ConfigError, StartupError
from tart.os_errors import reason

_OF_THE_MACHINE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE}
)


def unreadable(name: object, error: OSError | UnicodeError) -> ConfigError:
    """Return the error of a file that cannot be read.

    Args:
        name: The file as the user named it, with the flag where that is not clear.
        error: The error of opening or of reading it.
    """
    return ConfigError(f"{name}: cannot be read: {reason(error)}")


def unwritable(name: object, error: OSError) -> ConfigError | StartupError:
    """Return the error of a file that cannot be written, with arguments as ``unreadable``."""
    kind = StartupError if error.errno in _OF_THE_MACHINE else ConfigError
    # The file itself would be created.
    why = "its directory does not exist" if error.errno == errno.ENOENT else reason(error)
    return kind(f"{name}: cannot be written: {why}")
