"""``tart/dash/terminal.py``: a terminal that takes no output keeps no dashboard."""

import os
import pty
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.running import wait_for

# Fills the queue of the output at once, as a stalled connection does in a while.
STALLED = """
import fcntl, sys, termios
from pathlib import Path
from tart.dash.app import DashApp
# It leads a session of its own, whose terminal this is.
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
filling = Path(sys.argv.pop(1))
def fill(self):
    filling.touch()
    for _ in range(64):
        self._driver.write("x" * 100_000)
DashApp.on_mount = fill
from tart.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", ["terminated", "hung up"])
def test_a_terminal_that_takes_no_output_does_not_hold_up_the_end(tmp_path, end):
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, 80))
    before = termios.tcgetattr(its)
    filling = tmp_path / "filling"
    command = (sys.executable, "-c", STALLED, str(filling), "dash", "--url", "http://127.0.0.1:1")
    with subprocess.Popen(
        command,
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=tmp_path,
        env={**os.environ, "TERM": "xterm", "PYTHONPATH": str(Path(__file__).parents[2])},
        start_new_session=True,
    ) as process:
        try:
            wait_for(filling.exists, "the dashboard")
            assert termios.tcgetattr(its) != before
            if end == "hung up":
                os.close(its)
                os.close(ours)
                number = signal.SIGHUP
            else:
                number = signal.SIGTERM
                process.send_signal(number)
            assert process.wait(60) == 128 + number
            if end == "terminated":
                assert termios.tcgetattr(its) == before
                assert os.get_blocking(its)
        finally:
            process.kill()
    if end == "terminated":
        os.close(its)
        os.close(ours)
