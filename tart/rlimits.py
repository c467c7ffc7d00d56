"""The limit of open file descriptors of a process, raised as far as the system allows."""

from __future__ import annotations

import logging
import os
import resource

log = logging.getLogger(__name__)

# Descriptors that a process has open beside the connections of its port.
OTHER_DESCRIPTORS = 256


def raise_limit_for_connections(connections: int, setting: str) -> None:
    """Raise the limit so that ``connections`` fit; log a warning if the system allows fewer.

    Args:
        connections: The number of connections.
        setting: The setting that asks for them, for the warning.
    """
    wanted = connections + OTHER_DESCRIPTORS
    if (allowed := raise_nofile_limit(wanted)) < wanted:
        log.warning(
            "file descriptor limit is %d but %s needs %d; raise LimitNOFILE",
            allowed,
            setting,
            wanted,
        )


def count_descriptors() -> tuple[int, int]:
    """Return the open file descriptors of this process, and its limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    # One is that of the listing itself.
    return len(os.listdir("/proc/self/fd")) - 1, limit


def raise_nofile_limit(wanted: int) -> int:
    """Raise the soft limit of open descriptors up to ``wanted``, at most to the hard limit.

    Returns:
        ``wanted``, or the limit if that is lower.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed
