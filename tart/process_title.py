"""Names of processes in ``ps``, ``top`` and ``systemctl status``.

The command line of a forked process is its parent's, so without a title of its own every process
of a server looks the same. ``ps`` and ``systemctl status`` show the title in place of the command
line; ``top``, ``pgrep`` and ``killall`` show or match the short name of 15 characters (``comm``).

Only light modules may be imported here: the supervisor sets its title before it forks.
"""

from __future__ import annotations

import os
from contextlib import suppress

# Of proc(5), ``/proc/PID/comm``; the kernel cuts what is longer.
SHORT_NAME_CHARACTERS = 15
# The title may overwrite the command line only, not what follows it in memory: so that
# /proc/PID/environ still has the settings that the process was started with.
_KEEP_ENVIRONMENT = "SPT_NOENV"


def set_title(role: str, note: str = "") -> None:
    """Name this process ``tart: ROLE (NOTE)``, and ``tart-ROLE`` where names are short.

    A title that cannot be set is no error.

    Args:
        role: Its part in the server, such as ``shard 0``.
        note: Its state or its arguments, for people; may be cut to the space there is.
    """
    _set_command_line(f"tart: {role} ({note})" if note else f"tart: {role}")
    short = f"tart-{role}".replace(" ", "-")[:SHORT_NAME_CHARACTERS]
    # Both: setproctitle has also renamed the thread that runs this.
    for path in ("/proc/self/comm", "/proc/thread-self/comm"):
        with suppress(OSError), open(path, "w") as file:
            file.write(short)


def _set_command_line(title: str) -> None:
    os.environ[_KEEP_ENVIRONMENT] = "1"
    try:
        # Without its C part it does nothing. It looks at the environment at its first call.
        from setproctitle import setproctitle

        setproctitle(title)
    finally:
        del os.environ[_KEEP_ENVIRONMENT]
