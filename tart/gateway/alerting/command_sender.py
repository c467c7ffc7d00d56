"""Commands of channels: a process without a shell, in a session of its own, for a limited time."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from typing import IO

from tart.alerting.engine.model import Request
from tart.alerting.engine.outbox import Outcome, Verdict
from tart.os_errors import reason

# The variables that a command inherits; others, such as those with secrets, are not passed on.
_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
# Of what it writes; the rest is read and forgotten.
_MAX_OUTPUT_BYTES = 2048
_REASON_CHARACTERS = 160


async def run_command(request: Request) -> Outcome:
    """Run a command with the message as its standard input; 0 as its exit code is success.

    When the time is over, all processes of its session that it did not detach are killed.
    """
    arguments = request.details["arguments"]
    seconds = request.details["timeout_seconds"]
    with tempfile.TemporaryFile() as body:
        body.write(request.body)
        body.seek(0)
        output = _Output()
        try:
            process = await _start(request, body, output)
        except (OSError, ValueError) as error:
            output.close()
            return Outcome(Verdict.DOUBTFUL, f"{arguments[0]} cannot be started: {_why(error)}")
        try:
            async with asyncio.timeout(seconds):
                code = await process.wait()
        except TimeoutError:
            return Outcome(Verdict.RETRY, f"{arguments[0]} ran longer than {seconds:g} s")
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
            text = output.close()
    if code == 0:
        return Outcome(Verdict.DELIVERED)
    ended = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    explanation = f": {text[:_REASON_CHARACTERS]}" if text else ""
    return Outcome(Verdict.RETRY, f"{arguments[0]} {ended}{explanation}")


async def _start(request: Request, body: IO[bytes], output: _Output) -> asyncio.subprocess.Process:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    try:
        return await asyncio.create_subprocess_exec(
            *request.details["arguments"],
            stdin=body,
            stdout=output.end,
            stderr=subprocess.STDOUT,
            env=inherited | request.details["environment"],
            cwd="/",
            start_new_session=True,
        )
    finally:
        output.close_end()


def _why(error: Exception) -> str:
    return reason(error) if isinstance(error, OSError) else str(error)


class _Output:
    """The beginning of what a process writes, which never waits for a reader.

    A pipe of asyncio's own would keep the end of the process from being seen while a process that
    it left behind has the pipe open.
    """

    def __init__(self) -> None:
        self._text = b""
        self._begin, self.end = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._begin, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._begin, self._read)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            data = os.read(self._begin, 1 << 16)
            if not data:
                self._loop.remove_reader(self._begin)
            self._text += data[: _MAX_OUTPUT_BYTES - len(self._text)]

    def close_end(self) -> None:
        """Close the end that the process writes to, in this process."""
        os.close(self.end)

    def close(self) -> str:
        """Stop reading; return the text as one line."""
        self._read()
        self._loop.remove_reader(self._begin)
        os.close(self._begin)
        return " ".join(self._text.decode(errors="replace").split())
