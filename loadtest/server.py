"""The server under test: an unchanged ``tart serve`` with its own directory of files.

The directory is beside this file, on the disk of the checkout, and is removed afterwards. The
files are read after the stop, to count the events that were really stored.
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import duckdb
import httpx

from loadtest import measure
from loadtest.dialogue import ROOT, Broken
from loadtest.measure import Scrape, read_metrics
from tart.storage.core.files import list_files
from tart.storage.core.schema import log_subquery

RUNS = Path(__file__).parent / "runs"
_READY = re.compile(rb"tart ready telemetry=(\S+):(\d+) api=(\S+) shards=(\d+)")
_READY_SECONDS = 60.0
_STOP_SECONDS = 120.0


@dataclass(frozen=True)
class Stored:
    """The content of the files after a clean stop.

    Attributes:
        events: Rows, including undecodable ones.
        undecodable: Rows of undecodable events.
        gaps: Sessions whose ids are not 0, 1, 2 … without gap or duplicate.
        bytes: Size of all files.
        cpu_seconds: CPU of all processes from start to end, including final checkpoints.
        stop_seconds: Duration of the stop.
    """

    events: int
    undecodable: int
    gaps: int
    bytes: int
    cpu_seconds: float
    stop_seconds: float


class Server:
    """A running server; a context manager that removes its files, or hands them over.

    Args:
        shards: Worker processes; 0: the default.
        settings: Environment variables with settings.
        files: Directory that gets the files in the end; ``None``: they are removed.
        prepare: Called with the data directory before the start.

    Attributes:
        data: The data directory.
    """

    def __init__(
        self,
        shards: int,
        settings: Mapping[str, str],
        files: Path | None = None,
        prepare: Callable[[Path], None] | None = None,
    ) -> None:
        RUNS.mkdir(exist_ok=True)
        self.directory = Path(tempfile.mkdtemp(dir=RUNS))
        self.data = self.directory / "data"
        self._files = files
        # Paths of Unix sockets must be short.
        self._sockets = Path(tempfile.mkdtemp(prefix="tart-bench-"))
        self._errors = (self.directory / "stderr").open("w+b")
        self._shards = shards
        if prepare is not None:
            prepare(self.data)
        self._popen = self._start(settings)

    def _start(self, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("TART_")}
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tart",
                "serve",
                "--telemetry-bind=127.0.0.1:0",
                "--api-bind=127.0.0.1:0",
                f"--data-dir={self.data}",
                f"--shards={self._shards}",
            ],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=self.directory,
            env=clean
            | {"PYTHONPATH": str(ROOT), "TART_RUN_DIR": str(self._sockets / "run")}
            | dict(settings),
            start_new_session=True,
        )

    def __enter__(self) -> Server:
        try:
            self._connect()
        except Broken:
            self._end()
            raise
        return self

    def _connect(self) -> None:
        ready = self._ready()
        self.host, self.port = ready[1].decode(), int(ready[2])
        self.api = f"http://{ready[3].decode()}"
        self.shards = int(ready[4])
        self.http = httpx.Client(base_url=self.api, timeout=30.0, trust_env=False)

    def restart(self, settings: Mapping[str, str]) -> None:
        """Stop the server and start it with other settings on the same files.

        Raises:
            Broken: The server did not stop, or did not start.
        """
        self.http.close()
        self._stop()
        if self._popen.stdout is not None:
            self._popen.stdout.close()
        self._popen = self._start(settings)
        self._connect()

    def processes(self) -> tuple[list[int], int]:
        """Return the process ids of the shards, and that of the gateway, which starts last."""
        *shards, gateway = sorted(measure.children(self.pid))
        return shards, gateway

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.http.close()
        self._end()

    @property
    def pid(self) -> int:
        """Process id of the supervisor."""
        return self._popen.pid

    def log(self) -> list[str]:
        """Return the server log."""
        return (self.directory / "stderr").read_text(errors="replace").splitlines()

    def scrape(self, names: Collection[str] | None = None) -> Scrape:
        """Return the metrics now.

        Args:
            names: See :func:`read_metrics`.

        Raises:
            Broken: The server does not answer, or a shard is missing.
        """
        try:
            response = self.http.get("/metrics")
        except httpx.HTTPError as error:
            raise Broken(f"/metrics: {error!r}") from None
        if response.status_code != 200:
            raise Broken(f"/metrics: {response.status_code}")
        return read_metrics(response.text, names)

    def wait(self, condition: Callable[[Scrape], bool], seconds: float) -> Scrape:
        """Wait until the metrics meet a condition, and return them.

        Args:
            condition: The condition.
            seconds: Returns after this time without a change of received or committed events.
        """
        before, changed_at = None, time.monotonic()
        while True:
            try:
                scrape = self.scrape()
            except Broken:
                if time.monotonic() - changed_at > seconds:
                    raise
                continue
            if condition(scrape):
                return scrape
            now = (scrape.received, scrape.committed, scrape.connections)
            if now != before:
                before, changed_at = now, time.monotonic()
            if time.monotonic() - changed_at > seconds:
                return scrape
            time.sleep(0.05)

    def stop(self, since: int = 0) -> Stored:
        """Stop the server as an operator would, and count the events in its files.

        Args:
            since: Count only files of periods from this moment on, Unix microseconds.

        Raises:
            Broken: The server did not stop, or failed.
        """
        cpu, took = self._stop()
        return _count(self.data, since, cpu, took)

    def _stop(self) -> tuple[float, float]:
        """Stop the server; return the CPU seconds of its life, and of its stop the duration."""
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        usage = None
        while usage is None:
            if time.monotonic() - began > _STOP_SECONDS:
                raise Broken("the server did not stop")
            pid, status, resources = os.wait4(self.pid, os.WNOHANG)
            usage = resources if pid else None
            time.sleep(0.01)
        self._popen.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - began
        if self._popen.returncode != 0:
            tail = "\n".join(self.log()[-5:])
            raise Broken(f"the server ended with {self._popen.returncode}\n{tail}")
        return usage.ru_utime + usage.ru_stime, took

    def _ready(self) -> re.Match[bytes]:
        assert self._popen.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._popen.stdout, selectors.EVENT_READ)
            selector.select(_READY_SECONDS)
        line = self._popen.stdout.readline() if self._popen.poll() is None else b""
        ready = _READY.match(line)
        if ready is None:
            raise Broken("the server did not start\n" + "\n".join(self.log()[-5:]))
        return ready

    def _end(self) -> None:
        if self._popen.returncode is None:
            # The session has only the supervisor and its children.
            os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait()
        if self._popen.stdout is not None:
            self._popen.stdout.close()
        self._errors.close()
        if self._files is not None:
            shutil.copytree(self.data, self._files, dirs_exist_ok=True)
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.rmtree(self._sockets, ignore_errors=True)


def _count(data: Path, since: int, cpu: float, took: float) -> Stored:
    """Count the events in the files of a stopped server."""
    events = undecodable = gaps = size = 0
    for directory in sorted(each for each in data.iterdir() if each.name.isdigit()):
        ids = "session, event_id"
        sessions: dict[int, tuple[int, int, int]] = {}
        files = list_files(data, int(directory.name))
        for file in (file for file in files if file.period >= since):
            with duckdb.connect(str(file.path), read_only=True) as connection:
                rows = connection.execute(
                    "SELECT session, count(*), count(DISTINCT event_id), max(event_id), "
                    "count(*) FILTER (undecodable) FROM ("
                    f"SELECT {ids}, false AS undecodable FROM {log_subquery('main')} UNION ALL "
                    f"SELECT {ids}, true FROM undecodable WHERE event_id IS NOT NULL"
                    ") GROUP BY session"
                ).fetchall()
            for session, count, distinct, last, bad in rows:
                known = sessions.get(session, (0, 0, 0))
                sessions[session] = (
                    known[0] + count,
                    known[1] + distinct,
                    max(known[2], int(last) + 1),
                )
                undecodable += bad
        events += sum(count for count, _, _ in sessions.values())
        gaps += sum(not count == distinct == end for count, distinct, end in sessions.values())
        size += sum(path.stat().st_size for path in directory.iterdir() if path.is_file())
    return Stored(events, undecodable, gaps, size, cpu, took)
