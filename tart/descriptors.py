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
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        log.warning("%d descriptors may be open, %s wants %d", allowed, setting, wanted)
