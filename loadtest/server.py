"""The server under test: ``tart serve`` as it is, with its files in a directory of its own.

The directory is beside this file, on the disk of the checkout; it is gone afterwards.
Once the server has stopped its files are read, to count what it really stored.
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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import duckdb
import httpx

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
    """What the files hold after a clean stop.

    Attributes:
        events: rows, understood or not; ``undecodable``: those of them that were not.
        gaps: sessions whose ids are not 0, 1, 2 … without a hole or a repetition.
        bytes: size of all files.
        cpu_seconds: of all processes from start to end, final checkpoints included.
        stop_seconds: how long stopping took.
    """

    events: int
    undecodable: int
    gaps: int
    bytes: int
    cpu_seconds: float
    stop_seconds: float


class Server:
    """A running tart; a context manager that leaves nothing behind.

    Args:
        shards: worker processes, 0 for the default.
        settings: environment variables with settings.
    """

    def __init__(self, shards: int, settings: Mapping[str, str]) -> None:
        RUNS.mkdir(exist_ok=True)
        self.directory = Path(tempfile.mkdtemp(dir=RUNS))
        self._data = self.directory / "data"
        # Unix sockets have short names.
        self._sockets = Path(tempfile.mkdtemp(prefix="tart-bench-"))
        self._errors = (self.directory / "stderr").open("w+b")
        clean = {key: value for key, value in os.environ.items() if not key.startswith("TART_")}
        self._popen = subprocess.Popen(
            [
                *(sys.executable, "-m", "tart", "serve"),
                *("--telemetry-bind", "127.0.0.1:0", "--api-bind", "127.0.0.1:0"),
                *("--data-dir", str(self._data), "--shards", str(shards)),
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
            ready = self._ready()
        except Broken:
            self._end()
            raise
        self.host, self.port = ready[1].decode(), int(ready[2])
        self.api = f"http://{ready[3].decode()}"
        self.shards = int(ready[4])
        self.http = httpx.Client(base_url=self.api, timeout=30.0, trust_env=False)
        return self

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
        """The supervisor."""
        return self._popen.pid

    def log(self) -> list[str]:
        """What the server wrote to stderr."""
        return (self.directory / "stderr").read_text(errors="replace").splitlines()

    def scrape(self) -> Scrape:
        """``/metrics``, now.

        Raises:
            Broken: it did not answer, or a shard is missing.
        """
        try:
            response = self.http.get("/metrics")
        except httpx.HTTPError as error:
            raise Broken(f"/metrics: {error!r}") from None
        if response.status_code != 200:
            raise Broken(f"/metrics: {response.status_code}")
        return read_metrics(response.text)

    def wait(self, condition: Callable[[Scrape], bool], seconds: float) -> Scrape:
        """Wait until the metrics say so; what they say then, or when nothing moves any more.

        ``seconds`` without a change of what is received or committed end it.
        """
        before, moved = None, time.monotonic()
        while True:
            try:
                scrape = self.scrape()
            except Broken:
                if time.monotonic() - moved > seconds:
                    raise
                continue
            if condition(scrape):
                return scrape
            now = (scrape.received, scrape.committed, scrape.connections)
            if now != before:
                before, moved = now, time.monotonic()
            if time.monotonic() - moved > seconds:
                return scrape
            time.sleep(0.05)

    def stop(self) -> Stored:
        """Stop it as an operator would, and count what is in its files.

        Raises:
            Broken: it did not end, or not well.
        """
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        usage = None
        while usage is None:
            if time.monotonic() - began > _STOP_SECONDS:
                raise Broken("the server did not stop")
            pid, status, found = os.wait4(self.pid, os.WNOHANG)
            usage = found if pid else None
            time.sleep(0.01)
        self._popen.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - began
        if self._popen.returncode != 0:
            tail = "\n".join(self.log()[-5:])
            raise Broken(f"the server ended with {self._popen.returncode}\n{tail}")
        cpu = usage.ru_utime + usage.ru_stime
        return _count(self._data, cpu, took)

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
            # The session is ours alone: the supervisor and its children.
            os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait()
        if self._popen.stdout is not None:
            self._popen.stdout.close()
        self._errors.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.rmtree(self._sockets, ignore_errors=True)


def _count(data: Path, cpu: float, took: float) -> Stored:
    """Read all files of a data directory that nobody has open."""
    events = undecodable = gaps = size = 0
    for directory in sorted(each for each in data.iterdir() if each.name.isdigit()):
        ids = "session, event_id"
        sessions: dict[int, tuple[int, int, int]] = {}
        for file in list_files(data, int(directory.name)):
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
