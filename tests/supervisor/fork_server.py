"""A process that has imported tart and forks into one server after the other.

Two thirds of the work of a start are imports, in each shard and in the gateway. A server that is
forked here has done them. All else is as with ``python -m tart``: a process in a session of its
own that runs ``tart.cli.main`` and forks its shards and its gateway.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import socket
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path

from tart.cli.main import main
from tart.process_title import set_title

ROOT = Path(__file__).parents[2]
# A server overwrites this process's command line with its title, and has no more room for it.
_ROOM = "-" * 400
_MAX_REQUEST_BYTES = 200_000
_STATUS_BYTES = 8


class Forked:
    """A process of the fork server; what tests use of ``subprocess.Popen``."""

    def __init__(self, arguments, stderr, env, cwd):
        reading, out = os.pipe()
        self._status, status = os.pipe()
        request = json.dumps([arguments, env, os.fspath(cwd)]).encode()
        try:
            with _LOCK:
                server = _connect()
                socket.send_fds(server, [request], [out, stderr.fileno(), status])
                self.pid = int(server.recv(_STATUS_BYTES))
        finally:
            os.close(out)
            os.close(status)
        self.stdout = os.fdopen(reading, "rb")
        self.returncode = None

    def wait(self, timeout=None):
        """The exit code, negative after a signal."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("tart", timeout)
            self.returncode = int(os.read(self._status, _STATUS_BYTES))
            os.close(self._status)
        return self.returncode

    def send_signal(self, number):
        """Send a signal unless the process is known to have ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


_LOCK = threading.Lock()
_STARTED = {}


def _connect():
    """This process's fork server, which ends with this process."""
    pid = os.getpid()
    if pid not in _STARTED:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-W", "error", "-m", __name__, str(theirs.fileno()), _ROOM]
            started = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                # Python asks each of its streams once whether it can seek in it.
                stdout=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                # A process with threads must not fork; OpenBLAS, which NumPy loads, would have one.
                env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
                cwd=ROOT,
                start_new_session=True,
            )
        _STARTED[pid] = ours, started
    return _STARTED[pid][0]


def _preload():
    """Import what shards, the gateway and the process of the chain's RPC import."""
    import tart.chain.worker
    import tart.cli.command_parser
    import tart.cli.serve
    import tart.gateway.process
    import tart.shard.worker  # noqa: F401

    # It looks for the command line once, beside the environment that the kernel gave.
    set_title("fork server for tests")
    assert len(os.listdir("/proc/self/task")) == 1
    # A collection in a forked process would write to the memory of all objects.
    gc.collect()
    gc.freeze()


def _serve(client):
    """Fork for each request; return in the process that is to become a server.

    A second process waits for the server and tells its exit code: the server's parent must be
    able to wait for it, and this one goes on with the next request.
    """
    while True:
        request, descriptors, *_ = socket.recv_fds(client, _MAX_REQUEST_BYTES, 3)
        if not request:
            os._exit(0)
        out, errors, status = descriptors
        waiting = os.fork()
        if not waiting:
            server = os.fork()
            if not server:
                client.close()
                os.close(status)
                return json.loads(request), out, errors
            client.send(str(server).encode())
            client.close()
            os.close(out)
            os.close(errors)
            _, ended = os.waitpid(server, 0)
            with suppress(BrokenPipeError):
                os.write(status, str(os.waitstatus_to_exitcode(ended)).encode())
            os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)
        _reap()


def _reap():
    """Forget the waiting processes that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _run(words, environ, cwd, out, errors):
    """Be ``python -m tart`` in this environment; never returns."""
    os.setsid()
    os.dup2(out, 1)
    os.dup2(errors, 2)
    os.close(out)
    os.close(errors)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv[1:] = words
    code = 1
    try:
        code = main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        # At the regular end DuckDB complains of what is left of it; a supervisor never loads it.
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


if __name__ == "__main__":
    _preload()
    (words, environ, cwd), out, errors = _serve(socket.socket(fileno=int(sys.argv[1])))
    _run(words, environ, cwd, out, errors)
