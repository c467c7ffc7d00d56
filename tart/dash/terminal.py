"""The terminal as it was before the dashboard, for an end that cannot wait for it.

textual's output goes through a short queue to a thread. Where the terminal takes no more output,
as over a connection that stalls or in a window that is gone, a full queue holds up the event loop,
and with it every orderly end: a dashboard would stay behind for ever.
"""

from __future__ import annotations

import os
import termios
import threading
from contextlib import suppress
from typing import Any

_TERMINAL = 0  # stdin
_END_SECONDS = 3.0
# Leave the kitty keyboard protocol and the other screen, show the cursor, no reports of the focus,
# no bracketed paste.
_LEAVE = b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[?2004l"


class LastResort:
    """Ends the process if it does not end in order within three seconds.

    It knows the terminal's state at its creation, and restores it as far as the terminal lets it.
    """

    def __init__(self) -> None:
        self._attributes: list[Any] | None = None
        with suppress(termios.error):
            self._attributes = termios.tcgetattr(_TERMINAL)
        self._timer: threading.Timer | None = None

    def begin(self, code: int) -> None:
        """Wait for the orderly end from now on; end with the exit code if it does not come."""
        if self._timer is None:
            self._timer = threading.Timer(_END_SECONDS, self._end, (code,))
            self._timer.daemon = True
            self._timer.start()

    def cancel(self) -> None:
        """End nothing: the orderly end came."""
        if self._timer is not None:
            self._timer.cancel()

    def _end(self, code: int) -> None:
        with suppress(OSError, termios.error):
            # What the terminal has not taken yet stands before the sequences that leave the screen.
            termios.tcflush(_TERMINAL, termios.TCOFLUSH)
            if self._attributes is not None:
                termios.tcsetattr(_TERMINAL, termios.TCSANOW, self._attributes)
            os.set_blocking(_TERMINAL, False)
            os.write(_TERMINAL, _LEAVE)
        with suppress(OSError):
            os.set_blocking(_TERMINAL, True)
        os._exit(code)
