"""``tart record`` and ``tart replay`` as a test runs them: real processes, free ports."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tart.protocol.capture import CaptureReader, Record
from tests.running import wait_for
from tests.supervisor.process import Process

Address = tuple[str, int]


class Recorder:
    """A running ``tart record --listen``."""

    def __init__(self, process: Process) -> None:
        self.process = process
        pattern = re.compile(r"listening on (\S+):(\d+),")
        ready = wait_for(lambda: pattern.search(process.errors()), "the recorder")
        self.address = ready[1], int(ready[2])

    def stop(self) -> tuple[int, str]:
        """Tell it to, twice, as ``timeout`` does; its exit code and what it said."""
        for _ in range(2):
            self.process.send(signal.SIGTERM)
        code = self.process.ended()
        # The second signal is mentioned if it came as one of its own.
        lines = self.process.errors().splitlines(keepends=True)
        return code, "".join(line for line in lines if not line.startswith("tart: stopping;"))


@contextmanager
def recorder(file: Path | str, *arguments: Any) -> Iterator[Recorder]:
    """A recorder on a free port; killed on leaving unless it has stopped."""
    with Process("tart", "record", "--listen", "127.0.0.1:0", *arguments, file) as process:
        yield Recorder(process)


class Outcome(NamedTuple):
    """What a command did."""

    code: int
    out: list[str]
    err: str


def run(*arguments: Any) -> Outcome:
    """Run ``tart`` to its end."""
    with Process("tart", *arguments) as process:
        return Outcome(process.ended(), process.rest(), process.errors())


def replay(file: Path, target: Address, *arguments: Any) -> Outcome:
    """Play a capture to its end."""
    return run("replay", file, "--target", f"{target[0]}:{target[1]}", *arguments)


def records(file: Path) -> list[Record]:
    """All of a whole capture."""
    reader = CaptureReader()
    found = reader.receive_data(file.read_bytes())
    assert reader.complete
    return found


def sessions(file: Path) -> dict[int, list[Record]]:
    """A whole capture's records by session, their times left out."""
    found: dict[int, list[Record]] = {}
    for each in records(file):
        found.setdefault(each.session, []).append(each._replace(received_at=0))
    return found
