"""Commands of tart in processes of their own that start in a few milliseconds.

One Python process imports every command once and forks for each run, so a run has its own user,
limits, working directory and standard streams, and ends as the program ends.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import selectors
import signal
import subprocess
import sys
import sysconfig
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tests.supervisor.process import ROOT

# A run that takes longer has not noticed the mistake.
DEADLINE_SECONDS = 60
# Modules that commands import while they run; another user may not be able to read them.
_IMPORTED_LATE = ("encodings.idna",)


@dataclass(frozen=True)
class Run:
    """One run of the program.

    Attributes:
        arguments: The command line behind ``tart``.
        directory: The working directory.
        environ: The environment; nothing of the test's own is in it.
        stdin: The content of stdin.
        surroundings: Called in the new process before the command, in the working directory.
    """

    arguments: tuple[str, ...]
    directory: Path
    environ: dict[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    surroundings: Callable[[], None] | None = None


@dataclass(frozen=True)
class Outcome:
    """The end of a run; ``code`` is negative if a signal ended it."""

    code: int
    out: str
    err: str


class ForkedCommands:
    """Runs commands; a context manager."""

    def __init__(self) -> None:
        environ = {
            name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.cli.forked_commands import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            # A thread of a library would not be in the forks.
            env={**environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        )

    def __enter__(self) -> ForkedCommands:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(DEADLINE_SECONDS)

    def run(self, run: Run) -> Outcome:
        """Run a command to its end."""
        assert self._process.stdin
        assert self._process.stdout
        pickle.dump(run, self._process.stdin)
        self._process.stdin.flush()
        outcome: Outcome = pickle.load(self._process.stdout)
        return outcome


def serve() -> None:
    """Fork for each run that stdin names, and write its outcome to stdout."""
    from importlib import import_module
    from pkgutil import walk_packages

    import tart.cli
    from tart.native.library import kernel_name

    sys.dont_write_bytecode = True  # a run with a full disk would leave broken files
    names = [module.name for module in walk_packages(tart.cli.__path__, "tart.cli.")]
    for name in (*names, *_IMPORTED_LATE):
        import_module(name)
    # Files that are read at the first call, which another user may not be able to do.
    sysconfig.get_paths()
    kernel_name()
    gc.collect()
    gc.freeze()  # a collection in a fork would copy what it shares with this process
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    while True:
        try:
            run: Run = pickle.load(requests)
        except EOFError:
            os._exit(0)
        pickle.dump(_run(run), answers)
        answers.flush()


def _run(run: Run) -> Outcome:
    """Fork, become the run in the child, and return its outcome in the parent."""
    pipes = [os.pipe(), os.pipe()]
    with tempfile.TemporaryFile() as given:
        given.write(run.stdin)
        given.seek(0)
        child = os.fork()
        if not child:
            _become(run, (given.fileno(), *(writer for _, writer in pipes)))
    for _, writer in pipes:
        os.close(writer)
    texts = _read([reader for reader, _ in pipes])
    _, status = os.waitpid(child, 0)
    return Outcome(os.waitstatus_to_exitcode(status), *texts)


def _read(readers: Sequence[int]) -> list[str]:
    """Return everything that is written to pipes, and close them."""
    received = dict.fromkeys(readers, b"")
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                data = os.read(key.fd, 65_536)
                received[key.fd] += data
                if not data:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return [data.decode(errors="backslashreplace") for data in received.values()]


def _become(run: Run, streams: Sequence[int]) -> NoReturn:
    """Turn this process into a run of the program, and end it as the program ends."""
    signal.alarm(DEADLINE_SECONDS)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    os.environ.clear()
    os.environ.update(run.environ)
    os.chdir(run.directory)
    if run.surroundings is not None:
        run.surroundings()
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        setattr(sys, name, _stream(number))
    from tart.cli.main import main

    try:
        code = main(run.arguments)
    except SystemExit as end:  # argparse's
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    _exit(code)


def _stream(number: int) -> io.TextIOWrapper | None:
    """Return a standard stream as Python opens it; ``None`` if its descriptor is closed."""
    try:
        os.fstat(number)
    except OSError:
        return None
    errors = ("strict", "strict", "backslashreplace")[number]
    binary = open(number, "wb" if number else "rb", closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(binary, "utf-8", errors, line_buffering=number == 2)


def _exit(code: int) -> NoReturn:
    """End the process with a code, without the time that Python takes to free everything."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError:
        sys.exit(code)  # Python's own end complains, and changes the code
    os._exit(code)
