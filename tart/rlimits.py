"""How many connections, files and pipes a process may have open: the system's limit, raised."""

from __future__ import annotations

import logging
import resource

log = logging.getLogger(__name__)

# What a process has open beside the connections of its port.
OTHERS = 256


def allow_connections(connections: int, setting: str) -> None:
    """Let this process have so many open, as far as the system allows; say if that is less.

    Args:
        setting: what asks for them, named when there are fewer.
    """
    wanted = connections + OTHERS
    if (allowed := allow(wanted)) < wanted:
        log.warning("%d descriptors may be open, %s wants %d", allowed, setting, wanted)


def allow(wanted: int) -> int:
    """Let this process have so many open, or as many as the system allows; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed
